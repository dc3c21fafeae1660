"""The frozen records that every room speaks: Example, Verdict, Rollout, Group, Measurement.

Plain data: JSON in, JSON out. `SCHEMA_VERSION` rises when a stored field changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from assay.hashing import canonical as canonical
from assay.hashing import content_hash as content_hash
from assay.hashing import hashed_seed as hashed_seed

SCHEMA_VERSION = 1
DOMAINS = ("math", "code", "science", "logic", "simulation", "table")
CONTROL = "instruction"  # the control domain: measured, and rarely trained on


class Status(StrEnum):
    """How a verdict ended. `timeout` and `error` are not the model's fault and carry no score."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    NO_ANSWER = "no_answer"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat prompt."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str
    attachments: tuple[str, ...] = ()
    """Paths or URLs of images that belong to this turn."""

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"role": self.role, "content": self.content}
        return {**row, "attachments": list(self.attachments)} if self.attachments else row


def as_messages(prompt: Any) -> tuple[Message, ...]:
    """Read a string, a message, or a list of either message dicts or `Message`. Raises `ValueError` otherwise."""
    if isinstance(prompt, str):
        return (Message("user", prompt),)
    if isinstance(prompt, Message):
        return (prompt,)
    if not isinstance(prompt, Sequence):
        raise ValueError(f"a prompt is text or a list of messages, not {type(prompt).__name__}")
    return tuple(_as_message(turn) for turn in prompt)


def _as_message(turn: Any) -> Message:
    if isinstance(turn, Message):
        return turn
    if not isinstance(turn, Mapping) or not isinstance(turn.get("content"), str):
        raise ValueError("a message is an object with a 'role' and a text 'content'")
    return Message(str(turn.get("role", "user")), turn["content"], tuple(turn.get("attachments") or ()))


