"""Every bar of curation: twins and held-out problems with peers beside, difficulty, and a corpus end to end.

python benchmarks/bench_curate.py [small]
"""

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from assay.config import load_config
from assay.corpus.store import read_manifest
from assay.curate.difficulty import Rate, decide, decided
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.substring import held_by
from assay.types import DOMAINS
from curate_twins import decontamination, deduplication

RECIPE = Path(__file__).parents[1] / "recipes" / "guru-mini.toml"


def substrings(rows: int) -> None:
    """Guru's rule on so many questions of 400 characters; the published code compares each with each."""
    rng = random.Random(1)
    vocabulary = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randrange(2, 9))) for _ in range(5000)]
    texts = [" ".join(rng.choices(vocabulary, k=65)) for _ in range(rows)]
    texts[::20] = [text[30:-30] for text in texts[1::20]]
    start = time.process_time()
    found = len(held_by(texts))
    seconds = time.process_time() - start
    few = texts[:2000]
    start = time.process_time()
    sum(1 for one in few for other in few if len(one) < len(other) and one in other)
    pairs = (time.process_time() - start) / len(few) ** 2
    print(f"\nsubstring rule: {rows:,} questions in {seconds:.1f} s of CPU, {found:,} dropped")
    every = pairs * rows**2
    print(f"each with each: {pairs * 1e6:.2f} us a pair, so {every / 3600:.2f} hours: {every / seconds:,.0f} x")


def curtailment(rows: int, batch: int = 4) -> None:
    """How many samples of the strong model are saved, and how many decisions differ."""
    rng = random.Random(2)
    print(f"\n{rows:,} problems a domain, {batch} samples of the strong model at a time")
    print(f"{'':12}{'samples saved':>14}{'decisions that differ':>23}")
    for domain in DOMAINS:
        asked = differ = 0
        for _ in range(rows):
            ease = rng.betavariate(0.5, 0.5)
            weak = sum(rng.random() < ease for _ in range(16))
            strong = [rng.random() < min(1.0, ease + 0.3 * rng.random()) for _ in range(16)]
            counts = range(0, 17, batch)
            need = next(n for n in counts if decided(domain, Rate(weak, 16), Rate(sum(strong[:n]), n)) is not None)
            early = decided(domain, Rate(weak, 16), Rate(sum(strong[:need]), need))
            asked, differ = asked + need, differ + (early != decide(domain, weak, sum(strong)))
        print(f"{domain:12}{1 - asked / (16 * rows):14.0%}{differ:23}")


def whole_recipe() -> None:
    """`guru-mini` from end to end, with one worker and with two."""
    recipe, hashes = load_config(CurationRecipe, RECIPE), []
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as scratch:
            start = time.monotonic()
            corpus = run_curation(recipe, Path(scratch) / "out", workers=workers)
            seconds, total = time.monotonic() - start, corpus.card.total
            hashes.append(read_manifest(Path(scratch) / "out")["data_hash"])
            said = f"{total.came_in:,} rows in = {total.kept:,} kept + {sum(total.dropped.values()):,} dropped"
            print(f"guru-mini, {workers} worker(s): {said}, {seconds:.0f} s; adds up: {corpus.card.adds_up}")
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    print(f"same content: {len(set(hashes)) == 1}; peak memory of this process and its largest child: {peak:.1f} GB")


def main() -> None:
    small = sys.argv[1:] == ["small"]
    each = 40 if small else 480
    try:
        deduplication(each)
        decontamination(each // 2)
    except ImportError as lacking:
        print(f"twins are looked for among problems of {lacking.name}, which is not installed")
    substrings(10_000 if small else 100_000)
    curtailment(500 if small else 4000)
    whole_recipe()


if __name__ == "__main__":
    main()
