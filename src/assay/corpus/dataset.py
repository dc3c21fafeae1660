"""Examples as a `datasets.Dataset`, in the columns that TRL reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assay.corpus.parquet import refuse_sealed
from assay.errors import MissingExtra
from assay.models.prompting import as_chat, as_input
from assay.types import Example


def to_trl(examples: Iterable[Example], tokenizer: Any = None) -> Any:
    """A `datasets.Dataset` for TRL: `prompt` (the messages to send), `example` (all that a reward needs), `domain`.

    With a tokenizer that has no chat template, `prompt` is text. Where problems show images there is a column `images`,
    which are opened when a row is read. Raises `MissingExtra` without `datasets`, and `AssayError` where a problem is
    published sealed.
    """
    try:
        import datasets
    except ImportError:
        raise MissingExtra("a TRL data set", "train") from None
    rows = [_row(e, as_chat(e.asked) if tokenizer is None else as_input(tokenizer, e.asked)) for e in examples]
    made = datasets.Dataset.from_list(rows)
    if any(row["images"] for row in rows):
        return made.cast_column("images", datasets.List(datasets.Image()))
    return made.remove_columns("images") if rows else made


def _row(example: Example, prompt: Any) -> dict[str, Any]:
    refuse_sealed(example)
    images = [path for turn in example.asked for path in turn.attachments]
    return {"prompt": prompt, "example": json.dumps(example.to_json()), "domain": example.domain, "images": images}
