"""The table of rewrites that change the answer: by verifier, the family and how its rows are made.

Each gives another value, list or relation by construction; a plain number is checked by its exact value, and data by
what the verifier must tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import pi, sqrt
from random import Random
from typing import Any

from assay.audit import latex
from assay.audit.answers import (
    PLAIN_TEXT,
    WRITERS,
    Answer,
    Rewrite,
    as_json,
    decimals,
    exact_value,
    folded,
    form,
    fraction,
    full,
    integer,
    is_short,
    is_source,
    plain,
    sub,
    when,
)
from assay.audit.right import SAID

# Plain numbers


def _checked(make: Callable[[Answer, Fraction], str | None]) -> Rewrite:
    """A text made from the answer and its exact value, where its own value is another."""

    def rewrite(a: Answer) -> str | None:
        made = None if a.value is None else make(a, a.value)
        return made if made is not None and a.differs(made) else None

    return rewrite


def _one_digit(a: Answer, _: Fraction) -> str:
    """Another digit at one place of a plain number or fraction."""
    place = a.rng.choice([match.start() for match in re.finditer(r"\d", a.text[:15])])
    digit = a.rng.choice([d for d in "123456789" if d != a.text[place]])
    return a.text[:place] + digit + a.text[place + 1 :]


def _rounded(a: Answer, value: Fraction) -> str | None:
    """A decimal near the value: of a fraction that does not end, or with a digit less than the reference."""
    if re.fullmatch(r"-?\d{1,9}\.\d{1,6}", a.text):
        return a.text[:-1].rstrip(".")
    if value.denominator == 1 or decimals(value) is not None:
        return None
    places = a.rng.choice([2, 3, 4, 8])
    return decimals(Fraction(round(value * 10**places), 10**places))


def _digits_swapped(a: Answer, _: Fraction) -> str | None:
    if not re.fullmatch(r"-?\d{2,15}", a.text):
        return None
    at = a.rng.randrange(a.text.startswith("-"), len(a.text) - 1)
    return a.text[:at] + a.text[at + 1] + a.text[at] + a.text[at + 2 :]


def _negated(text: str) -> str:
    return text[1:] if text.startswith("-") else "-" + text


_OTHER_UNITS = dict(cm="km", meters="feet", hours="minutes", feet="miles", degrees="grams", inches="yards")
_UNITS = {"cm": "km", "meters": "feet", "hours": "minutes", "feet": "miles", "degrees": "grams", "inches": "yards"}
_UNIT = rf"(-?\d+(?:\.\d+)?\s*\\?\s*\\(?:text|mathrm|mbox)\s*\{{[~ ]*)({'|'.join(_OTHER_UNITS)})\}}"

VALUES: dict[str, Rewrite] = {
    "one digit": _checked(_one_digit),
    "off by one": _checked(lambda a, v: str(v + a.rng.choice([-1, 1])) if v.denominator == 1 else None),
    "negated": _checked(lambda a, _: _negated(a.text)),
    "times a power of ten": _checked(lambda a, v: decimals(v * a.rng.choice([10, 100, 1000]))),
    "a tenth or hundredth": _checked(lambda a, v: decimals(v / a.rng.choice([10, 100]))),
    "rounded": _checked(_rounded),
    "upside down": fraction(lambda n, d: f"{'-' if n < 0 else ''}\\frac{{{d}}}{{{abs(n)}}}"),
    "a digit dropped": _checked(lambda a, _: a.text[:-1] if re.fullmatch(r"-?\d{2,15}", a.text) else None),
    "a digit too many": _checked(lambda a, _: a.text + "7" if re.fullmatch(r"-?\d{1,15}", a.text) else None),
    "two digits swapped": _checked(_digits_swapped),
    "another row's value": _checked(lambda a, _: a.other),
    "wrong scale word": plain(full(r"[1-9]\d{0,5}", r"\g<0> thousand", r"\g<0> million")),
    "percent of a decimal": plain(full(r"0\.0*[1-9]\d*", r"\g<0>\\%")),
    "stray comma": plain(full(r"([1-9]\d{0,1})(\d)", r"\1,\2")),  # a list of two, never a thousands separator
    "nearly": plain(full(r"-?\d{1,12}", r"\g<0>.0001", r"\g<0>.01", r"\g<0>.5", r"\g<0>.000001")),
    # an integer from 3 on is none of these
    "decorated": plain(full(r"[3-9]|[1-9]\d{1,5}", r"\g<0>^2", r"\\sqrt{\g<0>}", r"\g<0>\\pi", r"\\frac{1}{\g<0>}")),
    "bound of the value": plain(full(r"[^-]+", r"\\text{more than }\g<0>", r"\\text{not }\g<0>")),
    "another unit": full(_UNIT, lambda m: f"{m[1]}{_OTHER_UNITS[m[2]]}}}"),
    "another currency": full(r"\\\$(\d+(?:\.\d+)?)", r"€\1"),
    "length for angle": full(r"(-?\d+)\s*\^\s*\{?\\circ\}?", r"\1 \\text{ cm}"),
}


# LaTeX

_ROOT = re.compile(r"(-?)([1-9]\d{0,9}|)\s{0,5}\\sqrt\{(\d{1,6})\}")
_PI = re.compile(r"(-?)(\d*+)\s*+\\pi|(-?)\\[dt]?frac\{(\d*+)\s*+\\pi\}\{(\d++)\}")


def _is_nonzero(text: str) -> bool:
    return latex.is_expression(text) and exact_value(text) != 0


def _sign_of_a_term(a: Answer) -> str | None:
    """One term of a sum with the other sign."""
    terms = latex.terms_of(a.text)
    if not terms or any(re.fullmatch(r"[+-]\s*0", term) for term in terms):
        return None
    at = a.rng.randrange(1, len(terms))
    terms[at] = ("-" if terms[at][0] == "+" else "+") + terms[at][1:]
    return "".join(terms).removeprefix("+")


def _one_more(pattern: str) -> Rewrite:
    """The integer at one of the places that match, one greater."""

    def rewrite(a: Answer) -> str | None:
        places = list(re.finditer(pattern, a.text))
        if not places:
            return None
        place = a.rng.choice(places)
        return a.text[: place.start()] + str(int(place[0]) + 1) + a.text[place.end() :]

    return rewrite


def _squared(text: str) -> bool:
    """Whether the square is another value: an expression with a letter or pi."""
    return latex.is_expression(text) and "e" not in text and bool(re.search(r"\\pi|(?<![\\a-zA-Z])[a-hj-z]", text))


def _rounded_radical(a: Answer) -> str | None:
    """A decimal for a radical or a multiple of pi."""
    if found := _ROOT.fullmatch(a.text):
        value = int(found[2] or 1) * sqrt(int(found[3]))
    elif found := _PI.fullmatch(a.text):
        value = int(found[2] or found[4] or 1) * pi / int(found[5] or 1)
    else:
        return None
    places = a.rng.choice([2, 3, 4, 6])
    return None if value == int(value) else f"{'-' if a.text.startswith('-') else ''}{value:.{places}f}"


def _another_rows_number(a: Answer) -> str | None:
    """Another row's plain number for an expression with a letter."""
    named = latex.is_expression(a.text) and re.search(r"(?<![\\a-zA-Z])[xyn](?![a-zA-Z])", a.text)
    return a.other if named and a.other is not None and exact_value(a.other) is not None else None


