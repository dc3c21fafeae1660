"""What can be run, within which limits, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assay.errors import BadConfig

DAY = 86_400
"""Seconds: the most that a limit may be."""
_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may use. Exhausting one is the program's own doing. Raises `BadConfig` for one that is no limit."""

    cpu: float = 10.0
    """Seconds of processor time of each process of the job, measured from outside."""
    wall: float | None = None
    """Seconds that it may run or sleep, not counting those in which it waits for a processor: `max(2, 4 * cpu)`."""
    memory: int = 1 << 30
    """Bytes of address space beyond the interpreter's own."""
    output: int = 16 << 20
    """Bytes on standard output."""

    def __post_init__(self) -> None:
        bounds = (
            ("cpu", DAY, "seconds"),
            ("wall", DAY, "seconds"),
            ("memory", _MOST, "bytes"),
            ("output", _MOST, "bytes"),
        )
        for name, most, unit in bounds:
            value = getattr(self, name)
            if not (name == "wall" and value is None) and not 0 < value <= most:
                raise BadConfig(f"a limit of {name} is a number of {unit} above 0 and at most {most:,}, not {value}")

    @property
    def wall_seconds(self) -> float:
        return max(2.0, 4 * self.cpu) if self.wall is None else self.wall

    @property
    def patience(self) -> float:
        """Seconds on the clock after which a machine that gives the job hardly any processor is given up."""
        return max(60.0, 20 * self.wall_seconds)


@dataclass(frozen=True, slots=True)
class Program:
    """Run a program: text in, text out."""

    source: str
    stdin: bytes = b""
    limits: Limits = Limits()
    stderr: bool = False
    """Whether standard error is kept too."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Run a program on many inputs in one process, each as a new `__main__` with its own standard streams.

    Only the first run has a process of its own: whoever takes the outputs of others must know why it may.
    """

    source: str
    inputs: tuple[bytes, ...]
    limits: Limits = Limits()
    """Of all runs together."""


@dataclass(frozen=True, slots=True)
class Call:
    """Define a program's names and call one of its functions with plain data; the value comes back as plain data."""

    source: str
    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Check:
    """Run tests in one process against a candidate in another."""

    source: str
    """The candidate: never in the process that holds the tests."""
    tests: tuple[str, ...]
    """Python source, run in order in one namespace."""
    entry: str = ""
    """`name` or `Name().method`; handed to `check` when `call` is true."""
    call: bool = False
    """Whether the tests define `check`, to be called with the entry point."""
    setup: str = ""
    """Run on both sides; instances of its classes cross as copies."""
    given: str = ""
    """Run on the checker's side only: helpers that the tests may trust."""
    wanted: tuple[str, ...] = ()
    """Names of the candidate that the tests use."""
    limits: Limits = Limits()
    partial: bool = False
    """Whether a test that fails lets the next ones run."""


@dataclass(frozen=True, slots=True)
class Compile:
    """Make machine code of a C++ program."""

    source: str
    command: tuple[str, ...] = ()
    """The compiler and what it is told, as `cpp.py` found it to work here."""
    limits: Limits = Limits(wall=600.0, output=64 << 20)
    """Of each part of the compiler, none of which sleeps; its output is the machine code."""


@dataclass(frozen=True, slots=True)
class Native:
    """Run machine code that `Compile` has made: text in, text out."""

    code: bytes = field(repr=False)
    stdin: bytes = b""
    limits: Limits = Limits()


Job = Program | Batch | Call | Check | Compile | Native


class Outcome(StrEnum):
    """How a job ended. None of them says that an answer is right: that is decided outside."""

    DONE = "done"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    SECURITY_VIOLATION = "security_violation"
    STARVED = "starved"
    """The machine gave the job hardly any processor for very long: nobody's fault."""
    SANDBOX_ERROR = "sandbox_error"
    """The sandbox broke: not the program's fault."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of a job."""

    outcome: Outcome
    text: str = ""
    """One sentence about an outcome other than `done`."""
    output: bytes = b""
    """Standard output of a `Program` or of machine code, or the machine code that was made."""
    stderr: bytes = b""
    """Its standard error, where it was to be kept."""
    line: int = 0
    """The line of a `Program` that failed, as it claims; 0 where it names none."""
    outputs: tuple[bytes, ...] = ()
    """Standard output of each run of a `Batch` that ended well, in order; the next one is what the outcome is about."""
    loaded: bool = True
    """Whether the program of a `Call` had run to its end before the call."""
    value: Any = None
    """What a `Call` returned, or the report of a `Check`."""
    cpu: float = 0.0
    wall: float = 0.0
    starved: float = 0.0
    """Seconds of `wall` that the job was ready to run and had no processor; 0 where these are few."""
    memory: int = 0
    """Bytes that it held at most, as the kernel counted."""
    isolation: tuple[str, ...] = ()
    """What isolation was active, measured when the job's worker started."""
    level: str = ""
    """`L2` to `L4`, as measured; empty for an external sandbox, whose isolation is its own."""

    @property
    def blameless(self) -> bool:
        """Whether the program is not to blame for an outcome that is no answer."""
        return self.outcome in (Outcome.STARVED, Outcome.SANDBOX_ERROR)
