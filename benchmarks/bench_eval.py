"""What an evaluation reaches on recorded responses whose scores are published, and what it costs a completion.

    python benchmarks/bench_eval.py [COMPLETIONS]      # 20,000 without it

Cobbe's four GSM8K systems (arXiv 2110.14168) and MATH-Vision's five models (arXiv 2402.14804) are read from the data
directory, so that nobody here wrote a label. MATH-Vision's own grader refuses the right option's text where it has
units or signs ("8 kg"), and pays some that are another option's; ours reads options. Where the two differ is counted
both ways.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from assay.evaluate.run import evaluate
from assay.evaluate.select import select
from assay.evaluate.suite import Suite, find_suite
from assay.rollout.runs import open_run
from assay.rollout.store import RolloutStore
from assay.sources.base import data_dir
from assay.types import Example, Measurement

SYSTEMS = {"6b_finetuning": 21.68, "6b_verification": 39.04, "175b_finetuning": 34.72, "175b_verification": 56.25}
VISION = {
    "Gemini-Pro": 17.66,
    "Qwen-VL-Max": 15.59,
    "SPHINX-MoE": 14.18,
    "LLaVA-v1.5-13B": 11.12,
    "Random-Chance": 7.17,
}
"""Published accuracies, in percent."""


def rows(name: str) -> list[dict[str, Any]]:
    content = (data_dir() / name).read_bytes()
    text = gzip.decompress(content) if name.endswith(".gz") else content
    return [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]


def recorded(path: Path, said: Iterable[tuple[str, list[str]]]) -> str:
    path.write_text("".join(json.dumps({"id": name, "responses": texts}) + "\n" for name, texts in said), "utf-8")
    return str(path)


def cobbe(folder: Path) -> None:
    found = rows("labelled/gsm8k_openai_solutions_labelled.jsonl.gz")
    answers = [row["ground_truth"].rpartition("A: ")[2].replace(",", "") for row in found]
    asked = zip(found, answers, strict=True)
    examples = [Example(prompt=r["question"], reference=a, verifier="number", domain="math") for r, a in asked]
    texts = {e.id: [row[name]["solution"] for name in SYSTEMS] for e, row in zip(examples, found, strict=True)}
    suite = Suite(sources=({"name": "math/gsm8k"},), samples=4, k=(1, 4))  # type: ignore[arg-type]
    evaluate(recorded(folder / "cobbe.jsonl", texts.items()), suite, out=folder / "cobbe", examples=examples)
    run = open_run(folder / "cobbe", "measure")
    flags = {(e.id, n): r[s]["is_correct"] for e, r in zip(examples, found, strict=True) for n, s in enumerate(SYSTEMS)}
    verdicts = {(r.example_id, r.index): r.verdict.is_correct for r in run.store.rollouts()}
    agree = sum(verdicts[key] == flag for key, flag in flags.items())
    print(f"GSM8K, four systems: {agree:,} of {len(flags):,} labels as published")
    for number, (name, published) in enumerate(SYSTEMS.items()):
        ours = 100 * fmean(verdicts[e.id, number] for e in examples)
        print(f"  {name:22} published {published:6.2f}   ours {ours:6.2f}")
    for choice in select(run).choices["all"]:
        value, low, high = (100 * number for number in (choice.score.value, choice.score.low, choice.score.high))
        print(f"  {choice.rule:22} {value:6.2f} ({low:.1f} to {high:.1f})")
    weights = folder / "weights.jsonl"  # an even vote goes to the largest system with a verifier
    keys = [{"example_id": e.id, "index": n, "score": 1 + 0.001 * (n == 3)} for e in examples for n in range(4)]
    weights.write_text("".join(json.dumps(key) + "\n" for key in keys))
    best = {c.rule: 100 * c.score.value for c in select(run, weights=str(weights)).choices["all"]}["weighted vote"]
    print(f"  {'vote, even ones to best':22} {best:6.2f}   (56.41 and the oracle 67.25 are asked for)")


def vision(folder: Path) -> None:
    suite = find_suite("mathvision")
    examples = suite.examples()
    place = {example.prompt[0].attachments[0]: example for example in examples}
    print("MATH-Vision:           published   flags    ours   both  flag only  ours only")
    for model, published in VISION.items():
        said = {place[f"vision/images/{row['id']}.jpg"].id: row for row in rows(f"replay/mathv_{model}.jsonl.gz")}
        path = recorded(folder / f"{model}.jsonl", ((name, [row["response"] or ""]) for name, row in said.items()))
        evaluate(path, suite, out=folder / model, examples=examples)
        right = {r.example_id: r.verdict.is_correct for r in RolloutStore(folder / model).rollouts()}
        pairs = [(bool(row["correct"]), right[name]) for name, row in said.items()]
        flags, ours = (100 * fmean(pair[side] for pair in pairs) for side in (0, 1))
        counts = [pairs.count(pair) for pair in ((True, True), (True, False), (False, True))]
        print(f"  {model:20} {published:9.2f} {flags:7.2f} {ours:7.2f} {counts[0]:6} {counts[1]:10} {counts[2]:10}")


def cost(folder: Path, completions: int) -> None:
    samples = 20
    asked = {n: f"What is {n}?" for n in range(completions // samples)}
    examples = [Example(prompt=text, reference=n, verifier="number", domain="math") for n, text in asked.items()]
    path = recorded(folder / "many.jsonl", ((e.id, [f"The answer is {e.reference}."] * samples) for e in examples))
    suite = Suite(sources=({"name": "math/gsm8k"},), samples=samples)  # type: ignore[arg-type]
    start = time.perf_counter()
    evaluate(path, suite, out=folder / "many", examples=examples)
    took = time.perf_counter() - start
    start = time.perf_counter()
    right: dict[str, Measurement] = open_run(folder / "many", "measure").measured()
    opened = time.perf_counter() - start
    print(f"cost: {1000 * took / completions:.3f} ms a completion judged, kept and scored ({completions:,}); ", end="")
    print(f"opening and counting the run {opened:.2f} s ({sum(m.correct for m in right.values()):,} right)")


def main() -> None:
    completions = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as made:
        cobbe(Path(made))
        vision(Path(made))
        cost(Path(made), completions)


if __name__ == "__main__":
    main()
