"""Measure a model on a suite and write the scores: overall, by domain, by source; before and after can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import AssayError, counted
from assay.evaluate.metrics import Estimate, difference, estimate, mean_of, rates, together
from assay.evaluate.suite import Suite
from assay.files import write_atomically
from assay.journal import CLAIM, kind_of
from assay.judging.session import unreadable
from assay.models.engine import Engine, kind_of_model, open_engine
from assay.models.hf import require_model
from assay.rollout.measure import Measurements, is_recorded, measure, require_recorded
from assay.rollout.runs import EXAMPLES as EXAMPLES
from assay.types import Example, Measurement

SCORES = "scores.json"


@dataclass(frozen=True)
class Row:
    """One line of a score table."""

    name: str
    """`all`, a domain, or a source."""
    avg: Estimate
    """avg@n."""
    passes: Mapping[int, Estimate]
    """k -> unbiased pass@k."""
    uncounted: int
    """Verdicts `timeout` and `error`: in no mean."""
    verdicts: Mapping[str, int]
    domain: str = ""
    """The domain that the line is of, or that its source is of; empty for `all`."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"passes": {str(k): asdict(e) for k, e in self.passes.items()}}


@dataclass(frozen=True)
class Scores:
    """A model's result on a suite."""

    model: str
    samples: int
    rows: tuple[Row, ...]
    measured: Mapping[str, Measurement]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Id of each Example whose reference cannot be read, and why: no response to it was asked for."""

    def row(self, name: str) -> Row:
        """The row called `name`. Raises `KeyError`."""
        return next(row for row in self.rows if row.name == name)


def evaluate(
    model: str | Engine,
    suite: Suite,
    *,
    out: Path,
    data: Path | None = None,
    examples: Sequence[Example] | None = None,
    workers: int = 2,
    on_groups: Callable[[int], None] | None = None,
) -> Scores:
    """Measure a model on a suite, resumable in `out`, and write `scores.json` beside the rollouts.

    `examples` replaces what the suite's sources give, when the caller has them already. Examples whose reference
    cannot be read are left out for every response alike, and named. Raises `AssayError` when none is left.
    """
    asked, left_out = readable(suite.examples(data) if examples is None else examples)
    measured = measure(
        model, asked, samples=suite.samples, sampling=suite.sampling, out=out, workers=workers, on_groups=on_groups
    )
    name = next((m.model for m in measured.values()), str(model))
    scores = Scores(name, suite.samples, table(measured, suite.k), dict(measured), left_out)
    write_scores(scores, out)
    return scores


def write_scores(scores: Scores, out: Path) -> None:
    """Write `scores.json` to the directory of a run."""
    there = json.loads((out / CLAIM).read_text("utf-8"))
    facts: dict[str, Any] = {"model": scores.model, "samples": scores.samples, "fingerprint": there["fingerprint"]}
    rows = [row.to_json() for row in scores.rows]
    text = facts | {"run": there, "left_out": dict(scores.left_out), "rows": rows}
    write_atomically(out / SCORES, json.dumps(text, indent=2) + "\n")


def find_model(name: str) -> str:
    """What to open for a name: the policy of a run, or the name. Raises `AssayError` where a run has none yet."""
    policy = Path(name) / "policy"
    if policy.is_dir():
        return str(policy)
    if kind_of(Path(name)) in ("train", "warmup"):
        raise AssayError(f"{name} holds a training that is not finished: give its command again to end it")
    return name


def require_answers(model: str, suite: Suite, asked: Sequence[Example], out: Path) -> None:
    """Raise `AssayError` where nothing of a name or path could answer, or where recorded responses do not answer all
    that is asked, or `out` holds another run than theirs; weights are not read."""
    if is_recorded(model):
        require_recorded(model, asked, suite.samples, suite.sampling, out)
    elif kind_of_model(model) == "openai":
        open_engine(model)  # it asks for a name where none is given
    else:
        require_model(model)


def readable(examples: Sequence[Example]) -> tuple[list[Example], dict[str, str]]:
    """The Examples that can be judged, and why each of the others cannot, whatever a response says."""
    bad = unreadable(examples)
    kept = [example for example in examples if example.id not in bad]
    if bad and not kept:
        name, why = next(iter(bad.items()))
        raise AssayError(f"no reference can be read, so nothing can be judged; {name}: {why}")
    return kept, bad


def unreadable_note(left_out: Mapping[str, str]) -> list[str]:
    """What to tell of Examples that were left out: how many, and the first three."""
    if not left_out:
        return []
    first = "; ".join(f"{name} ({why})" for name, why in list(left_out.items())[:3])
    return [f"left out {counted(len(left_out), 'problem')} whose reference cannot be read: {first}"]


def table(measured: Measurements, ks: Sequence[int]) -> tuple[Row, ...]:
    """Rows for all, each domain and each source. `all` is the unweighted mean of the domains."""
    by_domain = _split(measured, lambda m: m.domain)
    by_source = _split(measured, lambda m: m.source)
    rows = [_all(by_domain, ks, measured)]
    home = {m.source: m.domain for m in measured.values()}
    named = [*((name, name, part) for name, part in by_domain.items())]
    named += [(name, home[name], part) for name, part in by_source.items()]
    for name, domain, part in named:
        if any(m.n for m in part.values()):
            passes = {k: estimate(rates(list(part.values()), k), f"{name}@{k}") for k in ks if _enough(part, k)}
            rows.append(_row(name, estimate(rates(list(part.values())), name), passes, part, domain))
    return tuple(rows)


def changes(before: Scores, after: Scores) -> dict[str, Estimate]:
    """Paired difference of avg@n, after minus before, by row name; `all` is the mean of the domains.

    Raises `AssayError` when nothing is shared.
    """
    names = [row.name for row in after.rows if row.name != "all"]
    out: dict[str, Estimate] = {}
    for name in names:
        mine = {i: m for i, m in after.measured.items() if name in (m.domain, m.source)}
        theirs = {i: m for i, m in before.measured.items() if i in mine}
        if any(m.n and mine[i].n for i, m in theirs.items()):
            out[name] = difference(theirs, mine, f"change:{name}")
    if not out:
        raise AssayError("the two evaluations share no question, so they cannot be compared")
    domains = [out[row.name] for row in after.rows if row.name == row.domain and row.name in out]
    return {"all": together(domains), **out} if domains else out


def write_changes(before: Scores, after: Scores, path: Path) -> dict[str, Estimate]:
    """`changes`, also written as JSON for the report."""
    found = changes(before, after)
    told = {row.name: asdict(found[row.name]) | {"domain": row.domain} for row in after.rows if row.name in found}
    write_atomically(path, json.dumps(told, indent=2) + "\n")
    return found


def _all(by_domain: Mapping[str, Measurements], ks: Sequence[int], measured: Measurements) -> Row:
    values = {name: rates(list(part.values())) for name, part in by_domain.items()}
    passes = {
        k: mean_of({name: rates(list(part.values()), k) for name, part in by_domain.items()}, f"all@{k}")
        for k in ks
        if _enough(measured, k)
    }
    return _row("all", mean_of(values, "all"), passes, measured)


def _row(name: str, avg: Estimate, passes: Mapping[int, Estimate], part: Measurements, domain: str = "") -> Row:
    verdicts: Counter[str] = Counter()
    for example_id in part:
        verdicts.update(part.verdicts.get(example_id, {}))
    uncounted = sum(m.uncounted for m in part.values())
    return Row(name, avg, passes, uncounted, dict(sorted(verdicts.items())), domain)


def _enough(part: Mapping[str, Measurement], k: int) -> bool:
    return any(m.n >= k for m in part.values())


def _split(measured: Measurements, key: Callable[[Measurement], str]) -> dict[str, Measurements]:
    names = dict.fromkeys(map(key, measured.values()))
    parts = {name: {i: m for i, m in measured.items() if key(m) == name} for name in names}
    return {name: Measurements(part, measured.verdicts) for name, part in parts.items()}
