"""What other projects recorded of their rollouts: a response, the reward it got there, and the row it belongs to.

Each shape is known by the columns of its rows. `rows_of` finds the files of a directory; whoever adds a shape adds one
entry to `SHAPES`. Nothing that is read is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.errors import AssayError, BadConfig, BadRow, MissingData, did_you_mean
from assay.evaluate.inspect_logs import inspect_rows
from assay.files import read_jsonl
from assay.rollout.text import response_text
from assay.turns import gym_text, gym_turns

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet", ".eval", ".json")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """A response as it was recorded."""

    place: str
    """File and number of its row."""
    group: str
    """The task, taskset or source that it belongs to, as far as the record says."""
    prompt: Any
    """What was asked: text or messages."""
    response: str | None
    """`None` where the model gave none."""
    reward: float | None
    """`None` where none was given: an error, a row that was skipped."""
    rewarded_by: str
    columns: Row
    """What may say how to judge: the row's own columns."""


Answer = tuple[str, Any, Any, Any, str, dict[str, Any]]
"""Group, prompt, completion, reward, the reward's name, and columns."""


@dataclass(frozen=True)
class Shape:
    """How one project writes its rollouts."""

    name: str
    columns: frozenset[str]
    """What every row has."""
    read: Callable[[Row, Path, str], Iterator[Answer]]
    """(row, file, the reward that was asked for) -> what it records."""


def rows_of(path: Path, reward: str = "", on_skipped: Callable[[str], None] = lambda why: None) -> Iterator[Said]:
    """The recorded responses of a file, or of all files of a directory that have a known shape.

    `reward` names the one that is meant where rows have several. `on_skipped` is told of files of a directory in no
    known shape. Raises `MissingData` for nothing there, `BadConfig` for a shape that is not known, a reward that there
    is not, or several of which none was named, and `BadRow` with file and number for a row that cannot be read.
    """
    if not path.exists():
        raise MissingData(f"{path} does not exist: name a file or directory of rollouts")
    files = [path] if path.is_file() else _files(path)
    known = 0
    for file in files:
        try:
            rows = _read(file)
        except BadConfig as unknown:
            if path.is_file():
                raise
            on_skipped(str(unknown))
            continue
        known += 1
        yield from _said(file, *rows, reward)
    if not known:
        raise BadConfig(f"{path} holds no run of ours, and no rollouts of a known shape; looked for {_known()}")


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name.endswith(SUFFIXES[:-1])]


def _read(file: Path) -> tuple[Shape, Iterator[tuple[int, Row]]]:
    """A file's shape and its rows with their numbers."""
    if file.suffix == ".eval" or file.suffix == ".json":
        return INSPECT, inspect_rows(file)
    if file.suffix == ".parquet":
        numbered: Iterator[tuple[int, Row]] = enumerate(_parquet(file), 1)
    elif file.name.endswith(SUFFIXES):
        numbered = read_jsonl(file)
    else:
        raise BadConfig(f"{file}: the name of a file of rollouts ends in {', '.join(SUFFIXES)}")
    first = list(islice(numbered, 1))
    columns = set(first[0][1]) if first else set()
    shape = next((shape for shape in SHAPES if shape.columns <= columns), None)
    if shape is None:
        has = ", ".join(sorted(columns)[:20]) or "no rows"
        raise BadConfig(f"{file} is in no known shape (it has {has}); looked for {_known()}")
    return shape, chain(first, numbered)


def _known() -> str:
    told = [f"{shape.name} ({', '.join(sorted(shape.columns))})" for shape in SHAPES]
    return "; ".join([*told, "logs of Inspect (.eval, .json)"])


def _parquet(file: Path) -> Iterator[Row]:
    try:
        table = pq.ParquetFile(file)
    except (OSError, ValueError) as bad:
        raise AssayError(f"{file} is no parquet file: {bad}") from None
    return (row for batch in table.iter_batches() for row in batch.to_pylist())


def _said(file: Path, shape: Shape, rows: Iterator[tuple[int, Row]], reward: str) -> Iterator[Said]:
    for number, row in rows:
        try:
            for group, prompt, completion, value, name, columns in shape.read(row, file, reward):
                said = None if completion is None else response_text(completion)
                place = f"{file.name}:{number}"
                yield Said(place, group, prompt, said, _number(value), name, {**columns, "prompt": prompt})
        except BadConfig:
            raise
        except (ValueError, TypeError, LookupError, AttributeError) as bad:
            raise BadRow(str(file), number, f"no row as {shape.name} writes it: {bad}") from None


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, str):  # as verl writes what is no number of Python's own
        value = {"True": 1.0, "False": 0.0}.get(value, value)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"a reward is a number, not {value!r}"[:200]) from None


def _chosen(rewards: Row, asked: str, file: Path) -> str:
    """The name of the reward that is meant. Raises `BadConfig` where that is not one of them, or not clear."""
    if asked and asked not in rewards:
        raise BadConfig(f"{file} has no reward {asked!r}{did_you_mean(asked, rewards)}")
    if not asked and len(rewards) != 1:
        raise BadConfig(f"{file} has {len(rewards)} rewards ({', '.join(rewards)}): say which is meant with --reward")
    return asked or next(iter(rewards))


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


