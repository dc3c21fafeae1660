"""The rollouts of a directory, served as if their model had answered again, to be judged anew.

`assay.models.replay` serves a file that somebody else wrote, by prompt; this serves what `measure` wrote, by Example.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from assay.errors import AssayError
from assay.models.engine import Completion, Request, Sampling, weights_hash
from assay.rollout.store import FOLDER, RolloutStore


class RecordedEngine:
    """Answers the requests that `measure` makes, from a directory that it wrote; nothing there is changed."""

    def __init__(self, directory: Path | str) -> None:
        self.store = RolloutStore(directory)
        self.name = f"recorded:{Path(directory).name}"
        self.fingerprint = weights_hash(str(Path(directory) / FOLDER))

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """The recorded sample of each request. Raises `AssayError` where the directory lacks some."""
        wanted = {request.id for request in requests}
        for rollout in self.store.rollouts():
            name = f"{rollout.example_id}/{rollout.index}"
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
        if wanted:
            raise AssayError(f"{self.store.folder} lacks {len(wanted)} of {len(requests)} responses that are asked for")
