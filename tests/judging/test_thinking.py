"""Thinking is no answer, in any family of models, and what never closes leaves none."""

from __future__ import annotations

import pytest

from assay.judging.session import verify
from assay.turns import THINKING
from assay.types import Example, Message, Status

EX = Example(prompt="2 + 2 = ?", reference="4", verifier="number")
CODE = Example(prompt="?", reference={"tests": "assert f() == 4"}, verifier="code.tests")


@pytest.mark.parametrize("tag", THINKING)
def test_what_follows_the_last_closed_part_counts(tag: str) -> None:
    close = THINKING[tag]
    assert verify(EX, f"{tag}\nmaybe \\boxed{{5}}\n{close}\\boxed{{4}}").is_correct
    assert verify(EX, f"maybe \\boxed{{5}}{close}The answer is 4.<|im_end|>").is_correct
    assert verify(EX, f"{tag}5{close}{tag}6{close} \\boxed{{4}}").is_correct
    for cut in (f"{tag} so \\boxed{{4}}", f"{tag}5{close} wait {tag} \\boxed{{4}}"):
        assert verify(EX, cut).status is Status.NO_ANSWER
    assert verify(CODE, f"{tag}\n```python\ndef f():\n    return 4\n```").status is Status.NO_ANSWER


@pytest.mark.parametrize("tag", THINKING)
def test_a_prompt_may_end_inside_a_thinking_part(tag: str) -> None:
    for turn in (Message("assistant", tag), Message("user", f"2 + 2 = ?{tag}\n")):
        opened = Example(prompt=[turn], reference="4", verifier="number")
        assert verify(opened, "\\boxed{4}").status is Status.NO_ANSWER
        assert verify(opened, f"hm {THINKING[tag]} \\boxed{{4}}").is_correct
    mentioned = Example(prompt=f"Put it between {tag} and {THINKING[tag]}.", reference="4", verifier="number")
    assert verify(mentioned, "\\boxed{4}").is_correct


def test_of_channels_the_final_one_answers() -> None:
    thought = "<|channel|>analysis<|message|>maybe \\boxed{5}<|end|><|start|>assistant"
    assert verify(EX, thought + "<|channel|>final<|message|>\\boxed{4}<|return|>").is_correct
    assert verify(EX, thought).status is Status.NO_ANSWER
    again = "<|channel|>final<|message|>\\boxed{4}<|channel|>analysis<|message|>no"
    assert verify(EX, again).status is Status.NO_ANSWER
