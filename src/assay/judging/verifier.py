"""What a verifier is: a name, a version, typed parameters, and a judge of attempts at one Example.

    judge(example, attempts, params, context) -> one Verdict an attempt, in order

One signature has three shapes: attempts judged one by one, several at once (a batch for a model), or a whole group
whose verdicts depend on each other (`group=True`). `@verifier` lifts a plain `(example, response) -> Verdict`, so that
a simple verifier is one screen; where it raises `NoAnswer`, the verdict is `no_answer`. A judge raises `BadReference`
where the reference or a parameter cannot be used, before it looks at a response; it never evaluates model text and is
light to import.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from assay.errors import BadReference, NoAnswer
from assay.judging.params import AnswerParams as AnswerParams
from assay.judging.params import Params as Params
from assay.registry import Registry
from assay.types import Attempt, Example, Verdict

ANSWER_DEADLINE = 1.0
"""Default seconds for a verdict on text."""
PROGRAM_DEADLINE = 30.0
"""Default seconds for a verdict that runs programs."""
REMOTE_DEADLINE = 120.0
"""Default seconds for a verdict that a model or a server makes."""


class Lane(StrEnum):
    """Where a verdict is made."""

    INLINE = "inline"
    """In the caller where the found answer is short, so that its cost is bounded; else as `WORKER`."""
    WORKER = "worker"
    """In a process that is killed at the deadline."""
    SANDBOX = "sandbox"
    """In the caller, which hands programs to the sandbox; that keeps the deadline."""
    REMOTE = "remote"
    """By a model, a server or a comparison of attempts: a coroutine that is cancelled at the deadline, or a blocking
    function that is then abandoned."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a judge may know beside its arguments."""

    deadline: float
    """Seconds for these attempts."""
    clients: Mapping[str, Any]
    """What the session holds open for remote judges, by name."""
    examples: Sequence[Example] = ()
    """The Example of each attempt, where a group spans several (`Verifier.spans`)."""


Judge = Callable[[Example, Sequence[Attempt], Any, Context], Sequence[Verdict] | Awaitable[Sequence[Verdict]]]
One = Callable[..., Verdict]
"""`(example, response) -> Verdict`, or with the parameters as a third argument."""
_DEADLINES = {Lane.SANDBOX: PROGRAM_DEADLINE, Lane.REMOTE: REMOTE_DEADLINE}


@dataclass(frozen=True)
class Verifier:
    """A registered verifier.

    Example:
        >>> @verifier("even", version=1)
        ... def even(example, response):
        ...     return Verdict.of(int(response) % 2 == 0, read=response)
        >>> even(Example(prompt="Name an even number.", reference=None, verifier="even"), "4").is_correct
        True
    """

    name: str
    version: int
    """Raised whenever any verdict may change; written into corpora, rollouts and reports."""
    judge: Judge
    params: type[Params] = Params
    lane: Lane = Lane.WORKER
    group: bool = False
    """Whether the verdicts on one Example's attempts depend on each other, so that they are judged together."""
    spans: Callable[[Example], str] | None = None
    """Names the group of an Example, where attempts at several Examples are one group: a pair in its two orders."""
    reads: Callable[[Example, Any], object] | None = None
    """Reads the reference as judging does; raises `BadReference` where it cannot be used."""
    keys: Callable[[Example, Any], str | None] | None = None
    """The canonical key of an answer, see `key`; it reads reference, parameters and options, and not the problem."""
    reads_claim: Callable[[Example, str, Any], Mapping[str, Any]] | None = None
    """What a response was read as claiming, for a reader of verdicts: marker, claim, stance and span."""
    weights: Callable[[Example, Any], str] | None = None
    """Fingerprint of the weights, or of the model, that a row names; verdicts depend on it as on the row."""
    one: Callable[[Example, str, Any], Verdict] | None = None
    """The plain function that was lifted, where there is one."""
    about: str = ""
    """When a response is right, in one sentence."""
    reference: str = ""
    """What its references are."""

    def __post_init__(self) -> None:
        if self.group and self.reads_text:
            raise ValueError(f"verifier {self.name!r} compares a group: its lane is 'remote' or 'sandbox'")
        object.__setattr__(self, "_defaults", self.params())

    @property
    def deadline(self) -> float:
        """Default seconds for a verdict."""
        return _DEADLINES.get(self.lane, ANSWER_DEADLINE)

    @property
    def reads_text(self) -> bool:
        """Whether a verdict needs nothing but the text of one response."""
        return self.lane in (Lane.INLINE, Lane.WORKER)

    @property
    def runs_programs(self) -> bool:
        return self.lane is Lane.SANDBOX

    def parameters(self, given: Mapping[str, Any]) -> Params:
        """The typed parameters. Raises `BadReference` with the key and the reason."""
        if not given:
            defaults: Params = self._defaults  # type: ignore[attr-defined]  # set once, above
            return defaults
        try:
            return self.params.parse(given)
        except ValueError as bad:
            raise BadReference(f"verifier {self.name!r}: {bad}") from None

    def check(self, example: Example) -> None:
        """Raise `BadReference` where the reference or a parameter cannot be used; no response is looked at."""
        params = self.parameters(example.params)
        if self.reads is not None:
            self.reads(example, params)

    def weights_of(self, example: Example) -> str:
        """Fingerprint of the weights that judge this Example; empty where there are none, or none that can be read."""
        if self.weights is None:
            return ""
        try:
            return self.weights(example, self.parameters(example.params))
        except BadReference:
            return ""

    def claim(self, example: Example, response: str) -> Mapping[str, Any]:
        """`marker`, `claim`, `stance` and `span` of what a response was read as claiming; empty where nothing was."""
        if self.reads_claim is None:
            return {}
        try:
            return self.reads_claim(example, response, self.parameters(example.params))
        except (NoAnswer, BadReference):
            return {}

    def key(self, example: Example, answer: Any) -> str | None:
        """One key for all forms of an answer: `1/2`, `\\frac{2}{4}` and `0.5` share it.

        `answer` is what a verdict `read`, or a reference. `None` where it has no key: what cannot be read, a program.
        """
        return None if self.keys is None else self.keys(example, answer)

    def __call__(self, example: Example, response: str) -> Verdict:
        """The bare verdict on one response: no lane, no deadline and no catching; `assay.verify` has all of them."""
        given = self.parameters(example.params)
        if self.one is not None:
            return self.one(example, response, given)
        context = Context(self.deadline, {}, (example,))
        made = self.judge(example, [Attempt(response=response)], given, context)
        if isinstance(made, Awaitable):
            raise TypeError(f"verifier {self.name!r} judges remotely: use assay.verify")
        return made[0]


