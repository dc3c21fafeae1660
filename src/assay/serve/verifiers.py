"""A corpus as an environment of verifiers 0.4, and so of prime-rl: a `Taskset` whose tasks are Examples.

verifiers takes a taskset from a top-level module that exports one, so write a `my_corpus.py` of two lines, and run
`vf-validate my_corpus` or `vf-eval my_corpus`:

    from assay.serve.verifiers import Corpus
    __all__ = ["Corpus"]

A verdict without a score raises, which verifiers records as an error of the rollout, never as a reward."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf
from pydantic import Field

from assay.corpus.collection import load
from assay.serve.columns import verdict_on
from assay.serve.nulls import reward_of
from assay.types import Example


class CorpusConfig(vf.TasksetConfig):  # as `assay.load` takes them
    names: list[str] = Field(default=["math/arithmetic"])
    size: int | None = None
    split: str = "train"


class ExampleData(vf.TaskData):
    example: dict[str, Any]


class ExampleTask(vf.Task[ExampleData, vf.State, vf.TaskConfig]):
    """An Example, rewarded with the score of its verdict."""

    @vf.reward
    async def correct(self, trace: Any) -> float:
        """The score. Raises `AssayError` where there is none."""
        return await self.reward_for(trace.last_reply)

    async def reward_for(self, response: str) -> float:
        return reward_of(await asyncio.to_thread(verdict_on, {"example": self.data.example}, response))

    async def validate(self, runtime: Any) -> bool | None:
        """Whether the gold response earns full reward; `None` where there is no gold."""
        gold = Example.from_json(self.data.example).gold
        return None if gold is None else await self.reward_for(gold) == 1.0


class Corpus(vf.Taskset[ExampleTask, CorpusConfig]):
    def load(self) -> Iterator[ExampleTask]:
        for example in load(*self.config.names, size=self.config.size, split=self.config.split):
            prompt = [turn.to_json() for turn in example.asked]
            yield ExampleTask(ExampleData(id=example.id, prompt=prompt, example=example.to_json()), self.config.task)


__all__ = ["Corpus"]
