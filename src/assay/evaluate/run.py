"""Measure a model on a suite and write the scores: overall, by domain, by source; before and after can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadConfig, MissingData, counted
from assay.evaluate.control import Control, controls
from assay.evaluate.metrics import Estimate, difference, estimate, mean_of, rates, together
from assay.evaluate.samples import Said, columns, said_of
from assay.evaluate.suite import Suite
from assay.files import write_atomically
from assay.journal import CLAIM, kind_of
from assay.judging.session import unreadable
from assay.models.engine import ENGINES, Engine, checked_options, kind_of_model, open_engine
from assay.models.hf import require_model
from assay.models.openai import ADDRESSES
from assay.rollout.measure import Measurements, collecting_seldom, is_recorded, measure, require_recorded
from assay.rollout.runs import EXAMPLES as EXAMPLES
from assay.rollout.store import RolloutStore
from assay.sources.base import data_dir
from assay.types import Example, Measurement

SCORES = "scores.json"
CROSS = " x "
"""Between the keys of a group that crosses two tags, and their values."""


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
    samples: str = ""
    """Responses to each problem, such as `4` or `1-32`."""
    more: Mapping[str, Estimate] = field(default_factory=dict)
    """Further columns, by their heads; see `assay.evaluate.samples.columns`."""

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
    groups: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Further rows: `tasks` where the suite names some, and those of each tag that it asks for."""
    control: tuple[Control, ...] = ()
    """Of problems with constraints: how often they are followed."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Source of the suite that had no rows here, and why."""
    partial: Mapping[str, str] = field(default_factory=dict)
    """Task or source that is not the whole of what its name says, and why."""
    failed: int = 0
    """Responses that never came."""

    def row(self, name: str) -> Row:
        """The row called `name`. Raises `KeyError`."""
        return next(row for row in self.rows if row.name == name)


@collecting_seldom()
def evaluate(
    model: str | Engine,
    suite: Suite,
    *,
    out: Path,
    data: Path | None = None,
    examples: Sequence[Example] | None = None,
    lacks: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    workers: int = 2,
    on_groups: Callable[[int], None] | None = None,
) -> Scores:
    """Measure a model on a suite, resumable in `out`, and write `scores.json` beside the rollouts.

    `examples` replaces what the suite's sources give, when the caller has them already, and `lacks` says which of the
    sources gave none (`Suite.read`). `options` are those of the engine; its `kind` names another engine. Examples whose
    reference cannot be read are left out for every response alike, and named. Raises `AssayError` when none is left,
    and where the engine cannot be asked.
    """
    asked, left_out = readable(suite.examples(data) if examples is None else examples)
    measured = measure(
        opened(model, asked, data, options or {}),
        asked,
        samples=suite.samples,
        sampling=suite.sampling,
        out=out,
        workers=workers,
        on_groups=on_groups,
        ways=suite.ways,
    )
    name = next((m.model for m in measured.values()), str(model))
    said = said_of(RolloutStore(out).answers(), {example.id: example for example in asked})
    scores = Scores(
        name,
        suite.samples,
        with_columns(table(measured, suite.k), measured, said, suite.k),
        dict(measured),
        left_out,
        groups=grouped(measured, suite, asked),
        control=controls(RolloutStore(out).rollouts(), {example.id: example for example in asked}, workers=workers),
        lacks=lacks or {},
        partial={name: task.partial for task in suite.sources if task.partial for name in (task.task, *task.names)},
        failed=sum(one.failed for one in said.values()),
    )
    write_scores(scores, out)
    return scores


def write_scores(scores: Scores, out: Path) -> None:
    """Write `scores.json` to the directory of a run."""
    there = json.loads((out / CLAIM).read_text("utf-8"))
    facts: dict[str, Any] = {"model": scores.model, "samples": scores.samples, "fingerprint": there["fingerprint"]}
    rows = [row.to_json() for row in scores.rows]
    text = facts | {"run": there, "left_out": dict(scores.left_out), "rows": rows}
    text |= {name: dict(told) for name in ("lacks", "partial") if (told := getattr(scores, name))}
    if scores.control:
        text["control"] = [line.to_json() for line in scores.control]
    if scores.groups:
        text["groups"] = {name: [row.to_json() for row in part] for name, part in scores.groups.items()}
    write_atomically(out / SCORES, json.dumps(text, indent=2) + "\n")


