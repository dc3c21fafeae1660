"""The rollouts of a run to look through: filtered, sorted, counted, and one of them in full.

`assay watch` asks this for a page of rows at a time; the report embeds some of them. Model text goes out as JSON
strings and is never markup.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from assay.errors import AssayError, did_you_mean
from assay.journal import kind_of
from assay.report.problems import Problems
from assay.report.rollouts import cut, expected, in_order
from assay.report.summary import measurements
from assay.rollout.index import STATUSES, Array, Columns, RolloutIndex

FILTERS = ("part", "domain", "verifier", "status", "step")
SORTS = ("step", "domain", "verifier", "status", "score", "advantage", "tokens")
ROWS = 50
"""Rows of a page."""
MOST_ROWS = 1000
LONGEST = 100_000
"""Characters shown of a text."""
EMBEDDED = 1000
"""Rollouts in a report."""
LONGEST_EMBEDDED = 4000
EMBEDDED_TEXT = 8_000_000
"""Characters that the rollouts of a report take at most."""


def places_of(run: Path) -> dict[str, Path]:
    """Where a run keeps rollouts, by the name of the part."""
    if kind_of(run) == "train":
        return {"training": run} | {name: run / "eval" / name for name in measurements(run)}
    return {"responses": run}


class RolloutBrowser:
    """What can be asked of the rollouts of a run directory, also while they are written. Threads may share it."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.index = RolloutIndex(places_of(run))
        self.problems = Problems(run)
        self.version = 0
        """Counts what changed so far."""
        self._lock = Lock()
        self._coded_of = self.index.columns
        self._codes = self._coded(self.index.columns)

    def look(self) -> int:
        """Read what is new and return the version. Raises `AssayError` for files that no run of ours wrote."""
        with self._lock:
            try:
                changed = [self.problems.look(), self.index.look()]
            except (ValueError, KeyError, TypeError) as bad:
                raise AssayError(f"{self.problems.path} is not what a run wrote ({bad}): restore it") from None
            if any(changed) or self._coded_of is not self.index.columns:
                self.version += 1
                self._codes, self._coded_of = self._coded(self.index.columns), self.index.columns
            return self.version

    def rows(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """A page of rows: `{"total", "of", "counts", "steps", "rows"}`.

        `asked` may hold a value for each of `FILTERS`, `sort` (of `SORTS`, `-score` for the largest first), `offset`
        and `limit`. `counts` says how many rollouts each value of a filter would leave, all other filters as they are,
        but of the step, of which `steps` names the first and the last.
        Raises `AssayError` for anything else.
        """
        self.look()
        with self._lock:
            columns, codes = self.index.columns, self._codes
            chosen = {name: self._mask(codes[name], asked.get(name, "")) for name in FILTERS}
            found = np.flatnonzero(np.logical_and.reduce([np.ones(len(columns), bool), *chosen.values()]))
            order = self._order(found, asked.get("sort", "") or "step")
            start, size = _number(asked, "offset", 0), min(_number(asked, "limit", ROWS), MOST_ROWS)
            return {
                "total": len(found),
                "of": len(columns),
                "counts": {name: _counts(name, codes[name], chosen) for name in FILTERS if name != "step"},
                "steps": _ends([name for name in codes["step"][0] if name != "-"]),
                "rows": [self._row(int(at)) for at in order[start : start + size]],
            }

    def rollout(self, key: str, longest: int = LONGEST) -> dict[str, Any]:
        """One rollout in full, its group, and where the same problem was answered otherwise.

        Raises `AssayError` where there is none of this key.
        """
        self.look()
        with self._lock:
            at = self.index.find(key)
            return self._row(at) | self._said(at, self.index.rows([at])[0], longest) | self._others(at)

    def embedded(self, most: int = EMBEDDED) -> dict[str, Any]:
        """`{"of", "rows"}` for a page that is one file: rollouts in full, whole groups, evenly over the run.

        There are at most so many, and fewer where their texts are long (`EMBEDDED_TEXT`). Of held-out problems the
        same ones before and after. Of each stretch of the run one group at a random place: domains come in a fixed
        turn, and every 22nd group of a mix of six is of three.
        """
        self.look()
        with self._lock:
            columns = self.index.columns
            units = np.where(columns.step < 0, columns.example + len(self.index.groups.names), columns.group)
            known, first = np.unique(units, return_index=True)
            kept = _one_of_each(known[np.argsort(first)], max(1, -(-len(columns) // most)))
            places = np.flatnonzero(np.isin(units, kept)).tolist()
            said = [
                self._said(at, row, LONGEST_EMBEDDED) for at, row in zip(places, self.index.rows(places), strict=True)
            ]
            rows = [self._row(at) | more for at, more in zip(places, said, strict=True)]
        if sum(len(json.dumps(row)) for row in rows) > EMBEDDED_TEXT and most > 1:
            return self.embedded(most // 2)
        return {"of": len(columns), "rows": rows}

    def _coded(self, columns: Columns) -> dict[str, tuple[list[str], Array]]:
        """For each filter its values and the number of each rollout's."""
        known = [self.problems.of(name) for name in self.index.examples.names]
        domains, verifiers = ([getattr(one, name) or "-" for one in known] for name in ("domain", "verifier"))
        steps, numbered = np.unique(columns.step, return_inverse=True)
        return {
            "part": (list(self.index.parts), columns.part),
            "domain": _by_example(domains, columns, in_order),
            "verifier": _by_example(verifiers, columns, lambda names: sorted(set(names))),
            "status": (list(STATUSES), columns.status),
            "step": (["-" if step < 0 else str(step) for step in steps.tolist()], numbered),
        }

    def _mask(self, coded: tuple[list[str], Array], wanted: str) -> Array:
        names, numbers = coded
        if not wanted:
            return np.ones(len(numbers), bool)
        return np.asarray(numbers == names.index(wanted) if wanted in names else np.zeros(len(numbers), bool))

    def _order(self, found: Array, sort: str) -> Array:
        name = sort.removeprefix("-")
        if name not in SORTS:
            raise AssayError(f"rollouts cannot be sorted by {name!r}{did_you_mean(name, SORTS)}")
        values = self._codes[name][1] if name in self._codes else getattr(self.index.columns, name)
        picked = values[found].astype("f8")
        return np.asarray(found[np.argsort(-picked if sort[0] == "-" else picked, kind="stable")])

    def _row(self, at: int) -> dict[str, Any]:
        c = self.index.columns
        known = self.problems.of(self.index.examples.names[c.example[at]])
        return {
            "key": self.index.key(at),
            "part": self.index.parts[c.part[at]],
            "step": None if c.step[at] < 0 else int(c.step[at]),
            "index": int(c.index[at]),
            "domain": known.domain or "-",
            "source": known.source,
            "verifier": known.verifier or "-",
            "status": STATUSES[c.status[at]],
            "score": _finite(c.score[at]),
            "advantage": _finite(c.advantage[at]),
            "tokens": int(c.tokens[at]),
            "excerpt": known.excerpt,
        }

    def _said(self, at: int, row: Mapping[str, Any], longest: int) -> dict[str, Any]:
        """What stands on disk of a rollout; of a sealed problem nothing is told."""
        name = self.index.examples.names[self.index.columns.example[at]]
        example = self.problems.example(name)
        if self.problems.of(name).sealed or row.get("seal"):
            return {"sealed": True, "problem": name}
        verdict = row["verdict"]
        sent = row.get("prompt") or ([turn.to_json() for turn in example.asked] if example else [])
        return {
            "problem": name,
            "asked": [{"role": turn["role"], "text": cut(turn["content"], longest)} for turn in sent],
            "expected": cut(expected(example.reference), longest) if example else None,
            "thinking": row.get("thinking", ""),
            "response": cut(row["response"], longest),
            "finish": row.get("finish", "stop"),
            "read": None if verdict.get("read") is None else cut(verdict["read"], longest),
            "why": cut(verdict.get("why") or "", longest),
            "judged": f"{verdict.get('verifier') or '?'} {verdict.get('version', 0)}",
            "seconds": verdict.get("seconds", 0.0),
            "more": {name: verdict[name] for name in ("parts", "cost") if verdict.get(name)},
        }

    def _others(self, at: int) -> dict[str, Any]:
        """The group of a rollout, and every other time its problem was asked: `{"part", "step", "n", "correct"}`."""
        c = self.index.columns
        mates = np.flatnonzero(c.group == c.group[at])
        same = np.flatnonzero((c.example == c.example[at]) & (c.group != c.group[at]))
        times: dict[int, list[int]] = {}
        for one in same.tolist():
            times.setdefault(int(c.group[one]), []).append(one)
        return {
            "group": [self._brief(int(one)) for one in mates[np.argsort(c.index[mates])]],
            "again": [self._time(group) for group in times.values()],
        }

    def _brief(self, at: int) -> dict[str, Any]:
        row = self._row(at)
        return {name: row[name] for name in ("key", "index", "status", "score", "advantage")}

    def _time(self, group: list[int]) -> dict[str, Any]:
        row = self._row(group[0])
        right = sum(STATUSES[self.index.columns.status[one]] == "correct" for one in group)
        return {name: row[name] for name in ("key", "part", "step")} | {"n": len(group), "correct": right}


def _one_of_each(units: Array, size: int) -> Array:
    """One of each so many that stand together, at a random place that is the same whenever it is asked."""
    starts = np.arange(0, len(units), size)
    places = starts + np.random.default_rng(0).integers(0, size, len(starts))
    chosen: Array = units[np.minimum(places, len(units) - 1)]
    return chosen


def _by_example(
    values: list[str], columns: Columns, ordered: Callable[[list[str]], list[str]]
) -> tuple[list[str], Array]:
    names = ordered(values)
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers[value] for value in values], "i4")[columns.example]


def _counts(name: str, coded: tuple[list[str], Array], chosen: Mapping[str, Array]) -> list[tuple[str, int]]:
    """How many rollouts each value would leave; of values that leave none only those that somewhere occur."""
    names, numbers = coded
    others = [mask for other, mask in chosen.items() if other != name]
    left = np.bincount(numbers[np.logical_and.reduce(others)], minlength=len(names))
    occurs = np.bincount(numbers, minlength=len(names))
    return [(value, int(n)) for value, n, seen in zip(names, left, occurs, strict=True) if seen]


def _ends(names: list[str]) -> list[str]:
    return [names[0], names[-1]] if names else []


def _number(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise AssayError(f"{name} is a whole number, not {text[:20]!r}")
    return int(text) if text else default


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
