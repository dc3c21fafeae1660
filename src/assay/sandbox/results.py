"""How each test went: what the hooks of `suite.py` call while the tests run, and why those that failed did.

With `partial` a test that fails does not end the next. Tests share one namespace, so what one changed the next sees;
but the statement that failed, and those behind it, have not set or changed what they were to. A later test that needs
such a name is not run and has failed too: the candidate must not choose which old value it meets. A candidate that is
gone fails all tests to come.
"""

from __future__ import annotations

import ast
import operator
import reprlib
from collections import Counter
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any

from assay.sandbox import arrays, claims, hooks
from assay.sandbox.client import Client, Refused
from assay.sandbox.hooks import SAID, Assertion
from assay.sandbox.paths import Missing, Paths
from assay.sandbox.problems import CandidateError
from assay.sandbox.proxy import Proxy, asked_anew, exit_of, type_of
from assay.sandbox.suite import Suite

MAX_FAILURES = 12
"""How many failed tests are described."""
_MAX_REPR = 120
_MAX_BITS = 2000
_EXACT = (int, str, bool, list, tuple, dict, set)
_PLAIN_FALSE = (type(None), bool, int, float, complex)
_PLAIN = (bool, float, complex, type(None), type(...), type(NotImplemented), range)


class SuiteResult:
    """Counts asserts and tests. The namespace of the tests holds its methods under the names of the hooks."""

    def __init__(self, tests: Suite, client: Client, partial: bool) -> None:
        self.suite, self.client, self.partial = tests, client, partial
        self.asserts = self.guards = 0
        self.passed: set[int] = set()
        self.idle: set[int] = set()
        """Tests that ended without reaching an assert or catching what the candidate raised."""
        self.failed: dict[int, tuple[int | None, str]] = {}
        """The line and the message of each test that failed."""
        self.unset: set[str] = set()
        self._seen: set[tuple[str, int]] = set()
        """Hooks that were reached, and loops that had a turn."""
        self._asked: dict[tuple[str, int], set[int | None]] = {}
        """What is to be about something, by its hook, and the tests that came to it."""
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self.running: Counter[int] = Counter()
        """Calls and turns that have begun and not ended, by their numbers."""
        self.excused = 0
        """What counts as compared, as the tests chose so, less the exceptions that they caught whatever these were, and
        less the asserts of functions that the program has called."""
        self.at: int | None = None
        """The test that runs, or else the last one that did."""
        self._assertion: Assertion | None = None
        self._got: list[Any] = []
        self._wanted: list[Any] = []

    def hooks(self) -> dict[str, Any]:
        return {
            hooks.REACHED: self.reached,
            hooks.GUARD: self.guard,
            hooks.GOT: self.got,
            hooks.WANTED: self.wanted,
            hooks.TEST: lambda number: _RunningTest(self, number),
            hooks.READY: self.ready,
            hooks.JOINED: self.joined,
            hooks.TYPE: type_of,
            hooks.THROWN: self.thrown,
            hooks.EXIT: exit_of,
            hooks.TURN: lambda number: _ComparingCall(self, number),
            hooks.TURNS: self.turns,
            hooks.ZIPPED: self.zipped,
            hooks.EXCUSED: lambda _: self.excuse(1),
            hooks.CAUGHT: lambda _: self.excuse(-1),
            hooks.BEGUN: self.begun,
            hooks.SAID: self.said,
            hooks.FILLED: self.filled,
            hooks.ANEW: asked_anew,
            hooks.ACT: self.act,
            hooks.ASK: self.client.answers.ask,
        }

    def start(self, number: int) -> None:
        self.at, self._assertion, self._got, self._wanted = number, None, [], []

    def reached(self, number: int) -> None:
        self.asserts += 1
        self.excused -= self.client.called_back > 0  # the program chose to come here
        self._seen.add((hooks.REACHED, number))
        self._assertion, self._got, self._wanted = self.suite.assertions[number], [], []
        self.client.answers.begin(number in self.suite.going_on)

    def guard(self, number: int) -> None:
        """What may end in a `raise` of the tests is reached."""
        self.guards += 1
        self._seen.add((hooks.GUARD, number))

    def compared(self) -> tuple[int, int]:
        """Counts of which one is another as soon as anything was compared or expected."""
        return self.asserts + self.client.errors + self.excused, self.guards

    def excuse(self, by: int) -> None:
        self.excused += by

    def begun(self, number: int, kind: str = SAID) -> bool:
        """What is to be about something is come to."""
        self._asked.setdefault((kind, number), set()).add(self.at)
        self._counts[kind, hooks.BEGUN, number] += 1
        return True

    def said(self, number: int, kind: str = SAID) -> bool:
        """It is about something."""
        self._seen.add((kind, number))
        self._counts[kind, hooks.SAID, number] += 1
        return True

    def filled(self, number: int, value: Any) -> Any:
        """A value of the candidate by which, empty, something would hold; or for which, false, another stands."""
        self.begun(number)
        stands_for = self.suite.claims is not None and number in self.suite.claims.defaults
        if not (claims.is_nothing(value) or (stands_for and type(value) in _PLAIN_FALSE and not value)):
            self.said(number)
        return value

    def act(self, value: Any) -> Any:
        """The tests have read this for what it does, or wait for it."""
        self.client.forget()
        return value

    def turns(self, number: int, items: Any) -> Iterator[Any]:
        """The items over which a fold goes."""
        self.begun(number, hooks.TURNS)
        for item in items:
            self._seen.add((hooks.TURNS, number))
            yield item

    def zipped(self, hangs: tuple[bool, ...], join: Any, *given: Any, strict: bool = False) -> Iterator[Any]:
        """What `zip` or `map` joins of lists of the tests' own and what the program made: no fewer than these are."""
        function, items = (given[0], given[1:]) if join is map else (None, given)
        count = 0
        for row in zip(*items, strict=strict):
            count += 1
            yield row if function is None else function(*row)
        own = [one for one, theirs in zip(items, hangs, strict=True) if not theirs and type(one) in (list, tuple)]
        if any(len(one) > count for one in own):
            self.client.deny("there are fewer items than those that they are compared with")

    def left_out(self) -> str:
        """What the program has kept from being compared; the tests in which that stands have failed."""
        paths = self.suite.paths
        if paths is None:
            return ""
        seen = self._seen
        missing = [one for tree in self.suite.trees for one in paths.missing(tree, lambda *told: told in seen)]
        missing = [one for one in missing if not self.failed or one.test is not None]
        missing += [Missing(line, test) for line, tests in self._of_nothing(paths) for test in tests]
        for one in missing:
            if one.test is not None:
                self.fail(one.test, one.line, "the program has kept this from being compared")
        return f"line {missing[0].line}: the program has kept this from being compared" if missing else ""

    def _of_nothing(self, paths: Paths) -> Iterator[tuple[int, set[int | None]]]:
        """What was about nothing, each time that it was come to: its line, and the tests that came to it."""
        for (kind, number), tests in self._asked.items():
            if kind == hooks.TURNS:
                line = paths.folds.get(number)
            elif kind == hooks.JOINED:
                line = self.suite.joins[number][1]
            else:
                line = self.suite.claims.lines[number] if self.suite.claims else None
            each = kind == hooks.SAID and self.suite.claims is not None and number in self.suite.claims.each
            short = each and self._counts[kind, hooks.SAID, number] < self._counts[kind, hooks.BEGUN, number]
            if line is not None and (short or (kind, number) not in self._seen):
                yield line, tests

    def thrown(self, problem: Any) -> Any:
        """What a `with` block of the tests is about to raise in any case; an assert that did not pass never is that."""
        made = problem() if isinstance(problem, type) and issubclass(problem, Exception) else problem
        self.client.passable = None if isinstance(made, AssertionError) else made
        return made

    def got(self, value: Any) -> Any:
        self._got = [value]
        return value

    def wanted(self, value: Any) -> Any:
        self._wanted = [value]
        return value

    def joined(self, number: int, left: Any, right: Any) -> Any:
        """Compare or subtract two values. Raises `AssertionError`, and the test has failed, where that says nothing."""
        join, line = self.suite.joins[number]
        made = join(left, right)
        if line is not None:
            self.begun(number, hooks.JOINED)
            if not claims.is_nothing(right if join in (operator.gt, operator.ge) else left):
                self.said(number, hooks.JOINED)
        if not (type(left) in _EXACT and type(right) in _EXACT):
            if type(made) is float and left == right:
                return 0.0  # infinity less infinity
            if why := arrays.undecided(left, right, made, join in hooks.EXACT, self.suite.means_nan):
                self.client.deny(why)
                raise AssertionError(why)
        return made

    def ready(self, number: int) -> bool:
        """Whether all that a test needs was set."""
        missing = sorted(self.suite.cases[number].needs & self.unset)
        if missing:
            self.fail(number, None, f"not run, since what sets {', '.join(missing)[:80]} has failed")
        return not missing

    def end(self, number: int, idle: bool) -> None:
        self.passed.add(number)
        self.unset.difference_update(*(names for _, names in self.suite.cases[number].sets))
        if idle and not self.suite.cases[number].raises:
            self.idle.add(number)

    def fail(self, number: int, line: int | None, message: str, since: int = 0) -> None:
        """Note a failed test; `since` is the line of its statement that failed; those before are done."""
        self.unset.update(*(names for end, names in self.suite.cases[number].sets if end >= since))
        self.failed.setdefault(number, (line, message[:300]))

    def report(self, complete: bool) -> dict[str, Any]:
        """Counts, and the failures. A test that asserted nothing earns nothing, unless all pass."""
        good, total = self.passed - self.failed.keys(), self.suite.total
        return {
            "asserts": self.asserts,
            "total": total,
            "passed": total if complete else min(len(good), total - 1),
            "earned": total if complete else min(len(good - self.idle), total - 1),
            "at": self.at,
            "failed": [[test, *failure] for test, failure in sorted(self.failed.items())[:MAX_FAILURES]],
        }

    def describe(self, problem: BaseException) -> str:
        """Why a test failed: the candidate's value and what it is compared with, or the exception."""
        assertion, text = self._assertion, text_of(problem)
        raised = text if isinstance(problem, CandidateError) else f"{type(problem).__name__}: {text}".strip(": ")
        if assertion is None or assertion.call is None:
            return raised
        call = _source_of(assertion.text, assertion.call)
        if not self._got:
            return f"{call} raised {raised}" if self.client.problems.has_raised(problem) else raised
        got = f"{call} is {short_repr(self._got[0])}"
        if not isinstance(problem, AssertionError):
            return f"{raised}, where {got}"
        message = f" ({text})" if text else ""
        if assertion.wanted is None or not assertion.is_side:
            return f"{_source_of(assertion.text, assertion.says)} does not hold, where {got}{message}"
        wanted = short_repr(self._wanted[0]) if self._wanted else _source_of(assertion.text, assertion.wanted)
        return f"{got}, expected {wanted}{message}"

    def fails_in(self, function: Any, problem: Exception) -> bool:
        """Whether an assert did not pass in a function of the tests that the candidate has called.

        It did not where the function ended at it or before it, unless by a `raise` of the tests' own.
        """
        if isinstance(problem, AssertionError) and not self.client.problems.has_raised(problem):
            return True
        trace, at = problem.__traceback__, list[tuple[CodeType, int]]()
        while trace is not None:
            at.append((trace.tb_frame.f_code, trace.tb_lineno))
            trace = trace.tb_next
        own = [(code, line) for code, line in at if code.co_filename == "tests.py"]
        if not own:  # it has not begun
            code = getattr(getattr(function, "__func__", function), "__code__", None)
            return isinstance(problem, TypeError) and _key(code) in self.suite.facts.asserting
        if own[-1] == at[-1] and own[-1][1] in self.suite.facts.raising:
            return False
        return any(line <= self.suite.facts.asserting.get(_key(code), 0) for code, line in own)

    def is_ours(self, problem: BaseException) -> bool:
        """Whether a test fails because of the machine or the tests: nothing that a candidate could do better."""
        missing = (
            isinstance(problem, ModuleNotFoundError)
            and not self.client.problems.has_raised(problem)
            and str(problem.name).partition(".")[0]
            in self.suite.facts.needs  # and not where it depends on the candidate
        )
        return bool(self.client.refused) or isinstance(problem, Refused) or missing


