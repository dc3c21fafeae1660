"""A trained head, alone and behind a rule: by labelled set, under attack, and what a claim costs.

    python benchmarks/judge_head.py              # trains `recipes/head.toml` in five turns (minutes)

By set: right and wrong rows that are paid by the rule, the head, both, normalised containment, and Math-Verify where it
is installed; and the calibration error with its interval, beside the one that a head without fault would show on so
few rows, its probabilities being these. Every row is judged
by a head that was made from other questions: the parts take turns (`learn/head.py`). * is where the head pays no wrong
row that the rule does not, by a threshold that is chosen on these very rows.
"""

import random
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
from assay.learn.head import (
    TENTHS,
    TURNS,
    WEIGHTS,
    Bools,
    HeadRecipe,
    Rows,
    apart,
    made_in,
    reliability,
    rewrites_of,
    rows_of,
    tenth_of,
)
from assay.types import Example
from assay.verifiers.head import Floats, Head, row, shown
from bars import bar
from verify_labels import squad

Row = tuple[Example, str, bool]
ATTACKED = 60
LARGEST, MOST = 0.05, 5.0
"""The calibration error and the milliseconds of a claim that are held to."""


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


def a_set(name: str, rows: list[Row], made: Rows, heads: list[Head], peer: bool = False) -> int:
    """Print a set; returns the right rows that the hybrid pays beyond the rule where it pays no more wrong ones."""
    place = np.arange(len(rows))
    order = np.concatenate([place[np.isin(made.tenth, made.of("held out", turn).tenth)] for turn in range(len(heads))])
    rows = [rows[at] for at in order]
    made, alone, likely = apart(heads, made)
    print(f"\n{name}")
    calibration(name, likely[made.shown], made.right[made.shown])
    told("rule", made.ruled, made)
    told("head", alone, made)
    told("hybrid(rule, head)", made.ruled | alone, made)
    refused = made.shown & ~made.ruled & ~made.right
    as_sure = made.ruled | (made.shown & (likely > likely[refused].max(initial=0.0)))
    told("hybrid, no more wrong *", as_sure, made)
    told("containment", (contained(example, said) for example, said, _ in rows), made)
    if peer and (found := math_verify(rows)) is not None:
        told("Math-Verify", found, made)
    return int((as_sure & made.right).sum() - (made.ruled & made.right).sum())


def calibration(name: str, likely: Floats, right: Bools) -> None:
    """The bar of the calibration error; where so few rows show more by chance alone, that is what it is held to."""
    found = reliability(likely, right)
    low, high = found["interval"]
    bar(
        f"calibration error, {name}: {found['error']:.3f} [{low:.3f}, {high:.3f}] on {len(right):,} rows; a head "
        f"without fault {found['chance']:.3f}, in 95 of 100 below {found['chance_high']:.3f}",
        found["error"] <= max(LARGEST, found["chance_high"]),
    )


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
        bar(f"{verifier}: {len(paid)} of {len(pairs):,} attacks in {len(ATTACKS)} patterns paid", not paid)
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
    spent = 1000 * (time.process_time() - start) / count
    bar(f"a claim costs {spent:.2f} ms of one core, finding it included, less than {MOST:g}", spent < MOST)


def main() -> None:
    recipe = load_config(HeadRecipe, find_recipe("head"))
    known = [list(entry.rows(None)) for entry in recipe.labelled]
    sets = {
        entry.path: [(o.example(), o.response, o.label) for o in rows]
        for entry, rows in zip(recipe.labelled, known, strict=True)
    }
    rows = {e.path: rows_of(sets[e.path], recipe.seed, e.weight) for e in recipe.labelled}
    rewrites = rows_of(rewrites_of(recipe, known, None), recipe.seed, recipe.weight)
    real = Rows.joined(list(rows.values()))
    heads = [made_in(turn, recipe, real, rewrites) for turn in range(TURNS)]
    weights = Path(mkdtemp()) / WEIGHTS
    heads[0].save(weights)
    print(f"{weights.stat().st_size / 1000:.0f} kB, enough: {heads[0].at_least:.3f}")
    gained = {
        name: a_set(name, found, rows[name], heads, peer=name in ("labelled/hardverify", "labelled/math_qwen"))
        for name, found in sets.items()
    }
    told_gains = ", ".join(f"{gain} on {name.removeprefix('labelled/')}" for name, gain in gained.items())
    bar(f"right rows beyond the rule at the rule's own false payments: {told_gains}", sum(gained.values()) > 0)
    whole, _, likely = apart(heads, real)
    calibration("all sets", likely[whole.shown], whole.right[whole.shown])
    nq = sets["labelled/natural_questions"]
    exact = [(replace(example, params={"match": "exact"}), said, label) for example, said, label in nq]
    a_set("labelled/natural_questions, text (exact)", exact, rows_of(exact, recipe.seed), heads)
    unseen = [one for one in nq if tenth_of(one[0], recipe.seed) in TENTHS["held out"]]
    asked = list({example.id: example for example, *_ in unseen}.values())
    attacks(random.Random(0).sample(asked, ATTACKED), weights)
    cost(random.Random(0).sample(unseen, 500), heads[0])


if __name__ == "__main__":
    main()
