"""Metamorphic pairs: rewrites of the references of every source, whose verdict is known by construction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from assay.audit.graders import find_grader
from assay.audit.labelled import LabelledRow
from assay.audit.rewrites import KINDS, rewritten
from assay.audit.run import audit
from assay.errors import AssayError
from assay.judging.session import verify_many
from assay.sources.base import SOURCES, data_dir
from assay.sources.math import last_box
from assay.types import Example, hashed_seed
from bars import bar
from verify_labels import read

POOL, ROWS_EACH, PEER_ROWS, CONSTANT_ROWS = 80, 10, 1200, 150
PEERS = ("math-verify", "verl", "reasoning-gym")


def _boxed(row: dict[str, Any]) -> str | None:
    return last_box(row["solution"]) if "\\boxed" in row["solution"] else None


def _one(row: dict[str, Any]) -> str | None:
    return row["final_answer"][0].strip("$ ") if len(row["final_answer"]) == 1 else None


FILES: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "math/math_test_5000.jsonl.gz": ("math", _boxed),
    "math/olympiadbench.jsonl": ("math", _one),
    "math/minerva.jsonl": ("math", _boxed),
    "math/hmmt_feb_2025.jsonl": ("math", lambda row: row["answer"]),
    "math/omni_math_500.jsonl": ("math", lambda row: row["answer"]),
    "labelled/tinyv_bigmath_prime_false_neg.jsonl": ("math", lambda row: row["answer"]),
    "science/scibench.jsonl": ("number", lambda row: str(row["answer_number"]).strip()),
    "logic/folio_dev.jsonl": ("boolean", lambda row: {"A": True, "B": False}.get(row["answer"])),
    "labelled/qa_eval_nq_human.jsonl.gz": ("text", lambda row: row["golden_answer"].split("/")),
}
"""Files of references that no registered source reads: the verifier, and how a row gives its reference."""


def pools() -> Iterator[tuple[str, list[Example]]]:
    """Each source's name with a sample of its Examples."""
    for name in SOURCES.names():
        source = SOURCES.get(name)
        size = None if source.kind == "real" else POOL
        try:
            found = list(source.examples(source.splits[0], data=data_dir(), size=size, seed=0))
        except AssayError as missing:
            print(f"left out: {name}: {missing}")
            continue
        if kept := [example for example in found if example.verifier in KINDS]:
            yield name, _sample(kept)
    for name, (verifier, reference) in FILES.items():
        made = [(reference(row), str(row.get("problem") or row.get("question") or "?")) for row in read(name)]
        kept = [
            Example(prompt=asked, reference=r, verifier=verifier, source=name)
            for r, asked in made
            if r not in (None, "")
        ]
        yield name, _sample(kept)


def _sample(examples: list[Example]) -> list[Example]:
    return sorted(examples, key=lambda example: hashed_seed("pairs", example.id))[:POOL]


def main(show: int) -> None:
    sources = list(pools())
    rows = [row for _, examples in sources for row in rewritten(examples, per=ROWS_EACH, seed=0)]
    verdicts = verify_many([row.example() for row in rows], [row.response for row in rows])
    wrong: dict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for row, verdict in zip(rows, verdicts, strict=True):
        for kind in (row.verifier, "all kinds"):
            wrong[kind, row.label][0] += verdict.is_correct != row.label
            wrong[kind, row.label][1] += 1
        if verdict.is_correct != row.label and show > 0:
            show -= 1
            print(f"    {row.verifier}, {row.family}, {row.label}: {row.reference!r} <- {row.response[-100:]!r}")
    print(f"{len(rows)} pairs from {len(sources)} sources")
    for kind in sorted({kind for kind, _ in wrong}):
        fn, right = wrong[kind, True]
        fp, bad = wrong[kind, False]
        missed, paid = (f"{n:5} of {of:6} = {100 * n / max(of, 1):5.2f} %" for n, of in ((fn, right), (fp, bad)))
        print(f"{kind:18} FN {missed}   FP {paid}")
    missed, paid = wrong["all kinds", True][0], wrong["all kinds", False][0]
    bar(
        f"{len(rows):,} rewrites of {len(sources)} sources: {missed} right ones refused, {paid} wrong ones paid",
        not missed + paid,
    )
    itself = [(row, v) for row, v in zip(rows, verdicts, strict=True) if row.family == "itself"]
    print(f"{'reflexivity':18} {sum(v.is_correct for _, v in itself)} of {len(itself)}")
    beside_peers([row for row in rows if row.verifier == "math"])
    constants(sources)


def beside_peers(rows: list[LabelledRow]) -> None:
    """The same pairs of mathematics through the peers."""
    some = sorted(rows, key=lambda row: hashed_seed("peers", row.reference, row.response))[:PEER_ROWS]
    for name in ("assay", *PEERS):
        try:
            (found,) = audit([find_grader(name)], some, attacks=False)
        except AssayError as missing:
            print(f"{name:18} {missing}")
            continue
        fn, fp = found.total.false_negatives, found.total.false_positives
        print(
            f"{name:18} FN {fn.count:5} of {fn.of:6} = {100 * (fn.value or 0):5.2f} %   "
            f"FP {fp.count:5} of {fp.of:6} = {100 * (fp.value or 0):5.2f} %   "
            f"{found.rows_per_second:7.0f}/s, {found.total.errors} errors"
        )


def constants(sources: list[tuple[str, list[Example]]]) -> None:
    """The string that earns most beyond its share as a true answer, over all sources."""
    worst = (0.0, "", "", 0.0, 0.0)
    for name, examples in sources:
        rows = [
            LabelledRow(
                reference=e.reference, response="", label=False, verifier=e.verifier, params=e.params, prompt=e.text
            )
            for e in examples[:CONSTANT_ROWS]
        ]
        (found,) = audit([find_grader("assay")], rows)
        for constant in found.constants:
            worst = max(worst, (constant.reward - constant.share, name, constant.text, constant.reward, constant.share))
    over, name, text, reward, share = worst
    print(
        f"constant strings: {over:.3f} beyond its share at most ({text!r} on {name}: {reward:.3f}, share {share:.3f})"
    )
