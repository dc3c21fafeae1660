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
from assay.judging.session import verify_many
from assay.rollout.text import response_text
from assay.serve.columns import examples_of
from assay.serve.nulls import refuse_nulls, warn_of_nulls
from assay.turns import known_tag
from assay.types import Attempt, Example, Verdict


@dataclass
class Reward:
    """A reward function with TRL's signature, which can be pickled; see `reward_fn`."""

    workers: int = 2
    deadline: float | None = None
    thinking: str = ""
    _proven: bool = field(default=False, init=False, compare=False)
    """Whether a verdict has counted: then a batch on one problem may be null without a word."""
    __name__: ClassVar[str] = "assay"  # TRL logs under it

    def __call__(self, prompts: Any = None, completions: Any = (), **columns: Any) -> list[float | None]:
        """`None` marks rows whose verdict is not the model's fault."""
        said = [response_text(completion) for completion in completions]
        asked = columns.get("prompt", [""] * len(said)) if prompts is None else prompts
        examples = examples_of(columns, asked)
        attempts = [Attempt(response=text, thinking=self.thinking) for text in said]
        before = sandbox.stats()
        verdicts = verify_many(examples, attempts, workers=self.workers, deadline=self.deadline)
        if log := columns.get("log_metric"):
            _log(log, examples, verdicts)
            for name, value in sandbox.stats().since(before).scalars().items():
                log(name, value)
        warn_of_nulls(verdicts, [f"{example.source or 'the problem'} {example.id}" for example in examples])
        self._proven = self._proven or any(verdict.counts for verdict in verdicts)
        if not self._proven or len({example.id for example in examples}) > 1:
            refuse_nulls(verdicts)
        return [verdict.score for verdict in verdicts]


reward = Reward()


def reward_fn(*, workers: int = 2, deadline: float | None = None, thinking: str = "") -> Reward:
    """A reward function with TRL's signature; `None` marks rows whose verdict is not the model's fault.

    Args:
        workers: Verifications that run side by side.
        deadline: Seconds for one verdict; each verifier's own without it.
        thinking: The tag of a thinking part that the model's chat template opens, such as `<think>`: a completion that
            is cut before the part closes is then `no_answer`, whatever it says.

    The function raises `BadConfig` when the data set's columns say nothing of how to judge, and `AssayError` when not
    one response of a batch can be judged.
    """
    return Reward(workers, deadline, known_tag(thinking))


def _log(log: Callable[[str, float], None], examples: Sequence[Example], verdicts: Sequence[Verdict]) -> None:
    """Mean reward of each domain, and the share of each status that is worth watching."""
    for domain in sorted({example.domain for example in examples} - {""}):
        scores = [
            v.score for e, v in zip(examples, verdicts, strict=True) if e.domain == domain and v.score is not None
        ]
        if scores:
            log(f"reward/{domain}", sum(scores) / len(scores))
    for status in ("error", "timeout", "no_answer"):
        log(f"verdicts/{status}", sum(v.status == status for v in verdicts) / max(1, len(verdicts)))
