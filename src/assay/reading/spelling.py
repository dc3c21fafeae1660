"""One spelling for the text of a mathematical answer before it is cut into tokens: what is only wrapping goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from assay.reading.tokens import in_latex

_DAMAGED = re.compile(
    "\t(?=ext|imes|an\\b|heta|frac|riangle)|\f(?=rac)|\x08(?=inom|oxed|ar\\b|eta)|\r(?=ight|ho)|\n(?=eq\\b|olimits|u\\b)"
)
_ESCAPES = {"\t": "\\t", "\f": "\\f", "\x08": "\\b", "\r": "\\r", "\n": "\\n"}
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z])")
_BRACKET = re.compile(r"\\(?:m?left|m?right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*(?:\.(?!\d))?")
_OPTION = re.compile(
    r"(?:\([A-E]\)|[A-E][.)]|\\(?:text|textbf|textrm|mathrm|mathbf)\s*\{\s*(?:\([A-E]\)|[A-E][.)])\s*\})"
    r"(?:\\[ ,]|\s)++(?=.*[\d\\])"
)
"""The letter of an option before its text."""
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|textbf)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+)\}[.,]?")
_PART = re.compile(r"(?:\\text\s*\{\s*)?\(([a-e]|i{1,3})\)\s*\}?(?:\s|\\[ ,;]|~)*")
_PARTS = ("ab", "abc", "abcd", "abcde", "iii", "iiiiii")
"""Names of the parts of an answer, in order."""
_GOES_ON = re.compile(r"[\d,;+-]\s?\.\.\.$")


_ROW_SPACE = re.compile(r"\\\\\[-?\d*\.?\d+(?:pt|em|ex|mm|cm|in|mu)\]")
"""A line break with the space below it."""


def mended(text: str) -> str:
    """LaTeX whose backslashes were lost to, or doubled by, another format's escapes (`<tab>ext{...}`, `\\\\frac`)."""
    if not text.isprintable():
        text = _DAMAGED.sub(lambda match: _ESCAPES[match[0]], text)
    if "\\\\" in text and "begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    return text


def trimmed(text: str) -> str:
    """Without the dollar signs, brackets of display mathematics, bold and closing punctuation around an answer."""
    text = _ROW_SPACE.sub(r"\\\\", mended(text)).strip()
    if text.startswith("**") and text.endswith("**"):
        text = text.strip("*")
    text = text.strip().strip("$").strip()
    if bold := _BOLD.fullmatch(text):
        text = bold[1]
    if option := _OPTION.match(text):
        text = text[option.end() :]
    while text[-1:] in (".", ",", ";") and not text.endswith("\\" + text[-1:]) and not _GOES_ON.search(text[-5:]):
        text = text[:-1].rstrip().rstrip("$").rstrip()
    if text.startswith(("\\(", "\\[")):
        text = re.sub(r"\\[()\[\]]", "", text).strip()
    return text.rstrip("\\").rstrip().removesuffix("^").lstrip(":=∴⇒ ")


_SCIENTIFIC = re.compile(r"(?<=\d)\s*[xX]\s*10\s*(?=\^|\*\*)")
_EXPONENT = re.compile(r"(?<=\d)\s+[eE]\s*(?=[+-]?\d{1,3}$)")
_GROUPED = re.compile(r"^-?\d{1,3}(?: \d{3})+(?:\.\d+)?$")
_REPEATING = re.compile(r"(\d{1,50})\.(\d{0,50})(?:\\(?:overline|bar|dot)\s*\{?(\d{1,50})\}?|\((\d{1,20})\)$)")
_DOTTED = re.compile(r"(?<![\d.])(\d{0,40})\.(\d{0,40}?)(\d{1,12}?)\3{1,12}\s*(?:\\[lc]?dots(?![a-zA-Z])|\.\.\.|…)")
_ENDLESS = re.compile(r"(?<![\d.])\.\.\.")
_SCRIPTED = re.compile(r"(?:\{\s*\})?[_^]\{?(\w{1,4})\}?\s*C_\{?(\w{1,4})\}?|C_\{?(\d{1,4})\}?\^\{?(\d{1,4})\}?")
"""`{}_{10}C_3` and `C_{10}^3` for a binomial coefficient."""
_MEASURE = re.compile(r"\\(?:SI|qty)\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,60})\}")
_CHEMISTRY = re.compile(r"\\(?:ce|cf)\s*\{([^{}]*)\}")
_SUBSCRIPT = re.compile(r"(?<=[A-Za-z)\]])(\d+)")
_PRICE = re.compile(r"^(-?)\s*(?:\\\$|\$|Rs\.?\s?)\s*(-?)(?=[\d.])")


def spelled(text: str) -> str:
    """A trimmed formula with each form of a number, and of what LaTeX has several for, in one spelling."""
    text = in_latex(text)
    if "\\" in text:
        text = _BRACKET.sub("", text).replace("^{\\prime}", "'").replace("^\\prime", "'").replace("{:}", ":")
    text = _PRICE.sub(r"\\$\1\2", text) if text[:1] in "-$\\R" else text
    for hints, pattern, spelling in _FORMS:
        if any(hint in text for hint in hints):
            text = pattern.sub(spelling, text)
    if text.startswith(("(a)", "(i)", "\\text")) and "".join(_PART.findall(text)) in _PARTS:
        text = _PART.sub(", ", text).lstrip(", ")
    return re.sub(r"(?<!\\)\$", " ", text)


def _repeating(match: re.Match[str]) -> str:
    return _fraction_of(match[1], match[2], match[3] or match[4])


def _dotted(match: re.Match[str]) -> str:
    """A decimal whose last digits are written again before the dots (`0.1666...`) as a fraction."""
    whole, fixed, again = match[1] or "0", match[2], match[3]
    if len(again) == 1 and not match[0].rstrip("\\.…lcdots ").endswith(again * 3):
        return match[0]
    return _fraction_of(whole, fixed, again)


def _fraction_of(whole: str, fixed: str, again: str) -> str:
    """A repeating decimal as a fraction."""
    value = Fraction(int(whole + fixed + again) - int(whole + fixed), (10 ** len(again) - 1) * 10 ** len(fixed))
    return rf"(\frac{{{value.numerator}}}{{{value.denominator}}})"


def _binomial(match: re.Match[str]) -> str:
    one, two = [part for part in match.groups() if part is not None]
    return rf"\binom{{{one}}}{{{two}}}"


_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (("C_", "C^"), _SCRIPTED, _binomial),
    (("overline", "bar", "dot", "("), _REPEATING, _repeating),
    (("...", "dots", "…"), _DOTTED, _dotted),
    (("...",), _ENDLESS, r"\\ldots "),
    (("10",), _SCIENTIFIC, r"\\times 10"),
    ((" e", " E"), _EXPONENT, "e"),
    ((" ",), _GROUPED, lambda match: match[0].replace(" ", "")),
    (("\\SI", "\\qty"), _MEASURE, r"\1\\text{ \2}"),
    (("\\ce", "\\cf"), _CHEMISTRY, lambda match: _SUBSCRIPT.sub(r"_{\1}", match[1])),
)
"""Forms with what hints at each, and their spelling."""
