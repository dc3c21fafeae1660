"""Measuring overlaps sampling and judging, resumes without repeating paid work, and never mixes two runs."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assay import sandbox
from assay.corpus.collection import Corpus
from assay.errors import AssayError, RunConflict
from assay.judging.verifier import VERIFIERS, Lane, Verifier, verifier
from assay.models.engine import Completion, Sampling, open_engine
from assay.rollout import store as room
from assay.rollout.fingerprint import judging_facts
from assay.rollout.measure import SELDOM, measure
from assay.rollout.store import RolloutStore, key_of
from assay.types import Example, Verdict, data_hash

EXAMPLES = [Example(prompt=f"{n} + 1 = ?", reference=n + 1, verifier="number", domain="math") for n in range(5)]


class Counting:
    """An engine that answers right for even samples, out of order, and counts what it was asked."""

    name = "counting"

    def __init__(self, fingerprint="a", order=1, **more):
        self.asked = 0
        self.fingerprint = fingerprint
        self.order = order
        self.more = more

    async def stream(self, requests, sampling):
        for request in requests[:: self.order]:
            await asyncio.sleep(0)
            self.asked += 1
            right = int(request.prompt[0].content.split()[0]) + 1
            said = str(right if request.sample % 2 == 0 else right + 1)
            yield Completion(said, request=request.id, **self.more)


def said(out):
    rows = {key_of(row): row for row in RolloutStore(out).rows()}
    return {key: (row["response"], row["verdict"]["status"]) for key, row in rows.items()}


def test_rates_count_what_was_right():
    rates = measure(Counting(), EXAMPLES, samples=4)
    assert {m.rate for m in rates.values()} == {0.5}
    assert rates.between(0.4, 0.6) == {e.id for e in EXAMPLES}
    assert rates.between(0.6, 1.0) == set()
    assert len(list(rates.rollouts())) == 20


def test_what_is_no_number_is_told():
    for samples in (0, "8", 1.5):
        with pytest.raises(AssayError, match="samples is a whole number of at least 1"):
            measure(Counting(), EXAMPLES, samples=samples)
    for examples in ("math/arithmetic", EXAMPLES[0]):
        with pytest.raises(TypeError, match="a list of Examples, or a corpus"):
            measure(Counting(), examples)
    with pytest.raises(TypeError, match="two numbers from 0 to 1"):
        measure(Counting(), EXAMPLES, samples=1).between("a", "b")


def test_what_is_stored_does_not_depend_on_the_order_of_answers(tmp_path):
    for order, name in ((1, "a"), (-1, "b")):
        measure(Counting(order=order), EXAMPLES, samples=4, out=tmp_path / name)
    assert said(tmp_path / "a") == said(tmp_path / "b")


def test_responses_that_are_alike_are_each_kept(tmp_path):
    """What differs in one thing besides its number is another response, and keeps it."""
    kinds = [("5", "stop", 3), ("5", "length", 3), ("5", "stop", 4), ("4", "stop", 3)]

    class Alike(Counting):
        async def stream(self, requests, sampling):
            for request in requests:
                text, finish, tokens = kinds[request.sample % 4]
                yield Completion(text, finish, request=request.id, tokens=tokens)

    measured = measure(Alike(), EXAMPLES, samples=12, out=tmp_path)
    rows = {key_of(row): row for row in RolloutStore(tmp_path).rows()}
    assert rows.keys() == {(example.id, number) for example in EXAMPLES for number in range(12)}
    for (_, number), row in rows.items():
        assert (row["response"], row.get("finish", "stop"), row["tokens"]) == kinds[number % 4]
    assert [m.correct for m in measured.values()] == [0, 0, 0, 3, 9]
    assert dict(measured) == dict(measure(Alike(), EXAMPLES, samples=12))


def test_python_collects_as_before_once_a_measurement_ends():
    before, during = gc.get_threshold(), []

    class Noting(Counting):
        async def stream(self, requests, sampling):
            during.append(gc.get_threshold())
            raise AssayError("no answer")
            yield

    with pytest.raises(AssayError, match="no answer"):
        measure(Noting(), EXAMPLES)
    assert during[0][0] >= SELDOM and gc.get_threshold() == before


@pytest.mark.parametrize("cut", [0, 1, 7, 400, 5000])
@pytest.mark.parametrize("shard_rows", [3, 4096])
def test_a_killed_measurement_resumes(tmp_path, cut, shard_rows, monkeypatch):
    monkeypatch.setattr(room, "SHARD_ROWS", shard_rows)
    whole = measure(Counting(), EXAMPLES, samples=4, out=tmp_path / "whole")
    out = tmp_path / "killed"
    measure(Counting(), EXAMPLES, samples=4, out=out)
    path = out / "rollouts" / "open.jsonl"
    path.write_bytes(path.read_bytes()[:cut])
    kept = len(said(out))
    engine = Counting()
    again = measure(engine, EXAMPLES, samples=4, out=out)
    assert engine.asked == 4 * len(EXAMPLES) - kept, "what is on disk is never asked for again"
    assert {i: (m.correct, m.n, m.total) for i, m in again.items()} == {
        i: (m.correct, m.n, m.total) for i, m in whole.items()
    }
    assert said(out) == said(tmp_path / "whole")
    assert len(list(RolloutStore(out).rows())) == 20


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[2])
from test_measure import Counting, EXAMPLES
from assay.rollout import store
from assay.rollout.measure import SELDOM, measure
store.SHARD_ROWS = 3
class Slow(Counting):
    async def stream(self, requests, sampling):
        async for completion in super().stream(requests, sampling):
            time.sleep(0.02)
            yield completion
            print("one", flush=True)
measure(Slow(), EXAMPLES, samples=4, out=sys.argv[1])
"""


