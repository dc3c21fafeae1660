"""Every bar of evaluation: recorded responses with published scores, what a completion costs, and selection.

    python benchmarks/bench_eval.py [--only cobbe,program,vision,cost,search,held] [--completions 1000000]

Cobbe's four GSM8K systems (arXiv 2110.14168), the programs of program-of-thought (arXiv 2211.12588) and MATH-Vision's
five models (arXiv 2402.14804) are read from the data directory, so that nobody here wrote a label. MATH-Vision's own
grader refuses the right option's text where it has units or signs ("8 kg"), and pays some that are another option's;
ours reads options. Where the two differ is counted both ways. What a test holds is run as that test. Ends with exit
code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import eval_search
from assay.evaluate.programs import program_then_thought
from assay.evaluate.run import evaluate
from assay.evaluate.select import Pool, select, weighted_vote
from assay.evaluate.suite import Suite, find_suite
from assay.rollout.runs import open_run
from assay.rollout.store import RolloutStore
from assay.sources.base import data_dir
from assay.types import Example
from bars import bar, by_test, run

SYSTEMS = {"6b_finetuning": 21.68, "6b_verification": 39.04, "175b_finetuning": 34.72, "175b_verification": 56.25}
VISION = {
    "Gemini-Pro": 17.66,
    "Qwen-VL-Max": 15.59,
    "SPHINX-MoE": 14.18,
    "LLaVA-v1.5-13B": 11.12,
    "Random-Chance": 7.17,
}
"""Published accuracies, in percent."""


OPENED = """
import sys, time
from assay.rollout.index import RolloutIndex

start, cpu = time.perf_counter(), time.process_time()
index = RolloutIndex({"run": __import__("pathlib").Path(sys.argv[1])})
index.look()
right = (index.columns.score == 1).sum()
print(f"{time.process_time() - cpu:.2f} {time.perf_counter() - start:.2f} {right} {len(index.columns)}")
"""
"""A reader of a run, in a process of its own."""


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
    bar(f"GSM8K, four systems: {agree:,} of {len(flags):,} labels as published", agree == len(flags))
    for number, (name, published) in enumerate(SYSTEMS.items()):
        ours = 100 * fmean(verdicts[e.id, number] for e in examples)
        bar(f"{name:18} published {published:.2f}, ours {ours:.2f}", abs(ours - published) < 0.005)
    best = {choice.rule: 100 * choice.score.value for choice in select(run).choices["all"]}["oracle"]
    bar(f"{'oracle':18} published 67.25, ours {best:.2f}", abs(best - 67.25) < 0.005)
    pools = [_as_texts([verdicts[e.id, n] for n in range(4)], texts[e.id]) for e in examples]
    voted = 100 * fmean(map(weighted_vote, pools))
    bar(f"{'vote, as texts':18} published 56.41, ours {voted:.2f}", abs(voted - 56.41) < 0.005)
    weights = folder / "weights.jsonl"
    keys = [{"example_id": e.id, "index": n, "score": 1 + 0.001 * (n == 3)} for e in examples for n in range(4)]
    weights.write_text("".join(json.dumps(key) + "\n" for key in keys))
    best = {c.rule: 100 * c.score.value for c in select(run, weights=str(weights)).choices["all"]}["weighted vote"]
    print(f"  by value {best:.2f}: of one problem two wrong answers, 20.5 and 20.50, are one then, and outvote 13")


def _as_texts(right: list[bool], said: list[str]) -> Pool:
    """Votes for the digits that stand behind the last `A:`, as text; an even vote goes to the best system."""
    digits = [re.findall(r"A: ?(-?[0-9.,]+)", text)[-1:] for text in said]
    classes = tuple(found[0].replace(",", "") if found else None for found in digits)
    return Pool(tuple(map(float, right)), classes, (1.0, 1.0, 1.0, 1.001))


def program(folder: Path) -> None:
    """Program of thought first, recorded chains of thought where a program says nothing."""
    found = [row for row in rows("replay/pot_gsm8k_codex.jsonl") if "generated" in row]
    solutions = rows("labelled/gsm8k_openai_solutions_labelled.jsonl.gz")
    said = {" ".join(row["question"].split()): row["175b_verification"]["solution"] for row in solutions}
    examples = [Example(prompt=row["question"], reference=row["answer"], verifier="number") for row in found]
    thoughts = [said.get(" ".join(row["question"].split()), "") for row in found]
    chosen = program_then_thought(examples, [row["generated"][0] for row in found], thoughts)
    alone = 100 * fmean(one.by == "program" and one.verdict.is_correct for one in chosen)
    both = 100 * fmean(one.verdict.is_correct for one in chosen)
    ran = sum(one.by == "program" for one in chosen)
    print(f"program of thought: {ran:,} of {len(found):,} programs answer")
    bar(f"programs: 71.40 +- 0.3 asked for, ours {alone:.2f}", abs(alone - 71.40) <= 0.3)
    bar(
        f"with a chain of thought where a program fails: 71.85 +- 0.3 asked for, ours {both:.2f}",
        abs(both - 71.85) <= 0.3,
    )


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
        bar(f"MATH-Vision, {model}: published {published:.2f}, its flags {flags:.2f}", abs(flags - published) < 0.005)


def cost(folder: Path, completions: int) -> None:
    samples = 20
    asked = {n: f"What is {n}?" for n in range(completions // samples)}
    examples = [Example(prompt=text, reference=n, verifier="number", domain="math") for n, text in asked.items()]
    path = recorded(folder / "many.jsonl", ((e.id, [f"The answer is {e.reference}."] * samples) for e in examples))
    suite = Suite(sources=({"name": "math/gsm8k"},), samples=samples)  # type: ignore[arg-type]
    start, cpu = time.perf_counter(), time.process_time()
    evaluate(path, suite, out=folder / "many", examples=examples)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"{completions:,} recorded completions, {samples} of a problem, asked, judged, kept on disk and scored:")
    print(f"{1000 * took / completions:.3f} ms on the clock and {1000 * cpu / completions:.3f} ms of CPU a completion,")
    print("reading the recorded file, judging each different response once, and answer keys for votes included")
    bar(f"a completion costs at most 0.02 ms: {1000 * cpu / completions:.3f} ms of CPU", cpu / completions <= 0.00002)
    looked = subprocess.run([sys.executable, "-c", OPENED, str(folder / "many")], capture_output=True, text=True)
    cpu, clock, right, of = looked.stdout.split()
    said = f"opening it and finding its {right} right ones of {of} takes less than 1 s"
    bar(f"{said}: {cpu} s of CPU ({clock} s on the clock)", float(cpu) < 1)


def held(_: Path) -> None:
    """What tests hold: each is run here."""
    by_test("pass@1024 equals brute force on small cases", "tests/evaluate/test_metrics.py -k brute_force")
    by_test("kill -9 loses no row and repeats none", "tests/rollout -k kill_9")
    by_test("one try < checker < checker and critic, exact yields", "tests/evaluate/test_search.py -k checker")
    by_test("a final answer is forced exactly once", "tests/evaluate/test_search.py -k final_answer")


PARTS = ("cobbe", "program", "vision", "cost", "search", "held")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--completions", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        of_folder = {"cobbe": cobbe, "program": program, "vision": vision, "held": held}
        parts = {name: partial(part, Path(made)) for name, part in of_folder.items()}
        parts |= {"cost": partial(cost, Path(made), given.completions), "search": eval_search.main}
        return run(parts, given.only)


if __name__ == "__main__":
    sys.exit(main())
