"""Curation as a long job: it streams, appends to disk as it goes, resumes where it stopped, and ends in the same bytes.

Rows are read once into a spool on disk. Steps are made in the order of the recipe. Those that look at one row at a time
share a pass with the keys of those behind them that must see all rows; these decide on keys alone. All are repeated on
resume, but decisions of the expensive step (does the gold response pass?) are appended to `decisions.jsonl`. Corpus,
ledger and card are written at the end, so a run that was killed and resumed gives the files of one that was not, and
one on Ray those of one here.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.config import Config, settings
from assay.corpus.collection import Corpus
from assay.corpus.ledger import GOLD, Dropped
from assay.corpus.rows import GROUP
from assay.corpus.store import MANIFEST, Writer, read_manifest
from assay.curate.alike import Contamination, Duplicates
from assay.curate.examples import FILE, dropped_rows
from assay.curate.executors import Executor, Local, OnRay, Pass
from assay.curate.quality import Quality
from assay.curate.quota import Quota
from assay.curate.rates import Rates
from assay.curate.recipe import CurationRecipe, PlainStep, Step
from assay.curate.spool import Mask, Spool
from assay.curate.steps import BatchStep, Cap, DurableStep, GoldPasses, KeyedStep, Length, Readable
from assay.errors import AssayError, BadConfig, BadRow
from assay.files import write_jsonl
from assay.journal import Journal, owned, refuse_foreign
from assay.judging.session import default_judge
from assay.sources.own import OWN
from assay.types import Example, content_hash
from assay.version import VERSION

BATCH = 64
"""Rows judged between two writes to disk."""
Progress = Callable[[str, int, int], None]
"""(step, rows done, rows in all)"""


def run_curation(
    recipe: CurationRecipe,
    out: Path | str,
    data: Path | str | None = None,
    progress: Progress | None = None,
    workers: int = 2,
    executor: str | None = None,
    more: Sequence[BatchStep | KeyedStep] = (),
) -> Corpus:
    """Make the corpus of a recipe under `out`, or finish the one that was begun there.

    Args:
        recipe: What to read and what to keep.
        out: Directory of the corpus. Raises `RunConflict` when it holds a run of another recipe, data or verifiers.
        data: Directory of real rows; `$ASSAY_DATA` without it.
        progress: Called after each step or batch.
        workers: Verifications that run side by side; does not change the result.
        executor: `local` or `ray`, if not the recipe's; does not change the result.
        more: Steps of your own, made before gold is tried. Their names are part of what decides the result, so a step
            whose rule changes gets a new name.
    """
    out, where = Path(out), Path(data) if data is not None else None
    refuse_foreign(out)
    tell = progress or (lambda step, done, total: None)
    run = OnRay() if (executor or recipe.executor) == "ray" else Local()
    with ExitStack() as stack:
        stack.callback(run.close)
        stack.enter_context(_made(out))
        scratch = stack.enter_context(TemporaryDirectory(prefix=SPOOL, dir=out))
        bad: list[BadRow] = []
        refuse_held_out(recipe)
        contamination = Contamination.of(recipe.without, where)
        rates = Rates.read(recipe.rates)
        spool = Spool.fill(Path(scratch), map(rates.into, _read(recipe, where, tell, bad)))
        if not len(spool):
            first = f"; the first: {bad[0]}" if bad else ""
            raise AssayError(f"not one row could be read, so there is no corpus to make{first}")
        steps = _steps(recipe, contamination, more, 1 if isinstance(run, OnRay) else workers, where)
        facts = _facts(recipe, spool, contamination, more) | rates.facts | _learned(steps)
        fingerprint = stack.enter_context(owned(out, facts))
        for stale in out.glob(f"{SPOOL}*"):  # of killed runs: this one owns the directory now
            if stale != Path(scratch):
                shutil.rmtree(stale, ignore_errors=True)
        if not (out / MANIFEST).exists() or read_manifest(out)["fingerprint"] != fingerprint:
            domains = {name: one.domain for one in recipe.sources for name in one.names}
            sieve = _Sieve(spool, run, tell, bad, domains, out)
            sieve.make(steps)
            sieve.write(out, _notes(recipe, sieve), fingerprint)
    return Corpus.read(out)


SPOOL = ".spool-"


@contextmanager
def _made(out: Path) -> Iterator[None]:
    """Make the directory; one that was not there goes again where the block leaves nothing in it: a failed run claims
    nothing."""
    there = out.is_dir()
    out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if not there and not any(out.iterdir()):
            out.rmdir()


def decisions_of(step: str) -> str:
    """The file to which a durable step's decisions are appended."""
    return "decisions.jsonl" if step == GOLD else f"decisions-{step.replace(' ', '-')}.jsonl"