def test_kill_9_then_the_same_rows(tmp_path):
    out = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, str(out), str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for _ in range(9):
        process.stdout.readline()
    with pytest.raises(RunConflict, match=rf"another process \(pid {process.pid}\) is working in"):
        measure(Counting(), EXAMPLES, samples=4, out=out)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    kept = len(said(out))
    engine = Counting()
    measure(engine, EXAMPLES, samples=4, out=out)
    assert engine.asked == 20 - kept < 20
    measure(Counting(), EXAMPLES, samples=4, out=tmp_path / "whole")
    assert said(out) == said(tmp_path / "whole")


def test_two_runs_never_share_a_directory(tmp_path):
    measure(Counting(), EXAMPLES, samples=2, out=tmp_path)
    with pytest.raises(RunConflict, match="sampling"):
        measure(Counting(), EXAMPLES, samples=2, out=tmp_path, sampling=Sampling(temperature=0.5))


def test_a_directory_is_free_once_it_is_measured(tmp_path):
    """A notebook that measured does not keep others from going on."""
    measure(Counting(), EXAMPLES[:1], samples=1, out=tmp_path)
    with pytest.raises(RuntimeError, match="owner"):
        RolloutStore(tmp_path).append([])


def test_a_model_that_changed_under_its_name_is_not_resumed(tmp_path):
    measure(Counting("a"), EXAMPLES, samples=2, out=tmp_path)
    with pytest.raises(RunConflict, match="weights"):
        measure(Counting("b"), EXAMPLES, samples=2, out=tmp_path)


def test_an_engine_that_leaves_requests_open_is_named(tmp_path):
    with pytest.raises(AssayError, match="left 10 requests unanswered"):
        measure(Counting(order=2), EXAMPLES, samples=4, out=tmp_path)
    assert len(said(tmp_path)) == 10, "what came is on disk"


