"""Real sources: public rows from files of a data directory, or from the hub, through one row function.

A source declares where its rows lie and how one row becomes Examples. Rows stay where they are: the package ships
loaders, never copies of third-party rows.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.errors import BadRow, MissingData, RunConflict
from assay.files import opened, read_jsonl, replacing
from assay.hub import load_rows
from assay.sources.base import DATA_VARIABLE, Source, data_dir, sampled
from assay.types import SEALED, Example, Message

HUB = Path("hub")
"""Given as the data directory (or as the value of `ASSAY_DATA`): rows come from the hub instead of files."""
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What a row function makes of one raw row."""

    prompt: str
    """The bare problem."""
    reference: Any
    gold: str | None = None
    """A response that earns full reward, taken from the row or derived from its reference."""
    verifier: str = ""
    """Where it is not the source's: the row's own answer type decides."""
    params: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    template: str = ""
    """How it is asked."""
    tags: tuple[str, ...] = ()
    pass_rates: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Where they were published with the row."""
    images: tuple[str, ...] = ()
    """Files, under the data directory, that belong to the problem."""
    seal: str = ""
    """The key of a row that is published sealed."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the same rows are published for the `datasets` library."""

    name: str
    config: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
    """Our split -> theirs, where the names differ."""


@dataclass(frozen=True, kw_only=True)
class Real(Source):
    """A source that reads published rows."""

    verifier: str
    splits: tuple[str, ...] = field(init=False)
    files: Mapping[str, str]
    """Split -> file under the data directory, or several as a pattern; the split that a check reads first."""
    row: Callable[[Raw], Iterable[Row]]
    """One raw row -> its Examples; empty where the row is not part of this source."""
    part: Callable[[Raw], str] | None = None
    """Raw row -> split, where one file holds several splits."""
    joined: str = ""
    """File of records (tables, statements) that rows name by `key`; the record of a row is put under `joined`."""
    key: str = "table_id"
    """What rows and records share."""
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Split -> files whose rows, by `key`, are no part of it: held-out rows that the origin has among its own."""
    hub: Hub | None = None
    """`None` where no public copy has the same fields."""
    home: str = ""
    """Where the files are published, where that is not the hub."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "splits", tuple(self.files))

    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        return self._examples(split, data) if size is None else sampled(lambda: self._examples(split, data), size, seed)

    def _examples(self, split: str, data: Path | None) -> Iterator[Example]:
        """Each Example once: origins hold rows twice, under other numbers."""
        seen: set[str] = set()
        for example in self._all_examples(split, data):
            if example.id not in seen:
                seen.add(example.id)
                yield example

    def _all_examples(self, split: str, data: Path | None) -> Iterator[Example]:
        for where, number, raw in self._hub_rows(split) if from_hub(data) else self._file_rows(split, data_dir(data)):
            try:
                wanted = self.part is None or self.part(raw) == split
                made = list(self.row(raw)) if wanted else []
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
                raise BadRow(where, number, f"not a row of {self.name}: {fault!r}") from fault
            for row in made:
                yield self._example(row, split, f"read:{where}:{number}")

    def _example(self, row: Row, split: str, lineage: str) -> Example:
        return Example(
            prompt=Message("user", row.prompt, row.images) if row.images else row.prompt,
            reference=row.reference,
            verifier=row.verifier or self.verifier,
            params=row.params,
            options=row.options,
            template=row.template,
            domain=self.domain,
            source=self.name,
            gold=row.gold,
            tags=(f"split:{split}", *row.tags),
            licence=self.licence,
            lineage=(lineage,),
            pass_rates=row.pass_rates,
            extra={SEALED: row.seal} if row.seal else {},
        )

    def _file_rows(self, split: str, root: Path) -> Iterator[tuple[str, int, Raw]]:
        records = _records(self._existing(root, self.joined), self.key) if self.joined else {}
        apart = {row[self.key] for name in self.apart.get(split, ()) for _, row in _rows(self._existing(root, name))}
        file = self.files[split]
        several = sorted(root.glob(file)) if "*" in file else []
        for path in several or [self._existing(root, file)]:
            for number, raw in _rows(path):
                if self.joined:
                    raw = {**raw, "joined": records.get(raw.get(self.key, ""))}
                if not apart or raw.get(self.key) not in apart:
                    yield path.name if several else file, number, raw

    def _existing(self, root: Path, name: str) -> Path:
        try:
            return _existing(root, name)
        except MissingData as missing:
            raise MissingData(
                f"{missing}; it is published at {self.published}" if self.published else str(missing)
            ) from None

    def files_of(self, split: str) -> tuple[str, ...]:
        """The files under the data directory that a split is read from."""
        named = (self.files[split], self.joined, *self.apart.get(split, ()))
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def published(self) -> str:
        """Where the files are to be had; empty where that is not known."""
        return self.home or (f"https://huggingface.co/datasets/{self.hub.name}" if self.hub else "")

    def fetch(self, split: str, data: Path | None) -> Path:
        """Write the rows of the hub's copy where the file of a split belongs, and return its path.

        Raises `MissingData` where the hub has no copy of these files, and `RunConflict` where one is there.
        """
        root, name = data_dir(data), self.files[split]
        if self.hub is None or self.part or self.files_of(split) != (name,) or "*" in name:
            raise MissingData(
                f"the files of {self.name} have no copy on the hub" + (f": get {self.home}" if self.home else "")
            )
        path = root / name.removesuffix(".gz")
        if there(name, root):
            raise RunConflict(f"{path} is there already")
        rows = load_rows(self.hub.name, self.hub.config, self.hub.splits.get(split, split))
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            if path.suffix == ".parquet":
                rows.to_parquet(str(temporary))
            elif path.suffix == ".csv":
                rows.to_csv(str(temporary), index=False)
            else:
                rows.to_json(str(temporary), lines=path.suffix != ".json", force_ascii=False)
        return path

    def _hub_rows(self, split: str) -> Iterator[tuple[str, int, Raw]]:
        if self.hub is None:
            raise MissingData(f"{self.name} has no hub copy with the same fields: set {DATA_VARIABLE} to a directory")
        theirs = self.hub.splits.get(split, split)
        for number, raw in enumerate(load_rows(self.hub.name, self.hub.config, theirs), 1):
            yield f"hub:{self.hub.name}", number, raw


