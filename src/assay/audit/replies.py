"""Whole responses that speak of a right and a wrong answer: thinking, drafts, denials, hedges, and nothing at all."""

from __future__ import annotations

import re

from assay.audit.subject import Subject

_THOUGHT = "<think>\nLet me work this out step by step.\nMaybe it is {}, but I should check.\n</think>\n\n"
_RANGE = re.compile(r"[\[\]<>]|\\[lg]eq?(?![a-z])|infty|^(?:\\left)?\s*\(.*,|\bor\b")


def thinking_before(s: Subject) -> str | None:
    """A thinking part that closes, with a wrong draft in it."""
    return f"{_THOUGHT.format(s.wrong or 'large')}<answer>{s.answer}</answer>"


def thinking_without_its_opening(s: Subject) -> str | None:
    return f"Maybe \\boxed{{{s.wrong or 0}}}?\n</think>\n\\boxed{{{s.answer}}}"


def wrong_draft_then_final(s: Subject) -> str | None:
    """Two boxes, of which the last counts."""
    draft = f"At first sight it is \\boxed{{{s.wrong}}}. That overlooks a case.\n\n"
    return None if s.wrong is None else f"{draft}So the result is \\boxed{{{s.answer}}}."


RIGHT = (thinking_before, thinking_without_its_opening, wrong_draft_then_final)


def right_draft_then_wrong(s: Subject) -> str | None:
    """Two boxes, of which the last counts."""
    draft = f"At first sight it is \\boxed{{{s.answer}}}. That overlooks a case.\n\n"
    return None if s.wrong is None else f"{draft}So the result is \\boxed{{{s.wrong}}}."


def right_phrase_then_wrong_box(s: Subject) -> str | None:
    return None if s.wrong is None else f"The answer is {s.answer}.\n\nFinally: \\boxed{{{s.wrong}}}"


def right_box_then_wrong_phrase(s: Subject) -> str | None:
    return (
        None
        if s.wrong is None or "\n" in s.wrong
        else f"\\boxed{{{s.answer}}}\n\nOn reflection, the answer is {s.wrong}."
    )


def thinking_that_never_closes(s: Subject) -> str | None:
    return f"<think>\nIt should be \\boxed{{{s.answer}}}. The answer is {s.answer}. But wait,"


def right_thought_wrong_answer(s: Subject) -> str | None:
    return None if s.wrong is None else f"{_THOUGHT.format(s.answer)}<answer>{s.wrong}</answer>"


def prompt_only(s: Subject) -> str | None:
    text = s.example.asked_text
    return text if len(text) > 30 else None


def nothing(s: Subject) -> str | None:
    return ""


def empty_markers(s: Subject) -> str | None:
    return "The final answer is:\n\n\\boxed{}\n\n<answer></answer>"


def name_of_the_reference(s: Subject) -> str | None:
    return "\\boxed{ground_truth}"


def denied(s: Subject) -> str | None:
    return f"The answer is not {s.answer}."


WRONG = (
    denied,
    right_draft_then_wrong,
    right_phrase_then_wrong_box,
    right_box_then_wrong_phrase,
    thinking_that_never_closes,
    right_thought_wrong_answer,
    prompt_only,
    nothing,
    empty_markers,
    name_of_the_reference,
)


def hedge_in_the_box(s: Subject) -> str | None:
    return _hedge(s, "\\boxed{{{1} \\text{{ or }} {0}}}")


def hedge_in_words(s: Subject) -> str | None:
    return _hedge(s, "The answer is {0} or {1}.")


def hedge_of_two_boxes(s: Subject) -> str | None:
    return _hedge(s, "It is \\boxed{{{0}}} or \\boxed{{{1}}}.")


def _hedge(s: Subject, template: str) -> str | None:
    """A wrong answer and the right one; not for intervals and inequalities, which `or` joins."""
    joined = s.wrong is None or joins(s.answer) or s.wrong.startswith(f"{s.answer}) ")
    return None if joined else template.format(s.wrong, s.answer)


HEDGES = (hedge_in_the_box, hedge_in_words, hedge_of_two_boxes)


def joins(answer: str) -> bool:
    """Whether `or` between this and another answer may be one answer, as between intervals."""
    return _RANGE.search(answer) is not None
