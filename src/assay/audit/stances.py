"""What a response says of its own answer: remarks that change nothing, and stances and surroundings that do.

Each family draws one of several sentences. They are written for the audit, in other words than those that any verifier
lists, so that a figure for our own verifiers is no figure of agreement with themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assay.audit.answers import Answer, Rewrite

REMARKS = (
    "Everything above was checked twice.",
    "Note that the answer does not depend on the order of the steps.",
    "As a sanity check, the answer has the expected size.",
    "The answer makes sense in this context.",
    "Other approaches lead to the same conclusion.",
    "No guesswork was involved.",
    "However, a longer derivation is possible too.",
    "Feel free to ask if a step is unclear!",
    "A frequent error is to forget the last case.",
)
"""Sentences about an answer that a careful reader passes over."""
REASONS = (
    ", since all other cases were excluded",
    ", which can be checked directly",
    " because nothing else fits the conditions",
    ", as we wanted to show",
)
LANGUAGES = (
    "答案是 {answer}。",
    "最终答案：{answer}",
    "答えは {answer} です。",
    "정답: {answer}",
    "Die Antwort ist {answer}.",
    "La réponse est {answer}.",
    "La respuesta es {answer}.",
    "A resposta é {answer}.",
    "La risposta è {answer}.",
    "Ответ: {answer}",
)
TAKEN_BACK = (
    "The answer is {answer}.\n\nHmm, no, I added wrongly. The correct value is {wrong}.",
    "\\boxed{{answer}}\n\nWait, one case is missing, so this cannot be right.",
    "Answer: {answer}\n\nSorry, that was a slip. It should read {wrong}.",
    "The answer is {answer}. Let me correct that: {wrong}.",
)
HEDGED = (
    "I would guess that the answer is {answer}, but I am not sure.",
    "The answer might be {answer}.",
    "Perhaps the answer is {answer}.",
    "The answer is {answer}, maybe.",
    "Is the answer {answer}?",
    "The answer is possibly {answer}.",
)
REPORTED = (
    "Many people would say that the answer is {answer}, but they are mistaken.",
    "Some claim the answer is {answer}.",
    "It is often believed that the answer is {answer}.",
)
CONDITIONAL = (
    "The answer is {answer} if the first assumption holds, and {wrong} otherwise.",
    "The answer is {answer} in one case, {wrong} in the other.",
    "The answer is {answer}, unless the second case applies.",
)
BOTH = (
    "The answer is {answer}, or else {wrong}.",
    "The answer is either {wrong} or {answer}.",
    "It is \\boxed{{answer}} or possibly {wrong}.",
)
BESIDE_A_NUMBER = (
    "slightly less than {answer}",
    "not far from {answer}",
    "twice as much as {answer}",
    "a fifth of {answer}",
    "{answer} to the fourth power",
    "{answer} increased by three",
    "at the very most {answer}",
    "something other than {answer}",
    "the double of {answer}",
)
BESIDE_A_NAME = (
    "the neighbour of {answer}",
    "an admirer of {answer}",
    "{answer}'s best friend",
    "the opposite of {answer}",
    "something similar to {answer}",
    "a book about {answer}",
    "the successor to {answer}",
)


def _drawn(sentences: Sequence[str], fits: Callable[[Answer], object]) -> Rewrite:
    """One of some sentences with the answer, and with a wrong one where it names one."""

    def write(a: Answer) -> str | None:
        sentence = a.rng.choice(list(sentences))
        if not fits(a) or ("{wrong}" in sentence and not a.wrong):
            return None
        return sentence.replace("{answer}", a.text).replace("{wrong}", a.wrong or "")

    return write


def _is_plain(a: Answer) -> bool:
    """Whether an answer may stand in a sentence beside words: one value, without signs of its own."""
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?|[^\W\d_][\w' -]{1,40}", a.text)) and not re.search(
        r"\b(?:or|and|not|no|none|true|false|yes)\b", a.text, re.IGNORECASE
    )


def _is_apart(a: Answer) -> bool:
    """Whether a wrong answer can stand beside: neither is part of the other."""
    return _is_plain(a) and bool(a.wrong) and a.text not in (a.wrong or "") and (a.wrong or "") not in a.text


def _is_number(a: Answer) -> bool:
    return bool(re.fullmatch(r"\d+", a.text)) and int(a.text) > 1


def _is_name(a: Answer) -> bool:
    return a.example.verifier == "text" and bool(re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?", a.text))


RIGHT: dict[str, Rewrite] = {
    "a remark behind a box": _drawn([f"\\boxed{{{{answer}}}}\n\n{remark}" for remark in REMARKS], _is_plain),
    "a remark behind a phrase": _drawn([f"The answer is {{answer}}. {remark}" for remark in REMARKS], _is_plain),
    "a reason behind": _drawn([f"The answer is {{answer}}{reason}." for reason in REASONS], _is_plain),
    "in another language": _drawn(LANGUAGES, _is_plain),
    "a contrast": _drawn(
        ["The answer is not {wrong} but {answer}.", "The answer is {answer}, not {wrong}."], _is_apart
    ),
    "a correction": _drawn(["The answer is {wrong}. Wait, that is wrong. It should be {answer}."], _is_apart),
}
WRONG: dict[str, Rewrite] = {
    "taken back": _drawn(TAKEN_BACK, _is_apart),
    "in doubt": _drawn(HEDGED, _is_plain),
    "reported": _drawn(REPORTED, _is_plain),
    "conditional": _drawn(CONDITIONAL, _is_apart),
    "one of two": _drawn(BOTH, _is_apart),
    "a number beside": _drawn([f"The answer is {words}." for words in BESIDE_A_NUMBER], _is_number),
    "a name beside": _drawn([f"The answer is {words}." for words in BESIDE_A_NAME], _is_name),
}
