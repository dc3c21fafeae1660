"""What decides a verdict besides the response: the facts that runs write down and compare before they go on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from assay.errors import IsolationRefused
from assay.judging.verifier import VERIFIERS
from assay.sandbox import require
from assay.sandbox.flavours import MODULES
from assay.types import Example, content_hash
from assay.version import VERSION

_DECIDES_NOTHING = ("schema", "id", "gold", "tags", "licence", "lineage", "pass_rates")


def judging_facts(examples: Sequence[Example]) -> dict[str, Any]:
    """Package and verifier versions, deadlines, data, templates and, where programs are run, what runs them."""
    verifiers = [VERIFIERS.get(name) for name in sorted({example.verifier for example in examples})]
    facts = {
        "assay": VERSION,
        "verifiers": {v.name: v.version for v in verifiers},
        "deadlines": {v.name: v.deadline for v in verifiers},
        "data": data_hash(examples),
        "templates": content_hash(sorted({example.template for example in examples})),
    }
    return facts | ({"programs": _programs()} if any(v.runs_programs for v in verifiers) else {})


def data_hash(examples: Sequence[Example]) -> str:
    """Hash of everything that is asked and how it is judged, in order: problems, templates, references, verifiers."""
    rows = (example.to_json() for example in examples)
    return content_hash([content_hash({k: v for k, v in row.items() if k not in _DECIDES_NOTHING}) for row in rows])


def _programs() -> dict[str, Any]:
    """Python, the isolation that is had, and the packages that programs may import."""
    try:
        level = require()
    except IsolationRefused:
        level = "refused"
    names = sorted({name for modules in MODULES.values() for name in modules.split()})
    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "sandbox": level,
        "packages": {name: found for name in names if (found := _installed(name))},
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
