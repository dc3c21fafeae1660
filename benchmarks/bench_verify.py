"""Every bar of the answer verifiers, each beside its peer from the same run.

    python benchmarks/bench_verify.py [--only cases,labels,pairs,speed,deadlines,size] [--show N]

Needs ASSAY_DATA; the peers come with the extra `bench`. `--show` prints the first N differences of each part. Ends with
exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

import verify_cases
import verify_deadlines
import verify_labels
import verify_pairs
import verify_size
import verify_speed
from bars import run


def parts(show: int) -> dict[str, partial[None]]:
    return {
        "cases": partial(verify_cases.main, show),
        "labels": partial(verify_labels.main, show),
        "pairs": partial(verify_pairs.main, show),
        "speed": partial(verify_speed.main),
        "deadlines": partial(verify_deadlines.main),
        "size": partial(verify_size.main),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(parts(0)))
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    return run(parts(given.show), given.only)


if __name__ == "__main__":
    sys.exit(main())
