"""Programs: isolated executions a second beside a bare `python -I -S` process, which isolates nothing.

One tiny program (reads two numbers, prints their sum) through the sandbox and through `subprocess`, on two threads,
from one run; then HumanEval's own solutions through `code.tests`, where candidate and checker are two jailed
processes. HumanEval needs ASSAY_DATA.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from assay.errors import MissingData
from assay.rollout.judge import judge
from assay.sandbox import isolation
from assay.sources.base import SOURCES
from assay.types import Example

JOBS = 400
PROGRAM = "a, b = map(int, input().split())\nprint(a + b)\n"


def per_second(job, count=JOBS):
    job(0)
    with ThreadPoolExecutor(2) as threads:
        start = time.perf_counter()
        assert all(threads.map(job, range(count)))
    return count / (time.perf_counter() - start)


def ours(number):
    reference = {"inputs": [f"{number} 1"], "outputs": [str(number + 1)]}
    example = Example(prompt="Add two numbers.", reference=reference, verifier="code.stdio")
    return judge([example], [f"```python\n{PROGRAM}```"])[0].is_correct


def bare(number):
    command = [sys.executable, "-I", "-S", "-c", PROGRAM]
    done = subprocess.run(command, input=f"{number} 1", capture_output=True, text=True, check=True)
    return done.stdout.strip() == str(number + 1)


def main():
    print(isolation()[1])
    fast, slow = per_second(ours), per_second(bare)
    print(f"{'code.stdio, one test, isolated':36}{fast:8.0f} a second")
    print(f"{'python -I -S, nothing isolated':36}{slow:8.0f} a second")
    print(f"{'ratio':36}{fast / slow:8.2f}")
    try:
        examples = list(SOURCES.get("code/humaneval").examples("test"))
    except MissingData as missing:
        print(f"HumanEval: {missing}")
        return
    start = time.perf_counter()
    right = sum(v.is_correct for v in judge(examples, [str(e.gold) for e in examples], workers=2))
    seconds = time.perf_counter() - start
    rate = len(examples) / seconds
    print(f"{'HumanEval solutions, code.tests':36}{rate:8.0f} a second, {right} of {len(examples)} pass")


if __name__ == "__main__":
    main()
