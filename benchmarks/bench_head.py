"""A trained head, alone and behind a rule: on sets that it never saw, under attack, and what a claim costs.

    python benchmarks/bench_head.py [HEAD]        # trains `recipes/head.toml` where no weights are named (minutes)

* is where the head pays no wrong row that the rule does not, by a threshold that is chosen on these very rows.

By set: right and wrong rows that are paid by the rule, the head, both, normalised containment, and Math-Verify where it
is installed. The questions of `QA-Eval NQ` are those held out in training; the other sets were never seen.
"""

import random
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from assay.audit.attacks import ATTACKS
from assay.audit.responses import fill
from assay.config import find_recipe, load_config
from assay.errors import NoAnswer
from assay.evaluate.metrics import wilson
from assay.judging.session import verify_many
from assay.learn.head import WEIGHTS, HeadRecipe, Rows, part_of, reliability, rows_of, train_head
from assay.types import Example
from assay.verifiers.head import Head, row, shown
from verify_labels import gsm8k, hardverify, natural_questions, qwen, squad, tables

Row = tuple[Example, str, bool]
ATTACKED = 60


def contained(example: Example, said: str) -> bool:
    texts = example.reference if isinstance(example.reference, list) else [example.reference]
    return any(squad(str(text)) in squad(said) for text in texts)


def told(name: str, paid: Iterable[bool], rows: Rows) -> None:
    paid = np.asarray(list(paid))
    cells = []
    for label in (True, False):
        own = paid[rows.right == label]
        low, high = wilson(int(own.sum()), len(own))
        cells.append(f"{own.sum():5} of {len(own):5}  {own.mean():6.1%} [{low:5.1%}, {high:5.1%}]")
    print(f"  {name:24}{cells[0]:>44}{cells[1]:>44}", flush=True)


def math_verify(rows: list[Row]) -> list[bool] | None:
    try:
        from math_verify import parse, verify
    except ImportError:
        return None
    found = []
    for example, said, _ in rows:
        given = parse(said, parsing_timeout=None)
        wanted = parse(f"\\boxed{{{example.reference}}}", parsing_timeout=None)
        found.append(bool(verify(wanted, given, timeout_seconds=None)))
    return found


def a_set(name: str, rows: list[Row], head: Head, peer: bool = False) -> Rows:
    made = rows_of(rows)
    alone = made.paid(head)
    seen = made.where(made.shown)
    print(f"{name}: calibration error {reliability(head.probabilities(seen.features), seen.right)['error']:.3f}")
    told("rule", made.ruled, made)
    told("head", alone, made)
    told("hybrid(rule, head)", made.ruled | alone, made)
    refused = made.shown & ~made.ruled & ~made.right
    above = head.probabilities(made.features[refused]).max(initial=0.0)
    told("hybrid, no more wrong *", made.ruled | (made.shown & (head.probabilities(made.features) > above)), made)
    told("containment", (contained(example, said) for example, said, _ in rows), made)
    if peer and (found := math_verify(rows)) is not None:
        told("Math-Verify", found, made)
    return made


def attacks(questions: list[Example], weights: Path) -> None:
    """Attack strings that are paid; those that a rule pays count."""
    pairs = []
    for example in questions:
        wrong = next(other.reference for other in questions if other.id != example.id)
        text = example.reference[0] if isinstance(example.reference, list) else str(example.reference)
        other = wrong[0] if isinstance(wrong, list) else str(wrong)
        for pattern, texts in ATTACKS.items():
            said = (fill(attack, answer=text, wrong=other, prompt=example.text) for attack in texts)
            pairs += [(example, one, pattern) for one in said if one is not None]
    for verifier in ("head", "hybrid"):
        judged = []
        for example, *_ in pairs:
            rule = {"rule": example.verifier, "rule_params": dict(example.params), "head": str(weights)}
            params = {"weights": str(weights)} if verifier == "head" else rule
            judged.append(replace(example, verifier=verifier, params=params))
        verdicts = verify_many(judged, [said for _, said, _ in pairs])
        paid = [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict.is_correct]
        print(f"{verifier}: {len(paid)} of {len(pairs):,} attacks in {len(ATTACKS)} patterns paid")
        for example, said, pattern in paid[:5]:
            print(f"    {pattern}: {said[:60]!r} for {str(example.reference)[:40]!r}")


def cost(rows: list[Row], head: Head) -> None:
    start = time.process_time()
    features, count = [], 0
    for example, said, _ in rows:
        try:
            features.append(row(example, shown(example, said)))
        except NoAnswer:
            continue
        finally:
            count += 1
    head.probabilities(np.asarray(features, np.float32))
    print(f"a claim costs {1000 * (time.process_time() - start) / count:.2f} ms of one core, finding it included")


def main() -> None:
    if len(sys.argv) > 1:
        weights = Path(sys.argv[1])
    else:
        out = Path(mkdtemp())
        train_head(load_config(HeadRecipe, find_recipe("head")), out)
        weights = out / WEIGHTS
    head = Head.load(weights)
    print(f"{weights.stat().st_size / 1000:.0f} kB, enough: {head.at_least:.3f}")
    nq = list(natural_questions())
    unseen = [one for one in nq if part_of(one[0], 0) == "held out"]
    a_set("QA-Eval NQ, held-out questions, text (stated)", unseen, head)
    exact = [(replace(example, params={"match": "exact"}), said, label) for example, said, label in unseen]
    a_set("the same, text (exact)", exact, head)
    a_set("TableLLM WTQ, text and set", list(tables()), head)
    a_set("HardVerify, math", list(hardverify()), head, peer=True)
    a_set("Qwen2.5-Math on MATH, math", list(qwen()), head, peer=True)
    a_set("GSM8K, number", random.Random(0).sample(list(gsm8k()), 1000), head)
    asked = list({example.id: example for example, *_ in unseen}.values())
    attacks(random.Random(0).sample(asked, ATTACKED), weights)
    cost(random.Random(0).sample(unseen, 500), head)


if __name__ == "__main__":
    main()
