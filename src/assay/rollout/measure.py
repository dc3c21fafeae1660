"""How often a model solves each Example: one verb for difficulty and for evaluation.

Responses are judged while the next ones are sampled, and appended to disk as they come, so a killed measurement
resumes without repeating paid work. Two runs with different models, sampling or judging never share a directory.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from math import fsum
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from assay.errors import AssayError, BadConfig
from assay.files import write_jsonl
from assay.journal import kind_of, owned, refuse_another_run, refuse_foreign, timed
from assay.judging.session import Judge, default_judge
from assay.judging.verifier import VERIFIERS
from assay.models.engine import Completion, Engine, Recorded, Request, Sampling, open_engine, wait_for
from assay.rollout.exports import Asked, counting, kto_rows, pair_rows, sft_rows
from assay.rollout.fingerprint import judging_facts
from assay.rollout.recorded import RecordedEngine
from assay.rollout.runs import EXAMPLES
from assay.rollout.store import RolloutStore
from assay.types import Attempt, Example, Measurement, Rollout, Status, Verdict

BLOCK = 16_384
"""Requests that an engine is handed at a time."""
BACKLOG = 1024
"""Completions that may wait for their verdict before the engine has to wait."""
ROUND = 4
"""Samples of an Example that are asked for before it is asked whether they are enough."""
SELDOM = 10_000
"""New objects after which Python looks for cycles while a measurement goes on; 700 by itself."""
Enough = Callable[[Example, float, int], bool]
Judged = tuple[str, Sequence[int], str, float | None]
"""Example, samples that are alike, and their status and score."""


@dataclass(frozen=True, slots=True)
class Way:
    """How Examples are asked."""

    samples: int
    """Responses to each."""
    sampling: Sampling


class Measurements(Mapping[str, Measurement]):
    """Measurements by Example id, and the rollouts that they count.

    Example:
        >>> rates = Measurements({})
        >>> len(rates), rates.between(0.1, 0.9)
        (0, set())
    """

    def __init__(
        self,
        measured: Mapping[str, Measurement],
        verdicts: Mapping[str, Mapping[str, int]] | None = None,
        rollouts: Callable[[], Iterable[Rollout]] = tuple,
        asked: Asked | None = None,
    ) -> None:
        self._measured = dict(measured)
        self.verdicts = verdicts or {}
        """Example id -> status -> samples."""
        self.rollouts = rollouts
        """Reads the rollouts, in no order: from disk where the measurement has a directory."""
        self._asked = asked or {}

    def __getitem__(self, example_id: str) -> Measurement:
        return self._measured[example_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._measured)

    def __len__(self) -> int:
        return len(self._measured)

    def __repr__(self) -> str:
        rates = [m.rate for m in self._measured.values() if m.rate is not None]
        return (
            f"Measurements({len(self)} examples, mean rate {fsum(rates) / len(rates):.3f})"
            if rates
            else (f"Measurements({len(self)} examples, no rate)")
        )

    def to_sft(self, *, per_problem: int = 1) -> list[dict[str, Any]]:
        """Right responses as rows for supervised training (rejection sampling): at most `per_problem` different ones of
        each problem. Rows are `prompt` and `completion`, lists of chat messages, and `example_id`."""
        return sft_rows(self.rollouts(), self._asked, counting(per_problem))

    def to_pairs(self, *, per_problem: int = 1) -> list[dict[str, Any]]:
        """Pairs of a right response and one with a lower score, for DPO and its like: `prompt`, `chosen`, `rejected`
        and `example_id`; at most `per_problem` of each problem that has both."""
        return pair_rows(self.rollouts(), self._asked, counting(per_problem))

    def to_kto(self) -> list[dict[str, Any]]:
        """Every different response that has a score, with `label`, whether it is right in full, for KTO."""
        return kto_rows(self.rollouts(), self._asked)

    def between(self, low: float, high: float) -> set[str]:
        """Ids of the Examples whose pass rate is in [low, high]; those without a rate are left out."""
        if not isinstance(low, Real) or not isinstance(high, Real):
            raise TypeError(
                f"between takes two numbers from 0 to 1, such as between(0.1, 0.9), not {low!r} and {high!r}"
            )
        return {i for i, m in self._measured.items() if m.rate is not None and low <= m.rate <= high}


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let Python look for cycles only each `SELDOM` new objects, for a block or a function.

    A run keeps most objects that it makes and ties none to a cycle: each look is in vain, at all Examples and whatever
    else lives in the process, and they took a fifth of a run's time. It goes on, for an engine may leave cycles behind.
    """
    often, *older = gc.get_threshold()
    gc.set_threshold(often and max(often, SELDOM), *older)  # 0 is off
    try:
        yield
    finally:
        gc.set_threshold(often, *older)


