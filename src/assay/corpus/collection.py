"""A corpus: Examples in a fixed order, with the ledger of what was dropped on the way and a card that says so.

A corpus never changes; `without` and `keep` give a new one. On disk it is parquet shards, `ledger.jsonl`, `card.md`
and, written last, `manifest.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import overload

from assay.corpus.ledger import Card, Dropped
from assay.corpus.store import read_corpus, write_corpus
from assay.errors import BadRow
from assay.hashing import normalised as normalised
from assay.journal import write_atomically
from assay.sources.base import SOURCES
from assay.types import Example

Wanted = Callable[[Example], bool] | Collection[str]


class Corpus(Sequence[Example]):
    """An immutable list of Examples.

    Example:
        >>> corpus = load("math/arithmetic", size=3)
        >>> len(corpus), corpus.card.total.came_in
        (3, 3)
    """

    def __init__(
        self,
        examples: Iterable[Example],
        *,
        ledger: Iterable[Dropped] = (),
        came_in: Mapping[str, int] | None = None,
        notes: Sequence[str] = (),
        data: Path | None = None,
    ) -> None:
        self._examples = tuple(examples)
        self.ledger = tuple(ledger)
        self.came_in = dict(Counter(e.source for e in self._examples) if came_in is None else came_in)
        self.notes = tuple(notes)
        self._data = data

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self._examples)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Example]: ...
    def __getitem__(self, at: int | slice) -> Example | Sequence[Example]:
        return self._examples[at]

    def __repr__(self) -> str:
        return f"Corpus({len(self)} examples, {len(self.ledger)} dropped)"

    @property
    def card(self) -> Card:
        """What came in, what went out, and why."""
        return Card.of(self._examples, self.ledger, self.came_in, self.notes)

    def without(self, *names: str, split: str | None = None, data: Path | None = None) -> Corpus:
        """Drop Examples whose normalised prompt occurs in these sources (all their splits, or one)."""
        known = prompts_of(names, split=split, data=data or self._data)
        return self._sift(lambda e: known.get(normalised(e.text)), "without", "contaminated")

    def keep(self, wanted: Wanted, reason: str = "not selected") -> Corpus:
        """Keep Examples that a predicate accepts, or whose id is in a collection; the rest go to the ledger."""
        accepts = wanted if callable(wanted) else lambda example: example.id in wanted
        return self._sift(lambda example: None if accepts(example) else "", "keep", reason)

    def _sift(self, evidence: Callable[[Example], str | None], step: str, reason: str) -> Corpus:
        kept, gone = [], []
        for example in self._examples:
            found = evidence(example)
            if found is None:
                kept.append(example)
            else:
                gone.append(Dropped.of(example, step, reason, found))
        return Corpus(kept, ledger=(*self.ledger, *gone), came_in=self.came_in, notes=self.notes, data=self._data)

    def to_jsonl(self, path: Path | str) -> None:
        """Write the Examples, one JSON object a line, in one step."""
        write_atomically(
            Path(path), "".join(json.dumps(e.to_json(), ensure_ascii=False) + "\n" for e in self._examples)
        )

    @classmethod
    def from_jsonl(cls, path: Path | str) -> Corpus:
        """Read what `to_jsonl` wrote. Raises `BadRow`, with file and line, on a row that is not an Example."""
        examples = []
        with Path(path).open(encoding="utf-8", errors="surrogatepass") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    examples.append(Example.from_json(json.loads(line)))
                except (ValueError, TypeError, AttributeError) as fault:
                    raise BadRow(str(path), number, str(fault)) from fault
        return cls(examples)

    def write(self, out: Path | str, *, fingerprint: str = "") -> None:
        """Write shards, ledger, card and, last, the manifest. Raises `UnknownName` for a verifier that is not there."""
        write_corpus(Path(out), self._examples, self.ledger, self.card, fingerprint)

    @classmethod
    def read(cls, directory: Path | str) -> Corpus:
        """Read what `write` wrote, checking every shard against its hash."""
        examples, ledger, manifest = read_corpus(Path(directory))
        return cls(examples, ledger=ledger, came_in=manifest["came_in"], notes=manifest["notes"])


def load(
    *names: str,
    data: Path | str | None = None,
    split: str = "train",
    size: int | None = None,
    seed: int = 0,
    level: int = 1,
) -> Corpus:
    """Examples of registered sources, source after source.

    Args:
        names: Source names, such as `math/gsm8k`; `assay list` shows them.
        data: Directory of real rows; `$ASSAY_DATA` without it.
        split: Split of every source.
        size: At most so many of each source.
        seed: Seed of procedural sources.
        level: Difficulty of procedural sources.
    """
    where = Path(data) if data is not None else None
    examples = [
        example
        for name in names
        for example in SOURCES.get(name).examples(split, data=where, size=size, seed=seed, level=level)
    ]
    return Corpus(examples, data=where)


def prompts_of(names: Iterable[str], *, split: str | None = None, data: Path | None = None) -> dict[str, str]:
    """Normalised prompt -> `source:id` of the first Example that has it, over the named sources."""
    found: dict[str, str] = {}
    for name in names:
        source = SOURCES.get(name)
        for part in source.splits if split is None else (split,):
            for example in source.examples(part, data=data):
                found.setdefault(normalised(example.text), f"{name}:{example.id}")
    return found
