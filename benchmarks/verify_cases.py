"""The cases of every family: right answers refused, wrong ones paid; of `math`, beside Math-Verify."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from assay.judging.session import verify_many
from assay.types import Example, as_messages
from bars import bar

FAMILIES = Path(__file__).parents[1] / "tests/cases/families/answers.jsonl"


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FAMILIES.read_text("utf-8").splitlines()]


def example_of(case: dict[str, Any]) -> Example:
    asked = as_messages(case.get("prompt") or "Answer the question.")
    return Example(
        prompt=asked, reference=case["reference"], verifier=case["verifier"], params=case.get("params") or {}
    )


def peer(case: dict[str, Any]) -> bool | None:
    """What Math-Verify says of a case of `math`; `None` where it is not installed."""
    try:
        from math_verify import parse, verify
    except ImportError:
        return None
    return bool(verify(parse(f"${case['reference']}$"), parse(case["response"])))


def main(show: int) -> None:
    rows = cases()
    verdicts = verify_many([example_of(case) for case in rows], [case["response"] for case in rows])
    agreed = [verdict.is_correct == _is_right(case) for case, verdict in zip(rows, verdicts, strict=True)]
    off: dict[str, list[str]] = defaultdict(list)
    for case, same in zip(rows, agreed, strict=True):
        if not same:
            off[case["family"]].append(f"{case['verifier']} {case['reference']!r}: {case['response'][-80:]!r}")
    tally = Counter((_is_right(case), same) for case, same in zip(rows, agreed, strict=True))
    refused, paid = tally[True, False], tally[False, False]
    print(f"{'cases by family':44}right refused {refused} of {refused + tally[True, True]}, ", end="")
    print(f"wrong paid {paid} of {paid + tally[False, True]}")
    for family, faults in sorted(off.items()):
        print(f"    {family}: {len(faults)}", *faults[:show], sep="\n        ")
    families = len({case["family"] for case in rows})
    bar(f"{len(rows):,} cases of {families} families: {refused} right ones refused, {paid} wrong ones paid", not off)
    math = [place for place, case in enumerate(rows) if case["verifier"] == "math"]
    theirs = [peer(rows[place]) for place in math]
    if None not in theirs:
        same = sum(said == _is_right(rows[place]) for place, said in zip(math, theirs, strict=True))
        ours = sum(agreed[place] for place in math)
        print(f"{'of math, as expected':44}{ours:7} of {len(math)}; Math-Verify {same}: {ours / same:.2f} times")


def _is_right(case: dict[str, Any]) -> bool:
    return bool(case["expected"] == "correct")
