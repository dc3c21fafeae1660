"""The same mathematical answer in other letters: typography, names, units, lists and sets in another order."""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.audit.latex_text import (
    is_entry,
    is_formula,
    is_paired,
    is_value,
    parts,
    plain_text,
    set_of,
    tuple_of,
)
from assay.audit.subject import Subject
from assay.types import Example

MAX_CHARS = 400
_UNICODE = {"\\times": "×", "\\cdot": "·", "\\pi": "π", "\\infty": "∞", "\\cup": "∪", "\\leq": "≤", "\\geq": "≥"}
_UNICODE |= {"\\le": "≤", "\\ge": "≥"}
_NAME = r"[a-zA-Z]"


def answer(example: Example) -> str | None:
    """The reference as it is written, unless it is long, prose, or LaTeX whose braces do not pair."""
    if not isinstance(example.reference, str | int | float):
        return None
    text = str(example.reference).strip()
    if not re.search(r"[0-9A-Za-zπ∞∅]", text):
        return None
    prose = len(re.findall(r"(?<![\\a-zA-Z])[A-Za-z]{2,}", text)) > 4
    return text if 0 < len(text) <= MAX_CHARS and text.isprintable() and not prose and is_paired(text) else None


def _changed(s: Subject, text: str) -> str | None:
    return text if text != s.answer else None


def _sub(s: Subject, pattern: str, by: str | Callable[[re.Match[str]], str]) -> str | None:
    return _changed(s, re.sub(pattern, by, s.answer))


def frac_styles(s: Subject) -> str | None:
    """`\\dfrac`, `\\tfrac` or `\\frac`."""
    style = s.rng.choice([r"\\dfrac", r"\\tfrac", r"\\frac"])
    return _sub(s, r"\\[dt]?frac(?![a-zA-Z])", style)


def frac_of_digits(s: Subject) -> str | None:
    """`\\frac12` for `\\frac{1}{2}`."""
    return _sub(s, r"\\([dt]?)frac\{(\d)\}\{(\d)\}(?!\d)", r"\\\1frac\2\3")


def wide_spacing(s: Subject) -> str | None:
    """Spaces around signs and after commas."""
    if not is_formula(s.answer):
        return None
    return _sub(s, r"\s*([+=]|(?<=[\w)}])-(?=[\w\\(])|,(?!\d{3}|\}))\s*", r" \1 ")


def tight_spacing(s: Subject) -> str | None:
    return _sub(s, r"(?<![\\a-zA-Z])\s+(?=[+=<>(\\-])|(?<=[+=<>,(-])\s+(?!\d{3})", "") if is_formula(s.answer) else None


def thin_spaces(s: Subject) -> str | None:
    """`\\,` and `\\;` after commas and around plus signs."""
    space = s.rng.choice(["\\,", "\\;", "\\ ", "~"])
    return _sub(s, r"\s*([+=])\s*|(,)\s+", lambda m: (m[1] or m[2]) + space) if is_formula(s.answer) else None


def left_and_right(s: Subject) -> str | None:
    """`\\left(` and `\\right)` around what stands in brackets, or without them."""
    if "\\left" in s.answer or "\\right" in s.answer:
        return _sub(s, r"\\(?:left|right)(?![a-zA-Z.|])\s*", "")
    counts = [s.answer.count(bracket) for bracket in "([)]"]
    if not is_formula(s.answer) or "sqrt[" in s.answer or counts[0] + counts[1] != counts[2] + counts[3]:
        return None
    return _sub(s, r"\\?[([]|\\\{|[)\]]|\\\}", lambda m: ("\\left" if m[0][-1] in "([{" else "\\right") + m[0])


def braced_powers(s: Subject) -> str | None:
    """`x^{2}` for `x^2`, and the other way round."""
    if "^{" in s.answer:
        return _sub(s, r"\^\{([\da-z])\}(?![\d])", r"^\1")
    return _sub(s, r"\^([\da-z])(?!\d)", r"^{\1}")


def unicode_signs(s: Subject) -> str | None:
    """`π`, `√2`, `×`, `∞`, `∪`, `≤`, `−` for their commands."""
    text = re.sub(r"\\sqrt\{(\d+)\}", r"√\1", s.answer) if re.fullmatch(r"-?\d*\\sqrt\{\d+\}", s.answer) else s.answer
    for command, sign in _UNICODE.items():
        text = re.sub(re.escape(command) + r"(?![a-zA-Z])\s*", sign, text)
    return _changed(s, text.replace("-", "−")) if is_formula(s.answer) else None


def plain_notation(s: Subject) -> str | None:
    """`(1)/(2)*sqrt(3)*pi` for LaTeX."""
    text = plain_text(s.answer) if is_value(s.answer) else None
    return None if text is None or "\\" not in s.answer else text


def cdot_or_times(s: Subject) -> str | None:
    return _sub(s, r"\\times(?![a-zA-Z])", r"\\cdot") or _sub(s, r"\\cdot(?![a-zA-Z])", r"\\times")


def list_in_another_order(s: Subject) -> str | None:
    """A bare list or a set, backwards."""
    found = _unordered(s)
    return None if found is None else found[0] + ", ".join(found[1][::-1]) + found[2]


