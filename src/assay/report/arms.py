"""What the same training gave when it was paid otherwise, for the page of each arm (`learn/arms.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.evaluate.run import SCORES
from assay.learn.arms import COMPARED, TRUTH
from assay.report.rollouts import in_order
from assay.report.summary import read_json
from assay.report.text import lead_over

ALL = "all"


def arms_of(run: Path) -> dict[str, Any] | None:
    """What the section on other rewards shows; `None` where the run is no arm of a comparison.

    Keys: `names` (the arms), `k` (the largest of pass@k), `rows` (one a domain: its scores before and behind each arm,
    and the lead of the truth over each control), `told` (a sentence on each control).
    """
    found = read_json(run.parent / COMPARED)
    names = list(found["gains"]) if found else []
    if run.resolve().name not in names:
        return None
    ends = {"before": run.parent / TRUTH / "eval" / "before"} | {n: run.parent / n / "eval" / "after" for n in names}
    scores = {name: {row["name"]: row for row in read_json(at / SCORES)["rows"]} for name, at in ends.items()}
    leads = {arm: {row["name"]: row for row in one["rows"]} for arm, one in found["truth_over"].items()}
    domains = in_order(name for name, row in scores["before"].items() if row["domain"] == name)
    k = max((int(k) for k in scores["before"][ALL]["passes"]), default=1)
    rows = [
        {
            "name": name,
            "sides": [_side(scores[side].get(name), k) for side in ends],
            "leads": [leads[arm][name]["change"] if name in leads[arm] else None for arm in leads],
        }
        for name in (ALL, *domains)
    ]
    told = [lead_over(arm, lead[ALL]["change"]["low"]) for arm, lead in leads.items()]
    return {"names": list(ends), "controls": list(leads), "k": k, "rows": rows, "told": told}


def _side(row: dict[str, Any] | None, k: int) -> dict[str, Any] | None:
    return row and {"avg": row["avg"], "pass": row["passes"].get(str(k))}