def _with_entries(change: Callable[[list[str], Random], list[str] | None], only_tuples: bool = False) -> Rewrite:
    """Other entries between the same brackets."""

    def rewrite(a: Answer) -> str | None:
        entries = latex.tuple_of(a.text) if only_tuples else latex.entries_of(a.text)
        made = None if entries is None else change(entries, a.rng)
        if entries is None or made is None:
            return None
        start, end = a.text.index(entries[0]), a.text.rindex(entries[-1]) + len(entries[-1])
        return a.text[:start] + ", ".join(made) + a.text[end:]

    return rewrite


def _turned(entries: list[str], _: Random) -> list[str] | None:
    values = [exact_value(entry) for entry in entries]
    return None if None in values or values == values[::-1] else entries[::-1]


def _one_entry(change: Callable[[str], str]) -> Callable[[list[str], Random], list[str] | None]:
    def changed(entries: list[str], rng: Random) -> list[str] | None:
        places = [i for i, entry in enumerate(entries) if latex.is_entry(entry) and change(entry) != "-0"]
        at = rng.choice(places) if places else 0
        return [*entries[:at], change(entries[at]), *entries[at + 1 :]] if places else None

    return changed


def _plus_one(entry: str) -> str:
    value = exact_value(entry)
    return f"{entry} + 1" if value is None else str(value + 1)


