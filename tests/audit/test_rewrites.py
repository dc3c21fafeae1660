"""Rewrites: the labels are right by an independent look, the rows repeat, and our verifiers agree with them."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from assay.audit import right, wrong
from assay.audit.answers import Answer, exact_value
from assay.audit.rewrites import KINDS, rewritten
from assay.judging.session import verify_many
from assay.sources.base import SOURCES
from assay.types import Example, Status

REFERENCES = {
    "math": [
        "12",
        "-7",
        "4500",
        "\\frac{3}{4}",
        "-\\frac{5}{6}",
        "0.25",
        "3\\sqrt{2}",
        "\\frac{\\sqrt{3}}{2}",
        "4\\pi",
        "x^2 + 3x - 1",
        "(2, -3)",
        "[0, 5)",
        "(-\\infty, 2]",
        "\\{1, 4, 9\\}",
        "2, 3",
        "x > 3",
        "1 \\le x < 2",
        "y = 2x + 1",
        "101_2",
        "2^{10}",
        "5!",
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        "\\text{Evelyn}",
        "30^\\circ",
        "15 \\text{ cm}",
        "25\\%",
        "(-\\infty, 0) \\cup (3, \\infty)",
        "x = 6",
    ],
    "number": [42, -3, 12000, 2.75, "1,234", "3/8", "25%", [4, 9, 12], 1000000],
    "boolean": [True, False],
    "text": ["Marie Curie", ["the Danube", "Danube"], "São Tomé", "well-known cat"],
    "set": [["Oslo", "Bergen", "Stavanger"], ["red"]],
    "sequence": [["Ann", "Bo", "Cy", "Dee"]],
    "assignment": [{"Ann": "knight", "Bo": "knave", "Cy": "knight"}],
    "grid": [[[0, 1, 2], [3, 4, 5]], [[7]]],
    "records": [{"header": ["House", "Name", "Pet"], "rows": [["1", "Ann", "cat"], ["2", "Bo", "dog"]]}],
}
PROMPT = "Read the story of two travellers and answer the question in full."


def examples() -> list[Example]:
    made = [
        Example(prompt=PROMPT, reference=reference, verifier=name)
        for name, many in REFERENCES.items()
        for reference in many
    ]
    options = {"A": "Helium gas", "B": "Benzene", "C": "Table salt", "D": "Ordinary water"}
    made += [Example(prompt=PROMPT, reference=c, verifier="choice", params={"options": options}) for c in options]
    given = [("[1, 2]", "f(3)"), ("'ab'", "'a'"), ("True", "1"), ("17", "2"), ("{'a': 1}", "[]")]
    made += [
        Example(prompt=PROMPT, reference={"code": "", "input": i, "output": o}, verifier="code_io.output")
        for o, i in given
    ]
    return made


def test_the_same_references_give_the_same_rows():
    first, again = (list(rewritten(examples(), per=6)) for _ in range(2))
    assert first == again
    assert first != list(rewritten(examples(), per=6, seed=1))


def test_every_kind_has_rows_of_both_labels():
    counts = Counter((row.verifier, row.label) for row in rewritten(examples(), per=12))
    assert {name for name, _ in counts} == set(KINDS)
    assert all(counts[name, label] >= 6 for name in KINDS for label in (True, False))


def test_verdicts_agree_with_the_labels_on_hand_written_references():
    rows = list(rewritten(examples(), per=400))
    verdicts = verify_many([row.example() for row in rows], [row.response for row in rows])
    wrong = [
        (row.verifier, row.family, row.reference, row.response, verdict.why)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.is_correct != row.label or verdict.status is Status.ERROR
    ]
    assert len(rows) > 2000
    assert not wrong, wrong[:10]


@pytest.mark.parametrize("name", ["math/math500", "table/hitab", "science/supergpqa", "logic/zebra"])
def test_verdicts_agree_with_the_labels_on_real_references(name):
    realdata.directory()
    source = SOURCES.get(name)
    some = list(source.examples(source.splits[0], data=realdata.DATA, size=120))
    rows = list(rewritten(some, per=10))
    verdicts = verify_many([row.example() for row in rows], [row.response for row in rows])
    right = [verdict.is_correct for row, verdict in zip(rows, verdicts, strict=True) if row.label]
    paid = [
        (row.family, row.reference, row.response)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.is_correct and not row.label
    ]
    assert sum(right) >= 0.98 * len(right)
    assert len(paid) <= 0.002 * len(rows), paid


def answer_of(text: str, verifier: str = "math", seed: int = 0, **params: object) -> Answer:
    return Answer(Example(prompt=PROMPT, reference=text, verifier=verifier, params=params), text, Random(seed))


VALUES = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.tuples(st.integers(-500, 500), st.integers(2, 500)).map(
        lambda t: f"{'-' if t[0] < 0 else ''}\\frac{{{abs(t[0])}}}{{{t[1]}}}"
    ),
    st.decimals(min_value=-1000, max_value=1000, places=3).map(str),
)


@settings(deadline=None, max_examples=100)
@given(VALUES, st.integers(0, 99))
def test_what_keeps_a_value_keeps_it_and_what_changes_it_does_not(answer, seed):
    mine = exact_value(answer)
    for family, rewrite in right.VALUES.items():
        made = rewrite(answer_of(answer, seed=seed))
        if made is not None and family != "more digits" and exact_value(made) is not None:
            assert exact_value(made) == mine, (family, made)
    for family, rewrite in wrong.VALUES.items():
        made = rewrite(answer_of(answer, seed=seed))
        if made is not None and exact_value(made) is not None:
            assert exact_value(made) != mine, (family, made)


@pytest.mark.parametrize(
    ("table", "family", "answer", "made"),
    [
        (right.MATH, "thousands commas", "1234567", "1,234,567"),
        (right.MATH, "thousands commas", "123", None),
        (right.MATH, "repeating decimal", "\\frac{1}{6}", "0.1\\overline{6}"),
        (right.MATH, "repeating decimal", "\\frac{1}{4}", None),
        (right.MATH, "mixed number", "\\frac{7}{2}", "3\\frac{1}{2}"),
        (right.MATH, "decimal as percent", "0.25", "25\\%"),
        (right.MATH, "unit left out", "30^\\circ", "30"),
        (wrong.MATH, "stray comma", "10", "1,0"),
        (wrong.MATH, "rounded", "\\frac{1}{2}", None),
        (wrong.MATH, "negated", "0", None),
        (right.MATH, "fraction of digits", "\\frac{1}{2}", "\\frac12"),
        (right.MATH, "list in another order", "1,234", None),
        (right.MATH, "list in another order", "1, 2", "2, 1"),
        (right.MATH, "plain notation", "\\frac{\\sqrt{3}\\pi}{2}", "((sqrt(3)*pi)/(2))"),
        (right.MATH, "terms in another order", "x^2 - 3x + 1", "1- 3x+x^2"),
        (right.MATH, "terms in another order", "1.5e-7", None),
        (right.MATH, "scaled above and below", "5 cm", None),
        (right.MATH, "inequality as interval", "1 \\le x < 2", "[1, 2)"),
        (right.MATH, "equation turned", "y = 2x + 1", "2x + 1 = y"),
        (wrong.MATH, "pair swapped", "(2, -3)", "(-3, 2)"),
        (wrong.MATH, "pair swapped", "(2, 2.0)", None),
        (wrong.MATH, "open for closed", "[0, 5)", "(0, 5)"),
        (wrong.MATH, "open for closed", "(1, 2)", None),
        (wrong.MATH, "matrix rows swapped", "\\begin{pmatrix} 1 \\\\ 1 \\end{pmatrix}", None),
        (wrong.MATH, "rounded radical", "2\\sqrt{4}", None),
        (right.TEXT, "without diacritics", "São", "Sao"),
    ],
)
def test_a_rewrite_does_what_it_says(table, family, answer, made):
    assert table[family](answer_of(answer)) == made


def test_a_parameter_that_changes_what_is_right_stops_value_rewrites():
    for family, rewrite in wrong.VALUES.items():
        assert rewrite(answer_of("42", "number", tolerance={"abs": 5})) is None, family
