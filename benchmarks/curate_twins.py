"""Copies of problems among problems that only look alike: our rule, Guru's, MinHash, and shared n-grams.

Problems are those of reasoning-gym, made independently of this project; a quarter of them come a second time, altered
in one of five ways that change no problem. What was planted is the truth: a rule that drops more of a group of copies
than all but one has thrown a problem away.
"""

import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryDirectory

import numpy as np

from assay.curate.said import Said
from assay.curate.substring import held_by
from assay.curate.wording import outlines, same, twins
from assay.hashing import normalised
from assay.types import Example
from bars import bar

SHARE = 0.25
"""Copies for each problem."""
HELD, ALTERED = 1500, 429
"""Problems that are held out, and training rows that are altered copies of one of them."""
_WORD = re.compile(r"[a-zA-Z]{3,}")


@dataclass(frozen=True)
class Row:
    """A problem, or a copy of one."""

    text: str
    answer: str
    group: int
    """Number of the problem that it is."""


def problems(each: int) -> list[tuple[str, str]]:
    """Up to so many problems of every set of reasoning-gym, each once, as (question, answer)."""
    import reasoning_gym
    from reasoning_gym.factory import DATASETS

    found: dict[tuple[str, str], tuple[str, str]] = {}
    with TemporaryDirectory() as scratch, chdir(scratch):  # a set runs programs, and some write files
        for name in sorted(set(DATASETS) - {"composite"}):
            until = time.process_time() + 20  # a few sets take seconds a problem
            for row in islice(reasoning_gym.create_dataset(name, size=each, seed=11), each):
                question, answer = str(row["question"]), str(row["answer"])
                found.setdefault((normalised(question), answer), (question, answer))
                if time.process_time() > until:
                    break
    return list(found.values())


def planted(given: Sequence[tuple[str, str]], seed: int = 3) -> list[Row]:
    """The problems with copies among them, in a random order."""
    rng = random.Random(seed)
    rows = [Row(text, answer, place) for place, (text, answer) in enumerate(given)]
    for number in range(int(SHARE * len(given))):
        row = rows[rng.randrange(len(given))]
        rows.append(Row(altered(row.text, number % 5, rng), row.answer, row.group))
    rng.shuffle(rows)
    return rows


def altered(text: str, kind: int, rng: random.Random) -> str:
    """A copy: other case or spacing, a label and an instruction, 2 or 8 % of the words edited, figures in dollars."""
    if kind == 0:
        return text.upper() if rng.random() < 0.5 else re.sub(r"([.?])(?=\s|$)", r" \1", text)
    if kind == 1:
        return f"Problem: {text}\nPlease reason step by step, and put the final answer within \\boxed{{}}."
    if kind == 4:
        return re.sub(r"\d+(?:[.,]\d+)*", r"$\g<0>$", text)
    places = range(len(_WORD.findall(text)))
    edited = set(rng.sample(places, max(1, int(len(places) * (0.02 if kind == 2 else 0.08))))) if places else set()
    numbers = iter(places)

    def edit(word: re.Match[str]) -> str:
        plural = word[0].rstrip("s") + "s"
        return rng.choice(("the", "this", "given", "that", plural)) if next(numbers) in edited else word[0]

    return _WORD.sub(edit, text)


def ours(rows: Sequence[Row]) -> set[int]:
    """Places that `near_duplicates` drops."""
    known = list(outlines([Example(prompt=row.text, reference=row.answer, verifier="text") for row in rows]))
    return {at for at, _ in twins(known)}


def guru(rows: Sequence[Row]) -> set[int]:
    """Places that `substring` drops."""
    return {at for at, _ in held_by([normalised(row.text).casefold() for row in rows])}


def exact(rows: Sequence[Row]) -> set[int]:
    """Places whose text came before, but for white space."""
    seen: set[str] = set()
    return {at for at, row in enumerate(rows) if (text := normalised(row.text)) in seen or seen.add(text)}


def _trigrams(text: str) -> list[str]:
    said = text.lower().split()
    return [" ".join(three) for three in zip(said, said[1:], said[2:], strict=False)] or [text]


def with_rensa(rows: Sequence[Row]) -> set[int]:
    """MinHash of word trigrams, 128 permutations in 16 bands, and a Jaccard similarity of .7 of the sketches."""
    from rensa import RMinHash, RMinHashLSH

    index, sketches, gone = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=16), [], set()
    for at, row in enumerate(rows):
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(_trigrams(row.text))
        sketches.append(sketch)
        if any(sketch.jaccard(sketches[other]) >= 0.7 for other in index.query(sketch) if other not in gone):
            gone.add(at)
        index.insert(at, sketch)
    return gone


