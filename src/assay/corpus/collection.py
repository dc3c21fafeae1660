"""A corpus: Examples in a fixed order, with the ledger of what was dropped on the way and a card that says so.

A corpus never changes; `without`, `keep` and `+` give a new one. On disk it is parquet shards, `ledger.jsonl` and,
written last, `manifest.json`; opening one reads the manifest alone, and rows are read as they are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import pyarrow as pa

from assay.config import made
from assay.corpus.dataset import to_trl
from assay.corpus.ledger import Card, Dropped, Kind
from assay.corpus.parquet import refuse_unstorable
from assay.corpus.rows import GROUP, Held, Joined, Rows, Stored
from assay.corpus.store import Writer, only_these, read_ledger, read_manifest, shards_of, tally
from assay.errors import BadConfig, BadReference, BadRow
from assay.files import read_jsonl, write_jsonl
from assay.judging.session import unreadable
from assay.judging.verifier import VERIFIERS
from assay.remote import fetched, is_remote, sending
from assay.sources.own import Own, held_out_rows, is_corpus, is_own
from assay.sources.selection import Selection
from assay.types import Example, Measurement, data_hash

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
        examples: Iterable[Example] = (),
        *,
        ledger: Iterable[Dropped] = (),
        came_in: Mapping[str, int] | None = None,
        notes: Sequence[str] = (),
        data: Path | None = None,
    ) -> None:
        self._rows = examples if isinstance(examples, Rows) else Held(examples)
        self._dropped: Iterable[Dropped] | Path = tuple(ledger)
        self._came_in = came_in
        self.notes = tuple(notes)
        self._data = data

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Example]:
        return iter(self._rows)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Example]: ...
    def __getitem__(self, at: int | slice) -> Example | Sequence[Example]:
        return self._rows[at]

    def __add__(self, other: Corpus) -> Corpus:
        """The rows of both, in order; counts and ledgers add up."""
        if not isinstance(other, Corpus):
            return NotImplemented
        came_in = Counter(self.came_in) + Counter(other.came_in)
        notes, ledger = dict.fromkeys((*self.notes, *other.notes)), (*self.ledger, *other.ledger)
        both = Joined([self._rows, other._rows])
        return Corpus(both, ledger=ledger, came_in=came_in, notes=tuple(notes), data=self._data)

    def __repr__(self) -> str:
        return f"Corpus({len(self)} examples of {sum(self.came_in.values())} that came in)"

    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        """Arrow batches of at most so many rows, in order, in the schema of the parquet shards."""
        return self._rows.batches(rows)

    @cached_property
    def ledger(self) -> tuple[Dropped, ...]:
        """What was dropped, at which step, and why."""
        dropped = self._dropped
        return tuple(read_ledger(dropped) if isinstance(dropped, Path) else dropped)

    @cached_property
    def came_in(self) -> dict[str, int]:
        """Source -> rows that came in."""
        if self._came_in is not None:
            return dict(self._came_in)
        return dict(sum((Counter({kind.source: n}) for kind, n in self._kept.items()), Counter()))

    @cached_property
    def _kept(self) -> Mapping[Kind, int]:
        return tally(self._rows)

    @property
    def card(self) -> Card:
        """What came in, what went out, and why."""
        return Card.of(self._kept, self.ledger, self.came_in, self.notes)

    def without(self, *names: str, split: str | None = None, data: Path | None = None) -> Corpus:
        """Drop Examples whose problem, whatever its options, occurs in these sources (all their splits, or one)."""
        known = stems_of(names, split=split, data=data or self._data)
        return self._sift(lambda e: known.get(e.stem_id), "without", "contaminated")

    def keep(self, wanted: Wanted, reason: str = "not selected") -> Corpus:
        """Keep Examples that a predicate accepts, or whose id is in a collection; the rest go to the ledger."""
        if isinstance(wanted, str) or not (callable(wanted) or isinstance(wanted, Collection)):
            raise TypeError(f"keep takes a function of an Example, or a set of ids such as {{'…'}}, not {wanted!r}")
        accepts = wanted if callable(wanted) else lambda example: example.id in wanted
        return self._sift(lambda example: None if accepts(example) else "", "keep", reason)

    def with_rates(self, measured: Mapping[str, Measurement]) -> Corpus:
        """Each Example with the rate that a model was measured at, beside those it has; the sums of one model add up.

        `measured` is Example id -> Measurement, as `assay.measure` gives it; a measurement without a counted sample is
        no rate.
        """
        rated = [_rated(example, measured.get(example.id)) for example in self]
        return Corpus(rated, ledger=self.ledger, came_in=self.came_in, notes=self.notes, data=self._data)

    def _sift(self, evidence: Callable[[Example], str | None], step: str, reason: str) -> Corpus:
        kept, gone = [], []
        for place, example in enumerate(self._rows):
            found = evidence(example)
            if found is None:
                kept.append(place)
            else:
                gone.append(Dropped.of(example, step, reason, found))
        ledger = (*self.ledger, *gone)
        rows = self._rows.pick(kept)
        return Corpus(rows, ledger=ledger, came_in=self.came_in, notes=self.notes, data=self._data)

    def to_jsonl(self, path: Path | str) -> None:
        """Write the Examples, one JSON object a line, in one step."""
        write_jsonl(path, (example.to_json() for example in self))

    @classmethod
    def from_jsonl(cls, path: Path | str) -> Corpus:
        """Read what `to_jsonl` wrote. Raises `BadRow`, with file and line, on a row that is not an Example."""
        examples = []
        for number, row in read_jsonl(path):
            try:
                examples.append(Example.from_json(row))
            except (ValueError, TypeError, AttributeError) as fault:
                raise BadRow(str(path), number, str(fault)) from fault
        return cls(examples)

    def to_dataset(self, tokenizer: Any = None) -> Any:
        """A `datasets.Dataset` in TRL's columns; see `assay.corpus.dataset.to_trl`."""
        return to_trl(self, tokenizer)

    @classmethod
    def from_dataset(
        cls,
        dataset: Iterable[Any],
        *,
        verifier: str = "",
        columns: Mapping[str, str] | None = None,
        template: str = "",
        params: Mapping[str, Any] | None = None,
        domain: str = "own",
        name: str = "dataset",
    ) -> Corpus:
        """The rows of one split of a `datasets.Dataset`, or of anything that gives rows as mappings.

        What `to_dataset` made, and shards of a corpus, come back as they were. Other rows are read as those of a file
        of your own: columns under their usual names or as `columns` says (field -> column), the rest as in `load`.

        Raises `BadRow`, with the number of the row, where one cannot be used.
        """
        if isinstance(dataset, str | Path):
            raise BadConfig(f"{dataset} is no data set but its name: assay.load reads files, and the hub's as hub:NAME")
        if isinstance(dataset, Mapping):
            raise BadConfig(f"this holds several splits: give one, such as dataset[{next(iter(dataset), 'train')!r}]")
        _refuse_unknown(verifier)
        source = Own(
            name=name,
            about="rows of a data set",
            licence="",
            domain=domain,
            rows=dataset,
            verifier=verifier,
            columns=columns or {},
            template=template,
            params=params or {},
        )
        return cls(source.examples())

    def push_to_hub(self, name: str, *, private: bool = True, message: str = "") -> str:
        """Publish as the data set `USER/NAME` of the hub, its card as the README; see `assay.corpus.hub.push`."""
        from assay.corpus.hub import push

        return push(self, name, private=private, message=message)

    @classmethod
    def from_hub(cls, name: str, *, revision: str | None = None) -> Corpus:
        """What `push_to_hub` published; see `assay.corpus.hub.pull`. Other data sets: `assay.load("hub:NAME", ...)`."""
        from assay.corpus.hub import pull

        return pull(name, revision)

    def write(self, out: Path | str, *, fingerprint: str = "") -> None:
        """Write shards, ledger, card and, last, the manifest, to a directory or an address such as `s3://bucket/corpus`.

        Raises `AssayError` for problems that are published sealed or show solved ones, `UnknownName` for a verifier
        that is not there, `BadReference` for rows that their verifier cannot use, and `RunConflict` when another corpus
        lies there. A writing that was killed is repeated over what it left.
        """
        with sending(out) as out, only_these(out, data_hash(self._readable())):
            writer = Writer(out)
            for batch in self.batches():
                writer.add(batch)
            writer.finish(self.ledger, self.came_in, self.notes, fingerprint)

    def _readable(self) -> Iterator[Example]:
        """All rows, once it is clear that their verifiers can use them."""
        bad: dict[str, str] = {}
        waiting: list[Example] = []
        for example in self:
            refuse_unstorable(example)
            waiting.append(example)
            if len(waiting) == GROUP:
                bad |= unreadable(waiting)
                yield from waiting
                waiting = []
        yield from waiting
        bad |= unreadable(waiting)
        if bad:
            shown = "\n".join(f"  {name}: {why}" for name, why in list(bad.items())[:20])
            more = f"\n  and {len(bad) - 20} more" if len(bad) > 20 else ""
            raise BadReference(f"{len(bad)} rows cannot be judged; drop or mend them:\n{shown}{more}")

    @classmethod
    def read(cls, directory: Path | str) -> Corpus:
        """Open what `write` wrote, here or at an address such as `s3://bucket/corpus`.

        Raises `AssayError` for a shard that was changed: at once or when it is read.
        """
        directory = fetched(directory)
        manifest = read_manifest(directory)
        rows = Stored(shards_of(directory, manifest))
        corpus = cls(rows, came_in=manifest["came_in"], notes=manifest["notes"])
        corpus._dropped = directory
        corpus._kept = Counter({Kind(*(row[name] for name in Kind._fields)): row["rows"] for row in manifest["rows"]})
        return corpus