def _one_too_many(entries: list[str], _: Random) -> list[str] | None:
    values = [value for value in map(exact_value, entries) if value is not None]
    return [*entries, str(max(values) + 1)] if len(values) == len(entries) else None


def _other_end(a: Answer) -> str | None:
    """The other bracket at a finite end of an interval."""
    first, last = latex.tuple_of(a.text) or ("infty", "infty")
    if "infty" not in first:
        return a.text.replace("[", "(", 1) if "[" in a.text else a.text.replace("(", "[", 1)
    at = max(a.text.rfind(")"), a.text.rfind("]"))
    return None if "infty" in last else a.text[:at] + ("]" if a.text[at] == ")" else ")")


_TURN = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\leq": "\\geq", "\\geq": "\\leq"}


def _matrix_rows_swapped(m: re.Match[str]) -> str | None:
    rows = [row.strip() for row in m[2].split("\\\\") if row.strip()]
    values = [[exact_value(cell.strip()) for cell in row.split("&")] for row in rows]
    known = not any(None in row for row in values)
    return m[1] + " \\\\ ".join(rows[::-1]) + m[3] if known and values != values[::-1] else None


MATH: dict[str, Rewrite] = VALUES | {
    "plus one": when(latex.is_expression, form("{} + 1")),
    "minus the value": when(_is_nonzero, form("-\\left({}\\right)")),
    "a multiple of the value": when(_is_nonzero, form(*(f"{k}\\left({{}}\\right)" for k in (2, 10, 100)))),
    "sign of a term": _sign_of_a_term,
    "another power": when(latex.is_expression, _one_more(r"(?<=[a-hj-z]\^)[2-8](?!\d)|(?<=[a-hj-z]\^\{)[2-8](?=\})")),
    "cap for cup": when(lambda text: all(map(latex.tuple_of, text.split("\\cup"))), sub(r"\\cup", r"\\cap")),
    "the value squared": when(_squared, form("\\left({}\\right)^2")),
    "another radicand": full(_ROOT.pattern, lambda m: f"{m[1]}{m[2]}\\sqrt{{{int(m[3]) + 2}}}"),
    "rounded radical": _rounded_radical,
    "pi forgotten": full(r"(-?\d+)\s*\\pi", r"\1"),
    "another row's number": _another_rows_number,
    "pair swapped": _with_entries(_turned, only_tuples=True),
    "an entry changed": _with_entries(_one_entry(_plus_one)),
    "an entry negated": _with_entries(_one_entry(_negated), only_tuples=True),
    "last entry missing": _with_entries(lambda entries, _: entries[:-1]),
    "first entry missing": _with_entries(lambda entries, _: entries[1:]),
    "an entry too many": _with_entries(_one_too_many),
    "a second value": integer(lambda n: f"{n}, {n + 1}"),
    "open for closed": when(lambda text: latex.is_interval(text) and len(latex.tuple_of(text) or ()) == 2, _other_end),
    "strict relation": lambda a: sub(r"\\leq?(?![a-z])", "<")(a) or sub(r"\\geq?(?![a-z])", ">")(a),
    "less or equal": full(r"([a-zA-Z])\s*<\s*(-?\d+)", r"\1 \\le \2"),
    "greater or equal": full(r"([a-zA-Z])\s*>\s*(-?\d+)", r"\1 \\ge \2"),
    "relation turned": full(r"([a-zA-Z])\s*([<>]|\\[lg]eq?)\s*(-?\d+)", lambda m: f"{m[1]} {_TURN[m[2]]} {m[3]}"),
    "equation shifted": when(latex.equation_of, form("{} + 1")),
    "another base": full(r"(\d{2,})_\{?([2-9])\}?", lambda m: f"{m[1]}_{{{int(m[2]) + 1 if m[2] != '9' else 8}}}"),
    "matrix rows swapped": full(r"(\\begin\{[pb]matrix\})(.+)(\\end\{[pb]matrix\})", _matrix_rows_swapped),
    "matrix cell changed": when(lambda text: "matrix" in text, _one_more(r"(?<=[&\s}\\])-?\d+(?=\s*(?:&|\\\\|\\end))")),
}