@dataclass(frozen=True, kw_only=True)
class Example:
    """A problem, its reference, and the name of the verifier that judges responses to it.

    Example:
        >>> ex = Example(prompt="What is 2π + 2π?", reference=r"4\\pi", verifier="math")
        >>> ex.prompt[0].content, ex.verifier, len(ex.id)
        ('What is 2π + 2π?', 'math', 16)
    """

    prompt: tuple[Message, ...]
    """Chat messages; a plain string is read as one user turn."""
    reference: Any
    """What is right: typed JSON in the verifier's shape. Never shown to the model."""
    verifier: str
    """A registered verifier name; the only routing there is."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the verifier."""
    domain: str = ""
    """One of `DOMAINS`, or `CONTROL`."""
    source: str = ""
    """The registered source it came from, such as `math/gsm8k`."""
    gold: str | None = None
    """A response that earns full reward, where one exists."""
    tags: tuple[str, ...] = ()
    """Free labels, `key:value` where there is a key (`level:5`, `split:test`)."""
    licence: str = ""
    """Licence of the row at its origin."""
    lineage: tuple[str, ...] = ()
    """What made or changed the row, oldest first."""
    pass_rates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Model name -> (correct, samples): counts, so that they can be added."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the origin that Assay does not interpret; kept so that export is lossless."""

    if TYPE_CHECKING:  # what a caller may pass is wider than what is stored

        def __init__(
            self,
            *,
            prompt: str | Message | Sequence[Message | Mapping[str, Any]],
            reference: Any,
            verifier: str,
            params: Mapping[str, Any] = ...,
            domain: str = "",
            source: str = "",
            gold: str | None = None,
            tags: Sequence[str] = (),
            licence: str = "",
            lineage: Sequence[str] = (),
            pass_rates: Mapping[str, tuple[int, int]] = ...,
            extra: Mapping[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "prompt", as_messages(self.prompt))
        put(self, "tags", tuple(self.tags))
        put(self, "lineage", tuple(self.lineage))
        put(self, "pass_rates", {model: (int(c), int(n)) for model, (c, n) in dict(self.pass_rates).items()})

    @cached_property
    def id(self) -> str:
        """Hash of what is asked and how it is judged; gold, tags, licence and rates do not change it."""
        turns = [turn.to_json() for turn in self.prompt]
        return content_hash([self.domain, self.source, turns, self.reference, self.verifier, dict(self.params)])

    @property
    def text(self) -> str:
        """All turns of the prompt as one text."""
        return "\n".join(turn.content for turn in self.prompt)

    def __hash__(self) -> int:
        return hash(self.id)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, its `id` and the schema version."""
        row: dict[str, Any] = {name: getattr(self, name) for name in _EXAMPLE_FIELDS}
        row |= {"prompt": [turn.to_json() for turn in self.prompt], "tags": list(self.tags)}
        row |= {"pass_rates": {m: list(rate) for m, rate in self.pass_rates.items()}, "lineage": list(self.lineage)}
        return {"schema": SCHEMA_VERSION, "id": self.id, **row}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; the id is computed anew. Raises `ValueError` on a foreign or newer row."""
        check_schema(row)
        if unknown := set(row) - set(_EXAMPLE_FIELDS) - {"schema", "id"}:
            raise ValueError(f"unknown fields {sorted(unknown)}; put columns of your own under 'extra'")
        if missing := {"prompt", "reference", "verifier"} - set(row):
            raise ValueError(f"an Example needs {sorted(missing)}")
        return cls(**{name: row[name] for name in _EXAMPLE_FIELDS if row.get(name) is not None or name == "reference"})


_EXAMPLE_FIELDS = tuple(f.name for f in fields(Example))


def check_schema(row: Mapping[str, Any]) -> None:
    """Raise `ValueError` when a newer schema wrote the row."""
    if int(row.get("schema", SCHEMA_VERSION)) > SCHEMA_VERSION:
        raise ValueError(f"row has schema {row['schema']}, this version reads up to {SCHEMA_VERSION}: upgrade assay")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier said of one response.

    Example:
        >>> Verdict.of(True, read="4", why="equal to the reference").score
        1.0
        >>> Verdict.error("the reference cannot be parsed").score is None
        True
    """

    status: Status
    score: float | None
    """In [0, 1]; `None` where the model is not to blame, and then it enters no mean and no loss."""
    read: str | None = None
    """The answer as it was read."""
    why: str = ""
    """One sentence."""
    seconds: float = 0.0
    verifier: str = ""
    version: int = 0

    @classmethod
    def of(cls, right: bool, *, read: str | None = None, why: str = "") -> Self:
        """`correct` with 1.0 or `incorrect` with 0.0."""
        return cls(Status.CORRECT if right else Status.INCORRECT, float(right), read, why)

    @classmethod
    def partial(cls, score: float, *, read: str | None = None, why: str = "") -> Self:
        """A partial score that the Example asked for: `correct` only at 1."""
        return cls(Status.CORRECT if score >= 1 else Status.INCORRECT, min(1.0, max(0.0, score)), read, why)

    @classmethod
    def no_answer(cls, why: str) -> Self:
        """Nothing that could be read as an answer: scores 0."""
        return cls(Status.NO_ANSWER, 0.0, None, why)

    @classmethod
    def timeout(cls, why: str) -> Self:
        """Our deadline passed while the response was not to blame: no score."""
        return cls(Status.TIMEOUT, None, None, why)

    @classmethod
    def error(cls, why: str) -> Self:
        """Row, reference, verifier, judge or sandbox broke: no score."""
        return cls(Status.ERROR, None, None, why)

    @property
    def is_correct(self) -> bool:
        return self.status is Status.CORRECT

    @property
    def counts(self) -> bool:
        """Whether it enters means and losses."""
        return self.score is not None

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"status": str(self.status)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in row.items() if k in known} | {"status": Status(row["status"])})

    def __str__(self) -> str:
        facts = f"score={self.score}, read={self.read!r}, why={self.why!r}"
        return f"Verdict({self.status}, {facts}, {1000 * self.seconds:.1f} ms)"


@dataclass(frozen=True, slots=True)
class Rollout:
    """One response of one model to one Example, with its verdict."""

    example_id: str
    model: str
    index: int
    """Number of the sample within its group, from 0."""
    response: str
    verdict: Verdict
    tokens: int = 0
    """Length of the response in tokens; 0 where the engine does not say."""
    finish: str = "stop"
    """`stop`, or `length` when the token limit cut it."""

    def to_json(self) -> dict[str, Any]:
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"schema": SCHEMA_VERSION, **row, "verdict": self.verdict.to_json()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        check_schema(row)
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in row.items() if k in known} | {"verdict": Verdict.from_json(row["verdict"])})


@dataclass(frozen=True, slots=True)
class Group:
    """All rollouts of one Example under one model: the unit of GRPO and of pass@k."""

    example: Example
    rollouts: tuple[Rollout, ...]

    @property
    def has_signal(self) -> bool:
        """Whether two scores that count differ: otherwise every group-relative advantage is zero."""
        return len({r.verdict.score for r in self.rollouts if r.verdict.counts}) > 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """How often one model solved one Example."""

    example_id: str
    model: str
    correct: int
    n: int
    """Samples that count: `timeout` and `error` verdicts are in `uncounted`."""
    uncounted: int = 0
    domain: str = ""
    source: str = ""

    @property
    def rate(self) -> float | None:
        """Share of correct samples, or `None` when none counted: a missing rate is never 0."""
        return self.correct / self.n if self.n else None

    @classmethod
    def of(cls, group: Group) -> Self:
        counted = [r.verdict for r in group.rollouts if r.verdict.counts]
        ex, model = group.example, group.rollouts[0].model if group.rollouts else ""
        right = sum(v.is_correct for v in counted)
        return cls(ex.id, model, right, len(counted), len(group.rollouts) - len(counted), ex.domain, ex.source)
