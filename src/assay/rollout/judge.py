"""The one place where a response meets a verifier: rewards, difficulty, evaluation and grading all come here."""

from __future__ import annotations

from assay.judging.session import verify_many as judge

__all__ = ["judge"]
