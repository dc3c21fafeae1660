"""Formulas read into small trees: nested tuples that begin with the name of the node.

`("num", Fraction)`, `("sym", name)`, `("const", "pi" | "e" | "i" | "infty")`, `("+", a, b, ...)`, `("*", a, b, ...)`,
`("^", a, b)`, `("fn", name, a, ...)`, `("deg", a)`. A number in a base carries its digits: `("based", value, digits)`.
Logarithms are by their base, and names of one meaning are one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from assay.reading.latex import CONSTANTS, FUNCTIONS, SYMBOLS, Token, TooCostly, Unreadable

Tree = tuple[Any, ...]
"""Nested tuples that begin with the name of the node; `tree` lists them."""
MINUS_ONE: Tree = ("num", Fraction(-1))
INVERSES = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sinh": "arsinh", "cosh": "arcosh",
    "tanh": "artanh",
}  # fmt: skip
"""Functions whose exponent -1 names the inverse."""


def called(name: str, given: tuple[Tree, ...], base: Tree | None = None) -> Tree:
    """The tree of a function with its arguments."""
    if name in ("log", "lg", "ln"):
        return _log(name, given[0], base or (given[1] if name == "log" and len(given) == 2 else None))
    if name == "cbrt":
        return ("^", given[0], ("num", Fraction(1, 3)))
    if name == "cis":
        return ("fn", "exp", ("*", ("const", "i"), given[0]))
    return ("fn", name, *given)


def _log(name: str, value: Tree, base: Tree | None) -> Tree:
    """Logarithms are natural ones divided by that of their base; `log` without a base stays its own function."""
    if name == "ln" or base == ("const", "e"):
        return ("fn", "ln", value)
    if base is None and name == "log":
        return ("fn", "log", value)
    return ("*", ("fn", "ln", value), ("^", ("fn", "ln", base or ("num", Fraction(10))), MINUS_ONE))


def is_proper(tree: Tree) -> bool:
    if tree[0] != "*" or len(tree) != 3 or tree[1][0] != "num" or tree[2][0] != "^" or tree[2][1][0] != "num":
        return False
    return bool(tree[2][2] == MINUS_ONE and 0 < tree[1][1] < tree[2][1][1])


def based(digits: str, base: Tree) -> Tree:
    if base[0] != "num" or base[1].denominator != 1 or not 2 <= base[1] <= 36:
        raise Unreadable("a base is a whole number from 2 to 36")
    whole, _, places = digits.partition(".")
    try:
        return ("based", Fraction(int(whole + places, int(base[1])), int(base[1]) ** len(places)), digits)
    except ValueError:
        raise Unreadable(f"{digits} has digits that its base has not") from None


def holds_comma(tokens: list[Token]) -> bool:
    """Whether the brackets that open here hold exactly one comma of their own."""
    depth = commas = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        commas += depth == 1 and token.text == ","
        if depth == 0:
            break
    return commas == 1


MAX_SERIES = 1000
"""Nodes of the largest sum or product that is written out."""


def written_out(name: str, index: Tree, low: Tree, high: Tree, body: Tree) -> Tree:
    """`\\sum` or `\\prod` with an index between two whole numbers as the sum or product of its terms."""
    if index[0] not in ("sym", "const") or any(end[0] != "num" or end[1].denominator != 1 for end in (low, high)):
        raise Unreadable("a sum or product whose ends are no whole numbers")
    terms = int(high[1] - low[1]) + 1
    if terms * len(nodes(body)) > MAX_SERIES:
        raise TooCostly(f"a sum or product of more than {MAX_SERIES} nodes")
    values = [replaced(body, index, ("num", low[1] + step)) for step in range(terms)]
    empty: Tree = ("num", Fraction(name == "prod"))
    return ("+" if name == "sum" else "*", empty, *values)


def nodes(tree: Tree) -> list[Tree]:
    """A tree and all that are in it."""
    found = [tree]
    for node in found:  # it grows
        found += [part for part in node[1:] if isinstance(part, tuple)]
    return found


def replaced(tree: Tree, one: Tree, other: Tree) -> Tree:
    """The tree with another in the place of a part."""
    if tree == one:
        return other
    return tuple(replaced(part, one, other) if isinstance(part, tuple) else part for part in tree)


MAX_DEPTH = 60
_END = (Token("end", ""),) * 3


class Parser:
    """Recursive descent over tokens; every method leaves `at` behind what it has read."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.end, self.at, self.depth, self.bars = [*tokens, *_END], len(tokens), 0, 0, 0

    def whole(self) -> Tree:
        """The one expression that all tokens make. Raises `Unreadable` or `TooCostly`."""
        tree = self.sum()
        if self.at != self.end:
            raise Unreadable(f"{self.text!r} is out of place")
        return tree

    @property
    def text(self) -> str:
        return self.tokens[self.at].text

    @property
    def kind(self) -> str:
        return self.tokens[self.at].kind

    def is_op(self, *texts: str) -> bool:
        token = self.tokens[self.at]
        return token.text in texts and token.kind == "op"

    def peek(self, ahead: int) -> str:
        return self.tokens[self.at + ahead].text

    def take(self, wanted: str) -> None:
        if not self.is_op(wanted):
            raise Unreadable(f"expected {wanted!r} and found {self.text!r}")
        self.at += 1

    def sum(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooCostly(f"nested deeper than {MAX_DEPTH}")
        terms = [self.term()]
        while self.is_op("+", "-"):
            sign = self.text
            self.at += 1
            terms.append(self.term() if sign == "+" else ("*", MINUS_ONE, self.term()))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else ("+", *terms)

    def term(self) -> Tree:
        factors = [self.signed()]
        while True:
            if self.is_op("*"):
                self.at += 1
                factors.append(self.signed())
            elif self.is_op("/"):
                self.at += 1
                factors.append(("^", self.divisor(), MINUS_ONE))
            elif self.text == "mod" and self.kind == "cmd":
                self.at += 1
                left = factors[0] if len(factors) == 1 else ("*", *factors)
                factors = [("fn", "mod", left, self.signed())]
            elif self.starts_factor():
                factors[-1:] = self.beside(factors[-1])
            else:
                return factors[0] if len(factors) == 1 else ("*", *factors)

    def divisor(self) -> Tree:
        """What a slash divides by: letters that touch are one product (`t/RC`)."""
        letters = [self.signed()]
        while letters[-1][0] == "sym" and self.kind == "id" and not self.tokens[self.at].spaced:
            letters.append(self.power())
        return letters[0] if len(letters) == 1 else ("*", *letters)

    def beside(self, left: Tree) -> list[Tree]:
        """What stands beside `left` without a sign: a factor, or the fraction of a mixed number."""
        token = self.tokens[self.at]
        whole = left[0] == "num" and left[1].denominator == 1 and self.tokens[self.at - 1].kind == "num"
        if token.kind == "num" and self.tokens[self.at - 1].text not in (")", "}", "!"):
            if not (whole and token.spaced and self.peek(1) == "/" and self.peek(2).isdigit()):
                raise Unreadable(f"two numbers side by side at {token.text!r}")
            self.at += 3
            return [("+", left, ("num", Fraction(token.text) / (Fraction(self.peek(-1)) or 1)))]
        right = self.power()
        return [("+", left, right)] if whole and token.text == "frac" and is_proper(right) else [left, right]

    def signed(self) -> Tree:
        sign = 1
        while self.is_op("+", "-"):
            sign = -sign if self.text == "-" else sign
            self.at += 1
        tree = self.power()
        if self.starts_mixed(tree):
            parts = self.beside(tree)
            tree = parts[0] if len(parts) == 1 else ("*", *parts)
        return tree if sign > 0 else ("*", MINUS_ONE, tree)

    def starts_mixed(self, left: Tree) -> bool:
        """Whether the fraction of a mixed number follows a whole one (`3\\frac{1}{2}`, `3 1/2`)."""
        if left[0] != "num" or left[1].denominator != 1 or self.tokens[self.at - 1].kind != "num":
            return False
        return self.text == "frac" or (self.kind == "num" and self.tokens[self.at].spaced and self.peek(1) == "/")

    def starts_factor(self) -> bool:
        if self.kind in ("num", "id", "cmd"):
            return self.kind != "cmd" or self.text not in ("end", "mod", "rfloor", "rceil")
        return self.is_op("(", "[", "{") or (self.is_op("|") and not self.bars)

    def power(self) -> Tree:
        base = self.postfix(self.atom())
        if not self.is_op("^"):
            return base
        self.at += 1
        if self.is_op("°") or (self.is_op("{") and self.peek(1) == "°" and self.peek(2) == "}"):
            self.at += 3 if self.is_op("{") else 1
            return self.postfix(("deg", base))
        if self.is_op("{"):
            return self.postfix(("^", base, self.group("{", "}")))
        return self.postfix(("^", base, self.signed() if self.is_op("-", "+", "(", "|") else self.atom()))

    def postfix(self, tree: Tree) -> Tree:
        while self.is_op("!", "°"):
            tree = ("fn", "factorial", tree) if self.text == "!" else ("deg", tree)
            self.at += 1
        return tree

    def argument(self) -> Tree:
        """A braced group, or one token as LaTeX takes it (`\\frac12`)."""
        if self.is_op("{"):
            return self.group("{", "}")
        if self.kind == "num" and len(self.text) > 1 and self.text.isdigit():
            digit = self.tokens[self.at]
            self.tokens[self.at : self.at + 1] = [Token("num", digit.text[0]), Token("num", digit.text[1:])]
            self.end += 1
        return self.atom()

    def group(self, opening: str, closing: str) -> Tree:
        self.take(opening)
        tree = self.sum()
        self.take(closing)
        return tree

    def atom(self) -> Tree:
        kind, text = self.kind, self.text
        if kind in ("num", "id", "cmd"):
            self.at += 1
            return {"num": self.number, "id": self.symbol, "cmd": self.command}[kind](text)
        for opening, closing in (("(", ")"), ("{", "}"), ("[", "]")):
            if self.is_op(opening):
                return self.group(opening, closing)
        if self.is_op("|"):
            self.at += 1
            self.bars += 1
            tree = self.sum()
            self.bars -= 1
            self.take("|")
            return ("fn", "abs", tree)
        raise Unreadable(f"{text!r} is out of place")

    def number(self, text: str) -> Tree:
        if self.is_op("_"):
            self.at += 1
            return based(text, self.argument())
        return ("num", Fraction(text))

    def symbol(self, name: str) -> Tree:
        if name == "C" and self.is_op("(") and holds_comma(self.tokens[self.at : self.end]):
            return called("binom", self.arguments())
        if self.is_op("_"):
            self.at += 1
            name += "_" + self.subscript()
        while self.is_op("'"):
            self.at += 1
            name += "'"
        return ("const", name) if name in CONSTANTS else ("sym", name)

    def subscript(self) -> str:
        if not self.is_op("{"):
            self.at = min(self.at + 1, self.end)
            return self.tokens[self.at - 1].text
        start, depth = self.at, 0
        while self.at < self.end:
            depth += {"{": 1, "}": -1}.get(self.text, 0)
            self.at += 1
            if depth == 0:
                break
        return "".join(token.text for token in self.tokens[start + 1 : self.at - 1])

    def command(self, name: str) -> Tree:
        special = {"frac": self.fraction, "binom": self.fraction, "sqrt": self.root, "lfloor": self.rounded}
        special |= {"lceil": self.rounded, "sum": self.series, "prod": self.series}
        if name in special:
            return special[name](name)
        if name == "surd":
            return ("^", self.postfix(self.atom()), ("num", Fraction(1, 2)))
        if name in ("overline", "bar", "dot", "ddot", "tilde"):
            return self.symbol(f"{name}:" + self.subscript())
        if name in FUNCTIONS:
            return self.function(name)
        if name in CONSTANTS or name in SYMBOLS:
            return self.symbol(name)
        raise Unreadable(f"\\{name} is not read")

    def fraction(self, name: str) -> Tree:
        top, bottom = self.argument(), self.argument()
        return ("*", top, ("^", bottom, MINUS_ONE)) if name == "frac" else ("fn", "binom", top, bottom)

    def root(self, _: str) -> Tree:
        index: Tree = ("num", Fraction(2))
        if self.is_op("["):
            index = self.group("[", "]")
            if not self.starts_factor():  # Sqrt[2]
                return ("^", index, ("num", Fraction(1, 2)))
        return ("^", self.argument(), ("^", index, MINUS_ONE))

    def rounded(self, name: str) -> Tree:
        tree = self.sum()
        if self.kind != "cmd" or self.text != {"lfloor": "rfloor", "lceil": "rceil"}[name]:
            raise Unreadable(f"\\{name} never closes")
        self.at += 1
        return ("fn", "floor" if name == "lfloor" else "ceil", tree)

    def series(self, name: str) -> Tree:
        """A sum or a product between whole numbers, written out."""
        for opening in "_{":
            self.take(opening)
        index = self.atom()
        self.take("=")
        low = self.sum()
        self.take("}")
        self.take("^")
        high = self.argument()
        return written_out(name, index, low, high, self.term())

    def function(self, name: str) -> Tree:
        base = exponent = None
        while self.is_op("_", "^"):
            sub = self.text == "_"
            self.at += 1
            if sub:
                base = self.argument()
            else:
                exponent = self.argument()
        unspaced = base is None and name == "log" and not self.tokens[self.at].spaced
        if unspaced and self.text in ("2", "10") and self.peek(1) == "(":
            base = self.number(self.text)
            self.at += 1
        given = self.arguments() if self.is_op("(") else (self.bare_argument(),)
        inverse = exponent in (MINUS_ONE, ("*", MINUS_ONE, ("num", Fraction(1)))) and INVERSES.get(name)
        value = called(inverse or name, given, base)
        return value if exponent is None or inverse else ("^", value, exponent)

    def arguments(self) -> tuple[Tree, ...]:
        given: list[Tree] = []
        while not given or self.is_op(","):
            self.at += 1
            given.append(self.sum())
        self.take(")")
        return tuple(given)

    def bare_argument(self) -> Tree:
        """`\\sin 2x` takes the product of what follows up to a sign or another function."""
        factors = [self.signed() if self.is_op("-", "+") else self.power()]
        while self.starts_factor() and self.kind in ("id", "num", "cmd") and self.text not in FUNCTIONS:
            factors.append(self.power())
        if self.is_op("/") and self.peek(1).isdigit() and len(factors) == 1:
            self.at += 1
            factors.append(("^", self.power(), MINUS_ONE))
        return factors[0] if len(factors) == 1 else ("*", *factors)
