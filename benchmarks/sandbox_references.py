"""Right programs pass, mutated ones fail, and predictions get the verdicts of execution: on ASSAY_DATA's rows.

By default each set is sampled; `--full` takes all rows. What fails is listed by class.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from assay.curate.mutants import mutants
from assay.judging.session import verify_many
from assay.sources.base import data_dir
from assay.types import Example, Verdict
from bars import bar

Pair = tuple[Example, str]
_PLAIN_CPU = 4
"""CPU seconds of a mutant's plain run; it has less in the sandbox, so that none is slow enough for one side only."""
_NOTHING = "the tests cannot be run: nothing was asserted"
"""Of a part whose inputs the solution itself refuses."""
_CHUNK = 100_000
_PART = 150
"""Characters and inputs of one part of a plus set's task; a task with more has more parts, each with its own limits."""
_LOST_BY_JSON: dict[str, Callable[[Any, Any], list[Any]]] = {
    "add_lists": lambda items, given: [items, tuple(given)],
    "add_dict_to_tuple": lambda items, given: [tuple(items), given],
    "angle_complex": lambda real, imaginary: [float(real), complex(imaginary)],
}
"""Types of inputs that the file cannot hold, as evalplus restores them, of tasks that refuse all others."""


def read(name: str) -> list[dict[str, Any]]:
    path = data_dir() / name
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def fenced(source: str) -> str:
    return f"```python\n{source}\n```"


def tests(reference: dict[str, Any], prompt: str = "") -> Example:
    return Example(prompt=prompt, reference=reference, verifier="code.tests")


def humaneval() -> list[Pair]:
    return [
        (
            tests({"tests": row["test"], "entry_point": row["entry_point"]}, row["prompt"]),
            fenced(row["prompt"] + row["canonical_solution"]),
        )
        for row in read("code/humaneval.jsonl")
    ]


def mbpp() -> list[Pair]:
    return [
        (tests({"tests": row["test_list"], "setup": row["test_setup_code"]}, row["text"]), fenced(row["code"]))
        for row in read("code/mbpp.jsonl")
    ]


_PLUS = """import copy, math, re
inf, nan = math.inf, math.nan
names = {{}}
exec({solution!r}, names)
plus_oracle = names[{entry!r}]
def plus_near(got, want):
    if isinstance(want, (list, tuple)) and type(got) is type(want):
        return len(got) == len(want) and all(map(plus_near, got, want))
    if isinstance(want, dict) and isinstance(got, dict):
        return got.keys() == want.keys() and all(plus_near(got[key], want[key]) for key in want)
    if isinstance(want, float) or {atol} and isinstance(want, (int, float)):
        same = got == want or got != got and want != want
        return same or math.isclose(got, want, rel_tol=1e-7, abs_tol={atol})
    return got == want
def plus_compare(inputs):
    for given in inputs:
        try:
            want = plus_oracle(*copy.deepcopy(given))
        except Exception:
            continue  # an input of the set that the solution itself refuses
        got = {entry}(*copy.deepcopy(given))
        if type(want) is re.Match:
            assert got is not None
        else:
            assert plus_near(got, want)
"""


def plus(name: str) -> list[Pair]:
    """Parts of base and plus inputs; what the canonical solution returns is computed beside the tests."""
    pairs = []
    for row in read(name):
        head = row["prompt"] if "assertion" not in row else ""
        solution, entry = head + row["canonical_solution"], row["entry_point"]
        inputs = [*row["base_input"], *(row["plus_input"] if isinstance(row["plus_input"], list) else [])]
        if entry in _LOST_BY_JSON:
            inputs = [_LOST_BY_JSON[entry](*given) for given in inputs]
        helper = _PLUS.format(solution=solution, entry=entry, atol=row["atol"] or 0)
        part, size = [], 0
        for number, given in enumerate(inputs, 1):
            part.append(given)
            size += len(repr(given))
            if size > _CHUNK or len(part) == _PART or number == len(inputs):
                suite = {"tests": [helper, f"plus_compare({part!r})"], "entry_point": entry}
                pairs.append((replace(tests(suite), extra={"inputs": part}), fenced(solution)))
                part, size = [], 0
    return pairs


def one_by_one(pair: Pair) -> list[Pair]:
    """The inputs of a part of a plus set, each as a pair of its own."""
    example, response = pair
    reference = example.reference
    units = [[reference["tests"][0], f"plus_compare({[given]!r})"] for given in example.extra.get("inputs", ())]
    return [(tests({**reference, "tests": unit}), response) for unit in units]


def leetcode() -> list[Pair]:
    rows = read("code/leetcodedataset_v031_test.jsonl.gz")
    pairs = [
        (
            tests({"tests": row["test"], "entry_point": row["entry_point"], "setup": row["prompt"]}),
            fenced(row["completion"]),
        )
        for row in rows
    ]
    for name in ("code/leetcode_test_rllm.jsonl", "code/leetcode_train_rllm.jsonl.gz"):
        for row in read(name):
            reference = {"tests": row["tests"]["functional"], "setup": rows[0]["prompt"]}
            pairs.append((tests(reference, row["problem"]), fenced(row["solutions"])))
    return pairs


