"""Reading the shape of a mathematical answer from its text; `shapes` has the shapes."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from assay.reading.algebra import symbols
from assay.reading.latex import Token, TooCostly, Unreadable, tokenize
from assay.reading.numerals import Quantity, once
from assay.reading.phrases import EMPTY, REALS, read_words
from assay.reading.regions import FLIP, POSITIVE, half_line, integers_in, ordering, overlap
from assay.reading.shapes import Answer, Bag, Difference, Matrix, Relation, Seq, Union, Value, Words, is_name
from assay.reading.spelling import bare_words, spelled, trimmed, with_measure
from assay.reading.tree import Parser, Tree
from assay.reading.units import half_unit, without_unit
from assay.reading.values import Undefined, exact, numeric
from assay.reading.words import fold

_ROWS = re.compile(r"[pbvB]?matrix|array")


def matrix(tokens: list[Token]) -> Matrix | None:
    if len(tokens) < 9 or tokens[0].text != "begin" or tokens[-4].text != "end":
        return None
    name_end = next((i for i, t in enumerate(tokens) if t.text == "}"), 0)
    if not _ROWS.fullmatch("".join(t.text for t in tokens[2:name_end])):
        raise Unreadable("an environment that is not a matrix")
    rows: list[list[list[Token]]] = [[[]]]
    for token in tokens[name_end + 1 : -4]:
        if token.text == "\\":
            rows.append([[]])
        elif token.text == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)
    return Matrix(tuple(tuple(Parser(cell).whole() for cell in row) for row in rows if row != [[]]))


MAX_PARTS = 64
_CASES = re.compile(r"(?:(?!not\b)[^=]{1,40}=)?\s*+\\begin\s*+\{cases\}(.*)\\end\s*+\{cases\}\s*+", re.DOTALL)
_CONDITION = re.compile(r"^[\s,]*+(?:\\text\s*+\{\s*+,?\s*+(?:if|for|when|where)?\s*+\}|if|for|when|where)?\s*+")

_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}, {")", "]", "}", "\\}"}
_NUMBER_SETS: dict[str, Answer] = {"mathbbR": REALS}
_NUMBER_SETS |= dict.fromkeys(("mathbbR^+", "mathbbR_+", "mathbbR_>0"), POSITIVE)
_NUMBER_SETS |= dict.fromkeys(("mathbbR_≥0", "mathbbR_0^+"), replace(POSITIVE, opening="["))
_EXCEPT = re.compile(
    r"(?:all )?reals?(?: numbers?)?(?: [a-z])? (?:except|other than|but)(?: for)? (.{1,80})", re.IGNORECASE
)
_LABELS = {"lim", "int", "sum", "prod", "max", "min", "mathbb", "sup", "inf", "iint", "oint"}
_RELATIONS = ("=", "<", ">", "≤", "≥", "≠", "∈", "≈")


def read_answer(text: str) -> Answer:
    """The answer that a text is. Raises `Unreadable` or `TooCostly`."""
    text = trimmed(text)
    if text.endswith(")"):
        text = once(text)
    if "real" in text.lower() and (excepted := _EXCEPT.fullmatch(bare_words(text))):
        return Difference(REALS, read_answer(excepted[1]))
    if (words := read_words(text)) is not None:
        return words
    text = spelled(text)
    if "cases}" in text and (cases := _CASES.fullmatch(text)):
        return _cases(cases[1])
    return _list(tokenize(text))


def measured(text: str) -> Value | None:
    """The answer with the letters behind its number read as a unit (`2 m s^{-2}`), if they can be one."""
    text = trimmed(text)
    unit = with_measure(text, letters=True)
    read = read_answer(unit) if unit != text else None
    return read if isinstance(read, Value) else None


def _cases(body: str) -> Answer:
    """A function by cases, in any order; where no row has a condition, a list."""
    rows = [row.split("&", 1) for row in re.split(r"\\\\|\n", body) if row.strip()]
    if len(rows) > MAX_PARTS:
        raise TooCostly(f"more than {MAX_PARTS} cases")
    if all(len(row) == 1 for row in rows):
        return _list(tokenize(", ".join(row[0].strip().rstrip(",") for row in rows)))
    cells = ([_CONDITION.sub("", cell).strip().rstrip(",") for cell in row] for row in rows if len(row) == 2)
    return Bag(tuple(Seq("case", "case", tuple(map(read_answer, row))) for row in cells))


def _list(tokens: list[Token]) -> Answer:
    """Parts between top-level commas, `and`, `or` and `;`, with `±` giving two."""
    if (table := matrix(tokens)) is not None:
        return table
    tokens = _in_set_signs(tokens)
    parts, joints = _split(tokens, (",", ";", "and", "or"))
    parts = [part for part in parts if part and not all(t.kind == "text" and t.text in (",", "") for t in part)]
    parts = [branch for part in parts for branch in _branches(part)]
    if len(parts) > MAX_PARTS:
        raise TooCostly(f"a list of more than {MAX_PARTS} parts")
    if not parts:
        raise Unreadable("nothing to read")
    if len(parts) == 1:
        return _part(parts[0])
    read = _without_domain(tuple(_part(part) for part in parts))
    if "and" in joints and all(isinstance(part, Relation) and part.sign != "≠" for part in read):
        raise Unreadable("a conjunction of inequalities")
    if "or" not in joints and (both := overlap(read)) is not None:
        return both
    if "or" in joints and all(isinstance(part, Seq) for part in read):
        return Union(read)
    return Bag(read, joints == {"or"})


def _without_domain(parts: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Without `x ∈ R` beside a condition on x, and with `x ≠ 2, 3` as two conditions."""
    if any(isinstance(part, Relation | Seq) and part != REALS for part in parts):
        parts = tuple(part for part in parts if part != REALS)
    first = parts[0]
    if isinstance(first, Relation) and first.sign == "≠" and first.left[0] == "sym":
        plain = (isinstance(part, Value) and part.name is None for part in parts[1:])
        if all(plain):
            return first, *(Relation("≠", first.left, part.tree) for part in parts[1:] if isinstance(part, Value))
    return parts