def from_hub(data: Path | None) -> bool:
    """Whether real rows are asked for from the hub."""
    return (data or Path(os.environ.get(DATA_VARIABLE, ""))) == HUB


def _existing(root: Path, name: str) -> Path:
    """The file under `root`, gzipped or not. Raises `MissingData` when it is not there."""
    for path in (root / name, root / name.removesuffix(".gz"), root / f"{name}.gz", *root.glob(name)):
        if path.is_file():
            return path
    raise MissingData(f"{root / name} does not exist; {DATA_VARIABLE} must name the directory that holds {name}")


def there(name: str, data: Path | None) -> bool | None:
    """Whether a file of real rows is in the data directory; `None` where rows come from the hub instead."""
    try:
        return None if from_hub(data) else bool(_existing(data_dir(data), name))
    except MissingData:
        return False


def _rows(path: Path) -> Iterable[tuple[int, Raw]]:
    """Numbered rows of a file as it is published: JSON lines, a JSON array, parquet, or CSV."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        with opened(path) as file:
            text = io.StringIO(file.read().decode("utf-8-sig"), newline="")
        return enumerate(csv.DictReader(text), 1)
    if name.endswith(".parquet"):
        return enumerate((row for batch in pq.ParquetFile(path).iter_batches() for row in batch.to_pylist()), 1)
    if name.endswith(".json"):
        with opened(path) as file:
            return enumerate(json.loads(file.read()), 1)
    return read_jsonl(path)


@lru_cache(maxsize=4)
def _records(path: Path, key: str) -> dict[str, Raw]:
    return {record[key]: record for _, record in _rows(path)}


def boxed(answer: str) -> str:
    """The shortest response that states `answer` as final."""
    return f"\\boxed{{{answer}}}"


def fenced(program: str, language: str = "python") -> str:
    """A program or literal as the last fenced block of a response."""
    return f"```{language}\n{program.strip(chr(10))}\n```"


def tagged(answer: str) -> str:
    """An answer between answer tags."""
    return f"<answer>{answer}</answer>"


NUMERAL = re.compile(r"[+-]?(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)(\.\d+)?%?")
"""A number as tables print it: `1,234.5` or `12%`; `007` is a name."""


def decimals(text: str) -> int:
    """How many digits a number has behind its point."""
    return len(text.strip().rstrip("%").partition(".")[2])


def rounded(template: str, text: str) -> tuple[str, dict[str, Any]]:
    """The template and the parameters for a reference that is rounded: to how many decimals is part of the question.

    Example:
        >>> rounded("{problem}", "2.50")
        ('{problem}\n\nRound the number to 2 decimal places.', {'decimals': 'as-written'})
    """
    if not (places := decimals(text)):
        return template, {}
    said = f"Round the number to {places} decimal place{'s' * (places > 1)}."
    return template.replace("{problem}", f"{{problem}}\n\n{said}"), {"decimals": "as-written"}