@collecting_seldom()
def measure(
    model: str | Engine,
    examples: Sequence[Example],
    *,
    samples: int = 8,
    sampling: Sampling | None = None,
    out: Path | str | None = None,
    workers: int = 2,
    on_groups: Callable[[int], None] | None = None,
    enough: Enough | None = None,
    ways: Mapping[str, Way] | None = None,
    judge: Judge | None = None,
) -> Measurements:
    """Sample `samples` responses to each Example, judge them, and count.

    Args:
        model: A path, a hub name, `tiny`, recorded completions (`.jsonl`, or the `out` of an earlier measurement), or
            an engine.
        examples: What to ask.
        samples: Responses to each Example.
        sampling: Temperature and limits; plain sampling at temperature 1 without it. Of an earlier measurement, that
            of the measurement is recorded.
        out: Directory to append rollouts to and to resume from, with what was asked; nothing is written without it.
            Raises `RunConflict` when it holds another run, or another process works in it.
        workers: Verifications that run side by side.
        on_groups: Called with the number of Examples finished, for progress bars.
        enough: Whether an Example needs no further samples, given the sum of its scores and its counted samples so far;
            samples are then asked for four at a time. Responses that are judged as a group are always asked for whole.
        ways: Source -> how its Examples are asked, where that is not as `samples` and `sampling` say.
        judge: The session that judges; that of this process without it.
    """
    if isinstance(examples, str | Example):
        raise TypeError("what is measured is a list of Examples, or a corpus such as assay.load('math/arithmetic')")
    if not isinstance(samples, int) or samples < 1:
        raise BadConfig(f"samples is a whole number of at least 1, not {samples!r}")
    if out:
        refuse_foreign(Path(out))
    engine = _opened(model) if isinstance(model, str) else model
    asked = {example.id: example for example in examples}
    how = Way(samples, sampling or Sampling())
    job = _Job(
        engine, asked, how, ways or {}, workers, on_groups or (lambda count: None), enough, judge or default_judge()
    )
    if not out:
        wait_for(job.run())
        return job.result()
    if isinstance(engine, Recorded):
        engine.require(job.missing())  # before the directory is claimed
    with owned(Path(out), _facts(engine, how, ways or {}, examples)), timed(Path(out)):
        write_jsonl(Path(out) / EXAMPLES, (example.to_json() for example in asked.values()))
        job.resume(RolloutStore(out))
        wait_for(job.run())
    return job.result()


def is_recorded(model: str) -> bool:
    """Whether a name is that of recorded responses: a `.jsonl`, or the directory of an earlier measurement."""
    return model.endswith((".jsonl", ".jsonl.gz")) or kind_of(Path(model)) == "measure"


def require_recorded(
    model: str,
    examples: Sequence[Example],
    samples: int,
    sampling: Sampling,
    out: Path | None = None,
    ways: Mapping[str, Way] | None = None,
) -> None:
    """Raise `AssayError` where recorded responses lack one that is asked for, or `out` holds another run than theirs;
    nothing is judged."""
    engine, how = _opened(model), Way(samples, sampling)
    if isinstance(engine, Recorded):
        asked = {example.id: example for example in examples}
        engine.require(_Job(engine, asked, how, ways or {}, 1, lambda count: None).missing())
    if out is not None:
        refuse_another_run(out, _facts(engine, how, ways or {}, examples))


def _facts(engine: Engine, how: Way, ways: Mapping[str, Way], examples: Sequence[Example]) -> dict[str, Any]:
    """What decides a measurement."""
    answers = "responses" if isinstance(engine, Recorded) else "weights"
    facts = {"kind": "measure", "model": engine.name, answers: engine.fingerprint, "samples": how.samples}
    facts |= {"sampling": _sampled(engine, how.sampling)}
    if version := getattr(engine, "version", ""):
        facts["engine"] = version
    own = {source: way for source, way in sorted(ways.items()) if way != how}
    told = {source: {"samples": way.samples, **_sampled(engine, way.sampling)} for source, way in own.items()}
    return facts | ({"ways": told} if told else {}) | judging_facts(examples)


def _sampled(engine: Engine, sampling: Sampling) -> dict[str, Any]:
    """How the responses came to be: of recorded ones, how they were sampled then."""
    return engine.sampling if isinstance(engine, RecordedEngine) else sampling.facts()


def _opened(model: str) -> Engine:
    return RecordedEngine(model) if kind_of(Path(model)) == "measure" else open_engine(model)


