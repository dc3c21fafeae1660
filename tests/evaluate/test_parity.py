"""What other projects recorded, judged again: each shape as its own writer writes it, and where we differ.

The rows are in the shapes that NeMo-Gym 0.4, verifiers 0.4, verl 0.9.1, TRL 1.16, lm-eval 0.4.13 and Inspect 0.3.285
wrote on a toy task; where one of them is installed, its own writer writes them here.
"""

import json
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError, BadConfig, BadRow, MissingData
from assay.evaluate.parity import parity
from assay.evaluate.results import rows_of
from assay.files import write_jsonl

TOY = [
    ("What is 2+2?", "4", "The answer is 4", 1.0),
    ("What is 3+4?", "7", "It is \\boxed{7}.", 0.0),
    ("What is 5+5?", "10", "The answer is 11", 0.0),
]
"""Asked, reference, response and the reward of a grader that reads no boxes."""


def user(text):
    return [{"role": "user", "content": text}]


def assistant(text):
    return {"role": "assistant", "content": text}


def nemo_gym(folder):
    rows = []
    for asked, gold, said, reward in TOY:
        part = {"annotations": [], "text": said, "type": "output_text"}
        item = {"id": "m", "content": [part], "role": "assistant", "status": "completed", "type": "message"}
        row = {"responses_create_params": {"input": user(asked)}, "response": {"output": [item]}, "reward": reward}
        rows.append(row | {"expected_answer": gold, "agent_ref": {"name": "toy"}, "_ng_task_index": len(rows)})
    rows.append(rows[0] | {"mask_sample": True})
    write_jsonl(folder / "rollouts.jsonl", rows)
    return {"verifier": "number"}


def verifiers(folder):
    rows = []
    for asked, gold, said, reward in TOY:
        nodes = [{"message": turn, "sampled": turn["role"] == "assistant"} for turn in (*user(asked), assistant(said))]
        rewards = {"exact": {"score": reward, "weight": 1.0}, "short": {"score": 1.0, "weight": 0.0}}
        task = {"type": "T", "data": {"idx": len(rows), "prompt": user(asked), "question": asked, "answer": gold}}
        trace = {"version": 1, "task": task, "nodes": nodes, "rewards": rewards, "ok": True, "errors": []}
        rows.append({"id": "e", "env": {"id": "toy"}, "task": task, "traces": [trace], "ok": True})
    failed = rows[0]["traces"][0] | {"nodes": nodes[:1], "rewards": {}, "ok": False}
    write_jsonl(folder / "traces.jsonl", [*rows, rows[0] | {"traces": [failed]}])
    return {"verifier": "number"}


def prime_rl(folder):
    """A trace a line, as `rollouts/step_N/train_rollouts.jsonl` holds them."""
    verifiers(folder)
    rows = [json.loads(line) for line in (folder / "traces.jsonl").read_text().splitlines()]
    (folder / "traces.jsonl").unlink()
    traces = [trace | {"task": trace["task"] | {"type": "toy"}} for row in rows for trace in row["traces"]]
    write_jsonl(folder / "train_rollouts.jsonl", traces)
    return {"verifier": "number"}


def older_verifiers(folder):
    rows = [
        {
            "example_id": n,
            "prompt": user(q),
            "completion": [assistant(said)],
            "answer": gold,
            "reward": r,
            "task": "toy",
        }
        for n, (q, gold, said, r) in enumerate(TOY)
    ]
    write_jsonl(folder / "results.jsonl", rows)
    return {"verifier": "number"}


def verl(folder):
    rows = [
        {"input": f"user\n{q}\nassistant\n", "output": said, "gts": gold, "score": r, "step": 5, "acc": str(r > 0)}
        for q, gold, said, r in TOY
    ]
    (folder / "toy").mkdir()
    write_jsonl(folder / "toy" / "5.jsonl", rows)
    return {"verifier": "number"}


def trl(folder):
    columns = {
        "step": [1] * 3,
        "prompt": [user(q) for q, *_ in TOY],
        "completion": [[assistant(said)] for _, _, said, _ in TOY],
        "accuracy": [reward for *_, reward in TOY],
        "advantage": [0.0] * 3,
    }
    (folder / "completions").mkdir()
    pq.write_table(pa.table(columns), folder / "completions" / "completions_00001.parquet")
    write_jsonl(folder.parent / "problems.jsonl", [{"question": q, "answer": gold} for q, gold, *_ in TOY])
    return {"verifier": "number", "problems": str(folder.parent / "problems.jsonl")}


