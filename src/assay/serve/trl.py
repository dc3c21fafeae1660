"""Assay's rewards inside TRL: `reward_funcs=assay.reward_fn()`.

TRL calls a reward function with `prompts`, `completions` and every column of the dataset, and reads `None` as "skip
this row". Two layouts of the dataset are understood: a column `example` with the JSON of an Example (lossless), or
columns `verifier` and `reference` with, if wanted, `params` (a mapping or its JSON text).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.errors import BadConfig
from assay.rollout.judge import judge
from assay.rollout.text import response_text
from assay.types import Example, as_messages

RewardFunction = Callable[..., list[float | None]]


def reward_fn(*, workers: int = 2, deadline: float | None = None) -> RewardFunction:
    """A reward function with TRL's signature; `None` marks rows whose verdict is not the model's fault.

    Args:
        workers: Verifications that run side by side.
        deadline: Seconds for one verdict; each verifier's own without it.

    The function raises `BadConfig` when the dataset has neither an `example` nor `verifier` and `reference` columns.
    """

    def verified(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        examples = _examples(prompts, columns)
        verdicts = judge(examples, [response_text(c) for c in completions], workers=workers, deadline=deadline)
        log = columns.get("log_metric")
        if log is not None:
            for status in ("error", "timeout", "no_answer"):
                log(f"verdicts/{status}", sum(v.status == status for v in verdicts) / max(1, len(verdicts)))
        return [verdict.score for verdict in verdicts]

    return verified


def _examples(prompts: Sequence[Any], columns: Mapping[str, Any]) -> list[Example]:
    if "example" in columns:
        return [Example.from_json(json.loads(text)) for text in columns["example"]]
    if "verifier" not in columns or "reference" not in columns:
        raise BadConfig(
            "reward_fn needs a dataset column 'example' (JSON of an Example), or columns 'verifier' and 'reference'; "
            f"got {sorted(k for k, v in columns.items() if isinstance(v, list))}"
        )
    params = columns.get("params") or [None] * len(prompts)
    return [
        Example(prompt=as_messages(prompt), verifier=verifier, reference=reference, params=_params(param))
        for prompt, verifier, reference, param in zip(
            prompts, columns["verifier"], columns["reference"], params, strict=True
        )
    ]


def _params(given: Any) -> Mapping[str, Any]:
    given = json.loads(given) if isinstance(given, str) else given
    return {name: value for name, value in (given or {}).items() if value is not None}
