"""Units behind a number: every name of the table is read, whatever else its letters may be."""

import pytest

from assay import Example, verify
from assay.reading.answers import read_in_prose
from assay.reading.nodes import Quantity
from assay.reading.units import UNITS


@pytest.mark.parametrize("alias", sorted(alias for alias in UNITS if alias.isascii() and alias.isalpha()))
def test_every_unit_is_read_behind_a_number(alias: str) -> None:
    """`min` and `sec` are functions with a backslash alone, and `in` is a word of prose elsewhere."""
    read = read_in_prose(f"5 {alias}", letters=True)
    assert isinstance(read, Quantity) and read.unit == UNITS[alias]


@pytest.mark.parametrize("verifier", ["number", "math"])
@pytest.mark.parametrize(
    ("one", "other"), [("5 min", "300 s"), ("2 in", "5.08 cm"), ("5 kΩ", "5000 Ω"), ("5 €", "5 €")]
)
def test_units_behind_a_number_are_converted(verifier: str, one: str, other: str) -> None:
    example = Example(prompt="?", reference=one, verifier=verifier)
    assert verify(example, f"The answer is {other}.").is_correct
    assert verify(example, f"The answer is {one}.").is_correct
    assert not verify(example, "The answer is 5 kg.").is_correct