def lm_eval(folder):
    rows = [
        {
            "doc_id": n,
            "doc": {"question": q, "answer": gold},
            "target": gold,
            "arguments": {"gen_args_0": {"arg_0": f"Q: {q}\nA:", "arg_1": {"until": ["\n"]}}},
            "resps": [[said]],
            "filtered_resps": ["x"],
            "filter": "none",
            "metrics": ["exact_match"],
            "exact_match": reward,
        }
        for n, (q, gold, said, reward) in enumerate(TOY)
    ]
    write_jsonl(folder / "samples_toy_2026-01-01T10-00-00.000001.jsonl", rows)
    (folder / "results_2026-01-01T10-00-00.000001.json").write_text("{}")
    return {"verifier": "number"}


def samples():
    for number, (q, gold, said, reward) in enumerate(TOY, 1):
        output = {"model": "m", "choices": [{"message": assistant(said), "stop_reason": "stop"}]}
        score = {"match": {"value": "C" if reward else "I", "answer": said}}
        yield {"id": number, "epoch": 1, "input": q, "target": gold, "output": output, "scores": score, "metadata": {}}


def inspect_ai(folder):
    members = {"header.json": {"version": 2, "eval": {"task": "toy"}}, "_journal/start.json": {}}
    members |= {f"samples/{s['id']}_epoch_1.json": s for s in samples()}
    (folder / "toy.eval").write_bytes(zipped({name: json.dumps(value).encode() for name, value in members.items()}))
    return {"verifier": "number"}


def zipped(members):
    """A zip whose members are compressed with zstd, which zipfile does not write."""
    out, directory = b"", b""
    for name, data in members.items():
        packed = pa.compress(data, codec="zstd", asbytes=True)
        shared = struct.pack("<5HIIIHH", 20, 0, 93, 0, 0, zlib.crc32(data), len(packed), len(data), len(name), 0)
        directory += struct.pack("<IH", 0x02014B50, 20) + shared + struct.pack("<3HII", 0, 0, 0, 0, len(out))
        directory += name.encode()
        out += struct.pack("<I", 0x04034B50) + shared + name.encode() + packed
    end = struct.pack("<I4HIIH", 0x06054B50, 0, 0, len(members), len(members), len(directory), len(out), 0)
    return out + directory + end