def verifier(
    name: str,
    *,
    version: int,
    params: type[Params] = Params,
    lane: Lane = Lane.WORKER,
    reads: Callable[[Example, Any], object] | None = None,
    keys: Callable[[Example, Any], str | None] | None = None,
    reads_claim: Callable[[Example, str, Any], Mapping[str, Any]] | None = None,
    weights: Callable[[Example, Any], str] | None = None,
    reference: str = "",
) -> Callable[[One], Verifier]:
    """Lift `(example, response) -> Verdict`, or `(example, response, params) -> Verdict`, to a `Verifier`.

    The first line of its docstring is what it is `about`.
    """

    def lift(plain: One) -> Verifier:
        typed = len(inspect.signature(plain).parameters) > 2

        def one(example: Example, response: str, given: Params) -> Verdict:
            try:
                return plain(example, response, given) if typed else plain(example, response)
            except NoAnswer as nothing:
                return Verdict.no_answer(str(nothing))

        def judge(example: Example, attempts: Sequence[Attempt], given: Params, _: Context) -> list[Verdict]:
            return [one(example, attempt.said, given) for attempt in attempts]

        about = (inspect.getdoc(plain) or "").partition("\n")[0]
        made = Verifier(name, version, judge, params, lane, reads=reads, keys=keys, reads_claim=reads_claim, one=one)
        return replace(made, about=about, reference=reference, weights=weights)

    return lift


VERIFIERS: Registry[Verifier] = Registry(
    "verifier",
    {
        "math": "assay.verifiers.math:math",
        "number": "assay.verifiers.number:number",
        "choice": "assay.verifiers.choice:choice",
        "boolean": "assay.verifiers.boolean:boolean",
        "text": "assay.verifiers.text:text",
        "set": "assay.verifiers.names:set_",
        "sequence": "assay.verifiers.names:sequence",
        "assignment": "assay.verifiers.names:assignment",
        "grid": "assay.verifiers.grid:grid",
        "records": "assay.verifiers.records:records",
        "code.tests": "assay.verifiers.code:tests",
        "code.stdio": "assay.verifiers.stdio:stdio",
        "code_io.output": "assay.verifiers.code_io:output",
        "code_io.input": "assay.verifiers.code_io:input_",
        "sat": "assay.verifiers.code_io:sat",
        "script": "assay.verifiers.script:script",
        "py_compile": "assay.verifiers.gates:py_compile",
        "command": "assay.verifiers.gates:command",
        "instructions": "assay.verifiers.instructions:instructions",
        "head": "assay.verifiers.head:head",
        "judge": "assay.verifiers.judge:judge",
        "hybrid": "assay.verifiers.judge:hybrid",
        "rubric": "assay.verifiers.rubric:rubric",
        "pairwise_verdict": "assay.verifiers.pairs:pairwise_verdict",
        "pairwise_consistent": "assay.verifiers.pairs:pairwise_consistent",
        "pointwise_pair": "assay.verifiers.pairs:pointwise_pair",
    },
    group="assay.verifiers",
)
