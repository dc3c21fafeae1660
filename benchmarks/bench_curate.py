"""Every bar of curation, in one go: each is told where it is measured, and all of them again at the end.

    python benchmarks/bench_curate.py [--small] [--only twins,substring,curtailment,recipe,corpus,size,held]

`twins` needs reasoning-gym, and tells peers that are installed; `recipe` needs ASSAY_DATA. What a test holds is run as
that test. Ends with exit code 1 where a bar is missed.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from assay import load
from assay.config import load_config
from assay.corpus.store import read_manifest
from assay.corpus.verl import write_verl
from assay.curate.difficulty import Rate, decide, decided
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.substring import held_by
from assay.types import DOMAINS
from bars import bar, by_test, run
from corpus_scale import curated
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
    bar(f"substring rule on {rows:,} questions: less than 60 s asked for, {seconds:.1f} s", seconds < 60)
    print(f"each with each: {pairs * 1e6:.2f} us a pair, so {every / 3600:.2f} hours: {every / seconds:,.0f} x")


def curtailment(rows: int, batch: int = 4) -> None:
    """How many samples of the strong model are saved, and how many decisions differ."""
    rng = random.Random(2)
    print(f"\n{rows:,} problems a domain, {batch} samples of the strong model at a time")
    print(f"{'':12}{'samples saved':>14}{'decisions that differ':>23}")
    saved, differing = [], 0
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
        saved, differing = [*saved, 1 - asked / (16 * rows)], differing + differ
    mean = sum(saved) / len(saved)
    bar(f"samples of the strong model saved: at least 30 % asked for, {mean:.0%} (least {min(saved):.0%})", mean >= 0.3)
    bar(f"decisions that differ for it: {differing}", differing == 0)


def whole_recipe() -> None:
    """`guru-mini` from end to end, with one worker, with two, and on Ray."""
    recipe, hashes = load_config(CurationRecipe, RECIPE), []
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as scratch:
            start = time.monotonic()
            corpus = run_curation(recipe, Path(scratch) / "out", workers=workers)
            seconds, total = time.monotonic() - start, corpus.card.total
            hashes.append(read_manifest(Path(scratch) / "out")["data_hash"])
            said = f"{total.came_in:,} rows in = {total.kept:,} kept + {sum(total.dropped.values()):,} dropped"
            bar(f"guru-mini, {workers} worker(s): {said}", corpus.card.adds_up)
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    bar(f"guru-mini with two workers: at most 300 s asked for, {seconds:.0f} s", seconds <= 300)
    bar(f"memory of this process and its largest child: at most 2 GB asked for, {peak:.1f} GB", peak <= 2)
    with tempfile.TemporaryDirectory() as scratch:
        run_curation(recipe, Path(scratch) / "out", executor="ray")
        hashes.append(read_manifest(Path(scratch) / "out")["data_hash"])
    bar("the same content with one worker, with two, and on Ray", len(set(hashes)) == 1)


def corpus(rows: int) -> None:
    """Many rows, curated and opened."""
    peak, opened = curated(rows)
    bar(f"{rows:,} rows open in less than 1 s: {opened:.3f} s", opened < 1)
    bar(f"curating them takes at most 2 GB: {peak:,.0f} MB", peak <= 2048)


def size(rows: int) -> None:
    """Our shards beside verl's layout, which holds references and tests as text in every row."""
    ours = theirs = 0
    fewer = max(1, rows // 5)  # their tests are made in the sandbox
    many = ("math/linear", "science/physics", "table/joined", "logic/ranking", "simulation/program_output")
    for name, count in (*((name, rows) for name in many), ("code/functions", fewer)):
        with tempfile.TemporaryDirectory() as scratch:
            made = load(name, size=count, level=2)
            made.write(Path(scratch) / "ours")
            write_verl(made, Path(scratch) / "verl.parquet")
            here = sum(path.stat().st_size for path in (Path(scratch) / "ours").glob("*.parquet"))
            there = (Path(scratch) / "verl.parquet").stat().st_size
        print(f"{name:28}{here / len(made):8,.0f} bytes a row, verl's {there / len(made):8,.0f}: {there / here:.1f} x")
        ours, theirs = ours + here, theirs + there
    bar(f"a corpus is at least 5 x smaller than verl's layout: {theirs / ours:.1f} x", theirs >= 5 * ours)


def held(small: bool) -> None:
    """What tests hold: each is run here."""
    tests = [
        ("the same corpus on Ray", "tests/curate/test_curation.py -k ray_gives"),
        ("rates decide as the truth table says", "tests/curate/test_difficulty.py"),
        ("kill -9 at twenty points resumes to the same bytes", "tests/curate/test_curation.py -m soak -k twenty"),
    ]
    for what, test in tests[: 2 if small else 3]:
        by_test(what, test)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="twins,substring,curtailment,recipe,corpus,size,held")
    parser.add_argument("--small", action="store_true", help="A tenth of the rows, to see that it runs.")
    given = parser.parse_args()
    small, each = given.small, 40 if given.small else 480
    parts = {
        "twins": lambda: (deduplication(each), decontamination(each // 2)),
        "substring": lambda: substrings(10_000 if small else 100_000),
        "curtailment": lambda: curtailment(500 if small else 4000),
        "recipe": whole_recipe,
        "corpus": lambda: corpus(9_200 if small else 92_000),
        "size": lambda: size(100 if small else 17_700),  # with a fifth of functions: 92,000
        "held": lambda: held(small),
    }
    return run(parts, given.only)


if __name__ == "__main__":
    sys.exit(main())
