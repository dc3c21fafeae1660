"""What decides a verdict besides the response: the facts that runs write down and compare before they go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.judging.session import default_judge
from assay.types import Example, data_hash
from assay.version import VERSION


def judging_facts(examples: Sequence[Example]) -> dict[str, Any]:
    """Package and verifier versions, settings, data and, where programs are run, what runs them."""
    return {"assay": VERSION, "data": data_hash(examples), **default_judge().facts(examples)}
