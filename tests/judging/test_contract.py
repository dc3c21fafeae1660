"""The contract of a verifier: three shapes, four lanes, typed parameters, one boundary, answer keys, sessions."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.errors import AssayError
from assay.judging import session
from assay.judging.params import Params
from assay.judging.session import Judge, JudgeSettings, answer_keys, default_judge, unreadable, verify, verify_many
from assay.judging.verifier import VERIFIERS, Lane, Verifier, verifier
from assay.types import Attempt, Example, Status, Verdict

calls: list[list[str]] = []


def _longest(example, attempts, params, context):
    """A group judge: the longest response of the group is right."""
    calls.append([attempt.response for attempt in attempts])
    best = max(len(attempt.response) for attempt in attempts)
    return [replace(Verdict.of(len(a.response) == best), parts={"length": len(a.response)}) for a in attempts]


async def _remote(example, attempts, params, context):
    """A remote judge: asynchronous, and slow where it is told so."""
    context.clients.setdefault("opened", []).append(example.id)
    await asyncio.sleep(float(example.reference))
    return [replace(Verdict.of(a.response == "yes"), cost={"tokens": 3.0}) for a in attempts]


def _miscounts(example, attempts, params, context):
    return [0.5 for _ in attempts]


@dataclass(frozen=True)
class Shouted(Params):
    loud: bool = False


@verifier("test.word", version=1, params=Shouted)
def word(example, response, params):
    """A plain function with typed parameters."""
    return Verdict.of(response == (example.reference.upper() if params.loud else example.reference), read=response)


for made in (
    Verifier("test.longest", 1, _longest, lane=Lane.REMOTE, group=True),
    Verifier("test.remote", 1, _remote, lane=Lane.REMOTE),
    Verifier("test.miscounts", 1, _miscounts, lane=Lane.REMOTE),
    word,
):
    VERIFIERS.register(made.name, made)


def asked(name: str, reference: object = "x", **more: object) -> Example:
    return Example(prompt="?", reference=reference, verifier=name, **more)  # type: ignore[arg-type]


def test_what_is_no_example_is_told() -> None:
    for judge in (lambda: assay.verify("x", "1"), lambda: assay.verify_many(["x"], ["1"])):  # type: ignore[arg-type,list-item]
        with pytest.raises(TypeError, match=r"an Example and a response, not str: make one with assay\.Example"):
            judge()


def test_a_group_is_judged_together_whatever_stands_between() -> None:
    calls.clear()
    one, two, other = asked("test.longest", 1), asked("test.longest", 2), asked("number", "4")
    said = ["a", "bbb", "bb", "4", "c", "bbb"]
    verdicts = verify_many([one, one, two, other, two, one], said, workers=2)
    assert sorted(calls) == [["a", "bbb", "bbb"], ["bb", "c"]]
    assert [v.is_correct for v in verdicts] == [False, True, True, True, False, True]
    assert verdicts[1].parts == {"length": 3} and "parts" not in verdicts[3].to_json()


def test_a_remote_judge_has_a_deadline_in_every_call_site() -> None:
    quick, slow = asked("test.remote", 0), asked("test.remote", 5)
    verdict = verify(quick, "yes")
    assert verdict.is_correct and verdict.cost == {"tokens": 3.0} and verdict.to_json()["cost"] == {"tokens": 3.0}
    late = verify(slow, "yes", deadline=0.1)
    assert late.status is Status.TIMEOUT and late.score is None

    async def inside() -> Verdict:
        return verify(quick, "no")  # an event loop runs here already

    assert asyncio.run(inside()).status is Status.INCORRECT
    several = asyncio.run(default_judge().averify_many([quick] * 2, ["yes", "no"]))
    assert [v.is_correct for v in several] == [True, False]


def test_a_judge_that_returns_no_verdicts_is_told_so() -> None:
    verdict = verify(asked("test.miscounts"), "x")
    assert verdict.status is Status.ERROR and "returns 1 verdicts, not [0.5]" in verdict.why


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("number", {"tolerance": {"abs": "x"}}, "'tolerance.abs' is a finite number, not 'x'"),
        ("number", {"tolerance": {"abs": -1}}, "'tolerance' is not below 0"),
        ("number", {"tolerence": {}}, "did you mean 'tolerance'"),
        ("number", {"ordered": "no"}, "'ordered' is true or false, not 'no'"),
        ("code.tests", {"partial": "yes"}, "'partial' is true or false, not 'yes'"),
        ("code.stdio", {"compare": "words"}, "'tokens' or 'lines' or 'exact'"),
        ("math", {"units": "maybe"}, "'optional' or 'required'"),
        ("choice", {"options": "AB"}, "'options' is a list or an object or null"),
        ("boolean", {"x": 1}, "no parameter 'x'; known: take"),
        ("test.word", {"loud": 1}, "'loud' is true or false"),
    ],
)
def test_parameters_are_typed_and_told_by_key(name: str, params: dict[str, object], said: str) -> None:
    example = asked(name, params=params)
    assert said in verify(example, "x").why
    assert verify(example, "x").status is verify(example, "").status is Status.ERROR
    assert said in unreadable([example])[example.id]


BROKEN = {
    "math": "\\frac{1}{",
    "number": "many",
    "choice": "AB",
    "boolean": "perhaps",
    "text": {},
    "set": [],
    "sequence": "a",
    "assignment": [],
    "grid": [[1.5]],
    "records": {"header": ["a"]},
    "code.tests": "x = 1",
    "code.stdio": {"inputs": []},
    "code_io.output": {"code": ""},
    "code_io.input": {"code": "", "input": "1", "output": "("},
    "sat": {"code": "def other(): pass"},
    "script": {"check": "x"},
    "command": {"command": []},
    "instructions": {"instruction_id_list": []},
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_an_unreadable_reference_is_an_error_whatever_is_said(name: str) -> None:
    example = asked(name, BROKEN[name])
    said = ["", "x", str(BROKEN[name]), f"\\boxed{{{BROKEN[name]}}}", "```python\nx = 1\n```", "<think>"]
    assert {v.status for v in verify_many([example] * len(said), said)} == {Status.ERROR}
    assert unreadable([example, asked("number", 3)]) == {example.id: verify(example, "").why}


SAME_ANSWER = [
    ("math", [r"\frac{1}{2}", r"\frac{2}{4}", "0.5", "1/2", r"\dfrac12", "50\\%"]),
    ("math", ["x^2-1", "(x-1)(x+1)", "-1+x^2"]),
    ("math", [r"\sqrt{8}", r"2\sqrt{2}"]),
    ("math", [r"\{1,2\}", r"\{2, 1\}"]),
    ("math", ["y=2x+1", "2x - y + 1 = 0"]),
    ("number", ["1/2", "0.5", "50%", 0.5]),
    ("number", ["1,234", "1234", 1234, "1234.0", "$1234$", "+1234"]),
    ("number", ["-7", -7, "-7.0", "−7"]),
    ("number", ["0", 0, "-0", "0.0"]),
    ("boolean", ["yes", "True", True, "entailed"]),
    ("text", ["The Beatles", "the beatles"]),
    ("set", [["b", "A"], "a, b", ["a", "b"]]),
    ("grid", [[[1, 2]], "[[1, 2]]", "1 2"]),
]


@pytest.mark.parametrize(("name", "forms"), SAME_ANSWER)
def test_one_answer_has_one_key(name: str, forms: list[object]) -> None:
    keys = answer_keys([asked(name, forms[0])] * len(forms), forms)
    assert len(set(keys)) == 1 and keys[0], dict(zip(map(str, forms), keys, strict=True))


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("math", ["1/2", "1/3", "x", "y", "x+1", "(1,2)", "(2,1)", "[1,2]", "x<2", "x>2", r"\pi", "3.14159"]),
        ("number", ["1", "-1", "1 m", "0.1", "10"]),
        ("text", ["Paris", "Paris Hilton", "London"]),
        ("sequence", [["a", "b"], ["b", "a"]]),
        ("grid", [[[1, 2]], [[1], [2]]]),
    ],
)
def test_other_answers_have_other_keys(name: str, forms: list[object]) -> None:
    keys = answer_keys([asked(name, forms[0])] * len(forms), forms)
    assert len(set(keys)) == len(forms) and all(keys), dict(zip(map(str, forms), keys, strict=True))


@given(st.fractions(), st.integers(1, 50))
def test_the_key_of_a_fraction_is_its_value(value, factor) -> None:
    top, bottom = value.numerator * factor, value.denominator * factor
    keys = {VERIFIERS.get(n).key(asked(n), f"{top}/{bottom}") for n in ("math", "number")}
    assert keys == {str(value)}


def test_a_choice_is_known_by_the_text_of_its_option() -> None:
    one = asked("choice", "A", options=["four", "five"])
    two = asked("choice", "B", options=["five", "four"])
    assert answer_keys([one, two], ["A", "B"]) == ["four", "four"]
    assert verify(two, "The answer is four.").is_correct


def test_a_session_travels_as_its_settings() -> None:
    with Judge(JudgeSettings(workers=2, deadline=20)) as judge:
        copy = pickle.loads(pickle.dumps(judge))
        assert copy.settings == judge.settings and copy is not judge
        assert copy.verify(asked("math", "1/2"), "0.5").is_correct
        copy.close()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(judge.verify, (asked("math", "1/2"), "0.5")).is_correct
    with pytest.raises(AssayError, match="workers of at least 1"):
        JudgeSettings(workers=0)
    assert pickle.loads(pickle.dumps(assay.verify)) is verify


def test_what_decides_verdicts_is_named() -> None:
    facts = Judge(JudgeSettings(deadline=3)).facts([asked("math"), asked("code.tests")])
    assert set(facts["verifiers"]) == {"code.tests", "math"} and facts["deadline"] == 3
    assert facts["sandbox"].startswith("L") and "numpy" in facts["programs"]
    assert "sandbox" not in Judge().facts([asked("math")])


def test_what_the_prompt_left_open_is_judged_too() -> None:
    example = asked("number", "4", template="{problem} Think.")
    cut = Attempt(response="so it is \\boxed{4}", thinking="<think>", finish="length")
    assert verify(example, cut).status is Status.NO_ANSWER
    assert verify(example, replace(cut, response="hm</think>\\boxed{4}")).is_correct


def test_a_timeout_is_tried_again_with_more_patience() -> None:
    """A worker that is stopped for a while is a starved machine: no verdict may depend on it."""
    example = asked("math", "4\\pi")
    heavy = r"\boxed{\pi + 3\pi + 0 \cdot 2^{99}}"  # judged in a worker
    assert verify(example, heavy, deadline=20).is_correct
    _stop_worker()
    assert verify(example, heavy, deadline=0.3).status is Status.TIMEOUT
    _stop_worker()
    assert verify_many([example], [heavy], deadline=0.3)[0].is_correct


def _stop_worker() -> None:
    worker = default_judge()._pool._idle[-1]._process.pid
    os.kill(int(Path(f"/proc/{worker}/task/{worker}/children").read_text()), signal.SIGSTOP)


def test_patience_buys_no_more_work(monkeypatch) -> None:
    """What needs more CPU time than it has is refused, also when it is tried again with more time on the clock."""
    monkeypatch.setattr(session, "PATIENCE", (40.0,))
    spins = "\\boxed{" + "+".join(f"\\sin(x^{{{i}}}+y^{{{i}}})" for i in range(300)) + "}"
    example = asked("math", "4\\pi")
    alone = Judge(JudgeSettings())
    start = time.monotonic()
    verdict = alone._judged([(example, Attempt(response=spins))], 1, 0.2)[0]
    assert verdict.status is Status.INCORRECT and time.monotonic() - start < 60


def test_a_group_is_never_judged_from_another_one(tmp_path) -> None:
    calls.clear()
    example, cache = asked("test.longest", 1), tmp_path / "verdicts"
    first = verify_many([example] * 2, ["hello", "hello there"], cache=cache)
    again = verify_many([example] * 2, ["hi", "hello"], cache=cache)
    assert [v.is_correct for v in (*first, *again)] == [False, True, False, True]
    drawn = [Attempt(response=said, group_id=group) for said, group in (("a", "1"), ("bb", "1"), ("c", "2"))]
    assert [v.is_correct for v in verify_many([example] * 3, drawn)] == [False, True, True]


async def _leaves(example, attempts, params, context):
    raise SystemExit(3)


async def _blocks(example, attempts, params, context):
    time.sleep(3)
    return [Verdict.of(True) for _ in attempts]


async def _clings(example, attempts, params, context):
    try:
        await asyncio.sleep(3)
    except asyncio.CancelledError:
        await asyncio.sleep(3)
    return [Verdict.of(True) for _ in attempts]


def _waits(example, attempts, params, context):
    time.sleep(3)
    return [Verdict.of(True) for _ in attempts]


@pytest.mark.parametrize("judge", [_leaves, _blocks, _clings, _waits], ids=lambda judge: judge.__name__)
def test_no_remote_judge_can_hold_its_caller(judge) -> None:
    name = f"test.remote.{judge.__name__}"
    VERIFIERS.register(name, Verifier(name, 1, judge, lane=Lane.REMOTE))
    start = time.monotonic()
    verdict = verify(asked(name), "x", deadline=0.3)
    assert verdict.score is None and time.monotonic() - start < 2.5
    assert verify(asked("test.remote", 0), "yes").is_correct  # the next one is served


def test_many_threads_wait_for_workers_and_none_is_late() -> None:
    example, heavy = asked("math", "x^2+1"), "\\boxed{" + "+".join(["x^2+1"] * 60) + "}"
    with Judge() as judge, ThreadPoolExecutor(24) as threads:
        verdicts = list(threads.map(lambda _: judge.verify(example, heavy, deadline=5), range(24)))
    assert {v.status for v in verdicts} == {Status.INCORRECT}


@pytest.mark.parametrize("reference", [{1, 2}, b"x", 10**5000, float], ids=lambda r: type(r).__name__)
def test_what_is_no_json_is_an_error_wherever_it_is_judged(reference) -> None:
    example = asked("math", "4", params={"units": reference})
    for said in ("4", "a" * 30_000):
        assert verify(example, said).status is Status.ERROR
    assert {v.status for v in verify_many([example] * 3, ["1", "2", "3"], workers=2)} == {Status.ERROR}


@pytest.mark.parametrize("deadline", [0, -1, float("inf"), float("nan"), 1e12])
def test_a_deadline_is_a_time(deadline: float) -> None:
    with pytest.raises(AssayError, match="deadline"):
        verify(asked("number", "4"), "4", deadline=deadline)
    with pytest.raises(AssayError, match="deadline"):
        JudgeSettings(deadline=deadline)


def test_what_the_template_opened_is_closed_by_its_own_tag() -> None:
    for tag in ("[/THINK]", "</thinking>", "\u25c1/think\u25b7"):
        attempt = Attempt(response=f"{tag} \\boxed{{4}}", thinking="<think>")
        assert verify(asked("number", "4"), attempt).status is Status.NO_ANSWER


async def _blocks_once(example, attempts, params, context):
    if attempts[0].response == "3":
        time.sleep(2)
    await asyncio.sleep(0.01)
    return [Verdict.of(True) for _ in attempts]


def test_one_judge_that_blocks_its_loop_loses_no_other_row() -> None:
    VERIFIERS.register("test.remote.once", Verifier("test.remote.once", 1, _blocks_once, lane=Lane.REMOTE))
    said = [str(number) for number in range(40)]
    verdicts = verify_many([asked("test.remote.once")] * 40, said, workers=4, deadline=0.3)
    assert verdicts[3].status is Status.TIMEOUT and sum(v.status is Status.TIMEOUT for v in verdicts) <= 4
    assert all(v.is_correct for v in verdicts[8:]) and len(verdicts) == 40
