"""Rows of your own: a file of JSON lines, parquet, CSV or a JSON array (gzipped or not), a data set of the hub, or the
directory of a corpus.

Rows are Examples as `Corpus.to_jsonl` writes them, or rows of any shape whose columns are named: what is asked and what
is right are found under their usual names, or under those that `columns` says.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.errors import AssayError, BadConfig, BadRow, MissingData, UnknownName, counted, did_you_mean
from assay.files import not_json, not_utf8, opened, read_jsonl, require_file
from assay.hub import load_rows
from assay.judging.verifier import VERIFIERS
from assay.remote import fetched
from assay.sources.base import SOURCES, Source, sampled
from assay.sources.files import boxed
from assay.types import Example

OWN = "own"
"""The domain of rows that name none."""
HUB = "hub:"
"""Before the name of a data set of the hub: `hub:openai/gsm8k`, or `hub:openai/gsm8k:main` with a configuration."""
MANIFEST = "manifest.json"
"""What a directory that is a corpus holds."""
SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv")
USUAL: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "problem", "question", "instruction", "input", "query", "messages"),
    "reference": ("reference", "answer", "gold_answer", "final_answer", "ground_truth", "expected", "target", "label"),
    "gold": ("gold", "solution", "response"),
    "options": ("options", "choices"),
    "verifier": ("verifier",),
    "params": ("params",),
    "template": ("template",),
    "domain": ("domain",),
    "tags": ("tags",),
}
"""Field of an Example -> the names, in whatever case, under which its column is looked for; the first there counts."""
_SHARD = {"id", "source", "prompt", "reference", "verifier", "params", "options", "template", "pass_rates", "extra"}
_BOXED = ("math", "number", "choice", "boolean", "text")
Numbered = Iterator[tuple[int, Any]]


def is_own(name: str) -> bool:
    """Whether a name means a file, a corpus or a data set of the hub, and no registered source."""
    is_path = _kind(name) in SUFFIXES or Path(name).is_file() or is_corpus(name)
    return name.startswith(HUB) or (name not in SOURCES and is_path)


def is_corpus(name: str) -> bool:
    """Whether a name is the directory of a corpus."""
    return (Path(name) / MANIFEST).is_file()


def source_of(name: str, **how: Any) -> Source:
    """The registered source of a name, or the rows of a file. Raises `UnknownName`, and `MissingData` for no file."""
    if not is_own(name):
        source = _registered(name)
        if how:
            raise BadConfig(f"{name} is a registered source: only files of your own take {', '.join(sorted(how))}")
        return source
    if not name.startswith(HUB) and not is_corpus(name):
        require_file(fetched(name))
    return Own(name=name, about="rows of your own", licence="", domain=how.pop("domain", "") or OWN, **how)


def held_out(name: str) -> Source:
    """The source of a name whose problems alone matter: who would judge rows of your own need not be said."""
    return source_of(name, verifier="text") if is_own(name) else source_of(name)


def held_out_rows(name: str, split: str | None = None, data: Path | None = None) -> Iterator[Example]:
    """The Examples of such a source: of one split, or of all."""
    source = held_out(name)
    for part in (split,) if split else source.splits:
        yield from source.examples(part, data=data)


def entry_of(entry: str) -> tuple[str, str]:
    """The source and the split of `NAME` or `NAME:SPLIT`; no split is all of them."""
    name, _, split = (entry, "", "") if is_own(entry) else entry.partition(":")
    return name, split


def _kind(name: str) -> str:
    """The suffix of a file, whatever its case, without that of gzip."""
    return Path(name.lower().removesuffix(".gz")).suffix


def _registered(name: str) -> Source:
    """The registered source of a name; a split that stands in the place of a source, or behind it, is told."""
    bare, _, split = name.rpartition(":")
    if name not in SOURCES and (bare in SOURCES or name in ("train", "test", "validation", "dev", "warmup")):
        raise UnknownName("source", name, SOURCES, f'; a split is named by itself: split = "{split}"')
    if name not in SOURCES and Path(name).is_dir():
        raise BadConfig(f"{name} is a directory, and holds no corpus: name a file of rows, or a folder with {MANIFEST}")
    return SOURCES.get(name)


@dataclass(frozen=True, kw_only=True)
class Own(Source):
    """The rows of one file, or rows that are there already."""

    splits: tuple[str, ...] = ("file",)
    rows: Iterable[Any] | None = None
    """The rows, instead of a file's."""
    verifier: str = ""
    """Who judges, where the rows do not say."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field of an Example -> column, where it has another name than the usual ones."""
    template: str = ""
    """How problems are asked, where the rows do not say."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the verifier, where the rows do not say."""
    on_bad: Callable[[BadRow], None] | None = None
    """Told of every row that cannot be used, which is then left out; without it the first one raises."""

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in USUAL:
                hint = did_you_mean(name, USUAL)
                raise BadConfig(f"{self.name}: columns names {name!r}, no field of an Example{hint}")
        _refuse_deaf(self.template, f"{self.name}: ")
        if self.verifier:
            VERIFIERS.get(self.verifier).parameters(self.params)

    def examples(
        self, split: str = "train", *, data: Path | None = None, size: int | None = None, seed: int = 0, level: int = 1
    ) -> Iterator[Example]:
        """The Examples of the file, whatever `split` says; `size` draws, as with other sources."""
        return self._stream(split, data, size, seed, level)

    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        def read() -> Iterator[Example]:
            return self._examples(split)

        return read() if size is None else sampled(read, size, seed)

    def _examples(self, split: str) -> Iterator[Example]:
        number = 0
        for number, row in self._rows(split):
            try:
                if isinstance(row, BadRow):
                    raise ValueError(row.why)
                yield self._example(row)
            except BadConfig:
                raise
            except UnicodeEncodeError:
                self._bad(BadRow(self.name, number, "half a surrogate pair, as in \\ud800, is no text"))
            except (ValueError, TypeError, AttributeError, KeyError) as fault:
                self._bad(BadRow(self.name, number, str(fault)))
        if not number and self.on_bad is None:
            raise MissingData(f"{self.name} holds no row")

    def _bad(self, row: BadRow) -> None:
        if self.on_bad is None:
            raise row
        self.on_bad(row)

    def _rows(self, split: str) -> Numbered:
        if self.rows is not None:
            return enumerate(self.rows, 1)
        if self.name.startswith(HUB):
            return _hub(self.name.removeprefix(HUB), split)
        path, kind = fetched(self.name), _kind(self.name)
        if kind == ".parquet" or is_corpus(self.name):
            files = shards(path) if is_corpus(self.name) else [path]
            return enumerate(
                (row for f in files for batch in _parquet(f).iter_batches() for row in batch.to_pylist()), 1
            )
        if kind in (".csv", ".tsv"):
            return _csv(path)
        if kind == ".json" and (rows := _array(path)) is not None:
            return enumerate(rows, 1)
        return read_jsonl(path, self.on_bad)

    def _example(self, row: Any) -> Example:
        if not isinstance(row, Mapping):
            raise ValueError(f"a row is an object, not {type(row).__name__}")
        json.dumps(row, ensure_ascii=False, default=str).encode()  # raises for what no file of a corpus can hold
        if "schema" in row and "verifier" in row:
            return Example.from_json(row)
        if isinstance(row.get("example"), str):  # as `to_trl` makes it
            return Example.from_json(json.loads(row["example"]))
        if row.keys() >= _SHARD:
            return _of_shard(row)
        found = {name: column for name in USUAL if (column := self._column(name, row)) is not None}
        if missing := {"prompt", "reference"} - set(found):
            wanted = "; ".join(f"no {name} under {' or '.join(USUAL[name])}" for name in sorted(missing))
            raise ValueError(f"{wanted}: name its column with columns.{min(missing)} (there are {', '.join(row)})")
        given = {name: row[column] for name, column in found.items() if row[column] is not None}
        verifier = given.get("verifier") or self.verifier
        if not verifier:
            raise BadConfig(f"{self.name} does not say who judges: give a verifier, such as math")
        reference = row[found["reference"]]
        for needed in ("prompt", "reference"):
            if row[found[needed]] is None:
                raise ValueError(f"the column {found[needed]!r} is empty")
        _refuse_deaf(given.get("template"))
        gold = given.get("gold")
        if gold is None and verifier in _BOXED and isinstance(reference, str | int | float):
            gold = boxed(str(reference))
        return Example(
            prompt=given["prompt"],
            reference=reference,
            verifier=verifier,
            params=given.get("params") or dict(self.params),
            options=given.get("options") or (),
            template=given.get("template") or self.template,
            domain=given.get("domain") or self.domain,
            source=self.name,
            gold=gold,
            tags=given.get("tags") or (),
            extra=_extra({name: value for name, value in row.items() if name not in found.values()}),
        )

    def _column(self, name: str, row: Mapping[str, Any]) -> str | None:
        if name in self.columns:
            if self.columns[name] not in row:
                known = did_you_mean(self.columns[name], row)
                raise ValueError(f"no column {self.columns[name]!r}{known}")
            return self.columns[name]
        return _usual(name, tuple(row))


