"""How often a model solves each Example: one verb for difficulty and for evaluation.

Rollouts are appended to disk as they come, so a killed measurement resumes without repeating paid work. Two runs with
different models, sampling or verifiers never share a directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from assay.journal import Journal, claim
from assay.judging.verifier import VERIFIERS
from assay.models.engine import Completion, Engine, Sampling, open_engine
from assay.rollout.judge import judge
from assay.rollout.sample import sample
from assay.types import Example, Group, Measurement, Rollout, content_hash


class Measurements(Mapping[str, Measurement]):
    """Measurements by Example id, with the groups they came from.

    Example:
        >>> rates = Measurements([])
        >>> len(rates), rates.between(0.1, 0.9)
        (0, set())
    """

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = list(groups)
        self._by_id = {group.example.id: Measurement.of(group) for group in self.groups}

    def __getitem__(self, example_id: str) -> Measurement:
        return self._by_id[example_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def between(self, low: float, high: float) -> set[str]:
        """Ids of the Examples whose pass rate is in [low, high]; those without a rate are left out."""
        return {i for i, m in self._by_id.items() if m.rate is not None and low <= m.rate <= high}


def measure(
    model: str | Engine,
    examples: Sequence[Example],
    *,
    samples: int = 8,
    sampling: Sampling | None = None,
    out: Path | str | None = None,
    workers: int = 2,
    on_groups: Callable[[int], None] | None = None,
) -> Measurements:
    """Sample `samples` responses to each Example, judge them, and count.

    Args:
        model: A path, a hub name, `tiny`, recorded completions (`.jsonl`), or an engine.
        examples: What to ask.
        samples: Responses to each Example.
        sampling: Temperature and limits; plain sampling at temperature 1 without it.
        out: Directory to append rollouts to and to resume from; nothing is written without it.
        workers: Verifications that run side by side.
        on_groups: Called with the number of Examples finished, for progress bars.
    """
    engine = open_engine(model) if isinstance(model, str) else model
    how = sampling or Sampling()
    journal = _journal(Path(out), engine, examples, samples, how) if out else None
    done = _finished(journal, examples, samples) if journal else {}
    if on_groups:
        on_groups(len(done))
    rest = [example for example in examples if example.id not in done]
    for block, completions in sample(engine, rest, samples, how):
        groups = _judged(engine.name, block, completions, workers)
        if journal:
            journal.append(rollout.to_json() for group in groups for rollout in group.rollouts)
        done.update({group.example.id: group for group in groups})
        if on_groups:
            on_groups(len(groups))
    return Measurements(done[example.id] for example in examples)


def _judged(
    name: str, block: Sequence[Example], completions: Sequence[Sequence[Completion]], workers: int
) -> list[Group]:
    asked = [example for example, said in zip(block, completions, strict=True) for _ in said]
    verdicts = iter(judge(asked, [c.text for said in completions for c in said], workers=workers))
    return [
        Group(
            example,
            tuple(
                Rollout(
                    example_id=example.id,
                    model=name,
                    index=index,
                    response=c.text,
                    verdict=next(verdicts),
                    tokens=len(c.token_ids),
                    finish=c.finish,
                )
                for index, c in enumerate(said)
            ),
        )
        for example, said in zip(block, completions, strict=True)
    ]


def _journal(out: Path, engine: Engine, examples: Sequence[Example], samples: int, how: Sampling) -> Journal:
    versions = {name: VERIFIERS.get(name).version for name in sorted({example.verifier for example in examples})}
    facts = {
        "kind": "measure",
        "model": engine.name,
        "weights": engine.fingerprint,
        "samples": samples,
        "sampling": asdict(how),
    }
    claim(out, facts | {"verifiers": versions, "data": content_hash([example.id for example in examples])})
    return Journal(out / "rollouts.jsonl")


def _finished(journal: Journal, examples: Sequence[Example], samples: int) -> dict[str, Group]:
    """Groups that are on disk in full; a group that a crash cut short is measured again."""
    found: dict[str, dict[int, Rollout]] = {}
    for row in journal.read():
        rollout = Rollout.from_json(row)
        found.setdefault(rollout.example_id, {})[rollout.index] = rollout
    whole = {i: rollouts for i, rollouts in found.items() if len(rollouts) == samples}
    return {
        example.id: Group(example, tuple(whole[example.id][k] for k in range(samples)))
        for example in examples
        if example.id in whole
    }