def references(name: str, pairs: list[Pair], take: int, least: float = 1.0) -> None:
    """Judge right programs, of which this share at least must pass.

    A part of a plus set that meets a limit is judged again, one input at a time.
    """
    pairs = sampled(pairs, take)
    start = time.perf_counter()
    verdicts = verify_many([pair[0] for pair in pairs], [pair[1] for pair in pairs], workers=2)
    missed: list[Verdict] = []
    right = apart = 0
    for pair, verdict in zip(pairs, verdicts, strict=True):
        alone = one_by_one(pair) if not verdict.is_correct else []
        again = verify_many([one[0] for one in alone], [one[1] for one in alone], workers=2) if alone else [verdict]
        wrong = [one for one in again if not one.is_correct and (one.why != _NOTHING or not alone)]
        missed += wrong
        right += not wrong
        apart += bool(alone)
    seconds = time.perf_counter() - start
    also = f", {apart} of them one input at a time" if apart else ""
    passed = f"{name}: {right} of {len(pairs)} right programs pass{also}, at least {least:.1%} ({seconds:.0f} s)"
    bar(passed, right >= least * len(pairs))
    for reason, count in Counter(map(_class, missed)).most_common(8):
        print(f"    {count:4} {reason}")


def sampled(items: list[Any], take: int) -> list[Any]:
    return items if take <= 0 or take >= len(items) else random.Random(0).sample(items, take)


def _class(verdict: Verdict) -> str:
    return f"{verdict.status}: {verdict.why[:110]}".replace("\n", " ")


def refuted(example: Example, source: str) -> bool:
    """Whether a plain process refutes the program: by an exception, a failed assert, or its CPU limit."""
    reference = example.reference
    units = reference["tests"] if isinstance(reference["tests"], list) else [reference["tests"]]
    parts = [source, reference.get("setup", ""), *units]
    if "def check" in "".join(units):
        parts.append(f"check({reference['entry_point']})")
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({_PLAIN_CPU}, {_PLAIN_CPU}))\n"
    command = [sys.executable, "-c", limit + f"exec({chr(10).join(parts)!r}, {{'__name__': 'solution'}})"]
    with tempfile.TemporaryDirectory() as cwd:
        try:
            return subprocess.run(command, capture_output=True, timeout=60, cwd=cwd).returncode != 0
        except subprocess.TimeoutExpired:
            return True


def mutations(take: int, each: int) -> None:
    """Every mutated solution that a plain run refutes must not be right; the others should be."""
    draw = random.Random(1)
    made: list[Pair] = []
    for example, response in sampled(humaneval() + mbpp(), take):
        program = response.removeprefix("```python\n").removesuffix("\n```")
        made += [(example, mutant) for mutant in mutants(program, example.reference.get("entry_point", ""), draw, each)]
    with ThreadPoolExecutor(2) as threads:
        plain = list(threads.map(lambda pair: refuted(*pair), made))
    said = [fenced(pair[1]) for pair in made]
    verdicts = verify_many([pair[0] for pair in made], said, workers=2, deadline=2 * _PLAIN_CPU)
    caught = sum(not verdict.is_correct for verdict, bad in zip(verdicts, plain, strict=True) if bad)
    bar(f"mutants that a plain run refutes: {caught} of {sum(plain)} refused, all", caught == sum(plain))
    kept = [verdict for verdict, bad in zip(verdicts, plain, strict=True) if not bad]
    print(f"{'mutants that a plain run accepts':36}{sum(v.is_correct for v in kept):6} of {len(kept)} accepted")
    for reason, count in Counter(_class(verdict) for verdict in kept if not verdict.is_correct).most_common(8):
        print(f"    {count:4} {reason}")
    for (_, mutant), verdict, bad in zip(made, verdicts, plain, strict=True):
        if bad and verdict.is_correct:
            print(f"    accepted: {mutant[:400]!r}")


def cruxeval(take: int) -> None:
    """The verdicts of CRUXEval's own execution on 16,000 predictions of a model; equal predictions are judged once."""
    problems = {row["id"]: row for row in read("simulation/cruxeval.jsonl")}
    for kind in ("output", "input"):
        rows = sampled(read(f"labelled/cruxeval_codellama7b_{kind}_scored.jsonl"), take)
        labels = [
            (row["id"], text, score)
            for row in rows
            for text, score in zip(row["generations"], row["scores"], strict=True)
        ]
        examples = {
            name: Example(
                prompt="",
                reference={key: problems[name][key] for key in ("code", "input", "output")},
                verifier=f"code_io.{kind}",
            )
            for name, _, _ in labels
        }
        start = time.perf_counter()
        verdicts = verify_many([examples[name] for name, _, _ in labels], [text for _, text, _ in labels], workers=2)
        wrong = [(row, v) for row, v in zip(labels, verdicts, strict=True) if v.is_correct != row[2]]
        seconds = time.perf_counter() - start
        agreed = f"{len(labels) - len(wrong)} of {len(labels)} agree, all ({seconds:.0f} s)"
        bar(f"CRUXEval labels, {kind}: {agreed}", not wrong)
        for (name, text, score), verdict in wrong[:20]:
            print(f"    {name} labelled {score}: {text[:100]!r}, ours {_class(verdict)}")


def main(full: bool) -> None:
    references("HumanEval", humaneval(), 0)
    references("MBPP", mbpp(), 0 if full else 300, 0.996)
    references("HumanEval+, in parts", plus("code/humanevalplus.jsonl.gz"), 0 if full else 120)
    references("MBPP+, in parts", plus("code/mbppplus.jsonl.gz"), 0 if full else 90)
    references("LeetCode", leetcode(), 0 if full else 200, 0.99)
    mutations(0 if full else 120, 4 if full else 2)
    cruxeval(0 if full else 400)
