"""Every source with its domain, size, level, answer, verifier and licence: `assay catalog` and `docs/catalog.md`.

It is made from the registry; `make reference` writes the page and a test holds it.
"""

from __future__ import annotations

from typing import Any

from assay.judging.verifier import VERIFIERS
from assay.sources.base import SOURCES, Source
from assay.sources.procedural import Procedural

HEAD = ("source", "rows", "answer", "verifier", "licence")


def catalog() -> list[dict[str, Any]]:
    """A row each source of this environment, plugins included, in the order of their names.

    `rows` is split -> rows, `None` where that is known only once they were read; `levels` is 0 for real rows; `answer`
    is the shape of a reference; `use` is `training` or `evaluation`.
    """
    return [_row(source) for source in sorted(SOURCES.working(), key=lambda source: source.name)]


def _row(source: Source) -> dict[str, Any]:
    verifier = getattr(source, "verifier", "")
    return {
        "name": source.name,
        "domain": source.domain,
        "kind": source.kind,
        "rows": {split: source.sizes.get(split) for split in source.splits},
        "levels": source.levels if isinstance(source, Procedural) else 0,
        "answer": VERIFIERS.get(verifier).reference if verifier in VERIFIERS else "",
        "verifier": verifier,
        "licence": source.licence,
        "use": "evaluation" if source.eval_only else "training",
        "about": source.about,
    }


def page() -> str:
    """The catalogue of the sources of this package, in Markdown."""
    lines = [
        "# Catalogue of sources",
        "",
        "Made from the code by `make reference`; `assay catalog --json` gives it to programs. Real rows are read from",
        "the data directory or the hub ([curation](curation.md)); where no number is told, they are counted when they",
        "are read. Licences are those that the origin states: look there before you publish.",
    ]
    domain = ""
    ours = [row for row in catalog() if row["name"] in SOURCES.built_in()]
    for row in sorted(ours, key=lambda row: (row["domain"], row["name"])):
        if row["domain"] != domain:
            domain = row["domain"]
            lines += ["", f"## {domain}", "", f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
        cells = (f"`{row['name']}`: {row['about']}", size(row), row["answer"], f"`{row['verifier']}`", row["licence"])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def size(row: dict[str, Any]) -> str:
    """`train 7,473, test 1,319`; what is made, with its levels; and what is not to be trained on."""
    if row["levels"]:
        return f"made, levels 1 to {row['levels']}"
    told = ", ".join(split if n is None else f"{split} {n:,}" for split, n in row["rows"].items())
    return told + (" (evaluation only)" if row["use"] == "evaluation" else "")