# The shapes


def _nemo_gym(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    asked = gym_turns((row["responses_create_params"] or {}).get("input") or "")
    said = gym_text(row["response"]) or None
    name = reward or "reward"
    value = None if row.get("mask_sample") or row.get("_ng_failure_class") else row[name]
    columns = {**(row.get("verifier_metadata") or {}), **_without(row, "response", "responses_create_params", name)}
    columns |= {"reference": columns["expected_answer"]} if "expected_answer" in columns else {}
    yield (row.get("agent_ref") or {}).get("name") or file.stem, asked, said, value, name, columns


def _verifiers(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    """An episode of verifiers 0.4: each of its traces is a response."""
    for trace in row["traces"]:
        yield _trace(trace, row["env"]["id"], file, reward)


def _prime_rl(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    yield _trace(row, row["task"]["type"], file, reward)


def _trace(trace: Row, group: str, file: Path, reward: str) -> Answer:
    data, given = trace["task"]["data"], trace.get("rewards") or {}
    turns = [node["message"] for node in trace["nodes"] if node["message"]["role"] == "assistant"]
    said = trace.get("root_reply") or (turns[-1:] or None)
    weighed = {name: one["score"] if reward else one["score"] * one["weight"] for name, one in given.items() if one}
    if reward and weighed:
        _chosen(weighed, reward, file)
    value = (weighed[reward] if reward else sum(weighed.values())) if weighed and trace["ok"] else None
    return group, data.get("prompt") or "", said, value, reward or "reward", dict(data)


def _scored_rows(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    """Rows with a prompt, a completion and a reward: those of verifiers before 0.4, or of one's own."""
    name = reward or "reward"
    columns = {
        **(row["info"] if isinstance(row.get("info"), dict) else {}),
        **_without(row, "completion", "info", name),
    }
    yield str(row.get("task") or file.stem), row["prompt"], row["completion"], row[name], name, columns


def _own_rows(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    name = reward or "reward"
    yield file.stem, row.get("prompt") or "", row["response"], row[name], name, _without(row, "response", name)


def _verl(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    name = reward or "score"
    columns = _without(row, "input", "output", "gts", "score", "step", name)
    columns |= {} if row["gts"] is None else {"reference": row["gts"]}
    yield (
        str(row.get("data_source") or file.resolve().parent.name),
        row["input"],
        row["output"],
        row[name],
        name,
        columns,
    )


def _trl(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    other = _without(row, "step", "prompt", "completion", "advantage")
    name = _chosen({k: v for k, v in other.items() if isinstance(v, float) or v is None or k == reward}, reward, file)
    yield "completions", row["prompt"], row["completion"], row[name], name, _without(other, name)


def _lm_eval(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    """One line a filter; of several responses the first, which its usual filters take."""
    said = row["resps"][0][0]
    if not isinstance(said, str):
        raise BadConfig(f"{file} holds likelihoods of choices, no responses: there is nothing to judge")
    name = _chosen({name: row[name] for name in row["metrics"]}, reward, file)
    asked = next(iter(row["arguments"].values()))["arg_0"]
    task = re.sub(r"^samples_|_\d{4}-\d\d-\d\dT.*$", "", file.name)
    group = task if row["filter"] == "none" else f"{task} ({row['filter']})"
    yield group, asked, said, row[name], name, {**row["doc"], "reference": row["target"]}


def _inspect(row: Row, file: Path, reward: str) -> Iterator[Answer]:
    scores = row.get("scores") or {}
    name = _chosen(scores, reward, file) if scores else reward
    value = scores[name]["value"] if scores else None
    letters = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
    value = letters.get(value, value) if isinstance(value, str) else value
    choices = (row.get("output") or {}).get("choices") or [{}]
    columns = {**(row.get("metadata") or {}), "reference": row["target"]}
    if row.get("choices"):
        columns["options"] = row["choices"]
    yield row["task"], row["input"], [choices[0]["message"]] if choices[0] else None, value, name, columns


INSPECT = Shape("logs of Inspect", frozenset(), _inspect)
SHAPES = (
    Shape("NeMo-Gym", frozenset({"responses_create_params", "response", "reward"}), _nemo_gym),
    Shape("verifiers 0.4", frozenset({"env", "task", "traces"}), _verifiers),
    Shape("prime-rl", frozenset({"task", "nodes", "rewards", "ok"}), _prime_rl),
    Shape("lm-eval", frozenset({"doc", "resps", "target", "filter", "metrics", "arguments"}), _lm_eval),
    Shape("verl", frozenset({"input", "output", "gts", "score"}), _verl),
    Shape("TRL", frozenset({"step", "prompt", "completion", "advantage"}), _trl),
    Shape("verifiers before 0.4", frozenset({"prompt", "completion", "reward"}), _scored_rows),
    Shape("rows of your own", frozenset({"response", "reward"}), _own_rows),
)
"""In the order in which they are looked for."""
