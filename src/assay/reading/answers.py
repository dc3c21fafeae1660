"""Reading a mathematical answer from its text: lists, relations, sets, and values."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from assay.reading import lexicon
from assay.reading.arithmetic import numeric
from assay.reading.beside import is_free
from assay.reading.building import bare, holds, mapped, names, negative, num, product, symbols
from assay.reading.cursor import CLOSING, OPENING, depth_of, split
from assay.reading.labels import is_name
from assay.reading.lexicon import either
from assay.reading.nodes import (
    Call,
    Listing,
    Node,
    Num,
    Quantity,
    Relation,
    Sym,
    Text,
    TooCostly,
    Tuple,
    Undefined,
    Unreadable,
)
from assay.reading.parser import MAX_DEPTH, Parser
from assay.reading.phrases import EMPTY, once, read_words
from assay.reading.quantities import degrees, without_lead, without_unit, wording
from assay.reading.regions import FLIP, integers_in
from assay.reading.spelling import spelled, trimmed
from assay.reading.tokens import Token, tokenize
from assay.reading.words import fold

MAX_PARTS = 64
LIGHT_CHARS = 200
"""Characters of the longest answer that is read in the caller; one of small numbers and powers is compared there."""
_WORDING = re.compile(
    r"\\(?:text|mathrm|textbf|textrm|mbox|operatorname)\s*\{[^{}]*\}|\\[a-zA-Z]+(?:[\s{]*[A-Z]+(?![a-z]))?"
)
"""What holds no words of a sentence: texts in a formula, commands, and capitals that a command names an object by."""
_EITHER = re.compile(
    rf"(?<![a-zа-я\\]){either(tuple(w for w in lexicon.FOREIGN_JOINTS if len(w) > 1 or not w.isascii()))}\s?\d"
)
_PROSE = re.compile(
    r"(?<![A-Za-z])(?:is|are|was|were|the|of|(?<!\d )in|in(?!\W*$)|on|to|for|with|which|that|because|since|as|by|we|it"
    r"|must|(?<= )be(?= )|at|from|than|within|there|this|do|does|not|(?<=I )am|I['’](?:d|ll|m|ve)|can)(?![A-Za-z])",
    re.IGNORECASE,
)
"""Words that make a text a sentence, where the letters of a formula are symbols."""
RELATIONS = ("=", "<", ">", "≤", "≥", "≠", "∈", "∉", "≈", "≡", "→", "∼", "∥", "⊥", "≅", "⊂", "⊆")
QUANTIFIERS = names(
    "if for all any every each where with and whenever real reals number numbers integer integers positive "
    "natural nonnegative such that"
)
"""Words before a condition that leave it the condition ("all integers n >= 3")."""
CLAUSES = names("for where with since because as which that when whenever given i.e. so")
"""Words that begin a clause behind an answer."""
ROUGHLY = names("≈ approximately approx approx. about roughly")
_JOINTS = {"∧": "and", "∨": "or"}
_LINES = names("aligned align gathered gather split equation eqnarray multline alignedat")
"""Environments that only lay out lines."""
_DOMAINS = names("\\Z \\N \\R \\Q \\Z^+ \\N^+ \\N^* \\Z_+ \\Z_≥0 \\Z_>0 \\N_0")


def read_answer(text: str, *, letters: bool = False) -> Node:
    """The answer that a text is. Raises `Unreadable` or `TooCostly`.

    With `letters`, single letters behind a number are its unit (`2 m s^{-2}`), if they can be one.
    """
    text = trimmed(text)
    if text.endswith(")"):
        text = once(text)
    if (words := read_words(text, read_answer)) is not None:
        return words
    source = spelled(text)
    return _Reader(source, letters).read(tokenize(source))


def read_in_prose(text: str, *, letters: bool = False, words: bool = False) -> Node | None:
    """The answer that a text among words is; `None` where it is none. Raises `TooCostly`.

    Words are an answer only with `words`, else what holds some is a sentence.
    """
    text = once(text)
    if _EITHER.search(text) or (not words and _PROSE.search(_WORDING.sub("", text))):
        return None  # "16 或 18"
    try:
        answer = read_answer(text, letters=letters)
    except TooCostly:
        raise
    except (Unreadable, Undefined, LookupError, TypeError, AttributeError):  # a fault of ours buys a response nothing
        return None
    if isinstance(answer, Listing) and len({isinstance(part, Text) for part in answer.parts}) > 1:
        return None  # a value beside words
    return None if is_words(answer) and not words else answer


def is_words(answer: Node | None) -> bool:
    """Whether an answer is words, or a list of them."""
    if isinstance(answer, Listing):
        return all(isinstance(part, Text) for part in answer.parts)
    return isinstance(answer, Text)


class _Reader:
    """Reads tokens of one text; `Parser` comes back here for what stands in brackets."""

    def __init__(self, source: str, letters: bool) -> None:
        self.source, self.letters, self.depth = source, letters, 0

    def read(self, tokens: list[Token]) -> Node:
        self.depth += 2
        if self.depth > MAX_DEPTH:
            raise TooCostly(f"nested deeper than {MAX_DEPTH}")
        try:
            return self.parts(tokens)
        finally:
            self.depth -= 2

    def item(self, tokens: list[Token]) -> Node:
        return self.part(tokens) if tokens and len(split(tokens, ",", "and", "or")[0]) == 1 else self.read(tokens)

    def parts(self, tokens: list[Token]) -> Node:
        """Parts between top-level commas, line breaks, `and` and `or`; `±` gives two."""
        tokens = _in_set_signs(_without_lines(tokens))
        groups, ors = split(tokens, "or", ";")
        if (
            ors
            and any(token.text == "=" for token in tokens)
            and all(len(split(group, ",")[0]) > 1 for group in groups)
        ):
            return Listing(tuple(map(_together, map(self.read, groups))), "or")
        parts, joints = split(tokens, ",", ";", "\\\\", "and", "or")
        parts = [part for part in self.without_clauses(parts) if part]
        if len(parts) > MAX_PARTS:
            raise TooCostly(f"a list of more than {MAX_PARTS} parts")
        if not parts:
            raise Unreadable("nothing to read")
        read = [branch for part in _same_side([*map(self.part, parts)]) for branch in branches(part)]
        if len(read) == 1:
            return read[0]
        return Listing(tuple(_without_domains(read)), joints[0] if {*joints} in ({"and"}, {"or"}) else ",")

    def without_clauses(self, parts: list[list[Token]]) -> list[list[Token]]:
        """Without clauses behind the parts, and what else such a clause lists ("where a, b are integers")."""
        kept, in_clause = [], False
        for part in parts:
            says = any(token.kind == "num" or token.text in RELATIONS for token in part if token.text != "∈")
            if says or not in_clause:
                bare_part = self.without_aside(part)
                in_clause = len(bare_part) < len(part)
                kept.append(bare_part)
        return kept

    def without_aside(self, tokens: list[Token]) -> list[Token]:
        """Without a clause behind the answer, in brackets or not; a rounded value there is compared with it."""
        depth = 0
        for place, token in enumerate(tokens):
            opens = bool(place) and depth == 0 and token.text == "(" and tokens[-1].text == ")"
            depth += depth_of(token)
            if not place or (depth and not opens):
                continue
            first = tokens[place + opens]
            begins = first.text.lower().split()[:1] if first.kind == "text" or first.text == "≈" else [""]
            if opens and begins[0] in ROUGHLY:
                return [*tokens[:place], Token("op", "≈"), *tokens[place + 2 : -1]]
            if begins[0] in CLAUSES or not begins[0].isascii():
                rest = wording(self.source, tokens[place + opens :])
                if is_free(f" {rest}") and not re.search(r"\bor\b", rest):
                    return tokens[:place]
            if opens and any(inside.text == "∈" for inside in tokens[place:]):
                return tokens[:place]
        return tokens

    def part(self, tokens: list[Token]) -> Node:
        tokens = tokens[1:] if tokens[0].text == "→" else tokens
        label = next((place for place, token in enumerate(tokens) if token.text == ":"), 0)
        if label and label + 1 < len(tokens) and all(token.kind == "text" for token in tokens[:label]):
            return self.part(tokens[label + 1 :])
        sides, signs = split(tokens, *RELATIONS)
        if not signs:
            return self.side(tokens)
        while len(sides[0]) > 1 and sides[0][0].kind == "text" and {*sides[0][0].text.lower().split()} <= QUANTIFIERS:
            sides[0] = sides[0][1:]
        return self.relation(sides, ["=" if sign == "≡" else sign for sign in signs])

    def relation(self, sides: list[list[Token]], signs: list[str]) -> Node:
        if not all(sides):
            raise Unreadable("a side is empty")
        if "≈" in signs:
            return self.approximated(sides, signs.index("≈"))
        try:
            read = [self.side(sides[0])]
        except Unreadable:
            if {*signs} != {"="}:
                raise
            read = [Text(" ".join(token.text for token in sides[0] if token.text not in ("{", "}")))]
        read += [self.side(side) for side in sides[1:]]
        if len(signs) > 1 and {*signs} == {"="}:
            return _chained(read)
        if len(signs) > 1 and not {*signs} <= {*FLIP}:
            raise Unreadable("a mixed relation")
        if {*signs} <= {">", "≥"}:
            signs, read = [FLIP[sign] for sign in reversed(signs)], read[::-1]
        return Relation(tuple(signs), tuple(read))

    def approximated(self, sides: list[list[Token]], at: int) -> Node:
        """What stands before `≈`, when each number behind it is its rounding. Raises `Unreadable` when one is not."""
        read = self.relation(sides[: at + 1], ["="] * at) if at else self.side(sides[0])
        behind = [self.side(side) for side in sides[at + 1 :]]
        if at == 0 and len(behind) == 1 and is_name(read):
            return Relation(("=",), (read, behind[0]))
        value = read.parts[-1] if isinstance(read, Listing) else read.sides[-1] if isinstance(read, Relation) else read
        for rounded in map(bare, behind):
            half = rounded.half if isinstance(rounded, Num) and rounded.half else Fraction(1, 2)
            if abs(numeric(bare(value)) - numeric(rounded)) > 1.001 * float(half):
                raise Unreadable("an approximation that is not one")
        units = [side.unit for side in behind if isinstance(side, Quantity)]
        return Quantity(read, units[-1]) if units and read is value and not isinstance(read, Quantity) else read

    def side(self, tokens: list[Token]) -> Node:
        """One side of a relation: sets combined, a ratio, or a value."""
        if not tokens:
            raise Unreadable("a part is empty")
        if len(tokens) == 1 and tokens[0].kind == "text":
            return Text(fold(tokens[0].text))
        for sign in ("∨", "∧", "∪", "∩", "∖"):
            parts, signs = split(tokens, sign)
            if len(parts) > MAX_PARTS:
                raise TooCostly(f"a set of more than {MAX_PARTS} parts")
            if signs:
                return _combined(sign, [self.side(part) for part in parts])
        parts, signs = split(tokens, ":", "to")
        if signs:
            return Tuple(":", ":", tuple(map(self.value, parts)))
        if tokens[0].text == "\\{" and len(split(tokens, "\\}")[0]) == 2 and tokens[-1].text == "\\}":
            return self.set(tokens[1:-1])
        return self.value(tokens)

    def set(self, tokens: list[Token]) -> Node:
        bar = next((place for place, token in enumerate(tokens) if token.text in ("|", ":")), 0)
        if bar and tokens[0].kind in ("id", "op"):
            head, condition = tokens[:bar], self.read(tokens[bar + 1 :])
            is_whole = any(token.text in ("Z", "N") for token in head)
            return integers_in(condition) if is_whole else Call("builder", (self.read(head), condition))
        read = self.read(tokens) if tokens else EMPTY
        is_condition = isinstance(read, Relation) and read.signs[0] in "<≤≠"
        return read if isinstance(read, Listing) or read == EMPTY or is_condition else Listing((read,))

    def value(self, tokens: list[Token]) -> Node:
        """A value with the words, currency, percent sign and unit beside it."""
        tokens, sign, currency = without_lead(tokens)
        tokens, modulus = self.without_modulus(tokens)
        tokens, percent, factor, unit = without_unit(self.source, tokens, letters=self.letters)
        node = Parser(tokens, self).whole()
        if factor != 1:
            node = Num(node.value * factor, node.half * factor) if isinstance(node, Num) else product(num(factor), node)
        node = negative(node) if sign < 0 else node
        if modulus is not None:
            return Call("pmod", (node, modulus))
        unit = currency + unit if unit.startswith("/") else unit or currency
        if not unit and (angle := degrees(node)) is not None:
            node, unit = angle, "degree"
        return Quantity(node, unit, percent) if unit or percent else node

    def without_modulus(self, tokens: list[Token]) -> tuple[list[Token], Node | None]:
        for place, token in enumerate(tokens[1:], start=1):
            if token.kind == "cmd" and token.text == "pmod":
                return tokens[:place], Parser(tokens[place + 1 :], self).whole()
            if token.text == "(" and tokens[-1].text == ")" and tokens[place + 1].text == "mod":
                return tokens[:place], Parser(tokens[place + 2 : -1], self).whole()
        return tokens, None


# --- lists -----------------------------------------------------------------------------------------------------------


def _without_lines(tokens: list[Token]) -> list[Token]:
    """Without environments that only lay out lines, and `cases` without conditions."""
    if tokens and tokens[0].text == "\\{" and tokens[-1].kind == "end":  # a brace that opens only
        tokens = tokens[1:]
    lines = {token.text for token in tokens if token.kind == "begin"} & (_LINES | {"cases"})
    if not lines or ("cases" in lines and any(token.text == "&" for token in tokens)):
        return tokens
    kept = [
        token for token in tokens if token.text != "&" and not (token.kind in ("begin", "end") and token.text in lines)
    ]
    return [  # a line that begins with a sign goes on from the one above
        token
        for token, then in zip(kept, [*kept[1:], tokens[-1]], strict=True)
        if token.text != "\\\\" or then.text != "="
    ]


def _together(group: Node) -> Node:
    """`x = 1, y = 2` as `(x, y) = (1, 2)`; any other answer is itself."""
    match group:
        case Listing(parts) if all(isinstance(part, Relation) and part.signs == ("=",) for part in parts):
            labels, values = zip(*(part.sides for part in parts if isinstance(part, Relation)), strict=True)
            return Relation(("=",), (Tuple("(", ")", labels), Tuple("(", ")", values)))
    return group


def _in_set_signs(tokens: list[Token]) -> list[Token]:
    """With `R - {2}`, `(0,1) U (2,3)` and `]0,1[` in their usual signs."""
    signs = {}
    for place, (one, two) in enumerate(pairwise(tokens)):
        if one.text == "-" and two.text == "\\{" and place:
            signs[place] = "∖"
        elif one.text in _JOINTS and any(token.text in FLIP for token in tokens):
            signs[place] = _JOINTS[one.text]
        elif one.text == "U" and two.text in OPENING and place and tokens[place - 1].text in CLOSING:
            signs[place] = "∪"
    if len(tokens) > 4 and tokens[0].text in "][" and tokens[-1].text in "][":
        signs |= {0: "("} if tokens[0].text == "]" else {}
        signs |= {len(tokens) - 1: ")"} if tokens[-1].text == "[" else {}
    if not signs:
        return tokens
    return [Token("op", signs[i], t.spaced, t.start, t.end) if i in signs else t for i, t in enumerate(tokens)]


def _chained(sides: list[Node]) -> Node:
    """The answer of `A = s^2 = 6^2 = 36`: all sides without symbols, or else all behind the name."""
    named = is_name(sides[0])
    worked = [side for side in sides[named:] if not symbols(side)]
    if not named or not worked:
        return Listing(tuple(sides[named:]), "or")
    return Relation(("=",), (sides[0], worked[0])) if len(worked) == 1 else Listing(tuple(worked), "or")


def _combined(sign: str, parts: list[Node]) -> Node:
    """Sets combined; of finite ones, the list that it makes."""
    if sign == "∪" and all(isinstance(part, Listing) for part in parts):
        return Listing(tuple(dict.fromkeys(one for part in parts if isinstance(part, Listing) for one in part.parts)))
    return Call(sign, tuple(parts))


def _same_side(parts: list[Node]) -> list[Node]:
    """With `x = 1, 2` as `x = 1, x = 2`, and `x ≠ 2, 3` as two conditions."""
    first = parts[0]
    if any(isinstance(part, Relation | Text) for part in parts[1:]) or not isinstance(first, Relation):
        return parts
    if first.signs not in (("=",), ("≠",)) or not is_name(first.sides[0]):
        return parts
    return [first, *(replace(first, sides=(first.sides[0], part)) for part in parts[1:])]


def _without_domains(parts: list[Node]) -> list[Node]:
    """Without `k ∈ Z` and `R` beside what they are the domain of."""
    kept = []
    for part in parts:
        match part:
            case Relation(("∈",), (_, Sym(domain))) if domain in _DOMAINS:
                continue
            case Sym("\\R"):
                continue
        kept.append(part)
    return kept or parts


def branches(node: Node) -> list[Node]:
    """The two answers that `±` makes of one."""
    if isinstance(node, Listing) or not holds(node, "±", "∓"):
        return [node]
    return [_signed(node, 1), _signed(node, -1)]


def _signed(node: Node, sign: int) -> Node:
    node = mapped(node, lambda part: _signed(part, sign))
    match node:
        case Call("±" | "∓" as both, (inside,)):
            return inside if (both == "±") == (sign > 0) else negative(inside)
    return node