# Letters, yes and no, short texts


def _another_letter(a: Answer) -> str | None:
    others = [name for name in (a.options or "ABCDE") if name != a.text]
    return a.rng.choice(others) if others else None


def _two_letters(a: Answer) -> str | None:
    other = _another_letter(a)
    return None if other is None else a.rng.choice(["{} and {}", "{}, {}", "{}/{}", "{} or {}"]).format(a.text, other)


def _another_text(a: Answer) -> str | None:
    """The text of another option, which is not that of the right one."""
    text = a.options.get(_another_letter(a) or "", "")
    different = folded(text) != folded(a.options.get(a.text, "")) and len(folded(text)) > 3
    return text if different and is_short(text) and PLAIN_TEXT.fullmatch(text) else None


CHOICE: dict[str, Rewrite] = {
    "another letter": _another_letter,
    "all letters": lambda a: "".join(a.options or "ABCDE") if len(a.options) != 1 else None,
    "two letters": _two_letters,
    "letter with another text": lambda a: f"{a.text}) {text}" if (text := _another_text(a)) else None,
    "another option's text": _another_text,
}
BOOLEAN: dict[str, Rewrite] = {
    "opposite": lambda a: a.rng.choice(SAID["No" if a.text == "Yes" else "Yes"]),
    "negated word": lambda a: f"not {'true' if a.text == 'Yes' else 'false'}",
    "both": lambda a: a.rng.choice(["yes and no", "true or false", "Yes/No", "True, False", "maybe", "unknown"]),
}


def _is_accepted(a: Answer, text: str) -> bool:
    """Whether an accepted text stands in it."""
    return any(folded(right) in folded(text) for right in a.accepted)


def _another_rows_text(a: Answer) -> str | None:
    """A text that shares no word with any accepted one."""
    if a.other is None or not folded(a.other) or _is_accepted(a, a.other):
        return None
    mine = {word for text in a.accepted for word in re.findall(r"\w+", text.lower())}
    near = any(folded(a.other) in folded(text) for text in a.accepted)
    return None if near or mine & set(re.findall(r"\w+", a.other.lower())) else a.other


def _a_letter_changed(a: Answer) -> str | None:
    """Another letter inside the longest word, where no accepted text is left."""
    longest = max(re.findall(r"[a-z]{5,}", a.text), key=len, default="")
    if not longest or not a.text.isascii() or "(" in a.text:
        return None
    at = a.text.index(longest) + a.rng.randrange(1, len(longest) - 1)
    made = a.text[:at] + ("x" if a.text[at] != "x" else "k") + a.text[at + 1 :]
    return None if _is_accepted(a, made) else made


