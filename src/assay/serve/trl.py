"""Assay's rewards inside TRL: `reward_funcs=assay.reward_fn()`, or the dotted name `assay.serve.trl.reward`.

TRL calls a reward function with `prompts`, `completions` and every column of the data set, and reads `None` as "skip
this row". `columns.py` says which columns there may be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from assay import sandbox
from assay.corpus.dataset import to_trl as to_trl
from assay.judging.verifier import VERIFIERS
from assay.serve.columns import judged
from assay.serve.nulls import refuse_nulls, warn_of_nulls
from assay.turns import known_tag
from assay.types import Example, Verdict


@dataclass
class Reward:
    """A reward function with TRL's signature, which can be pickled; see `reward_fn`."""

    workers: int = 2
    deadline: float | None = None
    thinking: str = ""
    verifier: str | None = None
    reference: str = "reference"
    _proven: bool = field(default=False, init=False, compare=False)
    """Whether a verdict has counted: then a batch on one problem may be null without a word."""
    __name__: ClassVar[str] = "assay"  # TRL logs under it

    def __call__(self, prompts: Any = None, completions: Any = (), **columns: Any) -> list[float | None]:
        """`None` marks rows whose verdict is not the model's fault."""
        asked = columns.get("prompt", [""] * len(completions)) if prompts is None else prompts
        how: dict[str, Any] = {"workers": self.workers, "deadline": self.deadline, "thinking": self.thinking}
        before = sandbox.stats()
        examples, verdicts = judged(
            columns, asked, completions, verifier=self.verifier, reference=self.reference, **how
        )
        if log := columns.get("log_metric"):
            _log(log, examples, verdicts)
            for name, value in sandbox.stats().since(before).scalars().items():
                log(name, value)
        if extra := columns.get("log_extra"):
            extra("status", [str(verdict.status) for verdict in verdicts])
            extra("why", [verdict.why for verdict in verdicts])
        named = [f"{e.source or 'the problem'} {e.id}" if e else "a row" for e in examples]
        warn_of_nulls(verdicts, named)
        self._proven = self._proven or any(verdict.counts for verdict in verdicts)
        if not self._proven or len(set(named)) > 1:
            refuse_nulls(verdicts)
        return [verdict.score for verdict in verdicts]


reward = Reward()


def reward_fn(
    *,
    workers: int = 2,
    deadline: float | None = None,
    thinking: str = "",
    verifier: str | None = None,
    reference: str = "reference",
) -> Reward:
    """A reward function with TRL's signature; `None` marks rows whose verdict is not the model's fault.

    Args:
        workers: Verifications that run side by side.
        deadline: Seconds for one verdict; each verifier's own without it.
        thinking: The tag of a thinking part that the model's chat template opens, such as `<think>`: a completion that
            is cut before the part closes is then `no_answer`, whatever it says.
        verifier: Judge all rows by this one, where the data set has no column `verifier`.
        reference: The data set's column with the reference (`verifier="math", reference="solution"`).

    The function raises `BadConfig` when the data set's columns say nothing of how to judge, and `AssayError` when not
    one response of a batch can be judged.
    """
    if verifier is not None:
        VERIFIERS.get(verifier)
    return Reward(workers, deadline, known_tag(thinking), verifier, reference)


def _log(log: Callable[[str, float], None], examples: Sequence[Example | None], verdicts: Sequence[Verdict]) -> None:
    """Mean reward of each domain, and the share of each status that is worth watching."""
    scores: dict[str, list[float]] = {}
    for example, verdict in zip(examples, verdicts, strict=True):
        if example and example.domain and verdict.score is not None:
            scores.setdefault(example.domain, []).append(verdict.score)
    for domain, found in sorted(scores.items()):
        log(f"reward/{domain}", sum(found) / len(found))
    for status in ("error", "timeout", "no_answer"):
        log(f"verdicts/{status}", sum(v.status == status for v in verdicts) / max(1, len(verdicts)))
