"""What decides a verdict besides the response: the facts that runs write down and compare before they go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.errors import IsolationRefused
from assay.judging.session import default_judge
from assay.sandbox import require
from assay.types import Example, content_hash
from assay.version import VERSION

_DECIDES_NOTHING = ("schema", "id", "gold", "tags", "licence", "lineage", "pass_rates")


def judging_facts(examples: Sequence[Example]) -> dict[str, Any]:
    """Package and verifier versions, settings, data, templates and, where programs are run, what runs them."""
    facts = {
        "assay": VERSION,
        "data": data_hash(examples),
        "templates": content_hash(sorted({example.template for example in examples})),
        **default_judge().facts(examples),
    }
    return facts | ({"sandbox": _level()} if "sandbox" in facts else {})


def data_hash(examples: Sequence[Example]) -> str:
    """Hash of everything that is asked and how it is judged, in order: problems, templates, references, verifiers."""
    rows = (example.to_json() for example in examples)
    return content_hash([content_hash({k: v for k, v in row.items() if k not in _DECIDES_NOTHING}) for row in rows])


def _level() -> str:
    """The level, or the backend, that programs are run at; `refused` where they are not run."""
    try:
        return require()
    except IsolationRefused:
        return "refused"
