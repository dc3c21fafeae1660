"""What holds for any text: no exception, the same verdict twice and in a thread; references answer themselves."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.judging.session import verify
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Status, Verdict

REFERENCES: dict[str, Any] = {
    "number": 42,
    "choice": "C",
    "boolean": True,
    "text": "Paris",
    "set": ["a", "b"],
    "sequence": ["a", "b"],
    "assignment": {"a": "x"},
    "grid": [[1, 2], [3, 4]],
    "records": {"header": ["a", "b"], "rows": [["1", "2"]]},
    "math": "\\frac{1}{2}",
}
PIECES = [
    "\\boxed{",
    "}",
    "{",
    "<answer>",
    "</answer>",
    "the answer is ",
    "Answer: ",
    "#### ",
    "A: ",
    "```",
    "\n",
    " or ",
]
PIECES += [
    "42",
    "C",
    "\\frac{1}{2}",
    "$",
    "<think>",
    "</think>",
    '{"answer": ',
    '"',
    "[[1,2],[3,4]]",
    "yes",
    "Paris",
    "-",
    "%",
]
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
TEXT = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


def _bare(name: str, reference: Any, response: str, **params: Any) -> Verdict:
    example = Example(prompt="What is it?", reference=reference, verifier=name, params=params)
    return VERIFIERS.get(name)(example, response)


@RELAXED
@given(st.sampled_from(sorted(REFERENCES)), TEXT)
def test_any_text_has_one_verdict(name: str, response: str) -> None:
    first, again = (_bare(name, REFERENCES[name], response) for _ in range(2))
    assert first == again
    assert first.status in (Status.CORRECT, Status.INCORRECT, Status.NO_ANSWER)
    made: list[Verdict] = []
    thread = threading.Thread(target=lambda: made.append(_bare(name, REFERENCES[name], response)))
    thread.start()
    thread.join()
    assert made == [first]


@RELAXED
@given(
    st.sampled_from(sorted(REFERENCES)),
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), st.lists),
)
def test_any_reference_is_a_verdict(name: str, reference: Any) -> None:
    verdict = verify(Example(prompt="?", reference=reference, verifier=name), "\\boxed{1}", deadline=20)
    assert isinstance(verdict.status, Status)


@RELAXED
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9), st.integers(1, 9)
)
def test_numbers_answer_themselves_and_no_others(value: Any, step: int) -> None:
    for name in ("number", "math"):
        assert _bare(name, str(value), f"\\boxed{{{value}}}").is_correct
        assert not _bare(name, str(value), f"\\boxed{{{value + step}}}").is_correct
        assert not _bare(name, str(value), f"\\boxed{{{value * 100}}}").is_correct or value == 0


LEAF = st.one_of(st.integers(-99, 99).map(str), st.sampled_from(["x", "y", "\\pi", "\\sqrt{2}"]))
EXPRESSION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "\\cdot "]), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"\\frac{{{t[0]}}}{{1+({t[1]})^2}}"),
    ),
    max_leaves=5,
)


@RELAXED
@given(EXPRESSION, st.integers(1, 50))
def test_expressions_answer_themselves_and_no_others(text: str, step: int) -> None:
    assert _bare("math", text, f"\\boxed{{ {text} }}").is_correct
    assert _bare("math", text, f"\\boxed{{{step} + {text} - {step}}}").is_correct
    assert not _bare("math", text, f"\\boxed{{{step} + {text}}}").is_correct


@RELAXED
@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=1, max_size=4), st.data())
def test_grids_answer_themselves_and_no_others(cells: list[list[int]], data: st.DataObject) -> None:
    assert _bare("grid", cells, f"<answer>{cells}</answer>").is_correct
    row = data.draw(st.integers(0, len(cells) - 1))
    changed = [list(r) for r in cells]
    changed[row][0] += 1
    assert not _bare("grid", cells, f"<answer>{changed}</answer>").is_correct
