"""What a mathematical answer is: small typed nodes.

Expressions are numbers, symbols, named objects and calls; `+`, `*` and `^` are calls too. Answers are expressions
with a unit, relations, tuples (which may mean intervals), lists, matrices and words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


class TooCostly(ValueError):
    """An expression that would cost too much to read or to evaluate; the message names the limit."""


class Unreadable(ValueError):
    """Not an expression of the kinds that are read."""


class Undefined(ArithmeticError):
    """A value that does not exist, such as a division by zero."""


@dataclass(frozen=True, slots=True)
class Num:
    """A rational number as it was written."""

    value: Fraction
    half: Fraction = field(default=Fraction(0), compare=False)
    """Half a unit of its last decimal; 0 for an integer or a fraction."""
    numeral: str = ""
    """The digits of a number that was written in a base (`101_2`)."""


@dataclass(frozen=True, slots=True)
class Sym:
    """A letter with all that belongs to it (`x_1`, `f'`, `hat:x`), or one of `CONSTANTS`."""

    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """Capitals that are one object (a word, vec, segment, angle or triangle); every name of it has the same letters."""

    kind: str
    letters: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.letters}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments; one whose name begins with `\\` is known by its notation only."""

    head: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit."""

    value: Node
    unit: str = ""
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Sides with the signs between them: `a < b \\le c`; `x = 3` names what has the value."""

    signs: tuple[str, ...]
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    """Parts in their order, between brackets; of two it may be an interval. A ratio has `:` for brackets."""

    opening: str
    closing: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Parts without order: a set, or answers beside each other; of those joined by `or` each is the answer."""

    parts: tuple[Node, ...]
    joint: str = ","


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    words: str


Node = Num | Sym | Named | Call | Quantity | Relation | Tuple | Listing | Matrix | Text
CONSTANTS = frozenset({"pi", "infty", "e", "i"})
