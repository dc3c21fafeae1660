"""A model decides: `judge` compares a claim with the reference, and `hybrid` asks it only where a rule refuses.

The judge sees the question, the reference and the claim, never the thinking. What it answers must be a decision of its
protocol, exactly; else it is asked once more, and then the verdict is `error`, so that nothing is paid or taken because
a judge did not do its work. A judge can be talked into paying (see docs/judges.md): where a rule can decide, use one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from assay.claim.claims import answer, claim
from assay.claim.clause import Stance
from assay.claim.final import final_part
from assay.claim.stance import without_denial
from assay.claim.unmarked import Reader
from assay.errors import AssayError, BadReference, NoAnswer
from assay.judging.protocols import Protocol, find_protocol, seen
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS, Context, Lane, Params, Verifier
from assay.models.engine import Engine, Request, Sampling, kind_of_model, open_engine, weights_hash
from assay.models.library import model_path
from assay.models.openai import place_of
from assay.types import Attempt, Example, Message, Status, Verdict, canonical, content_hash
from assay.verifiers.head import find_head

MAX_CLAIM = 4_000
"""Characters of the longest claim that a judge is shown; a longer one is no answer."""
REMEMBERED = 100_000
"""Decisions that a process remembers."""
LETTERS = 4
"""Characters of a token where an engine does not count them."""
CONNECTIONS = 256
"""Requests that may be open at one server; how many are is for `workers` to say."""
_ANY: Reader[str] = Reader(lambda text: None if without_denial(text) else text.strip() or None, any_text=True)
_ASSERTED = ("", Stance.ASSERTED, Stance.CASE)
"""Stances of a claim that a judge is asked about; one that nobody asserts, it is never shown."""


@dataclass(frozen=True)
class JudgeParams(Params):
    """Parameters of `judge`."""

    engine: str = ""
    """The model that judges, as `assay eval` takes one: a server, a directory, a name, recorded answers."""
    protocol: str = "one-word"
    """How it is asked: `one-word`, `final-decision`, `json`, `score`, or a TOML file."""
    sees: Literal["claim", "final"] = "claim"
    """What it is shown: the answer that was found, or all that follows the thinking."""
    votes: int = 1
    """How often it is asked; with more than one it is sampled at temperature 1."""
    enough: float = 0.5
    """More than this share of the votes must say right; each verdict holds the share, so that labelled rows can tell
    which is enough."""
    max_calls: int | None = None
    """Calls that a process may make; then verdicts are `error`."""
    max_tokens: int | None = None
    """Tokens that its answers may have in all; then verdicts are `error`."""


@dataclass(frozen=True)
class HybridParams(JudgeParams):
    """Parameters of `hybrid`: a rule, and a model (`engine`) or a head behind it."""

    rule: str = ""
    """The verifier that is asked first."""
    rule_params: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters."""
    head: str = ""
    """Instead of an engine: the weights of a trained `head`, which decides what a model would."""
    at_least: float | None = None
    """The probability of the head from which on an answer is right; its own without it."""


@dataclass
class _Client:
    """An engine that judges, what it cost, and what it decided."""

    engine: Engine
    calls: int = 0
    tokens: int = 0
    known: OrderedDict[tuple[Any, ...], tuple[bool, str]] = field(default_factory=OrderedDict)

    def remember(self, key: tuple[Any, ...], decided: tuple[bool, str]) -> None:
        self.known[key] = decided
        if len(self.known) > REMEMBERED:
            self.known.popitem(last=False)


_clients: dict[tuple[Any, ...], _Client] = {}
_opening = threading.Lock()


def client_of(engine: str) -> _Client:
    """The judge of a name, opened once in a process; its `calls` and `tokens` so far. Another behind the name is opened
    anew."""
    key = (engine, _who(engine))
    with _opening:  # many verdicts begin at once, and a model is loaded once
        if key not in _clients:
            server = kind_of_model(engine) == "openai"
            more: dict[str, Any] = {"keep_open": True, "concurrency": CONNECTIONS} if server else {}
            _clients[key] = _Client(open_engine(engine, **more))
        return _clients[key]


def _who(engine: str) -> str | tuple[str, str]:
    """Which model a name stands for: the hash of its files, or a server and a name there. Raises `AssayError`."""
    if kind_of_model(engine) == "openai":
        return place_of(engine)
    where = Path(model_path(engine))
    files = sorted(where.iterdir()) if where.is_dir() else [where]
    return _hash_of(engine, tuple((file.name, file.stat().st_mtime_ns) for file in files if file.is_file()))


