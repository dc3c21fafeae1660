"""Which problems of an evaluation stand, in part, in the texts that a model was trained on; the scores without them.

A problem overlaps where n words of it in a row stand in a row in a training text (Llemma, arXiv 2310.10631, section
3.5; 13 words as in GPT-3, arXiv 2005.14165, appendix C). Words are runs of letters and digits, without case, so that
notation does not hide a copy. A problem of fewer than n words overlaps where the whole of it does; below `FEWEST` words
nothing is said, since chance would decide. How it is asked, the template, is no part of a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assay.errors import AssayError
from assay.evaluate.metrics import Estimate, estimate, rates
from assay.rollout.runs import StoredRun
from assay.types import Example, Measurement

WORDS = 13
"""Words in a row that make an overlap."""
FEWEST = 5
"""Words of the shortest problem that is looked for."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Split:
    """Scores of a domain, or of all problems alike, apart by whether problems overlap."""

    name: str
    clean: Estimate | None
    """avg@n of problems that stand in no training text; `None` where there are none."""
    overlapping: Estimate | None
    too_short: int
    """Problems too short to be looked for; they are among the clean ones."""


@dataclass(frozen=True)
class Overlap:
    """What was found."""

    words: int
    texts: int
    """Training texts that were read."""
    lines: tuple[Split, ...]
    """`all`, then each domain."""
    found: Mapping[str, str]
    """Example id -> id of the first training Example that shares its words."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        lines = [asdict(line) for line in self.lines]
        return {"words": self.words, "texts": self.texts, "lines": lines, "found": dict(self.found)}


def overlaps(problems: Mapping[str, str], texts: Iterable[tuple[str, str]], n: int = WORDS) -> dict[str, str]:
    """Problem -> name of the first text that shares n words in a row with it, of (name, text) pairs.

    Memory is that of the problems; the texts stream by, in time linear in their length for each length of a problem.

    Example:
        >>> said = {"a": "How many apples does Tom have after lunch?", "b": "What is the sum of all odd primes?"}
        >>> overlaps(said, [("row 7", "So HOW many apples: does Tom have!")], n=6)
        {'a': 'row 7'}
    """
    if n < FEWEST:
        raise AssayError(f"{n} words in a row are shared by chance; ask for at least {FEWEST}")
    wanted: dict[int, dict[tuple[str, ...], list[str]]] = {}
    for name, text in problems.items():
        words = _words(text)
        size = min(n, len(words))
        for gram in set(_grams(words, size)) if size >= FEWEST else ():
            wanted.setdefault(size, {}).setdefault(gram, []).append(name)
    found: dict[str, str] = {}
    for name, text in texts:
        words = _words(text)
        for size, grams in wanted.items():
            for gram in _grams(words, size):
                for problem in grams.get(gram, ()):
                    found.setdefault(problem, name)
    return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _grams(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(size)), strict=False)


def overlap(run: StoredRun, training: Iterable[Example], n: int = WORDS) -> Overlap:
    """Look for the problems of a stored run in training Examples (problem and gold response), and split its scores.

    Raises `AssayError` where nothing was trained on, or the run counts no response.
    """
    read = 0

    def texts() -> Iterator[tuple[str, str]]:
        nonlocal read
        for example in training:
            read += 1
            yield example.id, f"{example.text}\n{example.gold or ''}"

    measured = {name: one for name, one in run.measured().items() if one.n}
    if not measured:
        raise AssayError(f"{run.path} counts no response, so that there is no score to split")
    problems = {name: run.examples[name].text for name in measured}
    found = overlaps(problems, texts(), n)
    if not read:
        raise AssayError("there is no training text: name the corpus, source or file that was trained on")
    short = {name for name, text in problems.items() if len(_words(text)) < FEWEST}
    domains = dict.fromkeys(one.domain for one in measured.values())
    lines = [_split("all", measured, found, short)]
    lines += [_split(d or "-", {k: m for k, m in measured.items() if m.domain == d}, found, short) for d in domains]
    return Overlap(n, read, tuple(lines), found)


def _split(name: str, measured: Mapping[str, Measurement], found: Mapping[str, str], short: set[str]) -> Split:
    sides = [[m for i, m in measured.items() if (i in found) is side] for side in (False, True)]
    clean, shared = (estimate(rates(side), name) if side else None for side in sides)
    return Split(name, clean, shared, len(short & measured.keys()))