WRITERS = [nemo_gym, verifiers, prime_rl, older_verifiers, verl, trl, lm_eval, inspect_ai]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_where_we_differ_from_what_was_recorded(write, tmp_path):
    folder = tmp_path / "recorded"
    folder.mkdir()
    how = write(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = parity(folder, **how)
    (name, judged), (shift,) = *found.domains.items(), found.shifts
    assert name == {"trl": "own"}.get(write.__name__, "toy")
    assert (judged.responses, judged.to_right, judged.changed) == (3, 1, 1)
    assert (judged.before["correct"], judged.after["correct"]) == (1, 2)
    assert shift.after.read == "7" and shift.rollout.verdict.status == "incorrect"
    assert shift.rollout.verdict.why in ("reward is 0", "score is 0", "accuracy is 0", "exact_match is 0", "match is 0")
    left = {"nemo_gym": ["no reward was recorded"], "verifiers": ["no response was recorded"]}
    left["prime_rl"] = left["verifiers"]
    assert list(found.left_out.values()) == left.get(write.__name__, [])
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_several_rewards_have_to_be_told_apart(tmp_path):
    verifiers(tmp_path)
    assert [said.reward for said in rows_of(tmp_path, "short")] == [1.0, 1.0, 1.0, None]
    with pytest.raises(BadConfig, match="no reward 'shrt'; did you mean 'short'"):
        list(rows_of(tmp_path, "shrt"))
    (tmp_path / "traces.jsonl").unlink()
    verl(tmp_path)
    assert [said.reward for said in rows_of(tmp_path / "toy" / "5.jsonl", "acc")] == [1.0, 0.0, 0.0]
    log = {"eval": {"task": "toy"}, "samples": list(samples())}
    for sample in log["samples"]:
        sample["scores"]["other"] = {"value": 0.5}
    (tmp_path / "log.json").write_text(json.dumps(log))
    with pytest.raises(BadConfig, match=r"has 2 rewards \(match, other\): say which is meant with --reward"):
        list(rows_of(tmp_path / "log.json"))
    assert [said.reward for said in rows_of(tmp_path / "log.json", "other")] == [0.5] * 3


def test_rows_of_ones_own_need_a_response_and_a_reward(tmp_path):
    path = tmp_path / "mine.jsonl"
    row = {"prompt": "2 + 2?", "solution": 4, "response": "The answer is 4.", "reward": -1.0, "domain": "sums"}
    write_jsonl(path, [row, row | {"reward": 1.0}, row | {"reward": None}])
    found = parity(path, verifier="number", columns={"reference": "solution"})
    assert list(found.domains) == ["sums"] and found.domains["sums"].to_right == 1
    assert list(found.left_out.values()) == ["no reward was recorded"]
    assert parity(path, verifier="number", columns={"reference": "solution"}, enough=-2).domains["sums"].changed == 0
    write_jsonl(path, [row | {"verifier": "text", "reference": "4"}])
    by = [parity(path, verifier=name).shifts[0].after.verifier for name in ("", "number")]
    assert by == ["text", "number"], "a verifier that is named judges everything"


def test_references_that_cannot_be_read_are_no_zeros(tmp_path):
    path = tmp_path / "mine.jsonl"
    write_jsonl(path, [{"response": "4", "reward": 1.0, "prompt": "?", "reference": "zzz"}])
    judged = parity(path, verifier="number").domains["mine"]
    assert (judged.unscored, judged.to_wrong) == (1, 0)


@pytest.mark.parametrize(
    ("content", "name", "kind", "says"),
    [
        ('{"a": 1}\n', "x.jsonl", BadConfig, r"in no known shape \(it has a\); looked for NeMo-Gym \(response, resp"),
        ("", "x.jsonl", BadConfig, "it has no rows"),
        ("", "x.csv", BadConfig, "the name of a file of rollouts ends in"),
        ("{}", "x.json", BadConfig, "no log of Inspect: one holds 'eval' and 'samples'"),
        ("{", "x.eval", AssayError, "no log of Inspect: not JSON"),
        ("PAR1", "x.parquet", AssayError, "is no parquet file"),
        ('{"response": "a", "reward": "much"}\n', "x.jsonl", BadRow, "x.jsonl:1: .* a reward is a number, not 'much'"),
        ('{"response": 3, "reward": 1}\n', "x.jsonl", BadRow, "a completion is text or a list of chat messages"),
        ('{"response": "3", "reward": 1}\n', "x.jsonl", BadConfig, "no reference under reference or answer"),
    ],
)
def test_what_cannot_be_read_says_what_was_looked_for(content, name, kind, says, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(kind, match=says):
        parity(tmp_path / name, verifier="number")


def test_a_folder_without_rollouts_says_so(tmp_path):
    with pytest.raises(MissingData, match="does not exist"):
        parity(tmp_path / "absent")
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    skipped = []
    with pytest.raises(BadConfig, match="no run of ours, and no rollouts of a known shape"):
        parity(tmp_path, on_skipped=skipped.append)
    assert len(skipped) == 1 and "x.jsonl is in no known shape" in skipped[0]


def test_likelihoods_are_no_responses(tmp_path):
    lm_eval(tmp_path)
    path = next(tmp_path.glob("samples*"))
    path.write_text(path.read_text().replace('"resps": [["The answer is 4"]]', '"resps": [[["-1.5", "False"]]]'))
    with pytest.raises(BadConfig, match="likelihoods of choices, no responses"):
        list(rows_of(path))


def test_the_command_tells_and_writes_a_page(tmp_path):
    verl(tmp_path)
    path, page = tmp_path / "toy" / "5.jsonl", tmp_path / "page.html"
    done = CliRunner().invoke(main, ["rescore", str(path), "--verifier", "number", "--page", str(page)])
    assert done.exit_code == 0, done.output
    assert "incorrect -> correct" in done.output and "was (recorded: incorrect): score is 0" in done.output
    assert "What is 3+4?" in page.read_text()
    asked = ["rescore", str(path), "--verifier", "number", "--json"]
    told = json.loads(CliRunner().invoke(main, asked).output)
    assert told["domains"]["toy"]["to_right"] == 1 and told["shifts"][0]["example_id"] == "5.jsonl:2"
    told = json.loads(CliRunner().invoke(main, [*asked, "--right-from", "0"]).output)
    assert told["domains"]["toy"]["to_wrong"] == 1, "a reward of 0 counts as right there"


def test_a_run_of_ours_takes_no_options_of_others(tmp_path):
    (tmp_path / "run.json").write_text('{"kind": "measure", "fingerprint": "x"}')
    done = CliRunner().invoke(main, ["rescore", str(tmp_path), "--right-from", "0"])
    assert (
        done.exit_code == 2 and "is a run of ours, which says how it is judged: leave out --right-from" in done.output
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--verifier", "nmber"], "did you mean 'number'"),
        (["--verifier", "number", "-o", "x"], "-o writes a run of ours"),
        (["--verifier", "number", "--column", "reference"], "--column takes FIELD=COLUMN"),
        (["--verifier", "number", "--column", "referense=gts"], "no field of an Example; did you mean 'reference'"),
        (["--verifier", "number", "--page", "{path}"], "read"),
        ([], "does not say who judges"),
    ],
)
def test_a_wrong_option_is_told(arguments, says, tmp_path):
    verl(tmp_path)
    path = tmp_path / "toy" / "5.jsonl"
    named = [word.format(path=path) for word in arguments]
    done = CliRunner().invoke(main, ["rescore", str(path), *named])
    assert done.exit_code == 2 and says in done.output and "Traceback" not in done.output, done.output


def test_what_inspect_writes_is_read(tmp_path):
    inspect = pytest.importorskip("inspect_ai", reason="needs inspect-ai")
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, get_model
    from inspect_ai.scorer import match

    for kind in ("eval", "json"):
        said = [ModelOutput.from_content("mockllm/model", text) for _, _, text, _ in TOY]
        task = inspect.Task(dataset=[Sample(input=q, target=gold) for q, gold, *_ in TOY], scorer=match(), name="toy")
        model = get_model("mockllm/model", custom_outputs=said)
        inspect.eval(task, model=model, display="none", log_dir=str(tmp_path), log_format=kind, max_samples=1)
        (path,) = tmp_path.glob(f"*.{kind}")
        judged = parity(path, verifier="number").domains["toy"]
        assert (judged.responses, judged.after["correct"]) == (3, 2)


def test_what_lm_eval_writes_is_read(tmp_path):
    pytest.importorskip("lm_eval", reason="needs lm-eval")
    import datasets
    import lm_eval as harness
    from lm_eval.api.model import LM
    from lm_eval.loggers import EvaluationTracker

    class Says(LM):
        def loglikelihood(self, requests):
            raise NotImplementedError

        def loglikelihood_rolling(self, requests):
            raise NotImplementedError

        def generate_until(self, requests):
            return [next(said for q, _, said, _ in TOY if q in request.args[0]) for request in requests]

    rows = [{"question": q, "answer": gold} for q, gold, *_ in TOY]
    task = {"task": "toy", "custom_dataset": lambda **_: {"test": datasets.Dataset.from_list(rows)}}
    task |= {"output_type": "generate_until", "test_split": "test", "doc_to_text": "{{question}}"}
    task |= {"doc_to_target": "{{answer}}", "metric_list": [{"metric": "exact_match"}]}
    found = harness.simple_evaluate(model=Says(), tasks=[task], log_samples=True)
    logged = found.pop("samples")
    tracker = EvaluationTracker(output_path=str(tmp_path))
    tracker.general_config_tracker.log_experiment_args("toy", "", "", "", False)
    tracker.save_results_aggregated(results=found, samples=logged)
    tracker.save_results_samples(task_name="toy", samples=logged["toy"])
    judged = parity(tmp_path, verifier="number").domains["toy"]
    assert (judged.responses, judged.before["correct"], judged.after["correct"]) == (3, 0, 2)


def test_what_verl_writes_is_read(tmp_path):
    trainer = pytest.importorskip("verl.trainer.ppo.ray_trainer", reason="needs verl and Ray", exc_type=ImportError)
    asked, gold, said, rewards = map(list, zip(*TOY, strict=True))
    trainer.RayPPOTrainer._write_generations(asked, said, gold, rewards, {"acc": rewards}, str(tmp_path / "toy"), 5)
    judged = parity(tmp_path / "toy", verifier="number").domains["toy"]
    assert (judged.responses, judged.to_right) == (3, 1)


@pytest.mark.slow
def test_what_trl_writes_is_read(tmp_path, monkeypatch):
    trl_itself = pytest.importorskip("trl", reason="needs TRL")
    import datasets

    from assay.models.library import model_path

    def length(completions, log_extra=None, solution=(), **_):
        log_extra("solution", list(solution))
        return [float(len(one[0]["content"])) for one in completions]

    rows = [{"prompt": user(q), "solution": gold} for q, gold, *_ in TOY] * 2
    how = {"max_steps": 1, "num_generations": 2, "per_device_train_batch_size": 2, "max_completion_length": 6}
    how |= {"use_cpu": True, "log_completions": True, "logging_steps": 1, "report_to": [], "save_strategy": "no"}
    trainer = trl_itself.GRPOTrainer(
        model=model_path("tiny"),
        reward_funcs=length,
        train_dataset=datasets.Dataset.from_list(rows),
        args=trl_itself.GRPOConfig(str(tmp_path), **how),
    )
    trainer.train()
    judged = parity(tmp_path, verifier="number", columns={"reference": "solution"}).domains["completions"]
    assert judged.responses == 2
