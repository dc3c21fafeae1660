"""Write docs/datasheets.md: a row each verifier, measured on this machine. `make datasheets` runs it.

Rows are this project's cases, rewrites of references of every source, and, where the data directory holds them, the
labelled sets of `assay.audit.sets`. `assay audit VERIFIER ROWS --datasheet FILE.md` writes one verifier's in full.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from assay.audit.attacks import ATTACKS
from assay.audit.graders import find_grader
from assay.audit.labelled import LabelledRow, read_labelled
from assay.audit.rewrites import KINDS, rewritten
from assay.audit.run import AttackRate, GraderAudit, audit
from assay.audit.sets import rows_of, there
from assay.errors import AssayError
from assay.judging.verifier import VERIFIERS, Lane
from assay.report.audits import plain, share
from assay.report.datasheet import confusion, machine_told, table
from assay.sources.base import SOURCES, data_dir
from assay.types import hashed_seed

ROOT = Path(__file__).parents[1]
PAGE, CASES = ROOT / "docs" / "datasheets.md", ROOT / "tests" / "cases"
REFERENCES, PER, MOST, PROGRAMS = 12, 8, 3000, 300
"""References of a source and their rewrites; rows of a labelled set, and of one whose verifier runs programs."""
HEAD = (
    "verifier",
    "version",
    "right refused (FN), %",
    "wrong accepted (FP), %",
    "worst attack, %",
    "scored, %",
    "a second",
)


def rows() -> Iterator[LabelledRow]:
    """All of them, of every verifier."""
    for path in sorted(CASES.glob("*.jsonl")):
        yield from read_labelled(path, name="cases")
    for name in SOURCES.names():
        source = SOURCES.get(name)
        if getattr(source, "verifier", "") not in KINDS:
            continue
        try:
            found = list(source.examples(source.splits[0], data=data_dir(), size=REFERENCES))
        except AssayError as missing:
            print(f"left out: {name}: {missing}", file=sys.stderr)
            continue
        yield from rewritten(found, per=PER, name="rewrites")
    for name in there():
        drawn = sorted(rows_of(name), key=lambda row: hashed_seed("datasheet", row.prompt, row.response, row.reference))
        yield from drawn[: PROGRAMS if VERIFIERS.get(drawn[0].verifier).runs_programs else MOST]


def line(found: GraderAudit) -> tuple[str, ...]:
    worst = max(found.attacks, key=lambda one: one.success.value or 0.0, default=None)
    attack = "-" if worst is None else share(worst.success)
    told = share(found.total.false_negatives), share(found.total.false_positives)
    speed = f"{found.rows_per_second:,.0f}" if found.rows else "-"
    return f"`{found.name}`", found.identity.version, *told, attack, share(found.coverage), speed


def worst(found: GraderAudit, paid: list[AttackRate]) -> tuple[str, ...]:
    one = max(paid, key=lambda rate: rate.success.value or 0.0)
    return f"`{found.name}`", str(len(paid)), one.pattern, share(one.success), f"`{plain(one.worst, 60)}`"


def page(audits: list[GraderAudit]) -> str:
    sets = sorted({name for found in audits for name in found.sets})
    by_set = [
        (f"`{found.name}`", name, *confusion(one)) for found in audits for name in sets if (one := found.sets.get(name))
    ]
    attacked = [(found, [one for one in found.attacks if one.success.count]) for found in audits]
    return "\n\n".join(
        [
            "# Datasheets of the verifiers",
            f"Written by `make datasheets` on {machine_told()}, beside other work. Shares have Wilson 95 % "
            "intervals, and leave out rows without a score. What each verifier reads, accepts and refuses is in "
            "[verifiers](verifiers.md); `assay audit VERIFIER ROWS --datasheet FILE.md` writes one in full, of any "
            "grader.",
            table(HEAD, [line(found) for found in audits]),
            "`judge` and `hybrid` need a model, which decides how good they are: audit yours.",
            "## By set of rows",
            "`cases` are this project's own, and the tests hold every one: they say what is meant, no more; "
            "a score of 0.5 counts as accepted here, also where it is partial credit. "
            "`rewrites` are made from references of every source, and right or wrong by construction. "
            "`labelled/...` are responses of models that people, executions or official scripts labelled; a label is "
            f"not always right. At most {MOST:,} rows of each, and {PROGRAMS} of those whose verifier runs programs.",
            table(("verifier", "set", "right", "FN, %", "wrong", "FP, %", "no score"), by_set),
            "## Attacks that were paid",
            "What a string earns that happens to be right is among it: `\\boxed{\\text{true}}` where an option is "
            "True, `[]` where a program returns what is asked for, a program where `py_compile` or `command` wants no "
            "more than one. The rows of `script` are cases, one of which accepts whatever is said. There are "
            f"{len(ATTACKS)} patterns.",
            table(
                ("verifier", "patterns paid", "the worst", "on the references, %", "its string"),
                [worst(found, paid) for found, paid in attacked if paid],
            ),
        ]
    )


def main() -> None:
    by_verifier: dict[str, list[LabelledRow]] = defaultdict(list)
    for row in rows():
        by_verifier[row.verifier].append(row)
    audits = []
    for name in VERIFIERS.built_in():
        if VERIFIERS.get(name).lane is Lane.REMOTE:
            audits.append(GraderAudit(name, find_grader(name).identity()))
            continue
        found = by_verifier[name]
        print(f"{name}: {len(found)} rows", file=sys.stderr)
        audits += audit([find_grader(name)], found)
    PAGE.write_text(page(audits) + "\n", "utf-8")


if __name__ == "__main__":
    main()