class _RunningTest:
    """One test, from its start to its end."""

    def __init__(self, result: SuiteResult, number: int) -> None:
        self.result, self.number = result, number

    def __enter__(self) -> None:
        self.result.start(self.number)
        self.before = self.result.asserts, self.result.client.errors

    def __exit__(self, kind: Any, problem: BaseException | None, trace: TracebackType | None) -> bool:
        result, client = self.result, self.result.client
        if client.gone:  # a bare `except:` of the tests may have caught it
            result.fail(self.number, line_of(trace), "the program was gone")
            return False
        denied, client.denied = client.denied, ""
        if problem is not None:
            since = trace.tb_lineno if trace is not None else 0
            result.fail(self.number, line_of(trace), result.describe(problem), since)
            return result.partial and isinstance(problem, Exception) and not result.is_ours(problem)
        if denied:
            result.fail(self.number, None, denied)
            if not result.partial:
                raise AssertionError(denied)
            return False
        result.end(self.number, idle=self.before == (result.asserts, client.errors))
        return False


class _ComparingCall:
    """One call of a test, which the program could have kept from comparing anything; one within itself may."""

    def __init__(self, result: SuiteResult, number: int) -> None:
        self.result, self.number, self.before = result, number, result.compared()

    def __enter__(self) -> None:
        self.result.running[self.number] += 1

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.result.running[self.number] -= 1
        is_inner = self.result.running[self.number] > 0
        if kind is None and not is_inner and self.result.compared() == self.before:
            self.result.client.deny("a test has ended, and the program has kept it from comparing anything")


