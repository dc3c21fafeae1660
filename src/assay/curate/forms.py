"""Steps that look at the form of a row: what kind of reference it has, and which tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.steps import Drop, Sifted, sift
from assay.types import Example

_DECIMALS = re.compile(r"\d\.(\d+)")
_CLOSED = re.compile(r"\W*(?:[a-z]|yes|no|true|false|right|wrong|correct|incorrect)\W*", re.IGNORECASE)
_CLOSED_VERIFIERS = ("choice", "boolean")


class AnswerForm(Config):
    """Drops rows whose reference is of a kind, or of a length, that makes a poor reward."""

    name: Literal["answer"] = "answer"
    """Which step this is."""
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    max_chars: int | None = Field(None, ge=1)
    """Longest reference, in characters."""
    max_words: int | None = Field(None, ge=1)
    """Longest reference, in words."""
    max_decimals: int | None = Field(None, ge=0)
    """Most digits behind a decimal point."""
    closed: bool = True
    """Whether references may be one of few: an option, a single letter, yes or no, true or false."""

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        return sift(batch, map(self._drop, to_examples(batch)))

    def _drop(self, example: Example) -> Drop | None:
        if self.domains and example.domain not in self.domains:
            return None
        texts = list(_texts(example.reference))
        shown = ", ".join(texts)
        if self.max_chars is not None and sum(map(len, texts)) > self.max_chars:
            return Drop("answer_too_long", f"{sum(map(len, texts))} characters")
        if self.max_words is not None and (words := len(shown.split())) > self.max_words:
            return Drop("answer_too_long", f"{words} words")
        if self.max_decimals is not None:
            most = max((len(digits) for text in texts for digits in _DECIMALS.findall(text)), default=0)
            if most > self.max_decimals:
                return Drop("answer_too_precise", shown)
        is_closed = example.verifier in _CLOSED_VERIFIERS or any(_CLOSED.fullmatch(text) for text in texts)
        return Drop("answer_closed", shown) if is_closed and not self.closed else None


def _texts(reference: Any) -> Iterator[str]:
    """The leaves of a reference, as text."""
    if isinstance(reference, dict):
        reference = list(reference.values())
    if isinstance(reference, list | tuple):
        for part in reference:
            yield from _texts(part)
    else:
        yield str(reference)


class Tagged(Config):
    """Drops rows by their tags (`level:University`, `split:test`)."""

    name: Literal["tags"] = "tags"
    """Which step this is."""
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    keep: tuple[str, ...] = ()
    """A row stays only if it has one of these; none keeps all."""
    drop: tuple[str, ...] = ()
    """A row that has one of these goes."""

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        rows = zip(batch["domain"].to_pylist(), batch["tags"].to_pylist(), strict=True)
        return sift(batch, (self._drop(domain, tags) for domain, tags in rows))

    def _drop(self, domain: str, tags: list[str]) -> Drop | None:
        if self.domains and domain not in self.domains:
            return None
        if bad := [tag for tag in tags if tag in self.drop]:
            return Drop("tag", bad[0])
        return Drop("tag", "none of those that are kept") if self.keep and not {*tags} & {*self.keep} else None
