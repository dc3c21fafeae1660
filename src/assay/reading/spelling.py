"""One spelling for the text of a mathematical answer, before it is cut into tokens: what is only wording goes.

So do colours, sizes, underlines and space; invisible text is not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from assay.reading.units import LONG_UNITS, UNITS, measure_name

_COMMAND = re.compile(
    r"\\(?:(?:text)?color|[hv]?phantom|[hv]space|uline|underline|ensuremath|SI|qty|texttt|mathtt|bm|scriptstyle"
    r"|enspace|hfill|normalsize|(?i:large|huge|small|tiny))(?![a-zA-Z])"
)
_LAYOUT = (
    (re.compile(r"\\(?:SI|qty)\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,60})\}"), r"\1\\text{ \2}"),
    (re.compile(r"\\(?:text)?color\s*\{\s*(?!white|transparent)[a-zA-Z!\d]{1,20}\s*\}"), ""),
    (re.compile(r"\\[hv]?phantom\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\[hv]space\*?\s*\{[^{}]{1,20}\}"), r"\\quad "),
    (
        re.compile(
            r"\\(?:uline|underline|ensuremath|texttt|mathtt|bm|scriptstyle|enspace|hfill|normalsize"
            r"|(?i:large|huge|small|tiny))(?![a-zA-Z])"
        ),
        "",
    ),
)
_WHOLE = re.compile(r"\\(?:text|mathrm|textrm|textbf|mathbf|mbox|num)\s*\{\s*(-?\d[^{}]*)\}")
_OVER = re.compile(r"\{([^{}\\]{1,60})\\over(?![a-z])([^{}]{1,60})\}")
_LEAD = re.compile(r"^(?:\\(?:therefore|[rR]ightarrow|implies|Longrightarrow|to)(?![a-zA-Z])|[:=∴⇒])\s*")
_LINE_BREAK = re.compile(r"(?:\\\\|(?<!\\)\\ )\s*$")


def visible(text: str) -> str:
    """The formula without its layout."""
    if text.startswith("**") and text.endswith("**"):
        text = text.strip("*")
    text = text.replace("\\unit{", "\\text{")
    if "\\" not in text:
        return _LEAD.sub("", text)
    if "\\over" in text:
        text = _OVER.sub(r"\\frac{\1}{\2}", text)
    if whole := _WHOLE.fullmatch(text):
        text = whole[1]
    if _COMMAND.search(text):
        for pattern, spelling in _LAYOUT:
            text = pattern.sub(spelling, text)
    if text.endswith(("\\", "\\ ")):
        text = _LINE_BREAK.sub("", text + " ").rstrip()
    return _LEAD.sub("", text)


_REPEATING = re.compile(r"(\d{1,50})\.(\d{0,50})\\(?:overline|bar|dot)\s*\{?(\d{1,50})\}?")
_ORDINAL = re.compile(
    r"(?<=\d)\s*+(?:\^\s*+)?(?:\{\s*+)?"
    r"(?:\\(?:text|mathrm|textrm)\s*+\{\s*+(?:st|nd|rd|th)\s*+\}|(?:st|nd|rd|th)\b)(?:\s*+\})?"
)
_FOR_ALL = re.compile(r"\\text\s*+\{\s*+,?\s*+for (?:all|any|every)\b[^{}]*+\}[^,;]*+")
_LETTERS = r"\$?\(?\s*+[a-zA-Z](?:\s*+,\s*+[a-zA-Z]){0,3}\s*+\)?\$?"
_PARAMETER = re.compile(
    r"(?:(?<=[^\s,;.\\])(?:[\s,;.]|\\[ ,;])++|(?<=\S)(?=\(|\\text|\\q))(?:\\q?quad)?\s*+\(?\s*+"
    r"(?:\\text\s*+\{[^{}]{0,30}\}|where|for(?: all| any| some| every)?)?\s*+"
    + _LETTERS
    + r"(?:\s*+\\in\s*+\\?(?:mathbb|mathbf|Bbb)?\s*+\{?\s*+[ZN]\s*+\}?(?:[_^](?:\{?[+*\d]\}?)?)?"
    r"|\s*+(?:\\text\s*+\{\s*+)?(?:is|are|be|being)?\s*+(?:an?\s++|any\s++|arbitrary\s++|some\s++){0,4}+integers?"
    r"\s*+\}?)\s*+\$?\)?\s*+$"
)
_TAIL = 80
MAX_ASIDE = 400
"""Characters of the longest answer whose explanation in brackets is taken off."""
_MODULUS = re.compile(
    r"\\pmod\s*+\{?\s*+([\w^+*-]{1,20})\s*+\}?|\(\s*+\\?(?:text\s*+\{\s*+|b)?mod\s*+\}?\s*+\{?([\w^]{1,20})\}?\s*+\)"
    r"|\\b?mod\s*+\{?([\w^]{1,20})\}?\s*+$"
)
_DECORATION = re.compile(
    r"\\(?:angle|triangle|measuredangle)(?![a-zA-Z])\s*|\\(?:vec|hat|overrightarrow|widehat)(?![a-zA-Z])"
)
_SEGMENT = re.compile(r"\\overline\s*\{\s*([A-Z]{2,3})\s*\}")
_THOUSANDS = re.compile(r"(?<![\d,{(\[])(\d{1,3}(?:,\d{3})+)(?![\d,])")
_PRICE = re.compile(r"(?<![\w)}\\])\$(?=\d[\d,.]*(?:$|\s))(?!.*(?<!\\)\$)")
_LETTERED = r"(?:\([A-E]\)|[A-E][.)])"
_OPTION = re.compile(
    rf"^(?:{_LETTERED}|\\(?:text|textbf|textrm|mathrm|mathbf)\s*\{{\s*{_LETTERED}\s*\}})(?:\\[ ,]|\s)++(?=.*[\d\\])"
)
_BINOMIAL = re.compile(
    r"\{([^{}]{1,40})\\choose([^{}]{1,40})\}|(?:\{\s*\})?[_^]\{?(\w{1,4})\}?\s*C_\{?(\w{1,4})\}?|C_\{?(\d{1,4})\}?\^\{?(\d{1,4})\}?"
)
_DEGREE = r"(?:°|\^\s*\{?\s*\\circ\s*\}?)"
_PRIME = r"(?:['′]|\^\s*\{?\s*\\prime\s*\}?)"
_ARC = re.compile(
    rf"(\d{{1,6}})\s*{_DEGREE}\s*(\d{{1,2}}(?:\.\d{{1,20}})?)\s*{_PRIME}(?!{_PRIME})(?:\s*(\d{{1,2}}(?:\.\d{{1,20}})?)\s*(?:''|\"|″|\^\s*\{{\s*\\prime\s*\\prime\s*\}}))?"
)
"""Degrees, minutes and seconds of arc."""
_DOTTED = re.compile(r"(?<![\d.])(\d{0,40})\.(\d{0,40}?)(\d{1,12}?)\3{1,12}\s*(?:\\[lc]?dots(?![a-zA-Z])|\.\.\.|…)")
_ASIDE = r"(?:\\text\s*\{\s*)?\(\s*(?:\\text\s*\{\s*)?"
_BECAUSE = re.compile(
    rf"(?<=[\w}})])(?:\s|\\[ ,;]|\\q?quad)*{_ASIDE}(?:since|because|i\.e\.)\s(?!.*\bor\b).*\)\s*\}}?$", re.DOTALL
)
"""An explanation in brackets behind the answer."""
_APPROXIMATELY = re.compile(
    rf"{_ASIDE}(?:\\approx|≈|approximately|approx\.?|about|roughly)(?:\s*\}})?(?=[\s\d$\\])([^()]{{1,60}})\)\s*\}}?$"
)
_COUNTED = re.compile(
    r"((?=[A-Za-z ]*[a-z]{4})(?:[A-Za-z]++ ){1,8})?(-?(?:\d{1,3}(?:,\d{3})++|\d++)(?:\.\d++)?)"
    r"((?=[ ~][a-z ]*[aeiou])(?=[ ~][a-z ]*[a-z]{3})(?:[ ~][a-z]++){1,8})?"
)
"""A count in its words: `There are 5 ways`, `10 years old`, `12 men`."""
_POWER_OF_TEN = re.compile(r"(?<=\d)\s*[xX]\s*10\s*(?=\^|\*\*)")
_EXPONENT = re.compile(r"(?<=\d)\s+[eE]\s*(?=[+-]?\d{1,3}$)")
_FORMULA_WORDS = re.compile(
    r"\b(?:sqrt|root|over|pi|log|ln|sin|cos|tan|exp|mod|and|or|to|theta|alpha|beta|times|plus|minus|infinity|degrees?)\b"
)
_PERIOD = re.compile(r"(\d{1,9})\.(\d{0,20})\((\d{1,20})\)")
_TO = re.compile(r"(?<=\d)\s*(?:\\text\s*\{\s*to\s*\}|\bto\b)\s*(?=\d)")
_FOR_SUCH = re.compile(
    r"^(?:\\text\s*\{\s*)?(?:for )?(?:all|any|every)\s+(?:reals?|(?:real |positive |natural )?(?:numbers?|integers?))?"
    r"\s*\}?\s*(?=[a-zA-Z]\s*(?:[<>≤≥≠]|\\(?:[lg]e|leq|geq|ne|neq|in)(?![a-z])))"
)
_PART = re.compile(r"(?:\\text\s*\{\s*)?\(([a-e]|i{1,3})\)\s*\}?(?:\s|\\[ ,;]|~)*")
_PARTS = ("ab", "abc", "abcd", "abcde", "iii", "iiiiii")
_MORE_DIGITS = re.compile(r"\d\.\.\.$")
_SPACED = re.compile(r"^-?\d{1,3}(?:(?:\\ |~| )\d{3})+(?:\.\d+)?$")
_RUPEES = re.compile(r"^Rs\.?\s*(?=\d)")
_MINUS_PRICE = re.compile(r"^-\s*\\?\$\s*(?=\d)")
_WRAPPER = re.compile(r"\\(?:boxed|mathbf|boldsymbol|mathit)\s*\{([^{}]*)\}")
_OPENING = re.compile(r"\\(?:left|right)(?![a-zA-Z])\s*\.?(?=\s*[\\|()\[\]{}.])")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|textrm)\s*\{([^{}]*)\}")
_INSIDE = r"((?:[^{}]|\{[^{}]*\})*)"
_UPRIGHT = re.compile(
    rf"\\(?:text|mathrm|textrm|mbox|operatorname|mathsf|textit|rm)\s*\{{\s*~?{_INSIDE}\}}|\{{\s*\\rm\s{_INSIDE}\}}"
)
_UPRIGHT_HINT = re.compile(r"\\(?:te|mathr|maths|mb|rm|op|circ|mu|Om)")
_UNIT_SPELLING = (
    (re.compile(r"\\mu(?![a-zA-Z])\s*|µ"), "μ"),
    (re.compile(r"\\Omega(?![a-zA-Z])"), "Ω"),
    (re.compile(r"(?:\{\s*+|(?<!\s)\s++)?\^\s*+\{?\s*+\\circ\s*+\}?\s*+\}?"), "°"),
    (re.compile(r"\\cdot(?![a-zA-Z])"), "·"),
    (re.compile(r"\\AA(?![a-zA-Z])"), "Å"),
    (re.compile(r"\\[dt]?frac\s*\{\s*(⟨[^⟨⟩{}]{1,20}⟩)\s*\}\s*\{\s*(⟨[^⟨⟩{}]{1,20}⟩)\s*\}"), r"\1/\2"),
    (re.compile(r"~|\\[, ;:]|\\q?quad(?![a-zA-Z])|\\!"), " "),
)
_PIECE = r"(?:°\s*(?:⟨\s*[CFK]\s*⟩|[CF])|μ?⟨[^⟨⟩]{1,40}⟩|[a-zA-ZμΩÅ]{1,20}+(?![a-zA-ZμΩÅ])|°)"
_POWER = r"(?:\s*+\^\s*+(?:\{\s*+-?\s*+\d\s*+\}|-?\d)|[²³])"
_BEHIND = r"(?:(?<=[\d)}])|(?<=\\pi)|(?<=\\pi ))"
_MEASURE_TAIL = re.compile(
    rf"{_BEHIND}\s*+((?:/\s*+)?(?:(?:square|cubic|sq\.?|cu\.?) )?{_PIECE}{_POWER}?"
    rf"(?:\s*+[/·*]?\s*+{_PIECE}{_POWER}?){{0,5}})$"
)
_UNIT_SIGN = re.compile(r"⟨|Ω|Å|μ|°[CF]")
_UNIT_WORD = re.compile(r"\b[^\W\d_]{2,}")
_PLAIN_RATIO = re.compile(r"\s++\w++\s*+/|\w\s*+/")
_MEASURE = re.compile(r"(\d++(?:\.\d++)?) ?([a-z]++)\.?,?(?: and)? ?")


_DAMAGED = re.compile(
    "\t(?=ext|imes|an\\b|heta|frac|riangle)|\f(?=rac)|\x08(?=inom|oxed|ar\\b|eta)|\r(?=ight|ho)|\n(?=eq\\b|olimits|u\\b)"
)
_ESCAPES = {"\t": "\\t", "\f": "\\f", "\x08": "\\b", "\r": "\\r", "\n": "\\n"}
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z])")


def mended(text: str) -> str:
    """LaTeX whose backslashes were lost to, or doubled by, another format's escapes (`<tab>ext{...}`, `\\\\frac`)."""
    if not text.isprintable():
        text = _DAMAGED.sub(lambda match: _ESCAPES[match[0]], text)
    if "\\\\" in text and "begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    return text.replace("\\left|\\right.", "|")