def _decisions(batch: pa.RecordBatch) -> dict[str, Any]:
    """What a durable step decided on a batch, as a row of its journal."""
    said = enumerate(zip(batch["reason"].to_pylist(), batch["evidence"].to_pylist(), strict=True))
    row: dict[str, Any] = {"rows": len(batch), "dropped": [[n, *why] for n, why in said if why[0]]}
    new = [[n, json.loads(text)] for n, text in enumerate(batch["changed"].to_pylist()) if text]
    return row | ({"changed": new} if new else {})


@dataclass
class _Sieve:
    """The rows of a spool, which of them are left, and what became of the others."""

    spool: Spool
    run: Executor
    tell: Progress
    bad: list[BadRow]
    """Own rows that could not be read at all."""
    domains: Mapping[str, str]
    """Source -> the domain that the recipe names for its rows."""
    out: Path
    """Where decisions of expensive steps are appended."""
    left: Mask = field(init=False)
    gone: list[pa.Table] = field(default_factory=list)
    """`DROPPED` and the step's name, step by step."""
    conflicts: int = 0
    """Problems with more than one value, where they are kept."""
    changed: Counter[str] = field(default_factory=Counter)
    """How many rows each step changed."""

    def __post_init__(self) -> None:
        self.left = np.ones(len(self.spool), np.bool_)
        self.ids = self.spool.index

    def make(self, steps: Sequence[BatchStep | KeyedStep]) -> None:
        """Make steps in their order."""
        while steps:
            if isinstance(steps[0], DurableStep):
                self.look_durably(steps[0])
                steps = steps[1:]
                continue
            batchwise = list(takewhile(lambda s: not isinstance(s, KeyedStep | DurableStep), steps))
            keyed = [*takewhile(lambda s: isinstance(s, KeyedStep), steps[len(batchwise) :])]
            self.look(batchwise, keyed)  # type: ignore[arg-type]
            steps = steps[len(batchwise) + len(keyed) :]

    def look(self, steps: list[BatchStep], keyed: list[KeyedStep]) -> None:
        """Make batch steps in one pass, then keyed ones on what they leave."""
        work, total, found = Pass(steps, keyed), len(self.spool), [Pass(steps, keyed).schema.empty_table()]
        every: list[BatchStep | KeyedStep] = [*steps, *keyed]
        for batch in self.run.run(work, self.spool, self.left, GROUP):
            found.append(pa.Table.from_batches([batch]))
            self.tell(every[0].name, batch["place"][-1].as_py() + 1, total)
        seen = pa.concat_tables(found)
        for step in steps:
            self._drop(step.name, seen.filter(pc.equal(seen["step"], step.name)))
        for by_key in keyed:
            self._drop(by_key.name, pa.Table.from_batches([by_key(self._index(seen, by_key))]))
            if isinstance(by_key, Duplicates) and by_key.on_conflict == "keep":
                self.conflicts = by_key.conflicts(self._index(seen, by_key))
        for made in every:
            self.tell(made.name, total, total)

    def _index(self, seen: pa.Table, step: KeyedStep) -> pa.Table:
        """Place, id and key of the rows that are left."""
        keys = seen.filter(pa.array(self.left[seen["place"].to_numpy()]))
        return pa.table({"place": keys["place"], "id": self.ids["id"].take(keys["place"]), "key": keys[step.name]})

    def look_durably(self, step: DurableStep) -> None:
        """Make a step whose decisions are appended to disk; those that are there are not made again."""
        journal = Journal(self.out / decisions_of(step.name))
        places = np.flatnonzero(self.left)
        made = list(journal.read())
        done = sum(line["rows"] for line in made)
        self.tell(step.name, done, len(places))
        rest = self.left.copy()
        rest[places[:done]] = False
        for batch in self.run.run(Pass([step]), self.spool, rest, BATCH):
            for start in range(0, len(batch), BATCH):
                part = batch.slice(start, BATCH)
                made.append(_decisions(part))
                journal.append(made[-1:])
                done += len(part)
                self.tell(step.name, done, len(places))
        starts = np.cumsum([0, *(line["rows"] for line in made)])
        gone: list[tuple[int, str, str]] = []
        changed: dict[int, Example] = {}
        for start, line in zip(starts, made, strict=False):
            gone += [(int(places[start + n]), reason, evidence) for n, reason, evidence in line["dropped"]]
            changed |= {int(places[start + n]): Example.from_json(row) for n, row in line.get("changed", ())}
        columns = zip(*gone, strict=True) if gone else ((), (), ())
        self._drop(step.name, pa.table(dict(zip(("place", "reason", "evidence"), columns, strict=True))))
        if changed:
            self.spool.amend(changed)
            self.ids = self.spool.index
            self.changed[step.name] = len(changed)

    def _drop(self, step: str, rows: pa.Table) -> None:
        self.left[rows["place"].to_numpy().astype(np.int64)] = False
        names = pa.array([step] * len(rows), pa.string())
        self.gone.append(rows.select(["place", "reason", "evidence"]).append_column("step", names))

    def write(self, out: Path, notes: list[str], fingerprint: str) -> None:
        """Write the corpus of the rows that are left, and some of those that are not."""
        write_jsonl(out / FILE, dropped_rows(self.spool, self.gone))
        writer = Writer(out)
        for piece, mask in self.spool.wanted(self.left):
            writer.add(piece.read(mask))
        came_in = self.spool.came_in + Counter(row.where for row in self.bad)
        writer.finish(_Ledger(self.gone, self.ids, self.bad, self.domains), came_in, notes, fingerprint)


