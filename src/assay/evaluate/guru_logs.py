"""The public training logs of Guru (arXiv 2506.14965) as a study: `validation/` and `rewards_and_lengths/`, as CSV.

A file is a run, `STUDY_RUN.csv` (`guru18k_math3k.csv`), or a part of one that was resumed (`.part1.csv`, `.part2.csv`;
a later part holds where two tell of one step). A column `val/test_score/TASK/...` is the score of a task in [0, 1], a
row a step; step 0 is the base, whose score is the mean of what all runs read. How many problems a task has is in no
log: `TASKS` says it, and every score is checked to be a whole count of them.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

from assay.errors import AssayError, BadRow, MissingData, did_you_mean
from assay.evaluate.transfer import Reading, Run, Study, Task, Trace
from assay.files import not_utf8

TASKS = {
    "math__math": Task("MATH500", "math", 500),
    "math__amc_repeated_4x": Task("AMC", "math", 83, 4),
    "math__aime_repeated_8x": Task("AIME24", "math", 30, 8),
    "codegen__humaneval": Task("HumanEval", "code", 164),
    "codegen__mbpp": Task("MBPP", "code", 200),
    "codegen__livecodebench": Task("LiveCodeBench", "code", 279),
    "stem__supergpqa": Task("SuperGPQA", "science", 200),
    "stem__gpqa_diamond": Task("GPQA-D", "science", 198, 4, in_mean=False),
    "stem__gpqa": Task("GPQA", "science", 198, in_mean=False),
    "simulation__arcagi1": Task("ARC-AGI", "logic", 200),
    "logic__ordering_puzzle_dataset": Task("Ordering", "logic", 100),
    "logic__zebra_puzzle_dataset": Task("Zebra", "logic", 200),
    "logic__graph_logical_dataset": Task("Graph", "logic", 77, in_mean=False),
    "simulation__codeio": Task("CodeI/O", "simulation", 200),
    "table__hitab": Task("HiTab", "table", 200),
    "table__multihier": Task("MultiHiertt", "table", 200),
}
"""The name of a task in a column -> what it asks; the mean is that of the thirteen by which the paper chose steps."""
PARTIAL = "Zebra"
"""Scored by the share of cells that are right, so that no count can be read from its score."""
DOMAINS = {
    "math": "math",
    "codegen": "code",
    "stem": "science",
    "logic": "logic",
    "simulation": "simulation",
    "table": "table",
}
"""What the logs call a domain -> what we call it."""
ALSO_LOGIC = ("simulation__arcagi", "simulation__barc")
"""Logic by the paper, though their columns say otherwise."""
MIX = "mix"
SCORES, TRAINING = "validation", "rewards_and_lengths"
_PART = re.compile(r"\.part\d+$")


def is_guru_logs(folder: Path) -> bool:
    """Whether a folder is laid out as these logs are."""
    return (folder / SCORES).is_dir()


def studies_in(folder: Path) -> dict[str, list[str]]:
    """The studies of a folder: name -> its runs. A run that stands alone (`qwen_7b_guru_full`) is none."""
    if not is_guru_logs(folder):
        raise MissingData(f"{folder} holds no logs: a folder {SCORES}/ with one CSV file a run is wanted in it")
    found: dict[str, set[str]] = {}
    for path in (folder / SCORES).glob("*.csv"):
        study, _, run = _PART.sub("", path.stem).partition("_")
        found.setdefault(study, set()).add(run)
    many = {name: sorted(runs) for name, runs in sorted(found.items()) if len(runs) > 1 and name.startswith("guru")}
    if not many:
        raise MissingData(f"{folder / SCORES} holds no CSV file named STUDY_RUN.csv, such as guru18k_math3k.csv")
    return many


def read_guru_logs(folder: Path, study: str = "") -> Study:
    """Read one study of a folder, the one with the most runs where none is named.

    Raises `MissingData` where the folder or the study is not there, `BadRow`, with file and line, for a row that cannot
    be read, and `AssayError` where a run's domain is not known or no run has a score before training.
    """
    known = studies_in(folder)
    name = study or max(known, key=lambda one: (len(known[one]), one))
    if name not in known:
        raise MissingData(f"{folder} holds no study {name!r}{did_you_mean(name, known)}")
    tables = {run: _readings(folder / SCORES, f"{name}_{run}") for run in sorted(known[name], key=_place)}
    seen = {task for table in tables.values() for row in table.values() for task in row}
    tasks = tuple(task for task in TASKS.values() if task.name in seen)
    first = [table[0] for table in tables.values() if 0 in table]
    if not first:
        raise AssayError("no run has a row of step 0, so the base, from which gains are counted, is not known")
    before = {t.name: [row[t.name].score for row in first if t.name in row] for t in tasks}
    runs = [Run("base", (), 0, {0: {task: Reading(fmean(scores)) for task, scores in before.items()}})]
    for run, table in tables.items():
        domains = tuple(DOMAINS.values()) if run.startswith(MIX) else (_domain(run),)
        whole = {step: row for step, row in table.items() if all(task.name in row for task in tasks)}
        if not any(whole):
            raise AssayError(
                f"run {run!r} has no row behind step 0 with a score of every task, so it cannot be compared"
            )
        runs.append(Run(run, domains, max(table), whole, _traces(folder / TRAINING / f"{name}_{run}.csv")))
    notes = [_size_note(runs, tasks), *_base_note(before)]
    if others := [one for one in known if one != name]:
        notes.append(f"Further studies in {folder.name}: {', '.join(others)}.")
    return Study(name, tasks, tuple(runs), tuple(notes), chosen=True)


def _place(run: str) -> tuple[int, str]:
    order = [*DOMAINS, MIX]
    return next((at for at, name in enumerate(order) if run.startswith(name)), len(order)), run


def _domain(run: str) -> str:
    found = next((ours for theirs, ours in DOMAINS.items() if run.startswith(theirs)), None)
    if found is None:
        hint = did_you_mean(re.sub(r"[\d.]+k$", "", run), [*DOMAINS, MIX])
        raise AssayError(f"run {run!r}: its name begins with no domain of these logs{hint}")
    return found


def _readings(folder: Path, stem: str) -> dict[int, dict[str, Reading]]:
    found: dict[int, dict[str, Reading]] = {}
    for path in sorted(folder.glob(f"{stem}.csv")) + sorted(folder.glob(f"{stem}.part*.csv")):
        for line, step, row in _rows(path):
            scores = found.setdefault(step, {})
            for column, value in row.items():
                prefix, _, rest = column.partition("val/test_score/")
                task = rest.partition("/")[0]
                if prefix or task not in TASKS or (score := _number(path, line, column, value)) is None:
                    continue
                if not 0 <= score <= 1:
                    raise BadRow(str(path), line, f"{column} is {score:g}; a score is from 0 to 1")
                scores[TASKS[task].name] = Reading(score)
    return {step: found[step] for step in sorted(found) if found[step]}


def _traces(path: Path) -> dict[str, Trace]:
    """Rewards and response lengths of each source, and of the whole batch as `all`; nothing without the file."""
    series: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for line, step, row in _rows(path) if path.is_file() else ():
        for column, value in row.items():
            kind, _, rest = column.removesuffix("/mean").partition("/")
            if not column.endswith("/mean") or (number := _number(path, line, column, value)) is None:
                continue
            if kind == "response_length":
                series.setdefault((rest or "all", "lengths"), []).append((step, number))
            else:  # critic/rewards/mean is that of the batch, critic/scores/SOURCE/mean that of a source
                source = "all" if rest == "rewards" else rest.partition("/")[2]
                series.setdefault((source, "rewards"), []).append((step, number))
    names = sorted({source for source, _ in series}, key=lambda name: (name != "all", name))
    return {
        name: Trace(
            _domain_of(name), tuple(series.get((name, "rewards"), ())), tuple(series.get((name, "lengths"), ()))
        )
        for name in names
    }


def _domain_of(source: str) -> str:
    if source.startswith(ALSO_LOGIC):
        return "logic"
    return DOMAINS.get(source.partition("_")[0], "")


def _rows(path: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Line number, step and columns of each row. Raises `BadRow`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        try:
            head = next(rows, [])
            if "_step" not in head:
                raise BadRow(str(path), 1, "no column _step in the head: a log of scores or of rewards is wanted")
            for row in rows:
                line = rows.line_num
                if len(row) != len(head):
                    raise BadRow(str(path), line, f"{len(row)} columns, where the head has {len(head)}")
                given = dict(zip(head, row, strict=True))
                step = _number(path, line, "_step", given.pop("_step"))
                if step is None or step != int(step) or step < 0:
                    raise BadRow(str(path), line, "_step is no whole number from 0 up")
                yield line, int(step), given
        except csv.Error as bad:
            raise BadRow(str(path), rows.line_num, f"not CSV: {bad}") from None
        except UnicodeDecodeError as bad:
            raise BadRow(str(path), rows.line_num + 1, not_utf8(bad)) from None


def _number(path: Path, line: int, column: str, text: str) -> float | None:
    """A number; `None` where nothing was logged."""
    if text in ("", "NaN"):
        return None
    try:
        number = float(text)
    except ValueError:
        raise BadRow(str(path), line, f"{column} is {text[:40]!r}, no number") from None
    if not math.isfinite(number):
        raise BadRow(str(path), line, f"{column} is {text}, no finite number")
    return number


def _size_note(runs: list[Run], tasks: tuple[Task, ...]) -> str:
    """What is known of n: whether every score of a training is a whole count of that many responses."""
    odd = []
    for task in tasks:
        asked = task.problems * task.repeats
        scores = [row[task.name].score * asked for run in runs[1:] for row in run.readings.values()]
        if task.name != PARTIAL and any(abs(score - round(score)) > 1e-6 * asked for score in scores):
            odd.append(task.name)
    but = f"but for {', '.join(odd)} " if odd else ""
    return (
        f"The logs do not say n. It is that of the task sets, and {but}every score is a whole count of it "
        f"({PARTIAL} gives partial credit, and is not checked)."
    )


def _base_note(before: Mapping[str, list[float]]) -> list[str]:
    """Where the base was read several times: by how much these readings of one policy differ."""
    task = max(before, key=lambda name: max(before[name]) - min(before[name]))
    points = 100 * (max(before[task]) - min(before[task]))
    if len(before[task]) < 2:
        return []
    return [
        f"The base is the mean of {len(before[task])} readings of one policy, which differ by up to {points:.1f} "
        f"points ({task}): so much two readings differ without any training."
    ]
