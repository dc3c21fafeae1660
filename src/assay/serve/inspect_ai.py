"""Assay's verdicts inside Inspect: a scorer, and any sources as a task.

    from assay.serve.inspect_ai import assay_task
    inspect_ai.eval(assay_task("math/arithmetic", size=20), model="openai/...")

A verdict without a score is `Score.unscored`, which enters no metric.
"""

from __future__ import annotations

import asyncio
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import TaskState, generate

from assay.corpus.collection import load
from assay.serve.columns import verdict_on
from assay.types import Example, Message


@scorer(metrics=[accuracy(), stderr()], name="assay")
def assay_scorer(verifier: str | None = None, deadline: float | None = None) -> Scorer:
    """Judge by the sample's metadata (`example`, or `verifier` and `reference`), or its target by one `verifier`."""

    async def score(state: TaskState, target: Target) -> Score:
        row = {**state.metadata, **({"reference": target.text} if verifier else {})}
        how: dict[str, Any] = {"verifier": verifier, "deadline": deadline, "prompt": state.input_text}
        verdict = await asyncio.to_thread(verdict_on, row, state.output.completion, **how)
        facts = {"status": str(verdict.status), "verifier": verdict.verifier, "version": verdict.version}
        if verdict.score is None:
            return Score.unscored(reason=f"assay_{verdict.status}", explanation=verdict.why, metadata=facts)
        return Score(value=verdict.score, answer=verdict.read, explanation=verdict.why, metadata=facts)

    return score


def assay_task(*names: str, size: int | None = None, split: str = "train") -> Task:
    """A task of the Examples that `assay.load` gives for these names."""
    return Task(
        dataset=MemoryDataset([_sample(e) for e in load(*names, size=size, split=split)]),
        solver=generate(),
        scorer=assay_scorer(),
    )


def _sample(example: Example) -> Sample:
    return Sample(input=[_turn(turn) for turn in example.asked], id=example.id, metadata={"example": example.to_json()})


def _turn(turn: Message) -> ChatMessageSystem | ChatMessageUser:
    return (ChatMessageSystem if turn.role == "system" else ChatMessageUser)(content=turn.content)
