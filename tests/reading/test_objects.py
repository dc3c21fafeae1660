"""Capitals are one object with the symmetry of its kind; small letters are a product, an accent makes another."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.judging.verifier import VERIFIERS
from assay.types import Example

RELAXED = settings(max_examples=30, deadline=None)


def _right(reference: str, response: str) -> bool:
    example = Example(prompt="What is it?", reference=reference, verifier="math")
    return VERIFIERS.get("math")(example, f"\\boxed{{{response}}}").is_correct


def _points(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from("ABDFGHJKLMNPQRSTVWXYZ"), min_size=count, max_size=count, unique=True)


SAME = {
    r"\overline{%s}": lambda letters, order: True,
    r"\triangle %s": lambda letters, order: True,
    r"\angle %s": lambda letters, order: order[1] == letters[1],
    r"\vec{%s}": lambda letters, order: order == letters,
    r"%s": lambda letters, order: order == letters,
    r"\text{%s}": lambda letters, order: order == letters,
}
"""For each kind of object, which other order of its letters names it."""


@pytest.mark.parametrize("form", sorted(SAME))
@RELAXED
@given(_points(3))
@example(["A", "W", "S"])  # a word in another order
def test_an_object_has_the_symmetry_of_its_kind(form: str, letters: list[str]) -> None:
    for order in itertools.permutations(letters):
        same = SAME[form](letters, list(order))
        assert _right(form % "".join(letters), form % "".join(order)) == same, order


@RELAXED
@given(_points(3))
def test_kinds_of_objects_are_different(letters: list[str]) -> None:
    name = "".join(letters)
    forms = [form % name for form in (r"\overline{%s}", r"\triangle %s", r"\angle %s", r"\vec{%s}")]
    for one, two in itertools.permutations(forms, 2):
        assert not _right(one, two)
    assert _right(rf"\vec{{{name}}}", rf"\overrightarrow{{{name}}}")
    assert not _right(name, name + "Z" if "Z" not in name else name[:-1])


@RELAXED
@given(st.lists(st.sampled_from("abcmnpqvwyz"), min_size=2, max_size=3, unique=True))
def test_small_letters_are_a_product(letters: list[str]) -> None:
    for order in itertools.permutations(letters):
        assert _right("".join(letters), "".join(order))
        assert _right("".join(letters), r" \cdot ".join(order))


@RELAXED
@given(st.sampled_from("uvwxyzpq"), st.sampled_from(["hat", "bar", "dot", "ddot", "tilde"]), st.integers(1, 9))
def test_an_accent_makes_another_letter(letter: str, accent: str, number: int) -> None:
    marked = rf"\{accent}{{{letter}}}"
    assert _right(f"{number}{marked}", rf"{number} \{accent} {letter}")
    assert not _right(marked, letter) and not _right(letter, marked)
    assert not _right(marked, rf"\vec{{{letter}}}")
    assert _right(rf"\vec{{{letter}}}", letter)


@pytest.mark.parametrize("separator", [", ", r" \text{ and } ", "; "])
@pytest.mark.parametrize("last", ["", " only"])
def test_names_in_words_are_a_list(separator: str, last: str) -> None:
    assert _right(r"\text{I and III}", f"I{separator}III")
    assert _right(f"I{separator}III", rf"\text{{I and III{last}}}")
    assert not _right(r"\text{I and III}", f"I{separator}II")
    assert not _right(r"\text{I and III}", f"I{separator}II{separator}III")


NOTHINGS = {
    "undefined": ["undefined", "not defined", "The expression is undefined"],
    "does not exist": ["does not exist", "DNE", "The limit does not exist"],
    "no solution": ["no solution", "no real solutions", "There is no solution"],
    "infinitely many": ["infinitely many", "infinitely many solutions"],
}


@pytest.mark.parametrize(("one", "two"), [*itertools.product(NOTHINGS, repeat=2)])
def test_kinds_of_nothing_are_different(one: str, two: str) -> None:
    for said in NOTHINGS[two]:
        assert _right(rf"\text{{{one}}}", rf"\text{{{said}}}") == (one == two)
