"""The row layout of verl and Guru, both ways without loss.

    data_source, prompt, ability, reward_model {style, ground_truth}, extra_info {index, split, ...},
    apply_chat_template, and pass-rate columns such as `qwen2.5_7b_pass_rate`

An Example becomes a row whose `extra_info["assay"]` holds, as JSON text, what the layout has no place for; the keys are
the same in every row, so rows of all domains share one schema. A foreign row is routed by its `data_source` through
`GURU`, and is kept whole under `extra["verl"]`, so exporting it again gives the row that came in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.errors import BadRow, did_you_mean
from assay.sources.files import NUMERAL
from assay.types import SCHEMA_VERSION, Example, check_schema

Row = Mapping[str, Any]
SAMPLES = 16
"""Rollouts behind a Guru pass rate (arXiv 2506.14965, section 2.5)."""
_RATE = "_pass_rate"
_OURS = "assay"
_FOREIGN = "verl"


@dataclass(frozen=True, slots=True)
class Route:
    """How a foreign `data_source` prefix is judged."""

    domain: str
    verifier: str | Callable[[Any], str]
    """A name, or reference -> name where the answer's own type decides."""
    read: Callable[[Any], Any] = lambda truth: truth
    """ground_truth -> reference."""


def _json(truth: Any) -> Any:
    return json.loads(truth) if isinstance(truth, str) else truth


def _tests(truth: Any) -> Any:
    """Guru's `functional` tests end in `check(Solution().name)`: that call names the entry point."""
    found = _json(truth)
    if "inputs" in found:
        return {"inputs": found["inputs"], "outputs": found["outputs"]}
    tests, _, call = found["functional"].rstrip().rpartition("\ncheck(")
    if not tests:
        return {"tests": found["functional"]}
    return {"tests": tests, "entry_point": call.removesuffix(")")}


def _answers(truth: Any) -> Any:
    return list(truth) if isinstance(truth, list | tuple) else truth


def _by_tests(reference: Any) -> str:
    return "code.stdio" if "inputs" in reference else "code.tests"


def _by_numeral(reference: str) -> str:
    return "number" if NUMERAL.fullmatch(reference.strip()) else "text"


GURU: Mapping[str, Route] = {
    "math": Route("math", "math", str),
    "codegen": Route("code", _by_tests, _tests),
    "stem__gpqa": Route("science", "choice", str),
    "stem__supergpqa": Route("science", "choice", str),
    "stem_web": Route("science", "math", str),
    "stem__web": Route("science", "math", str),
    "logic__zebra": Route("logic", "records", _json),
    "zebra_puzzle_dataset": Route("logic", "records", _json),
    "logic__ordering": Route("logic", "sequence", _answers),
    "ordering_puzzle_dataset": Route("logic", "sequence", _answers),
    "logic__graph": Route("logic", "text", str),
    "graph_logical_dataset": Route("logic", "text", str),
    "logic__arcagi": Route("logic", "grid", _json),
    "logic__barc": Route("logic", "grid", _json),
    "simulation__arcagi": Route("logic", "grid", _json),
    "simulation__barc": Route("logic", "grid", _json),
    "table": Route("table", _by_numeral, str),
    "ood__ifeval": Route("instruction", "instructions", _json),
}
"""Longest prefix wins. Code I/O rows carry no program to run and have no route."""


def to_verl(example: Example, index: int = 0) -> dict[str, Any]:
    """One row. A row that was imported comes back as it was, with pass rates measured since then added."""
    rates = {f"{model}{_RATE}": right / n for model, (right, n) in example.pass_rates.items() if n}
    foreign = example.extra.get(_FOREIGN)
    prompt = [turn.to_json() for turn in example.asked]
    if foreign is not None:
        return {**foreign, "prompt": prompt, **{c: rate for c, rate in rates.items() if c not in foreign}}
    truth = example.reference
    plain = isinstance(truth, str)
    kept = example.to_json()
    ours = {name: kept[name] for name in kept if name not in ("id", "reference")} | {"plain": plain}
    split = next((tag.removeprefix("split:") for tag in example.tags if tag.startswith("split:")), "train")
    return {
        "data_source": example.source,
        "prompt": prompt,
        "ability": example.domain,
        "apply_chat_template": True,
        "reward_model": {"style": "rule", "ground_truth": truth if plain else json.dumps(truth, ensure_ascii=False)},
        "extra_info": {"index": index, "split": split, _OURS: json.dumps(ours, ensure_ascii=False)},
        **rates,
    }


def from_verl(row: Row) -> Example:
    """Read a row that we or others wrote. Raises `ValueError` when it has no such layout or no route."""
    try:
        truth, info = row["reward_model"]["ground_truth"], row.get("extra_info") or {}
        return _own(row, truth, info[_OURS]) if _OURS in info else _other(row, truth)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"not a row of the verl layout: {fault!r}") from fault


def _own(row: Row, truth: Any, payload: str) -> Example:
    ours = json.loads(payload)
    check_schema(ours)
    reference = truth if ours.pop("plain") else json.loads(truth)
    prompt = row.get("prompt") or ours["prompt"]  # verl hands reward functions a row without its prompt
    return Example.from_json({**ours, "schema": SCHEMA_VERSION, "prompt": prompt, "reference": reference})


def _other(row: Row, truth: Any) -> Example:
    route = route_of(row["data_source"])
    reference = route.read(truth)
    rates = {
        column.removesuffix(_RATE): (round(rate * SAMPLES), SAMPLES)
        for column, rate in row.items()
        if column.endswith(_RATE) and _counted(rate)
    }
    return Example(
        prompt=row.get("prompt") or (),
        reference=reference,
        verifier=route.verifier if isinstance(route.verifier, str) else route.verifier(reference),
        domain=route.domain,
        source=row["data_source"],
        lineage=("import:verl",),
        pass_rates=rates,
        extra={_FOREIGN: {name: value for name, value in row.items() if name != "prompt"}},
    )


def _counted(rate: Any) -> bool:
    """Whether a rate is a whole number of samples: NaN and null are missing, never 0."""
    return isinstance(rate, int | float) and not math.isnan(rate) and float(rate * SAMPLES).is_integer()


def route_of(data_source: str) -> Route:
    """The route of the longest known prefix. Raises `ValueError` when there is none."""
    prefixes = [prefix for prefix in GURU if data_source.startswith(prefix)]
    if not prefixes:
        raise ValueError(f"no verifier is known for data_source {data_source!r}{did_you_mean(data_source, GURU)}")
    return GURU[max(prefixes, key=len)]


def write_verl(examples: Iterable[Example], path: Path | str) -> None:
    """Write a parquet file that verl reads. Columns are the union of all rows' columns."""
    rows = [to_verl(example, index) for index, example in enumerate(examples)]
    columns = dict.fromkeys(name for row in rows for name in row)
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows]), Path(path))


def read_verl(path: Path | str) -> Iterator[Example]:
    """Examples of a verl parquet file. Raises `BadRow` with the row number on a row that cannot be read."""
    for number, row in enumerate(pq.read_table(Path(path)).to_pylist(), 1):
        try:
            example = from_verl(row)
        except ValueError as fault:
            raise BadRow(str(path), number, str(fault)) from fault
        yield example
