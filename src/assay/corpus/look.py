"""Looking at a corpus: its numbers, some of its rows, one row in full, and what two corpora do not share."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from assay.corpus.collection import Corpus
from assay.errors import UnknownName
from assay.sources.base import rank
from assay.types import Example

SHOWN = 500
"""Characters of a problem that a sample shows."""


def stats(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Of each source: rows, verifiers, licences, the share with a gold response, and the length of problems.

    `chars` has the smallest, the median and the largest length in characters.
    """
    lengths: dict[str, list[int]] = {}
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for example in corpus:
        lengths.setdefault(example.source, []).append(len(example.text))
        seen = counts.setdefault(example.source, Counter())
        for kind, value in (("domain", example.domain), ("verifier", example.verifier), ("licence", example.licence)):
            seen[kind, value] += 1
        seen["gold", ""] += example.gold is not None
    return {source: _line(sorted(lengths[source]), counts[source]) for source in sorted(lengths)}


def _line(lengths: list[int], seen: Counter[tuple[str, str]]) -> dict[str, Any]:
    values = {name: sorted(v for kind, v in seen if kind == name) for name in ("domain", "verifier", "licence")}
    return {
        "rows": len(lengths),
        **{name: ", ".join(found) for name, found in values.items()},
        "gold": seen["gold", ""] / len(lengths),
        "chars": [lengths[0], lengths[len(lengths) // 2], lengths[-1]],
    }


def stats_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """`stats` for a terminal."""
    lines = [f"{'source':32} {'rows':>8} {'gold':>6} {'chars: least, median, most':>28}  verifier; licence"]
    for source, line in found.items():
        chars = ", ".join(f"{n:,}" for n in line["chars"])
        kinds = f"{line['verifier']}; {line['licence'] or 'not stated'}"
        lines.append(f"{source or '-':32} {line['rows']:8,} {line['gold']:6.0%} {chars:>28}  {kinds}")
    return "\n".join(lines)


def sample(corpus: Corpus, size: int, seed: int = 0, source: str = "") -> list[Example]:
    """Rows with the smallest hash of (seed, id), of one source or domain where it is named.

    Raises `UnknownName` where no row is of it.
    """
    rows = [example for example in corpus if source in ("", example.source, example.domain)]
    if source and not rows:
        raise UnknownName(
            "source or domain of the corpus", source, {e.source for e in corpus} | {e.domain for e in corpus}
        )
    return heapq.nsmallest(size, rows, key=lambda example: rank(seed, example.id))


def found(corpus: Corpus, begun: str) -> Example:
    """The row whose id begins so. Raises `UnknownName` where there is none, or where what dropped it is known."""
    for example in corpus:
        if example.id.startswith(begun):
            return example
    for row in corpus.ledger:
        if row.id.startswith(begun):
            why = f"; it was dropped by {row.step}: {row.reason} {row.evidence}".rstrip()
            raise UnknownName("row", begun, (), why)
    raise UnknownName("row", begun, ())


def in_full(example: Example, longest: int | None = None) -> str:
    """A row as text: how it is asked, what is right, who judges, where it comes from."""
    asked = example.asked_text
    asked = asked if longest is None or len(asked) <= longest else asked[:longest] + " ..."
    rates = {model: f"{total:g} of {samples}" for model, (total, samples) in example.pass_rates.items()}
    facts = {
        "reference": json.dumps(example.reference, ensure_ascii=False),
        "verifier": example.verifier + (f" {json.dumps(dict(example.params))}" if example.params else ""),
        "gold": example.gold,
        "tags": ", ".join(example.tags),
        "rates": ", ".join(f"{model} {said}" for model, said in rates.items()),
        "licence": example.licence,
        "lineage": ", ".join(example.lineage),
    }
    said = [f"{name:10} {value[:longest] if longest else value}" for name, value in facts.items() if value]
    return "\n".join([f"--- {example.id}  {example.source or '-'}", asked, "", *said])


def difference(one: Corpus, other: Corpus) -> Iterator[str]:
    """What stands in one corpus alone, by source and by what the other's ledger says of it; a line each."""
    ids = [{example.id: example.source for example in corpus} for corpus in (one, other)]
    yield f"{len(ids[0].keys() & ids[1].keys()):,} rows are in both"
    for mine, theirs, corpus, sign in ((ids[0], ids[1], other, "-"), (ids[1], ids[0], one, "+")):
        why = {row.id: row.reason for row in corpus.ledger}
        alone = Counter((source, why.get(name, "")) for name, source in mine.items() if name not in theirs)
        for (source, reason), rows in sorted(alone.items()):
            yield f"{sign} {rows:,} of {source or '-'}" + (f" ({reason} there)" if reason else "")
