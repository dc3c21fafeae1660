"""The same rows through every adapter give the same score, status and reason; what cannot be skipped is never a zero.

The rows are made here: right, wrong, empty and unreadable ones of six domains. Adapters whose trainer is not installed
are skipped with a word; those that need none of it (OpenRLHF's file, AReaL, slime) run everywhere.
"""

import asyncio
import json
import math
from types import SimpleNamespace

import pytest

import assay
from assay.corpus.verl import to_verl
from assay.errors import AssayError
from assay.judging.session import verify_many
from assay.serve.batch import judge_batch
from assay.serve.columns import verdict_on
from assay.serve.trl import Reward
from assay.serve.verl import compute_score

pytestmark = pytest.mark.filterwarnings("ignore::assay.serve.nulls.NullReward")
PROGRAMS = ("code/list_ops",)
SOURCES = ("math/linear", *PROGRAMS, "science/units", "logic/ordering", "simulation/output", "table/lookup")


def rows_of(count):
    """Examples and responses: gold, nonsense, another row's gold, nothing; and references that cannot be read."""
    texts = [example for source in SOURCES if source not in PROGRAMS for example in assay.load(source, size=count // 6)]
    found = [*texts, *assay.load(*PROGRAMS, size=count // 40)]
    asked = []
    for number, example in enumerate(found):
        said = (example.gold, "I would rather not say.", found[number - 1].gold, "", example.gold + "<|im_end|>")
        asked.append((example, str(said[number % 5])))
    for number in range(count - len(asked)):
        broken = assay.Example(prompt="2 + 2?", reference=f"zzz{number % 7}", verifier="number", domain="math")
        asked.append((broken, "The answer is 4."))
    return asked


@pytest.fixture(scope="module")
def rows():
    return rows_of(500)


@pytest.fixture(scope="module")
def wanted(rows):
    made = verify_many([e for e, _ in rows], [said.removesuffix("<|im_end|>") for _, said in rows], workers=2)
    assert {str(v.status) for v in made} == {"correct", "incorrect", "no_answer", "error"}
    return [(v.score, str(v.status), v.why) for v in made]


def column(rows):
    return {"example": [json.dumps(e.to_json()) for e, _ in rows]}


def score_of(call):
    """What a trainer gets that cannot skip a row: a number, or nothing because it raises."""
    try:
        return call()
    except AssayError as nothing:
        assert "a response has no reward: error of number: the reference" in str(nothing)
        return None


def test_the_rows_are_many_and_of_all_domains(rows):
    assert len(rows) == 500 and {e.domain for e, _ in rows} == set(assay.types.DOMAINS)


def test_batches(rows, wanted):
    found = judge_batch({**column(rows), "response": [said for _, said in rows]}, workers=2)
    assert list(zip(found["score"], found["status"], found["why"], strict=True)) == wanted


def test_trl(rows, wanted):
    extra = {}
    scores = Reward()(None, [said for _, said in rows], **column(rows), log_extra=extra.__setitem__)
    assert list(zip(scores, extra["status"], extra["why"], strict=True)) == wanted


def test_verl(rows, wanted):
    for (example, said), (score, status, why) in list(zip(rows, wanted, strict=True)):
        row = to_verl(example)
        got = compute_score(row["data_source"], said, row["reward_model"]["ground_truth"], row["extra_info"])
        assert (got["score"] if got["counted"] else None, got["status"], got["why"]) == (score, status, why)


def test_openrlhf(rows, wanted):
    torch = pytest.importorskip("torch", reason="OpenRLHF's file contract answers with tensors")
    from assay.serve.openrlhf import reward_func

    labels, queries = column(rows)["example"], [f"<s>{e.text}{said}" for e, said in rows]
    prompts = [e.text for e, _ in rows]
    got = reward_func(queries, prompts, labels, nulls="zero", workers=2)
    scores = [
        s if counted else None for s, counted in zip(got["rewards"].tolist(), got["extra_logs"]["counted"], strict=True)
    ]
    assert scores == [score for score, *_ in wanted] and torch.equal(got["rewards"], got["scores"])
    for number in range(0, 500, 20):
        one = slice(number, number + 1)
        made = score_of(lambda one=one: reward_func(queries[one], prompts[one], labels[one])["rewards"].item())
        assert made == wanted[number][0]


def test_areal(rows, wanted):
    from assay.serve.areal import reward

    got = [score_of(lambda e=e, s=s: reward("", s, [], [], example=e.to_json(), other=1)) for e, s in rows]
    assert got == [score for score, *_ in wanted]


def test_slime(rows, wanted):
    from assay.serve.slime import reward

    def sample(label, said, metadata):
        return SimpleNamespace(label=label, response=said, metadata=metadata, prompt="", index=0, remove_sample=False)

    group = [sample(text, said, {}) for text, (_, said) in zip(column(rows)["example"], rows, strict=True)]
    got = asyncio.run(reward(None, group))
    assert [None if one.remove_sample else s for one, s in zip(group, got, strict=True)] == [s for s, *_ in wanted]
    one = sample("zzz", "4", {"verifier": "number", "reference": 4})
    assert asyncio.run(reward(None, one)) == 1.0


@pytest.mark.slow
def test_served(rows, wanted, monkeypatch):
    pytest.importorskip("starlette", reason="a server needs the extra 'serve'")
    pytest.importorskip("uvicorn", reason="a server needs the extra 'serve'")
    from assay.client import Client
    from served import Served

    server = Served("--workers", "2")
    try:
        with Client(server.address) as client:
            made = client.verify_many([e for e, _ in rows], [said for _, said in rows])
        monkeypatch.setenv("ASSAY_SERVER", server.address)
        test_batches(rows, wanted)
        test_trl(rows, wanted)
        test_verl(rows[::25], wanted[::25])
    finally:
        assert server.stop() == 0
    assert [(v.score, str(v.status), v.why) for v in made] == wanted


def test_verifiers(rows, wanted):
    pytest.importorskip("verifiers.v1", reason="needs verifiers 0.4")
    from assay.serve.verifiers import Corpus, CorpusConfig, ExampleData, ExampleTask

    def said(example, text):
        task = ExampleTask(ExampleData(prompt=example.text, example=example.to_json()))
        return score_of(lambda: asyncio.run(task.correct(SimpleNamespace(last_reply=text))))

    assert [said(*row) for row in rows] == [score for score, *_ in wanted]
    tasks = list(Corpus(CorpusConfig(names=list(SOURCES), size=2)))
    assert len(tasks) == 12 and all(asyncio.run(task.validate(None)) for task in tasks)
    assert tasks[0].hooks("reward")


def test_inspect(rows, wanted):
    pytest.importorskip("inspect_ai", reason="needs inspect-ai")
    from inspect_ai.scorer import Target

    from assay.serve.inspect_ai import assay_scorer, assay_task

    def said(example, text):
        state = SimpleNamespace(
            metadata={"example": example.to_json()}, output=SimpleNamespace(completion=text), input_text=example.text
        )
        score = asyncio.run(assay_scorer()(state, Target("")))
        return None if math.isnan(score.value) else score.value, score.metadata["status"], score.explanation

    assert [said(*row) for row in rows] == wanted
    assert len(assay_task(*SOURCES, size=2).dataset) == 12


def test_skyrl(rows, wanted):
    skyrl_gym = pytest.importorskip("skyrl_gym", reason="needs skyrl-gym")
    skyrl_gym.register(id="assay", entry_point="assay.serve.skyrl:AssayEnv")

    def step(example, said, **config):
        env = skyrl_gym.make("assay", env_config=config, extras={"reward_spec": {"example": example.to_json()}})
        env.init([])
        return env.step(said)

    assert [score_of(lambda e=e, s=s: step(e, s)["reward"]) for e, s in rows] == [score for score, *_ in wanted]
    told = [step(e, s, nulls="zero")["metadata"] for e, s in rows]
    assert [(one["status"], one["why"]) for one in told] == [(status, why) for _, status, why in wanted]


def test_ms_swift(rows, wanted):
    swift = pytest.importorskip("swift.rewards", reason="needs ms-swift")
    import assay.serve.ms_swift  # noqa: F401 - it registers itself

    got = swift.orms["assay"]()([said for _, said in rows], **column(rows), prompt_id=[0] * 500)
    assert got == [score for score, *_ in wanted]


def test_lm_eval(rows, wanted):
    pytest.importorskip("lm_eval", reason="needs lm-eval")
    from assay.serve.lm_eval import assay_task, process_results

    got = [process_results({"example": json.dumps(e.to_json())}, [said]) for e, said in rows]
    assert [one.get("acc") for one in got] == [score for score, *_ in wanted]
    assert len(assay_task(*SOURCES, size=2).test_docs()) == 12


def test_lighteval(rows, wanted):
    pytest.importorskip("lighteval", reason="needs lighteval")
    from lighteval.models.model_output import ModelResponse
    from lighteval.tasks.requests import Doc

    from assay.serve.lighteval import assay_metric

    def said(example, text):
        doc = Doc(query=example.text, choices=[], gold_index=0, id="0", specific={"example": example.to_json()})
        score = assay_metric().compute_sample(doc=doc, model_response=ModelResponse(text=[text]))["assay"]
        return None if math.isnan(score) else score

    assert [said(*row) for row in rows] == [score for score, *_ in wanted]


def test_columns_of_ones_own_have_names():
    own = {"verifier": "number", "reference": "solution"}
    assert verdict_on({"solution": 4}, "4", **own).is_correct
    assert assay.reward_fn(**own)(None, ["4", "5", None], solution=[4, 4, 4]) == [1.0, 0.0, None]
    with pytest.raises(AssayError, match="did you mean 'solution'"):
        assay.reward_fn(verifier="number", reference="solutoin")(None, ["4"], solution=[4])
    with pytest.raises(AssayError, match="did you mean 'number'"):
        assay.reward_fn(verifier="nubmer")
