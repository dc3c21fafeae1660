"""Verdicts a second on one core, beside Math-Verify from the same run, and the cold start of `assay grade`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assay.judging.session import verify
from assay.types import Example
from bars import bar, unmeasured
from verify_labels import labelled, read

SYMBOLIC, INTEGERS, PEER_ROWS = 1500, 6000, 300
LEAST = 8
"""Times Math-Verify's speed."""
_INTEGER = re.compile(r"\$?-?\d+\$?")


def references() -> list[str]:
    """References that are no plain integers: olympiad, competition and hard-to-verify ones."""
    found = [row["final_answer"][0] for row in read("math/olympiadbench.jsonl") if len(row["final_answer"]) == 1]
    for name in ("math/math500.jsonl", "math/hmmt_feb_2025.jsonl", "labelled/tinyv_bigmath_prime_false_neg.jsonl"):
        found += [str(row["answer"]) for row in read(name)]
    return [text for text in found if text.strip() and not _INTEGER.fullmatch(text.strip())][:SYMBOLIC]


def pairs() -> list[tuple[str, str]]:
    """Each reference with itself, with a rewrite, and with the next one."""
    texts = references()
    made = []
    for text, other in zip(texts, texts[1:] + texts[:1], strict=True):
        for answer in (text, text.replace("\\frac", "\\dfrac").replace(" ", "  "), other):
            made.append((text, f"We simplify both sides and get \\boxed{{{answer.strip('$ ')}}}."))
    return made


def rate(rows: list[tuple[str, str]], grade: Callable[[str, str], object]) -> float:
    start = time.process_time()
    for reference, text in rows:
        grade(reference, text)
    return len(rows) / (time.process_time() - start)


def ours(verifier: str) -> Callable[[str, str], object]:
    return lambda reference, text: verify(Example(prompt="?", reference=reference, verifier=verifier), text)


def theirs() -> Callable[[str, str], object] | None:
    try:
        from math_verify import parse
        from math_verify import verify as compare
    except ImportError:
        return None
    return lambda reference, text: compare(parse(f"${reference.strip('$')}$"), parse(text))


def cold_start() -> float:
    """The best of five runs, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "one.jsonl"
        rows.write_text(json.dumps({"verifier": "math", "reference": "\\frac12", "response": "\\boxed{0.5}"}))
        best = 60.0
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-m", "assay", "grade", rows], check=True, capture_output=True)
            best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    peer = theirs()
    whole = [(str(n * 37), f"So it is {n * 37} in all. The answer is \\boxed{{{n * 37}}}.") for n in range(INTEGERS)]
    solutions = [(example.reference, text) for example, text, _ in labelled("gsm8k")]
    for name, rows, verifier in (
        ("symbolic references, math", pairs(), "math"),
        ("integers in boxes, math", whole, "math"),
        ("integers in boxes, number", whole, "number"),
        ("GSM8K solutions, number", solutions, "number"),
    ):
        rate(rows[:50], ours(verifier))
        mine = rate(rows, ours(verifier))
        sample = rows[:: max(1, len(rows) // PEER_ROWS)]
        if peer is None:
            unmeasured(f"{name}: {mine:.0f}/s", "Math-Verify is not installed: pip install 'assay[bench]'")
            continue
        rate(sample[:3], peer)
        other = rate(sample, peer)
        every = f"(every {len(rows) // len(sample)}th)"
        beside = f"{name}: {mine:.0f}/s, Math-Verify {other:.0f}/s {every}"
        bar(f"{beside}: {mine / other:.1f} times, at least {LEAST}", mine >= LEAST * other)
    print(f"{'cold start of assay grade':32}{cold_start():9.2f} s for one row")
