"""What stands around an answer: formats that mark it, and whole responses that speak of a right and a wrong one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from assay.audit.answers import Answer, Rewrite, as_json, is_source

_RANGE = re.compile(r"[\[\]<>]|\\[lg]eq?(?![a-z])|infty|^(?:\\left)?\s*\(.*,|\bor\b")


def fill(template: str, *, answer: str, wrong: str | None = None, prompt: str = "") -> str | None:
    """The template with the texts in the places of their names; `None` where it needs one that is not there."""
    if ("{wrong}" in template and not wrong) or ("{prompt}" in template and not prompt):
        return None
    return template.replace("{answer}", answer).replace("{wrong}", wrong or "").replace("{prompt}", prompt)


@dataclass(frozen=True)
class Format:
    """A way to mark an answer."""

    template: str
    fits: Callable[[Answer], object] = lambda a: True

    def write(self, a: Answer) -> str | None:
        template = self.template.replace("{json}", _json(a.text)) if "{json}" in self.template else self.template
        return fill(template, answer=a.text) if self.fits(a) else None


def _json(text: str) -> str:
    """The text where it is JSON data, else a JSON string of it."""
    try:
        return text if isinstance(json.loads(text), list | dict) else json.dumps(text)
    except (ValueError, RecursionError):
        return as_json(text)


def _is_line(a: Answer) -> bool:
    """Whether a phrase may hold it: no sentence of its own, and no factorial that looks like one."""
    return not re.search(r"[.!?]\s+\S|\n", a.text) and not a.text.endswith("!")


def _is_formula(a: Answer) -> bool:
    """Whether dollar signs may stand around it."""
    text = re.sub(r"\\[a-zA-Z]+(\{[a-zA-Z .]*\})?", "", a.text)
    return not re.search(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}", text) and "$" not in a.text


def _is_formula_line(a: Answer) -> bool:
    return _is_formula(a) and _is_line(a)


def _is_alone(a: Answer) -> bool:
    """Whether the answer may stand alone: it is short, and no part of the prompt that could be an echo."""
    echo = len(a.text) > 12 and a.text.casefold() in a.example.asked_text.casefold()
    return len(a.text) < 150 and "\n" not in a.text and not a.text.endswith("!") and not echo


BOXES = {
    "a box": Format("\\boxed{{answer}}"),
    "a box in a sentence": Format("Therefore the result is $\\boxed{{answer}}$."),
    "a displayed box": Format("Adding the two parts, we get\n\\[\\boxed{{answer}}\\]"),
    "a box between double dollars": Format("Hence\n$$\n\\boxed{{answer}}\n$$"),
    "a spaced box": Format("\\boxed{ {answer} }"),
    "a nested box": Format("\\boxed{\\boxed{{answer}}}"),
    "an fbox": Format("\\fbox{{answer}}"),
    "a bold box": Format("**\\boxed{{answer}}**"),
    "a box before prose": Format("\\boxed{{answer}}\n\nThis agrees with the direct computation above."),
    "a box with a period": Format("\\boxed{{answer}.}"),
    "dollars in a box": Format("\\boxed{${answer}$}", _is_formula),
    "text in a box": Format("\\boxed{\\text{{answer}}}", lambda a: re.fullmatch(r"[\w .,'-]+", a.text)),
    "a box in an equation": Format("\\begin{align*}\nS &= a + b \\\\\n&= \\boxed{{answer}}\n\\end{align*}"),
    "a box twice": Format("We find $\\boxed{{answer}}$ as claimed.\n\n**Answer:** $\\boxed{{answer}}$"),
    "a box in a tag": Format("<answer>\\boxed{{answer}}</answer>"),
    "a box below a heading": Format("**Final Answer**\n\n\\[ \\boxed{{answer}} \\]"),
}
PHRASES = {
    "the answer is": Format("The answer is {answer}.", _is_line),
    "the answer is in math": Format("So the answer is ${answer}$.", _is_formula_line),
    "the answer is in brackets": Format("So the answer is \\({answer}\\).", _is_formula_line),
    "a bold answer": Format("The answer is **{answer}**.", _is_line),
    "the final answer is": Format("Putting it together, the final answer is: {answer}", _is_line),
    "the ending of Minerva": Format(
        "Final Answer: The final answer is ${answer}$. I hope it is correct.", _is_formula_line
    ),
    "an answer line": Format("We add both numbers.\nAnswer: {answer}", _is_line),
    "a bold answer line": Format("**Answer:** {answer}", _is_line),
    "the correct answer is": Format("Thus, the correct answer is {answer}.", _is_line),
    "a bold word and answer": Format("**Answer**: **{answer}**", _is_line),
    "capitals": Format("FINAL ANSWER: {answer}", _is_line),
    "an answer before a farewell": Format(
        "The answer is {answer}.\n\nLet me know if you would like to see another way!", _is_line
    ),
    "a displayed answer": Format("Therefore, the final answer is\n\\[\n{answer}\n\\]", _is_formula_line),
    "a heading": Format("### Final Answer\n\n{answer}", _is_line),
    "hashes": Format("We add both numbers.\n#### {answer}", _is_line),
}
TAGS = {
    "a tag": Format("<answer>{answer}</answer>"),
    "a spaced tag": Format("The rule gives this.\n\n<answer>\n{answer}\n</answer>"),
    "json": Format('{"answer": {json}}'),
    "fenced json": Format('```json\n{"reasoning": "step by step", "answer": {json}}\n```'),
}
FENCES = {
    "a fence": Format("```\n{answer}\n```"),
    "a fence after prose": Format("Step by step, this follows:\n\n```\n{answer}\n```\n"),
}
ALONE = {"nothing else": Format("{answer}", _is_alone)}
A_LINE = {"an A line": Format("A: {answer}", _is_line)}
PROSE = {
    "prose": Format(
        "She adds both. So there are {answer} in all.",
        lambda a: re.fullmatch(r"\d+", a.text) and not a.example.params.get("unit"),
    )
}
SHORT = BOXES | PHRASES | TAGS | ALONE
"""Formats of an answer in a line."""
DATA = TAGS | FENCES | ALONE | {name: SHORT[name] for name in ("a box", "the answer is")}
"""Formats of an answer as data."""
OUTPUT = FENCES | {name: SHORT[name] for name in ("a tag", "a spaced tag", "a box", "the answer is")}
"""Formats of a program's output."""


