"""What stands around an answer in a response: boxes, phrases, tags, JSON, fences and Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from assay.audit.subject import Subject

Carrier = Callable[[Subject], "str | None"]

_SENTENCES = re.compile(r"[.!?]\s+\S|\n")
_WORDS = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}")


def box(s: Subject) -> str | None:
    return f"\\boxed{{{s.answer}}}"


def box_in_a_sentence(s: Subject) -> str | None:
    return f"Therefore the result is $\\boxed{{{s.answer}}}$."


def displayed_box(s: Subject) -> str | None:
    return f"Adding the two parts, we get\n\\[\\boxed{{{s.answer}}}\\]"


def box_between_double_dollars(s: Subject) -> str | None:
    return f"Hence\n$$\n\\boxed{{{s.answer}}}\n$$"


def spaced_box(s: Subject) -> str | None:
    return f"\\boxed{{ {s.answer} }}"


def nested_box(s: Subject) -> str | None:
    return f"\\boxed{{\\boxed{{{s.answer}}}}}"


def fbox(s: Subject) -> str | None:
    return f"\\fbox{{{s.answer}}}"


def bold_box(s: Subject) -> str | None:
    return f"**\\boxed{{{s.answer}}}**"


def box_before_prose(s: Subject) -> str | None:
    return f"\\boxed{{{s.answer}}}\n\nThis agrees with the direct computation above."


def period_in_the_box(s: Subject) -> str | None:
    return f"\\boxed{{{s.answer}.}}"


def dollars_in_the_box(s: Subject) -> str | None:
    return f"\\boxed{{${s.answer}$}}" if _is_formula(s.answer) else None


def text_in_the_box(s: Subject) -> str | None:
    """`\\boxed{\\text{...}}` around words and plain numbers."""
    return f"\\boxed{{\\text{{{s.answer}}}}}" if re.fullmatch(r"[\w .,'-]+", s.answer) else None


def box_in_an_equation(s: Subject) -> str | None:
    """The last line of a displayed derivation."""
    return f"\\begin{{align*}}\nS &= a + b \\\\\n&= \\boxed{{{s.answer}}}\n\\end{{align*}}"


def box_twice(s: Subject) -> str | None:
    """The same box in the text and at the end."""
    return f"We find $\\boxed{{{s.answer}}}$ as claimed.\n\n**Answer:** $\\boxed{{{s.answer}}}$"


def box_in_a_tag(s: Subject) -> str | None:
    return f"<answer>\\boxed{{{s.answer}}}</answer>"


def final_heading_and_box(s: Subject) -> str | None:
    return f"**Final Answer**\n\n\\[ \\boxed{{{s.answer}}} \\]"


def answer_is(s: Subject) -> str | None:
    return _phrase(s, "The answer is {}.")


def answer_is_in_math(s: Subject) -> str | None:
    return _phrase(s, "So the answer is ${}$.") if _is_formula(s.answer) else None


def answer_is_in_brackets(s: Subject) -> str | None:
    return _phrase(s, "So the answer is \\({}\\).") if _is_formula(s.answer) else None


def bold_answer(s: Subject) -> str | None:
    return _phrase(s, "The answer is **{}**.")


def final_answer_is(s: Subject) -> str | None:
    return _phrase(s, "Putting it together, the final answer is: {}")


def minerva_ending(s: Subject) -> str | None:
    return (
        _phrase(s, "Final Answer: The final answer is ${}$. I hope it is correct.") if _is_formula(s.answer) else None
    )


def answer_line(s: Subject) -> str | None:
    return _phrase(s, "We add both numbers.\nAnswer: {}")


def bold_answer_line(s: Subject) -> str | None:
    return _phrase(s, "**Answer:** {}")


def correct_answer_is(s: Subject) -> str | None:
    return _phrase(s, "Thus, the correct answer is {}.")


def answer_colon_bold(s: Subject) -> str | None:
    return _phrase(s, "**Answer**: **{}**")


def capital_answer(s: Subject) -> str | None:
    return _phrase(s, "FINAL ANSWER: {}")


def answer_before_a_farewell(s: Subject) -> str | None:
    return _phrase(s, "The answer is {}.\n\nLet me know if you would like to see another way!")


def displayed_answer(s: Subject) -> str | None:
    """The answer in a formula of its own below the phrase."""
    return _phrase(s, "Therefore, the final answer is\n\\[\n{}\n\\]") if _is_formula(s.answer) else None


def answer_heading(s: Subject) -> str | None:
    return _phrase(s, "### Final Answer\n\n{}")


def hashes(s: Subject) -> str | None:
    return _phrase(s, "We add both numbers.\n#### {}")


def a_line(s: Subject) -> str | None:
    return _phrase(s, "A: {}")


def tag(s: Subject) -> str | None:
    return f"<answer>{s.answer}</answer>"


def spaced_tag(s: Subject) -> str | None:
    return f"The rule gives this.\n\n<answer>\n{s.answer}\n</answer>"


def json_answer(s: Subject) -> str | None:
    """A JSON object whose `answer` is the text, or the value where the text is JSON data."""
    return f'{{"answer": {_json(s.answer)}}}'


def fenced_json_answer(s: Subject) -> str | None:
    return f'```json\n{{"reasoning": "step by step", "answer": {_json(s.answer)}}}\n```'


def fence(s: Subject) -> str | None:
    return f"```\n{s.answer}\n```"


def fence_after_prose(s: Subject) -> str | None:
    return f"Step by step, this follows:\n\n```\n{s.answer}\n```\n"


def whole(s: Subject) -> str | None:
    """The answer and nothing else, where it is no part of the prompt that could be an echo."""
    echo = len(s.answer) > 12 and s.answer.casefold() in s.example.asked_text.casefold()
    return s.answer if len(s.answer) < 150 and "\n" not in s.answer and not echo else None


def prose(s: Subject) -> str | None:
    """A last sentence whose only number is the answer."""
    plain = re.fullmatch(r"\d+", s.answer) and not s.example.params.get("unit")
    return f"She adds both. So there are {s.answer} in all." if plain else None


BOXES = (
    box,
    box_in_a_sentence,
    displayed_box,
    box_between_double_dollars,
    spaced_box,
    nested_box,
    fbox,
    bold_box,
    box_before_prose,
    period_in_the_box,
    dollars_in_the_box,
    text_in_the_box,
    box_in_an_equation,
    box_twice,
    box_in_a_tag,
    final_heading_and_box,
)
PHRASES = (
    answer_is,
    answer_is_in_math,
    answer_is_in_brackets,
    bold_answer,
    final_answer_is,
    minerva_ending,
    answer_line,
    bold_answer_line,
    correct_answer_is,
    answer_colon_bold,
    capital_answer,
    answer_before_a_farewell,
    displayed_answer,
    answer_heading,
    hashes,
)
TAGS = (tag, spaced_tag, json_answer, fenced_json_answer)
FENCES = (fence, fence_after_prose)


def _phrase(s: Subject, template: str) -> str | None:
    """The answer in a phrase of one line, where it is no sentence of its own and no factorial that looks like one."""
    return None if _SENTENCES.search(s.answer) or s.answer.endswith("!") else template.format(s.answer)


def _is_formula(text: str) -> bool:
    """Whether dollar signs may stand around it."""
    return not _WORDS.search(re.sub(r"\\[a-zA-Z]+(\{[a-zA-Z .]*\})?", "", text)) and "$" not in text


def _json(text: str) -> str:
    try:
        return text if isinstance(json.loads(text), list | dict) else json.dumps(text)
    except (ValueError, RecursionError):
        return json.dumps(text, ensure_ascii=False)
