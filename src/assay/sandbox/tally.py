"""How each test went: what the marks of `asserts.py` call while the tests run, and what is said of those that failed.

With `partial` a test that fails does not end the next. Tests share one namespace, so what one changed the next sees;
but the statement that failed, and those behind it, have not set or changed what they were to. A later test that needs
such a name is not run and has failed too: the candidate must not choose which old value it meets. A candidate that is
gone fails all tests to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from assay.sandbox import asserts
from assay.sandbox.asserts import Claim, Suite
from assay.sandbox.link import CandidateError, Link
from assay.sandbox.shown import shown, source_of

MAX_FAILURES = 12
"""How many failed tests are described."""


@dataclass(slots=True)
class Failure:
    """A test that failed."""

    test: int
    line: int | None
    said: str


class Tally:
    """Counts asserts and tests. The namespace of the tests holds its methods under the names of the marks."""

    def __init__(self, suite: Suite, link: Link, partial: bool) -> None:
        self.suite, self.link, self.partial = suite, link, partial
        self.asserts = 0
        self.passed: set[int] = set()
        self.idle: set[int] = set()
        """Tests that ended without reaching an assert or catching what the candidate raised."""
        self.failed: dict[int, Failure] = {}
        self.unset: set[str] = set()
        self.at: int | None = None
        """The test that runs, or else the last one that did."""
        self._claim: Claim | None = None
        self._got: list[Any] = []
        self._wanted: list[Any] = []

    def names(self) -> dict[str, Any]:
        return {
            asserts.REACHED: self.reached,
            asserts.GOT: self.got,
            asserts.WANTED: self.wanted,
            asserts.TEST: lambda number: _Running(self, number),
            asserts.READY: self.ready,
        }

    def start(self, number: int) -> None:
        self.at, self._claim = number, None
        self._got, self._wanted = [], []

    def reached(self, claim: int) -> None:
        self.asserts += 1
        self._claim, self._got, self._wanted = self.suite.claims[claim], [], []

    def got(self, value: Any) -> Any:
        self._got = [value]
        return value

    def wanted(self, value: Any) -> Any:
        self._wanted = [value]
        return value

    def ready(self, number: int) -> bool:
        """Whether all that a test needs was set."""
        missing = sorted(self.suite.units[number].needs & self.unset)
        if missing:
            self.fail(number, None, f"not run, since what sets {', '.join(missing)[:80]} has failed")
        return not missing

    def end(self, number: int, idle: bool) -> None:
        self.passed.add(number)
        self.unset.difference_update(*(names for _, names in self.suite.units[number].sets))
        if idle and not self.suite.units[number].raises:
            self.idle.add(number)

    def fail(self, number: int, line: int | None, said: str, since: int = 0) -> None:
        """Note a failed test; `since` is the line of its statement that failed; those before are done."""
        self.unset.update(*(names for end, names in self.suite.units[number].sets if end >= since))
        self.failed.setdefault(number, Failure(number, line, said[:300]))

    def report(self, complete: bool) -> dict[str, Any]:
        """Counts, and the failures. A test that asserted nothing earns nothing, unless all pass."""
        good = self.passed - self.failed.keys()
        earned = self.suite.total if complete else min(len(good - self.idle), self.suite.total - 1)
        told = sorted(self.failed.values(), key=lambda failure: failure.test)[:MAX_FAILURES]
        return {
            "asserts": self.asserts,
            "total": self.suite.total,
            "passed": self.suite.total if complete else min(len(good), self.suite.total - 1),
            "earned": earned,
            "at": self.at,
            "failed": [[failure.test, failure.line, failure.said] for failure in told],
        }

    def describe(self, problem: BaseException) -> str:
        """What a failed test says: the candidate's value and what it is compared with, or the exception."""
        claim, text = self._claim, text_of(problem)
        raised = text if isinstance(problem, CandidateError) else f"{type(problem).__name__}: {text}".strip(": ")
        if claim is None or claim.call is None:
            return raised
        call = source_of(claim.text, claim.call)
        if not self._got:
            return f"{call} raised {raised}" if self.link.has_raised(problem) else raised
        got = f"{call} is {shown(self._got[0])}"
        if not isinstance(problem, AssertionError):
            return f"{raised}, where {got}"
        said = f" ({text})" if text else ""
        if claim.wanted is None or not claim.is_side:
            return f"{source_of(claim.text, claim.says)} does not hold, where {got}{said}"
        wanted = shown(self._wanted[0]) if self._wanted else source_of(claim.text, claim.wanted)
        return f"{got}, expected {wanted}{said}"

    def is_ours(self, problem: BaseException) -> bool:
        """Whether a test fails because of the machine or the tests: nothing that a candidate could do better."""
        return bool(self.link.refused) or (
            isinstance(problem, ModuleNotFoundError) and not self.link.has_raised(problem)
        )


class _Running:
    """One test, from its start to its end."""

    def __init__(self, tally: Tally, number: int) -> None:
        self.tally, self.number = tally, number
        self.asserts = self.raised = 0

    def __enter__(self) -> None:
        self.tally.start(self.number)
        self.asserts, self.raised = self.tally.asserts, len(self.tally.link.raised)

    def __exit__(self, kind: Any, problem: BaseException | None, trace: TracebackType | None) -> bool:
        tally, link = self.tally, self.tally.link
        if link.gone:  # a bare `except:` of the tests may have caught it
            tally.fail(self.number, line_of(trace), "the program was gone")
            return False
        denied, link.denied = link.denied, ""
        if problem is not None:
            since = trace.tb_lineno if trace is not None else 0
            tally.fail(self.number, line_of(trace), tally.describe(problem), since)
            return tally.partial and isinstance(problem, Exception) and not tally.is_ours(problem)
        if denied:
            tally.fail(self.number, None, denied)
            if not tally.partial:
                raise AssertionError(denied)
            return False
        tally.end(self.number, idle=(self.asserts, self.raised) == (tally.asserts, len(link.raised)))
        return False


def line_of(trace: TracebackType | None) -> int | None:
    """The deepest line of the tests that an exception went through."""
    found = None
    while trace is not None:
        found = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "tests.py" else found
        trace = trace.tb_next
    return found


def text_of(problem: BaseException) -> str:
    """Its message, without asking the candidate."""
    if isinstance(text := vars(problem).get("assay_text"), str):
        return _clean(text)
    if isinstance(problem, SyntaxError):
        return f"{problem.msg} ({problem.filename}, line {problem.lineno})"
    return _clean(" ".join(arg if isinstance(arg, str) else shown(arg) for arg in problem.args))


def _clean(text: str) -> str:
    """One line of text that every file can hold."""
    return " ".join(text[:500].split())[:200].encode("utf-8", "replace").decode()
