"""Real rollouts for a page: which problems are shown, what was expected, and what was said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.journal import Journal
from assay.rollout.store import RolloutStore
from assay.types import DOMAINS, SEALED, Example

PROBLEMS, RESPONSES = 2, 4
"""Problems shown of each domain, and responses to each of them a side."""
LONGEST = 4000
"""Characters shown of a text."""
BESIDE = 80
"""Characters up to which what was read, and what was expected, stands in the line below a rollout."""


def shown_rollouts(examples: Path, sides: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Problems of each domain with the rollouts of each side (`before` and `after`, or one).

    Shown are the one with the largest and the one with the smallest change between the sides, or share of correct
    responses where there is one side; only problems that every side answered.
    """
    asked = {row["id"]: row for row in Journal(examples).read() if SEALED not in row}
    stores = {name: RolloutStore(where) for name, where in sides.items()}
    means = [_means(store.marks()) for store in stores.values()]
    base = means[0] if len(means) > 1 else dict.fromkeys(means[0], 0.0)
    change = {i: mean - base[i] for i, mean in means[-1].items() if i in base and i in asked}
    picked: list[str] = []
    for domain in in_order(asked[i]["domain"] for i in change):
        of_domain = sorted((i for i in change if asked[i]["domain"] == domain), key=lambda i: (-change[i], i))
        picked += of_domain[: PROBLEMS - 1] + of_domain[-1:] if len(of_domain) > PROBLEMS else of_domain
    said = {name: _of_examples(store, set(picked)) for name, store in stores.items()}
    return [_shown(Example.from_json(asked[i]), {name: rows[i] for name, rows in said.items()}) for i in picked]


def in_order(domains: Iterable[str]) -> list[str]:
    """The six domains in their usual order, then the others by name."""
    return sorted(set(domains), key=lambda d: (DOMAINS.index(d) if d in DOMAINS else len(DOMAINS), d))


def expected(reference: Any) -> str:
    """A reference as a reader would write it: text as it is, one line a field or a long list's entry, else JSON.

    Example:
        >>> print(expected({"tests": ["assert f(1) == 2"], "entry_point": "f"}))
        tests: ["assert f(1) == 2"]
        entry_point: f
    """
    if isinstance(reference, str):
        return reference
    if isinstance(reference, Mapping):
        parts = ((name, expected(value)) for name, value in reference.items())
        return "\n".join(f"{name}:\n{text}" if "\n" in text else f"{name}: {text}" for name, text in parts)
    text = json.dumps(reference, ensure_ascii=False)
    return "\n".join(map(expected, reference)) if isinstance(reference, list) and len(text) > BESIDE else text


def cut(text: str, longest: int = LONGEST) -> str:
    """A text with its middle left out where it is too long: what is asked and what is answered stand at the ends.

    Example:
        >>> cut("abcdefgh", 4)
        'ab\\n[... 4 characters left out ...]\\ngh'
    """
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half:,} characters left out ...]\n{text[-half:]}"


def _shown(example: Example, sides: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    reference = expected(example.reference)
    return {
        "domain": example.domain,
        "source": example.source,
        "asked": cut(example.asked_text),
        "expected": cut(reference),
        "beside": _short(reference),
        "sides": {name: [_line(row) for row in rows[:RESPONSES]] for name, rows in sides.items()},
        "correct": {name: sum(row["verdict"]["status"] == "correct" for row in rows) for name, rows in sides.items()},
        "of": {name: len(rows) for name, rows in sides.items()},
    }


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    verdict, response = row["verdict"], row["response"]
    read = verdict.get("read") or ""
    return {
        "status": verdict["status"],
        "response": cut(response),
        "read": "" if read.strip() == response.strip() else _short(read),
        "why": cut(verdict.get("why") or "", 500),
    }


def _short(text: str) -> str:
    """A text that fits in a line, else nothing."""
    return text if len(text) <= BESIDE and "\n" not in text else ""


def _means(marks: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Mean score of each Example; 0 where no verdict counts."""
    scores: dict[str, list[float]] = {}
    for mark in marks:
        scores.setdefault(mark["example_id"], []).extend([] if mark["score"] is None else [mark["score"]])
    return {name: sum(found) / len(found) if found else 0.0 for name, found in scores.items()}


def _of_examples(store: RolloutStore, wanted: set[str]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in store.rows() if wanted else ():
        if row["example_id"] in wanted:
            out.setdefault(row["example_id"], []).append(row)
    return {name: sorted(said, key=lambda row: row["index"]) for name, said in out.items()}