def shards(corpus: Path) -> list[Path]:
    """The files with the rows of a corpus, in order. Raises `AssayError` where its manifest cannot be read."""
    try:
        return [corpus / shard["file"] for shard in json.loads((corpus / MANIFEST).read_text("utf-8"))["shards"]]
    except (ValueError, KeyError, TypeError) as broken:
        raise AssayError(f"{corpus / MANIFEST} is no manifest of a corpus ({broken}): make the corpus again") from None


@lru_cache(1024)
def _usual(name: str, columns: tuple[str, ...]) -> str | None:
    """The column that has a usual name of a field, whatever its case where none has it as it is."""
    folded = {column.strip().lower(): column for column in reversed(columns)}
    return next((column for column in USUAL[name] if column in columns), None) or next(
        (folded[column] for column in USUAL[name] if column in folded), None
    )


def _refuse_deaf(template: Any, where: str = "") -> None:
    """Raise `BadConfig` for a template that would ask every problem in the same words."""
    if isinstance(template, str) and template and "{problem}" not in template:
        raise BadConfig(f"{where}the template {template[:60]!r} has no {{problem}}, the place of the problem")


def _of_shard(row: Mapping[str, Any]) -> Example:
    """An Example of a corpus's shard; its JSON columns are text, or decoded by readers that know Arrow's type."""
    read = dict(row)
    if isinstance(row["params"], str):
        read |= {name: json.loads(row[name]) for name in ("reference", "params", "extra")}
    read["pass_rates"] = {rate["model"]: (rate["correct"], rate["samples"]) for rate in row["pass_rates"]}
    return Example.from_json(read)


