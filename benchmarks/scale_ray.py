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


def main() -> None:
    size, actors = (int(given) for given in (sys.argv[1:] + ["200000", "2"][len(sys.argv) - 1 :]))
    rows = lines(size)
    here, took = graded(rows, None)
    print(f"{size:,} rows here, one process       {size / took:8,.0f} verdicts/s")
    began = time.perf_counter()
    with RayJudge(actors=actors) as judge:
        graded(rows[:1000], judge)
        print(f"Ray and {actors} actors are there after {time.perf_counter() - began:6.1f} s")
        there, on_ray = graded(rows, judge)
    told = f"{size / on_ray:8,.0f} verdicts/s   {took / on_ray:.2f} times one process"
    print(f"{size:,} rows by {actors} actors           {told}")
    print(f"the same file: {here == there}")


if __name__ == "__main__":
    main()