def _whole(template: str, fits: Callable[[Answer], object] = lambda a: True) -> Rewrite:
    return lambda a: fill(template, answer=a.text, wrong=a.wrong, prompt=a.example.asked_text) if fits(a) else None


def joins(answer: str) -> bool:
    """Whether `or` between this and another answer may be one answer, as between intervals."""
    return _RANGE.search(answer) is not None


def _is_apart(a: Answer) -> bool:
    return a.wrong is not None and not joins(a.text) and not a.wrong.startswith(f"{a.text}) ")


def _output_as_json(a: Answer) -> str | None:
    """`{"answer": ...}` with the value, or with its source where outputs are Python source."""
    value = a.text if is_source(a.example.reference) else a.example.reference["output"]
    return as_json(a.rng.choice([{}, {"reasoning": "step by step"}]) | {"answer": value})


_THOUGHT = "<think>\nLet me work this out step by step.\nMaybe it is {}, but I should check.\n</think>\n\n"
_DRAFT = "At first sight it is \\boxed{{}}. That overlooks a case.\n\nSo the result is \\boxed{{}}."
RIGHT = {
    "thinking before": _whole(_THOUGHT.replace("{}", "{wrong}") + "<answer>{answer}</answer>"),
    "thinking without its opening": _whole("Maybe \\boxed{{wrong}}?\n</think>\n\\boxed{{answer}}"),
    "wrong draft, then right": _whole(_DRAFT.replace("{}", "{wrong}", 1).replace("{}", "{answer}")),
}
OUTPUT_RIGHT = RIGHT | {"the output as a json answer": _output_as_json}
WRONG = {
    "denied": _whole("The answer is not {answer}."),
    "right draft, then wrong": _whole(_DRAFT.replace("{}", "{answer}", 1).replace("{}", "{wrong}")),
    "right phrase, then wrong box": _whole("The answer is {answer}.\n\nFinally: \\boxed{{wrong}}"),
    "right box, then wrong phrase": _whole(
        "\\boxed{{answer}}\n\nOn reflection, the answer is {wrong}.", lambda a: "\n" not in (a.wrong or "")
    ),
    "thinking that never closes": _whole("<think>\nIt should be \\boxed{{answer}}. The answer is {answer}. But wait,"),
    "right thought, wrong answer": _whole(_THOUGHT.replace("{}", "{answer}") + "<answer>{wrong}</answer>"),
    "the prompt again": _whole("{prompt}", lambda a: len(a.example.asked_text) > 30),
    "nothing": _whole(""),
    "empty markers": _whole("The final answer is:\n\n\\boxed{}\n\n<answer></answer>"),
    "name of the reference": _whole("\\boxed{ground_truth}"),
}
HEDGED = WRONG | {
    "hedge in the box": _whole("\\boxed{{answer} \\text{ or } {wrong}}", _is_apart),
    "hedge in words": _whole("The answer is {wrong} or {answer}.", _is_apart),
    "hedge of two boxes": _whole("It is \\boxed{{wrong}} or \\boxed{{answer}}.", _is_apart),
}
