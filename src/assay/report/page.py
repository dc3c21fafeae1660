"""One self-contained HTML page of a run: did it learn, where, and what did it say.

Everything is read from the run's own files; the page holds no script and asks the network for nothing. Model text is
escaped: a response that holds markup is shown, never rendered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.errors import AssayError, MissingExtra
from assay.files import write_atomically
from assay.journal import CLAIM, Journal, kind_of
from assay.report import charts
from assay.rollout.store import RolloutStore
from assay.types import DOMAINS

SHOWN = 2
"""Held-out problems shown in each domain."""


def write_page(run: Path, to: Path | None = None) -> Path:
    """Write the page of a run directory and return its path (`RUN/report.html` unless told otherwise).

    Raises `AssayError` when the directory holds no run.
    """
    if (kind := kind_of(run)) != "train":
        what = f"holds a run of another kind ({kind})" if kind else "holds no run"
        raise AssayError(f"{run} {what}: give a directory that `assay train` or `assay demo` wrote")
    target = to or run / "report.html"
    write_atomically(target, render(run))
    return target


def render(run: Path) -> str:
    """The page as text."""
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("the report page", "report") from None
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters.update(percent=percent, points=points)
    return environment.get_template("page.html.j2").render(**content(run))


def content(run: Path) -> dict[str, Any]:
    """What the template shows."""
    steps = Journal(run / "metrics.jsonl").read()
    before, after = (_json(run / "eval" / name / "scores.json") for name in ("before", "after"))
    changes = _json(run / "eval" / "changes.json") or {}
    return {
        "facts": _json(run / CLAIM) or {},
        "notes": _json(run / "notes.json") or [],
        "headline": headline(changes),
        "rows": score_rows(before, after, changes),
        "checked": checked(_json(run / "eval" / "overlap.json")),
        "samples": (after or before or {}).get("samples", 0),
        "ks": sorted({int(k) for row in (after or {}).get("rows", []) for k in row["passes"]}),
        "pictures": pictures(steps),
        "steps": len(steps),
        "rollouts": rollouts(run, SHOWN),
    }


def checked(overlap: Mapping[str, int] | None) -> str:
    """What was found of held-out problems that training sees; only what was checked is said."""
    if overlap is None:
        return "problems that were not compared with those of training"
    found = f"checked by problem: {overlap['shared']} of {overlap['problems']} shared"
    never = "problems that training never saw" if not overlap["shared"] else "problems, some of which training saw"
    return f"{never} ({found})"


def pictures(steps: charts.Steps) -> list[tuple[str, str, str]]:
    """(title, what it shows, SVG) of each chart; none without a training step."""
    if not steps:
        return []
    reward = charts.per_domain(steps, "reward", "Reward by domain", top=1)
    length = charts.per_domain(steps, "length", "Response length by domain")
    return [
        ("Reward", "Mean reward of the responses sampled in training.", reward),
        ("Response length", "Tokens a response.", length),
        ("Verdicts", "Timeouts and errors enter no mean and no loss.", charts.verdict_mix(steps)),
        ("Health", "A group whose responses are all judged alike is not trained on.", charts.health(steps)),
    ]


def in_order(domains: Iterable[str]) -> list[str]:
    """The six domains in their usual order, then the others by name."""
    return sorted(set(domains), key=lambda d: (DOMAINS.index(d) if d in DOMAINS else len(DOMAINS), d))


def headline(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """One honest sentence about what was learnt."""
    seen = in_order(name for name, change in changes.items() if change["domain"] == name)
    if not seen:
        return "This run has no held-out comparison."
    rose = [d for d in seen if changes[d]["low"] > 0]
    fell = [d for d in seen if changes[d]["high"] < 0]
    unclear = [d for d in seen if d not in rose and d not in fell]
    parts = [f"Held-out accuracy rose in {len(rose)} of {len(seen)} domains"]
    if unclear:
        parts.append(f"no clear change in {_words(unclear)}")
    if fell:
        parts.append(f"it fell in {_words(fell)}")
    return "; ".join(parts) + "."


def score_rows(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, changes: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of the before/after table: `all`, then domains in the usual order, each followed by its sources."""
    by_name = {row["name"]: row for row in (after or {}).get("rows", [])}
    earlier = {row["name"]: row for row in (before or {}).get("rows", [])}
    rows, order = {**earlier, **by_name}, ["all"]
    for domain in in_order(row["domain"] for row in rows.values() if row["domain"]):
        order += [domain, *(n for n, row in rows.items() if row["domain"] == domain and n != domain)]
    return [
        {
            "name": name,
            "kind": "all" if name == "all" else "domain" if rows[name]["domain"] == name else "source",
            "before": earlier.get(name),
            "after": by_name.get(name),
            "change": changes.get(name),
        }
        for name in order
        if name in rows
    ]


def rollouts(run: Path, shown: int) -> list[dict[str, Any]]:
    """Held-out problems with what the model said before and after, the most changed ones first."""
    examples = {row["id"]: row for row in Journal(run / "examples.jsonl").read()}
    stores = {name: RolloutStore(run / "eval" / name) for name in ("before", "after")}
    means = {name: _means(store.marks()) for name, store in stores.items()}
    gains = {i: mean - means["before"][i] for i, mean in means["after"].items() if i in means["before"]}
    picked: list[str] = []
    for domain in in_order(examples[i]["domain"] for i in gains if i in examples):
        of_domain = sorted(
            (i for i in gains if i in examples and examples[i]["domain"] == domain), key=lambda i: (-gains[i], i)
        )
        picked += of_domain[: shown - 1] + of_domain[-1:] if len(of_domain) > shown else of_domain
    said = {name: _of_examples(store, set(picked)) for name, store in stores.items()}
    return [{"example": examples[i], "before": said["before"][i][:4], "after": said["after"][i][:4]} for i in picked]


def percent(value: float) -> str:
    """0.1234 -> `12.3`."""
    return f"{100 * value:.1f}"


def points(value: float) -> str:
    """0.1234 -> `+12.3`."""
    return f"{100 * value:+.1f}"


def _means(marks: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Mean score of each Example; 0 where no verdict counts."""
    scores: dict[str, list[float]] = {}
    for mark in marks:
        scores.setdefault(mark["example_id"], []).extend([] if mark["score"] is None else [mark["score"]])
    return {name: sum(found) / len(found) if found else 0.0 for name, found in scores.items()}


def _of_examples(store: RolloutStore, wanted: set[str]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in store.rows() if wanted else ():
        if row["example_id"] in wanted:
            out.setdefault(row["example_id"], []).append(row)
    return {name: sorted(said, key=lambda row: row["index"]) for name, said in out.items()}


def _json(path: Path) -> Any:
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as bad:
        raise AssayError(f"{path} is not what a run wrote ({bad}): run the same command again, or delete it") from None


def _words(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
