"""The datasheet of a grader: one page in Markdown and one JSON of what an audit found of it.

What it is, how often it is wrong on labelled rows, what it accepts and refuses with an example of each family, what
attacks and constant strings earn, how much it gives a score, and how fast it is on the machine that it was measured on.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.audit.outcomes import ENOUGH
from assay.audit.run import Case, Confusion, GraderAudit
from assay.files import write_atomically
from assay.report.audits import plain, share
from assay.version import VERSION

CONSTANTS, FAULTS, LONGEST = 5, 5, 90
"""Constant strings and reasons that are shown; characters of a cell."""


def machine() -> dict[str, Any]:
    """What speed depends on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def machine_told() -> str:
    """`machine` in words."""
    here = machine()
    return f"{here['processor']}, {here['cores']} cores, Python {here['python']}"


def write_datasheet(audits: Sequence[GraderAudit], page: Path) -> Path:
    """Write the page, and beside it the JSON of the same name, whose path is returned."""
    data = page.with_suffix(".json")
    write_atomically(page, datasheet(audits))
    write_atomically(data, json.dumps(to_json(audits), indent=1) + "\n")
    return data


def to_json(audits: Sequence[GraderAudit]) -> dict[str, Any]:
    """Everything that the audits found, and where."""
    return {"assay": VERSION, "machine": machine(), "datasheets": [found.to_json() for found in audits]}


def datasheet(audits: Sequence[GraderAudit]) -> str:
    """The page, a part each grader."""
    told = (
        f"Measured by Assay {VERSION} on {machine_told()}. Intervals are Wilson's, 95 %. A score of {ENOUGH:g} or more "
        "counts as accepted; rows without a score are in no share."
    )
    return "\n\n".join([told, *("\n\n".join(_parts(found)) for found in audits)]) + "\n"


def _parts(found: GraderAudit) -> list[str]:
    parts = [f"# Datasheet: {_code(found.name)}", _identity(found), "## How often it is wrong", _wrong(found)]
    parts += ["## What it accepts and refuses", _families(found)]
    if found.attacks:
        parts += ["## What attacks earn", _attacks(found)]
    if found.constants:
        parts += ["## What a constant string earns", _constants(found)]
    return [*parts, "## Coverage and speed", _coverage(found)]


def _identity(found: GraderAudit) -> str:
    one = found.identity
    told = {"kind": one.kind, "version": one.version, "fingerprint": one.fingerprint, "right when": one.about}
    told |= {"reference": one.reference, "called as": one.contract}
    told |= {f"parameter `{name}`": json.dumps(value, default=str) for name, value in one.parameters.items()}
    return table(("", ""), [(name, _cell(value)) for name, value in told.items() if value])


def _wrong(found: GraderAudit) -> str:
    rows = [(_cell(name or "rows"), *confusion(one)) for name, one in found.sets.items()]
    rows += [("all", *confusion(found.total))] if len(rows) > 1 else []
    return table(("set", "right", "refused (FN), %", "wrong", "accepted (FP), %", "no score"), rows)


def confusion(one: Confusion) -> tuple[str, ...]:
    """Right rows and how many were refused, wrong rows and how many were accepted, and rows without a score."""
    fn, fp = one.false_negatives, one.false_positives
    return f"{fn.of:,}", share(fn), f"{fp.of:,}", share(fp), f"{one.errors:,}"


def _families(found: GraderAudit) -> str:
    """A line for each family and label, the most mistaken first."""
    shown: dict[tuple[str, bool], Case] = {(c.family, c.kind == "accepted"): c for c in found.agreed}
    off: dict[tuple[str, bool], Case] = {(c.family, c.kind == "FN"): c for c in found.mistakes if c.kind != "error"}
    lines = []
    for name, one in found.families.items():
        for label, missed in ((True, one.false_negatives), (False, one.false_positives)):
            if missed.of:
                case = off.get((name, label)) or shown.get((name, label))
                told = f"{missed.of - missed.count} of {missed.of}"
                row = (_cell(name), "accepts" if label else "refuses", told, *_example(case))
                lines.append((missed.count / missed.of, -missed.of, name, row))
    head = ("family", "it should", "it does", "for the reference", "such as")
    return table(head, [row for *_, row in sorted(lines, key=lambda line: (-line[0], *line[1:3]))])


def _example(case: Case | None) -> tuple[str, str]:
    return ("", "") if case is None else (_code(_plain(case.reference)), _code(_plain(case.response)))


def _attacks(found: GraderAudit) -> str:
    rows = [
        (_cell(a.pattern), f"{a.tries.count:,} of {a.tries.of:,}", share(a.success), _code(_plain(a.worst)))
        for a in sorted(found.attacks, key=lambda a: -(a.success.value or 0))
    ]
    return table(("pattern", "paid", "by its worst string, %", "which is"), rows)


def _constants(found: GraderAudit) -> str:
    best = sorted(found.constants, key=lambda c: -c.reward)[:CONSTANTS]
    rows = [(_code(_plain(c.text)), f"{100 * c.reward:.1f}", f"{100 * c.share:.1f}") for c in best]
    told = f"The most frequent true answer is that of {100 * found.common_share:.1f} % of the references."
    return told + "\n\n" + table(("string", "mean reward, %", "true for, %"), rows)


def _coverage(found: GraderAudit) -> str:
    told = (
        f"It gives a score to {share(found.coverage)} % of {found.rows:,} rows, {found.rows_per_second:,.0f} a second."
    )
    reasons = [f"- {count:,} x {_cell(why)}" for why, count in found.faults.most_common(FAULTS)]
    return "\n".join([told, *([""] if reasons else []), *reasons])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _plain(value: Any) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), LONGEST)


def _code(text: str) -> str:
    """Text as code, whatever ticks and bars it holds."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text.replace('|', chr(92) + '|')}{space}{ticks}"


def _cell(text: str) -> str:
    """A text in a table: on one line, no part of it markup."""
    flat = " ".join(str(text).split())[: 2 * LONGEST]
    for mark in "\\|[]`":
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("<", "&lt;")