def find_model(name: str) -> str:
    """What to open for a name: the policy of a run, or the name. Raises `AssayError` where a run has none yet."""
    policy = Path(name) / "policy"
    if policy.is_dir():
        return str(policy)
    if kind_of(Path(name)) in ("train", "warmup"):
        raise AssayError(f"{name} holds a training that is not finished: give its command again to end it")
    return name


def require_answers(
    model: str,
    suite: Suite,
    asked: Sequence[Example],
    out: Path,
    data: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Raise `AssayError` where nothing of a name or path could answer, or where recorded responses do not answer all
    that is asked, or `out` holds another run than theirs; weights are not read."""
    kind, told = _engine_of(model, asked, data, options or {})
    if is_recorded(model):
        require_recorded(model, asked, suite.samples, suite.sampling, out, suite.ways)
    elif kind == "openai":
        open_engine(model, kind, **told)  # it asks for a name where none is given
    elif kind == "transformers":
        require_model(model)


def opened(
    model: str | Engine, asked: Sequence[Example], data: Path | None, options: Mapping[str, Any]
) -> str | Engine:
    """An engine with its options, once it is known that it can be asked; a name that needs none, as it is."""
    if not isinstance(model, str):
        require_sight(type(model), model.name, asked, data)
        return model
    kind, told = _engine_of(model, asked, data, options)
    return open_engine(model, kind, **told) if told or kind != kind_of_model(model) else model


def _engine_of(
    model: str, asked: Sequence[Example], data: Path | None, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Which engine a model is asked by, and with which options."""
    kind = str(options.get("kind") or kind_of_model(model))
    given = {name: value for name, value in options.items() if name != "kind"}
    if is_recorded(model):
        if options:
            raise BadConfig(f"{model} holds recorded responses, which no option of an engine changes: leave them out")
        return kind, {}
    told = checked_options(kind, given)
    shown = require_sight(ENGINES.get(kind), model, asked, data)
    return kind, ({"images": str(data_dir(data))} | told if shown and kind == "openai" else told)


def require_sight(engine: type[Engine], name: str, asked: Sequence[Example], data: Path | None) -> bool:
    """Whether problems have pictures. Raises `AssayError` where an engine of text is asked such, and `MissingData`
    where their files are not there."""
    shown = {path for example in asked for turn in example.asked for path in turn.attachments}
    if not shown or hasattr(engine, "require"):  # recorded
        return bool(shown)
    if not getattr(engine, "sees", False):
        raise AssayError(
            f"{name} reads text alone, and the problems come with {counted(len(shown), 'picture')}: name a server "
            "that sees (http://HOST/v1#MODEL)"
        )
    files = sorted(path for path in shown if not path.startswith(ADDRESSES))
    if lacking := [path for path in files if not (data_dir(data) / path).is_file()]:
        raise MissingData(
            f"{len(lacking):,} of {len(files):,} pictures are not in the data directory, such as {lacking[0]}: they "
            "are published with the rows"
        )
    return True


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


def lacking_note(lacks: Mapping[str, str]) -> list[str]:
    """What to tell of sources that had no rows."""
    return [f"not asked, for want of rows: {', '.join(lacks)} (scores.json says why)"] if lacks else []


def silent_note(scores: Scores) -> list[str]:
    """What to tell of responses that never came, and of sources that have no line since none of theirs counts."""
    told = counted(scores.failed, "response")
    notes = [f"{told} never came: give the same command again to ask for them"] if scores.failed else []
    heard = {one.source for one in scores.measured.values() if one.n}
    mute = dict.fromkeys(one.source for one in scores.measured.values() if one.source not in heard)
    return [*notes, f"in no line, since no response counts: {', '.join(mute)}"] if mute else notes


def table(measured: Measurements, ks: Sequence[int]) -> tuple[Row, ...]:
    """Rows for all, each domain and each source. `all` is the unweighted mean of the domains."""
    by_domain = _split(measured, lambda m: m.domain)
    by_source = _split(measured, lambda m: m.source)
    rows = [_mean("all", by_domain, ks, measured)]
    home = {m.source: m.domain for m in measured.values()}
    named = [*((name, name, part) for name, part in by_domain.items())]
    named += [(name, home[name], part) for name, part in by_source.items()]
    return (*rows, *_each(named, ks))


def with_columns(
    rows: Iterable[Row], measured: Mapping[str, Measurement], said: Mapping[str, Said], ks: Sequence[int]
) -> tuple[Row, ...]:
    """The same rows with further columns; those of `all` are of all problems alike."""
    made = []
    for row in rows:
        ids = [i for i, m in measured.items() if row.name in ("all", m.domain, m.source)]
        made.append(replace(row, more=columns([said[i] for i in ids if i in said], ks, row.name)))
    return tuple(made)


def grouped(measured: Measurements, suite: Suite, asked: Sequence[Example]) -> dict[str, tuple[Row, ...]]:
    """Rows of each task that the suite names, with their unweighted mean, and of each tag that it asks for."""
    groups = {}
    task_of = {name: task.task for task in suite.sources if task.task for name in task.names}
    home = {m.source: m.domain for m in measured.values()}
    tasks = _split(measured, lambda m: task_of.get(m.source, m.source)) if task_of else {}
    if tasks:
        domains = {task_of.get(source, source): domain for source, domain in home.items()}
        rows = _each(((name, domains[name], part) for name, part in tasks.items()), suite.k)
        known = {row.name: tasks[row.name] for row in rows}
        groups["tasks"] = (*rows, _mean(f"mean of {len(rows)} tasks", known, suite.k, measured))
    tags = {e.id: dict(tag.partition(":")[::2] for tag in e.tags) for e in asked}
    wanted = [(key,) for key in suite.by] + ([suite.by] if len(suite.by) > 1 else [])
    for keys in wanted:
        parts = _split(measured, partial(_value, tags, keys))
        groups[CROSS.join(keys)] = _each(((name, "", part) for name, part in sorted(parts.items())), suite.k)
    return groups


def _value(tags: Mapping[str, Mapping[str, str]], keys: Sequence[str], measured: Measurement) -> str:
    """The values of some tags of an Example."""
    return CROSS.join(tags[measured.example_id].get(key, "none") for key in keys)


def _each(named: Iterable[tuple[str, str, Measurements]], ks: Sequence[int]) -> tuple[Row, ...]:
    """A row of each part, by name and domain, that has a counted sample."""
    rows = []
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


def _mean(name: str, parts: Mapping[str, Measurements], ks: Sequence[int], measured: Measurements) -> Row:
    """The unweighted mean of parts; a pass@k where every part has one."""
    values = {part: rates(list(found.values())) for part, found in parts.items()}
    passes = {
        k: mean_of({part: rates(list(found.values()), k) for part, found in parts.items()}, f"{name}@{k}")
        for k in ks
        if all(_enough(found, k) for found in parts.values())
    }
    return _row(name, mean_of(values, name), passes, measured)


def _row(name: str, avg: Estimate, passes: Mapping[int, Estimate], part: Measurements, domain: str = "") -> Row:
    verdicts: Counter[str] = Counter()
    for example_id in part:
        verdicts.update(part.verdicts.get(example_id, {}))
    uncounted = sum(m.uncounted for m in part.values())
    each = sorted({m.n + m.uncounted for m in part.values()})
    samples = f"{each[0]}-{each[-1]}" if len(each) > 1 else f"{each[0]}"
    return Row(name, avg, passes, uncounted, dict(sorted(verdicts.items())), domain, samples)


def _enough(part: Mapping[str, Measurement], k: int) -> bool:
    return any(m.n >= k for m in part.values())


def _split(measured: Measurements, key: Callable[[Measurement], str]) -> dict[str, Measurements]:
    names = dict.fromkeys(map(key, measured.values()))
    parts = {name: {i: m for i, m in measured.items() if key(m) == name} for name in names}
    return {name: Measurements(part, measured.verdicts) for name, part in parts.items()}
