"""`assay grade` of many rows, here and by actors of Ray: verdicts a second, the same file, nothing left.

    python benchmarks/scale_ray.py [ROWS] [ACTORS]

Needs the extra `ray`. Rows are short answers of three verifiers, made here. Timed is the command's own function, and
the start of Ray apart. Bar: 200,000 rows through two actors give the local file, but for the seconds.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time

from assay.judging.on_ray import RayJudge
from assay.judging.session import Judge
from assay.rollout.grade import grade_file
from assay.types import Example


def lines(size: int) -> list[bytes]:
    """Rows of `number`, `math` and `choice`; every second number is wrong."""
    made = []
    for n in range(size):
        kind = ("number", "math", "choice")[n % 3]
        reference = {"number": n, "math": f"{n}x + 1", "choice": "B"}[kind]
        said = {"number": f"So it is {n + n % 2}.", "math": rf"\boxed{{1 + {n}x}}", "choice": "The answer is (B)."}[
            kind
        ]
        made.append(json.dumps({"id": n, "verifier": kind, "reference": reference, "response": said}).encode() + b"\n")
    return made


def graded(rows: list[bytes], judge: Judge | None) -> tuple[str, float]:
    """Digest of the verdicts without their seconds, and how long they took."""
    target, began = io.StringIO(), time.perf_counter()
    grade_file(io.BufferedReader(io.BytesIO(b"".join(rows))), target, judge=judge)
    took = time.perf_counter() - began
    digest = hashlib.sha256()
    for line in target.getvalue().splitlines():
        digest.update(json.dumps({k: v for k, v in json.loads(line).items() if k != "seconds"}).encode())
    return digest.hexdigest(), took


PROGRAM = "```python\ndef f(n):\n    return n * n\n```"
RATED = {
    "choice": [("B", "The answer is (B).")] * 4000,
    "number": [(n, f"So it is {n}.") for n in range(4000)],
    "math": [(f"{n}x + 1", rf"\boxed{{1 + {n}x}}") for n in range(2000)],
    "code.tests": [({"tests": [f"assert f({n}) == {n * n}"]}, PROGRAM) for n in range(300)],
}
"""Verifier -> references and responses whose verdicts are timed in one process."""


def rates() -> None:
    """Verdicts a second of one process, by verifier."""
    for name, pairs in RATED.items():
        examples = [Example(prompt="?", reference=reference, verifier=name) for reference, _ in pairs]
        with Judge() as judge:
            judge.verify_many(examples[:20], [said for _, said in pairs[:20]])
            began = time.perf_counter()
            judge.verify_many(examples, [said for _, said in pairs])
        print(f"{name:12} one process            {len(pairs) / (time.perf_counter() - began):8,.0f} verdicts/s")


def main() -> None:
    size, actors = (int(given) for given in (sys.argv[1:] + ["200000", "2"][len(sys.argv) - 1 :]))
    rates()
    rows = lines(size)
    here, took = graded(rows, None)
    print(f"{size:,} rows here, one process       {size / took:8,.0f} verdicts/s")
    began = time.perf_counter()
    with RayJudge(actors=actors) as judge:
        graded(rows[:1000], judge)
        print(f"Ray and {actors} actors are there after {time.perf_counter() - began:6.1f} s")
        busy = time.process_time()
        there, on_ray = graded(rows, judge)
        busy = time.process_time() - busy
    told = f"{size / on_ray:8,.0f} verdicts/s   {took / on_ray:.2f} times one process"
    print(f"{size:,} rows by {actors} actors           {told}")
    print(
        f"of that the process that hands out takes {1e6 * busy / size:.0f} us a row: {size / busy:,.0f} rows/s at most"
    )
    print(f"the same file: {here == there}")


if __name__ == "__main__":
    main()
