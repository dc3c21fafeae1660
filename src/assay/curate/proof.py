"""Steps that run something to prove a row: its program, a compiler or a linter, or a model that writes it anew.

They are those of the funnels of MegaMath (Zhou et al. 2025: a generated block stays only if its program gives its
answer) and SwallowCode (Fujii et al. 2025: compile, lint, rewrite). A rewritten row stays only if its verifier says
that it is right; else the row stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from assay import sandbox
from assay.config import Config
from assay.corpus.parquet import to_batch, to_examples
from assay.curate.steps import BatchStep, Drop, GoldPasses, Sifted, sift
from assay.errors import BadConfig
from assay.judging.session import unreadable, verify_many
from assay.judging.verifier import VERIFIERS
from assay.models.engine import Engine, Sampling, generate, open_engine, weights_hash
from assay.sandbox import Outcome, Program, Result
from assay.sources.base import Proof
from assay.sources.reached import reached
from assay.types import Example, Message, Status, Verdict

_FLOAT = re.compile(r"-?\d{1,300}\.\d{1,300}")
_OURS = (Status.ERROR, Status.TIMEOUT)


class Reached(Config):
    """Drops rows of predicted inputs and outputs whose program no longer returns what was recorded of it."""

    name: Literal["reached"] = "reached"
    """Which step this is."""
    durable: ClassVar[bool] = True

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        why = "its program does not return what was recorded"  # what it returns may differ each time
        return sift(batch, (_drop("out_of_reach", verdict, why) for verdict in reached(to_examples(batch))))


def dropped_by(proof: Proof, examples: Sequence[Example], *, workers: int = 2) -> dict[int, Drop]:
    """Place and reason of each Example that the step of this name drops."""
    steps: dict[Proof, BatchStep] = {"reached": Reached(), "gold": GoldPasses(workers)}
    places = pa.array(range(len(examples)), pa.int64())
    gone = steps[proof](to_batch(examples).append_column("place", places)).dropped
    return {row["place"]: Drop(row["reason"], row["evidence"]) for row in gone.to_pylist()}


class VerifiedBlock(Config):
    """Keeps a row only if the program that came with it gives its answer.

    The last line that the program prints is judged as a response, by the row's own verifier.
    """

    name: Literal["verified_block"] = "verified_block"
    """Which step this is."""
    durable: ClassVar[bool] = True
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    program: str = "program"
    """Key of `extra` under which the program stands."""
    variable: str = Field("", pattern=r"^([A-Za-z_]\w*)?$")
    """Variable that holds the answer at the end of the program, for programs that print none."""

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        examples = to_examples(batch)
        asked = [e for e in examples if not self.domains or e.domain in self.domains]
        drops = dict(zip((e.id for e in asked), self._drops(asked), strict=True))
        return sift(batch, (drops.get(example.id) for example in examples))

    def _drops(self, examples: Sequence[Example]) -> list[Drop | None]:
        said = [self._said(example.extra.get(self.program)) for example in examples]
        asked = [(example, text) for example, text in zip(examples, said, strict=True) if isinstance(text, str)]
        verdicts = iter(verify_many([e for e, _ in asked], [text for _, text in asked]))
        return [text if isinstance(text, Drop) else _drop("not_reproduced", next(verdicts)) for text in said]

    def _said(self, source: Any) -> str | Drop:
        """What the program answers, as a response."""
        if not isinstance(source, str) or not source.strip():
            return Drop("no_program", f"extra has no {self.program!r}")
        result: Result = sandbox.run(Program(f"{source}\nprint({self.variable})" if self.variable else source))
        lines = result.output.decode("utf-8", "replace").split("\n") if result.outcome is Outcome.DONE else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if last:
            return f"The answer is {_plain(last)}"
        return Drop("not_reproduced", "it prints nothing" if lines else f"the program ends in {result.outcome}")


def _plain(printed: str) -> str:
    """What was printed; a floating point number without the error of its last digits: 803.0000000000001 is 803."""
    return f"{float(printed):.12g}" if _FLOAT.fullmatch(printed) else printed


class Gate(Config):
    """Drops rows whose gold response a gate refuses: `py_compile`, or a linter by `command`."""

    name: Literal["gate"] = "gate"
    """Which step this is."""
    durable: ClassVar[bool] = True
    domains: tuple[str, ...] = ("code",)
    """Domains whose rows are looked at; none is all."""
    verifier: str = "py_compile"
    """Which verifier is the gate."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Its parameters: `{ command = ["ruff", "check", "-"] }`."""

    @field_validator("verifier")
    @classmethod
    def _is_there(cls, given: str) -> str:
        VERIFIERS.get(given)
        return given

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        examples = to_examples(batch)
        asked = [e for e in examples if e.gold is not None and (not self.domains or e.domain in self.domains)]
        gates = [replace(example, verifier=self.verifier, params=self.params) for example in asked]
        if bad := unreadable(gates[:1]):
            raise BadConfig(f"gate: {next(iter(bad.values()))}")
        verdicts = verify_many(gates, [example.gold or "" for example in asked])
        drops = {e.id: _drop("gate_refused", verdict) for e, verdict in zip(asked, verdicts, strict=True)}
        return sift(batch, (drops.get(example.id) for example in examples))


