"""A small training run, written as a training writes it, with text that tries to be markup."""

from assay.journal import Journal, owned
from assay.rollout.store import RolloutStore
from assay.types import Example, Rollout, Status, Verdict

HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">{{ 7 * 7 }}"
ASKED = [
    Example(prompt=f"{HOSTILE} {n} + 1 = ?", reference=n + 1, verifier=verifier, domain=domain, source=f"{domain}/made")
    for n, (domain, verifier) in enumerate([("math", "number"), ("math", "math"), ("logic", "text"), ("code", "text")])
]
SIZES = {"steps": 3, "prompts": 4, "group": 4, "max_tokens": 64, "learning_rate": 1e-4}
FACTS = {"kind": "train", "recipe": {"model": {"path": "made"}, "grpo": SIZES, "eval": {}}}


def said(example, index, status, **more):
    score = {"correct": 1.0, "incorrect": 0.0, "no_answer": 0.0}.get(status)
    verdict = Verdict(Status(status), score, HOSTILE, HOSTILE, 0.001, example.verifier, 3)
    more = {"response": f"{HOSTILE} {status}", "tokens": 10 * index + 1, "model": "m"} | more
    return Rollout(example_id=example.id, index=index, verdict=verdict, **more).to_json()


def step_of(number):
    """The rollouts of a training step: each problem four times, the first half right, one without a verdict."""
    ways = ("correct", "correct", "incorrect", "timeout" if number == 2 else "no_answer")
    return [
        {"step": number, **said(example, index, way, group_id=f"{number}.{place}", policy=str(number - 1))}
        for place, example in enumerate(ASKED)
        for index, way in enumerate(ways)
    ]


def numbers(step):
    mix = {"correct": 8, "incorrect": 4, "no_answer": 4}
    one = {"reward": 0.5, "length": 16.0, "rollouts": 8, "groups": 2, "dead_groups": 0, "verdicts": mix}
    return {"step": step, "domains": {"math": one, "logic": one}, "loss": 0.1, "entropy": 1.0, "seconds": 2.0}


def write_step(run, step):
    """What a training appends at the end of a step, by the writers of a training."""
    with owned(run, FACTS):
        RolloutStore(run).append(step_of(step))
        Journal(run / "metrics.jsonl", "step").append([numbers(step)])
