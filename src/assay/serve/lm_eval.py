"""Assay's verdicts inside lm-eval 0.4.13: any sources as a task, or three functions for a task of your own.

    from assay.serve.lm_eval import assay_task
    lm_eval.simple_evaluate(model=..., tasks=[assay_task("math/arithmetic", size=20)])

In a YAML of your own: `custom_dataset: !function`, `doc_to_text`, and `process_results`, which gives no number for a
verdict without a score, so that it is in no mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from assay.corpus.collection import load
from assay.serve.columns import verdict_on
from assay.serve.nulls import warn_of_nulls
from assay.types import Example


def docs(names: Sequence[str], size: int | None = None, split: str = "train", **_: Any) -> dict[str, Any]:
    """The data set of a task: one document an Example, its JSON under `example`."""
    import datasets

    rows = [{"example": json.dumps(e.to_json()), "prompt": e.asked_text} for e in load(*names, size=size, split=split)]
    return {"test": datasets.Dataset.from_list(rows)}


def process_results(doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, float]:
    """`acc` of the first response; nothing where it has no score."""
    said = results[0][0] if isinstance(results[0], list) else results[0]
    verdict = verdict_on(doc, said)
    warn_of_nulls([verdict], [f"document {Example.from_json(json.loads(doc['example'])).id}"])
    return {} if verdict.score is None else {"acc": verdict.score}


def assay_task(*names: str, size: int | None = None, split: str = "train", name: str = "assay") -> Any:
    """A task of the Examples that `assay.load` gives for these names."""
    from lm_eval.api.task import ConfigurableTask

    return ConfigurableTask(
        config={
            "task": name,
            "custom_dataset": partial(docs, names, size, split),
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": lambda doc: doc["prompt"],
            "doc_to_target": "",
            "process_results": process_results,
            "generation_kwargs": {"until": [], "max_gen_toks": 1024},
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        }
    )
