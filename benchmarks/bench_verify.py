"""Every bar of the answer verifiers, each beside its peer from the same run.

    python benchmarks/bench_verify.py [--only cases,labels,pairs,speed,deadlines] [--show N]

Needs ASSAY_DATA; the peers come with the extra `bench`. `--show` prints the first N differences of each part.
"""

from __future__ import annotations

import argparse
import time

import verify_cases
import verify_deadlines
import verify_labels
import verify_pairs
import verify_speed

PARTS = {
    "cases": lambda show: verify_cases.main(show),
    "labels": lambda show: verify_labels.main(show),
    "pairs": lambda show: verify_pairs.main(show),
    "speed": lambda show: verify_speed.main(),
    "deadlines": lambda show: verify_deadlines.main(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    for name in given.only.split(","):
        start = time.perf_counter()
        print(f"\n== {name}", flush=True)
        PARTS[name](given.show)
        print(f"({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