def trimmed(text: str) -> str:
    """Without the dollar signs, brackets of display mathematics and closing punctuation around an answer."""
    text = _OPTION.sub("", visible(mended(text).strip().strip("$").strip()))
    while text[-1:] in (".", ",", ";") and not text.endswith("\\" + text[-1:]) and not _MORE_DIGITS.search(text[-4:]):
        text = text[:-1].rstrip().rstrip("$").rstrip()
    if text.startswith(("\\(", "\\[")):
        text = re.sub(r"\\[()\[\]]", "", text).strip()
    text = _RUPEES.sub("₹", text.removesuffix("^"))
    text = _MINUS_PRICE.sub(r"\\$-", text)
    return re.sub(r"(?<!\\)\$", " ", _PRICE.sub(r"\\$", text))


def spelled(text: str) -> str:
    """A trimmed formula without what is only wording: `for all integers k`, ordinals, segments, plain-letter units."""
    if "\\" in text or " " in text:
        text = _FOR_ALL.sub("", text)
        text = text[:-_TAIL] + _PARAMETER.sub("", text[-_TAIL:]) or text
        text = _SEGMENT.sub(r"\1", _DECORATION.sub("", _MODULUS.sub(_modulus, text)))
        text = _OPENING.sub("", _REPEATING.sub(_repeating, text))
        for _ in range(3):
            text, count = _WRAPPER.subn(r"{\1}", text)
            if not count:
                break
        text = text.replace("\\\\[", "\\\\ [")
    for hints, pattern, spelling in _FORMS:
        if any(hint in text for hint in hints):
            text = pattern.sub(spelling, text)
    if (counted := _COUNTED.fullmatch(text)) and (counted[1] or counted[3]) and not _FORMULA_WORDS.search(text):
        ahead, figure, behind = (part or "" for part in counted.groups())
        text = rf"\text{{{ahead}}}{figure}\text{{{behind}}}"
    if "(" in text:
        text = _in_brackets(text)
    text = with_measure(_ORDINAL.sub("", text).strip())
    return _THOUSANDS.sub(lambda match: match[1].replace(",", ""), text)