def test_judging_goes_on_while_the_engine_answers():
    """The engine gives its second answer only after the first one was judged: without overlap this would not end."""
    judged = threading.Event()

    def noticed(example, response):
        judged.set()
        return Verdict.of(True)

    VERIFIERS.register("test.noticed", verifier("test.noticed", version=1)(noticed))

    class Waiting(Counting):
        async def stream(self, requests, sampling):
            for request in requests:
                yield Completion("x", request=request.id)
                assert await asyncio.to_thread(judged.wait, 60)

    example = Example(prompt="p", reference=1, verifier="test.noticed")
    assert measure(Waiting(), [example], samples=2)[example.id].correct == 2


def test_a_starved_machine_is_not_a_result(tmp_path):
    """A group with a timeout is judged again from what was said; it is never sampled again."""
    starved = [True]

    def slow(example, response):
        return Verdict.timeout("the machine is starved") if starved[0] else Verdict.of(response == "1")

    VERIFIERS.register("test.starved", verifier("test.starved", version=1)(slow))
    examples = [Example(prompt=f"{n} + 0", reference=n, verifier="test.starved") for n in range(2)]
    assert all(m.n == 0 and m.uncounted == 2 for m in measure(Counting(), examples, samples=2, out=tmp_path).values())
    starved[0] = False
    engine = Counting()
    again = measure(engine, examples, samples=2, out=tmp_path)
    assert engine.asked == 0
    whole = measure(Counting(), examples, samples=2, out=tmp_path / "quiet")
    assert {i: (m.correct, m.n) for i, m in again.items()} == {i: (m.correct, m.n) for i, m in whole.items()}
    assert said(tmp_path) == said(tmp_path / "quiet")


def test_a_group_that_is_judged_together_is_whole(tmp_path):
    """A judge of groups sees all samples at once, also where some came before a kill."""

    async def best(example, attempts, params, context):
        assert sorted(attempt.index for attempt in attempts) == [0, 1, 2, 3]
        return [Verdict.of(a.response == max(b.response for b in attempts)) for a in attempts]

    VERIFIERS.register("test.best", Verifier("test.best", 1, best, lane=Lane.REMOTE, group=True))
    examples = [Example(prompt=f"{n} + 0", reference=n, verifier="test.best") for n in range(3)]
    rates = measure(Counting(order=-1), examples, samples=4, out=tmp_path)
    assert {m.rate for m in rates.values()} == {0.5}
    path = tmp_path / "rollouts" / "open.jsonl"
    path.write_bytes(path.read_bytes()[:-300])
    engine = Counting()
    assert {m.rate for m in measure(engine, examples, samples=4, out=tmp_path).values()} == {0.5}
    assert engine.asked == 4 and len(list(RolloutStore(tmp_path).rows())) == 12


def test_a_response_cut_inside_thinking_has_no_answer(tmp_path):
    engine = Counting(finish="length", thinking="<think>", token_ids=(1, 2), logprobs=(-0.5, -1.0))
    rates = measure(engine, EXAMPLES, samples=2, out=tmp_path)
    assert {m.rate for m in rates.values()} == {0.0}
    for rollout in RolloutStore(tmp_path).rollouts():
        assert rollout.verdict.status == "no_answer" and rollout.said.startswith("<think>")
        assert (rollout.finish, rollout.token_ids, rollout.logprobs) == ("length", (1, 2), (-0.5, -1.0))


def test_what_was_measured_can_be_judged_anew_without_the_model(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "SHARD_ROWS", 7)
    first = tmp_path / "first"
    counting = Counting(finish="length", token_ids=(1,), logprobs=(-1.0,))
    measure(counting, EXAMPLES, samples=4, sampling=Sampling(temperature=0.3), out=first)
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    for name in ("again", "again"):  # and resumes
        measure(str(first), EXAMPLES, samples=4, out=tmp_path / name)
    sampled = [json.loads((tmp_path / name / "run.json").read_text())["sampling"] for name in ("first", "again")]
    assert sampled[0] == sampled[1] and sampled[0]["temperature"] == 0.3
    assert said(first) == said(tmp_path / "again")
    assert {(r.finish, r.token_ids, r.logprobs) for r in RolloutStore(tmp_path / "again").rollouts()} == {
        ("length", (1,), (-1.0,))
    }
    assert {path: path.read_bytes() for path in first.rglob("*") if path.is_file()} == before
    with pytest.raises(AssayError, match="lacks 5 of 25 responses"):
        measure(str(first), EXAMPLES, samples=5)


