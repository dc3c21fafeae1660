"""Relations, intervals and sets: the same numbers of the same variable in any form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.judging.verifier import VERIFIERS
from assay.reading.answers import read_answer
from assay.reading.regions import region
from assay.types import Example

RELAXED = settings(max_examples=30, deadline=None)
SIGNS = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}


def _right(reference: str, response: str) -> bool:
    example = Example(prompt="What is it?", reference=reference, verifier="math")
    return VERIFIERS.get("math")(example, f"\\boxed{{{response}}}").is_correct


@RELAXED
@given(st.sampled_from(sorted(SIGNS)), st.integers(-9, 9), st.sampled_from("xyat"), st.sampled_from("uvwk"))
def test_a_relation_turned_round_is_itself_with_its_variable(sign: str, bound: int, name: str, other: str) -> None:
    assert _right(f"{name} {sign} {bound}", f"{bound} {SIGNS[sign]} {name}")
    assert _right(f"{name} {sign} {other}", f"{other} {SIGNS[sign]} {name}")
    assert not _right(f"{name} {sign} {bound}", f"{other} {sign} {bound}")
    assert not _right(f"{name} {sign} {bound}", f"{name} {SIGNS[sign]} {bound}")
    assert not _right(f"{name} {sign} {other}", f"{other} {sign} {name}")
    assert not _right(f"{name} {sign} {bound}", f"{name} {sign} {bound + 1}")


@RELAXED
@given(st.integers(-9, 9), st.integers(1, 9), st.sampled_from(["(", "["]), st.sampled_from([")", "]"]))
def test_an_interval_is_itself_in_every_form(low: int, width: int, opening: str, closing: str) -> None:
    high = low + width
    signs = ("<" if opening == "(" else r"\le"), ("<" if closing == ")" else r"\le")
    interval = f"{opening}{low},{high}{closing}"
    for form in (
        f"{low} {signs[0]} x {signs[1]} {high}", rf"x \in {interval}",
        rf"\{{x \mid {low} {signs[0]} x {signs[1]} {high}\}}",
        rf"{low} {signs[0]} x \text{{ and }} x {signs[1]} {high}",
        rf"(-\infty,{high}{closing} \cap {opening}{low},\infty)",
    ):  # fmt: skip
        assert _right(interval, form) and _right(form, interval)
        assert not _right(interval, form.replace(str(high), str(high + 1)))
    assert not _right(rf"x \in {interval}", rf"y \in {interval}")
    assert not _right(interval, f"{opening}{low},{high}{'])'[closing == ']']}")


FINITE = st.sets(st.integers(-4, 4), max_size=5)


def _written(numbers: set[int]) -> str:
    return rf"\{{{', '.join(map(str, numbers))}\}}"


@pytest.mark.parametrize(
    ("sign", "rule"), [(r"\cup", set.union), (r"\cap", set.intersection), (r"\setminus", set.difference)]
)
@RELAXED
@given(FINITE, FINITE)
def test_operations_on_finite_sets_are_pythons(sign: str, rule: object, one: set[int], two: set[int]) -> None:
    if one and two:
        wanted = rule(one, two)  # type: ignore[operator]
        written = f"{_written(one)} {sign} {_written(two)}"
        if wanted:
            assert _right(_written(wanted), written)
            assert not _right(_written(wanted | {9}), written)


CUTS = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5), st.booleans(), st.booleans()), min_size=1, max_size=4)


@RELAXED
@given(CUTS, st.integers(-40, 40))
def test_a_union_holds_the_numbers_of_its_parts(cuts: list[tuple[int, int, bool, bool]], probe: int) -> None:
    """Membership of each half number, and no place where the normal form says the same twice."""
    parts = [(low, low + width, left or not width, right or not width) for low, width, left, right in cuts]
    texts = [rf"\{{{a}\}}" if a == b else f"{'(['[left]}{a},{b}{')]'[right]}" for a, b, left, right in parts]
    found = region(read_answer(r"\cup".join(texts)))
    value = probe / 2
    inside = any(
        (a < value or (left and a == value)) and (value < b or (right and b == value)) for a, b, left, right in parts
    )
    if found is not None:
        assert found.holds[found.at(value)] == inside
        assert all(len({*found.holds[2 * n : 2 * n + 3]}) > 1 for n in range(len(found.ends)))


@RELAXED
@given(st.integers(0, 11), st.integers(2, 12), st.integers(-3, 3), st.sampled_from("kn"))
def test_a_residue_class_is_its_formula(rest: int, modulus: int, shift: int, letter: str) -> None:
    formula = f"{modulus}{letter} + ({rest + shift * modulus})"
    for wanted, given_ in ((rf"x \equiv {rest} \pmod{{{modulus}}}", formula), (formula, rf"{rest} \pmod{{{modulus}}}")):
        assert _right(wanted, given_)
        assert not _right(wanted, given_.replace(f"{modulus}", f"{modulus + 1}"))


@RELAXED
@given(st.integers(1, 20), st.integers(1, 20), st.integers(2, 5))
def test_a_ratio_is_a_fraction_and_no_time(one: int, two: int, factor: int) -> None:
    assert _right(f"{one}:{two}", f"{factor * one}:{factor * two}")
    assert not _right(f"{one}:{two}", f"{one + 1}:{two}")
    if one % two:
        assert _right(f"{one}:{two}", rf"\frac{{{one}}}{{{two}}}")


@RELAXED
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=3, unique=True))
def test_named_values_keep_their_names_and_order(values: list[int]) -> None:
    named = ", ".join(f"{name} = {value}" for name, value in zip("abc", values, strict=False))
    assert _right(named, ", ".join(map(str, values)))
    assert _right(named, f"({', '.join(map(str, values))})")
    assert _right(named, ", ".join(reversed(named.split(", "))))
    assert not _right(named, ", ".join(map(str, reversed(values)))) or values == values[::-1]


@RELAXED
@given(st.sampled_from(["P(A)", r"\max", "f(2)", "S", r"\sin A"]), st.integers(2, 9))
def test_a_label_may_be_left_out_but_not_another(label: str, value: int) -> None:
    assert _right(f"{label} = {value}", str(value)) and _right(str(value), f"{label} = {value}")
    assert not _right(f"{label} = {value}", rf"Q(B) = {value}")
    assert not _right(f"{label} = {value}", f"{label} = {value + 1}")
