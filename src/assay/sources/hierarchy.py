"""Tables with several header rows, merged cells and sections, as one header and rows that each say their whole path.

A merged cell says its text wherever it reaches. A column is named by its header cells from top to bottom, and a row by
the headings above it, which are rows with nothing but a label, then by its own label: `women > 15 to 24`. Deeper
indentation is not in the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

STEP = " > "
Cells = list[list[str]]


def linear(texts: Sequence[Sequence[str]], merged: Sequence[Mapping[str, int]], top: int) -> Cells:
    """The header and the rows of a table whose first `top` rows name the columns.

    Example:
        >>> area = {"first_row": 0, "last_row": 0, "first_column": 1, "last_column": 2}
        >>> linear([["", "2019", ""], ["", "a", "b"], ["men", "", ""], ["old", "1", "2"]], [area], 2)
        [['', '2019 > a', '2019 > b'], ['men > old', '1', '2']]
    """
    filled = [list(row) for row in texts]
    for area in merged:
        rows = filled[area["first_row"] : area["last_row"] + 1]
        text = rows[0][area["first_column"]] if rows else ""
        for cells in rows:
            width = len(cells[area["first_column"] : area["last_column"] + 1])
            cells[area["first_column"] : area["last_column"] + 1] = [text] * width
    headings: list[str] = []
    body: Cells = []
    is_open = False
    for row, whole in zip(texts[top:], filled[top:], strict=True):
        if row[0].strip() and not any(cell.strip() for cell in row[1:]) and len(row) > 1:
            headings = [*headings, row[0]] if is_open else [row[0]]
            is_open = True
        else:
            is_open = False
            body.append([STEP.join(_once([*headings, whole[0]])), *whole[1:]])
    names = [STEP.join(_once([row[column] for row in filled[:top]])) for column in range(len(filled[0]))]
    return [names, *body, *([heading, *[""] * (len(names) - 1)] for heading in headings if is_open)]


def _once(texts: Sequence[str]) -> list[str]:
    """Texts without the empty ones, and without those that say what the one before has said."""
    said = [text for text in texts if text.strip()]
    return [text for place, text in enumerate(said) if place == 0 or text != said[place - 1]]


class _Table(HTMLParser):
    """The cells of an HTML table; what spans several says its text in each."""

    def __init__(self) -> None:
        super().__init__()
        self.grid: dict[tuple[int, int], str] = {}
        self.row, self.text, self.span = -1, "", (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.row += 1
        elif tag in ("td", "th"):
            spans = dict(attrs)
            self.text, self.span = "", (_span(spans.get("rowspan")), _span(spans.get("colspan")))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            column = 0
            while (self.row, column) in self.grid:
                column += 1
            for down in range(self.span[0]):
                for right in range(self.span[1]):
                    self.grid[self.row + down, column + right] = " ".join(self.text.split())


def _span(given: Any) -> int:
    return min(int(given), 200) if str(given or "").isdigit() and int(given) else 1


def of_html(html: str) -> Cells:
    """The cells of an HTML table, row by row, all rows equally long."""
    table = _Table()
    table.feed(html)
    height = max((row for row, _ in table.grid), default=-1) + 1
    width = max((column for _, column in table.grid), default=-1) + 1
    return [[table.grid.get((row, column), "") for column in range(width)] for row in range(height)]
