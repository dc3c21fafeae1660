"""The table of rewrites that keep the answer: by verifier, the family and how its rows are made.

What is right follows the policies of the verifiers, with their default parameters.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import factorial
from typing import Any

from assay.audit import latex
from assay.audit.answers import (
    PLAIN_TEXT,
    Answer,
    Rewrite,
    as_json,
    as_numbers,
    as_pairs,
    data,
    decimals,
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

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_THREE_DIGITS = r"-?(?:[1-9]\d+\.\d{1,8}|[1-9]\.\d{2,8}|0\.0{0,5}[1-9]\d{2,8})"
"""A decimal of three or more significant digits: what rounds to it is right."""
_NAME = r"[a-zA-Z]"
_END = r"-?(?:\d+(?:\.\d+)?|\d+/\d+|\\d?frac\{\d+\}\{\d+\}|\\sqrt\{\d+\})"
_UNIT = r"\s*\^\s*\{?\\circ\}?|°|\\?\s*\\(?:text|mathrm|mbox)\s*\{[~ ]*[a-z]+\.?\}"


# Plain numbers


def _scientific(times: str) -> Rewrite:
    """`1.2 \\times 10^{4}` for 12000, with every digit kept."""

    def write(n: int) -> str:
        power = len(str(abs(n))) - 1
        return times.format(decimals(Fraction(n, 10**power)), power)

    return integer(write, when=lambda n: 10 <= abs(n) < 10**10)


def _bar(top: int, bottom: int) -> str:
    return f"{'-' if top < 0 else ''}\\dfrac{{{abs(top)}}}{{{bottom}}}"


def _mixed(top: int, bottom: int) -> str:
    whole, rest = divmod(abs(top), bottom)
    return f"{'-' if top < 0 else ''}{whole}\\frac{{{rest}}}{{{bottom}}}"


def _repeating(top: int, bottom: int) -> str | None:
    """`0.1\\overline{6}` for 1/6."""
    whole, rest = divmod(abs(top), bottom)
    seen: dict[int, int] = {}
    digits = ""
    while rest and rest not in seen and len(digits) < 12:
        seen[rest] = len(digits)
        digit, rest = divmod(rest * 10, bottom)
        digits += str(digit)
    if rest not in seen:
        return None
    start = seen[rest]
    return f"{'-' if top < 0 else ''}{whole}.{digits[:start]}\\overline{{{digits[start:]}}}"


VALUES: dict[str, Rewrite] = {
    "thousands commas": integer("{:,}".format, when=lambda n: abs(n) > 999),
    "thousands in latex": integer(lambda n: f"{n:,}".replace(",", "{,}"), when=lambda n: abs(n) > 999),
    "thousands with spaces": integer(lambda n: f"{n:,}".replace(",", "\\,"), when=lambda n: abs(n) > 999),
    "scientific": _scientific("{} \\times 10^{{{}}}"),
    "e notation": _scientific("{}e{}"),
    "power of ten": plain(full(r"1(0{2,12})", lambda m: f"10^{{{len(m[1])}}}")),
    "words": integer(lambda n: _WORDS[n], when=lambda n: 0 <= n < len(_WORDS)),
    "millions": integer(lambda n: f"{n // 10**6} million", when=lambda n: n and n % 10**6 == 0 and abs(n) < 10**9),
    "decimal places": integer("{}.0".format, "{}.00".format),
    "trailing zero": plain(full(r"-?\d+\.\d+", r"\g<0>0")),
    "more digits": plain(full(_THREE_DIGITS, *(rf"\g<0>{digit}" for digit in "1234"))),
    "fraction as decimal": fraction(lambda n, d: decimals(Fraction(n, d))),
    "decimal as fraction": plain(full(r"-?\d+\.\d{0,5}[1-9]", lambda m: _bar(*Fraction(m[0]).as_integer_ratio()))),
    "other fraction style": fraction("{}/{}".format, _bar),
    "minus above": fraction("\\frac{{{}}}{{{}}}".format, when=lambda f: f < 0),
    "minus below": fraction(lambda n, d: f"\\frac{{{-n}}}{{-{d}}}", when=lambda f: f < 0),
    "unreduced": fraction(*(lambda n, d, k=k: f"\\frac{{{n * k}}}{{{d * k}}}" for k in (2, 3, 7, 12))),
    "mixed number": fraction(_mixed, when=lambda f: abs(f) > 1),
    "mixed number with a slash": fraction(lambda n, d: f"{n // d} {n % d}/{d}", when=lambda f: f > 1),
    "repeating decimal": fraction(_repeating),
    "unicode minus": plain(sub("-", "−")),
    "with a unit": integer(*(f"{{}} \\text{{{{ {unit}}}}}".format for unit in ("cm", "apples", "hours"))),
    "with dollars": integer("\\${}".format, "{} dollars".format, "${:,}.00".format, when=lambda n: n > 0),
    "with percent": integer("{}\\%".format, when=lambda n: n > 1),
    "decimal as percent": plain(full(r"0\.\d{1,6}", lambda m: f"{decimals(Fraction(m[0]) * 100)}\\%")),
    "percent sign away": full(r"(\d+(?:\.\d+)?)\\?%", r"\1", lambda m: decimals(Fraction(m[1]) / 100)),
    "named": plain(form("x = {}")),
    "unit left out": full(rf"(?:\\?\$(\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?)(?:{_UNIT}))", lambda m: m[1] or m[2]),
}


NUMBER = VALUES | {
    "list with and": data(lambda numbers: ", ".join(numbers[:-1]) + " and " + numbers[-1]),
    "bare list": data(", ".join),
    "list in another order": lambda a: (
        as_numbers(a.data[::-1]) if a.data and a.example.params.get("ordered") is False else None
    ),
}


# LaTeX: typography


def _left_and_right(a: Answer) -> str | None:
    """`\\left(` and `\\right)` around what stands in brackets, or without them."""
    if "\\left" in a.text or "\\right" in a.text:
        return sub(r"\\(?:left|right)(?![a-zA-Z.|])\s*", "")(a)
    counts = [a.text.count(bracket) for bracket in "([)]"]
    if "sqrt[" in a.text or counts[0] + counts[1] != counts[2] + counts[3]:
        return None
    return sub(r"\\?[([]|\\\{|[)\]]|\\\}", lambda m: ("\\left" if m[0][-1] in "([{" else "\\right") + m[0])(a)


_SIGNS = {"\\times": "×", "\\cdot": "·", "\\pi": "π", "\\infty": "∞", "\\cup": "∪", "\\leq": "≤", "\\geq": "≥"}
_SIGNS |= {"\\le": "≤", "\\ge": "≥"}


def _unicode_signs(a: Answer) -> str | None:
    """`π`, `√2`, `×`, `∞`, `∪`, `≤`, `−` for their commands."""
    text = re.sub(r"\\sqrt\{(\d+)\}", r"√\1", a.text) if re.fullmatch(r"-?\d*\\sqrt\{\d+\}", a.text) else a.text
    for command, sign in _SIGNS.items():
        text = re.sub(re.escape(command) + r"(?![a-zA-Z])\s*", sign, text)
    text = text.replace("-", "−")
    return text if text != a.text else None


def _unordered(write: str, joined: str = ", ", turned: bool = False, named: bool = False) -> Rewrite:
    """A bare list or a set of values in another writing; `<` and `>` stand for the braces that it has."""

    def rewrite(a: Answer) -> str | None:
        entries = [] if latex.tuple_of(a.text) else latex.entries_of(a.text) or []
        braces = ("\\{", "\\}") if latex.set_of(a.text) else ("", "")
        if not entries or (named and "x" in a.text):
            return None
        entries = entries[::-1] if turned else entries
        entries = [f"x = {entry}" for entry in entries] if named else entries
        listed = ", ".join(entries[:-1]) + joined + entries[-1]
        made = write.replace("<", braces[0]).replace(">", braces[1]).replace("@", listed)
        return made if made != a.text else None

    return rewrite


_EMPTY = r"\\emptyset|\\varnothing|\\text\{[nN]o solution\}"
_TYPOGRAPHY: dict[str, Rewrite] = {
    "display style": when(latex.is_value, form("\\displaystyle {}", "{{}}", "\\mathbf{{}}", "{}\\,", "\\quad {}")),
    "fraction commands": sub(r"\\[dt]?frac(?![a-zA-Z])", r"\\dfrac", r"\\tfrac", r"\\frac"),
    "fraction of digits": sub(r"\\([dt]?)frac\{(\d)\}\{(\d)\}(?!\d)", r"\\\1frac\2\3"),
    "wide spacing": when(latex.is_formula, sub(r"\s*([+=]|(?<=[\w)}])-(?=[\w\\(])|,(?!\d{3}|\}))\s*", r" \1 ")),
    "tight spacing": when(latex.is_formula, sub(r"(?<![\\a-zA-Z])\s+(?=[+=<>(\\-])|(?<=[+=<>,(-])\s+(?!\d{3})", "")),
    "thin spaces": when(latex.is_formula, sub(r"[+=]|,(?=\s)", r"\g<0>\\,", r"\g<0>\\;", r"\g<0>\\ ", r"\g<0>~")),
    "left and right": when(latex.is_formula, _left_and_right),
    "braced powers": when(lambda text: "^{" not in text, sub(r"\^([\da-z])(?!\d)", r"^{\1}")),
    "powers without braces": sub(r"\^\{([\da-z])\}(?![\d])", r"^\1"),
    "unicode signs": when(latex.is_formula, _unicode_signs),
    "plain notation": when(lambda t: "\\" in t and latex.is_value(t), lambda a: latex.plain_text(a.text)),
    "python powers": when(lambda t: latex.is_value(t) and not re.search(r"[\\{]", t), sub(r"\^", "**")),
    "dot for cross": sub(r"\\times(?![a-zA-Z])", r"\\cdot"),
    "cross for dot": sub(r"\\cdot(?![a-zA-Z])", r"\\times"),
    "list in another order": _unordered("<@>", turned=True),
    "set braces": _unordered("\\{@\\}"),
    "no set braces": _unordered("@"),
    "list with and": _unordered("@", " \\text{ and } "),
    "a name for each": _unordered("@", named=True),
    "named value": when(latex.is_entry, form("x = {}")),
    "name left out": full(rf"{_NAME}\s*=\s*(.+)", lambda m: m[1] if latex.is_entry(m[1]) else None),
    "union in another order": full(
        r"(.+?)\s*\\cup\s*(.+)", lambda m: f"{m[2]} \\cup {m[1]}" if all(map(latex.tuple_of, m.groups())) else None
    ),
    "matrix brackets": sub(r"\{pmatrix\}", "{bmatrix}"),
    "matrix spacing": when(lambda text: "matrix" in text, sub(r"\s*(&|\\\\)\s*", r" \1 ")),
    "another text command": sub(r"\\text\s*(?=\{[a-zA-Z ]+\})", r"\\mathrm", r"\\mbox", r"\\textbf"),
    "words unwrapped": full(r"\\text(?:bf)?\s*\{([A-Za-z ]{4,})\}", r"\1"),
    "words in another case": full(r"\\text\{([A-Za-z ]{4,})\}", lambda m: f"\\text{{{m[1].swapcase()}}}"),
    "braced base": full(r"(\w+)_(\d)", r"\1_{\2}"),
    "base without braces": full(r"(\w+)_\{(\d)\}", r"\1_\2"),
    "degree sign": full(r"([^$]+?)\s*\^\s*(?:\\circ|\{\\circ\})", r"\1°", r"\1 \\text{ degrees}", r"\1^{\\circ}"),
    "percent word": sub(r"(?<=\d)\s*\\?%$", r" \\text{ percent}"),
    "no solution in other words": full(_EMPTY, r"\\emptyset", r"\\varnothing", r"\\text{No solution}", r"\\{\\}"),
}


# LaTeX: the same value or relation in another form


def _equation(*forms: str) -> Rewrite:
    def rewrite(a: Answer) -> str | None:
        sides = latex.equation_of(a.text)
        return None if sides is None else a.rng.choice(forms).format(*sides)

    return rewrite


def _interval(a: Answer) -> str | None:
    """`(3, \\infty)` for `x > 3`, `[1, 2)` for `1 \\le x < 2`."""
    text = re.sub(r"\\(?:leq?|leqslant)(?![a-z])", "≤", re.sub(r"\\(?:geq?|geqslant)(?![a-z])", "≥", a.text))
    text = text.replace("\\lt", "<").replace("\\gt", ">").replace(" ", "")
    if half := re.fullmatch(rf"{_NAME}([<>≤≥])({_END})", text):
        sign, end = half[1], half[2]
        if sign in "<≤":
            return f"(-\\infty, {end}{']' if sign == '≤' else ')'}"
        return f"{'[' if sign == '≥' else '('}{end}, \\infty)"
    both = re.fullmatch(rf"({_END})([<≤]){_NAME}([<≤])({_END})", text)
    ends = ("[" if both[2] == "≤" else "(", "]" if both[3] == "≤" else ")") if both else ("", "")
    return f"{ends[0]}{both[1]}, {both[4]}{ends[1]}" if both else None


def _expanded(m: re.Match[str]) -> str:
    a, b = (int(m[i].replace(" ", "")) for i in (2, 3))
    return f"{m[1]}^2 + {a + b}{m[1]} + {a * b}".replace("+ -", "- ")


def _over_one_bar(m: re.Match[str]) -> str | None:
    terms = latex.terms_of(m[1])
    made = "".join(f"{term[0]}\\frac{{{term[1:].strip()}}}{{{m[2]}}}" for term in terms)
    return made.removeprefix("+") or None


_EQUAL: dict[str, Rewrite] = {
    "terms in another order": lambda a: "".join(latex.terms_of(a.text)[::-1]).removeprefix("+").strip() or None,
    "factors in another order": full(r"(\d+)\s*(\\sqrt\{\d+\}|\\pi)", r"\2 \\cdot \1"),
    "one radical": full(
        r"(-?)(\d{1,4})\s*\\sqrt\{(\d{1,6})\}", lambda m: f"{m[1]}\\sqrt{{{int(m[2]) ** 2 * int(m[3])}}}"
    ),
    "radical as power": full(r"(-?)\\sqrt\{(\d+)\}", r"\1\2^{1/2}"),
    "radical as power with a factor": full(r"(-?\d+)\\sqrt\{(\d+)\}", r"\1 \\cdot \2^{1/2}"),
    "radical below": full(r"(-?)\\[dt]?frac\{\\sqrt\{(\d+)\}\}\{(\d+)\}", r"\1\\frac{\2}{\3\\sqrt{\2}}"),
    "scaled above and below": when(latex.is_expression, form("\\frac{5\\left({}\\right)}{5}")),
    "plus and minus one": when(lambda t: latex.is_expression(t) and t[0] != "-", form("1 + {} - 1")),
    "equation turned": _equation("{1} = {0}"),
    "equation scaled": _equation("3({0}) = 3({1})"),
    "equation to zero": _equation("{0} - ({1}) = 0"),
    "inequality as interval": _interval,
    "less turned": full(rf"({_NAME})\s*<\s*({_END})", r"\2 > \1"),
    "greater turned": full(rf"({_NAME})\s*>\s*({_END})", r"\2 < \1"),
    "factorial worked out": full(r"(\d{1,2})!", lambda m: str(factorial(int(m[1])))),
    "power worked out": full(r"(\d{1,3})\^\{?(\d{1,2})\}?", lambda m: str(int(m[1]) ** int(m[2]))),
    "quadratic expanded": full(r"\(([a-z])\s*([+-]\s*\d+)\)\s*\(\1\s*([+-]\s*\d+)\)", _expanded),
    "sum over one bar": full(r"\\[dt]?frac\{([^{}]+(?:\\sqrt\{\d+\})?)\}\{(\d+)\}", _over_one_bar),
    "member of an interval": when(latex.is_interval, form("x \\in {}")),
    "set of solutions": full(rf"({_NAME})\s*(?:[<>]|\\[lg]eq?(?![a-z]))\s*{_END}", r"\\{\1 \\mid \g<0>\\}"),
}
MATH = VALUES | _TYPOGRAPHY | _EQUAL


# Letters, yes and no, short texts


def _letter_and_text(a: Answer) -> str | None:
    """`C) Benzene`, where the text is that of the letter."""
    text = a.options.get(a.text, "")
    sign = a.rng.choice(["{}) {}", "({}) {}", "{}. {}", "{}: {}"])
    return sign.format(a.text, text) if is_short(text) else None


def _option_text(a: Answer) -> str | None:
    """The text alone, where no other option has it and it is no letter."""
    text = a.options.get(a.text, "")
    alone = [folded(other) for other in a.options.values()].count(folded(text)) == 1
    return text if alone and is_short(text) and len(folded(text)) > 3 and PLAIN_TEXT.fullmatch(text) else None


CHOICE: dict[str, Rewrite] = {
    "letter in brackets": form("({})", "[{}]", " {} "),
    "lower case": lambda a: f"({a.text.lower()})",
    "letter with a mark": form("{}.", "{})", "{}:"),
    "bold letter": form("**{}**"),
    "option and letter": form("Option {}", "option {}", "Choice {}", "Answer: {}"),
    "letter in latex": form("\\text{{}}", "\\mathrm{{}}", "\\textbf{({})}", "\\text{({})}", "\\mathbf{{}}"),
    "letter and text": _letter_and_text,
    "option text": _option_text,
}
SAID = {
    "Yes": ("yes", "true", "Yes", "True", "TRUE", "correct"),
    "No": ("no", "false", "No", "False", "FALSE", "incorrect"),
}
_JUDGED = {"Yes": ("entailed", "supported", "entailment"), "No": ("refuted", "contradiction")}
BOOLEAN: dict[str, Rewrite] = {
    "other word": lambda a: a.rng.choice(SAID[a.text]),
    "with a mark": form("{}!", "{},", '{}"', "{}**"),
    "entailed or refuted": lambda a: a.rng.choice(_JUDGED[a.text]),
}


def _without_diacritics(a: Answer) -> str | None:
    made = "".join(c for c in unicodedata.normalize("NFKD", a.text) if not unicodedata.combining(c))
    return made if made != a.text and made.isascii() else None


TEXT: dict[str, Rewrite] = {
    "another case": when(str.isascii, lambda a: a.rng.choice([a.text.upper(), a.text.lower(), a.text.title()])),
    "article": full(r"(?!(?i:the ))[A-Za-z][A-Za-z'. -]*[A-Za-z]", r"the \g<0>"),
    "no article": full(r"(?i:the )(.{3,})", r"\1"),
    "quoted": when(lambda t: not re.search(r"[\"'`“”*]", t), form('"{}"', "“{}”", "'{}'", "`{}`", "**{}**")),
    "without diacritics": _without_diacritics,
    "hyphens as spaces": sub(r"(?<=[a-z])-(?=[a-z])", " "),
    "without commas": sub(r",(?=\s)", ""),
    "more spaces": sub(" ", "  "),
}


# Data: the same value in another notation


def _words(joined: str, mark: str = "{text}", last: str | None = None) -> Rewrite:
    """Entries that are plain words, with commas or lines between them."""

    def rewrite(a: Answer) -> str | None:
        entries: list[str] = a.data
        plain_words = all(re.fullmatch(r"[\w'. -]+", e) and not re.search(r"\b(?:and|or)\b|^[\d-]", e) for e in entries)
        if not plain_words or len(entries) < 2:
            return None
        written = [mark.format(text=text, place=place) for place, text in enumerate(entries, 1)]
        return joined.join(written[:-1]) + (joined if last is None else last) + written[-1]

    return rewrite


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


SEQUENCE: dict[str, Rewrite] = {
    "python list": data(repr),
    "pretty json": data(_pretty),
    "with commas": _words(", "),
    "with and": _words(", ", last=" and "),
    "with a comma and": _words(", ", last=", and "),
    "one a line": _words("\n"),
    "bullets": _words("\n", "- {text}"),
    "numbered": _words("\n", "{place}. {text}"),
    "names in another case": data(lambda v: as_json([n.upper() for n in v]) if all(map(str.isascii, v)) else None),
}
SET = SEQUENCE | {"entries in another order": data(lambda entries: as_json(entries[::-1]))}


def _pairs(write: str, joined: str = "\n", last: str | None = None, end: str = "") -> Rewrite:
    def made(values: Mapping[str, str]) -> str:
        lines = [write.format(name=n, value=v, place=place) for place, (n, v) in enumerate(values.items(), 1)]
        return (joined.join(lines[:-1]) + (last or joined) if lines[1:] else "") + lines[-1] + end

    return data(made)


ASSIGNMENT: dict[str, Rewrite] = {
    "json object": data(as_json, _pretty),
    "python dict": data(repr),
    "one pair a line": _pairs("{name}: {value}"),
    "bullets": _pairs("- {name}: {value}"),
    "equals signs": _pairs("{name} = {value}"),
    "bold names": _pairs("**{name}**: {value}"),
    "arrows": _pairs("{name} -> {value}"),
    "numbered pairs": _pairs("({place}) {name} is a {value}"),
    "sentence of pairs": _pairs("{name} is a {value}", ", ", ", and ", "."),
    "pairs in another order": data(lambda values: as_pairs(dict(reversed(values.items())))),
    "pairs in another case": data(lambda values: as_pairs({n.upper(): v.title() for n, v in values.items()})),
}


def _rows(joined: str, before: str = "", after: str = "", least: int = 1) -> Rewrite:
    def made(rows: Sequence[Sequence[Any]]) -> str | None:
        plain_rows = "\n".join(before + joined.join(map(str, row)) + after for row in rows)
        return plain_rows if len(rows[0]) >= least else None

    return data(made)


GRID: dict[str, Rewrite] = {
    "tight json": data(lambda rows: json.dumps(rows, separators=(",", ":"))),
    "pretty json": data(_pretty),
    "a row a line": data(lambda rows: "[\n" + ",\n".join(f"  {row}" for row in rows) + "\n]"),
    "spaced rows": _rows(" "),
    "comma rows": _rows(", ", least=2),
    "bracketed rows": _rows(", ", "[", "]"),
    "barred rows": _rows(" | ", "| ", " |"),
    "tuples": data(lambda rows: str([tuple(row) for row in rows]) if len(rows[0]) > 1 else None),
}


def _lines(table: Mapping[str, Any], rule: bool, joined: str, ends: str, never: str) -> str | None:
    """The header and the rows a line each, where no cell has a character that would part it."""
    lines = [table["header"], *([["---"] * len(table["header"])] if rule else []), *table["rows"]]
    clean = not any(set(str(cell)) & set(never) for line in lines for cell in line)
    made = "\n".join(ends + joined.join(map(str, line)) + ends[::-1] for line in lines)
    return made if clean and len(table["header"]) > 1 else None


def _table_in_upper_case(table: Mapping[str, Any]) -> str:
    rows = [[str(cell).upper() for cell in row] for row in table["rows"]]
    return as_json({"header": [name.upper() for name in table["header"]], "rows": rows})


RECORDS: dict[str, Rewrite] = {
    "pretty json": data(_pretty),
    "python dict": data(repr),
    "list of objects": data(lambda t: as_json([dict(zip(t["header"], row, strict=True)) for row in t["rows"]])),
    "markdown table": data(lambda table: _lines(table, True, " | ", "| ", "|")),
    "comma table": data(lambda table: _lines(table, False, ",", "", ',"\n')),
    "columns in another order": data(
        lambda t: as_json({"header": t["header"][::-1], "rows": [row[::-1] for row in t["rows"]]})
    ),
    "table in another case": data(_table_in_upper_case),
}


def _other_spacing(a: Answer) -> str | None:
    text = repr(a.data)
    clean = isinstance(a.data, list | tuple) and "'" not in text and '"' not in text and ", " in text
    return text.replace(", ", a.rng.choice([",", " , "])) if clean else None


def _json_literal(a: Answer) -> str | None:
    """JSON for a list or string that both write alike."""
    clean = isinstance(a.data, list | str) and not re.search(r'["\\]|None', repr(a.data))
    return as_json(a.data) if clean and _is_json(a.data) else None


def _is_json(value: Any) -> bool:
    return all(map(_is_json, value)) if isinstance(value, list) else type(value) in (int, str)


def _call(write: str) -> Rewrite:
    """The call of the function beside its value, where outputs are Python source."""

    def rewrite(a: Answer) -> str | None:
        reference = a.example.reference
        return write.format(reference["input"], a.text) if is_source(reference) else None

    return rewrite


OUTPUT: dict[str, Rewrite] = {
    "other spacing": _other_spacing,
    "json literal": _json_literal,
    "call equals": _call("f({}) == {}"),
    "asserted call": _call("assert f({}) == {}"),
}
