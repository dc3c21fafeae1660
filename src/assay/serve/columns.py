"""The core of every adapter: rows of a trainer's data set, in any of three layouts, and responses in; verdicts out.

1. `example`: the JSON of an Example, as text or decoded.
2. The parquet shards of a corpus, known by all of `SHARD`. What is JSON in them comes decoded from readers that know
   Arrow's JSON type, and as text from others; `params` is an object, so it tells which, where a reference could not.
3. `verifier` and `reference` of one's own, the reference taken as it is; `params`, if there, an object or its JSON.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from assay.client import Client
from assay.errors import BadConfig, did_you_mean
from assay.judging.session import verify_many
from assay.rollout.text import response_text
from assay.turns import known_tag, plain
from assay.types import Attempt, Example, Verdict

SHARD = frozenset({"id", "domain", "source", "verifier", "reference", "params", "options", "template"})
SERVER = "ASSAY_SERVER"
"""The variable with the address of an `assay serve` that judges for every adapter."""
READ = ("example", *sorted(SHARD))
"""The columns that are read; a trainer hands over others beside them."""


def judged(
    columns: Mapping[str, Any],
    prompts: Sequence[Any],
    completions: Sequence[Any],
    *,
    verifier: str | None = None,
    reference: str = "reference",
    workers: int = 1,
    deadline: float | None = None,
    thinking: str = "",
) -> tuple[list[Example | None], list[Verdict]]:
    """The Example of each row and the verdict on its completion, in order; a row without a completion has no Example.

    Args:
        columns: Column name -> one value a row.
        prompts: What was asked, one a row.
        completions: Text or chat messages; what holds nothing is an `error`, never a wrong answer.
        verifier: Judge all rows by this one, instead of by the column `verifier`.
        reference: The column with the reference.
        workers: Verifications that run side by side.
        deadline: Seconds for one verdict; each verifier's own without it.
        thinking: The tag of a thinking part that the model's chat template opens.

    Raises `BadConfig` where the columns or a row cannot be read, and `UnknownName` for a verifier that there is not.
    """
    given = named(columns, len(completions), verifier, reference)
    if isinstance(prompts, str) or isinstance(completions, str) or len(prompts) != len(completions):
        told = f"{_lengths('prompts', prompts)} and {_lengths('completions', completions)}"
        raise BadConfig(f"{told}: give two lists with an entry for each row")
    there = [row for row, said in enumerate(completions) if not missing(said)]
    _require_even(given, len(completions))
    kept = {name: [given[name][row] for row in there] for name in given if name in READ}
    examples = examples_of({**given, **kept}, [prompts[row] for row in there])
    tag = known_tag(thinking)
    attempts = [Attempt(response=response_text(completions[row]), thinking=tag) for row in there]
    made = verdicts_of(examples, attempts, workers=workers, deadline=deadline)
    asked: list[Example | None] = [None] * len(completions)
    verdicts = [Verdict.error("there is no response")] * len(completions)
    for row, example, verdict in zip(there, examples, made, strict=True):
        asked[row], verdicts[row] = example, verdict
    return asked, verdicts


def verdicts_of(
    examples: Sequence[Example], attempts: Sequence[Attempt], *, workers: int = 1, deadline: float | None = None
) -> list[Verdict]:
    """The verdict on each attempt, made here, or by the server that `$ASSAY_SERVER` names."""
    address = os.environ.get(SERVER)
    if not address:
        return verify_many(examples, attempts, workers=workers, deadline=deadline)
    return _client(address, os.getpid()).verify_many(examples, attempts, deadline=deadline)


@lru_cache(maxsize=4)
def _client(address: str, process: int) -> Client:
    """The client of this process: a forked child must not use its parent's connections."""
    client = Client(address)
    atexit.register(client.close)
    return client


def verdict_on(row: Mapping[str, Any], completion: Any, *, prompt: Any = "", **how: Any) -> Verdict:
    """The verdict on one completion of one row; `how` are the keywords of `judged`, and it raises the same."""
    return judged({name: [value] for name, value in row.items()}, [prompt], [completion], **how)[1][0]


