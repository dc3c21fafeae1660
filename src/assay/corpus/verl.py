"""The row layout of verl and Guru, both ways without loss.

    data_source, prompt, ability, reward_model {style, ground_truth}, extra_info {index, split, ...},
    apply_chat_template, and pass-rate columns such as `qwen2.5_7b_pass_rate`

An Example becomes a row whose `prompt` is what the model is asked and whose `extra_info["assay"]` holds, as JSON text,
the bare problem and all else that the layout has no place for; the keys are the same in every row, so rows of all
domains share one schema. A foreign row is routed by its `data_source` (`sources/routes.py`), and is kept whole under
`extra["verl"]`, so exporting it again gives the row that came in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.corpus.parquet import refuse_sealed
from assay.errors import AssayError, BadRow
from assay.files import replacing
from assay.sources.routes import route_of
from assay.turns import plain
from assay.types import SCHEMA_VERSION, Example, as_messages, check_schema

Row = Mapping[str, Any]
SAMPLES = 16
"""Rollouts behind a Guru pass rate (arXiv 2506.14965, section 2.5)."""
OURS = "assay"
"""The key of `extra_info` that is ours."""
_RATE = "_pass_rate"
_FOREIGN = "verl"


def to_verl(example: Example, index: int = 0) -> dict[str, Any]:
    """One row. A row that was imported comes back as it was, with what has changed since in `extra_info["assay"]`.

    Raises `AssayError` where the problem is published sealed.
    """
    refuse_sealed(example)
    rates = {f"{model}{_RATE}": total / n for model, (total, n) in example.pass_rates.items() if n}
    foreign = example.extra.get(_FOREIGN)
    prompt = [turn.to_json() for turn in example.asked]
    if foreign is not None:
        row = {**foreign, "prompt": prompt, **{c: rate for c, rate in rates.items() if c not in foreign}}
        if from_verl(row).to_json() == example.to_json():
            return row
        ours = {**(foreign.get("extra_info") or {}), OURS: _payload(example, reference=example.reference)}
        return row | {"extra_info": ours}
    truth = example.reference
    is_text = isinstance(truth, str)
    split = next((tag.removeprefix("split:") for tag in example.tags if tag.startswith("split:")), "train")
    return {
        "data_source": example.source,
        "prompt": prompt,
        "ability": example.domain,
        "apply_chat_template": True,
        "reward_model": {"style": "rule", "ground_truth": truth if is_text else json.dumps(truth, ensure_ascii=False)},
        "extra_info": {"index": index, "split": split, OURS: _payload(example, plain=is_text)},
        **rates,
    }


def _payload(example: Example, **how: Any) -> str:
    kept = example.to_json()
    return json.dumps({n: kept[n] for n in kept if n not in ("id", "reference")} | how, ensure_ascii=False)


def from_verl(row: Row) -> Example:
    """Read a row that we or others wrote. Raises `ValueError` when it has no such layout, `BadConfig` without a route.

    Without a `prompt` (verl hands reward functions none) the problem is that of `extra_info["assay"]`, or nothing.
    """
    try:
        truth = plain(row["reward_model"]["ground_truth"])
        payload = (row.get("extra_info") or {}).get(OURS)
        return _own(row, truth, payload) if payload else _other(row, truth)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"not a row of the verl layout: {fault!r}") from fault


@lru_cache(maxsize=256)  # a group of responses has one row
def example_of(data_source: str, truth: str, payload: str) -> Example:
    """The Example of what verl hands a reward function: the ground truth as JSON text, and our part of `extra_info`."""
    info = {OURS: payload}
    return from_verl(
        {"data_source": data_source, "reward_model": {"ground_truth": json.loads(truth)}, "extra_info": info}
    )


def _own(row: Row, truth: Any, payload: str) -> Example:
    ours = json.loads(payload)
    check_schema(ours)
    if "reference" not in ours:
        ours["reference"] = truth if ours.pop("plain") else json.loads(truth)
    example = Example.from_json({**ours, "schema": SCHEMA_VERSION})
    asked = as_messages(row["prompt"]) if row.get("prompt") is not None else example.asked
    return example if asked == example.asked else replace(example, prompt=asked, template="")


def _other(row: Row, truth: Any) -> Example:
    route = route_of(row["data_source"])
    reference = route.read(truth)
    rates = {
        column.removesuffix(_RATE): (rate * SAMPLES, SAMPLES)
        for column, rate in row.items()
        if column.endswith(_RATE) and isinstance(rate, int | float) and not math.isnan(rate)  # missing is never 0
    }
    prompt = row.get("prompt")
    return Example(
        prompt=() if prompt is None else prompt,
        reference=reference,
        verifier=route.verifier if isinstance(route.verifier, str) else route.verifier(reference),
        domain=route.domain,
        source=row["data_source"],
        lineage=("import:verl",),
        pass_rates=rates,
        extra={_FOREIGN: {name: value for name, value in row.items() if name != "prompt"}},
    )


def write_verl(examples: Iterable[Example], path: Path | str) -> None:
    """Write a parquet file that verl reads. Columns are the union of all rows' columns.

    Raises `AssayError` where the path is a file of another format: that is not replaced.
    """
    path = Path(path)
    if path.is_file() and path.open("rb").read(4) not in (b"", b"PAR1"):
        raise AssayError(f"{path} is no parquet file, so it is not replaced: name another file")
    rows = [to_verl(example, index) for index, example in enumerate(examples)]
    columns = dict.fromkeys(name for row in rows for name in row)
    table = pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows])
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def read_verl(path: Path | str) -> Iterator[Example]:
    """Examples of a verl parquet file. Raises `BadRow` with the row number on a row that cannot be read."""
    for number, row in enumerate(pq.read_table(Path(path)).to_pylist(), 1):
        try:
            example = from_verl(row)
        except ValueError as fault:
            raise BadRow(str(path), number, str(fault)) from fault
        yield example
