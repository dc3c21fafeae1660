"""What verifiers say of rows before any response is there: can they use a reference, and which references are equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.errors import BadReference
from assay.judging.verifier import VERIFIERS
from assay.types import Example, canonical, content_hash


def unreadable(examples: Iterable[Example]) -> dict[str, str]:
    """Id and reason of each Example whose reference or parameters its verifier cannot use."""
    found = {}
    for example in examples:
        try:
            VERIFIERS.get(example.verifier).check_params(example.params)
        except BadReference as bad:
            found[example.id] = str(bad)
    return found


def labels(examples: Sequence[Example]) -> list[str]:
    """A hash of what is right in each Example: equal for references that have the same value in another form."""
    return [content_hash(_label(example)) for example in examples]


def _label(example: Example) -> str:
    letter = str(example.reference).strip("(). ").upper()
    if example.options and len(letter) == 1 and 0 <= ord(letter) - ord("A") < len(example.options):
        return normalised(example.options[ord(letter) - ord("A")])  # the same option has another letter elsewhere
    return canonical(example.reference)
