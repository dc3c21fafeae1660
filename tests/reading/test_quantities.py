"""The same amount in any unit of its dimension; matrices and tuples of numbers at the reference's digits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.judging.verifier import VERIFIERS
from assay.reading.units import conversion, converted, measure_name
from assay.types import Example

RELAXED = settings(max_examples=30, deadline=None)
FAMILIES = [
    ["m", "km", "cm", "mm", "μm"], ["s", "min", "h"], ["g", "kg", "mg"], ["J", "kJ", "MJ", "N m"], ["W", "kW", "J/s"],
    ["m/s", "km/h", "m s^{-1}"], ["Pa", "kPa", "N/m^2"], ["m^2", "cm^2"], ["L", "mL", "cm^3"], ["V", "mV", "W/A"],
    ["kJ/mol", "J/mol"], ["mol/L", "mol/m^3"], ["Hz", "s^{-1}"], ["T", "mT", "Wb/m^2"],
]  # fmt: skip
PAIRS = [(one, two) for family in FAMILIES for one in family for two in family]


def _right(reference: str, response: str, **params: str) -> bool:
    example = Example(prompt="What is it?", reference=reference, verifier="math", params=params)
    return VERIFIERS.get("math")(example, f"\\boxed{{{response}}}").is_correct


def _plain(value: Fraction) -> str:
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


@pytest.mark.parametrize(("one", "two"), PAIRS)
@settings(max_examples=6, deadline=None)
@given(st.integers(1, 999))
def test_an_amount_is_itself_in_every_unit_of_its_dimension(one: str, two: str, amount: int) -> None:
    factor = conversion(measure_name(one) or "", measure_name(two) or "")
    assert factor is not None
    assert _right(rf"{amount} \text{{ {one}}}", rf"{_plain(amount * factor)} \text{{ {two}}}")
    assert not _right(rf"{amount} \text{{ {one}}}", rf"{_plain(amount * factor + 1)} \text{{ {two}}}")
    if factor != 1:
        assert not _right(rf"{amount} \text{{ {one}}}", rf"{amount} \text{{ {two}}}")
    assert _right(rf"{amount} \text{{ {one}}}", str(amount))


@pytest.mark.parametrize(("one", "two"), [(a[0], b[0]) for a in FAMILIES for b in FAMILIES if a is not b])
def test_another_dimension_is_another_quantity(one: str, two: str) -> None:
    sizes = [converted(measure_name(unit) or "") for unit in (one, two)]
    assert None not in sizes
    if sizes[0][1] != sizes[1][1]:  # type: ignore[index]
        assert not _right(rf"5 \text{{ {one}}}", rf"5 \text{{ {two}}}")


@RELAXED
@given(st.integers(1, 359), st.integers(2, 60))
def test_degrees_are_radians_and_bare_numbers_are_not(degrees: int, other: int) -> None:
    radians = rf"\frac{{{degrees}\pi}}{{180}}"
    assert _right(rf"{degrees}^\circ", radians) and _right(radians, rf"{degrees}^\circ")
    assert _right(rf"{degrees}^\circ", str(degrees))
    assert not _right(radians, str(degrees))
    assert not _right(radians, rf"{degrees + other}^\circ")
    assert not _right(rf"{degrees}^\circ", rf"{degrees} \text{{ rad}}")


DRESSES = [
    r"\begin{{pmatrix}}{}\end{{pmatrix}}", r"\begin{{bmatrix}}{}\\\end{{bmatrix}}",
    r"\left[\begin{{matrix}}{}\end{{matrix}}\right]",
    r"\left(\begin{{array}}{{cc}}{}\end{{array}}\right)", r"\begin{{smallmatrix}}{}\end{{smallmatrix}}",
]  # fmt: skip


@pytest.mark.parametrize("dress", DRESSES)
@RELAXED
@given(st.lists(st.lists(st.integers(-9, 9), min_size=2, max_size=2), min_size=2, max_size=3), st.integers(2, 4))
def test_a_matrix_is_itself_in_every_dress(dress: str, rows: list[list[int]], factor: int) -> None:
    reference = DRESSES[0].format(r"\\".join("&".join(map(str, row)) for row in rows))
    body = r"\\".join(" & ".join(map(str, row)) for row in rows)
    turned = r"\\".join(" & ".join(map(str, column)) for column in zip(*rows, strict=True))
    other = r"\\".join(" & ".join(str(cell + 1) for cell in row) for row in rows)
    assert _right(reference, dress.format(body))
    assert _right(reference, dress.format(turned) + "^T")
    assert _right(reference, f"Matrix({rows})")
    assert _right(rf"{factor}{reference}", dress.format(r"\\".join("&".join(str(factor * c) for c in r) for r in rows)))
    assert not _right(reference, dress.format(other))
    assert not _right(reference, dress.format(other) + "^T")


@RELAXED
@given(st.lists(st.integers(1000, 99999), min_size=2, max_size=3), st.integers(1, 4))
def test_decimals_beside_each_other_are_rounded_as_one_is(values: list[int], off: int) -> None:
    """To two places; `exact` asks for all of them."""
    exact = [f"{value / 1000:.3f}" for value in values]
    rounded = [f"{round(value / 10) / 100:.2f}" for value in values]
    for opening, closing, joint in (("(", ")", ", "), (r"\begin{pmatrix}", r"\end{pmatrix}", r"\\")):
        reference, given_ = (f"{opening}{joint.join(side)}{closing}" for side in (rounded, exact))
        if not any(value % 10 == 5 for value in values):
            assert _right(reference, given_) == (max(values) >= 10000 or max(map(float, rounded)) >= 1)
            assert _right(reference, given_, decimals="exact") == (
                rounded == [text[:-1] for text in exact if text[-1] == "0"]
            )
            far = [f"{value / 1000 + off:.3f}" for value in values]
            assert not _right(reference, f"{opening}{joint.join(far)}{closing}")