def _fingerprint(params: JudgeParams) -> str:
    """Of the model that judges and of how it is asked. Raises `BadReference`."""
    try:
        if not params.engine:
            raise AssayError("params name no 'engine'")
        return _of_both(_who(params.engine), find_protocol(params.protocol).fingerprint)
    except (AssayError, OSError) as fault:
        raise BadReference(f"judge: {fault}") from None


@lru_cache(maxsize=8)
def _hash_of(model: str, changed: tuple[tuple[str, int], ...]) -> str:
    return weights_hash(model)


@lru_cache(maxsize=32)
def _of_both(who: str | tuple[str, str], asked: str) -> str:
    return content_hash([who, asked])


def _read(example: Example, params: JudgeParams) -> str:
    """The reference as a judge is shown it. Raises `BadReference`."""
    if not params.engine:
        raise BadReference("judge: params name no 'engine': a model, or the address of a server")
    if params.votes < 1 or params.votes % 2 == 0:
        raise BadReference(f"judge: 'votes' is an odd number, so that one side has more, not {params.votes}")
    if not 0.5 <= params.enough < 1:
        raise BadReference(f"judge: 'enough' is a share of the votes from one half to below 1, not {params.enough}")
    try:
        find_protocol(params.protocol)
    except AssayError as fault:
        raise BadReference(f"judge: {fault}") from None
    if example.reference in (None, "", [], {}):
        raise BadReference("judge: there is no reference to compare with")
    return example.reference if isinstance(example.reference, str) else canonical(example.reference)


async def _judge(example: Example, attempts: Sequence[Attempt], params: JudgeParams, context: Context) -> list[Verdict]:
    reference = _read(example, params)
    judged = [_one(example, attempt.said, reference, params) for attempt in attempts]
    return [await judged[0]] if len(judged) == 1 else list(await asyncio.gather(*judged))


async def _one(example: Example, response: str, reference: str, params: JudgeParams) -> Verdict:
    start = time.monotonic()
    try:
        said = answer(example, response) if params.sees == "claim" else final_part(example, response)
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    said = seen(said).strip()
    if not said or (not any(map(str.isalnum, said)) and any(map(str.isalnum, reference))):
        return Verdict.no_answer(f"{said[:40]!r} holds no word and no number")
    if len(said) > MAX_CLAIM:
        return Verdict.no_answer(f"the claim has {len(said)} characters, and a judge is shown {MAX_CLAIM}")
    try:
        known = _clients.get((params.engine, _who(params.engine)))
        client = await asyncio.to_thread(client_of, params.engine) if known is None else known
        protocol = find_protocol(params.protocol)
        votes = await _votes(client, protocol, example, reference, said, params)
    except AssayError as fault:  # a judge that is down, out of budget or without a decision
        return Verdict.error(str(fault))
    count = sum(is_right for is_right, _, _ in votes)
    right, several = count > params.enough * len(votes), len(votes) > 1
    return Verdict(
        Status.CORRECT if right else Status.INCORRECT,
        float(right),
        read=said,
        why=f"{count} of {len(votes)} say right" if several else f"the judge says {votes[0][1]!r}",
        parts={"votes": count / len(votes)} if several else {},
        cost={"tokens": float(sum(tokens for _, _, tokens in votes)), "seconds": time.monotonic() - start},
        judge=_fingerprint(params),
    )


async def _votes(
    client: _Client, protocol: Protocol, example: Example, reference: str, claim: str, params: JudgeParams
) -> list[tuple[bool, str, int]]:
    """(right, what was said, tokens) of each vote."""
    sampling = Sampling(temperature=0 if params.votes == 1 else 1, max_tokens=protocol.tokens)
    about = (example.text, reference, claim)
    asked = [_vote(client, protocol, about, number, sampling, params) for number in range(params.votes)]
    if params.votes == 1:
        return [await asked[0]]
    votes = await asyncio.gather(*asked, return_exceptions=True)  # those that were paid for are remembered
    if faults := [vote for vote in votes if isinstance(vote, BaseException)]:
        raise faults[0]
    return [vote for vote in votes if not isinstance(vote, BaseException)]


