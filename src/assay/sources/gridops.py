"""Transformations of grids of colours, each a step that a grid task may be made of. Colour 0 is the background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

Grid = tuple[tuple[int, ...], ...]
Step = Callable[[Grid], Grid]
MOST = 24
"""Cells in a row or column at most; a step that would make more gives the empty grid, which no task has."""
COLOURS = (1, 2, 3, 4)
"""Colours that steps speak of."""


def _transposed(grid: Grid) -> Grid:
    return tuple(zip(*grid, strict=True))


def _flipped(grid: Grid) -> Grid:
    return grid[::-1]


def _mirrored(grid: Grid) -> Grid:
    return tuple(row[::-1] for row in grid)


def _each(change: Callable[[int], int]) -> Step:
    return lambda grid: tuple(tuple(map(change, row)) for row in grid)


def _fallen(row: tuple[int, ...]) -> tuple[int, ...]:
    """Everything pushed to the end of a row."""
    kept = tuple(filter(None, row))
    return (0,) * (len(row) - len(kept)) + kept


def _drawn(row: tuple[int, ...]) -> tuple[int, ...]:
    """Every colour drawn on until the next one."""
    out, last = [], 0
    for cell in row:
        last = cell or last
        out.append(last)
    return tuple(out)


def _rows(change: Callable[[tuple[int, ...]], tuple[int, ...]], way: str) -> Step:
    """A change of rows in one of four directions."""
    if way == "right":
        return lambda grid: tuple(map(change, grid))
    if way == "left":
        return lambda grid: _mirrored(tuple(map(change, _mirrored(grid))))
    if way == "down":
        return lambda grid: _transposed(tuple(map(change, _transposed(grid))))
    return lambda grid: _flipped(_transposed(tuple(map(change, _transposed(_flipped(grid))))))


def _cropped(grid: Grid) -> Grid:
    """The smallest rectangle around everything."""
    down = [i for i, row in enumerate(grid) if any(row)]
    right = [j for j, column in enumerate(zip(*grid, strict=True)) if any(column)]
    return tuple(row[right[0] : right[-1] + 1] for row in grid[down[0] : down[-1] + 1]) if down else grid


def _scaled(grid: Grid) -> Grid:
    return tuple(tuple(cell for cell in row for _ in range(2)) for row in grid for _ in range(2))


def _framed(colour: int) -> Step:
    def framed(grid: Grid) -> Grid:
        line = (colour,) * (len(grid[0]) + 2)
        return (line, *((colour, *row, colour) for row in grid), line)

    return framed


def _regions(grid: Grid, wanted: Callable[[int], bool]) -> Iterator[list[tuple[int, int]]]:
    """Cells that are wanted, in pieces that hang together by their sides."""
    free = {(i, j) for i, row in enumerate(grid) for j, cell in enumerate(row) if wanted(cell)}
    while free:
        todo, piece = [free.pop()], []
        while todo:
            i, j = todo.pop()
            piece.append((i, j))
            for near in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if near in free:
                    free.remove(near)
                    todo.append(near)
        yield piece


def _largest(grid: Grid) -> Grid:
    """The largest piece alone; all of it where two are as large."""
    pieces = sorted(_regions(grid, bool), key=len)
    if not pieces or (len(pieces) > 1 and len(pieces[-1]) == len(pieces[-2])):
        return grid
    kept = set(pieces[-1])
    return tuple(tuple(cell if (i, j) in kept else 0 for j, cell in enumerate(row)) for i, row in enumerate(grid))


def _filled(colour: int) -> Step:
    def filled(grid: Grid) -> Grid:
        """Background that is closed in gets a colour."""
        height, width = len(grid), len(grid[0])
        closed: set[tuple[int, int]] = set()
        for piece in _regions(grid, lambda cell: cell == 0):
            if all(0 < i < height - 1 and 0 < j < width - 1 for i, j in piece):
                closed.update(piece)
        return tuple(tuple(colour if (i, j) in closed else c for j, c in enumerate(row)) for i, row in enumerate(grid))

    return filled


def _commonest(grid: Grid) -> Grid:
    """The colour that has most cells alone; everything where two have as many."""
    counts = Counter(cell for row in grid for cell in row if cell).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return grid
    return _each(lambda cell: cell if cell == counts[0][0] else 0)(grid)


def _laid_over(other: Step) -> Step:
    """Background shows what lies there in the turned grid."""
    return lambda grid: tuple(
        tuple(a or b for a, b in zip(*rows, strict=True)) for rows in zip(grid, other(grid), strict=True)
    )


def _within(step: Step) -> Step:
    def small(grid: Grid) -> Grid:
        made = step(grid) if grid else ()
        return made if made and len(made) <= MOST and len(made[0]) <= MOST else ()

    return small


def _painted(colour: int, cell: int) -> int:
    return colour if cell else 0


def _erased(colour: int, cell: int) -> int:
    return 0 if cell == colour else cell


def _swapped(a: int, b: int) -> Step:
    return _each(lambda cell: b if cell == a else a if cell == b else cell)


STEPS: dict[str, Step] = {
    name: _within(step)
    for name, step in {
        "flip": _flipped,
        "mirror": _mirrored,
        "transpose": _transposed,
        "turn": lambda grid: _mirrored(_transposed(grid)),
        "turn half": lambda grid: _mirrored(_flipped(grid)),
        "turn back": lambda grid: _flipped(_transposed(grid)),
        "roll right": lambda grid: tuple((row[-1], *row[:-1]) for row in grid),
        "roll down": lambda grid: (grid[-1], *grid[:-1]),
        "double right": lambda grid: tuple(row + row[::-1] for row in grid),
        "double down": lambda grid: grid + grid[::-1],
        "repeat right": lambda grid: tuple(row + row for row in grid),
        "crop": _cropped,
        "scale": _scaled,
        "largest": _largest,
        "commonest": _commonest,
        "lay over mirror": _laid_over(_mirrored),
        "lay over flip": _laid_over(_flipped),
        **{f"fall {way}": _rows(_fallen, way) for way in ("right", "left", "down", "up")},
        **{f"draw {way}": _rows(_drawn, way) for way in ("right", "left", "down", "up")},
        **{f"frame {c}": _framed(c) for c in COLOURS},
        **{f"fill {c}": _filled(c) for c in COLOURS},
        **{f"paint {c}": _each(partial(_painted, c)) for c in COLOURS},
        **{f"erase {c}": _each(partial(_erased, c)) for c in COLOURS},
        **{f"swap {a} {b}": _swapped(a, b) for a in COLOURS for b in COLOURS if a < b},
    }.items()
}
"""Name -> step."""
