"""The frozen records that every room speaks: Example, Attempt, Verdict, Rollout, Measurement.

Plain data: JSON in, JSON out. `SCHEMA_VERSION` rises when a stored field changes its meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Self

from assay.hashing import RowsHash, bare, normalised
from assay.hashing import canonical as canonical
from assay.hashing import content_hash as content_hash
from assay.hashing import hashed_seed as hashed_seed
from assay.sealing import seal, unsealed
from assay.turns import content_of

SCHEMA_VERSION = 2
DOMAINS = ("math", "code", "science", "logic", "simulation", "table")
"""The reasoning domains; `instruction` is the control domain: measured, and rarely trained on."""


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
    """Read a string, a message, or a list (or array) of message dicts or `Message`. Raises `ValueError` otherwise."""
    prompt = prompt.tolist() if hasattr(prompt, "tolist") else prompt
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
    if not isinstance(turn, Mapping) or "content" not in turn:
        raise ValueError("a message is an object with a 'role' and a 'content'")
    text, shown = content_of(turn["content"])
    own = turn.get("attachments")
    return Message(str(turn.get("role", "user")), text, (*shown, *(() if own is None else own)))


@dataclass(frozen=True, kw_only=True)
class Example:
    """A problem, its reference, and the name of the verifier that judges responses to it.

    Example:
        >>> ex = Example(prompt="What is 2π + 2π?", reference=r"4\\pi", verifier="math")
        >>> ex.prompt[0].content, ex.verifier, len(ex.id)
        ('What is 2π + 2π?', 'math', 16)
    """

    prompt: tuple[Message, ...]
    """The bare problem as chat messages; a plain string is read as one user turn."""
    reference: Any
    """What is right: typed JSON in the verifier's shape. Never shown to the model."""
    verifier: str
    """A registered verifier name; the only routing there is."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the verifier."""
    options: tuple[str, ...] = ()
    """What there is to choose from, in the order of the letters A, B, C, ..."""
    template: str = ""
    """How the problem is asked: a text with `{problem}` and, for a choice, `{options}`. Empty asks it as it stands."""
    shots: tuple[Message, ...] = ()
    """Solved problems that are shown before it, as turns. They belong to how it is asked, as the template does, and a
    corpus holds none."""
    domain: str = ""
    """One of `DOMAINS`, or `instruction`."""
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
    pass_rates: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Model name -> (sum of scores, samples): sums, so that they can be added and partial scores are kept."""
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
            options: Sequence[str] = (),
            template: str = "",
            shots: Sequence[Message | Mapping[str, Any]] = (),
            domain: str = "",
            source: str = "",
            gold: str | None = None,
            tags: Sequence[str] = (),
            licence: str = "",
            lineage: Sequence[str] = (),
            pass_rates: Mapping[str, tuple[float, int]] = ...,
            extra: Mapping[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "prompt", as_messages(self.prompt))
        put(self, "shots", as_messages(self.shots) if self.shots else ())
        for name in ("options", "tags", "lineage"):
            if type(given := getattr(self, name)) is not tuple:
                put(self, name, tuple(given))
        if self.pass_rates:
            put(self, "pass_rates", {model: _rate(*rate) for model, rate in dict(self.pass_rates).items()})

    @cached_property
    def id(self) -> str:
        """Hash of the problem and how it is judged; template, gold, tags, licence and rates do not change it."""
        turns = [turn.to_json() for turn in self.prompt]
        judged = [self.domain, self.source, turns, self.reference, self.verifier, dict(self.params)]
        return content_hash([*judged, list(self.options)] if self.options else judged)

    @cached_property
    def problem_id(self) -> str:
        """Hash of the bare problem alone: rows of two sources that ask the same share it, however they ask.

        Options belong to it, in whatever order: "Which is true?" asks something else with other options.
        """
        shown = [path for turn in self.prompt for path in turn.attachments]
        return content_hash([normalised(self.text), shown, sorted(normalised(option) for option in self.options)])

    @cached_property
    def stem_id(self) -> str:
        """Hash of what the problem says, without its options, typography and case: no held-out problem may share it."""
        shown = [path for turn in self.prompt for path in turn.attachments]
        return content_hash([bare(self.text), shown])

    @property
    def text(self) -> str:
        """All turns of the bare problem as one text."""
        return "\n".join(turn.content for turn in self.prompt)

    @property
    def asked_text(self) -> str:
        """All turns as they are asked, as one text."""
        return "\n".join(turn.content for turn in self.asked)

    @property
    def asked(self) -> tuple[Message, ...]:
        """The messages that a model is sent: what is shown before, and the last user turn, put into the template.

        Example:
            >>> ex = Example(prompt="1 + 1 = ?", reference=2, verifier="number", template="{problem} Box it.")
            >>> ex.asked[0].content
            '1 + 1 = ? Box it.'
        """
        asked = self._asked if self.template else self.prompt
        return (*self.shots, *asked) if self.shots else asked

    @cached_property
    def _asked(self) -> tuple[Message, ...]:
        place = max((n for n, turn in enumerate(self.prompt) if turn.role == "user"), default=len(self.prompt) - 1)
        turn = self.prompt[place]
        listed = "\n".join(f"{letter}) {option}" for letter, option in zip(_LETTERS, self.options, strict=False))
        parts = {"{problem}": turn.content, "{options}": listed}
        filled = _PLACE.sub(lambda match: parts[match[0]], self.template)
        return (*self.prompt[:place], Message(turn.role, filled, turn.attachments), *self.prompt[place + 1 :])

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def seal(self) -> str:
        """The key of a problem that is published sealed, so that no file or page shows it; else empty."""
        return str(self.extra.get(SEALED, "")) if self.extra else ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, its `id` and the schema version; of a sealed problem, sealed."""
        row: dict[str, Any] = {name: getattr(self, name) for name in _EXAMPLE_FIELDS}
        row |= {"prompt": [turn.to_json() for turn in self.prompt], "tags": list(self.tags)}
        row |= {"shots": [turn.to_json() for turn in self.shots]}
        if not self.shots:
            del row["shots"]
        row |= {"options": list(self.options)}
        row |= {"pass_rates": {m: list(rate) for m, rate in self.pass_rates.items()}, "lineage": list(self.lineage)}
        whole = {"schema": SCHEMA_VERSION, "id": self.id, **row}
        if not self.seal:
            return whole
        shown = {name: whole[name] for name in ("schema", "id", "domain", "source", "licence")}
        return shown | {SEALED: {"key": self.seal, "text": seal(json.dumps(whole), self.seal)}}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; the id is computed anew. Raises `ValueError` on a foreign or newer row."""
        check_schema(row)
        if SEALED in row:
            return cls.from_json(json.loads(unsealed(row[SEALED]["text"], row[SEALED]["key"])))
        if unknown := set(row) - set(_EXAMPLE_FIELDS) - {"schema", "id"}:
            raise ValueError(f"unknown fields {sorted(unknown)}; put columns of your own under 'extra'")
        if missing := {"prompt", "reference", "verifier"} - set(row):
            raise ValueError(f"an Example needs {sorted(missing)}")
        return cls(**{name: row[name] for name in _EXAMPLE_FIELDS if row.get(name) is not None or name == "reference"})


_EXAMPLE_FIELDS = tuple(f.name for f in fields(Example))
SEALED = "sealed"
"""Where a sealed problem keeps its key, under `extra`."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACE = re.compile(r"\{(?:problem|options)\}")


