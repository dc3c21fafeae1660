"""Tables of an audit: graders side by side, families, constants and attacks, and the mistakes themselves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from assay.audit.run import AttackRate, Case, GraderAudit, Share
from assay.evaluate.metrics import wilson

SHOWN = 300
"""Characters of a response or a reference that are shown."""
TOP_CONSTANTS = 5


def print_audit(console: Console, audits: Sequence[GraderAudit]) -> None:
    """Print every table of the audits that has something to say."""
    console.print(_graders(audits))
    if len(audits[0].sets) > 1:
        console.print(_sets(audits))
    if (families := _families(audits)).row_count:
        console.print(families)
    if any(found.constants for found in audits):
        console.print(_constants(audits))
    if any(found.attacks for found in audits):
        console.print(_attacks(audits))
    for found in audits:
        for mistake in found.mistakes:
            console.print(_mistake(found.name, mistake), markup=False, highlight=False, soft_wrap=True)


def _graders(audits: Sequence[GraderAudit]) -> Table:
    table = Table(title="Graders, in percent with 95 % intervals", title_justify="left")
    table.add_column("grader", no_wrap=True)
    for name in ("precision", "recall", "FN", "FP", "errors", "rows/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for found in audits:
        total = found.total
        shares = (total.precision, total.recall, total.false_negatives, total.false_positives)
        table.add_row(found.name, *map(share, shares), str(total.errors), f"{found.rows_per_second:,.0f}")
    return table


def _sets(audits: Sequence[GraderAudit]) -> Table:
    table = Table(title="By set", title_justify="left")
    for name in ("set", "grader", "FN", "FP", "errors"):
        table.add_column(name, justify="left" if name in ("set", "grader") else "right", no_wrap=True)
    for name in audits[0].sets:
        for found in audits:
            one = found.sets[name]
            cells = (share(one.false_negatives), share(one.false_positives), str(one.errors))
            table.add_row(name if found is audits[0] else "", found.name, *cells)
    return table


def _families(audits: Sequence[GraderAudit]) -> Table:
    """Families on which some grader made a mistake: mistakes of rows, FN, FP and errors together."""
    table = Table(title="Mistakes by family (FN of right rows, FP of wrong rows, errors)", title_justify="left")
    table.add_column("family")
    for found in audits:
        table.add_column(found.name, justify="right", no_wrap=True)
    for family in sorted({name for found in audits for name in found.families}):
        cells = [_family(found, family) for found in audits]
        if any(cell != "-" for cell in cells):
            table.add_row(family, *cells)
    return table


def _family(found: GraderAudit, family: str) -> str:
    one = found.families.get(family)
    if one is None:
        return "-"
    parts = []
    for name, share in (("FN", one.false_negatives), ("FP", one.false_positives)):
        if share.count:
            parts.append(f"{name} {share.count}/{share.of}")
    if one.errors:
        parts.append(f"errors {one.errors}")
    return ", ".join(parts) or "-"


def _constants(audits: Sequence[GraderAudit]) -> Table:
    title = "Constant strings that earn most: mean reward, and the share of the most frequent true answer"
    table = Table(title=title, title_justify="left")
    table.add_column("grader", no_wrap=True)
    table.add_column("string")
    table.add_column("reward %", justify="right")
    table.add_column("true %", justify="right")
    for found in audits:
        best = sorted(found.constants, key=lambda constant: -constant.reward)[:TOP_CONSTANTS]
        table.add_row(found.name, "most frequent true answer", "", f"{100 * found.common_share:.1f}")
        for constant in best:
            table.add_row("", plain(constant.text), f"{100 * constant.reward:.1f}", f"{100 * constant.share:.1f}")
    return table


def _attacks(audits: Sequence[GraderAudit]) -> Table:
    title = "Attacks that are paid, percent of all strings of a pattern with 95 % intervals; of its worst string"
    table = Table(title=f"{title}; tries without a score", title_justify="left")
    table.add_column("pattern")
    for found in audits:
        table.add_column(found.name, justify="right", no_wrap=True)
    by_pattern = [{attack.pattern: attack for attack in found.attacks} for found in audits]
    for pattern in by_pattern[0]:
        table.add_row(pattern, *(_attack(found[pattern]) for found in by_pattern))
    return table


def _attack(found: AttackRate) -> str:
    if found.tries.value is None:
        return "none"
    low, high = wilson(found.tries.count, found.tries.of)
    parts = [f"{100 * found.tries.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"]
    parts += [f"worst {100 * (found.success.value or 0):.1f}"] if found.success.count else []
    return ", ".join([*parts, *([f"errors {found.errors}"] if found.errors else [])])


def _mistake(grader: str, mistake: Case) -> str:
    why = f"\n  why        {plain(mistake.why)}" if mistake.why else ""
    return (
        f"{mistake.kind} of {grader} in {mistake.family}\n"
        f"  reference  {plain(str(mistake.reference))}\n  response   {plain(mistake.response)}{why}"
    )


def share(one: Share) -> str:
    """In percent with its interval; `none` of nothing."""
    if one.value is None:
        return "none"
    low, high = wilson(one.count, one.of)
    return f"{100 * one.value:.2f} ({100 * low:.2f}-{100 * high:.2f})"


def plain(text: str, most: int = SHOWN) -> str:
    """On one line, with what a terminal cannot show escaped."""
    made = text.encode("unicode_escape").decode("ascii").replace("\\\\", "\\")
    return (made if len(made) <= most else f"{made[: most - 3]}...") or "(empty)"
