"""Assay's rewards inside OpenRLHF 0.11: a file with `reward_func`, or the address of `assay serve`.

    --reward.remote_url .../site-packages/assay/serve/openrlhf.py
    --reward.remote_url http://127.0.0.1:8765/get_reward

A label, all that OpenRLHF carries with a prompt, is the JSON of an Example. OpenRLHF cannot leave a sample out: a
verdict without a score raises, unless `nulls="zero"` has it scored 0 with `counted` 0 in the logs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from assay.errors import BadConfig
from assay.serve.columns import judged
from assay.serve.nulls import reward_of


def reward_func(
    queries: Sequence[str],
    prompts: Sequence[str],
    labels: Sequence[Any],
    *,
    nulls: Literal["raise", "zero"] = "raise",
    **how: Any,
) -> dict[str, Any]:
    """`rewards`, `scores` and `extra_logs` of each response, as tensors; `how` are the keywords of `columns.judged`.

    Raises `AssayError` where a response has no score and `nulls` is not `zero`.
    """
    rows = rows_of({"query": queries, "prompts": prompts, "labels": labels}, how.get("verifier"))
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    verdicts = judged(columns, [row["prompt"] for row in rows], columns.get("response", []), **how)[1]
    _ = [reward_of(verdict, nulls) for verdict in verdicts]
    import torch  # OpenRLHF reads a list of one, as its servers send it, and a tensor differently

    scores, counted = (
        torch.tensor([v.score or 0.0 for v in verdicts]),
        torch.tensor([float(v.counts) for v in verdicts]),
    )
    return {"rewards": scores, "scores": scores, "extra_logs": {"counted": counted}}


def rows_of(request: Any, verifier: str | None = None) -> list[dict[str, Any]]:
    """Rows of what OpenRLHF sends; a label is an Example's JSON, or with a verifier a reference. Raises `BadConfig`."""
    given = request if isinstance(request, Mapping) else {}
    lists: list[Any] = [given.get(name) for name in ("query", "prompts", "labels")]
    even = all(isinstance(one, list | tuple) and len(one) == len(lists[0]) for one in lists)
    if not even or not all(isinstance(text, str) for one in lists[:2] for text in one):
        raise BadConfig(
            "OpenRLHF sends 'query', 'prompts' and 'labels', three lists of one length, the first two of text"
        )
    name, rows = "reference" if verifier else "example", []
    for query, prompt, label in zip(*lists, strict=True):
        at = query.find(prompt)
        said = query[at + len(prompt) :] if at >= 0 else None  # its prompt was cut: who said what is not known
        rows.append({"prompt": prompt, name: label, "response": said})
    return rows
