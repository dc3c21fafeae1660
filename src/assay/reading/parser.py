"""A precedence parser from tokens to the expression that they are.

Brackets with commas, sets, environments and what stands under an operator are read as answers of their own, by the
`Reader` that called. A command that is not known is a function that is known by its notation only.
"""

from __future__ import annotations

from fractions import Fraction

from assay.reading.building import inverse, names, negative, num, power, product, total
from assay.reading.commands import Commands
from assay.reading.cursor import OPENING, Reader, notation, split
from assay.reading.functions import PARTIAL, based, fraction, is_differential, is_proper
from assay.reading.nodes import Call, Node, Num, Sym, TooCostly, Tuple, Unreadable
from assay.reading.tokens import Token

MAX_DEPTH = 60
_NOT_A_FACTOR = names("mod pmod over choose rfloor rceil")
_MARKS = names("+ * - st nd rd th")
"""What an exponent may be without being one: `\\mathbb{R}^+`, `12^{th}`."""
_MINUTES = ("'", "''", '"')


class Parser(Commands):
    """Precedence by descent: sums of terms of powers of atoms."""

    def __init__(self, tokens: list[Token], reader: Reader) -> None:
        super().__init__(tokens, reader)
        self.bars = 0

    def whole(self) -> Node:
        """The one expression that all tokens make. Raises `Unreadable` or `TooCostly`."""
        node = self.expression()
        if self.at != self.end:
            raise Unreadable(f"{self.text!r} is out of place")
        return node

    def expression(self) -> Node:
        """A sum, or two with `\\over` or `\\choose` between them."""
        self.reader.depth += 1
        if self.reader.depth > MAX_DEPTH:
            raise TooCostly(f"nested deeper than {MAX_DEPTH}")
        node = self.sum()
        if self.kind == "cmd" and self.text in ("over", "choose"):
            over = self.next().text == "over"
            below = self.sum()
            node = fraction(node, below) if over else Call("binom", (node, below))
        self.reader.depth -= 1
        return node

    def sum(self) -> Node:
        terms = [self.term()]
        while self.is_op("+", "-", "±", "∓"):
            terms.append(_with_sign(self.next().text, self.term()))
        return total(*terms)

    def term(self) -> Node:
        factors = [self.signed()]
        while True:
            if self.is_op("*"):
                self.at += 1
                factors.append(self.signed())
            elif self.is_op("/"):
                self.at += 1
                below = self.divisor()
                factors = [fraction(product(*factors), below)] if is_differential(below) else [*factors, inverse(below)]
            elif self.kind == "cmd" and self.text == "mod":
                self.at += 1
                factors = [Call("mod", (product(*factors), self.signed()))]
            elif self.starts_factor():
                factors[-1:] = self.beside(factors[-1])
            else:
                return product(*factors)

    def divisor(self) -> Node:
        """What a slash divides by: letters that touch are one product (`t/RC`)."""
        letters = [self.signed()]
        while isinstance(letters[-1], Sym) and self.kind == "id" and (letters == [PARTIAL] or not self.token.spaced):
            letters.append(self.power())
        return product(*letters)

    def beside(self, left: Node) -> list[Node]:
        """What stands beside `left` without a sign: a factor, or the fraction of a mixed number."""
        written = isinstance(left, Num) and self.tokens[self.at - 1].kind == "num"
        if self.kind == "num" and written:
            if not self.starts_mixed(left):
                raise Unreadable(f"two numbers side by side at {self.text!r}")
            top, _, bottom = self.next(), self.next(), self.next()
            return [total(left, num(Fraction(top.text) / (Fraction(bottom.text) or 1)))]
        mixed = self.starts_mixed(left)
        right = self.power()
        return [total(left, right)] if mixed and is_proper(right) else [left, right]

    def starts_mixed(self, left: Node) -> bool:
        """Whether the fraction of a mixed number follows a whole one (`3\\frac{1}{2}`, `3 1/2`)."""
        if not isinstance(left, Num) or left.value.denominator != 1 or self.tokens[self.at - 1].kind != "num":
            return False
        slash = self.kind == "num" and self.token.spaced and self.peek(1).text == "/" and self.peek(2).text.isdigit()
        return self.text == "frac" or slash

    def signed(self) -> Node:
        sign = "+"
        while self.is_op("+", "-", "±", "∓"):
            sign = {"+-": "-", "--": "+", "-+": "-"}.get(sign + self.text, self.text)
            self.at += 1
        node = self.power()
        return _with_sign(sign, product(*self.beside(node)) if self.starts_mixed(node) else node)

    def starts_factor(self) -> bool:
        if self.kind in ("num", "id", "cmd", "begin"):
            return self.kind != "cmd" or self.text not in _NOT_A_FACTOR
        return self.is_op("(", "[", "{", "\\{") or (self.is_op("|") and not self.bars)

    # --- powers ------------------------------------------------------------------------------------------------------

    def power(self) -> Node:
        base = self.postfix(self.atom())
        while self.is_op("^"):
            self.at += 1
            base = self.postfix(self.raised(base))
        return base

    def raised(self, base: Node) -> Node:
        """A base with what stands behind `^`: degrees, a mark, an ordinal's ending, or an exponent."""
        wrapped = self.is_op("{") and self.peek(2).text == "}"
        mark = self.peek(1) if wrapped else self.token
        if mark.text == "°":
            self.at += 3 if wrapped else 1
            return self.arc(base)
        if mark.text in _MARKS and (wrapped or mark.kind == "text" or self.peek(1).kind not in ("num", "id", "cmd")):
            self.at += 3 if wrapped else 1
            return base if mark.kind == "text" else _marked(base, "^" + mark.text)
        if self.is_op("{"):
            return power(base, self.argument())
        if self.kind == "num" and self.peek(1).text == "_":  # x^2_1 is x_1^2
            exponent, _ = num(Fraction(self.next().text)), self.next()
            return power(_marked(base, "_" + notation(self.group())), exponent)
        return power(base, self.signed() if self.is_op("-", "+", "(", "|") else self.atom())

    def postfix(self, node: Node) -> Node:
        while self.is_op("!", "°"):
            node = Call("factorial", (node,)) if self.next().text == "!" else self.arc(node)
        return node

    def arc(self, degrees: Node) -> Node:
        """Degrees with their minutes and seconds."""
        while self.kind == "num" and self.peek(1).text in _MINUTES and isinstance(degrees, Num):
            size, sign = Fraction(self.next().text), self.next().text
            twice = sign == "'" == self.text
            self.at += twice
            degrees = num(degrees.value + size / (3600 if twice or sign != "'" else 60))
        return Call("deg", (degrees,))

    # --- atoms -------------------------------------------------------------------------------------------------------

    def atom(self) -> Node:
        kind, text = self.kind, self.text
        if kind in ("num", "id", "cmd"):
            self.at += 1
            return {"num": self.number, "id": self.symbol, "cmd": self.command}[kind](text)
        if kind == "begin":
            return self.environment()
        if self.is_op(*OPENING):
            if text == "{" and self.peek(1).text == "}" and self.peek(2).kind in ("num", "id", "cmd"):
                self.at += 2
                return self.atom()
            return self.bracketed()
        if self.is_op("|"):
            self.at, self.bars = self.at + 1, self.bars + 1
            node = self.expression()
            self.bars -= 1
            self.take("|")
            return Call("abs", (node,))
        raise Unreadable(f"{text!r} is out of place")

    def number(self, text: str) -> Node:
        if self.is_op("_"):
            self.at += 1
            return based(text, self.argument())
        mantissa, _, exponent = text.partition("e")
        decimals = len(mantissa.partition(".")[2])
        return Num(Fraction(text), Fraction(10) ** (int(exponent or 0) - decimals) / 2 if decimals else Fraction(0))

    def argument(self) -> Node:
        """A braced group, or one token as LaTeX takes it (`\\frac12`)."""
        if self.is_op("{"):
            return self.bracketed()
        if self.kind == "num" and len(self.text) > 1 and self.text.isdigit():
            first, rest = self.token._replace(text=self.text[0]), self.token._replace(text=self.text[1:])
            self.tokens[self.at : self.at + 1] = [first, rest]
            self.end += 1
        return self.atom()

    def bracketed(self) -> Node:
        """What stands in brackets: an expression, or parts between commas."""
        opening, start, tokens = self.text, self.at, self.group()
        if not tokens and opening != "\\{":
            raise Unreadable("brackets that hold nothing")
        closing, parts = self.tokens[self.at - 1].text, split(tokens, ",", ";")[0]
        if opening == "\\{":
            return self.reader.read(self.tokens[start : self.at])
        if len(parts) > 1:
            return (
                self.reader.read(tokens)
                if opening == "{"
                else Tuple(opening, closing, tuple(map(self.reader.item, parts)))
            )
        if closing != OPENING[opening]:
            raise Unreadable(f"{closing!r} is out of place")
        self.at, bars, self.bars = start + 1, self.bars, 0
        node = self.expression()
        self.take(closing)
        self.bars = bars
        return node


def _with_sign(sign: str, node: Node) -> Node:
    return node if sign == "+" else negative(node) if sign == "-" else Call(sign, (node,))


def _marked(base: Node, mark: str) -> Sym:
    if not isinstance(base, Sym):
        raise Unreadable(f"{mark!r} is out of place")
    return Sym(base.name + mark)