def _rate(total: float, samples: int) -> tuple[float, int]:
    """A sum of scores, as an integer where it is whole, and its samples."""
    return (int(total) if float(total).is_integer() else float(total)), int(samples)


def data_hash(examples: Iterable[Example]) -> str:
    """Hash of Examples in their order: problems, templates, references, verifiers, parameters, gold and `extra`."""
    whole = RowsHash()
    for example in examples:
        shown = [[turn.to_json() for turn in example.shots]] if example.shots else []
        whole.add((example.id, example.template, example.gold, dict(example.extra), *shown))
    return whole.digest()


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
    parts: Mapping[str, float] = field(default_factory=dict)
    """Named sub-scores, where the verifier has some."""
    cost: Mapping[str, float] = field(default_factory=dict)
    """What making it cost beyond `seconds` (`tokens`, `dollars`), where a model or a server judged."""
    judge: str = ""
    """Fingerprint of the model that judged and of how it was asked, where one did."""

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
        """A JSON object; `parts`, `cost` and `judge` only where there are some."""
        row: dict[str, Any] = {
            "status": str(self.status),
            "score": self.score,
            "read": self.read,
            "why": self.why,
            "seconds": self.seconds,
            "verifier": self.verifier,
            "version": self.version,
        }
        if self.parts:
            row["parts"] = dict(self.parts)
        if self.cost:
            row["cost"] = dict(self.cost)
        if self.judge:
            row["judge"] = self.judge
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        known = dict(_fields_of(cls))
        return cls(**{k: v for k, v in row.items() if k in known} | {"status": Status(row["status"])})

    def __str__(self) -> str:
        facts = f"score={self.score}, read={self.read!r}, why={self.why!r}"
        return f"Verdict({self.status}, {facts}, {1000 * self.seconds:.1f} ms)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was sent to a model for one Example, and what came back."""

    example_id: str = ""
    model: str = ""
    """Name of the model or policy that answered."""
    index: int = 0
    """Number of the sample within its group, from 0."""
    response: str
    """The text that came back."""
    finish: str = "stop"
    """`stop`; `length` when the token limit cut it; `refused` or `failed` where the engine said so."""
    tokens: int = 0
    """Length of the response in tokens; 0 where the engine does not say."""
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    """Log-probability of each token under the distribution that it was drawn from, where known."""
    prompt: tuple[Message, ...] = ()
    """The messages as sent; empty where they are those of `Example.asked`."""
    thinking: str = ""
    """The opening tag of a thinking part that the prompt as sent left open (by the chat template): what comes back
    begins inside it."""
    group_id: str = ""
    """The group that the sample was drawn in; empty where the Example is the group."""
    policy: str = ""
    """Fingerprint or step of the weights that answered."""
    cost: Mapping[str, float] = field(default_factory=dict)
    seal: str = ""
    """The key of a sealed problem: what was answered to it is written sealed too."""

    @property
    def said(self) -> str:
        """The response as a verifier reads it, behind the thinking tag that the prompt had opened."""
        return f"{self.thinking}\n{self.response}" if self.thinking else self.response

    def to_json(self) -> dict[str, Any]:
        """A JSON object; fields that hold their default are left out."""
        return self._written(self._held())

    def with_verdict(self, verdict: Verdict) -> dict[str, Any]:
        """`to_json` of the Rollout that has this verdict."""
        return self._written(self._held() | {"verdict": verdict.to_json()})

    def _held(self) -> dict[str, Any]:
        row = {}
        for name, default in _fields_of(type(self)):
            value = getattr(self, name)
            if value is not default and value != default:
                row[name] = value if type(value) is str else _plain(value)
        return row

    def _written(self, row: dict[str, Any]) -> dict[str, Any]:
        row = _through(row, seal) if self.seal else row
        return {"schema": SCHEMA_VERSION, "example_id": self.example_id, "index": self.index, **row}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `ValueError` on a newer row."""
        check_schema(row)
        known = dict(_fields_of(cls))
        kept: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        kept = _through(kept, unsealed) if kept.get("seal") else kept
        kept |= {name: tuple(kept[name]) for name in ("token_ids", "logprobs") if name in kept}
        if "prompt" in kept:
            kept["prompt"] = as_messages(kept["prompt"])
        if "verdict" in kept:
            kept["verdict"] = Verdict.from_json(kept["verdict"])
        return cls(**kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout(Attempt):
    """An Attempt with its Verdict."""

    verdict: Verdict

    @classmethod
    def of(cls, attempt: Attempt, verdict: Verdict) -> Self:
        """The attempt, judged."""
        return cls(**{name: getattr(attempt, name) for name, _ in _fields_of(Attempt)}, verdict=verdict)


def _through(row: Mapping[str, Any], change: Callable[[str, str], str]) -> dict[str, Any]:
    """A row of a sealed problem with its texts sealed, or open again."""
    key, made = row["seal"], dict(row)
    if "response" in row:
        made["response"] = change(row["response"], key)
    if "prompt" in row:
        made["prompt"] = [{**turn, "content": change(turn["content"], key)} for turn in row["prompt"]]
    if "verdict" in row:
        said = {name: change(text, key) for name in ("read", "why") if (text := row["verdict"].get(name))}
        made["verdict"] = {**row["verdict"], **said}
    return made


def _fields(record: Any) -> tuple[tuple[str, Any], ...]:
    """Names and defaults of a record's fields."""
    return tuple((f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(record))


_fields_of: Callable[[Any], tuple[tuple[str, Any], ...]] = cache(_fields)
"""Kept, since looking them up for every row costs more than writing it."""


def _plain(value: Any) -> Any:
    if isinstance(value, Verdict):
        return value.to_json()
    if isinstance(value, tuple):
        return [turn.to_json() if isinstance(turn, Message) else turn for turn in value]
    return value


@dataclass(frozen=True, slots=True)
class Measurement:
    """How often one model solved one Example."""

    example_id: str
    model: str
    correct: int
    """Samples that are right in full."""
    n: int
    """Samples that count: `timeout` and `error` verdicts are in `uncounted`."""
    uncounted: int = 0
    domain: str = ""
    source: str = ""
    total: float | None = None
    """Sum of the scores; the number of correct samples where no partial score was given."""

    def __post_init__(self) -> None:
        if self.total is None:
            object.__setattr__(self, "total", self.correct)

    @property
    def rate(self) -> float | None:
        """Mean score of the samples, or `None` when none counted: a missing rate is never 0."""
        return self.total / self.n if self.n and self.total is not None else None