def set_braces(s: Subject) -> str | None:
    """Braces around a bare list, or none around a set."""
    found = _unordered(s)
    if found is None:
        return None
    listed = ", ".join(found[1])
    return listed if found[0] else f"\\{{{listed}\\}}"


def list_with_and(s: Subject) -> str | None:
    found = _unordered(s)
    return None if found is None else ", ".join(found[1][:-1]) + " \\text{ and } " + found[1][-1]


def names_for_each(s: Subject) -> str | None:
    """`x = 1, x = 2` for `1, 2`."""
    found = _unordered(s)
    return None if found is None or "x" in s.answer else ", ".join(f"x = {entry}" for entry in found[1])


def _unordered(s: Subject) -> tuple[str, list[str], str] | None:
    """Opening, entries and closing of a bare list or a set of values."""
    listed = set_of(s.answer)
    if listed is not None:
        return ("\\{", listed, "\\}") if len(listed) > 1 else None
    entries = parts(s.answer)
    plain = len(entries) > 1 and all(is_entry(entry) for entry in entries)
    return ("", entries, "") if plain and not re.fullmatch(r"\d{1,3}(?:,\s*\d{3})+(?:\.\d+)?", s.answer) else None


def named_value(s: Subject) -> str | None:
    """`x = ` before a value without letters, `(x, y) = ` before a pair."""
    if is_value(s.answer) and not re.search(r"(?<![\\a-zA-Z])[a-zA-Z]", s.answer):
        return f"x = {s.answer}"
    pair = tuple_of(s.answer)
    plain = s.answer.startswith(("(", "\\left(")) and re.search(r"ordered pair|coordinates", s.example.asked_text)
    return f"(x, y) = {s.answer}" if plain and pair is not None and len(pair) == 2 else None


def name_left_out(s: Subject) -> str | None:
    """`3` for `x = 3`."""
    found = re.fullmatch(rf"{_NAME}\s*=\s*(.+)", s.answer)
    return found[1] if found and is_value(found[1]) and not re.search(r"(?<![\\a-zA-Z])[a-zA-Z]", found[1]) else None


def union_in_another_order(s: Subject) -> str | None:
    intervals = re.split(r"\s*\\cup\s*", s.answer)
    plain = len(intervals) > 1 and all(tuple_of(part) is not None for part in intervals)
    return " \\cup ".join(intervals[::-1]) if plain else None


def matrix_brackets(s: Subject) -> str | None:
    return _sub(s, r"\{pmatrix\}", "{bmatrix}")


def matrix_spacing(s: Subject) -> str | None:
    return _sub(s, r"\s*(&|\\\\)\s*", r" \1 ") if "matrix" in s.answer else None


def mathrm_or_text(s: Subject) -> str | None:
    other = s.rng.choice([r"\\mathrm", r"\\mbox", r"\\textbf"])
    return _sub(s, r"\\text\s*(?=\{[a-zA-Z ]+\})", other)


def words_unwrapped(s: Subject) -> str | None:
    """`Evelyn` for `\\text{Evelyn}`."""
    found = re.fullmatch(r"\\text(?:bf)?\s*\{([A-Za-z ]{4,})\}", s.answer)
    return found[1] if found else None


def words_in_another_case(s: Subject) -> str | None:
    return _sub(s, r"^\\text\{([A-Za-z ]{4,})\}$", lambda m: f"\\text{{{m[1].swapcase()}}}")


def braced_base(s: Subject) -> str | None:
    """`101_{2}` for `101_2`."""
    return _sub(s, r"^(\w+)_(\d)$", r"\1_{\2}") or _sub(s, r"^(\w+)_\{(\d)\}$", r"\1_\2")


def degree_sign(s: Subject) -> str | None:
    """`°` or the word for `^\\circ`."""
    sign = s.rng.choice(["°", r" \\text{ degrees}", r"^{\\circ}"])
    return _sub(s, r"\s*\^\s*(?:\\circ|\{\\circ\})$", sign)


def percent_word(s: Subject) -> str | None:
    return _sub(s, r"(?<=\d)\s*\\?%$", r" \\text{ percent}")


def no_solution_words(s: Subject) -> str | None:
    """The empty set and its words."""
    empty = s.answer in ("\\emptyset", "\\varnothing", "\\text{no solution}", "\\text{No solution}")
    return _changed(s, s.rng.choice(["\\emptyset", "\\varnothing", "\\text{No solution}", "\\{\\}"])) if empty else None


def display_style(s: Subject) -> str | None:
    """Commands that change the look only."""
    look = s.rng.choice(["\\displaystyle {}", "{{{}}}", "\\mathbf{{{}}}", "{}\\,", "\\quad {}"])
    return look.format(s.answer) if is_value(s.answer) else None


KEEPS = (
    display_style,
    frac_styles,
    frac_of_digits,
    wide_spacing,
    tight_spacing,
    thin_spaces,
    left_and_right,
    braced_powers,
    unicode_signs,
    plain_notation,
    cdot_or_times,
    list_in_another_order,
    set_braces,
    list_with_and,
    names_for_each,
    named_value,
    name_left_out,
    union_in_another_order,
    matrix_brackets,
    matrix_spacing,
    mathrm_or_text,
    words_unwrapped,
    words_in_another_case,
    braced_base,
    degree_sign,
    percent_word,
    no_solution_words,
)
