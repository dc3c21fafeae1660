"""Curate many rows and open what comes out: memory with all children, and seconds.

    python benchmarks/corpus_scale.py [ROWS] [local|ray]      # 600,000 rows without it: some ten minutes on two cores

Bars: 600,000 rows within 2 GB of peak memory, children included; 92,000 rows and more open in less than a second.
Rows are sums told in a few hundred characters; a tenth of them repeat others, one in a hundred with another answer, and
one in a thousand names a parameter that no verifier has.
"""

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from assay.corpus.collection import Corpus
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.sources.base import SOURCES, Source
from assay.types import Example, hashed_seed

TALE = "On a long day at the market the baker counted what was left of every kind, twice, and wrote it down. " * 3


class Sums(Source):
    """As many rows as are asked for."""

    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        for place in range(size or 0):
            number = place - 7 if place % 10 == 9 else place  # some problems come twice
            a, b = hashed_seed("a", number) % 1_000_000, number
            answer = a + b + (place % 100 == 99)
            yield Example(
                prompt=f"{TALE}There were {a} rolls and {b} loaves. How many pieces is that?",
                reference=answer,
                verifier="number",
                params={"untis": "kg"} if place % 1_000 == 500 else {},
                template="{problem}\n\nPlease output the final answer within \\boxed{}.",
                domain="math",
                source=self.name,
                gold=f"\\boxed{{{answer}}}",
                tags=("split:train",),
                lineage=(f"made:{place}",),
            )


class Peak(threading.Thread):
    """The most memory that this process and all below it held together, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.bytes = max(self.bytes, sum(map(_private, _below(Path("/proc/self").resolve().name))))


def _below(pid: str) -> list[str]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        found += [below for child in children for below in _below(child)]
    return found


def _private(pid: str) -> int:
    """Proportional size: memory that a fork shares is not counted twice."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def curated(rows: int, executor: str = "local") -> tuple[float, float]:
    """Curate so many rows: peak memory of all processes together in MB, and seconds in which what came out opens."""
    SOURCES.register("bench/sums", Sums(name="bench/sums", about="", licence="", splits=("train",)))
    recipe = CurationRecipe.model_validate({"sources": [{"name": "bench/sums", "size": rows}], "without": []})
    with tempfile.TemporaryDirectory() as scratch:
        peak = Peak()
        peak.start()
        start = time.perf_counter()
        made = run_curation(recipe, scratch, executor=executor)
        spent = time.perf_counter() - start
        peak.over.set()
        start = time.perf_counter()
        corpus = Corpus.read(scratch)
        opened = time.perf_counter() - start
        first = corpus[len(corpus) // 2]
        looked = time.perf_counter() - start
        own, below = (
            resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(f"{rows:,} rows, {executor}: {len(made):,} kept, {spent:.0f} s; dropped {dict(made.card.total.dropped)}")
        print(f"peak of all processes together {peak.bytes / 2**20:,.0f} MB   bar: 2,048 MB for 600,000 rows")
        print(f"peak of this process {own:,.0f} MB, of the largest child {below:,.0f} MB (ru_maxrss)")
        print(f"opened in {opened:.3f} s   bar: 1 s; a row in its middle ({first.id}) after {looked:.3f} s")
    return peak.bytes / 2**20, opened


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 600_000
    curated(rows, sys.argv[2] if len(sys.argv) > 2 else "local")


if __name__ == "__main__":
    main()
