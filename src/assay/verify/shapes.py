"""The shape of a mathematical answer: a value, a tuple or interval, a list, a union, a relation, a matrix, or words.

An inequality such as `1 < x \\le 2` is the interval it means, a set is a list, and `±` makes two parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from assay.verify.tree import Tree


@dataclass(frozen=True, slots=True)
class Value:
    tree: Tree
    unit: str = ""
    percent: bool = False
    half_unit: Fraction = Fraction(0)
    """Half a unit of the last written decimal, where the answer is one decimal number."""
    name: Tree | None = None
    """What it is the value of, in `x = 3`."""


@dataclass(frozen=True, slots=True)
class Seq:
    opening: str
    closing: str
    parts: tuple[Answer, ...]
    named: bool = False


@dataclass(frozen=True, slots=True)
class Bag:
    parts: tuple[Answer, ...]
    alternatives: bool = False
    """Whether `or` joined the parts."""


@dataclass(frozen=True, slots=True)
class Union:
    parts: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True, slots=True)
class Words:
    text: str


Answer = Value | Seq | Bag | Union | Relation | Matrix | Words