def _a_word_dropped(a: Answer) -> str | None:
    words = a.text.split()
    made = " ".join(words[:-1])
    article = made.lower().startswith(("a ", "an ", "the ", "in ", "on ", "at "))
    if article or len(words) < 2 or not words[-1].isalpha() or len(words[-2]) < 4:
        return None
    return made if PLAIN_TEXT.fullmatch(made) and not _is_accepted(a, made) else None


def _two_texts(a: Answer) -> str | None:
    other = _another_rows_text(a)
    return None if other is None or a.text in other else f"{a.text} or {other}"


TEXT: dict[str, Rewrite] = {
    "another row's text": _another_rows_text,
    "a letter changed": _a_letter_changed,
    "a word dropped": _a_word_dropped,
    "two texts": _two_texts,
}

# Data


def _changed(change: Callable[[Any, Random], Any]) -> Rewrite:
    """Other data, where the verifier must tell it from the reference."""

    def rewrite(a: Answer) -> str | None:
        made = None if a.data is None else change(a.data, a.rng)
        different = made is not None and _compared(a, made) != _compared(a, a.data)
        return WRITERS.get(a.example.verifier, as_json)(made) if different else None

    return rewrite


def _compared(a: Answer, value: Any) -> Any:
    """What counts of data: a set has no order, and neither have the rows of a table with a key."""
    match a.example.verifier:
        case "number":
            values = [str(exact_value(number)) for number in value]
            return sorted(values) if a.example.params.get("ordered") is False else values
        case "set":
            return sorted(map(folded, value))
        case "sequence":
            return list(map(folded, value))
        case "records":
            rows = [[str(cell).lower() for cell in row] for row in value["rows"]]
            return value["header"], sorted(rows) if a.example.params.get("key") is not None else rows
        case _:
            return value


def _one_greater(numbers: list[str], rng: Random) -> list[str]:
    at = rng.randrange(len(numbers))
    return [*numbers[:at], decimals((exact_value(numbers[at]) or 0) + Fraction(1)) or "7", *numbers[at + 1 :]]


NUMBER = VALUES | {
    "a number missing": _changed(lambda numbers, _: numbers[:-1]),
    "a number too many": _changed(lambda numbers, _: [*numbers, "7"]),
    "a number changed": _changed(_one_greater),
    "numbers in another order": _changed(lambda numbers, _: numbers[::-1]),
}


def _one_changed(entries: list[str], rng: Random) -> list[str]:
    at = rng.randrange(len(entries))
    return [*entries[:at], "Zanzibar" if folded(entries[at]) != "zanzibar" else "Lima", *entries[at + 1 :]]


def _neighbours_swapped(entries: list[str], rng: Random) -> list[str]:
    at = rng.randrange(max(1, len(entries) - 1))
    return [*entries[:at], *entries[at : at + 2][::-1], *entries[at + 2 :]]


SET: dict[str, Rewrite] = {
    "entry missing": _changed(lambda entries, _: entries[:-1]),
    "entry too many": _changed(lambda entries, _: [*entries, "Zanzibar"]),
    "entry twice": _changed(lambda entries, _: [*entries, entries[0]]),
    "entry changed": _changed(_one_changed),
}
SEQUENCE = SET | {"neighbours swapped": _changed(_neighbours_swapped)}


def _name_and_other(values: dict[str, str], rng: Random) -> tuple[str, str]:
    """A name, and a value of the puzzle that is not its own."""
    name = rng.choice(sorted(values))
    return name, next((v for v in values.values() if folded(v) != folded(values[name])), "nobody")


def _two_values(a: Answer) -> str:
    name, other = _name_and_other(a.data, a.rng)
    return f"{a.text}, {name}: {other}"


ASSIGNMENT: dict[str, Rewrite] = {
    "value changed": _changed(lambda values, rng: values | dict([_name_and_other(values, rng)])),
    "pair missing": _changed(lambda values, _: dict(list(values.items())[:-1])),
    "pair too many": _changed(lambda values, _: values | {"Zanzibar": next(iter(values.values()))}),
    "two values for a name": _two_values,
}