def _extra(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is JSON in other columns, with dates and times as text; pictures and the like are left out."""
    kept = {}
    for name, value in row.items():
        try:
            kept[name] = json.loads(json.dumps(value, default=lambda item: item.isoformat()))
        except (TypeError, ValueError, AttributeError):
            continue
    return kept


def _parquet(path: Path) -> Any:
    try:
        if path.suffix.lower() == ".gz":
            with opened(path) as file:
                rows = pq.ParquetFile(io.BytesIO(file.read()))
        else:
            rows = pq.ParquetFile(path)
    except (OSError, ValueError) as bad:
        raise AssayError(f"{path} is no parquet file: {bad}") from None
    _refuse_doubled(path, rows.schema_arrow.names)
    return rows


def _refuse_doubled(path: Path, columns: Iterable[str]) -> None:
    """Raise `AssayError` where two columns have one name: which of them is meant is not ours to say."""
    if doubled := [name for name, count in Counter(columns).items() if name and count > 1]:
        raise AssayError(f"{path} has more than one column called {doubled[0]!r}: rename or remove one")


def _text(path: Path) -> str:
    with opened(path) as file:
        data = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise BadRow(str(path), data[: bad.start].count(b"\n") + 1, not_utf8(bad)) from None


def _csv(path: Path) -> Iterator[tuple[int, dict[str, str | None] | BadRow]]:
    """Rows between commas, semicolons or tabs, whichever part the header into most names, and the line each begins on.

    A row need not end with its line: a quoted cell may hold line ends. An empty cell and one that is missing are the
    same, no value; a column without a name is not read.
    """
    text = _text(path)
    csv.field_size_limit(2**31 - 1)  # of the process; the text is in memory already, whatever its cells are
    mark = max(",;\t", key=lambda mark: len(next(filter(None, csv.reader(_lines(text), delimiter=mark)), ())))
    columns: list[str] = []
    for number, cells in _cells(csv.reader(_lines(text), delimiter=mark, strict=True)):
        if isinstance(cells, str):
            yield number, BadRow(str(path), number, cells)
        elif not columns:
            columns = cells
            _refuse_doubled(path, columns)
        elif len(cells) > len(columns):
            why = f"{counted(len(cells), 'cell')} in a table of {counted(len(columns), 'column')}"
            yield number, BadRow(str(path), number, f"{why}; a cell that holds a {mark!r} is put in quotes")
        else:
            cells += [""] * (len(columns) - len(cells))
            yield number, {name: cell or None for name, cell in zip(columns, cells, strict=True) if name}


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _cells(reader: Any) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that are not blank, each with the line it begins on; of one that cannot be read, why."""
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as bad:
            ends = "unexpected end of data" in str(bad)
            why = "a quote that opens in this row is never closed" if ends else "text beside a cell in quotes"
            yield begins, f"{why}: quotes stand around a whole cell, and a quote within is written twice"
        else:
            if cells:
                yield begins, cells


def _array(path: Path) -> list[Any] | None:
    """The rows of a JSON array; `None` where the file holds JSON lines instead."""
    text = _text(path)
    if not text.strip():
        return []
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as bad:
        if text.lstrip().startswith("{") and "\n" in text.strip():
            return None
        raise AssayError(f"{path}: {not_json(bad)}") from None
    if isinstance(rows, Mapping) and "\n" not in text.strip():
        return None
    if not isinstance(rows, list):
        raise AssayError(f"{path} holds no array of rows and no rows line by line, but one JSON value")
    return rows


def _hub(name: str, split: str) -> Numbered:
    path, _, config = name.partition(":")
    return enumerate(load_rows(path, config or None, split), 1)