@dataclass(frozen=True)
class _Ledger:
    """What was dropped, step by step, as rows that are made when they are looked at."""

    gone: list[pa.Table]
    index: pa.Table
    bad: list[BadRow]
    domains: Mapping[str, str]
    """Source -> the domain that the recipe names for its rows."""

    def __iter__(self) -> Iterator[Dropped]:
        for bad in self.bad:
            domain, said = self.domains.get(bad.where) or OWN, f"{bad.where}:{bad.line}: {bad.why}"
            yield Dropped(f"line {bad.line}", bad.where, domain, "read", "bad_row", said)
        for table in self.gone:
            for start in range(0, len(table), GROUP):
                part = table.slice(start, GROUP)
                known = self.index.take(part["place"].cast(pa.int64()))
                for row in zip(known.to_pylist(), part.to_pylist(), strict=True):
                    yield Dropped.from_json(row[0] | row[1])


def refuse_held_out(recipe: CurationRecipe) -> list[str]:
    """The names of a recipe's sources. Raises `BadConfig` where one is for evaluation only, and what a name raises
    that is no source, or rows of your own that cannot be read in the way that is asked for."""
    names = []
    for chosen in recipe.sources:
        for name in chosen.names:
            if chosen.source(name).eval_only:
                raise BadConfig(f"{name} is for evaluation only: name it under 'without', not under 'sources'")
            names.append(name)
    return names


