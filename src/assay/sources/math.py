"""Real math: word problems, competition problems and their held-out suites."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, boxed

ASK = "{problem}\n\nPlease output the final answer within \\boxed{}."


def _gsm8k(raw: Raw) -> Iterable[Row]:
    solution, _, answer = raw["answer"].rpartition("####")
    gold = re.sub(r"<<[^>]*>>", "", solution) + f"#### {answer.strip()}"
    yield Row(raw["question"], answer.strip().replace(",", ""), gold, template=ASK)


def _problem(raw: Raw) -> Iterable[Row]:
    """Fields `problem`, `answer` (else the last box of `solution`) and whatever names subject and level."""
    answer = raw["answer"] if "answer" in raw else last_box(raw["solution"])
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    subject, level = raw.get("subject") or raw.get("type"), raw.get("level") or raw.get("difficulty")
    tags = [f"{key}:{value}" for key, value in (("subject", subject), ("difficulty", level)) if value]
    reference = None if answer is None else str(answer)
    yield Row(raw["problem"], reference, boxed(str(answer)), template=ASK, tags=tuple(tags))


def _aime(raw: Raw) -> Iterable[Row]:
    """AIME answers are integers from 0 to 999, at times printed with leading zeros."""
    answer = str(int(raw["answer"]))
    yield Row(raw["problem"], answer, boxed(answer), template=ASK)


def last_box(solution: str) -> str:
    """The content of the last `\\boxed{}`. Raises `ValueError` when there is none."""
    start = solution.rindex("\\boxed{") + len("\\boxed{")
    depth = 1
    for end in range(start, len(solution)):
        depth += {"{": 1, "}": -1}.get(solution[end], 0)
        if depth == 0:
            return solution[start:end]
    raise ValueError("a box that never closes")


gsm8k = Real(
    name="math/gsm8k",
    about="Grade-school word problems",
    licence="MIT",
    verifier="number",
    files={"train": "math/gsm8k_train.jsonl.gz", "test": "math/gsm8k_test.jsonl"},
    row=_gsm8k,
    hub=Hub("openai/gsm8k", "main"),
)
math = Real(
    name="math/math",
    about="Competition problems of MATH, train half",
    licence="MIT",
    verifier="math",
    files={"train": "math/math_train_answers.jsonl.gz"},
    row=_problem,
    hub=Hub("DigitalLearningGmbH/MATH-lighteval", "default"),
)
math500 = Real(
    name="math/math500",
    about="The 500 held-out problems of MATH",
    licence="MIT",
    verifier="math",
    eval_only=True,
    files={"test": "math/math500.jsonl"},
    row=_problem,
    hub=Hub("HuggingFaceH4/MATH-500"),
)
aime24 = Real(
    name="math/aime24",
    about="AIME I and II of 2024",
    licence="MIT; problems (c) MAA",
    verifier="math",
    eval_only=True,
    files={"test": "math/aime24.jsonl"},
    row=_aime,
    hub=Hub("HuggingFaceH4/aime_2024", splits={"test": "train"}),
)
aime25 = Real(
    name="math/aime25",
    about="AIME I and II of 2025",
    licence="MIT; problems (c) MAA",
    verifier="math",
    eval_only=True,
    files={"test": "math/aime25.jsonl"},
    row=_aime,
    hub=Hub("math-ai/aime25"),
)
amc = Real(
    name="math/amc",
    about="AMC 12 of 2022 and 2023",
    licence="MIT; problems (c) MAA",
    verifier="math",
    eval_only=True,
    files={"test": "math/amc12_2022_2023.jsonl"},
    row=_problem,
    hub=Hub("AI-MO/aimo-validation-amc", splits={"test": "train"}),
)