def _drop(reason: str, verdict: Verdict | None, why: str = "") -> Drop | None:
    """What becomes of a row; what our own machine failed to judge says nothing about it."""
    is_bad = verdict is not None and not verdict.is_correct and verdict.status not in _OURS
    return Drop(reason, why or verdict.why[:300]) if verdict is not None and is_bad else None


_PROBLEM = re.compile(r"<problem>(.*?)</problem>", re.DOTALL)
REWRITES = {
    "gold": "Rewrite this solution so that it is clear and complete, and gives the same answer.\n\n"
    "Problem:\n{problem}\n\nSolution:\n{gold}",
    "problem": "Rewrite this problem so that it is clear and complete, and has the same answer. Put the new problem "
    "between <problem> and </problem>, and solve it behind that.\n\n{problem}",
}


class Rewrite(Config):
    """A model writes gold responses or problems anew; a new one replaces the old where it verifies.

    A new gold response must pass the row's verifier. A new problem stands between `<problem>` and `</problem>`, and the
    solution behind it, made by the same model, must give the old answer. No row is dropped; a changed one says so in
    its lineage.
    """

    name: Literal["rewrite"] = "rewrite"
    """Which step this is."""
    durable: ClassVar[bool] = True
    engine: str
    """Model directory, hub name or recorded completions, as `assay eval` takes them."""
    of: Literal["gold", "problem"] = "gold"
    """What is written anew."""
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    instruction: str = ""
    """What the model is asked, with `{problem}` and `{gold}`; words of our own without it."""
    max_tokens: int = Field(1024, ge=1)
    """Tokens of an answer."""
    temperature: float = Field(0.7, ge=0)
    """0 is greedy."""
    seed: int = 0
    """Seed of the sampling."""

    @property
    def facts(self) -> dict[str, Any]:
        """What decides its result beside the recipe."""
        return {"weights": weights_hash(self.engine)}

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        examples = to_examples(batch)
        asked = [e for e in examples if self._concerns(e)]
        if not asked:
            return sift(batch, [None] * len(batch))
        ask = self.instruction or REWRITES[self.of]
        texts = [ask.replace("{gold}", e.gold or "").replace("{problem}", e.text) for e in asked]
        sampling = Sampling(temperature=self.temperature, max_tokens=self.max_tokens, seed=self.seed)
        said = generate(_opened(self.engine), [(Message("user", text),) for text in texts], 1, sampling)
        solved = [one.text if self.of == "gold" else _PROBLEM.sub("", one.text) for (one,) in said]
        verdicts = verify_many(asked, solved)
        judged = zip(asked, said, verdicts, strict=True)
        new = {e.id: self._new(e, one.text) for e, (one,), verdict in judged if verdict.is_correct}
        places = zip(batch["place"].to_pylist(), (new.get(example.id) for example in examples), strict=True)
        kept, gone, _ = sift(batch, [None] * len(batch))
        return Sifted(kept, gone, {place: example for place, example in places if example is not None})

    def _concerns(self, example: Example) -> bool:
        is_there = example.gold is not None if self.of == "gold" else len(example.prompt) == 1
        return is_there and (not self.domains or example.domain in self.domains)

    def _new(self, example: Example, text: str) -> Example | None:
        lineage = (*example.lineage, f"{self.of} of {example.id} rewritten by {self.engine}")
        if self.of == "gold":
            return replace(example, gold=text, lineage=lineage)
        if (found := _PROBLEM.search(text)) is None or not found[1].strip():
            return None
        turn = replace(example.prompt[0], content=found[1].strip())
        return replace(example, prompt=(turn,), gold=None, lineage=lineage)


@lru_cache(maxsize=2)
def _opened(path: str) -> Engine:
    return open_engine(path)
