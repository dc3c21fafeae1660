"""What the page of a corpus shows: from raw to kept, sources and licences, difficulty, and rows that were dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.corpus.collection import Corpus
from assay.corpus.ledger import Line
from assay.corpus.look import in_full, stats
from assay.corpus.store import read_manifest
from assay.curate.difficulty import BUCKETS, buckets
from assay.curate.examples import FILE, LONGEST
from assay.curate.recipe import CurationRecipe
from assay.files import read_jsonl
from assay.journal import CLAIM
from assay.report.summary import read_json
from assay.sources.base import SOURCES, rank
from assay.sources.own import entry_of
from assay.types import Example

_STEPS = {
    "read": "lines of files that are no row",
    "length": "problems and gold responses that are too short or too long",
    "contamination": "problems of held-out sets: the same text, or the same numbers, signs and answer in other words",
    "readable": "rows whose reference their verifier cannot use",
    "gold": "rows whose gold response does not pass their own verifier",
    "duplicates": "a problem that came before with the same value, and all rows of one that has several values",
    "near_duplicates": "a problem that came before in other words, with the same numbers, signs and answer",
    "substring": "problems of math and code, or of the domains named here, that stand inside a longer one",
    "answer": "references that make a poor reward: too long, too precise, or one of few",
    "tags": "rows by their tags",
    "difficulty": "problems that are too easy, too hard, or solved more often by the weaker model",
    "reached": "recorded outputs that running the program does not give again",
    "tests": "tasks of code whose tests accept a broken program",
    "gate": "programs that do not compile, or that a linter refuses",
    "verified_block": "problems whose own program does not give their answer",
    "quality": "problems that read more like bad texts than like good ones",
    "rewrite": "nothing: it writes rows anew, and keeps what verifies",
    "cap": "rows over the cap of their source, drawn by a hash of seed and id",
    "quota": "rows over exact shares, drawn by a hash of seed and id",
}
"""What each step of a recipe drops."""


def corpus_numbers(directory: Path) -> dict[str, Any]:
    """The numbers of the page as JSON values, and the recipe and seed that they come from."""
    corpus, manifest, facts = Corpus.read(directory), read_manifest(directory), read_json(directory / CLAIM) or {}
    card, numbers = corpus.card, stats(corpus)
    gone: dict[str, Counter[str]] = {}
    for row in corpus.ledger:
        gone.setdefault(row.step, Counter())[row.reason] += 1
    return {
        "total": vars(card.total),
        "adds_up": card.adds_up,
        "data_hash": manifest["data_hash"],
        "fingerprint": manifest["fingerprint"],
        "verifiers": manifest["verifiers"],
        "domains": {name: vars(line) for name, line in card.domains.items()},
        "sources": {name: vars(line) | numbers.get(name, {}) for name, line in card.sources.items()},
        "dropped_by_step": gone,
        "difficulty": buckets(corpus),
        "notes": list(card.notes),
        "recipe": facts.get("recipe"),
        "examples": _examples(directory),
    }


def _examples(directory: Path) -> dict[str, list[Mapping[str, Any]]]:
    """Some dropped rows of each reason, with the rows that they repeat."""
    examples: dict[str, list[Mapping[str, Any]]] = {}
    for _, row in read_jsonl(directory / FILE) if (directory / FILE).exists() else ():
        examples.setdefault(row["reason"], []).append(row)
    return examples


def corpus_content(directory: Path) -> dict[str, Any]:
    """Everything that the template asks for."""
    corpus, manifest = Corpus.read(directory), read_manifest(directory)
    card, numbers = corpus.card, stats(corpus)
    total = card.total
    facts = read_json(directory / CLAIM) or {}
    recipe = CurationRecipe.model_validate(facts["recipe"]) if "recipe" in facts else None
    gone = Counter((row.step, row.reason) for row in corpus.ledger)
    difficulty = buckets(corpus)
    return {
        "headline": f"{total.came_in:,} rows came in, {total.kept:,} were kept",
        "lead": f"{total.kept:,} problems of {len(card.domains)} domains from {len(card.sources)} sources, to train a "
        "language model on by reinforcement: each row holds a problem, what is right, and the name of the verifier "
        "that judges responses. A row that came in is here, or in the ledger with the step that dropped it and why.",
        "about": {
            "corpus": directory.resolve().name,
            "the numbers add up": "yes" if card.adds_up else "NO: a row was lost",
            "content hash": manifest["data_hash"],
            "seed": recipe.seed if recipe else "not recorded",
            "assay": facts.get("assay", "not recorded"),
            "kept without a gold response": f"{total.unproven:,}",
        },
        "notes": card.notes,
        "kept": _kept(corpus),
        "steps": _steps(recipe, gone, total.came_in),
        "held_out": _held_out(recipe, corpus) if recipe else {},
        "licences": _licences(numbers),
        "limits": _limits(card.total, numbers, bool(difficulty), recipe),
        "domains": [_line(name, line) for name, line in card.domains.items()],
        "sources": [
            _line(name, line) | _known(numbers.get(name)) | _origin(name) for name, line in card.sources.items()
        ],
        "buckets": BUCKETS,
        "difficulty": difficulty,
        "examples": _examples(directory),
        "counts": total.dropped,
    }


def _line(name: str, line: Line) -> dict[str, Any]:
    reasons = ", ".join(f"{rows:,} {reason.replace('_', ' ')}" for reason, rows in line.dropped.most_common())
    share = f"{line.kept / line.came_in:.1%}" if line.came_in else "0%"
    return {"name": name or "-", "came_in": line.came_in, "kept": line.kept, "share": share, "dropped": reasons}


def _kept(corpus: Corpus) -> dict[str, str]:
    """Of each domain the row with the smallest hash, as it is asked and with what is right."""
    drawn: dict[str, tuple[int, Example]] = {}
    for example in corpus:
        place = rank(0, example.id)
        if example.domain not in drawn or place < drawn[example.domain][0]:
            drawn[example.domain] = place, example
    return {name: in_full(example, LONGEST) for name, (_, example) in sorted(drawn.items())}


def _steps(recipe: CurationRecipe | None, gone: Mapping[tuple[str, str], int], came_in: int) -> list[dict[str, Any]]:
    """The steps in their order: what each drops, what it dropped here, and what was left behind it."""
    asked, seen = {"read": ""} if ("read", "bad_row") in gone else {}, Counter[str]()
    for step in recipe.steps if recipe else ():
        seen[step.name] += 1
        given = step.model_dump(exclude_defaults=True, exclude={"name"})
        name = step.name if seen[step.name] == 1 else f"{step.name} {seen[step.name]}"
        if recipe and name == "length":
            asked[name] = f"problems of {recipe.min_prompt_chars:,} to {recipe.max_prompt_chars:,} characters stay"
        elif name != "gold" or (recipe and recipe.check_gold):
            asked[name] = "; ".join(f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in given.items())
    made = []
    for name in (*asked, *sorted({step for step, _ in gone} - asked.keys())):
        reasons = {reason: rows for (step, reason), rows in gone.items() if step == name}
        came_in -= sum(reasons.values())
        dropped = ", ".join(f"{rows:,} {reason.replace('_', ' ')}" for reason, rows in sorted(reasons.items()))
        does = _STEPS.get(name.split(" ")[0], "a step of the caller's own")
        made.append({"name": name, "does": does, "asked": asked.get(name, ""), "dropped": dropped, "left": came_in})
    return made


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _held_out(recipe: CurationRecipe, corpus: Corpus) -> dict[str, int]:
    """Each held-out set, and how many rows were dropped for a problem of it."""
    found = Counter(row.evidence.rpartition(":")[0] for row in corpus.ledger if row.reason == "contaminated")
    return {entry: found[entry_of(entry)[0]] for entry in recipe.without}


def _licences(numbers: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each licence with its rows and sources, the most rows first."""
    rows, sources = Counter[str](), dict[str, list[str]]()
    for name, line in numbers.items():
        rows[line["licence"]] += line["rows"]
        sources.setdefault(line["licence"], []).append(name)
    return [{"name": name, "rows": n, "sources": ", ".join(sources[name])} for name, n in rows.most_common()]


