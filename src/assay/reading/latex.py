"""LaTeX and plain-text mathematics cut into tokens, with everything that is only layout dropped."""

from __future__ import annotations

import re
from typing import NamedTuple

_TABLE = str.maketrans({
    "−": "-", "–": "-", "‐": "-", "‑": "-", "·": "*", "×": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/",
    "π": "\\pi ", "∞": "\\infty ", "√": "\\surd ", "∛": "\\cbrt ", "∅": "\\emptyset ", "ø": "\\emptyset ",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\u200b": "", "~": " ",
    "∪": "\\cup ", "∩": "\\cap ", "∈": "\\in ", "≤": "\\le ", "≥": "\\ge ", "⩽": "\\le ", "⩾": "\\ge ", "≠": "\\ne ",
    "±": "\\pm ", "∓": "\\mp ", "≈": "\\approx ", "≡": "\\equiv ", "→": "\\to ", "⌊": "\\lfloor ", "⌋": "\\rfloor ",
    "⌈": "\\lceil ", "⌉": "\\rceil ", "∖": "\\setminus ", "…": "\\ldots ", "⋯": "\\ldots ", "’": "'", "′": "'",
    "″": "''", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℏ": "\\hbar ", "∂": "\\partial ",
    "∑": "\\sum ", "∏": "\\prod ", "∫": "\\int ", "⟨": "(", "⟩": ")",
    "α": "\\alpha ", "β": "\\beta ", "γ": "\\gamma ", "δ": "\\delta ", "ε": "\\epsilon ", "η": "\\eta ",
    "θ": "\\theta ", "λ": "\\lambda ", "μ": "\\mu ", "ν": "\\nu ", "ξ": "\\xi ", "ρ": "\\rho ", "σ": "\\sigma ",
    "τ": "\\tau ", "φ": "\\phi ", "ϕ": "\\phi ", "χ": "\\chi ", "ψ": "\\psi ", "ω": "\\omega ", "Γ": "\\Gamma ",
    "Δ": "\\Delta ", "Θ": "\\Theta ", "Λ": "\\Lambda ", "Σ": "\\Sigma ", "Φ": "\\Phi ", "Ω": "\\Omega ",
})  # fmt: skip
_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_FRACTION = re.compile(rf"(\d\s?)?([{''.join(_FRACTIONS)}])")
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ", "0123456789+-()nx", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢ", "0123456789+-ni", strict=True))
_SCRIPTS = re.compile(rf"[{''.join(_RAISED)}]+|[{''.join(_LOWERED)}]+")


def in_latex(text: str) -> str:
    """The text with superscripts, fractions, Greek letters and signs of mathematics as LaTeX writes them."""
    if text.isascii() and "~" not in text:
        return text
    text = _SCRIPTS.sub(_script, _FRACTION.sub(_fraction, text))
    return text.translate(_TABLE)


def _fraction(match: re.Match[str]) -> str:
    """A mixed number behind a digit, a value elsewhere."""
    written = _FRACTIONS[match[2]]
    return f"{match[1]} {written}" if match[1] else f"({written})"


def _script(match: re.Match[str]) -> str:
    raised = match[0][0] in _RAISED
    return f"{'^' if raised else '_'}{{{''.join((_RAISED | _LOWERED)[mark] for mark in match[0])}}}"


MAX_TOKENS = 3000
MAX_DIGITS = 3000


class TooCostly(ValueError):
    """An expression that would cost too much to read or to evaluate; the message names the limit."""


class Unreadable(ValueError):
    """Not an expression of the kinds that are read."""


class Token(NamedTuple):
    kind: str
    """`num`, `id` (a letter), `cmd` (a LaTeX command or a known name), `op`, or `text` (words, in \\text{} or bare)."""
    text: str
    spaced: bool = False
    """Whether white space stands before it."""


def _names(text: str) -> set[str]:
    return set(text.split())


FUNCTIONS = _names(
    "sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh arsinh arcosh artanh ln log lg exp max min gcd "
    "lcm arg det abs floor ceil sgn cis cbrt"
)
CONSTANTS = {"pi", "infty", "e", "i"}
_GREEK = _names(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    " Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
SYMBOLS = _GREEK | {"emptyset", "varnothing", "mathbb", "ldots", "hbar", "partial", "nabla"}
_PLAIN = FUNCTIONS | {"pi", "sqrt", "infty", "binom"}
_SAME = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "cdot": "*", "times": "*",
    "ast": "*", "div": "/", "leq": "≤", "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "lt": "<",
    "gt": ">", "neq": "≠", "ne": "≠", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "lbrace": "\\{",
    "rbrace": "\\}", "{": "\\{", "}": "\\}", "lbrack": "[", "rbrack": "]", "cup": "∪", "cap": "∩", "in": "∈",
    "pm": "±", "mp": "∓", "degree": "°", "circ": "°", "%": "%", "$": "$", "|": "|", "setminus": "∖", "backslash": "∖",
    "land": "and", "bmod": "mod", "lor": "or", "wedge": "and", "vee": "or", "to": "→", "mapsto": "→", "rightarrow": "→",
    "colon": ":", "langle": "(", "rangle": ")", "approx": "≈", "equiv": "=", "infin": "infty",
    "dots": "ldots", "cdots": "ldots", "dotsc": "ldots", "dotsb": "ldots",
}  # fmt: skip
_ALIASES = {
    "inf": "infty", "infinity": "infty", "tg": "tan", "ctg": "cot", "arctg": "arctan", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "arcsinh": "arsinh", "acosh": "arcosh", "arccosh": "arcosh",
    "atanh": "artanh", "arctanh": "artanh", "sign": "sgn", "varepsilon": "epsilon", "varphi": "phi",
    "vartheta": "theta", "varrho": "rho",
}  # fmt: skip
"""Names that are written with and without a backslash."""
_SAME |= _ALIASES
_DROPPED = _names(
    "left right middle displaystyle textstyle limits nolimits , ; : ! quad qquad big Big bigl bigr Bigl Bigr bigg Bigg "
    "biggl biggr mathrm mathbf mathit mathsf rm bf it operatorname* nonumber boxed boldsymbol ( ) [ ]"
)
_TEXT = {"text", "textbf", "textrm", "textit", "mbox", "hbox", "operatorname", "mathrm", "rm"}
_TOKEN = re.compile(
    r"\s*+(?:(?P<num>(?:\d{1,3}(?:(?:\{,\}|\\,|\\!,|,\\!|\{,\}\\!)\d{3})+(?!\d)(?:\.\d+)?|\d+\.\d+|\d+\.(?=\s*[/*])|\d+|\.\d+)"
    r"(?:[eE](?:[+-]\d{1,9}|\d{1,9})(?![\w{]))?)"
    r"|\\(?P<cmd>[a-zA-Z]+\*?|.)|(?P<word>[a-zA-Z]+)|(?P<op>\*\*|<=|>=|!=|->|\S))",
    re.DOTALL,
)
_LONG_OPS = {"**": "^", "<=": "≤", ">=": "≥", "!=": "≠", "->": "→"}
_NO_DIGIT = re.compile(r"[^\d.]")
UNIT_LETTERS = set("mslgtNJWVATKHCFhL")
_JOINT = re.compile(r"\b(and|or)\b|(,)")
_BRACED = re.compile(r"\s*+\{([^{}]*+)\}")