def _cell(change: Callable[[Any, Random], Any]) -> Callable[[list[list[Any]], Random], list[list[Any]]]:
    """One cell of the rows, another."""

    def changed(rows: list[list[Any]], rng: Random) -> list[list[Any]]:
        row = rng.choice(rows)
        at = rng.randrange(len(row))
        row[at] = change(row[at], rng)
        return rows

    return changed


GRID: dict[str, Rewrite] = {
    "cell changed": _changed(_cell(lambda cell, rng: (cell + rng.randint(1, 9)) % 10)),
    "row missing": _changed(lambda rows, _: rows[:-1]),
    "row twice": _changed(lambda rows, _: [*rows, rows[-1]]),
    "column missing": _changed(lambda rows, _: [row[:-1] for row in rows]),
    "transposed": _changed(lambda rows, _: [list(column) for column in zip(*rows, strict=False)]),
    "upside down": _changed(lambda rows, _: rows[::-1]),
    "mirrored": _changed(lambda rows, _: [row[::-1] for row in rows]),
    # a reader that cuts cells to integers pays for this
    "cells with decimals": _changed(lambda rows, _: [[cell + 0.9 for cell in row] for row in rows]),
    "flat": _changed(lambda rows, _: [[cell for row in rows for cell in row]]),
}


def _table(change: Callable[[list[list[Any]], Random], list[list[Any]]]) -> Rewrite:
    """Other rows under the same header."""
    return _changed(lambda table, rng: table | {"rows": change(table["rows"], rng)})


RECORDS: dict[str, Rewrite] = {
    "cell changed": _table(_cell(lambda cell, _: "Zanzibar")),
    "rows swapped": _table(lambda rows, _: [rows[-1], *rows[1:-1], rows[0]] if len(rows) > 1 else rows),
    "row missing": _table(lambda rows, _: rows[:-1]),
    "row twice": _table(lambda rows, _: [*rows, rows[0]]),
    "cells moved on": _table(lambda rows, _: [[*row[1:], row[0]] for row in rows]),
    "a constant column": _table(lambda rows, _: [[*row[:-1], rows[0][-1]] for row in rows]),
    "column missing": _changed(
        lambda table, _: {"header": table["header"][:-1], "rows": [row[:-1] for row in table["rows"]]}
    ),
}


def _changed_value(a: Answer) -> str | None:
    """A value that is not equal: an element more, a character more, one more, or the other truth."""
    value = a.data
    if isinstance(value, bool) or value is None:
        return repr(not value)
    if isinstance(value, str):
        return repr(value + "0")
    if isinstance(value, list | tuple):
        return repr(type(value)([*value, "0"]))
    if isinstance(value, dict):
        return repr({**value, "zanzibar": 0})
    return repr(value + 1) if isinstance(value, int | float | complex) and value + 1 != value else None


def _sliced(by: slice) -> Rewrite:
    """A part of a sequence, or its items in another order."""

    def rewrite(a: Answer) -> str | None:
        value = a.data
        return repr(value[by]) if isinstance(value, str | list | tuple) and value[by] != value else None

    return rewrite


def _another_type(a: Answer) -> str | None:
    """`'3'` for 3, 3 for `'3'`, `1` for True, a tuple for a list."""
    value, source = a.data, is_source(a.example.reference)
    if isinstance(value, bool):
        return repr(int(value))
    if isinstance(value, int) and source:
        return repr(str(value))
    if isinstance(value, list) and source:
        return repr(tuple(value))
    return value if isinstance(value, str) and value.isascii() and value.isdigit() and source else None


OUTPUT: dict[str, Rewrite] = {
    "changed value": _changed_value,
    "shorter value": _sliced(slice(-1)),
    "turned value": _sliced(slice(None, None, -1)),
    "another type": _another_type,
    "code for a value": lambda a: a.rng.choice(["assert f", "pass", "ground_truth", "def f(*a):\n    return 0"]),
}
