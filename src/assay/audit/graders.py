"""Graders of an audit: our verifiers, a third party's function or server, or a known peer.

A third party's code runs in a child process: what it raises is an error of that row, a row that takes longer than the
deadline is an error and the process is replaced, and so is one that ends by itself.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assay.audit.gym import GymGrader
from assay.audit.labelled import LabelledRow
from assay.audit.outcomes import FOREIGN_DEADLINE, Grader, Identity, Outcome
from assay.errors import AssayError, BadConfig, did_you_mean
from assay.hashing import content_hash
from assay.judging.session import default_judge, verify_many
from assay.judging.verifier import VERIFIERS
from assay.models.engine import kind_of_model
from assay.models.hf import require_model
from assay.types import Example
from assay.verifiers.head import Head
from assay.version import VERSION

OWN = "assay"
"""The grader that judges each row with the row's own verifier."""
START = 300.0
"""Seconds that its import may take."""
PEERS = {
    "math-verify": 'pip install "math-verify[antlr4_13_2]"',
    "verl": "pip install --no-deps verl==0.9.1 pylatexenc",
    "reasoning-gym": "pip install reasoning-gym==0.1.25",
}
"""Other projects' graders, and the command that installs each."""


def known_graders() -> list[str]:
    """The names that `find_grader` knows, beside `module:function`."""
    return [OWN, *PEERS, *VERIFIERS.names()]


@dataclass(frozen=True)
class Asking:
    """How the graders `judge`, `hybrid` and `head` are made: whom they ask, and in which ways."""

    engine: str = ""
    """The model that judges."""
    protocols: tuple[str, ...] = ("one-word",)
    """Each makes a grader of its own."""
    sees: str = "claim"
    """What a model is shown, see `judge`."""
    head: str = ""
    """Weights of a trained head."""
    workers: int = 1
    """Verdicts in the making at once."""

    def graders(self, name: str, deadline: float | None = None) -> list[Grader]:
        """The graders of a name. Raises `BadConfig` where neither a model nor a head is named, and `AssayError` where
        what is named is none."""
        if name in ("judge", "hybrid") and self.engine:
            if kind_of_model(self.engine) == "transformers":
                require_model(self.engine)
            given = {"engine": self.engine, "sees": self.sees}
            ways = {f"{name} {protocol}": given | {"protocol": protocol} for protocol in self.protocols}
        else:
            ways = {}
        if name in ("head", "hybrid") and self.head:
            Head.load(Path(self.head))
            ways |= {"head": {"weights": self.head}} if name == "head" else {"hybrid head": {"head": self.head}}
        if not ways:
            wanted = {"head": "--head FILE", "judge": "--engine MODEL", "hybrid": "--engine MODEL or --head FILE"}
            raise BadConfig(f"the grader {name!r} needs {wanted[name]}")
        return [OwnGrader(name, deadline, title=title, params=how, workers=self.workers) for title, how in ways.items()]


def find_graders(names: Sequence[str], asking: Asking, *, deadline: float | None = None) -> list[Grader]:
    """The graders of names; a judge is one for each protocol. Raises `AssayError`, and closes those there are."""
    found: list[Grader] = []
    try:
        for name in names:
            asked = name in ("judge", "hybrid", "head")
            found += asking.graders(name, deadline) if asked else [find_grader(name, deadline=deadline)]
    except AssayError:
        for grader in found:
            grader.close()
        raise
    return found


def find_grader(name: str, *, deadline: float | None = None) -> Grader:
    """The grader of a name: `assay`, a verifier, `math-verify`, `verl`, `reasoning-gym`, `module:function`, a server.

    Raises `BadConfig` when there is none, when a third party's module cannot be imported, and for a silent server.
    """
    if name == OWN or name in VERIFIERS:
        return OwnGrader(name, deadline)
    peer, _, option = name.partition(":")
    if peer in PEERS:
        return ForeignGrader(name, [peer, option] if option else [peer], deadline, PEERS[peer])
    if name.startswith(("http://", "https://")):
        return GymGrader(name, deadline)
    if ":" in name:
        return ForeignGrader(name, [name], deadline)
    raise BadConfig(
        f"no grader {name!r}{did_you_mean(name, known_graders())}; a function of your own is 'module:function'"
    )


