"""Cold start: `import assay` and `assay --help` beside peers that are installed, medians of fresh processes."""

import importlib.util
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 7


def median(command):
    subprocess.run(command, capture_output=True, check=True)
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main():
    python = [sys.executable, "-c"]
    bare = median([*python, "pass"])
    rows = {
        "python, nothing imported": bare,
        "import assay": median([*python, "import assay"]),
        "assay --help": median([str(Path(sys.executable).with_name("assay")), "--help"]),
    }
    for peer in ("math_verify", "trl", "inspect_ai", "lm_eval"):
        if importlib.util.find_spec(peer):
            rows[f"import {peer}"] = median([*python, f"import {peer}"])
    for name, seconds in rows.items():
        print(f"{name:28}{seconds:8.3f} s{seconds / bare:8.1f} x bare python")


if __name__ == "__main__":
    main()
