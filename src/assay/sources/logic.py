"""Real logic: ARC-AGI grids, ZebraLogic tables, knights and knaves."""

from __future__ import annotations

import json
from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, tagged

Grid = list[list[int]]
ARC = (
    "Each input grid becomes its output grid by one rule. Find the rule and apply it to the test input.\n\n"
    "{problem}\n\nPlease give the final output grid, as a list of lists, within <answer> and </answer>."
)
ZEBRA = (
    "{problem}\n\nPlease output the solution within <answer> and </answer> as a JSON object with "
    '"header": %s and "rows": one list a house, in the order of the header.'
)
KINDS = (
    "{problem}\n\nPlease output the final answer within <answer> and </answer>, "
    "one `name: knight` or `name: knave` for each inhabitant, separated by commas."
)


def arc(raw: Raw) -> Iterable[Row]:
    """One Example a test grid: most tasks have one, some two or three."""
    shown = "\n\n".join(
        f"Example {number}\nInput:\n{_cells(pair['input'])}\nOutput:\n{_cells(pair['output'])}"
        for number, pair in enumerate(raw["train"], 1)
    )
    for pair in raw["test"]:
        prompt, gold = f"{shown}\n\nTest\nInput:\n{_cells(pair['input'])}", tagged(json.dumps(pair["output"]))
        yield Row(prompt, pair["output"], gold, template=ARC, tags=(f"task:{raw['task_id']}",))


def _cells(grid: Grid) -> str:
    return "\n".join(" ".join(map(str, row)) for row in grid)


def _zebra(raw: Raw) -> Iterable[Row]:
    solution = {"header": raw["solution"]["header"], "rows": raw["solution"]["rows"]}
    template, gold = ZEBRA % json.dumps(solution["header"]), tagged(json.dumps(solution))
    yield Row(raw["puzzle"].strip(), solution, gold, template=template, tags=(f"size:{raw['size']}",))


def _knights_knaves(raw: Raw) -> Iterable[Row]:
    kinds = {n: "knight" if k else "knave" for n, k in zip(raw["names"], raw["solution"], strict=True)}
    gold = tagged(", ".join(f"{name}: {kind}" for name, kind in kinds.items()))
    yield Row(raw["quiz"], kinds, gold, template=KINDS, tags=(f"people:{len(kinds)}",))


arc_agi1 = Real(
    name="logic/arc_agi1",
    about="Abstraction and reasoning corpus 1: find the rule that turns one grid into another",
    licence="Apache-2.0",
    verifier="grid",
    home="https://github.com/fchollet/ARC-AGI (data)",
    files={"train": "logic/arc_agi1_training.jsonl.gz", "test": "logic/arc_agi1_evaluation.jsonl.gz"},
    sizes={"train": 416, "test": 419},
    row=arc,
)
arc_agi2 = Real(
    name="logic/arc_agi2",
    about="Abstraction and reasoning corpus 2; train leaves out what ARC-AGI-1 has in train or test",
    licence="Apache-2.0",
    verifier="grid",
    home="https://github.com/arcprize/ARC-AGI-2 (data)",
    files={"train": "logic/arc_agi2_training.jsonl.gz", "test": "logic/arc_agi2_evaluation.jsonl.gz"},
    key="task_id",
    apart={"train": tuple(arc_agi1.files.values())},
    sizes={"train": 274, "test": 167},
    row=arc,
)
zebra = Real(
    name="logic/zebra",
    about="ZebraLogic grid puzzles (public hub copies hide the solutions)",
    licence="none stated; evaluation only",
    verifier="records",
    eval_only=True,
    files={"test": "logic/zebralogic_grid_1000.jsonl"},
    sizes={"test": 1000},
    row=_zebra,
    hub=Hub("allenai/ZebraLogicBench-private", "grid_mode"),
)
kk = Real(
    name="logic/kk",
    about="Knights and knaves of Logic-RL, 3 to 7 inhabitants",
    licence="Apache-2.0",
    verifier="assignment",
    home="https://github.com/Unakar/Logic-RL (data/kk/instruct/*ppl)",
    files={"train": "logic/knights_knaves_train.jsonl.gz", "test": "logic/knights_knaves_test.jsonl"},
    sizes={"train": 4500, "test": 500},
    row=_knights_knaves,
)
