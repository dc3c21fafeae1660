"""Answers: agreement with official labels, and speed beside Math-Verify, from one run.

Labels: OpenAI's `is_correct` of four systems on GSM8K test (Cobbe et al. 2021). Speed: one process, one thread, the
wall time of judging (a) those 5,276 responses and (b) every MATH500 answer against its own reference. Both graders
get the same texts. Needs ASSAY_DATA; Math-Verify comes with the extra `bench`.
"""

import gzip
import json
import time

from assay.rollout.judge import judge
from assay.sources.base import data_dir
from assay.types import Example

SYSTEMS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def gsm8k():
    path = data_dir() / "labelled/gsm8k_openai_solutions_labelled.jsonl.gz"
    for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines():
        row = json.loads(line)
        reference = row["ground_truth"].rpartition("A:")[2].strip()
        for system in SYSTEMS:
            yield row["question"], reference, row[system]["solution"], row[system]["is_correct"]


def math500():
    for line in (data_dir() / "math/math500.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        yield row["problem"], row["answer"], f"So the answer is \\boxed{{{row['answer']}}}.", True


def ours(rows, verifier):
    examples = [Example(prompt=q, reference=r, verifier=verifier) for q, r, _, _ in rows]
    judge(examples[:8], [s for _, _, s, _ in rows[:8]])
    start = time.perf_counter()
    verdicts = judge(examples, [s for _, _, s, _ in rows])
    seconds = time.perf_counter() - start
    return sum(v.is_correct == label for v, (*_, label) in zip(verdicts, rows, strict=True)), seconds


def theirs(rows):
    from math_verify import parse, verify

    verify(parse("$1$"), parse("$1$"))
    start = time.perf_counter()
    agreed = sum(bool(verify(parse(f"${r}$"), parse(s))) == label for _, r, s, label in rows)
    return agreed, time.perf_counter() - start


def main():
    print(f"{'':34}{'agrees':>14}{'per second':>12}")
    for name, rows, verifier in (
        ("GSM8K labels", list(gsm8k()), "number"),
        ("MATH500 reflexive", list(math500()), "math"),
    ):
        agreed, seconds = ours(rows, verifier)
        print(f"{name + ', assay ' + verifier:34}{f'{agreed} of {len(rows)}':>14}{len(rows) / seconds:12.0f}")
        try:
            peer, peer_seconds = theirs(rows)
        except ImportError:
            print(f"{name + ', Math-Verify':34}  not installed: pip install 'assay[bench]'")
            continue
        print(f"{name + ', Math-Verify':34}{f'{peer} of {len(rows)}':>14}{len(rows) / peer_seconds:12.0f}")
        print(f"{'ratio of speeds':34}{'':>14}{peer_seconds / seconds:12.1f}")


if __name__ == "__main__":
    main()