def _in_brackets(text: str) -> str:
    """Without explanations in brackets and the names of parts, and with a period in brackets as a fraction."""
    if period := _PERIOD.fullmatch(text):
        return _fraction_of(*period.groups())
    if text.startswith(("(a)", "(i)", "\\text")) and "".join(_PART.findall(text)) in _PARTS:
        text = _PART.sub(", ", text).lstrip(", ")
    return _APPROXIMATELY.sub(r"\\approx \1", _BECAUSE.sub("", text)) if len(text) < MAX_ASIDE else text


def _names_unit(text: str) -> bool:
    return _UNIT_SIGN.search(text) is not None or any(word in LONG_UNITS for word in _UNIT_WORD.findall(text))


def with_measure(text: str, *, letters: bool = False) -> str:
    """The unit behind a number as `\\unit{...}`; single letters are one in a fraction (`m/s`), or where `letters`."""
    head, tail = text[:-_TAIL], text[-_TAIL:]
    if not (tail[-1:].isalpha() or tail[-1:] in "}Ω°²³23"):
        return text
    if tail.endswith("}") and "^{-" not in tail and not _UPRIGHT_HINT.search(tail):
        return text
    tail = _UPRIGHT.sub(lambda match: f"⟨{match[1] or match[2] or ''}⟩", tail)
    for pattern, spelling in _UNIT_SPELLING:
        tail = pattern.sub(spelling, tail)
    match = _MEASURE_TAIL.search(tail)
    if match is None or not (letters or _names_unit(match[1]) or _PLAIN_RATIO.match(match[0])):
        return text
    name = measure_name(match[1].replace("μ⟨", "μ").replace("⟨", " ").replace("⟩", " "))
    before = tail[: match.start()].replace("⟨", r"\text{").replace("⟩", "}")
    return text if name is None else rf"{head}{before}\unit{{{name}}}"


