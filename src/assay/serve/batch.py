"""Judging as a plain function of columns, for whatever maps batches: `datasets`, Ray Data, Spark, Daft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.errors import BadConfig, did_you_mean
from assay.judging.session import verify_many
from assay.rollout.text import response_text
from assay.serve.columns import examples_of
from assay.types import Attempt

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
    is `error` or `timeout`: leave such rows out of every mean.

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
    plain = {name: _list(values) for name, values in columns.items()}
    if response not in plain:
        raise BadConfig(f"the batch has no column {response!r} (response= names it){did_you_mean(response, plain)}")
    if taken := [name for name in NEW if name in plain]:
        raise BadConfig(f"the batch has a column {taken[0]!r} already: rename or drop it, verdicts are written there")
    said = [response_text(text) for text in plain[response]]
    given = plain if reference == "reference" else {**plain, "reference": plain.get(reference, [])}
    if reference not in plain and verifier is not None:
        raise BadConfig(f"the batch has no column {reference!r} (reference= names it){did_you_mean(reference, plain)}")
    if verifier is not None:
        given = {**given, "verifier": [verifier] * len(said)}
    examples = examples_of(given, plain.get(prompt, [""] * len(said)))
    verdicts = verify_many(examples, [Attempt(response=text) for text in said], workers=workers, deadline=deadline)
    found = {name: [getattr(verdict, name) for verdict in verdicts] for name in NEW}
    return {**columns, **found, "status": [str(status) for status in found["status"]]}


def _list(values: Any) -> list[Any]:
    given: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return given