@dataclass
class _Tally:
    """What is known of one Example."""

    seen: int = 0
    """Bit `i` is set when sample `i` has its verdict."""
    scores: list[float] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    done: bool = False
    """Whether nothing more is asked for."""

    @property
    def uncounted(self) -> int:
        return self.verdicts[Status.TIMEOUT] + self.verdicts[Status.ERROR]

    @property
    def counted(self) -> int:
        return self.verdicts.total() - self.uncounted


class Samples(NamedTuple):
    """Responses to an Example that are alike in all but their number: one attempt, and one verdict."""

    first: Attempt
    numbers: Sequence[int]

    def rows(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Each as a row of the store."""
        row = self.first.with_verdict(verdict)
        return [row | {"index": number} for number in self.numbers]


@dataclass
class _Job:
    """One measurement under way."""

    engine: Engine
    examples: Mapping[str, Example]
    how: Way
    ways: Mapping[str, Way]
    """Source -> how its Examples are asked, where that is not `how`."""
    workers: int
    on_groups: Callable[[int], None]
    enough: Enough | None = None
    judge: Judge = field(default_factory=default_judge)
    store: RolloutStore | None = None
    said: list[Rollout] = field(default_factory=list)
    """The rollouts of a measurement without a directory."""

    def __post_init__(self) -> None:
        self.tallies = {name: _Tally() for name in self.examples}
        self.held: dict[str, list[Samples]] = {
            name: [] for name, example in self.examples.items() if VERIFIERS.get(example.verifier).group
        }

    def way(self, name: str) -> Way:
        """How an Example is asked."""
        return self.ways.get(self.examples[name].source, self.how)

    def resume(self, store: RolloutStore) -> None:
        """Count what is on disk; a group that our own machine kept waiting is judged again, never sampled again.

        A response that never came is asked for again.
        """
        self.store = store
        store.keep(lambda mark: mark["finish"] != "failed")
        store.renew(lambda mark: mark["status"] == Status.TIMEOUT, self._judged_again)
        self._count(self._marked(store))

    def _marked(self, store: RolloutStore) -> Iterator[Judged]:
        """What is on disk; a part of a group that is judged whole counts as nothing."""
        parts: dict[str, list[Judged]] = {}
        for mark in store.marks():
            judged = (mark["example_id"], [mark["index"]], mark["status"], mark["score"])
            if judged[0] in self.held:
                parts.setdefault(judged[0], []).append(judged)
            else:
                yield judged
        whole = (part for name, part in parts.items() if len(part) == self.way(name).samples)
        yield from (judged for part in whole for judged in part)

    async def run(self) -> None:
        """Ask for every sample that is missing; judge what has come while the engine goes on."""
        settled = [tally for name, tally in self.tallies.items() if not tally.done and self._is_enough(name, tally)]
        for tally in settled:  # without a single sample
            tally.done = True
        self.on_groups(len(settled))
        alike: dict[Sampling, list[str]] = {}
        for name in self.examples:
            alike.setdefault(self.way(name).sampling, []).append(name)
        for sampling, names in alike.items():
            most = max(self.way(name).samples for name in names)
            for upto in range(ROUND, most, ROUND) if self.enough else ():
                await self._ask(self.missing(names, upto), sampling)
            await self._ask(self.missing(names), sampling)

    async def _ask(self, missing: Iterator[Request], sampling: Sampling) -> None:
        while block := {request.id: request for request in islice(missing, BLOCK)}:
            completions = self.engine.stream(list(block.values()), sampling)
            async for batch in gathered(completions, BACKLOG):
                if unknown := [c.request for c in batch if block.pop(c.request, None) is None]:
                    raise AssayError(f"{self.engine.name} answered {unknown[0]!r}, which is no open request")
                self._keep(await asyncio.to_thread(self._judged, batch))
            if block:
                raise AssayError(f"{self.engine.name} left {len(block)} requests unanswered; run it again to go on")

    def missing(self, names: Sequence[str] | None = None, upto: int | None = None) -> Iterator[Request]:
        """Every sample that has no verdict yet and is needed; of some Examples, of the first `upto` of each."""
        for name in self.examples if names is None else names:
            tally, example, samples = self.tallies[name], self.examples[name], self.way(name).samples
            most = samples if upto is None or name in self.held else min(samples, upto)
            if not tally.done:
                asked, sealed = example.asked, bool(example.seal)
                for index in range(most):
                    if not tally.seen >> index & 1:
                        yield Request(f"{name}/{index}", asked, index, sealed)

    def result(self) -> Measurements:
        """The counts, in the order of the Examples."""
        store = self.store
        measured = {name: self._measurement(example) for name, example in self.examples.items()}
        verdicts = {name: dict(tally.verdicts) for name, tally in self.tallies.items()}
        asked = {name: example.asked for name, example in self.examples.items()}
        return Measurements(measured, verdicts, store.rollouts if store else lambda: self.said, asked)

    def _judged(self, batch: Sequence[Completion]) -> list[tuple[Samples, Verdict]]:
        alike: dict[tuple[Any, ...], tuple[Completion, list[int]]] = {}
        for c in batch:
            name, _, number = c.request.rpartition("/")
            own = number if name in self.held else ""  # one of a group is judged beside the others
            said = (name, own, c.text, c.finish, tuple(c.token_ids), tuple(c.logprobs), c.thinking, c.tokens)
            alike.setdefault(said, (c, []))[1].append(int(number))
        samples = [Samples(self._attempt(said[0], numbers[0], c), numbers) for said, (c, numbers) in alike.items()]
        return self._with_verdicts([ready for one in samples for ready in self._ready(one)])

    def _attempt(self, name: str, index: int, c: Completion) -> Attempt:
        return Attempt(
            example_id=name,
            model=self.engine.name,
            index=index,
            response=c.text,
            finish=c.finish,
            tokens=len(c.token_ids) or c.tokens,
            token_ids=c.token_ids,
            logprobs=c.logprobs,
            thinking=c.thinking,
            policy=self.engine.fingerprint,
            seal=self.examples[name].seal,
        )

    def _ready(self, samples: Samples) -> list[Samples]:
        """What can be judged now that these are there: they, or their group once that is whole."""
        group = self.held.get(samples.first.example_id)
        if group is None:
            return [samples]
        group.append(samples)
        return group if len(group) == self.way(samples.first.example_id).samples else []

    def _judged_again(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        again = self._with_verdicts([Samples(Rollout.from_json(row), [row["index"]]) for row in rows])
        return [row for samples, verdict in again for row in samples.rows(verdict)]

    def _with_verdicts(self, samples: Sequence[Samples]) -> list[tuple[Samples, Verdict]]:
        """Samples with their verdict. Where the engine failed there is no response, and no zero."""
        failed = [f"no response: {one.first.response}" if one.first.finish == "failed" else "" for one in samples]
        came = [one.first for one, why in zip(samples, failed, strict=True) if not why]
        asked = [self.examples[attempt.example_id] for attempt in came]
        verdicts = iter(self.judge.verify_many(asked, came, workers=self.workers))
        made = [Verdict.error(why) if why else next(verdicts) for why in failed]
        return list(zip(samples, made, strict=True))

    def _keep(self, judged: Sequence[tuple[Samples, Verdict]]) -> None:
        rows = [row for samples, verdict in judged for row in samples.rows(verdict)]
        if self.store:
            self.store.append(rows)
        else:
            self.said += map(Rollout.from_json, rows)
        self._count((samples.first.example_id, samples.numbers, str(v.status), v.score) for samples, v in judged)

    def _count(self, judged: Iterable[Judged]) -> None:
        finished = 0
        for name, numbers, status, score in judged:
            tally, whole = self.tallies[name], (1 << self.way(name).samples) - 1
            for number in numbers:
                tally.seen |= 1 << number
                tally.scores += [score] if score else []
                tally.verdicts[status] += 1
                if not tally.done and (tally.seen == whole or self._is_enough(name, tally)):
                    tally.done = True
                    finished += 1
        self.on_groups(finished)

    def _is_enough(self, name: str, tally: _Tally) -> bool:
        if self.enough is None or name in self.held:
            return False
        return self.enough(self.examples[name], fsum(tally.scores), tally.counted)

    def _measurement(self, example: Example) -> Measurement:
        tally = self.tallies[example.id]
        return Measurement(
            example_id=example.id,
            model=self.engine.name,
            correct=tally.verdicts[Status.CORRECT],
            n=tally.counted,
            uncounted=tally.uncounted,
            domain=example.domain,
            source=example.source,
            total=fsum(tally.scores),  # the same in whatever order they came
        )


async def gathered(stream: AsyncIterator[Completion], backlog: int) -> AsyncIterator[list[Completion]]:
    """All that has come since the last look, as lists, while the stream goes on beside the reader.

    An error of the stream is raised after what came before it was handed on.
    """
    waiting: list[Completion] = []
    came, taken = asyncio.Event(), asyncio.Event()

    async def feed() -> None:
        try:
            async for completion in stream:
                waiting.append(completion)
                came.set()
                if len(waiting) >= backlog:
                    taken.clear()
                    await taken.wait()
        finally:
            came.set()

    feeder = asyncio.create_task(feed())
    try:
        while not feeder.done() or waiting:
            await came.wait()
            came.clear()
            batch, waiting[:] = waiting[:], []
            taken.set()
            if batch:
                yield batch
        await feeder
    finally:
        feeder.cancel()
