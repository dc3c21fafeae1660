"""What makes long jobs durable: append-only JSON lines that survive `kill -9`, and a claim on the output directory.

A job claims its directory with the facts that decide its result, reads what is there, skips what is done, and appends
the rest. Whoever holds the claim is the only one that writes; reading never changes a file.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from assay.errors import BadRow, RunConflict
from assay.files import lives, refuse_filled, refuse_folder, write_atomically
from assay.types import content_hash

Row = Mapping[str, Any]
CLAIM = "run.json"
LOCK = ".lock"
TIMES = "times.jsonl"
_held: dict[Path, int] = {}  # directories that this process owns, and the descriptors of their lock files


class Settings(dict[str, Any]):
    """Facts that a job's options are. Options are added from version to version: `known` gives those that an older run
    could not write down what they are when nobody names them, so that it is still the same run."""

    def __init__(self, facts: Row, known: Callable[[Row], Row]) -> None:
        super().__init__(facts)
        self.known = known


class Journal:
    """A JSONL file that is only appended to, batch by batch, by the owner of its directory.

    `fields` are those that every row of it has; a row that lacks one is of another's file.
    """

    def __init__(self, path: Path | str, *fields: str) -> None:
        self.path, self.fields = Path(path), fields
        self._mended = False

    def read(self) -> list[dict[str, Any]]:
        """All whole rows. A last line that is still being written, or that a crash cut short, is not there yet.

        Raises `BadRow`, with file and line, for a row that no job of ours wrote.
        """
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        lines = data[: data.rfind(b"\n") + 1].split(b"\n")
        return [self._row(number, line) for number, line in enumerate(lines, 1) if line.strip()]

    def _row(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not row.keys() >= set(self.fields):
            raise BadRow(str(self.path), number, "not a row of a run of ours: restore the file, or name a new folder")
        return row

    def append(self, rows: Iterable[Row]) -> None:
        """Write rows in one go and wait until they are on disk. Only for the directory's owner."""
        require_owner(self.path)
        text = b"".join(map(line_of, rows))
        if text:
            self._mend()
            with self.path.open("ab") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Drop rows that a resumed job will write again (those after its last checkpoint). Only for the owner."""
        require_owner(self.path)
        kept = b"".join(line_of(row) for row in self.read() if wanted(row))
        write_atomically(self.path, kept.decode("utf-8"))

    def _mend(self) -> None:
        """Cut off what a crash left of a line, so that appending stays safe."""
        if self._mended:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            data = self.path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                os.truncate(self.path, whole)
        self._mended = True


def encoded(value: Any) -> bytes:
    """JSON in UTF-8, in a fifth of the time of `json.dumps`, which writes what `to_json` cannot: half a character."""
    try:
        return to_json(value)
    except ValueError:
        return json.dumps(value).encode("ascii")


def line_of(row: Row) -> bytes:
    """A row as a line of a journal."""
    return encoded(row) + b"\n"


def claim(directory: Path, facts: Row) -> str:
    """Own a directory until `release` or the end of this process, and write `run.json` with what decides its result.

    Returns the fingerprint of the facts as the run wrote them down. A second claim of the same process is the same
    claim. Raises `RunConflict`
    when another live process owns the directory, or when it holds a run with other facts, naming them, or files of
    another's; a process that was killed owns nothing.
    """
    refuse_another_run(directory, facts)  # before a lock is left there
    directory.mkdir(parents=True, exist_ok=True)
    new = _lock(directory)
    try:
        there = refuse_another_run(directory, facts)
    except RunConflict:
        if new:
            release(directory)
        raise
    if not there:
        there = {"fingerprint": content_hash(dict(facts)), **facts}
        write_atomically(directory / CLAIM, json.dumps(there, indent=2, ensure_ascii=False) + "\n")
    return str(there["fingerprint"])


def refuse_another_run(directory: Path, facts: Row) -> dict[str, Any]:
    """Raise `RunConflict` where a directory holds a run with other facts, naming them, and what `refuse_foreign`
    raises; nothing is written. Returns what `run.json` says, see `refuse_foreign`."""
    there = refuse_foreign(directory)
    if there and (kind := there.get("kind")) != facts.get("kind"):
        raise RunConflict(f"{directory} holds another run (of the kind {kind!r}): choose another directory")
    if there and there["fingerprint"] != content_hash(dict(facts)):
        known = {name: value for name, value in there.items() if name != "fingerprint"}
        for name, value in facts.items():
            if isinstance(value, Settings) and isinstance(known.get(name), dict):
                known[name] = _plain(value.known(known[name]))
        if changed := differences(known, _plain(dict(facts))):
            raise RunConflict(
                f"{directory} holds another run (differs in: {'; '.join(changed)}); "
                "choose another directory, or delete this one"
            )
    return there


def refuse_foreign(directory: Path) -> dict[str, Any]:
    """Raise `AssayError` where a job of ours cannot write, or would write among files of another's; nothing is written.

    Returns what `run.json` says: nothing where the directory is missing, or empty but for hidden files.
    """
    refuse_folder(directory)
    path = directory / CLAIM
    if not path.exists():
        refuse_filled(directory)
        return {}
    try:
        there = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        there = None
    if not isinstance(there, dict) or "fingerprint" not in there:
        raise RunConflict(f"{path} is no record of a run of ours: choose another directory")
    return there


@contextmanager
def owned(directory: Path, facts: Row) -> Iterator[str]:
    """`claim` for a block, and `release` at its end unless an outer block owns the directory too."""
    outer = directory.resolve() in _held
    fingerprint = claim(directory, facts)
    try:
        yield fingerprint
    finally:
        if not outer:
            release(directory)


@contextmanager
def timed(directory: Path) -> Iterator[None]:
    """Write to `times.jsonl` when a block began and, unless it was killed, the seconds it took. Only for the owner."""
    times, start = Journal(directory / TIMES), time.monotonic()
    times.append([{"started": datetime.now(UTC).isoformat(timespec="seconds")}])
    try:
        yield
    finally:
        times.append([{"seconds": round(time.monotonic() - start, 3)}])


def release(directory: Path) -> None:
    """Own a directory no more; nothing where this process does not own it."""
    lock = _held.pop(directory.resolve(), None)
    if lock is not None:
        os.close(lock)


def kind_of(directory: Path) -> str | None:
    """What job claimed a directory (`curate`, `measure`, `train`, `warmup`); `None` where none of ours did."""
    try:
        claimed = json.loads((directory / CLAIM).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return str(claimed["kind"]) if isinstance(claimed, dict) and {"kind", "fingerprint"} <= set(claimed) else None


def refuse_in_use(directory: Path) -> None:
    """Raise `RunConflict` where another live process owns the directory."""
    if _lock(directory):
        release(directory)


def is_worked_in(directory: Path) -> bool:
    """Whether a live process owns the directory. Neither a file nor its lock is touched.

    Locks are looked up in `/proc/locks`; where the system has none, the process that took it last must be alive.
    """
    lock = directory / LOCK
    try:
        owner, inode = int(lock.read_text("ascii")), lock.stat().st_ino
    except (OSError, ValueError):
        return False
    try:
        locks = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return lives(owner)
    return any({"FLOCK", str(owner)} <= set(line.split()) and f":{inode} " in line for line in locks)


def require_owner(path: Path) -> None:
    """Raise `RuntimeError` unless this process has claimed the directory that a file lies in, or one above it."""
    if not any(parent in _held for parent in path.resolve().parents):
        raise RuntimeError(f"{path} is written only by the owner of its directory: call claim() first")


def differences(there: Any, here: Any, at: str = "", places: tuple[str, str] = ("there", "here")) -> list[str]:
    """What differs between two trees of facts, by path: `sandbox: "L4" there, "L3" here`.

    Example:
        >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}})
        ['a.c: 2 there, 3 here']
    """
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        names = sorted({*there, *here})
        return [line for n in names for line in differences(there.get(n), here.get(n), f"{at}.{n}".lstrip("."), places)]
    if there == here:
        return []
    return [f"{at}: {_shown(there)} {places[0]}, {_shown(here)} {places[1]}"]


def _lock(directory: Path) -> bool:
    """Take the lock of a directory; whether it was not ours before."""
    where = directory.resolve()
    if where in _held:
        return False
    lock = os.open(where / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 20).decode().strip() or "unknown"
        os.close(lock)
        raise RunConflict(
            f"another process (pid {owner}) is working in {directory}; wait for it or choose another directory"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    _held[where] = lock
    return True


def _after_fork() -> None:
    """A child owns nothing, and must not keep its parent's locks when the parent dies."""
    for lock in _held.values():
        os.close(lock)
    _held.clear()


os.register_at_fork(after_in_child=_after_fork)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "nothing" if value is None else text if len(text) <= 60 else text[:57] + "..."


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
