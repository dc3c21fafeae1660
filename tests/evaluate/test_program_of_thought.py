"""Program of thought first, a chain of thought where a program says nothing."""

import pytest

from assay.evaluate.programs import answers_of, program_then_thought
from assay.types import Example

SUM = Example(prompt="What is 2 + 3?", reference=5, verifier="number")


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("ans = 2 + 3", "5"),
        ("ans = 0.1 + 0.2", "0.3"),  # what binary fractions leave behind
        ("ans = 12345678901234567", "12345678901234567"),
        ("ans = undefined", ""),
        ("ans = 'five'", ""),
        ("ans = float('nan')", ""),
        ("ans = 1\nwhile True: pass", ""),
        ("import os\nans = len(os.listdir('/proc/1'))", ""),
        ("print(7)\nanswer = 2", ""),
    ],
)
def test_what_a_program_answers(source: str, answer: str) -> None:
    assert answers_of([source], seconds=0.5) == [answer]


def test_a_chain_of_thought_answers_where_a_program_does_not() -> None:
    programs = ["ans = 2 + 3", "ans = 2 +", "ans = 4", "ans ="]
    thoughts = ["The answer is 9.", "The answer is 5.", "The answer is 5.", ""]
    chosen = program_then_thought([SUM] * 4, programs, thoughts)
    assert [one.by for one in chosen] == ["program", "thought", "program", "none"]
    assert [one.verdict.is_correct for one in chosen] == [True, True, False, False], "nobody looks at what is right"
