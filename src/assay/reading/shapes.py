"""The shape of a mathematical answer: a value, a tuple or interval, a list, a union, a relation, a matrix, or words.

An inequality such as `1 < x \\le 2` is the interval it means, a set is a list, and `±` makes two parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from assay.reading.algebra import bits
from assay.reading.tree import MINUS_ONE, Tree


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
class Difference:
    """A set without another: `R \\ {0}`."""

    whole: Answer
    without: Answer


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


Answer = Value | Seq | Bag | Union | Difference | Relation | Matrix | Words


def is_name(tree: Tree) -> bool:
    """Whether the left side of an equation may name what the right side is.

    A symbol, a product of symbols (`AB`, `f(x)`), a function of names (`\\sin A`), a derivative, or a sum of symbols
    and their powers.
    """
    if tree[0] == "sym":
        return True
    if tree[0] == "+":
        powers = [part[1] if part[0] == "^" and part[2][0] == "num" else part for part in tree[1:]]
        return len(set(powers)) == len(powers) and all(is_name(part) and part[0] != "+" for part in powers)
    if tree[0] == "fn":
        return all(is_name(part) for part in tree[2:])
    if tree[0] != "*":
        return False
    if len(tree) == 3 and tree[2][0] == "^" and tree[2][2] == MINUS_ONE and tree[1][0] == "*":
        return is_name(tree[1]) and is_name(tree[2][1])
    return bool(tree[1][0] == "sym") and all(
        p[0] in ("sym", "num") or (p[0] == "*" and is_name(p)) or (p[0] == "^" and p[1][0] == "sym") for p in tree[1:]
    )


# --- what is cheap by construction -----------------------------------------------------------------------------------

LIGHT_TOTAL_BITS = 1000
LIGHT_NODES, LIGHT_PARTS, LIGHT_BITS, LIGHT_POWER, LIGHT_ARGUMENT = 60, 12, 128, 64, 50


def light(answer: Answer) -> bool:
    """Whether comparing this answer costs little, whatever it is compared with: few nodes, small numbers and powers."""
    parts = _trees(answer)
    if sum(map(bits, parts)) > LIGHT_TOTAL_BITS:
        return False
    return len(parts) <= LIGHT_PARTS and sum(map(_weight, parts)) <= LIGHT_NODES


def _trees(answer: Answer) -> list[Tree]:
    if isinstance(answer, Value):
        return [answer.tree] if answer.name is None else [answer.name, answer.tree]
    if isinstance(answer, Relation):
        return [answer.left, answer.right]
    if isinstance(answer, Difference):
        return _trees(answer.whole) + _trees(answer.without)
    if isinstance(answer, Matrix):
        return [cell for row in answer.rows for cell in row]
    return [] if isinstance(answer, Words) else [tree for part in answer.parts for tree in _trees(part)]


def _weight(tree: Tree, powers: int = 0) -> int:
    """Nodes of a tree; more than `LIGHT_NODES` where a number, a power or a function's argument is not small."""
    kind, heavy = tree[0], LIGHT_NODES + 1
    if kind in ("num", "based"):
        return 1 if max(tree[1].numerator.bit_length(), tree[1].denominator.bit_length()) <= LIGHT_BITS else heavy
    if kind == "^" and not _is_small_power(tree[2], powers):
        return heavy
    if tree[:2] in (("fn", "factorial"), ("fn", "binom")) and not all(_is_small(part) for part in tree[2:]):
        return heavy
    below = powers + (kind == "^" and tree[2][0] == "num" and abs(tree[2][1]) > 1)
    return 1 + sum(_weight(part, below) for part in tree[1:] if isinstance(part, tuple))


def _is_small_power(exponent: Tree, powers: int) -> bool:
    if exponent[0] == "num":
        return bool(abs(exponent[1]) <= (LIGHT_POWER if powers == 0 else 4) and powers < 3)
    return powers == 0 and all(abs(number) <= LIGHT_POWER for number in _numbers(exponent))


def _numbers(tree: Tree) -> list[Fraction]:
    if tree[0] == "num":
        return [tree[1]]
    return [number for part in tree[1:] if isinstance(part, tuple) for number in _numbers(part)]


def _is_small(tree: Tree) -> bool:
    return bool(tree[0] == "num" and 0 <= tree[1] <= LIGHT_ARGUMENT)
