"""Every instruction type that can be checked, by name: IFEval, IFBench and the spellings of MathIF."""

from __future__ import annotations

from collections.abc import Mapping

from assay.instructions.checks import Check
from assay.instructions.ifbench_custom import CUSTOM
from assay.instructions.ifbench_formats import FORMATS
from assay.instructions.ifbench_words import WORDS
from assay.instructions.ifeval import IFEVAL

CHECKS: Mapping[str, Check] = {**IFEVAL, **WORDS, **FORMATS, **CUSTOM}
"""Instruction id -> its check."""
SPELLINGS: Mapping[str, str] = {"length_constraint_checkers:number_words": "length_constraints:number_words"}
"""A name that another benchmark gives to a type -> ours. MathIF (arXiv 2505.14810) differs in one name only."""
MATHIF: Mapping[str, tuple[str, ...]] = {
    "length": ("length_constraints:number_words",),
    "lexical": ("language:response_language", "keywords:existence", "keywords:frequency", "keywords:forbidden_words"),
    "format": (
        "detectable_format:number_bullet_lists",
        "detectable_format:number_highlighted_sections",
        "detectable_format:multiple_sections",
        "change_case:capital_word_frequency",
        "change_case:english_capital",
        "change_case:english_lowercase",
        "punctuation:no_comma",
    ),
    "affix": ("combination:repeat_prompt", "startend:end_checker", "startend:quotation"),
}
"""Class of constraint -> the names of its types (arXiv 2505.14810, table 1)."""


def known(name: str) -> str:
    """Our name of an instruction type."""
    return SPELLINGS.get(name, name)