def _limits(
    total: Line, numbers: Mapping[str, Mapping[str, Any]], measured: bool, recipe: CurationRecipe | None
) -> Sequence[str]:
    """What whoever trains on it should know."""
    said = []
    if recipe and recipe.without:
        said.append(
            "Held-out sets are only those named below. A problem of them that was translated, or told with other "
            "numbers, is not found."
        )
    elif recipe:
        said.append("No set was held out: nothing was compared with what a model may be evaluated on.")
    said.append(
        f"{total.kept - total.unproven:,} rows have a gold response"
        + (", which passed the row's own verifier" if recipe and recipe.check_gold else "")
        + (f"; {total.unproven:,} have none, so nothing shows that a right response is paid" if total.unproven else "")
        + ". Whether the origin's answer is true was not checked."
    )
    if not measured:
        said.append("How hard the rows are for a model was not measured: measure it, and add a difficulty step.")
    if unknown := [name for name, line in numbers.items() if not line["licence"] or "none stated" in line["licence"]]:
        said.append(f"No licence is stated for {', '.join(unknown)}.")
    said.append("Licences are those of the origin; problems of contests and textbooks may belong to others.")
    return said


def _origin(name: str) -> dict[str, str]:
    """What a source is, and where it is published."""
    if name not in SOURCES.names():
        return {"about": "a file of your own", "home": ""}
    source = SOURCES.get(name)
    home = getattr(source, "published", "") or ("made by this package" if source.kind == "procedural" else "")
    return {"about": source.about, "home": home}


def _known(numbers: Mapping[str, Any] | None) -> dict[str, str]:
    if numbers is None:
        return {"verifier": "", "chars": ""}
    chars = ", ".join(f"{n:,}" for n in numbers["chars"])
    return {"verifier": numbers["verifier"], "chars": chars}
