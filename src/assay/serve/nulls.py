"""What a trainer's user is told of rewards that are null: one warning a distinct reason, and an error for a batch in
which nothing could be judged: a run without rewards looks like one that does not learn."""

from __future__ import annotations

import threading
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from assay.errors import AssayError, without_values
from assay.types import Verdict

MOST = 20
"""Distinct reasons that one process warns of."""
START = 64
"""Verdicts that a process may begin with and not one of them counts, where rewards are asked for one by one."""
_told: set[str] = set()
_start: list[Verdict] = []
_lock = threading.Lock()


class NullReward(UserWarning):
    """A response that has no reward, because its verdict is not the model's fault."""


def warn_of_nulls(verdicts: Sequence[Verdict], problems: Sequence[str]) -> None:
    """Warn of each reason that this process has not warned of yet; `problems` names what each verdict is of."""
    for verdict, problem in zip(verdicts, problems, strict=True):
        reason = without_values(_said(verdict))
        if not verdict.counts and reason not in _told and len(_told) < MOST:
            _told.add(reason)
            warnings.warn(f"no reward for {problem}: {_said(verdict)}", NullReward, stacklevel=3)


def refuse_nulls(verdicts: Sequence[Verdict]) -> None:
    """Raise `AssayError`, with the commonest reasons, when there are verdicts and not one counts."""
    if not verdicts or any(verdict.counts for verdict in verdicts):
        return
    common = Counter(_said(verdict) for verdict in verdicts).most_common(3)
    reasons = "\n".join(f"  {count} x {reason}" for reason, count in common)
    raise AssayError(
        f"none of {len(verdicts)} responses could be judged:\n{reasons}\n"
        "A reference or parameter that its verifier cannot read: mend the data set (docs/verifiers.md says what each "
        "takes). A timeout: give fewer workers or a longer deadline. No sandbox: `assay sandbox doctor`."
    )


def reward_of(verdict: Verdict, nulls: Literal["raise", "zero"] = "raise") -> float:
    """The score, for a trainer that cannot leave a row out.

    Raises `AssayError` for a verdict without one, unless it is to be a `zero`, of which is warned.
    """
    if verdict.score is not None:
        return verdict.score
    if nulls == "zero":
        warn_of_nulls([verdict], ["a response"])
        return 0.0
    raise AssayError(f"a response has no reward: {_said(verdict)}")


def refuse_null_start(verdict: Verdict) -> None:
    """`refuse_nulls` of the first `START` verdicts of this process, once it has made them."""
    with _lock:
        if len(_start) < START:
            _start.append(verdict)
            if len(_start) == START:
                refuse_nulls(_start)


def _said(verdict: Verdict) -> str:
    return f"{verdict.status} of {verdict.verifier or 'no verifier'}: {verdict.why}"[:400]
