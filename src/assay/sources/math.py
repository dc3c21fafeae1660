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


def problem(raw: Raw) -> Iterable[Row]:
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


def _olympiad(raw: Raw) -> Iterable[Row]:
    """One text holds all answers of a problem; the unit that a problem asks for stands beside them."""
    answer = raw["final_answer"][0].replace("$", "").strip()
    template = ASK.replace("{}", "{}, all answers separated by commas") if raw["is_multiple_answer"] else ASK
    prompt = f"{raw['context'] or ''}\n\n{raw['question']}".strip()
    yield Row(prompt, answer, boxed(answer), template=template, tags=(f"subject:{raw['subfield']}",))


def _minerva(raw: Raw) -> Iterable[Row]:
    """Some solutions go on behind the box, with the answer in other words: what is asked for is said once more."""
    answer = last_box(raw["solution"])
    gold = f"{raw['solution']}\n\nThe final answer is ${boxed(answer)}$."
    yield Row(raw["problem"], answer, gold, template=ASK, tags=(f"subject:{raw['type']}",))


def _svamp(raw: Raw) -> Iterable[Row]:
    """Body and question are two sentences, or the two halves of one."""
    body, question, answer = raw["Body"].strip(), raw["Question"].strip(), f"{raw['Answer']:g}"
    is_half = not body.endswith((".", "?", "!"))
    prompt = f"{body}, {question[:1].lower()}{question[1:]}" if is_half else f"{body} {question}"
    yield Row(prompt, answer, boxed(answer), "number", template=ASK, tags=(f"subject:{raw['Type']}",))


_COUNTED = re.compile(r"(-?[\d.,/]+) \((.*)\)|-?[\d.,/]+")


def _asdiv(raw: Raw) -> Iterable[Row]:
    """A number, with what it counts in brackets; ratios, times and names are other questions."""
    prompt = f"{raw['body'].strip()} {raw['question'].strip()}"
    if counted := _COUNTED.fullmatch(raw["answer"]):
        answer = counted[1] or counted[0]
        yield Row(prompt, answer, boxed(answer), template=ASK, tags=(f"subject:{raw['solution_type']}",))


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
    sizes={"train": 7473, "test": 1319},
    row=_gsm8k,
    hub=Hub("openai/gsm8k", "main"),
)
math = Real(
    name="math/math",
    about="Competition problems of MATH, train half",
    licence="MIT",
    verifier="math",
    files={"train": "math/math_train_answers.jsonl.gz"},
    sizes={"train": 7474},
    row=problem,
    hub=Hub("DigitalLearningGmbH/MATH-lighteval", "default"),
)
math500 = Real(
    name="math/math500",
    about="The 500 held-out problems of MATH",
    licence="MIT",
    verifier="math",
    eval_only=True,
    files={"test": "math/math500.jsonl"},
    sizes={"test": 500},
    row=problem,
    hub=Hub("HuggingFaceH4/MATH-500"),
)
aime24 = Real(
    name="math/aime24",
    about="AIME I and II of 2024",
    licence="MIT; problems (c) MAA",
    verifier="math",
    eval_only=True,
    files={"test": "math/aime24.jsonl"},
    sizes={"test": 30},
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
    sizes={"test": 30},
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
    sizes={"test": 83},
    row=problem,
    hub=Hub("AI-MO/aimo-validation-amc", splits={"test": "train"}),
)
aime = Real(
    name="math/aime",
    about="AIME of 1983 to 2023",
    licence="MIT; problems (c) MAA",
    verifier="math",
    home="https://github.com/agentica-project/rllm (rllm/data)",
    files={"train": "math/aime_1983_2023.jsonl"},
    sizes={"train": 975},
    row=_aime,
)
olympiadbench = Real(
    name="math/olympiadbench",
    about="Olympiad problems in English that need no picture: numbers, expressions, tuples, intervals",
    licence="Apache-2.0",
    verifier="math",
    files={"test": "math/olympiadbench.jsonl"},
    sizes={"test": 675},
    row=_olympiad,
    hub=Hub("Hothan/OlympiadBench", "OE_TO_maths_en_COMP", {"test": "train"}),
)
minerva = Real(
    name="math/minerva",
    about="University problems of MIT OpenCourseWare, as Minerva was evaluated on them",
    licence="CC BY-NC-SA",
    verifier="math",
    files={"test": "math/minerva.jsonl"},
    sizes={"test": 272},
    row=_minerva,
    hub=Hub("math-ai/minervamath"),
)
svamp = Real(
    name="math/svamp",
    about="Elementary word problems whose words were varied",
    licence="MIT",
    verifier="number",
    files={"test": "math/svamp.jsonl"},
    sizes={"test": 1000},
    row=_svamp,
    hub=Hub("ChilleD/SVAMP"),
)
asdiv = Real(
    name="math/asdiv",
    about="Word problems of primary school with one number for an answer",
    licence="CC BY-NC 4.0",
    verifier="number",
    home="https://github.com/ZubinGou/math-evaluation-harness (data/asdiv)",
    files={"test": "math/asdiv.jsonl"},
    sizes={"test": 2090},
    row=_asdiv,
)
