"""The samples of a log of Inspect: a zip of JSON members (`.eval`), or one JSON document (`.json`).

Members are compressed with zstd, which Python's zipfile cannot read before 3.14 and pyarrow can.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.errors import AssayError, BadConfig
from assay.files import not_json

ZSTD = 93
"""Its number among the compressions of a zip."""
LARGEST = 1 << 30
"""Bytes of a member that are unpacked at most."""


def inspect_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number and content of each sample, with the name of its `task`. Raises `BadConfig` for what is no such log."""
    return _packed(file) if zipfile.is_zipfile(file) else _document(file)


def _document(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    log = _parsed(file, file.read_bytes())
    if not isinstance(log, dict) or not isinstance(log.get("eval"), dict) or not isinstance(log.get("samples"), list):
        raise BadConfig(f"{file} is no log of Inspect: one holds 'eval' and 'samples'")
    task = log["eval"].get("task", file.stem)
    return ((number, {**sample, "task": task}) for number, sample in enumerate(log["samples"], 1))


def _packed(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with zipfile.ZipFile(file) as log:
        names = sorted(name for name in log.namelist() if name.startswith("samples/") and name.endswith(".json"))
        if "header.json" not in log.namelist():
            raise BadConfig(f"{file} is no finished log of Inspect: it has no header.json")
    return _samples(file, names)


def _samples(file: Path, names: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with zipfile.ZipFile(file) as log, file.open("rb") as raw:
        task = _parsed(file, _member(log, raw, "header.json"))["eval"]["task"]
        for number, name in enumerate(names, 1):
            yield number, {**_parsed(file, _member(log, raw, name)), "task": task}


def _member(log: zipfile.ZipFile, raw: Any, name: str) -> bytes:
    found = log.getinfo(name)
    if found.file_size > LARGEST:
        raise AssayError(f"{log.filename}: {name} is larger than {LARGEST >> 20} MiB")
    if found.compress_type != ZSTD:
        return log.read(name)
    raw.seek(found.header_offset)
    head = raw.read(30)
    raw.seek(sum(struct.unpack("<HH", head[26:30])), 1)  # its name and extra field, as the member itself counts them
    packed = raw.read(found.compress_size)
    return bytes(pa.decompress(packed, decompressed_size=found.file_size, codec="zstd", asbytes=True))


def _parsed(file: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as bad:
        raise AssayError(f"{file} is no log of Inspect: {not_json(bad)}") from None