def bare_words(text: str) -> str:
    """The text without its LaTeX wrappers, spacing and brackets."""
    return re.sub(r"\\[,;: !]|[()~]", " ", _TEXT.sub(r" \1 ", text)).strip(" .$")


def compound_measure(words: str) -> str | None:
    """`3 hours 20 minutes` or `5 ft 10 in` in one spelling; `None` for anything else, one measure included."""
    found, at = [], 0
    while at < len(words):
        match = _MEASURE.match(words, at)
        if match is None or match[2] not in UNITS:
            return None
        found.append(f"{match[1]} {UNITS[match[2]]}")
        at = match.end()
    return " ".join(found) if len(found) > 1 else None


def _dotted(match: re.Match[str]) -> str:
    """A decimal whose last digits are written again before the dots (`0.1666...`) as a fraction."""
    whole, fixed, again = match[1] or "0", match[2], match[3]
    if len(again) == 1 and not match[0].rstrip("\\.…lcdots ").endswith(again * 3):
        return match[0]
    return _fraction_of(whole, fixed, again)


def _repeating(match: re.Match[str]) -> str:
    """A repeating decimal as a fraction."""
    return _fraction_of(*match.groups())


def _fraction_of(whole: str, fixed: str, again: str) -> str:
    top = int(whole + fixed + again) - int(whole + fixed)
    return rf"(\frac{{{top}}}{{{(10 ** len(again) - 1) * 10 ** len(fixed)}}})"


def _binomial(match: re.Match[str]) -> str:
    one, two = [part for part in match.groups() if part is not None]
    return rf"\binom{{{one}}}{{{two}}}"


def _arc(match: re.Match[str]) -> str:
    degrees, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    total = degrees + minutes / 60 + seconds / 3600
    return rf"\frac{{{total.numerator}}}{{{total.denominator}}}^\circ"


def _modulus(match: re.Match[str]) -> str:
    return rf" \pmod{{{match[1] or match[2] or match[3]}}}"


_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (("C", "choose"), _BINOMIAL, _binomial),
    (("all", "any", "every"), _FOR_SUCH, ""),
    (("to",), _TO, ":"),
    ((" ", "~"), _SPACED, lambda match: re.sub(r"\\ |~| ", "", match[0])),
    (("'", "prime", "′"), _ARC, _arc),
    (("...", "dots", "…"), _DOTTED, _dotted),
    (("10",), _POWER_OF_TEN, r"\\times 10"),
    ((" e", " E"), _EXPONENT, "e"),
)
"""Forms of numbers with what hints at each, and their spelling."""
