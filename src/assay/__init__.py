"""Assay: reinforcement learning with verifiable rewards across six reasoning domains.

Only the names below are public at the top; each is imported when it is first used, so `import assay` is instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from assay.version import VERSION

__version__ = VERSION

_HOME = {
    "Example": "assay.types",
    "Verdict": "assay.types",
    "Rollout": "assay.types",
    "Measurement": "assay.types",
    "verify": "assay.judging.session",
    "Judge": "assay.judging.session",
    "JudgeSettings": "assay.judging.session",
    "Attempt": "assay.types",
    "verify_many": "assay.judging.session",
    "load": "assay.corpus.collection",
    "Corpus": "assay.corpus.collection",
    "measure": "assay.rollout.measure",
    "check": "assay.audit.check",
    "reward_fn": "assay.serve.trl",
    "judge_batch": "assay.serve.batch",
}

__all__ = ["Attempt", "Corpus", "Example", "Judge", "JudgeSettings", "Measurement", "Rollout", "Verdict"]
__all__ += ["check", "judge_batch", "load", "measure", "reward_fn", "verify", "verify_many"]

if TYPE_CHECKING:
    from assay.audit.check import check as check
    from assay.corpus.collection import Corpus as Corpus
    from assay.corpus.collection import load as load
    from assay.judging.session import Judge as Judge
    from assay.judging.session import JudgeSettings as JudgeSettings
    from assay.judging.session import verify as verify
    from assay.judging.session import verify_many as verify_many
    from assay.rollout.measure import measure as measure
    from assay.serve.batch import judge_batch as judge_batch
    from assay.serve.trl import reward_fn as reward_fn
    from assay.types import Attempt as Attempt
    from assay.types import Example as Example
    from assay.types import Measurement as Measurement
    from assay.types import Rollout as Rollout
    from assay.types import Verdict as Verdict


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