def _key(code: CodeType | None) -> tuple[str, int]:
    return (code.co_name, code.co_firstlineno) if code is not None else ("", 0)


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
    return _clean(" ".join(arg if isinstance(arg, str) else short_repr(arg) for arg in problem.args))


def _clean(text: str) -> str:
    """One line of text that every file can hold."""
    return " ".join(text[:500].split())[:200].encode("utf-8", "replace").decode()


class _ShortRepr(reprlib.Repr):
    """A value in a few words, without asking the candidate and without a `repr` that could run long."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 4, 80, 80
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxdict = 12

    def repr1(self, x: Any, level: int) -> str:
        if level <= 0 and not isinstance(x, (int, str, *_PLAIN)):
            return "..."
        return super().repr1(x, level)

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= _MAX_BITS else f"an int of {x.bit_length()} bits"

    def repr_bytes(self, x: bytes, level: int) -> str:
        return repr(x[: self.maxstring]) + ("..." if len(x) > self.maxstring else "")

    def repr_set(self, x: set[Any], level: int) -> str:
        return super().repr_set(x, level) if len(x) < 1000 else f"a set of {len(x)}"

    def repr_ndarray(self, x: Any, level: int) -> str:
        inner = x.tolist() if x.size <= self.maxlist else [*x.ravel()[: self.maxlist].tolist(), ...]
        return f"array of shape {x.shape} and {x.dtype}: {self.repr1(inner, level - 1)}"

    def repr_instance(self, x: Any, level: int) -> str:
        kind = type(x).__name__
        if issubclass(type(x), Proxy):
            return str(x._assay_repr())
        if isinstance(x, type):
            return x.__name__
        if isinstance(x, _PLAIN) or type(x).__module__ in ("numpy", "decimal", "fractions"):
            return _cut(repr(x))
        inner = [f"{name}={self.repr1(item, level - 1)}" for name, item in list(getattr(x, "__dict__", {}).items())[:4]]
        return f"{kind}({', '.join(inner)})"


_repr = _ShortRepr()


def short_repr(value: Any) -> str:
    """One line of at most 120 characters.

    Example:
        >>> short_repr([1, "a" * 4, 10 ** 999])
        "[1, 'aaaa', an int of 3319 bits]"
    """
    return _cut(_repr.repr(value))


def _source_of(text: str, node: ast.expr) -> str:
    """What a node of a syntax tree says in its text, on one line."""
    return _cut(ast.get_source_segment(text, node) or ast.unparse(node))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_REPR else text[: _MAX_REPR - 3] + "..."
