"""The IFBench instructions (arXiv 2507.02833, appendix) that are a task of their own, one function each.

Each decides as the official checker does; `fixed` mends what is plainly wrong there: a list that leaves out Kyiv, a
list of countries that names none, the 31st of a month of 30 days or of month 0.
"""

from __future__ import annotations

import csv
import io
import re
import string
import unicodedata
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from assay.instructions.checks import Check, Followed, plain
from assay.instructions.punkt import split
from assay.instructions.sentences import letters_only

_AFRICA = (
    "algeria angola benin botswana burkina burundi cameroon chad comoros djibouti egypt eritrea ethiopia gabon gambia "
    "ghana bissau equatorial kenya lesotho liberia libya madagascar malawi mali mauritania mauritius morocco namibia "
    "mozambique niger nigeria rwanda senegal seychelles somalia togo tunisia uganda zambia zimbabwe tanzania principe "
    "verde ivoire|ivory eswatini|swaziland congo sierra central sudan guinea south_africa south_sudan"
)
"""A word that tells each country of Africa from the others, though "guinea", "sudan" and "congo" stand in several."""
_COUNTRIES = [name.replace("_", " ") for name in _AFRICA.split()]
_NORTH = (
    "reykjavik helsinki oslo tallinn stockholm riga moscow copenhagen vilnius minsk dublin berlin amsterdam warsaw "
    "london brussels kyiv prague luxembourg paris vienna bratislava budapest vaduz chisinau bern ljubljana zagreb"
)
"""Capitals of Europe north of 45 degrees, from north to south. The benchmark's own list leaves Kyiv out."""
_CAPITALS = _NORTH.split()


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _multiples(text: str) -> Followed:
    return re.findall(r"\d+", text) == [str(number) for number in range(14, 51, 7)]


_OPTION = re.compile(r"[A-Ea-e][.)|]\s*\w")


def _questions(text: str) -> Followed:
    """Four questions of five options, each longer than the one before, and nothing before the first."""
    parts = [part.strip() for part in re.split(r"Question \d+[.):;|]?", text)]
    asked = [_question(part) for part in parts if part]
    return text.startswith("Question") and len(asked) == 4 and None not in asked and _rising([n for n in asked if n])


def _question(part: str) -> int | None:
    """One more than the length of a question before its first option, or `None` where it has not five options."""
    lines = [line.strip() for line in part.split("\n")]
    marks = [number for number, line in enumerate(lines) if _OPTION.match(line)]
    return len(" ".join(lines[: marks[0]]).strip()) + 1 if len(marks) == 5 else None


def _rising(lengths: list[int]) -> bool:
    return all(before < after for before, after in pairwise(lengths))


def _from_zimbabwe(text: str) -> list[str]:
    stripped = (line.strip(string.punctuation + " ") for line in text.split("\n"))
    lines = [line for line in stripped if line]
    start = next((number for number, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    return [_ascii(line) for line in lines[start:]]


def _africa(text: str) -> Followed:
    """At least 52 lines from Zimbabwe on, in reverse order."""
    listed = _from_zimbabwe(text)
    return len(listed) >= 52 and listed == sorted(listed, reverse=True)


def _african_countries(text: str) -> Followed:
    """Nothing but the countries; numbers before them are free, and two of the 54 may be missing."""
    listed = [line.lstrip(string.digits + string.punctuation + " ").lower() for line in _from_zimbabwe(text)]
    named = {country for country in _COUNTRIES for line in listed if re.search(rf"\b(?:{country})\b", line)}
    return len(set(listed)) == len(listed) >= 52 and len(named) >= 50 and listed == sorted(listed, reverse=True)


def _reversed_words(text: str) -> Followed:
    return "bald eagle" in " ".join(reversed(letters_only(text)))


def _alphabet_story(text: str) -> Followed:
    firsts = [sentence.lstrip(string.punctuation + string.whitespace)[:1].lower() for sentence in split(text)]
    return firsts == list(string.ascii_lowercase)


def _capitals(text: str) -> Followed:
    """The benchmark's list leaves Kyiv out."""
    named = [name.strip() for name in _ascii(text).split(",")]
    return [name for name in named if name] == [name.title() for name in _CAPITALS if name != "kyiv"]


def _all_capitals(text: str) -> Followed:
    """With Kyiv or without; a full stop and bold marks are free."""
    named = [name.strip(" .\n\t*") for name in _ascii(text).lower().split(",")]
    named = ["kyiv" if name == "kiev" else name for name in named if name]
    return named in (_CAPITALS, [name for name in _CAPITALS if name != "kyiv"])


def _rows(text: str, delimiter: str, columns: int, rows: int) -> list[list[str]] | None:
    """The header and rows of a table, or `None` where the shape is another one."""
    try:
        data = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return None
    return data if len(data) == rows + 1 and all(len(row) == columns for row in data) else None


def _as_written(text: str, delimiter: str, header: str, rows: int) -> list[list[str]]:
    """The fields of a table with this header, quotes included; none where the shape is another one."""
    names, cells = header.split(), text.split("\n")[0].strip().split(delimiter)
    named = len(names) == len(cells) and all(
        cell.lstrip() in (name, f'"{name}"') for name, cell in zip(names, cells, strict=True)
    )
    return (_rows(text.replace('"', '"""'), delimiter, len(names), rows) or []) if named else []


def _city_csv(text: str) -> Followed:
    data = _rows(text, ",", 5, 7)
    return data is not None and data[0] == ["ID", "Country", "City", "Year", "Count"]


def _special_csv(text: str) -> Followed:
    data = _as_written(text, ",", "ProductID Category Brand Price Stock", 14)
    return any(_is_special(field.split("\n")[0]) for row in data[1:] for field in row)


def _is_special(field: str) -> bool:
    """Whether a field begins with a quote that closes behind a special sign."""
    return field.startswith('"') and bool(re.search(r"[^\w\s]", field[1 : max(1, field.rfind('"'))]))


def _quoted_csv(text: str) -> Followed:
    data = _as_written(text, "\t", "StudentID Subject Grade Semester Score", 3)
    fields = [field.strip() for row in data for field in row]
    return bool(fields) and all(field and field[0] == field[-1] == '"' for field in fields)


_DAYS = (99, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""The last day of each month that the checker knows; month 0 has any."""


def _dates(text: str) -> Followed:
    """Days of Napoleon's life, 1769 to 1821, and nothing else."""
    written = [re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", day.strip()) for day in text.strip().split(",")]
    days = [tuple(map(int, day.groups())) for day in written if day]
    return len(days) == len(written) and all(
        1769 <= year <= 1821 and month <= 12 and day <= _DAYS[month] for year, month, day in days
    )


def _real_dates(text: str) -> Followed:
    try:
        return bool(_dates(text)) and all(date.fromisoformat(day.strip()) for day in text.split(","))
    except ValueError:
        return False


CUSTOM: Mapping[str, Check] = {
    "custom:multiples": plain(_multiples),
    "custom:mcq_count_length": plain(_questions),
    "custom:reverse_newline": plain(_africa, _african_countries),
    "custom:word_reverse": plain(_reversed_words),
    "custom:character_reverse": plain(lambda text: "elgae dlab" in text.lower()),
    "custom:sentence_alphabet": plain(_alphabet_story),
    "custom:european_capitals_sort": plain(_capitals, _all_capitals),
    "custom:csv_city": plain(_city_csv),
    "custom:csv_special_character": plain(_special_csv),
    "custom:csv_quotes": plain(_quoted_csv),
    "custom:date_format_list": plain(_dates, _real_dates),
}
"""Instruction id -> its check."""
