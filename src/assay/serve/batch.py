"""Judging as a plain function of columns, for whatever maps batches: `datasets`, Ray Data, Spark, Daft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.errors import BadConfig, did_you_mean
from assay.serve.columns import judged

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
    plain = _checked(columns, response)
    size = len(plain[response])
    asked = plain.get(prompt, [""] * size)
    how: dict[str, Any] = {"workers": workers, "deadline": deadline}
    verdicts = judged(plain, asked, plain[response], verifier=verifier, reference=reference, **how)[1]
    found = {name: [getattr(verdict, name) for verdict in verdicts] for name in NEW}
    return {**columns, **found, "status": [str(status) for status in found["status"]]}


def _checked(columns: Any, response: str) -> dict[str, list[Any]]:
    """The columns as lists of one length. Raises `BadConfig` where they cannot be judged."""
    if not hasattr(columns, "items"):
        raise BadConfig(f"a batch is columns by name, such as dict(table.to_pydict()), not {type(columns).__name__}")
    plain = {name: _list(name, values) for name, values in columns.items()}
    if response not in plain:
        raise BadConfig(f"the batch has no column {response!r} (response= names it){did_you_mean(response, plain)}")
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