def tokenize(text: str) -> list[Token]:
    """The tokens of a formula. Raises `TooCostly` past `MAX_TOKENS`."""
    tokens: list[Token] = []
    text, at = in_latex(text).replace("^{\\prime}", "'").replace("^\\prime", "'"), 0
    while (match := _TOKEN.match(text, at)) is not None:
        kind = match.lastgroup
        assert kind is not None
        piece, spaced = match[kind], match[0] != match[kind] and text[at].isspace()
        at = match.end()
        if kind == "num":
            tokens.append(Token("num", _number(piece), spaced))
        elif kind == "op":
            tokens.append(Token("op", _LONG_OPS.get(piece, piece), spaced))
        elif kind == "word":
            tokens += _word(piece, spaced)
        else:
            at = _command(piece, text, at, tokens, spaced)
        if len(tokens) > MAX_TOKENS:
            raise TooCostly(f"more than {MAX_TOKENS} tokens")
    return tokens


def _number(written: str) -> str:
    if written.isdigit() and len(written) <= MAX_DIGITS:
        return written
    mantissa, _, exponent = written.replace("E", "e").partition("e")
    digits = _NO_DIGIT.sub("", mantissa)
    if len(digits) > MAX_DIGITS or abs(int(exponent or 0)) > MAX_DIGITS:
        raise TooCostly(f"a number of more than {MAX_DIGITS} digits")
    return digits.rstrip(".") + (f"e{exponent}" if exponent else "")


def _command(name: str, text: str, at: int, tokens: list[Token], spaced: bool) -> int:
    if name in _TEXT and (braced := _BRACED.match(text, at)):
        tokens += _wording(name, braced[1], tokens, spaced)
        return braced.end()
    if name in ("pmod", "unit") and (end := text.find("}", at)) > 0:
        content = text[at:end].strip(" {")
        end += text.startswith("}", end + 1) and "{" in content
        tokens.append(Token("text", f"mod {content}" if name == "pmod" else content, spaced))
        return end + 1
    if name in _DROPPED or name.isspace():
        return at
    name = _SAME.get(name, name)
    is_name = name[0].isalpha() and name not in ("and", "or")
    tokens.append(Token("cmd" if is_name else "op", name, spaced))
    return at


def _wording(command: str, written: str, before: list[Token], spaced: bool) -> list[Token]:
    """What stands in `\\text{}`: words, a symbol in upright letters, or a formula with its unit."""
    content = written.strip()
    behind_number = bool(before) and (before[-1].kind == "num" or before[-1].text in (")", "}"))
    if len(content) == 1 and behind_number and (content in UNIT_LETTERS or written != content):
        return [Token("text", content, spaced)]
    if content in ("constant", "const", "const."):
        return [Token("id", "C", spaced)]
    if command in ("mathrm", "operatorname", "rm", "text") and (len(content) == 1 or content in _PLAIN | set(_ALIASES)):
        return _word(content, spaced)
    if re.search(r"\d", content):
        return tokenize(content)
    pieces = [piece.strip() for piece in _JOINT.split(content) if piece]
    return [Token("op" if p in ("and", "or", ",") else "text", p, spaced) for p in pieces if p]


def _word(word: str, spaced: bool) -> list[Token]:
    low = word if word in _PLAIN else word.lower()
    if low == "not":
        raise Unreadable("a denial")
    if low in ("and", "or"):
        return [Token("op", low, spaced)]
    low, word = _ALIASES.get(low, low), _ALIASES.get(word, word)
    if low in _PLAIN or word in _GREEK:
        return [Token("cmd", low if low in _PLAIN else word, spaced)]
    if len(word) > 3 and word.isupper():
        return [Token("id", word, spaced)]
    if len(word) > 3 and word not in ("abcd", "wxyz"):
        head = next((name for name in ("sqrt", "pi") if word.startswith(name) and len(word) <= len(name) + 1), None)
        if head is None:
            return [Token("text", word, spaced)]
        return [Token("cmd", head, spaced), *(Token("id", c) for c in word[len(head) :])]
    return [Token("id", letter, spaced and not place) for place, letter in enumerate(word)]