def test_the_batch_size_changes_nothing_that_is_stored(tmp_path):
    pytest.importorskip("transformers", reason="the engine needs the extra 'models'")
    sampling = Sampling(max_tokens=6)
    for batch in (3, 16):
        engine = open_engine("tiny", batch=batch, threads=1)
        measure(engine, EXAMPLES, samples=3, sampling=sampling, out=tmp_path / str(batch))
    assert said(tmp_path / "3") == said(tmp_path / "16")


def test_recorded_rollouts_are_judged_anew_by_their_example_or_else_by_their_prompt(tmp_path):
    first = measure(Counting(), EXAMPLES, samples=2, out=tmp_path)
    assert dict(measure(str(tmp_path), EXAMPLES, samples=2))[EXAMPLES[0].id].rate == first[EXAMPLES[0].id].rate == 0.5
    other = [replace(example, reference=example.reference + 1) for example in EXAMPLES]
    (tmp_path / "examples.jsonl").unlink()  # as older versions left it
    with pytest.raises(AssayError, match="lacks 10 of 10 responses"):
        measure(str(tmp_path), other, samples=2)
    Corpus(EXAMPLES).to_jsonl(tmp_path / "examples.jsonl")
    again = measure(str(tmp_path), [EXAMPLES[0], *other[1:]], samples=2)
    texts = {(r.example_id, r.response, str(r.verdict.status)) for r in again.rollouts() if r.index == 0}
    assert texts == {(EXAMPLES[0].id, "1", "correct"), *((e.id, str(e.reference - 1), "incorrect") for e in other[1:])}
    with pytest.raises(AssayError, match="and no more samples"):
        measure(str(tmp_path), EXAMPLES, samples=3)


def test_what_decides_verdicts_is_in_the_facts(monkeypatch):
    one = Example(prompt="1 + 1", reference=2, verifier="number", gold="2", tags=["a"])
    same = Example(prompt="1 + 1", reference=2, verifier="number", gold="2", tags=["b"])
    assert data_hash([one]) == data_hash([same])
    changed = [
        Example(prompt="1 + 1", reference=3, verifier="number"),
        Example(prompt="1 + 1", reference=2, verifier="math"),
        Example(prompt="1 + 1", reference=2, verifier="number", params={"rel": 0.1}),
        Example(prompt="1 + 1", reference=2, verifier="number", template="{problem} Box it."),
    ]
    assert len({data_hash([example]) for example in [one, *changed]}) == 5
    assert judging_facts([one])["data"] != judging_facts(changed)["data"]
    assert "sandbox" not in judging_facts([one])


def test_a_machine_of_another_level_does_not_go_on(tmp_path, monkeypatch):
    code = [Example(prompt="1 + 0", reference={"tests": "assert f()"}, verifier="code.tests")]
    monkeypatch.setattr(sandbox, "require", lambda: "L4")
    measure(Counting(), code, samples=1, out=tmp_path)
    monkeypatch.setattr(sandbox, "require", lambda: "L3")
    with pytest.raises(RunConflict, match=r'sandbox: "L4" there, "L3" here'):
        measure(Counting(), code, samples=1, out=tmp_path)
    monkeypatch.undo()
    monkeypatch.setenv("ASSAY_SANDBOX", "off")
    facts = json.loads(json.dumps(judging_facts(code)))
    assert facts["sandbox"] == "refused" and "programs" in facts
