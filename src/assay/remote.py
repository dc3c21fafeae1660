"""Files and folders in object stores (`s3://`, `gs://`, `hf://`, `az://` and whatever fsspec knows), as local ones.

What is read is fetched once into the user's cache, under what the store says of its content; what is written is made
here and sent when it is whole. Credentials are those that each store's own library finds.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.errors import AssayError, MissingData, MissingExtra
from assay.files import user_cache
from assay.hashing import content_hash

_ADDRESS = re.compile(r"\A([a-z][a-z0-9+.-]{1,15}):/{1,2}(?=[^/])")
"""How an address begins; a `Path` made of one has lost a slash."""


def is_remote(name: Path | str) -> bool:
    """Whether a name is an address in an object store.

    Example:
        >>> is_remote("s3://bucket/rows.jsonl"), is_remote("runs/demo"), is_remote("C:/rows.jsonl")
        (True, False, False)
    """
    return _ADDRESS.match(str(name)) is not None


def fetched(name: Path | str) -> Path:
    """The local path of a file or folder: itself, or a copy of what an address names.

    Raises `MissingExtra` without fsspec, `MissingData` where nothing is there, and `AssayError` where the store cannot
    be asked.
    """
    if not is_remote(name):
        return Path(name)
    with _asked(name) as (store, path):
        found = sorted(store.find(path))
        if not found:
            raise MissingData(f"{_address(name)} does not exist, or is empty")
        marks = [(file, store.ukey(file)) for file in found]
        copy = user_cache() / "remote" / content_hash([_address(name), marks]) / Path(path).name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
                made = Path(scratch) / "copy"
                for file in found:
                    within = os.path.relpath(file, path)
                    target = made if found == [path] else made / within
                    target.parent.mkdir(parents=True, exist_ok=True)
                    store.get_file(file, str(target))
                made.rename(copy)
        return copy


@contextmanager
def sending(name: Path | str) -> Iterator[Path]:
    """A local path to write a file or folder to: itself or, for an address, one that is sent there when the block ends
    well. Raises as `fetched`, and `AssayError` where something lies there already, before the block begins."""
    if not is_remote(name):
        yield Path(name)
        return
    with _asked(name) as (store, path):
        if store.exists(path) and store.find(path):
            raise AssayError(f"{_address(name)} is there already: name another place, or remove it")
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        local = Path(scratch) / Path(path).name
        yield local
        with _asked(name) as (store, path):
            for file in sorted(file for file in [local, *local.rglob("*")] if file.is_file()):
                there = path if file == local else f"{path}/{file.relative_to(local).as_posix()}"
                store.makedirs(there.rpartition("/")[0], exist_ok=True)
                store.put_file(str(file), there)


@contextmanager
def _asked(name: Path | str) -> Iterator[tuple[Any, str]]:
    """The store of an address, and the path in it."""
    address = _address(name)
    try:
        import fsspec
    except ImportError:
        raise MissingExtra(f"reading {address}", "remote") from None
    try:
        store, path = fsspec.core.url_to_fs(address)
        yield store, path
    except AssayError:
        raise
    except ImportError as bad:
        raise AssayError(f"{address}: {bad} (pip install 'assay[remote]' and the package of the store)") from None
    except Exception as bad:  # noqa: BLE001 - each store has errors of its own: no credentials, no network, no bucket
        told = str(bad).strip().partition("\n")[0] or type(bad).__name__
        raise AssayError(f"{address} cannot be asked for: {told}; see its credentials and the network") from None


def _address(name: Path | str) -> str:
    return _ADDRESS.sub(r"\1://", str(name), count=1)
