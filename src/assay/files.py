"""Files, read and written in one way: JSON lines with file and line in their errors, and writing in one step."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.errors import BadRow, MissingData


def read_jsonl(path: Path | str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a .jsonl or .jsonl.gz file, blank lines left out; a byte order mark is no content.

    Raises `MissingData` for a file that is not there and `BadRow`, with file and line, on a broken line.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingData(f"{path} does not exist")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, _object(path, number, line)


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as fault:
        raise BadRow(str(path), number, f"not JSON: {fault}") from fault
    if not isinstance(row, dict):
        raise BadRow(str(path), number, f"a row is a JSON object, not {type(row).__name__}")
    return row


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A path beside `path` to write to, which takes its place, whole and on disk, only when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path | str, text: str | Iterable[str]) -> None:
    """Replace a text file in one step: a reader sees the old content or the new, never half of it."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.writelines([text] if isinstance(text, str) else text)


def write_jsonl(path: Path | str, rows: Iterable[Any]) -> None:
    """Write one JSON value a line, in one step."""
    write_atomically(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
