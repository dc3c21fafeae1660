"""Numbers in English words: `one hundred and five`, `three quarters`, `two and a half million`, `a dozen`, `third`."""

from __future__ import annotations

from fractions import Fraction

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = """zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"""
VALUES = {word: value for value, word in enumerate(_ONES.split())}
VALUES |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
ORDINALS = {word: value for value, word in enumerate(_ORDINALS.split())}
ORDINALS |= {word[:-1] + "ieth": VALUES[word] for word in _TENS.split()} | {"hundredth": 100, "thousandth": 1000}
_ORDINAL = {word: value for word, value in ORDINALS.items() if word != "second"}
_PARTS = {"half": 2, "quarter": 4} | {word: value for word, value in _ORDINAL.items() if value > 2}
_MANY_PARTS = {"halves": 2} | {word + "s": value for word, value in _PARTS.items() if word != "half"}
SCALES = {"hundred": 100, "dozen": 12, "dozens": 12}
SCALES |= {
    name + plural: value
    for name, value in (
        ("thousand", 10**3),
        ("million", 10**6),
        ("billion", 10**9),
        ("trillion", 10**12),
        ("lakh", 10**5),
        ("crore", 10**7),
    )
    for plural in ("", "s")
}
MAX_WORDS = 20


def counted(text: str) -> tuple[Fraction, str] | None:
    """The number that a text begins with in words, and the words behind it; `None` where it begins with none."""
    words = [part for word in text.lower().rstrip(".").split() for part in _parts_of(word)]
    if not words or len(words) > MAX_WORDS:
        return None
    if words[0] in ("a", "an") and len(words) > 1 and (words[1] in SCALES or words[1] in _PARTS):
        words = ["one", *words[1:]]
    whole, at = _whole(words)
    if at == 0:
        return _without_count(words)
    value, at = _with_parts(Fraction(whole), words, at)
    while at < len(words) and words[at] in SCALES:
        value, at = value * SCALES[words[at]], at + 1
    return value, " ".join(words[at:])


def _parts_of(word: str) -> list[str]:
    """The numbers that a hyphen joins (`forty-two`); another word stays whole (`two-digit`)."""
    parts = word.split("-")
    counts = all(
        part in VALUES or part in SCALES or part in ORDINALS or part in _MANY_PARTS or part in _PARTS for part in parts
    )
    return parts if counts else [word]


def _whole(words: list[str]) -> tuple[int, int]:
    """The whole number at the beginning, and how many words it takes."""
    if len(words) > 2 and words[0].isdecimal() and len(words[0]) < 16 and words[1] == "and" and words[-1] in _PARTS:
        return int(words[0]), 1
    total = part = at = 0
    for place, word in enumerate(words):
        if word in VALUES:
            if part % 10 or (part % 100 and VALUES[word] > 9) or (part == 0 and at > 0 and words[at - 1] == "zero"):
                break  # two numbers side by side
            part += VALUES[word]
        elif word == "hundred" and part:
            part *= 100
        elif word in SCALES and part:
            total, part = total + part * SCALES[word], 0
        elif word == "and" and place and words[place - 1] in SCALES and words[place + 1 : place + 2][:1] != []:
            if words[place + 1] not in VALUES:
                break
            continue
        else:
            break
        at = place + 1
    return total + part, at


def _without_count(words: list[str]) -> tuple[Fraction, str] | None:
    """`half`, `half a million`, `third`."""
    if words[0] in ("half", "quarter"):
        value, at = Fraction(1, _PARTS[words[0]]), 1
        if words[1:2] == ["a"] and words[2:3] and words[2] in SCALES:
            value, at = value * SCALES[words[2]], 3
        return value, " ".join(words[at:])
    return (Fraction(_ORDINAL[words[0]]), " ".join(words[1:])) if words[0] in _ORDINAL else None


def _with_parts(value: Fraction, words: list[str], at: int) -> tuple[Fraction, int]:
    """A whole number with what follows it: `point five`, `thirds`, `and a half`, or the end of an ordinal."""
    word = words[at] if at < len(words) else ""
    if word == "point":
        digits = at + 1
        while digits < len(words) and VALUES.get(words[digits], 10) < 10:
            digits += 1
        decimals = "".join(str(VALUES[digit]) for digit in words[at + 1 : digits])
        return (value + Fraction(f"0.{decimals}"), digits) if decimals else (value, at)
    if word in _MANY_PARTS or (value == 1 and word in _PARTS):
        return value / (_MANY_PARTS | _PARTS)[word], at + 1
    if word in _ORDINAL and value % 10 == 0:
        return value + _ORDINAL[word], at + 1
    if word == "and":
        count = {"a": 1, "an": 1, "one": 1}.get(words[at + 1] if at + 1 < len(words) else "", 0)
        part = words[at + 2] if at + 2 < len(words) else ""
        if count and part in _PARTS:
            return value + Fraction(count, _PARTS[part]), at + 3
        if at + 2 < len(words) and words[at + 1] in VALUES and part in _MANY_PARTS:
            return value + Fraction(VALUES[words[at + 1]], _MANY_PARTS[part]), at + 3
    return value, at
