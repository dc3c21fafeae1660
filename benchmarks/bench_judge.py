"""Every bar of the judges, in one go: each is told where it is measured, and all of them again at the end.

    python benchmarks/bench_judge.py [--only stubs,overhead,pairs,head,model]

`head` and `model` need ASSAY_DATA, and `model` needs `assay models add smollm2`; what cannot be measured says so. Ends
with exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys

import judge_head
import judge_model
import judge_overhead
import judge_pairs
import judge_stubs
from bars import run

PARTS = {
    "stubs": judge_stubs.main,
    "overhead": judge_overhead.main,
    "pairs": judge_pairs.main,
    "head": judge_head.main,
    "model": judge_model.main,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    return run(PARTS, parser.parse_args().only)


if __name__ == "__main__":
    sys.exit(main())
