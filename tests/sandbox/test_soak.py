"""The corpus as the host is, then more of it: nothing is paid or left behind. 20,000 jobs with ASSAY_SOAK=20000."""

from __future__ import annotations

import os

import pytest
from test_attacks import LEVEL, campaign, needs_isolation, nothing_is_left

JOBS = int(os.environ.get("ASSAY_SOAK", "1500"))
_SPARE = 8 << 20
"""Bytes by which resident memory may differ for other reasons than a leak."""
_HEAP = 64 << 20
"""The same for the trusted process: how much of its heap is free depends on the last long answers."""


@needs_isolation
@pytest.mark.soak
def test_a_soak_leaves_nothing() -> None:
    report = campaign("--jobs", str(JOBS), "--seed", "4")
    assert report["level"] == LEVEL and report["jobs"] >= JOBS
    assert report["wrong"] == []
    nothing_is_left(report)
    assert report["after"]["memory"] <= 1.03 * report["first"]["memory"] + _SPARE
    assert report["after"]["own memory"] <= report["first"]["own memory"] + _HEAP
