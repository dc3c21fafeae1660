"""Assay's verdicts inside lighteval 0.13: a metric for documents whose `specific` holds our columns.

    from assay.serve.lighteval import assay_metric
    LightevalTaskConfig(..., metrics=[assay_metric()])

`specific` holds `example`, or `verifier` and `reference`. lighteval cannot leave a document out, so a verdict without a
score is NaN, which shows in the mean instead of lowering it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from lighteval.metrics.metrics_sample import SampleLevelComputation
from lighteval.metrics.utils.metric_utils import SampleLevelMetric
from lighteval.tasks.requests import SamplingMethod

from assay.serve.columns import verdict_on
from assay.serve.nulls import warn_of_nulls


class AssayScore(SampleLevelComputation):
    """The score of the first response."""

    def compute(self, doc: Any, model_response: Any, **_: Any) -> float:
        """In [0, 1], or NaN where there is none."""
        verdict = verdict_on(doc.specific or {}, model_response.final_text[0], prompt=doc.query)
        warn_of_nulls([verdict], [f"document {doc.id}"])
        return math.nan if verdict.score is None else verdict.score


def assay_metric(name: str = "assay") -> Any:
    """The metric, for a task's configuration."""
    return SampleLevelMetric(
        metric_name=name,
        sample_level_fn=AssayScore(),
        category=SamplingMethod.GENERATIVE,
        corpus_level_fn=np.mean,
        higher_is_better=True,
    )