def _refuse_unknown(verifier: str) -> None:
    """Raise `UnknownName` where a verifier is named that is not there."""
    if verifier:
        VERIFIERS.get(verifier)


def _rated(example: Example, measured: Measurement | None) -> Example:
    if measured is None or not measured.n or measured.total is None:
        return example
    total, samples = example.pass_rates.get(measured.model, (0, 0))
    rates = {**example.pass_rates, measured.model: (total + measured.total, samples + measured.n)}
    return replace(example, pass_rates=rates)


def load(
    *names: str | Path,
    data: Path | str | None = None,
    split: str = "train",
    size: int | None = None,
    seed: int = 0,
    level: int = 1,
    **own: Any,
) -> Corpus:
    """Examples of registered sources, or of files of your own, source after source.

    Args:
        names: Source names, such as `math/gsm8k` (`assay list` shows them), or files such as `mine.jsonl`.
        data: Directory of real rows; `$ASSAY_DATA` without it.
        split: Split of every source.
        size: At most so many of each source, drawn by the seed where the rows are real.
        seed: Seed of what is made or drawn.
        level: Difficulty of procedural sources.
        own: For files: `verifier`, `columns` (field -> column), `template`, `params`, `domain`.
    """
    if wrong := [name for name in names if not isinstance(name, str | Path)]:
        raise BadConfig(f"assay.load takes names of sources or of files, such as 'math/gsm8k', not {wrong[0]!r}")
    where = Path(data) if data is not None else None
    given = {"split": split, "size": size, "seed": seed, "level": level, **own}
    chosen = made(Selection, {"name": tuple(map(str, names)), **given}, "assay.load")
    _refuse_unknown(chosen.verifier)
    return Corpus(chosen.examples(where), data=where)


def stems_of(names: Iterable[str], *, split: str | None = None, data: Path | None = None) -> dict[str, str]:
    """Stem id -> `source:id` of the first Example that has it, over the named sources."""
    found: dict[str, str] = {}
    for name in names:
        for example in held_out_rows(name, split, data):
            found.setdefault(example.stem_id, f"{name}:{example.id}")
    return found


def rows_of(
    names: Sequence[str], split: str = "train", *, size: int | None = None, data: Path | None = None
) -> Sequence[Example]:
    """The Examples of a corpus directory, or of sources and files of one's own, as a command names them."""
    if len(names) == 1 and (is_corpus(names[0]) or (is_remote(names[0]) and not is_own(names[0]))):
        return list(Corpus.read(names[0]))
    return list(load(*names, split=split, size=size, data=data))