class OwnGrader:
    """A verifier of ours: the row's own (`assay`), or one for all rows, with parameters if it takes some.

    `hybrid` has each row's own verifier as its rule.
    """

    def __init__(
        self,
        verifier: str,
        deadline: float | None = None,
        *,
        title: str = "",
        params: Mapping[str, Any] | None = None,
        workers: int = 1,
    ) -> None:
        self.name, self._verifier = title or verifier, verifier
        self._deadline, self._params, self._workers = deadline, params or {}, workers

    def identity(self) -> Identity:
        if self._verifier == OWN:
            return Identity("verifier", VERSION, about="each row is judged by the verifier that it names")
        found = VERIFIERS.get(self._verifier)
        example = Example(prompt="", reference=None, verifier=self._verifier, params=self._params)
        facts = default_judge().facts([example])
        return Identity(
            "verifier",
            str(found.version),
            content_hash({"assay": VERSION, **facts}),
            found.about,
            f"lane {found.lane}, {found.deadline:g} s for a verdict",
            found.reference,
            asdict(found.parameters(self._params)),
        )

    def grade(self, rows: Sequence[LabelledRow]) -> list[Outcome]:
        examples = [self._named(row).example() for row in rows]
        said = [row.response for row in rows]
        verdicts = verify_many(examples, said, workers=self._workers, deadline=self._deadline)
        return [Outcome(verdict.score, verdict.why) for verdict in verdicts]

    def _named(self, row: LabelledRow) -> LabelledRow:
        if self._verifier in (OWN, row.verifier):
            return row
        rule = {"rule": row.verifier, "rule_params": dict(row.params)} if self._verifier == "hybrid" else {}
        return replace(row, verifier=self._verifier, params=rule | dict(self._params))

    def close(self) -> None:
        """Nothing is held."""


class ForeignGrader:
    """A third party's function in a process that can be killed."""

    def __init__(self, name: str, arguments: Sequence[str], deadline: float | None = None, install: str = "") -> None:
        self.name = name
        self._arguments, self._install = list(arguments), install
        self._deadline = FOREIGN_DEADLINE if deadline is None else deadline
        self._child: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._told: dict[str, Any] = {}
        self._start()

    def identity(self) -> Identity:
        """As its process told it."""
        return Identity("function", **self._told)

    def grade(self, rows: Sequence[LabelledRow]) -> list[Outcome]:
        return [self._outcome(row) for row in rows]

    def _outcome(self, row: LabelledRow) -> Outcome:
        try:
            answer = self._ask(json.dumps(row.to_json()).encode() + b"\n")
            return Outcome(answer["score"], answer["why"])
        except TimeoutError:
            self._end()
            why = f"no answer within {self._deadline:g} s"
        except (OSError, ValueError):
            why = f"its process ended with exit code {self._end()}, or wrote what is no answer"
        self._start()
        return Outcome(None, why)

    def close(self) -> None:
        """End the process."""
        self._end()

    def _start(self) -> None:
        command = [sys.executable, "-m", "assay.audit.foreign", *self._arguments]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._buffer = b""
        try:
            told = json.loads(self._line(time.monotonic() + START))
            failed, self._told = told.get("failed"), told.get("identity", {})
        except (OSError, ValueError):
            failed = f"its process ended with exit code {self._end()}"
        if failed is not None:
            self._end()
            hint = f"; install it with: {self._install}" if self._install else ""
            raise BadConfig(f"the grader {self.name!r} cannot be loaded: {failed}{hint}")

    def _end(self) -> int | None:
        child, self._child = self._child, None
        if child is None:
            return None
        code = child.poll()
        _kill_group(child)
        assert child.stdin and child.stdout
        for pipe in (child.stdin, child.stdout):
            try:
                pipe.close()
            except OSError:
                continue
        return child.wait() if code is None else code

    def _ask(self, line: bytes) -> dict[str, Any]:
        due = time.monotonic() + self._deadline
        assert self._child is not None and self._child.stdin is not None
        fd, view = self._child.stdin.fileno(), memoryview(line)
        os.set_blocking(fd, False)
        while view:
            _wait(fd, select.POLLOUT, due)
            view = view[os.write(fd, view) :]
        answer: dict[str, Any] = json.loads(self._line(due))
        return answer

    def _line(self, due: float) -> bytes:
        assert self._child is not None and self._child.stdout is not None
        fd = self._child.stdout.fileno()
        while b"\n" not in self._buffer:
            _wait(fd, select.POLLIN, due)
            part = os.read(fd, 1 << 16)
            if not part:
                raise BrokenPipeError("end of output")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the process and what it started."""
    try:
        os.killpg(child.pid, 9)
    except ProcessLookupError:
        return


def _wait(fd: int, event: int, due: float) -> None:
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(0.0, due - time.monotonic()) * 1000):
        raise TimeoutError