def _in_set_signs(tokens: list[Token]) -> list[Token]:
    """With `R - {2}`, `(0,1) U (2,3)` and `]0,1[` in their usual signs."""
    pairs = list(pairwise(tokens))
    signs = {
        place
        for place, (one, two) in enumerate(pairs)
        if (one.text == "-" and two.text == "\\{" and place)
        or (one.text == "U" and two.text in _OPEN and place and tokens[place - 1].text in _CLOSE)
    }
    if signs:
        tokens = [Token("op", "∖" if t.text == "-" else "∪") if i in signs else t for i, t in enumerate(tokens)]
    if len(tokens) > 4 and tokens[0].text == "]" and tokens[-1].text in ("[", "]"):
        tokens = [Token("op", "("), *tokens[1:-1], Token("op", ")" if tokens[-1].text == "[" else "]")]
    elif len(tokens) > 4 and tokens[0].text == "[" == tokens[-1].text:
        tokens = [*tokens[:-1], Token("op", ")")]
    return tokens


def _branches(tokens: list[Token]) -> list[list[Token]]:
    one = tokens[0].text == "\\{" and len(_top(tokens)) == 1
    if one or not any(token.text in ("±", "∓") for token in tokens):
        return [tokens]
    signs = ({"±": "+", "∓": "-"}, {"±": "-", "∓": "+"})
    return [[Token("op", sign[t.text]) if t.text in sign else t for t in tokens] for sign in signs]


def _split(tokens: list[Token], at: tuple[str, ...]) -> tuple[list[list[Token]], set[str]]:
    parts: list[list[Token]] = [[]]
    depth, joints = 0, set()
    for token in tokens:
        text = token.text.strip(", ").lower() if token.kind == "text" else token.text
        if token.kind == "op":
            depth += (text in _OPEN) - (text in _CLOSE)
        if depth == 0 and (text in at or (token.kind == "text" and "," in at and token.text.strip() == ",")):
            joints.add(text or ",")
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, joints


