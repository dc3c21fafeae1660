"""Grid tasks in the manner of ARC: a chain of steps is shown on examples and asked for on a new grid.

A task is kept only where no chain of the library that is as short or shorter fits the examples and gives another
output, and where no shorter one fits at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random

from assay.sources.files import tagged
from assay.sources.forms import renamed
from assay.sources.gridops import COLOURS, STEPS, Grid
from assay.sources.logic import ARC, arc
from assay.sources.procedural import Problem, Procedural, Sketch, others
from assay.types import content_hash

LEVELS = ((1, 3, 5, 3), (1, 5, 9, 3), (2, 3, 6, 3), (2, 6, 10, 4), (3, 3, 6, 4), (3, 6, 10, 4))
"""Steps, least and greatest side of an input, and examples, of each level."""
ASK = (
    ARC,
    "The same transformation turned every input below into its output. Work out what it does, and do it with the test "
    "input. Numbers are colours.\n\n{problem}\n\nPlease write the test output, as a list of lists of numbers, within "
    "<answer> and </answer>.",
)
Pair = tuple[Grid, Grid]


def run(chain: Sequence[str], grid: Grid) -> Grid:
    """What a chain of steps makes of a grid."""
    for name in chain:
        grid = STEPS[name](grid)
    return grid


def fitting(pairs: Sequence[Pair], most: int) -> Iterator[tuple[str, ...]]:
    """Chains of at most so many steps that turn the first grid of every pair into the second, shorter ones first."""
    (start, goal), *rest = sorted(pairs, key=lambda pair: sum(map(len, pair[0])))  # a small grid is soon tried
    at: dict[Grid, list[tuple[str, ...]]] = {start: [()]}
    for made in range(1, most + 1):
        new: dict[Grid, list[tuple[str, ...]]] = {}
        for grid, chains in at.items():
            for name, step in STEPS.items():
                if (out := step(grid)) == goal or (made < most and out):
                    new.setdefault(out, []).extend([(*chain, name) for chain in chains])
        yield from (chain for chain in new.get(goal, ()) if all(run(chain, a) == b for a, b in rest))
        at = new


def _scene(rng: Random, least: int, most: int) -> Grid:
    """Rectangles, frames and single cells of some colours on the background."""
    height, width = rng.randint(least, most), rng.randint(least, most)
    cells = [[0] * width for _ in range(height)]
    for _ in range(rng.randint(2, 3 + (height * width) // 16)):
        i, j, colour = rng.randrange(height), rng.randrange(width), rng.choice(COLOURS)
        down, right = rng.randint(1, max(1, height // 2)), rng.randint(1, max(1, width // 2))
        hollow = rng.random() < 0.4
        for y in range(i, min(height, i + down)):
            for x in range(j, min(width, j + right)):
                if not (hollow and i < y < i + down - 1 and j < x < j + right - 1):
                    cells[y][x] = colour
    return tuple(map(tuple, cells))


def _pair(rng: Random, chain: Sequence[str], least: int, most: int) -> Pair | None:
    """A grid that every step of the chain changes, and what comes of it; `None` where none is found soon."""
    for _ in range(20):
        start = grid = _scene(rng, least, most)
        for name in chain:
            before, grid = grid, STEPS[name](grid)
            if not grid or grid == before or not any(map(any, grid)):
                break
        else:
            return start, grid
    return None


def _grids(rng: Random, level: int) -> Sketch:
    steps, least, most, shown = LEVELS[level - 1]
    while True:
        chain = tuple(rng.choices(list(STEPS), k=steps))
        pairs = [_pair(rng, chain, least, most) for _ in range(shown + 1)]
        found = [pair for pair in pairs if pair]
        if len(found) <= shown or len({out for _, out in found}) <= shown:
            continue
        *examples, test = found
        form = [sorted(map(_form, examples)), _form(test)]
        return Sketch(form, lambda: _problem(rng, examples, test, chain))  # noqa: B023 (of this round, the last one)


def _problem(rng: Random, examples: Sequence[Pair], test: Pair, chain: Sequence[str]) -> Problem | None:
    """The task, unless another chain that is no longer fits the examples and differs, or a shorter one fits."""
    for other in fitting(examples, len(chain)):
        if len(other) < len(chain) or run(other, test[0]) != test[1]:
            return None
    colours = dict(zip((0, *COLOURS), (0, *rng.sample(range(1, 10), len(COLOURS))), strict=True))

    def drawn(grid: Grid) -> list[list[int]]:
        return [[colours[cell] for cell in row] for row in grid]

    told = [{"input": drawn(a), "output": drawn(b)} for a, b in (*examples, test)]
    (row,) = arc({"train": told[:-1], "test": told[-1:], "task_id": ""})
    slips = [run(chain[:-1], test[0]), test[1][::-1], STEPS["mirror"](test[1]), (test[1][0][::-1], *test[1][1:])]
    wrong = others(row.gold or "", *(tagged(json.dumps(drawn(slip))) for slip in slips))
    return Problem(row.prompt, row.reference, row.gold or "", wrong, template=rng.choice(ASK))


def _form(pair: Pair) -> str:
    """A pair of grids whatever its colours are."""
    cells = [cell for grid in pair for row in grid for cell in row]
    return content_hash([[len(grid) for grid in pair], [len(grid[0]) for grid in pair], renamed([0, *cells])])


grids = Procedural(
    name="logic/grids",
    about="Grid tasks in the manner of ARC: one to three steps, shown on examples; no other short rule fits",
    verifier="grid",
    draw=_grids,
    levels=len(LEVELS),
)
