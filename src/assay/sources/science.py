"""Real science: questions of textbooks and examinations, with a number, a choice, or yes and no for an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from assay.sources.files import Hub, Raw, Real, Row, boxed, rounded

ASK = "{problem}\n{options}\n\nPlease output the letter of the right option within \\boxed{}."
STEM = ("math", "physics", "chemistry", "biology", "engineering", "computer science")


def _mmlu_pro(raw: Raw) -> Iterable[Row]:
    if raw["category"] in STEM:
        yield _choice(raw, raw["answer"], f"subject:{raw['category']}")


def _supergpqa(raw: Raw) -> Iterable[Row]:
    yield _choice(raw, raw["answer_letter"], f"subject:{raw['field']}", f"difficulty:{raw['difficulty']}")


def _choice(raw: Raw, letter: str, *tags: str) -> Row:
    return Row(raw["question"], letter, boxed(letter), options=tuple(raw["options"]), template=ASK, tags=tags)


BOX = "{problem}\n\nPlease output the final answer within \\boxed{}."
WITHIN = {"tolerance": {"abs": 0.0, "rel": 0.01}}
"""One percent: textbooks differ in the digits of their constants, and round on the way."""


def _scibench(raw: Raw) -> Iterable[Row]:
    """The unit is no part of the answer, so that it is said in the question; some are powers of ten."""
    unit, answer = raw["unit"].strip().strip("$").strip(), raw["answer_number"].strip().replace("\u2212", "-")
    said = f"\n\nGive the number alone, in units of ${unit}$." if unit else "\n\nGive the number alone."
    template = BOX.replace("{problem}", f"{{problem}}{said}")
    yield Row(raw["problem_text"].strip(), answer, boxed(answer), "number", WITHIN, template=template)


def theorem(raw: Raw) -> Iterable[Row]:
    """A row of TheoremQA, whose answer says how it is judged; those that need a picture are left out."""
    if raw["Picture"]:
        return
    answer, kind, tags = raw["Answer"], raw["Answer_type"], (f"subject:{raw['subfield']}",)
    if kind == "bool":
        template = BOX.replace("{}", "{}, as True or False")
        yield Row(raw["Question"], answer, boxed(str(answer)), "boolean", template=template, tags=tags)
    elif kind == "option":
        letter = answer.strip("()").upper()
        template = BOX.replace("{}", "{}, as the letter of the right option")
        yield Row(raw["Question"], letter, boxed(letter), "choice", template=template, tags=tags)
    else:
        yield _numbers(raw["Question"], answer if isinstance(answer, list) else [answer], tags)


def _numbers(question: str, answer: list[Any], tags: tuple[str, ...]) -> Row:
    texts = [re.sub(r"\.0$", "", str(number)) for number in answer]
    template, params = rounded(BOX, max(texts, key=lambda text: len(text.partition(".")[2])))
    if len(texts) == 1:
        return Row(question, texts[0], boxed(texts[0]), "number", params, template=template, tags=tags)
    template = template.replace("{}", "{}, as a list [a, b, ...]")
    return Row(question, texts, boxed(f"[{', '.join(texts)}]"), "number", params, template=template, tags=tags)


def _of(*fields: str) -> Callable[[Raw], Iterable[Row]]:
    return lambda raw: theorem(raw) if raw["field"] in fields else ()


mmlu_pro = Real(
    name="science/mmlu_pro",
    about="STEM categories of MMLU-Pro, up to ten options",
    licence="MIT",
    verifier="choice",
    eval_only=True,
    files={"test": "science/mmlu_pro_test.jsonl.gz"},
    sizes={"test": 5878},
    row=_mmlu_pro,
    hub=Hub("TIGER-Lab/MMLU-Pro"),
)
supergpqa = Real(
    name="science/supergpqa",
    about="Graduate questions of physics, chemistry, biology and medicine (the hub copy has all fields)",
    licence="ODC-BY",
    verifier="choice",
    eval_only=True,
    files={"test": "science/supergpqa_phys_chem_bio_med.jsonl.gz"},
    sizes={"test": 8489},
    row=_supergpqa,
    hub=Hub("m-a-p/SuperGPQA", splits={"test": "train"}),
)
scibench = Real(
    name="science/scibench",
    about="Problems of university textbooks: physics, chemistry, calculus (three in four are in MMLU-Pro too)",
    licence="MIT; problems from textbooks",
    verifier="number",
    files={"test": "science/scibench.jsonl"},
    sizes={"test": 580},
    row=_scibench,
    hub=Hub("xw27/scibench", splits={"test": "train"}),
)
theoremqa = Real(
    name="science/theoremqa",
    about="Physics, engineering, computer science and finance of TheoremQA (half is in MMLU-Pro too)",
    licence="MIT",
    verifier="number",
    home="https://github.com/wenhuchen/TheoremQA",
    files={"test": "science/theoremqa.jsonl"},
    sizes={"test": 323},
    row=_of("Physics", "EECS", "Finance"),
)
theoremqa_math = Real(
    name="math/theoremqa",
    about="Mathematics of TheoremQA: numbers, lists, yes or no, options",
    licence="MIT",
    verifier="number",
    home="https://github.com/wenhuchen/TheoremQA",
    files={"test": "science/theoremqa.jsonl"},
    sizes={"test": 424},
    row=_of("Math"),
)