async def _vote(
    client: _Client,
    protocol: Protocol,
    about: tuple[str, str, str],
    number: int,
    sampling: Sampling,
    params: JudgeParams,
) -> tuple[bool, str, int]:
    """One decision about (problem, reference, claim).

    Raises `AssayError` where two answers are none, and where the budget is spent.
    """
    key = (protocol.fingerprint, about, number, sampling.temperature)
    if key in client.known:
        return (*client.known[key], 0)
    messages = tuple(Message(*turn) for turn in protocol.messages(*about))
    said, tokens = "", 0
    for sample in (number, number + params.votes):
        if params.max_calls is not None and client.calls >= params.max_calls:
            raise AssayError(f"the judge was asked {client.calls} times, which is all that 'max_calls' allows")
        if params.max_tokens is not None and client.tokens >= params.max_tokens:
            raise AssayError(f"the judge said {client.tokens} tokens, which is all that 'max_tokens' allows")
        client.calls += 1
        how = sampling if sample == number else replace(sampling, temperature=1.0)
        async for completion in client.engine.stream([Request(f"judge/{sample}", messages, sample)], how):
            spent = completion.tokens or len(completion.token_ids) or -(-len(completion.text) // LETTERS)
            said, tokens = completion.text, tokens + spent
            client.tokens += spent
            if completion.finish == "failed":
                raise AssayError(f"the judge failed: {said}")
        if (decided := protocol.decision(said)) is not None:
            client.remember(key, (decided, said.strip()[-80:]))
            return decided, said.strip()[-80:], tokens
    raise AssayError(f"the judge gave no decision: {said.strip()[:80]!r}")


async def _hybrid(
    example: Example, attempts: Sequence[Attempt], params: HybridParams, context: Context
) -> list[Verdict]:
    _readable(example, params)
    ruled = replace(example, verifier=params.rule, params=params.rule_params)
    first = await asyncio.to_thread(verify_many, [ruled] * len(attempts), attempts)
    judged = (_second(example, attempt, rule, params) for attempt, rule in zip(attempts, first, strict=True))
    return list(await asyncio.gather(*judged))


async def _second(example: Example, attempt: Attempt, rule: Verdict, params: HybridParams) -> Verdict:
    """The rule's verdict, or the judge's on what the rule may have misread."""
    told = f"{params.rule}: {rule.status} ({rule.why})"
    if rule.is_correct or rule.status in (Status.ERROR, Status.TIMEOUT):
        return replace(rule, why=told)
    if said := _unasserted(example, attempt.said, rule, params):
        return replace(rule, why=f"{told}; the judge was not asked: the claim is {said}")
    if params.head:
        behind = replace(example, verifier="head", params=_of_head(params))
        judged, name = await asyncio.to_thread(verify_many, [behind], [attempt]), "head"
    else:
        judged, name = [await _one(example, attempt.said, _read(example, params), params)], "judge"
    return replace(judged[0], why=f"{told}; {name}: {judged[0].status} ({judged[0].why})")


def _of_head(params: HybridParams) -> dict[str, Any]:
    return {"weights": params.head} | ({} if params.at_least is None else {"at_least": params.at_least})


def _unasserted(example: Example, response: str, rule: Verdict, params: HybridParams) -> str:
    """The stance of a claim that nobody asserts; empty where the rule may have misread what is asserted.

    Where the rule finds no answer of its kind, the claim of any text counts as well.
    """
    ruled = replace(example, verifier=params.rule, params=params.rule_params)
    stances = [str(VERIFIERS.get(params.rule).claim(ruled, response).get("stance", ""))]
    if rule.status is Status.NO_ANSWER:
        with suppress(NoAnswer):
            stances.append(str(claim(example, response, _ANY).stance))
    return next((stance for stance in stances if stance not in _ASSERTED), "")


def _readable(example: Example, params: HybridParams) -> None:
    """Read the reference as both do. Raises `BadReference`."""
    if params.rule not in VERIFIERS or params.rule == "head" or VERIFIERS.get(params.rule).lane is Lane.REMOTE:
        raise BadReference(f"hybrid: 'rule' names a verifier that decides by itself, not {params.rule!r}")
    if bool(params.head) == bool(params.engine):
        raise BadReference("hybrid: params name either an 'engine' or a 'head' to ask behind the rule")
    VERIFIERS.get(params.rule).check(replace(example, verifier=params.rule, params=params.rule_params))
    if params.head:
        VERIFIERS.get("head").check(replace(example, verifier="head", params=_of_head(params)))
    else:
        _read(example, params)


judge = Verifier(
    "judge",
    5,
    _judge,
    JudgeParams,
    Lane.REMOTE,
    reads=_read,
    weights=lambda _, params: _fingerprint(params),
    about="Right when a model says that the claim means the same as the reference.",
    reference="text or JSON",
)
hybrid = Verifier(
    "hybrid",
    5,
    _hybrid,
    HybridParams,
    Lane.REMOTE,
    reads=_readable,
    weights=lambda _, params: find_head(params.head).fingerprint if params.head else _fingerprint(params),
    about="Right when a rule says so, or else a model or a head.",
    reference="that of its rule",
)