def with_datasketch(rows: Sequence[Row]) -> set[int]:
    """MinHash of word trigrams, 128 permutations, threshold .7."""
    from datasketch import MinHash, MinHashLSH

    index, gone = MinHashLSH(threshold=0.7, num_perm=128), set()
    for at, row in enumerate(rows):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in _trigrams(row.text)])
        if index.query(sketch):
            gone.add(at)
        else:
            index.insert(at, sketch)
    return gone


def scored(rows: Sequence[Row], gone: set[int]) -> tuple[float, float, int]:
    """Recall and precision over copies, and the problems of which nothing is left."""
    groups: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.group, []).append(place)
    copies = right = wrong = lost = 0
    for group in groups.values():
        dropped, extra = len(gone.intersection(group)), len(group) - 1
        copies, right = copies + extra, right + min(dropped, extra)
        wrong, lost = wrong + max(0, dropped - extra), lost + (dropped > extra)
    return right / copies, right / max(1, right + wrong), lost


def deduplication(each: int) -> None:
    """Print the table of rules."""
    rows = planted(problems(each))
    rules: list[tuple[str, Callable[[Sequence[Row]], set[int]]]] = [
        ("near_duplicates (ours)", ours),
        ("substring (Guru's rule, ours)", guru),
        ("exact but for white space", exact),
        ("rensa, 16 bands and J >= .7", with_rensa),
        ("datasketch LSH, J >= .7", with_datasketch),
    ]
    print(
        f"{len(rows):,} problems of reasoning-gym, {sum(map(len, (r.text for r in rows))) // len(rows)} characters each"
    )
    print(f"{'':32}{'recall':>8}{'precision':>11}{'problems lost':>15}{'rows/s':>10}")
    ours(rows[:500])  # what is read and compiled once
    for name, rule in rules:
        start = time.process_time()
        try:
            gone = rule(rows)
        except ImportError as lacking:
            print(f"{name:32}  not installed: {lacking.name}")
            continue
        seconds = time.process_time() - start
        recall, precision, lost = scored(rows, gone)
        print(f"{name:32}{recall:8.3f}{precision:11.3f}{lost:15,}{len(rows) / seconds:10,.0f}")
        if rule is ours:
            speed = len(rows) / seconds
    recall, precision, _ = scored(rows, ours(rows))
    bar(f"copies found: at least 97 % asked for, {recall:.1%}", recall >= 0.97)
    bar(f"precision: at least 99 % asked for, {precision:.1%}", precision >= 0.99)
    bar(f"rows a second of CPU on {len(rows):,} rows: 15,000 asked for, {speed:,.0f}", speed >= 15_000)


def decontamination(each: int) -> None:
    """Print what each rule finds of altered copies of held-out problems, and which clean rows it throws away."""
    given, rng = problems(each), random.Random(5)
    rng.shuffle(given)
    held, train = given[:HELD], given[HELD:]
    copies = [(altered(held[place % HELD][0], place % 5, rng), held[place % HELD][1]) for place in range(ALTERED)]
    rows = [*train, *copies]
    print(f"\n{len(rows):,} training rows, {ALTERED} of them altered copies of {HELD:,} held-out problems")
    print(f"{'':32}{'recall':>8}{'clean rows lost':>17}")
    for name, found in (
        ("ours", _held_out(held, rows)),
        *((f"a shared {n}-gram", _shared(held, rows, n)) for n in (8, 13)),
    ):
        hits = np.fromiter(found, np.bool_)
        found_them, lost = float(hits[len(train) :].mean()), float(hits[: len(train)].mean())
        print(f"{name:32}{found_them:8.3f}{lost:16.2%}")
        if name == "ours":
            bar(f"held-out copies found: at least 95 % asked for, {found_them:.1%}", found_them >= 0.95)
            bar(f"clean rows lost: at most 0.1 % asked for, {lost:.2%}", lost <= 0.001)


def _held_out(held: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]]) -> Iterable[bool]:
    def known(some: Sequence[tuple[str, str]]) -> Iterable[tuple[Example, str, Said]]:
        examples = [Example(prompt=text, reference=answer, verifier="text") for text, answer in some]
        told = list(outlines(examples))
        said = Said.of([text for _, text in told])
        return ((example, outline, one) for example, (outline, _), one in zip(examples, told, said, strict=True))

    stems, near = set(), {}
    for example, outline, said in known(held):
        stems.add(example.stem_id)
        near.setdefault(outline, []).append(said)
    for example, outline, said in known(rows):
        yield example.stem_id in stems or any(same(said, other) for other in near.get(outline, ()))


def _shared(held: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]], n: int) -> Iterable[bool]:
    def grams(text: str) -> set[tuple[str, ...]]:
        said = text.lower().split()
        return set(zip(*(said[start:] for start in range(n)), strict=False))

    known = set().union(*(grams(text) for text, _ in held))
    return (not known.isdisjoint(grams(text)) for text, _ in rows)
