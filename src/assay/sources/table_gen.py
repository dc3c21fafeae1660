"""Procedural tables: look a cell up, or aggregate a column, in a small Markdown table."""

from __future__ import annotations

from random import Random

from assay.sources.procedural import Problem, Procedural, near_integers, others

_NAMES = ("Ann", "Bob", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo")
_COLUMNS = ("age", "cost", "wins", "size", "rank")

Table = dict[str, list[int]]
"""Column name -> its cells; all numbers of a table are distinct, so every question has one answer."""


def _draw(rng: Random, rows: int, columns: int) -> tuple[list[str], Table, str]:
    names = rng.sample(_NAMES, rows)
    numbers = rng.sample(range(1, 60 if rows < 6 else 100), rows * columns)
    table = {c: numbers[i * rows : (i + 1) * rows] for i, c in enumerate(rng.sample(_COLUMNS, columns))}
    lines = [["name", *table], ["-"] * (columns + 1)]
    lines += [[name, *(str(table[c][i]) for c in table)] for i, name in enumerate(names)]
    return names, table, "\n".join(f"|{'|'.join(line)}|" for line in lines)


def _lookup(rng: Random, level: int) -> Problem:
    names, table, text = _draw(rng, level + 2, (level + 2) // 2)
    column, row = rng.choice(list(table)), rng.randrange(len(names))
    value = table[column][row]
    if rng.random() < 0.5:
        slips = [str(v) for cells in table.values() for v in cells if v != value]
        return Problem(f"{text}\n{names[row]}'s {column}?", value, str(value), tuple(slips), verifier="number")
    wrong = others(names[row], *names)
    return Problem(f"{text}\nWhose {column} is {value}?", names[row], names[row], wrong, verifier="text")


def _aggregate(rng: Random, level: int) -> Problem:
    names, table, text = _draw(rng, level + 2, (level + 1) // 2)
    column = rng.choice(list(table))
    cells = table[column]
    ask = rng.choice(
        ("top", "low", "who top", "who low", "count") if level == 1 else ("sum", "gap", "count", "who top")
    )
    if ask.startswith("who"):
        word, pick = ("top", max) if ask == "who top" else ("lowest", min)
        name = names[cells.index(pick(cells))]
        return Problem(f"{text}\nWho has the {word} {column}?", name, name, others(name, *names), verifier="text")
    if ask == "count":
        over = rng.randint(1, 59)
        value = sum(cell > over for cell in cells)
        counts = tuple(str(n) for n in range(len(cells) + 1) if n != value)
        return Problem(f"{text}\nHow many have {column} over {over}?", value, str(value), counts)
    value, words = _number(ask, cells, column)
    slips = {str(cell) for cell in cells if cell != value} | set(near_integers(value))
    return Problem(f"{text}\n{words}?", value, str(value), tuple(sorted(slips)))


def _number(ask: str, cells: list[int], column: str) -> tuple[int, str]:
    if ask == "top":
        return max(cells), f"Top {column}"
    if ask == "low":
        return min(cells), f"Lowest {column}"
    if ask == "sum":
        return sum(cells), f"Total {column}"
    return max(cells) - min(cells), f"Top minus lowest {column}"


lookup = Procedural(
    name="table/lookup",
    about="Find a cell by its row, or a row by its cell; tables grow with the level",
    verifier="text",
    draw=_lookup,
    levels=6,
)
aggregate = Procedural(
    name="table/aggregate",
    about="Highest, lowest, count, sum or range of a column; tables grow with the level",
    verifier="number",
    draw=_aggregate,
    levels=6,
)