def _part(tokens: list[Token]) -> Answer:
    if not tokens:
        raise Unreadable("a part is empty")
    if len(tokens) == 1 and tokens[0].kind == "text":
        return Words(fold(tokens[0].text))
    label = next((place for place, token in enumerate(tokens) if token.text == ":"), 0)
    if label and all(token.kind in ("text", "id") for token in tokens[:label]):
        return _part(tokens[label + 1 :])
    ratio, _ = _split(tokens, (":",))
    if len(ratio) > 1:
        return Seq(":", ":", tuple(_value(part) for part in ratio))
    unions, _ = _split(tokens, ("∪",))
    if len(unions) > 1:
        return Union(tuple(_part(part) for part in unions))
    if tokens[0].text == "mathbb" and (
        known := _NUMBER_SETS.get("".join(t.text for t in tokens if t.text not in "{}"))
    ):
        return known
    without, _ = _split(tokens, ("∖",))
    if len(without) == 2:
        return Difference(_part(without[0]), _part(without[1]))
    sides, _ = _split(tokens, _RELATIONS)
    if len(sides) > 1:
        return _relation(sides, [t.text for t in _top(tokens) if t.kind == "op" and t.text in _RELATIONS])
    return _bracketed(tokens) or _value(tokens)


def _top(tokens: list[Token]) -> list[Token]:
    depth, top = 0, []
    for token in tokens:
        depth += (token.kind == "op") * ((token.text in _OPEN) - (token.text in _CLOSE))
        if depth == 0:
            top.append(token)
    return top


def _bracketed(tokens: list[Token]) -> Answer | None:
    """A tuple, interval or set when the brackets hold a list; `None` for a value in brackets."""
    if len(tokens) < 2 or tokens[0].kind != "op" or tokens[0].text not in _OPEN or tokens[-1].text not in _CLOSE:
        return None
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.kind == "op") * ((token.text in _OPEN) - (token.text in _CLOSE))
        if depth == 0 and place < len(tokens) - 1:
            return None
    inner, _ = _split(tokens[1:-1], (",", ";"))
    opening, closing = tokens[0].text, tokens[-1].text
    bars = [place for place, token in enumerate(tokens) if token.text in ("|", ":")]
    if opening in ("\\{", "{") and bars and tokens[1].kind == "id" and tokens[2].text in ("|", ":", "∈"):
        read = _list(tokens[bars[0] + 1 : -1])  # { x | 1 < x } is its condition
        return integers_in(read) if {"Z", "N"} & {token.text for token in tokens[: bars[0]]} else read
    if opening == "\\{":
        read = _list(tokens[1:-1]) if tokens[1:-1] else EMPTY
        condition = isinstance(read, Seq) and any(token.text in FLIP for token in tokens)
        return read if isinstance(read, Bag) or read is EMPTY or condition else Bag((read,))
    if len(inner) == 1:
        return None
    if opening == "{":
        return _list(tokens[1:-1])
    if len(inner) > MAX_PARTS:
        raise TooCostly(f"a list of more than {MAX_PARTS} parts")
    return Seq(opening, closing, tuple(_part(part) for part in inner))


def _relation(sides: list[list[Token]], signs: list[str]) -> Answer:
    if "≈" in signs and "=" not in signs[signs.index("≈") :] and sides[0]:
        return _approximated(sides, signs.index("≈"))
    if set(signs) <= {"=", "≈"}:
        return _equation(sides)
    if signs == ["∈"]:
        return _part(sides[1])
    if "=" in signs or "∈" in signs:
        raise Unreadable("a mixed relation")
    trees = [Parser(side).whole() for side in sides]
    if signs == ["≠"]:
        return Relation("≠", trees[0], trees[1])
    if len(trees) == 3 and trees[1][0] == "sym" and len({s in "<≤" for s in signs}) == 1:
        low, high, ends = (trees[0], trees[2], signs) if signs[0] in "<≤" else (trees[2], trees[0], signs[::-1])
        brackets = "(" if ends[0] in "<>" else "[", ")" if ends[1] in "<>" else "]"
        return Seq(*brackets, (Value(low), Value(high)), named=True)
    if len(trees) > 2:
        return ordering(signs, trees)
    return half_line(signs[0], *trees)