def _read(recipe: CurationRecipe, data: Path | None, tell: Progress, bad: list[BadRow]) -> Iterator[Example]:
    names = refuse_held_out(recipe)
    for chosen in recipe.sources:
        for name in chosen.names:
            one = chosen if chosen.path else chosen.model_copy(update={"name": name})
            yield from one.examples(data, seed=recipe.seed, capped=False, on_bad=None if recipe.strict else bad.append)
            tell(f"read {name}", names.index(name) + 1, len(names))


def _steps(
    recipe: CurationRecipe,
    contamination: Contamination,
    more: Sequence[BatchStep | KeyedStep],
    workers: int,
    data: Path | None,
) -> list[BatchStep | KeyedStep]:
    """The steps of a recipe in its order; a step of the caller's own stands before gold is tried."""
    plain: dict[str, BatchStep | KeyedStep] = {
        "length": Length(recipe.min_prompt_chars, recipe.max_prompt_chars, recipe.max_gold_chars),
        "contamination": contamination,
        "readable": Readable(),
        "gold": GoldPasses(workers),
        "duplicates": Duplicates(recipe.on_conflict),
        "cap": _caps(recipe),
    }
    named = [step for step in recipe.steps if step.name != "gold" or recipe.check_gold]
    made: list[BatchStep | KeyedStep] = [_ready(step, plain, recipe.seed, data) for step in named]
    at = next((place for place, step in enumerate(made) if isinstance(step, GoldPasses)), len(made))
    made[at:at] = more
    seen: Counter[str] = Counter()
    for place, step in enumerate(made):
        seen[step.name] += 1
        if seen[step.name] == 1:
            continue
        if not isinstance(step, Config):
            raise BadConfig(
                f"two steps are called {step.name!r}, and the ledger tells them apart by name: rename yours"
            )
        made[place] = step.model_copy(update={"name": f"{step.name} {seen[step.name]}"})
    return made


def _ready(
    step: Step, plain: Mapping[str, BatchStep | KeyedStep], seed: int, data: Path | None
) -> BatchStep | KeyedStep:
    """A step of a recipe, with what it needs to know of the recipe and the data."""
    if isinstance(step, PlainStep):
        return plain[step.name]
    if isinstance(step, Quality):
        return step.fitted(data)
    return step.seeded(seed) if isinstance(step, Quota) else step


def _caps(recipe: CurationRecipe) -> Cap:
    capped = [(name, chosen) for chosen in recipe.sources if chosen.cap for name in chosen.names]
    return Cap(
        {name: (chosen.cap or 0, recipe.seed if chosen.seed is None else chosen.seed) for name, chosen in capped}
    )


def _learned(steps: Sequence[BatchStep | KeyedStep]) -> dict[str, object]:
    """What decides the result of steps that use a model, beside the recipe."""
    facts = {step.name: known for step in steps if (known := getattr(step, "facts", None)) is not None}
    return {"models": facts} if facts else {}


def _facts(
    recipe: CurationRecipe, spool: Spool, contamination: Contamination, more: Sequence[BatchStep | KeyedStep]
) -> dict[str, object]:
    return {
        "kind": "curate",
        "assay": VERSION,
        "recipe": settings(recipe, "executor"),
        "data": spool.data_hash,
        "held_out": content_hash([sorted(contamination.held_out), sorted(contamination.near)]),
        **default_judge().facts(spool.verifiers.values()),
        **({"steps": [step.name for step in more]} if more else {}),
    }


def _notes(recipe: CurationRecipe, sieve: _Sieve) -> list[str]:
    notes = []
    if recipe.without:
        notes.append(
            "No problem of " + ", ".join(recipe.without) + " is left: texts were compared without case, typography, "
            "options and instructions, and by numbers, signs and answer where the words differ."
        )
    if sieve.conflicts:
        notes.append(
            f"{sieve.conflicts} problems carry more than one reference (label conflicts, kept as the recipe asks)."
        )
    notes += [
        f"{rows} rows were changed by the step {step!r}: their lineage says so." for step, rows in sieve.changed.items()
    ]
    if not recipe.check_gold:
        notes.append("Gold responses were not tried.")
    return notes
