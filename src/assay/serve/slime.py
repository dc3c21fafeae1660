"""Assay's rewards inside slime: `--custom-rm-path assay.serve.slime.reward`, with `--group-rm` or without.

A sample's metadata (`--metadata-key`) holds `example`, or `verifier` and `reference`; without metadata its label
(`--label-key`) is the JSON of an Example. A verdict without a score sets `remove_sample`, and slime leaves it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from assay.serve.columns import verdict_on
from assay.serve.nulls import warn_of_nulls
from assay.types import Verdict


async def reward(args: Any, sample: Any, **_: Any) -> Any:
    """The score of a sample, or of each sample of a group."""
    if isinstance(sample, list):
        return list(await asyncio.gather(*(reward(args, one) for one in sample)))
    verdict = await asyncio.to_thread(_judged, sample)
    if verdict.score is None:
        sample.remove_sample = True
        warn_of_nulls([verdict], [f"sample {sample.index}"])
    return verdict.score or 0.0


def _judged(sample: Any) -> Verdict:
    metadata = sample.metadata if isinstance(sample.metadata, Mapping) else {}
    row = metadata if {"example", "verifier"} & metadata.keys() else {"example": sample.label}
    return verdict_on({"reference": sample.label, **row}, sample.response, prompt=sample.prompt)