def _equation(sides: list[list[Token]]) -> Answer:
    if all(t.kind == "text" for t in sides[0]) and len(sides) == 2:
        return _part(sides[1])
    if any(part is not None for part in map(_bracketed, sides)) and len(sides) == 2:
        read = _bracketed(sides[1])
        if isinstance(read, Seq):
            return Seq(read.opening, read.closing, read.parts, named=True)
        raise Unreadable("an equation of lists")
    try:
        values = [_value(side) for side in sides]
    except Unreadable:
        if len(sides) == 2 and _is_label(sides[0]):
            return _part(sides[1])
        raise
    if len(values) > 2 or not is_name(values[0].tree):
        return _chain(values)
    last = values[1]
    return Value(last.tree, last.unit, last.percent, last.half_unit, values[0].tree)


def _is_label(side: list[Token]) -> bool:
    """Whether the left side of an equation names what is asked, in a notation that is not read: `P(X > 2)`."""
    if not side or side[0].text in _LABELS:
        return bool(side)
    return side[0].kind == "id" and len(side) > 2 and side[1].text in ("(", "[") and side[-1].text in _CLOSE


def _approximated(sides: list[list[Token]], at: int) -> Answer:
    """What stands before `≈`, when each number behind it is its rounding. Raises `Unreadable` when one is not."""
    if at == 0 and len(sides) == 2 and is_name(Parser(sides[0]).whole()):
        return _equation(sides)
    read = _equation(sides[: at + 1]) if at else _value(sides[0])
    exact_side = read.parts[-1] if isinstance(read, Bag) else read
    if not isinstance(exact_side, Value):
        raise Unreadable("an approximation of what is no value")
    for side in sides[at + 1 :]:
        rounded = _value(side)
        value, unit = numeric(exact_side.tree), max(rounded.half_unit, Fraction(1, 2) * (not rounded.half_unit))
        if abs(value - numeric(rounded.tree)) > 1.001 * float(unit):
            raise Unreadable("an approximation that is not one")
    return replace(exact_side, unit=exact_side.unit or _value(sides[-1]).unit)


def _chain(values: list[Value]) -> Answer:
    if len(values) == 2:
        return Relation("=", values[0].tree, values[1].tree)
    if is_name(values[0].tree):
        values = values[1:]
    return Bag(tuple(values), alternatives=True)


def _value(tokens: list[Token]) -> Value:
    tokens, unit, percent, factor = without_unit(tokens)
    tree = Parser(tokens).whole()
    if tree[0] == "deg":
        tree, unit = tree[1], "degree"
    if factor != 1:
        tree = ("*", ("num", Fraction(factor)), tree)
    return Value(tree, unit, percent, half_unit(tokens) * factor)


_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}")
SHORT = 120
"""Characters of the longest calculation that is worked out."""
RANGE = re.compile(r"(\d++)\s*+(?:-|–|—|to)\s*+(\d++)")


def worked_out(text: str) -> Quantity | None:
    """The value of a short calculation (`16 + 26`, `2^{10}`, `9 * 2 = 18`), every side of which must be the same."""
    if len(text) > SHORT or RANGE.fullmatch(text) or _WORD.search(text) or not re.search(r"\d|\\pi|π", text):
        return None
    try:
        read = read_answer(text.replace("US$", ""))
        sides = read.parts if isinstance(read, Bag) and read.alternatives else (read,)
        if isinstance(read, Relation) and read.sign == "=":
            sides = (Value(read.left), Value(read.right))
        values = {exact(side.tree) if isinstance(side, Value) else None for side in sides}
    except (TooCostly, Unreadable, Undefined):
        return None
    if len(values) != 1 or not isinstance(last := sides[-1], Value):
        return None
    if (value := values.pop()) is None and (value := _decimal_value(last.tree)) is None:
        return None
    return Quantity(value, unit=last.unit, percent=last.percent)


def _decimal_value(tree: Tree) -> Fraction | None:
    """The real value of an irrational number (`5\\sqrt{3}`), close enough for any decimal and equal to none."""
    if symbols(tree):
        return None
    try:
        value = numeric(tree)
    except (TooCostly, Undefined):
        return None
    return Fraction(str(value.real)) if abs(value.imag) < 1e-20 else None
