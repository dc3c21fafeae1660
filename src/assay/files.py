"""Files, read and written in one way: JSON lines with file and line in their errors, and writing in one step."""

from __future__ import annotations

import errno
import glob
import gzip
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from assay.errors import AssayError, BadRow, MissingData, RunConflict


def read_jsonl(
    path: Path | str, on_bad: Callable[[BadRow], None] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a .jsonl or .jsonl.gz file, blank lines left out; a byte order mark is no content.

    Raises `MissingData` for a file that is not there, and `BadRow`, with file and line, on a broken line, unless
    `on_bad` takes it; that is told of blank lines too.
    """
    path = Path(path)
    require_file(path)
    with opened(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                if on_bad is not None:
                    on_bad(BadRow(str(path), number, "a blank line"))
                continue
            try:
                row = _object(path, number, line)
            except BadRow as bad:
                if on_bad is None:
                    raise
                on_bad(bad)
            else:
                yield number, row


def user_cache() -> Path:
    """Where copies of this user's are kept: `$ASSAY_CACHE`, else `$XDG_CACHE_HOME/assay`, else `~/.cache/assay`."""
    own = os.environ.get("ASSAY_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"


def require_file(path: Path | str) -> None:
    """Raise `MissingData` where a path is no file that can be read from: a directory, or nothing."""
    if Path(path).is_dir():
        raise MissingData(f"{path} is a directory: name a file in it")
    if not Path(path).is_file():
        raise MissingData(f"{path} does not exist")


@contextmanager
def opened(path: Path | str) -> Iterator[BinaryIO]:
    """The bytes of a file, gzipped or not. Raises `AssayError` where a .gz is none, or was cut short."""
    path = Path(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield cast(BinaryIO, file)
    except gzip.BadGzipFile:
        raise AssayError(f"{path} is not gzipped, though its name ends in .gz: rename it, or gzip it") from None
    except (EOFError, zlib.error) as bad:
        raise AssayError(f"{path} is a damaged gzip file, or the beginning of one: {bad}") from None


def not_json(bad: Exception) -> str:
    """Why a text is no JSON, without words that only a programmer knows."""
    if isinstance(bad, json.JSONDecodeError):
        at = f"column {bad.colno}" if bad.lineno == 1 else f"line {bad.lineno}, column {bad.colno}"
        return f"not JSON: {bad.msg[0].lower()}{bad.msg[1:]} at {at}"
    if isinstance(bad, UnicodeDecodeError):
        return not_utf8(bad)
    if isinstance(bad, RecursionError):
        return "its lists or objects are nested too deeply"
    return "a number of more than 4,300 digits: write it as text"


def not_utf8(bad: UnicodeDecodeError) -> str:
    """Why bytes are no text, and what to do."""
    return f"not UTF-8: {bad.reason} at byte {bad.start}; save the file as UTF-8"


def json_kind(value: Any) -> str:
    """What JSON calls a value."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as fault:
        raise BadRow(str(path), number, not_json(fault)) from fault
    if not isinstance(row, dict):
        raise BadRow(str(path), number, f"a row is a JSON object, not {json_kind(row)}")
    return row


def refuse_output(path: Path | str, *inputs: Path | str) -> None:
    """Raise `AssayError` where a file could not be written, or would replace what is read: a directory, no folder, a
    file that may not be written, one of the inputs under whatever name. For before any work."""
    path = Path(path)
    if path.is_dir():
        raise AssayError(f"{path} is a directory: name a file in it")
    if not path.absolute().parent.is_dir():
        raise AssayError(f"cannot write {path}: there is no folder {path.absolute().parent}")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise AssayError(f"cannot write {path}: permission denied; name a file in a folder of yours")
    for given in map(Path, inputs):
        if path.is_file() and given.is_file() and path.samefile(given):
            raise AssayError(f"{path} is what is read: name another file to write to")


def refuse_folder(path: Path | str) -> None:
    """Raise `AssayError` where no folder of this name could be written to: it, or one above it, is a file or may not
    be written. For before any work."""
    path = Path(path).absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists() or folder.is_symlink())
    if not there.is_dir():
        raise AssayError(f"{there} is a file: name a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise AssayError(f"cannot write to {path}: {there} is read-only; name a folder of yours")


def refuse_filled(directory: Path) -> None:
    """Raise `RunConflict` where a folder holds anything but hidden files and the `lost+found` of a file system."""
    if directory.is_dir() and any(not _nobodys(file) for file in directory.iterdir()):
        raise RunConflict(f"{directory} holds files that are not of a run of ours: name an empty or new folder")


def _nobodys(file: Path) -> bool:
    return file.name.startswith(".") or (file.name == "lost+found" and file.is_dir())


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A path to write to, beside `path`: it takes its place, whole and on disk, only when the block ends well.

    A symbolic link stays and what it points to is replaced; a device or a pipe is written to as it is. What a killed
    process left beside the file is removed. Raises `AssayError` for a directory.
    """
    path = Path(path)
    if path.is_dir():
        raise AssayError(f"{path} is a directory: name a file in it")
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    for stale in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        if not lives(stale.name.split(".")[-2]):
            stale.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(temporary, path)
    except OSError as fault:
        if temporary.name in str(fault):  # a name that nobody gave
            number = fault.errno or errno.EIO
            raise OSError(number, os.strerror(number), str(path)) from None
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


def lives(process: str | int) -> bool:
    """Whether a process of this number may still be writing."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True


def write_atomically(path: Path | str, text: str | Iterable[str]) -> None:
    """Replace a text file in one step: a reader sees the old content or the new, never half of it."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.writelines([text] if isinstance(text, str) else text)


def write_jsonl(path: Path | str, rows: Iterable[Any]) -> None:
    """Write one JSON value a line, in one step."""
    write_atomically(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