def named(columns: Mapping[str, Any], rows: int, verifier: str | None, reference: str) -> dict[str, Any]:
    """The columns, with the reference under its name and one verifier for all where one is given.

    Raises `BadConfig` where there is no such column.
    """
    if isinstance(verifier, list | tuple):
        raise BadConfig("verifier= is one name for all rows: give a column 'verifier' where they differ")
    if (verifier is not None or reference != "reference") and reference not in columns:
        raise BadConfig(
            f"the batch has no column {reference!r} (reference= names it){did_you_mean(reference, columns)}"
        )
    given = dict(columns)
    if reference in columns:
        given["reference"] = columns[reference]
    if verifier is not None:
        given.pop("example", None)
        given["verifier"] = [verifier] * rows
    return given


def example_of(row: Mapping[str, Any], prompt: Any = "") -> Example:
    """The Example of one row. Raises `BadConfig` where a column is missing, `ValueError` for what cannot be read."""
    if lacks := _lacking(row):
        raise BadConfig(f"it has no {lacks}: give 'example', or 'verifier' and 'reference'")
    return _example(prompt, plain({name: row[name] for name in READ if name in row}), row.keys() >= SHARD)


def examples_of(columns: Mapping[str, Any], prompts: Sequence[Any]) -> list[Example]:
    """One Example a row, its prompt as it was sent. Raises `BadConfig` where the columns or a row cannot be read."""
    if lacks := _lacking(columns):
        raise BadConfig(
            f"the data set has no column {lacks}: make it with "
            "assay.serve.trl.to_trl, load a corpus's own shards, or give columns 'verifier' and 'reference'; "
            f"got {sorted(name for name, values in columns.items() if isinstance(values, list))}"
        )
    _require_even(columns, len(prompts))
    known = [name for name in READ if name in columns]
    stored = columns.keys() >= SHARD
    examples = []
    for number, (prompt, *values) in enumerate(zip(prompts, *(columns[name] for name in known), strict=True)):
        try:
            examples.append(_example(prompt, dict(zip(known, plain(values), strict=True)), stored))
        except (ValueError, TypeError, AttributeError) as bad:
            raise BadConfig(f"row {number} of the batch cannot be read: {bad}") from bad
    return examples


def _lacking(columns: Mapping[str, Any]) -> str:
    """The needed columns that there are not, in words."""
    needed = {"example"} if "example" in columns else {"verifier", "reference"}
    return " and no ".join(map(repr, sorted(needed - columns.keys())))


def _require_even(columns: Mapping[str, Any], rows: int) -> None:
    """Raise `BadConfig` where a column that is read has not one entry for each row."""
    for name in (name for name in READ if name in columns):
        if isinstance(columns[name], str) or not hasattr(columns[name], "__len__") or len(columns[name]) != rows:
            told = _lengths("", columns[name])
            raise BadConfig(f"the column {name!r} needs one entry for each row: {rows} in a list, not {told}")


def _lengths(name: str, values: Any) -> str:
    """How many there are, in words."""
    if isinstance(values, str) or not hasattr(values, "__len__"):
        return f"{name} {type(values).__name__}".strip()
    return f"{len(values)} {name}".strip()


def _example(prompt: Any, row: Mapping[str, Any], stored: bool) -> Example:
    if "example" in row:
        return Example.from_json(_decoded(row["example"]))
    params: Any = row.get("params") or {}
    reference: Any = None if missing(row["reference"]) else row["reference"]
    if isinstance(params, str):
        params, reference = json.loads(params) or {}, json.loads(reference) if stored else reference
    return Example(
        prompt=prompt,
        reference=reference,
        verifier=row["verifier"],
        params={name: value for name, value in params.items() if value is not None},  # Arrow fills structs with nulls
        options=(row["options"] or ()) if stored else (),
        domain=str(row.get("domain") or ""),
        source=str(row.get("source") or ""),
    )


def _decoded(whole: Any) -> Mapping[str, Any]:
    """The JSON object of an Example. Raises `BadConfig` for what is none, such as a bare reference."""
    try:
        found = json.loads(whole) if isinstance(whole, str) else whole
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise BadConfig(
            f"{str(whole)[:40]!r} is no Example: send its JSON, json.dumps(example.to_json()); where rows hold a bare "
            'reference, name who judges it: verifier="number" (of /get_reward, ?verifier=number)'
        )
    return found


def missing(value: Any) -> bool:
    """Whether a cell holds nothing: `None`, or what frames write in its place (NaN, `NaT`, `pandas.NA`)."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
