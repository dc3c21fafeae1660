"""Curation as a long job: it appends to disk as it goes, resumes where it stopped, and ends in the same bytes.

Cheap steps (length, contamination, duplicates, caps) are repeated on resume; decisions of the expensive one (does the
gold response pass?) are appended to `decisions.jsonl` batch by batch. Corpus, ledger and card are written at the end
from both, so a run that was killed and resumed gives the files of one that was not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assay.corpus.collection import Corpus
from assay.corpus.ledger import Dropped
from assay.curate.recipe import CurationRecipe
from assay.curate.steps import KEEP, Cap, Contamination, Decision, Drop, Duplicates, GoldPasses, Length, Step
from assay.errors import BadConfig
from assay.journal import Journal, claim
from assay.judging.verifier import VERIFIERS
from assay.sources.base import SOURCES
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
) -> Corpus:
    """Make the corpus of a recipe under `out`, or finish the one that was begun there.

    Args:
        recipe: What to read and what to keep.
        out: Directory of the corpus. Raises `RunConflict` when it holds a run of another recipe, data or verifiers.
        data: Directory of real rows; `$ASSAY_DATA` without it.
        progress: Called after each step or batch.
        workers: Verifications that run side by side; does not change the result.
    """
    out, where = Path(out), Path(data) if data is not None else None
    tell = progress or (lambda step, done, total: None)
    examples = list(_read(recipe, where, tell))
    fingerprint = claim(out, _facts(recipe, examples))
    came_in = dict(Counter(example.source for example in examples))
    ledger: list[Dropped] = []
    for step in _steps(recipe, where, workers):
        decisions = step(examples) if step.cheap else _durably(step, examples, out, tell)
        tell(step.name, len(examples), len(examples))
        for example, decision in zip(examples, decisions, strict=True):
            if isinstance(decision, Drop):
                ledger.append(Dropped.of(example, step.name, decision.reason, decision.evidence))
        examples = [e for e, decision in zip(examples, decisions, strict=True) if not isinstance(decision, Drop)]
    corpus = Corpus(examples, ledger=ledger, came_in=came_in, notes=_notes(recipe, examples), data=where)
    corpus.write(out, fingerprint=fingerprint)
    return corpus


def _read(recipe: CurationRecipe, data: Path | None, tell: Progress) -> Iterator[Example]:
    for place, origin in enumerate(recipe.sources):
        source = SOURCES.get(origin.name)
        if source.eval_only:
            raise BadConfig(f"{origin.name} is for evaluation only: name it under 'without', not under 'sources'")
        yield from source.examples(origin.split, data=data, size=origin.size, seed=origin.seed, level=origin.level)
        tell(f"read {origin.name}", place + 1, len(recipe.sources))


def _steps(recipe: CurationRecipe, data: Path | None, workers: int) -> list[Step]:
    caps = {origin.name: origin.cap for origin in recipe.sources if origin.cap is not None}
    steps: list[Step] = [
        Length(recipe.min_prompt_chars, recipe.max_prompt_chars, recipe.max_gold_chars),
        Contamination.of(recipe.without, data),
        Duplicates(recipe.on_conflict),
        Cap(caps, recipe.seed),
    ]
    return [*steps, GoldPasses(workers)] if recipe.check_gold else steps


def _durably(step: Step, examples: Sequence[Example], out: Path, tell: Progress) -> list[Decision]:
    """Decisions on all examples; those on disk are not made again."""
    journal = Journal(out / "decisions.jsonl")
    made: dict[str, Decision] = {
        row["id"]: Drop(row["reason"], row["evidence"]) if row["reason"] else KEEP for row in journal.read()
    }
    rest = [example for example in examples if example.id not in made]
    for start in range(0, len(rest), BATCH):
        batch = rest[start : start + BATCH]
        decisions = step(batch)
        made.update(zip((example.id for example in batch), decisions, strict=True))
        journal.append(_as_row(example, decision) for example, decision in zip(batch, decisions, strict=True))
        tell(step.name, len(examples) - len(rest) + start + len(batch), len(examples))
    return [made[example.id] for example in examples]


def _as_row(example: Example, decision: Decision) -> dict[str, str]:
    dropped = decision if isinstance(decision, Drop) else Drop("")
    return {"id": example.id, "reason": dropped.reason, "evidence": dropped.evidence}


def _facts(recipe: CurationRecipe, examples: Sequence[Example]) -> dict[str, object]:
    return {
        "kind": "curate",
        "assay": VERSION,
        "recipe": recipe.model_dump(mode="json"),
        "data": content_hash([[example.id, example.gold] for example in examples]),
        "verifiers": {name: VERIFIERS.get(name).version for name in sorted({e.verifier for e in examples})},
    }


def _notes(recipe: CurationRecipe, kept: Sequence[Example]) -> list[str]:
    notes = []
    if recipe.without:
        notes.append("Free of the prompts of " + ", ".join(recipe.without) + " (exact after normalising).")
    if conflicts := Duplicates.conflicts(kept):
        notes.append(f"{conflicts} prompts carry more than one reference (label conflicts, kept as the recipe asks).")
    if not recipe.check_gold:
        notes.append("Gold responses were not tried.")
    return notes
