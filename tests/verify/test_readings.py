"""Units, numbers in words and inequalities: every way to write one is that one, and no other."""

from __future__ import annotations

import json
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.judging.verifier import VERIFIERS
from assay.reading.answers import read_answer
from assay.reading.counting import counted
from assay.reading.nodes import TooCostly, Undefined, Unreadable
from assay.reading.units import measure_name, same_unit
from assay.types import Example

RELAXED = settings(max_examples=100, deadline=None)
SYMBOLS = ["m", "g", "s", "J", "W", "V", "Pa", "Hz", "mol", "eV"]
PREFIXES = ["", "k", "M", "m", "μ", "n"]
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
ONES += " seventeen eighteen nineteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def _right(name: str, reference: str, response: str) -> bool:
    example = Example(prompt="What is it?", reference=reference, verifier=name)
    return VERIFIERS.get(name)(example, f"\\boxed{{{response}}}").is_correct


def _in_words(number: int) -> str:
    if number < 20:
        return ONES.split()[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS.split()[tens - 2] + (f"-{_in_words(ones)}" if ones else "")
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            many, rest = divmod(number, size)
            return f"{_in_words(many)} {name}" + (f" {_in_words(rest)}" if rest else "")
    raise AssertionError(number)


def _references() -> list[str]:
    files = (Path(__file__).parents[1] / "cases" / f"{name}.jsonl" for name in ("math", "number", "set", "sequence"))
    rows = (json.loads(line) for file in files for line in file.read_text("utf-8").splitlines())
    return sorted({row["reference"] for row in rows if isinstance(row["reference"], str)})


PUT = st.sampled_from(["", "{", "}", "(", "]", "^", "_", "=", ":", ";", ",", r"\frac ", r"\pm "])
EDITS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 6), PUT), min_size=1, max_size=4)


@settings(max_examples=300)
@given(st.sampled_from(_references()), EDITS)
@example("7;C:", [(0, 0, "")])
def test_a_damaged_answer_is_read_or_unreadable(text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, length, put in edits:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + length :]
    with suppress(Unreadable, TooCostly, Undefined):
        read_answer(text)


@RELAXED
@given(st.sampled_from(PREFIXES), st.sampled_from(SYMBOLS), st.sampled_from(PREFIXES), st.integers(2, 3))
def test_a_unit_is_itself_in_latex_and_no_other_size(prefix: str, symbol: str, other: str, power: int) -> None:
    unit = f"{prefix}{symbol}"
    written = rf"7.5 \mathrm{{~{unit}}} / \mathrm{{K}}^{{{power}}}".replace("μ", r"\mu ")
    plain = rf"7.5\ \text{{{unit} K}}^{{-{power}}}"
    assert measure_name(f"{unit}/K^{power}") == measure_name(f"{unit} K^{{-{power}}}")
    for name in ("math", "number"):
        assert _right(name, f"7.5 {unit}/K^{power}", "7.5")
    assert _right("math", plain, written.replace(r"\mu ", "μ"))
    if other != prefix:
        assert not same_unit(measure_name(unit) or "", measure_name(f"{other}{symbol}") or "")
        assert not _right("math", rf"7.5 \mathrm{{~{unit}}}", rf"7.5 \mathrm{{~{other}{symbol}}}")


@RELAXED
@given(st.integers(0, 10**8))
def test_a_number_in_words_is_that_number(number: int) -> None:
    assert counted(_in_words(number)) == (Fraction(number), "")
    for name in ("math", "number"):
        assert _right(name, str(number), _in_words(number))
        assert not _right(name, str(number + 1), _in_words(number))


@RELAXED
@given(st.integers(-50, 50), st.integers(1, 50), st.booleans(), st.booleans())
def test_two_half_lines_are_the_interval_between_them(low: int, width: int, left: bool, right: bool) -> None:
    high = low + width
    interval = f"{'[' if left else '('}{low}, {high}{']' if right else ')'}"
    signs = (r"\ge" if left else ">"), (r"\le" if right else "<")
    for joint in (", ", r" \text{ and } "):
        assert _right("math", interval, f"x {signs[0]} {low}{joint}x {signs[1]} {high}")
    other = f"{'(' if left else '['}{low}, {high}{']' if right else ')'}"
    assert not _right("math", other, f"x {signs[0]} {low}, x {signs[1]} {high}")
    assert not _right("math", interval, f"x {signs[0]} {low}")


@RELAXED
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True), st.integers(-9, 9))
def test_every_excluded_point_counts(points: list[int], more: int) -> None:
    excluded = ", ".join(f"x \\ne {point}" for point in points)
    ends = ["-\\infty", *map(str, sorted(points)), "\\infty"]
    union = "\\cup".join(f"({low}, {high})" for low, high in pairwise(ends))
    assert _right("math", union, excluded)
    if more not in points:
        assert not _right("math", union, f"{excluded}, x \\ne {more}")


@RELAXED
@given(st.integers(1, 12), st.integers(2, 30))
def test_a_sum_with_an_index_is_its_value(low: int, terms: int) -> None:
    values = [k * k + 1 for k in range(low, low + terms)]
    written = rf"\sum_{{k={low}}}^{{{low + terms - 1}}} (k^2+1)"
    assert _right("math", str(sum(values)), written)
    assert not _right("math", str(sum(values) + 1), written)
