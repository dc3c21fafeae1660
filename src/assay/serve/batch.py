"""Judging as a plain function of columns, for whatever maps batches: `datasets`, Ray Data, Spark, Daft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.errors import BadConfig, did_you_mean
from assay.judging.session import verify_many
from assay.rollout.text import response_text
from assay.serve.columns import examples_of, missing
from assay.types import Attempt, Verdict

NEW = ("status", "score", "read", "why")


def judge_batch(
    columns: Mapping[str, Any],
    *,
    response: str = "response",
    prompt: str = "prompt",
    reference: str = "reference",
    verifier: str | None = None,
    workers: int = 1,
    deadline: float | None = None,
) -> dict[str, list[Any]]:
    """A batch with four more columns: `status`, `score`, `read` and `why` of each response.

    Nothing is kept between calls, so a row's verdict does not depend on its batch. A score is `None` where the verdict
    is `error` or `timeout`, as where there is no response: leave such rows out of every mean.

    Args:
        columns: Column name -> one value a row; lists, or arrays with `tolist`.
        response: The column that is judged: text, or messages.
        prompt: The column with what was asked; it may be missing.
        reference: The column with the reference, where the rows are your own.
        verifier: Judge all rows by this one, instead of by the column `verifier`.
        workers: Verifications that run side by side.
        deadline: Seconds for one verdict; each verifier's own without it.

    Raises `BadConfig` where a column that is needed is missing, or one of the new ones is there already.

    Example:
        >>> rows = {"response": ["The answer is 4.", "5"], "solution": [4, 4]}
        >>> judge_batch(rows, verifier="number", reference="solution")["score"]
        [1.0, 0.0]
    """
    plain = _checked(columns, response, None if verifier is None else reference, verifier)
    size = len(plain[response])
    given = {**plain, **({"reference": plain[reference]} if reference in plain else {})}
    if verifier is not None:
        given["verifier"] = [verifier] * size
    there = [row for row, text in enumerate(plain[response]) if not missing(text)]
    examples = examples_of(
        {name: [values[row] for row in there] for name, values in given.items()},
        [plain[prompt][row] if prompt in plain else "" for row in there],
    )
    attempts = [Attempt(response=response_text(plain[response][row])) for row in there]
    judged = verify_many(examples, attempts, workers=workers, deadline=deadline)
    verdicts = [Verdict.error("there is no response")] * size
    for row, verdict in zip(there, judged, strict=True):
        verdicts[row] = verdict
    found = {name: [getattr(verdict, name) for verdict in verdicts] for name in NEW}
    return {**columns, **found, "status": [str(status) for status in found["status"]]}


def _checked(columns: Any, response: str, reference: str | None, verifier: Any) -> dict[str, list[Any]]:
    """The columns as lists of one length. Raises `BadConfig` where they cannot be judged."""
    if isinstance(verifier, list | tuple):
        raise BadConfig("verifier= is one name for all rows: give a column 'verifier' where they differ")
    if not hasattr(columns, "items"):
        raise BadConfig(f"a batch is columns by name, such as dict(table.to_pydict()), not {type(columns).__name__}")
    plain = {name: _list(name, values) for name, values in columns.items()}
    for name in (response, reference):
        if name is not None and name not in plain:
            what = "response" if name == response else "reference"
            raise BadConfig(f"the batch has no column {name!r} ({what}= names it){did_you_mean(name, plain)}")
    if taken := [name for name in NEW if name in plain]:
        raise BadConfig(f"the batch has a column {taken[0]!r} already: rename or drop it, verdicts are written there")
    size = len(plain[response])
    if odd := [name for name, values in plain.items() if len(values) != size]:
        raise BadConfig(
            f"the column {odd[0]!r} has {len(plain[odd[0]])} rows and {response!r} has {size}: give equal ones"
        )
    return plain


def _list(name: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise BadConfig(f"the column {name!r} is {type(values).__name__}: give a list with an entry for each row")
    given: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return given
