"""What a rewrite sees, the answer of a reference, and the shapes that rewrites have: patterns, forms, guards."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from assay.audit.latex import is_paired
from assay.types import Example

_VALUE = re.compile(
    r"(?P<sign>-?)(?:\\[dt]?frac\{(?P<top>\d+)\}\{(?P<bottom>\d+)\}|(?P<num>\d+)/(?P<den>\d+)"
    r"|(?P<plain>\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?))"
)
PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z'. -]*[A-Za-z]")


@dataclass(frozen=True)
class Answer:
    """The answer of one reference, and what a rewrite of it may draw on."""

    example: Example
    text: str
    """The reference as a person would write it; inside a format, what is to be written there."""
    rng: Random
    other: str | None = None
    """The answer of another row, if there is one."""
    wrong: str | None = None
    """A wrong answer, for responses that speak of one."""

    @property
    def value(self) -> Fraction | None:
        """Its exact value where it is one plain integer, decimal or fraction without unit or percent sign."""
        return None if {"scale", "tolerance", "unit"} & set(self.example.params) else exact_value(self.text)

    @property
    def integer(self) -> int | None:
        plain = re.fullmatch(r"-?(?:0|[1-9]\d{0,29})", self.text) and self.value is not None
        return int(self.text) if plain else None

    @property
    def fraction(self) -> Fraction | None:
        """The value of an answer that is written as a fraction, and is no integer."""
        written = self.value is not None and ("frac" in self.text or "/" in self.text)
        return self.value if written and self.value and self.value.denominator > 1 else None

    @property
    def data(self) -> Any:
        """The reference as data: names and numbers as text, a table as header and rows, an output as its value."""
        return DATA[self.example.verifier](self.example.reference)

    @property
    def accepted(self) -> list[str]:
        """Every text that is right."""
        given = self.example.reference
        return [str(item) for item in (given if isinstance(given, list) else [given])]

    @property
    def options(self) -> dict[str, str]:
        """Letters and texts of a multiple choice."""
        given = self.example.params.get("options") or self.example.options
        if isinstance(given, Mapping):
            return {str(name).upper(): str(text) for name, text in given.items()}
        return {chr(65 + i): str(text) for i, text in enumerate(given)}

    def differs(self, text: str) -> bool:
        """Whether the text has a value that the reference does not allow."""
        mine, given = self.value, exact_value(text)
        if mine is None or given is None:
            return False
        digits = self.text.partition(".")[2] if self.fraction is None else ""
        room = Fraction(1, 2 * 10 ** len(digits)) if digits else Fraction(0)
        return abs(mine - given) > room


Rewrite = Callable[[Answer], "str | None"]


def sub(pattern: str, *by: str | Callable[[re.Match[str]], str]) -> Rewrite:
    """Every match replaced by one of the texts, where that changes something."""

    def rewrite(a: Answer) -> str | None:
        made = re.sub(pattern, a.rng.choice(by), a.text)
        return made if made != a.text else None

    return rewrite


def full(pattern: str, *by: str | Callable[[re.Match[str]], str | None]) -> Rewrite:
    """One of the texts, where the whole answer matches."""

    def rewrite(a: Answer) -> str | None:
        found = re.fullmatch(pattern, a.text)
        if found is None:
            return None
        made = a.rng.choice(by)
        return found.expand(made) if isinstance(made, str) else made(found)

    return rewrite


def form(*forms: str) -> Rewrite:
    """One of the forms with the answer in the place of `{}`."""
    return lambda a: a.rng.choice(forms).replace("{}", a.text)


def when(holds: Callable[[str], object], rewrite: Rewrite) -> Rewrite:
    """The rewrite of an answer whose text is so."""
    return lambda a: rewrite(a) if holds(a.text) else None


def plain(rewrite: Rewrite) -> Rewrite:
    """The rewrite of a plain number whose value is exact: no parameter allows others."""
    return lambda a: rewrite(a) if a.value is not None else None


def integer(*makes: Callable[[int], str], when: Callable[[int], object] = lambda n: True) -> Rewrite:
    """One of the writings of a plain integer."""
    return lambda a: a.rng.choice(makes)(a.integer) if a.integer is not None and when(a.integer) else None


def fraction(*makes: Callable[[int, int], str | None], when: Callable[[Fraction], object] = lambda f: True) -> Rewrite:
    """One of the writings of a fraction, made from its numerator, which has the sign, and its denominator."""

    def rewrite(a: Answer) -> str | None:
        value = a.fraction
        return a.rng.choice(makes)(*value.as_integer_ratio()) if value is not None and when(value) else None

    return rewrite


def data(*writes: Callable[[Any], str | None]) -> Rewrite:
    """One of the writings of the reference as data."""
    return lambda a: a.rng.choice(writes)(a.data) if a.data is not None else None


def exact_value(text: str) -> Fraction | None:
    """The value of a plain integer, decimal or fraction, and of nothing else: the check beside every verifier."""
    match = _VALUE.fullmatch(text) if len(text) < 60 else None
    if match is None:
        return None
    top, bottom = match["top"] or match["num"], match["bottom"] or match["den"]
    if bottom and not int(bottom):
        return None
    value = Fraction(int(top), int(bottom)) if bottom else Fraction(match["plain"].replace(",", ""))
    return -value if match["sign"] else value


def decimals(value: Fraction) -> str | None:
    """The exact decimal of a value, or `None` where it does not end within twelve places."""
    for places in range(13):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            sign = "-" if value < 0 else ""
            return sign + (digits[:-places] + "." + digits[-places:] if places else digits)
    return None


def folded(text: str) -> str:
    """Letters and digits only: two texts that differ here are different answers."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def is_short(text: str) -> bool:
    return 0 < len(text) <= 80 and "\n" not in text


