"""The rollouts of a directory, served as if their model had answered again, to be judged anew.

`assay.models.replay` serves a file that somebody else wrote; this serves what `measure` wrote, by Example. Where the
directory holds what was asked (`examples.jsonl`), an Example that it lacks is answered by one of the same prompt: so
old responses can be judged by another verifier or reference.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.journal import CLAIM
from assay.models.engine import Completion, Request, Sampling, weights_hash
from assay.rollout.runs import EXAMPLES, read_examples
from assay.rollout.store import FOLDER, RolloutStore


class RecordedEngine:
    """Answers the requests that `measure` makes, from a directory that it wrote; nothing there is changed."""

    def __init__(self, directory: Path | str) -> None:
        self.store, self.asked = RolloutStore(directory), Path(directory) / EXAMPLES
        self.name = f"recorded:{Path(directory).name}"
        self.fingerprint = weights_hash(str(Path(directory) / FOLDER))
        facts = json.loads((Path(directory) / CLAIM).read_text("utf-8"))
        self.sampling: dict[str, Any] = facts["sampling"]
        """How the recorded responses were sampled."""
        self.version: str = facts.get("engine", "")
        """What computed them."""

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """The recorded sample of each request. Raises `AssayError` where the directory lacks some."""
        wanted = {request.id for request in requests}
        serves = self._same_prompts(requests)
        for rollout in self.store.rollouts():
            name = f"{serves.get(rollout.example_id, rollout.example_id)}/{rollout.index}"
            if name in wanted:
                wanted.remove(name)
                yield Completion(
                    text=rollout.response,
                    finish=rollout.finish,
                    token_ids=rollout.token_ids,
                    logprobs=rollout.logprobs,
                    request=name,
                    thinking=rollout.thinking,
                )
        self._refuse(len(wanted), len(requests))

    def require(self, requests: Iterable[Request]) -> None:
        """Raise `AssayError` where the directory lacks a response that is asked for."""
        asked = list(requests)
        serves = self._same_prompts(asked)
        marks = ((mark["example_id"], mark["index"]) for mark in self.store.marks())
        there = {f"{serves.get(name, name)}/{index}" for name, index in marks}
        self._refuse(sum(request.id not in there for request in asked), len(asked))

    def _refuse(self, lacking: int, of: int) -> None:
        if lacking:
            raise AssayError(
                f"{self.store.folder} lacks {lacking} of {of} responses that are asked for: "
                "ask for the same problems, and no more samples"
            )

    def _same_prompts(self, requests: Sequence[Request]) -> dict[str, str]:
        """Recorded Example -> the requested one that was not recorded and has its prompt."""
        rows = read_examples(self.asked) if self.asked.is_file() else {}
        recorded = {name: example.asked for name, example in rows.items()}
        asked = {request.prompt: request.id.rpartition("/")[0] for request in requests}
        new = {prompt: name for prompt, name in asked.items() if name not in recorded}
        return {name: new[prompt] for name, prompt in recorded.items() if prompt in new}
