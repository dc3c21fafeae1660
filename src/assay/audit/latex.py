"""A cautious look at LaTeX text for the rewrites: what is one value, a list, a tuple; sums and brackets apart.

It knows far less than the verifier, on purpose: what it does not know for certain is not rewritten.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|.", re.DOTALL)
_VALUE_COMMANDS = {"\\frac", "\\dfrac", "\\tfrac", "\\sqrt", "\\pi", "\\cdot", "\\times", "\\left", "\\right"}
_FORMULA_COMMANDS = _VALUE_COMMANDS | {"\\infty", "\\cup", "\\le", "\\ge", "\\leq", "\\geq", "\\pm", "\\{", "\\}"}
_VALUE_SIGNS = set("+-*/^(){} ")
_NOT_A_VALUE = re.compile(
    r"(?<![\\a-zA-Z])C(?![a-zA-Z])|[a-zA-Z]\(|\d\s+[\da-zA-Z]|\d[eE]|\d\s*\\[dt]?frac\s*\{?\d+\}?\s*\{?\d"
)
"""A constant of integration, a function, a unit, a power of ten after `e`, a mixed number."""
_LETTER = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]")
_OPEN, _CLOSE = ("(", "[", "{", "\\{"), (")", "]", "}", "\\}")


def _made_of(text: str, commands: set[str], signs: set[str]) -> bool:
    tokens = _TOKEN.findall(text)
    known = all(t in commands if t[0] == "\\" else t[0].isdigit() or t in signs or t.isalpha() for t in tokens)
    return known and not re.search(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}", text) and text.isascii() and _balanced(text)


def is_formula(text: str) -> bool:
    """Numbers, letters, signs, brackets and the commands that stand for them; no words, subscripts or functions."""
    plain = re.search(r"\d[eE][+-]?\d", text) is None
    return plain and _made_of(text, _FORMULA_COMMANDS, _VALUE_SIGNS | set("=<>,[]"))


def is_value(text: str) -> bool:
    """One expression: no list, relation, word, unit, function name or constant of integration."""
    text = text.strip()
    if not text or _NOT_A_VALUE.search(text) or text[-1] in "+-*/^":
        return False
    if text[0] == "(" and tuple_of(text) is not None:
        return False
    return _made_of(text, _VALUE_COMMANDS, _VALUE_SIGNS) and bool(re.search(r"\d|\\pi", text) or _LETTER.search(text))


def is_expression(text: str) -> bool:
    """One value with a radical, pi or letters, and no plain number."""
    return is_value(text) and not re.fullmatch(r"-?[\d.,/]+", text)


def is_entry(text: str) -> bool:
    """A value that can stand in a list: a number, or an expression without letters."""
    return is_value(text) and not _LETTER.search(text)


def is_interval(text: str) -> bool:
    return tuple_of(text) is not None and ("[" in text or "]" in text or "infty" in text)


def is_paired(text: str) -> bool:
    """Whether every brace has its partner."""
    return text.count("{") == text.count("}") and text.count("$") % 2 == text.count("\\$") % 2


def _balanced(text: str) -> bool:
    """Whether no bracket closes that was opened before the text, and none stays open."""
    depth = 0
    for token in _TOKEN.findall(text):
        depth += (token in _OPEN) - (token in _CLOSE)
        if depth < 0:
            return False
    return depth == 0


def parts(text: str) -> list[str]:
    """The text between top-level commas."""
    found, depth = [""], 0
    for token in _TOKEN.findall(text):
        depth += (token in _OPEN) - (token in _CLOSE)
        if token == "," and depth == 0:
            found.append("")
        else:
            found[-1] += token
    return [part.strip() for part in found]


def set_of(text: str) -> list[str] | None:
    """The entries of `\\{1, 2\\}`, all of them values."""
    found = re.fullmatch(r"(?:\\left\s*)?\\\{(.+?)(?:\\right\s*)?\\\}", text.strip())
    entries = parts(found[1]) if found else []
    return entries if entries and all(is_entry(entry) for entry in entries) else None


def tuple_of(text: str) -> list[str] | None:
    """The entries between one pair of round or square brackets, at least two of them."""
    found = re.fullmatch(r"(?:\\left\s*)?[(\[](.+?)(?:\\right\s*)?[)\]]", text.strip())
    entries = parts(found[1]) if found and _balanced(found[1]) else []
    return entries if len(entries) > 1 and all(entries) else None


def entries_of(text: str) -> list[str] | None:
    """The entries of a set, a tuple or a bare list, all of them values; commas in one number make no list."""
    if re.fullmatch(r"\d{1,3}(?:,\s*\d{3})+(?:\.\d+)?", text):
        return None
    listed = (set_of(text), tuple_of(text), parts(text))
    return next((found for found in listed if found and len(found) > 1 and all(map(is_entry, found))), None)


def equation_of(text: str) -> tuple[str, str] | None:
    """The sides of an equation in x and y."""
    sides = [side.strip() for side in text.split("=")]
    named = {"x", "y"} <= set(re.findall(r"(?<![\\a-zA-Z])[a-zA-Z](?![a-zA-Z])", text)) and "(x)" not in text
    return (sides[0], sides[1]) if len(sides) == 2 and named and all(map(is_value, sides)) else None


def terms_of(text: str) -> list[str]:
    """The terms of a sum, each with its sign; none of what is no sum of two terms or more."""
    found, depth, before = [""], 0, ""
    for token in _TOKEN.findall(text.strip()) if is_value(text) else ():
        depth += (token in _OPEN) - (token in _CLOSE)
        if token in "+-" and depth == 0 and (before.isalnum() or before in (")", "}") or before == "\\pi"):
            found.append(token)
        else:
            found[-1] += token
        before = token if token.strip() else before
    first, *rest = [term.strip() for term in found]
    return [first if first.startswith("-") else "+" + first, *rest] if rest else []


def plain_text(text: str) -> str | None:
    """A value as one types it: fractions with a slash, roots as `sqrt`, every product with its sign."""
    for _ in range(4):  # from the inside out
        for pattern, by in _TYPED:
            text = re.sub(pattern, by, text)
    if re.search(r"[\\{}]", text):
        return None
    made = [""]
    for token in re.findall(r"sqrt|pi|\d+(?:\.\d+)?|[a-zA-Z]|\S", text):
        touches = (made[-1].isalnum() or made[-1] == ")") and made[-1] != "sqrt" and (token.isalnum() or token == "(")
        made += ["*", token] if touches else [token]
    return "".join(made)


_TYPED = (
    (r"\\(?:left|right)(?![a-z])", ""),
    (r"\\(?:cdot|times)(?![a-z])", "*"),
    (r"\\pi(?![a-z])", " pi "),
    (r"\\[dt]?frac(\w)(\w)", r"\\frac{\1}{\2}"),
    (r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}", r"((\1)/(\2))"),
    (r"\\sqrt\{([^{}]+)\}", r" sqrt(\1)"),
    (r"\^\{([^{}]+)\}", r"^(\1)"),
)
