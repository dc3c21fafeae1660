"""Mathematical answers in words: numbers, measures, times, kinds of nothing, sets of numbers, or other words."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from assay.reading import lexicon
from assay.reading.building import num
from assay.reading.lexicon import either
from assay.reading.nodes import Call, Listing, Named, Node, Num, Quantity, Sym, Text, Tuple
from assay.reading.numerals import from_words, numeral
from assay.reading.spelling import trimmed
from assay.reading.tokens import NAMES
from assay.reading.units import UNITS, conversion
from assay.reading.words import fold

EMPTY, ENDLESS = Text("no solution"), Text("infinitely many")
REALS, POSITIVE, NONNEGATIVE = Sym("\\R"), Sym("\\R^+"), Sym("\\R_≥0")

_SAID: tuple[tuple[re.Pattern[str], Node], ...] = tuple(
    (re.compile(pattern), node)
    for pattern, node in (
        (r"(?:there (?:is|are) )?no (?:real |such |integer |possible )*(?:solutions?|values?|numbers?|roots?|answer)"
         r"(?: exists?)?|none|(?:the )?(?:empty|null) set|empty|no such .{1,30} exists?|no real", EMPTY),
        (r"undefined|not defined|not well[- ]defined", Text("undefined")),
        (r"does(?: not|n't) exist|dne|nonexistent", Text("does not exist")),
        (r"(?:there are )?(?:infinitely many|(?:an )?infinite(?: number of)?)"
         r"(?: (?:such )?(?:solutions?|values?|numbers?|ways|points))?", ENDLESS),
        (r"(?:the set of )?(?:all|any) reals?(?: numbers?| values?)?(?: [a-z])?|reals?|real numbers", REALS),
        (r"(?:all )?positive real(?:s| numbers| values)", POSITIVE),
        (r"(?:all )?non-?negative real(?:s| numbers| values)", NONNEGATIVE),
        (r"(?:the set of )?(?:all|any) integers?", Sym("\\Z")),
        (r"(?:the set of )?(?:all|any) (?:natural numbers?|positive integers?)", Sym("\\N")),
    )
)  # fmt: skip
"""What is said in several ways, and what it is; the kinds of nothing are different answers."""
_SUBJECT = re.compile(
    r"(?:it|that)'s\s|the (?:\w+ ){1,3}?(?:is|are|has|have)\s(?=\S)"
    r"|(?:it|this|that|they|the (?:\w+ ){1,3}?)\s?(?:is|are|has|have|was|(?:would|will|must) be)?\s?(?=\S)|on\s",
    re.IGNORECASE,
)
"""What the words are about: "The limit does not exist", "It is even"."""
_CHEMICAL = re.compile(r"(?=\w*[A-Z][a-z])(?:[A-Z][a-z]?\d{0,3}){2,20}")
"""A chemical formula, in which two letters are one element: "CaCO3"."""
_HAS = re.compile(r"\A(?:is|are|has|have)\s")
_JOINED = re.compile(rf"\A(?:.{{1,200}}[,;]\s)?{either(lexicon.CONNECTIVES)},?\s")
_EXCEPT = re.compile(
    r"(?:all )?reals?(?: numbers?)?(?: [a-z])? (?:except|other than|but)(?: for)? (.{1,80})", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])\.?\s?m\.?")
_REMAINDER = re.compile(r"(\d{1,20})\s*(?:r|remainder)\s*(\d{1,20})")
_FEET = re.compile(r"(\d{1,3})\s*'\s*(\d{1,2})\s*(?:''|\")")
_MEASURE = re.compile(r"(?<!\d)(\d++(?:\.\d++)?)(?: (\d+/[1-9]\d*))? ?([a-z]++)\.?,?(?: and)? ?")
_TWICE = re.compile(r"([^()]{1,60}?)(?:\s*+\(([^()]{1,60})\)|,?\s(?:or|i\.e\.,?|that is,?|which is)\s([^()]{1,60}))\.?")
_FORMULA = re.compile(r"[\d\\=<>^_{}|*/+≤≥∪∞π√]")
_SYMBOL_NAMES = NAMES | {"alpha", "beta", "theta", "lambda", "gamma"}
_EMPTY_SETS = ("\\emptyset", "\\varnothing", "∅", "\\{\\}", "{}", "\\{ \\}")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|textrm|operatorname|ce)\s*\{((?:[^{}]|\{\w{1,3}\})*)\}")


def read_words(text: str, read: Callable[[str], Node]) -> Node | None:
    """The answer that a text of words is, or `None` for a formula; `read` reads the formula inside one."""
    if text in _EMPTY_SETS:
        return EMPTY
    bare = bare_words(text)
    if not bare or not (bare[0].isalpha() or bare[0].isdigit()):
        return None
    if len(bare) == 1 and bare.isascii() and bare.isalpha() and "\\" in text:
        return Sym(bare)
    if (known := _known(" ".join(bare.lower().split()))) is not None:
        return known
    if "real" in text.lower() and (excepted := _EXCEPT.fullmatch(bare)):
        inside = read(excepted[1])
        return Call("∖", (REALS, inside))
    if (bare[0].isalpha() or " and a" in bare) and (number := from_words(bare.lower())) is not None:
        return number
    if any(map(str.isdigit, bare)) and _CHEMICAL.fullmatch(formula := re.sub(r"[\s_{}]", "", bare)):
        return Named("word", formula)
    if _FORMULA.search(bare):
        return None
    return _words(bare, text)


def _known(low: str) -> Node | None:
    low = _HAS.sub("", _JOINED.sub("", low))
    subject = _SUBJECT.match(low)
    for words in (low, low[subject.end() :] if subject else ""):
        for pattern, node in _SAID:
            if pattern.fullmatch(words):
                return node
    if clock := _CLOCK.fullmatch(low):
        return Call("clock", (num(int(clock[1]) % 12 + 12 * (clock[3] == "p")), num(int(clock[2] or 0))))
    if remainder := _REMAINDER.fullmatch(low):
        return Tuple("remainder", "", (num(int(remainder[1])), num(int(remainder[2]))))
    return compound_measure(_FEET.sub(r"\1 ft \2 in", low))


def _words(bare: str, text: str) -> Node | None:
    """Words, or a list of them; letters alone are a product unless they are in `\\text{}` or more than three."""
    subject = _SUBJECT.match(bare)
    if subject and (subject[0].lower().split()[0] != "the" or {"is", "are"} & {*subject[0].lower().split()}):
        bare = bare[subject.end() :]
    words = set(re.findall(r"[A-Za-z]{2,}", bare))
    foreign = any(sign.isalpha() and ord(sign) > 0x2FF and not 0x370 <= ord(sign) < 0x400 for sign in bare)
    if words & _SYMBOL_NAMES or not (foreign or (words and re.search(r"[A-Za-z]{4,}|\\text|\\math", text))):
        return None
    if not foreign and re.fullmatch(r"[A-Z]{2,}|[a-z]{0,3}", bare):
        return (
            Named("word", bare)
            if bare.isupper()
            else None
            if bare in "abcdefghijklmnopqrstuvwxyz"
            else Text(fold(bare))
        )
    parts = [part.strip() for part in re.split(r",|;|\band\b", bare) if part.strip()]
    if len(parts) > 1:
        parts[-1] = re.sub(r" only$", "", parts[-1])
    read = [
        Sym(part) if len(part) == 1 else Named("word", part) if part.isupper() and part.isalpha() else Text(fold(part))
        for part in parts
    ]
    return read[0] if len(read) == 1 else Listing(tuple(read))


def bare_words(text: str) -> str:
    """The text without its LaTeX wrappers, spacing and brackets."""
    return re.sub(r"\\[,;: !]|[()~$]", " ", _TEXT.sub(r" \1 ", text.replace("{:}", ":"))).strip(" .")


def as_words(text: str) -> Text | None:
    """A text of letters alone read as words ("yes"), where `read_words` would take it for a product of symbols."""
    bare = bare_words(trimmed(text))
    return Text(fold(bare)) if re.fullmatch(r"[A-Za-z][A-Za-z' -]+", bare) else None


def once(text: str) -> str:
    """A number said twice, in words or another unit (`12 (twelve)`, `2.5 hours, or 150 minutes`), said once."""
    match = _TWICE.fullmatch(text)
    if match is None:
        return text
    one, two = (
        numeral(part) or _measure(part.lower()) or from_words(part) for part in (match[1], match[2] or match[3])
    )
    if isinstance(one, Quantity) and isinstance(two, Quantity) and (factor := conversion(two.unit, one.unit)):
        same = isinstance(one.value, Num) and isinstance(two.value, Num) and one.value.value == two.value.value * factor
        return match[1] if same else text
    return match[1] if one is not None and one == two else text


def compound_measure(words: str) -> Node | None:
    """`3 hours 20 minutes` or `5 ft 10 in` in the first of its units; `None` where there are not several."""
    return _measure(words) if len(_MEASURE.findall(words)) > 1 else None


def _measure(words: str) -> Quantity | None:
    """One measure, or several of one dimension as their sum; `None` for anything else."""
    found, at = [], 0
    while at < len(words):
        match = _MEASURE.match(words, at)
        if match is None or match[3] not in UNITS:
            return None
        found.append((Fraction(match[1]) + Fraction(match[2] or 0), UNITS[match[3]]))
        at = match.end()
    factors = [conversion(unit, found[0][1]) for _, unit in found]
    if not found or None in factors:
        return None
    total = sum(value * factor for (value, _), factor in zip(found, factors, strict=True) if factor is not None)
    return Quantity(num(total), found[0][1])
