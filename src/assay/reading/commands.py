"""LaTeX commands: fractions, roots, functions, operators, accents, environments, and those that are not known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from assay.reading.building import MINUS_ONE, inverse, names, num, power, product
from assay.reading.cursor import Cursor, notation, split
from assay.reading.functions import INVERSES, called, fraction, named, written_out
from assay.reading.nodes import CONSTANTS, Call, Listing, Matrix, Named, Node, Num, Relation, Sym, Text, Tuple
from assay.reading.tokens import FUNCTIONS, GREEK, OPERATORS, Token

_OBJECTS = names("vec segment angle triangle")
_ACCENTS = names("bar hat tilde dot ddot check breve acute mathring overbrace underbrace overset underset")
_NUMBER_SETS = names("R Z N Q C")
_NOTHING = Text("")


class Commands(Cursor):
    """What stands behind a command; the expressions in it are read by `Parser`."""

    expression: Callable[[], Node]
    term: Callable[[], Node]
    signed: Callable[[], Node]
    power: Callable[[], Node]
    argument: Callable[[], Node]
    bracketed: Callable[[], Node]
    starts_factor: Callable[[], bool]

    def command(self, name: str) -> Node:
        match name:
            case "frac" | "binom":
                top, bottom = self.argument(), self.argument()
                return fraction(top, bottom) if name == "frac" else Call("binom", (top, bottom))
            case "sqrt" | "surd":
                return self.root(name)
            case "lfloor" | "lceil":
                node = self.expression()
                self.take("r" + name[1:])
                return Call(name[1:], (node,))
            case "mathbb" | "Bbb":
                letter = notation(self.group())
                return self.symbol("\\" * (letter in _NUMBER_SETS) + letter)
        for known, read in (
            (_OBJECTS | _ACCENTS, self.accented),
            (OPERATORS, self.operator),
            (FUNCTIONS, self.function),
        ):
            if name in known:
                return read(name)
        if name in CONSTANTS or len(name) == 1:
            return self.symbol(name)
        if name in GREEK or not self.is_op("{"):
            return self.symbol("\\" + name)
        given = []
        while self.is_op("{"):
            given.append(self.inner(self.group()))
        return Call("\\" + name, tuple(given))

    def root(self, name: str) -> Node:
        half = num(Fraction(1, 2))
        if name == "surd":
            return power(self.power(), half)
        if not self.is_op("["):
            return power(self.argument(), half)
        index = self.bracketed()
        if not self.starts_factor():  # Sqrt[2]
            return power(index, half)
        return power(
            self.argument(), num(1 / index.value) if isinstance(index, Num) and index.value else inverse(index)
        )

    def symbol(self, name: str) -> Node:
        """A letter with its subscripts and primes; capitals are one object."""
        if name == "C" and self.is_op("("):
            start, chosen = self.at, self.bracketed()
            if isinstance(chosen, Tuple) and len(chosen.parts) == 2:
                return Call("binom", chosen.parts)
            self.at = start
        letters = name
        while self.is_op("_", "'"):
            mark = self.next().text
            name += "_" + notation(self.group()) if mark == "_" else mark
        return Named("word", name) if len(letters) > 1 and letters.isalpha() and letters.isupper() else Sym(name)

    def accented(self, kind: str) -> Node:
        """A letter with its accent is a letter of its own; capitals are one object of the kind."""
        tokens = self.group()
        letters = notation(tokens)
        if len(letters) > 1 and letters.isupper() and letters.isalpha():
            return named(kind, letters) if kind in _OBJECTS else Sym(f"{kind}:{letters}")
        if kind in ("vec", "angle") or (kind == "hat" and letters in ("i", "j", "k")):
            return self.symbol(letters) if len(tokens) == 1 else self.inner(tokens)
        if len(tokens) == 1 and tokens[0].kind in ("id", "cmd"):
            return self.symbol(f"{'bar' if kind == 'segment' else kind}:{letters}")
        return Call("\\" + kind, (self.inner(tokens),))

    def operator(self, name: str) -> Node:
        """An operator with its ends and what it applies to; a sum between whole numbers is written out."""
        found: dict[str, list[Token]] = {}
        while self.is_op("_", "^") and self.text not in found:
            place = self.next().text
            found[place] = self.group()
        body = self.term() if self.starts_factor() or self.is_op("-") else _NOTHING
        low, high = (self.inner(found[place]) if place in found else _NOTHING for place in "_^")
        match low:
            case Relation(("=",), (index, first)) if name in ("sum", "prod") and high != _NOTHING:
                return written_out(name, index, first, high, body)
        return Call("\\" + name, (low, high, body)) if found or body != _NOTHING else Sym("\\" + name)

    def function(self, name: str) -> Node:
        marks: dict[str, Node] = {}
        while self.is_op("_", "^"):
            place = self.next().text
            marks[place] = self.argument()
        if (
            not marks
            and name == "log"
            and self.text in ("2", "10")
            and not self.token.spaced
            and self.peek(1).text == "("
        ):
            marks["_"] = num(int(self.next().text))  # log2(3)
        if not (self.starts_factor() or self.is_op("-", "+")):
            return Sym("\\" + name)
        if name in ("max", "min", "gcd", "lcm") and self.is_op("\\{"):
            return called(name, tuple(map(self.reader.read, split(self.group(), ",")[0])))
        value = self.bracketed() if self.is_op("(") else self.bare_argument()
        undone = INVERSES.get(name) if marks.get("^") == MINUS_ONE else None
        result = called(undone or name, value.parts if isinstance(value, Tuple) else (value,), marks.get("_"))
        return power(result, marks["^"]) if "^" in marks and not undone else result

    def bare_argument(self) -> Node:
        """`\\sin 2x` takes the product of what follows up to a sign or another function."""
        factors = [self.signed() if self.is_op("-", "+") else self.power()]
        while self.starts_factor() and self.kind in ("id", "num", "cmd") and self.text not in FUNCTIONS:
            factors.append(self.power())
        if self.is_op("/") and self.peek(1).text.isdigit() and len(factors) == 1:
            self.at += 1
            factors.append(inverse(self.power()))
        return product(*factors)

    def environment(self) -> Node:
        """A matrix, cases, or an environment that is known by its notation only."""
        name, body = self.text, self.group()
        rows = [split(row, "&")[0] for row in split(body, "\\\\")[0] if row]
        if name == "cases" and all(len(row) == 2 for row in rows):
            return Listing(tuple(Tuple("case", "case", tuple(map(self.reader.read, row))) for row in rows))
        if not name.endswith("matrix") and name != "array":
            return Call(f"\\{name}", tuple(Tuple("row", "row", tuple(map(self.inner, row))) for row in rows))
        cells = tuple(tuple(map(self.reader.read, row)) for row in rows)
        if all(len(row) == 1 and isinstance(row[0], Relation) for row in cells):
            return Listing(tuple(row[0] for row in cells))
        return Matrix(cells)