NOTHING = object()
"""What stands for the value of a text that is no literal."""


def literal(text: str) -> Any:
    """The value of a Python literal, or `NOTHING`."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return NOTHING


def is_source(reference: Mapping[str, Any]) -> bool:
    """Whether the output of a program is given as Python source, as its input is."""
    return isinstance(reference["output"], str) and isinstance(reference.get("input"), str)


def _numbers(reference: Any) -> list[str] | None:
    """The entries of a list of plain numbers."""
    found = [str(item).replace(",", "") for item in reference] if isinstance(reference, list) else []
    return found if len(found) > 1 and all(exact_value(entry) is not None for entry in found) else None


DATA: dict[str, Callable[[Any], Any]] = {
    "number": _numbers,
    "set": lambda reference: [str(item) for item in reference],
    "sequence": lambda reference: [str(item) for item in reference],
    "assignment": lambda reference: {str(name): str(value) for name, value in reference.items()},
    "grid": lambda reference: [list(row) for row in reference],
    "records": lambda reference: {
        "header": list(reference["header"]),
        "rows": [list(row) for row in reference["rows"]],
    },
    "code_io.output": lambda reference: literal(output_text(reference)),
}


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_pairs(values: Mapping[str, str]) -> str:
    """`name: value` between commas."""
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def as_numbers(numbers: Sequence[str]) -> str:
    return "[" + ", ".join(numbers) + "]"


WRITERS: dict[str, Callable[[Any], str]] = {"number": as_numbers, "assignment": as_pairs}
"""How the data of a verifier are written, if not as JSON."""


def output_text(reference: Mapping[str, Any]) -> str:
    return str(reference["output"]) if is_source(reference) else repr(reference["output"])


def math_answer(example: Example) -> str | None:
    """The reference as it is written, unless it is long, prose, or LaTeX whose braces do not pair."""
    if not isinstance(example.reference, str | int | float):
        return None
    text = str(example.reference).strip()
    prose = len(re.findall(r"(?<![\\a-zA-Z])[A-Za-z]{2,}", text)) > 4
    sound = 0 < len(text) <= 400 and text.isprintable() and is_paired(text) and re.search(r"[0-9A-Za-zπ∞∅]", text)
    return text if sound and not prose else None


def number_answer(example: Example) -> str | None:
    """A number or a list of numbers as the source's gold response has it."""
    reference = example.reference
    if isinstance(reference, list):
        return as_numbers([str(item).replace(",", "") for item in reference]) if len(reference) > 1 else None
    whole = isinstance(reference, float) and reference.is_integer() and abs(reference) < 1 << 53
    return str(int(reference) if whole else reference).strip()


def choice_answer(example: Example) -> str | None:
    return str(example.reference).strip().strip("().").upper()


def boolean_answer(example: Example) -> str | None:
    said = str(example.reference).lower()
    return "Yes" if said in ("true", "yes", "1") else "No" if said in ("false", "no", "0") else None


def text_answer(example: Example) -> str | None:
    """The first accepted string, where it is short and on one line."""
    given = example.reference[0] if isinstance(example.reference, list) and example.reference else example.reference
    text = str(given).strip()
    return text if is_short(text) and folded(text) and not re.search(r"[{}\\$]", text) else None


def output_answer(example: Example) -> str | None:
    """The output of a program as Python source, where it is short."""
    text = output_text(example.reference)
    return text if len(text) <= 2000 and literal(text) is not NOTHING else None


def data_answer(example: Example) -> str | None:
    """A list, a grid or a table as JSON, and values by name as pairs."""
    return WRITERS.get(example.verifier, as_json)(DATA[example.verifier](example.reference))
