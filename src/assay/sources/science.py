"""Real science: multiple-choice questions of graduate and professional level."""

from __future__ import annotations

from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, boxed

ASK = "{problem}\n{options}\n\nPlease output the letter of the right option within \\boxed{}."
STEM = ("math", "physics", "chemistry", "biology", "engineering", "computer science")


def _mmlu_pro(raw: Raw) -> Iterable[Row]:
    if raw["category"] in STEM:
        yield _choice(raw, raw["answer"], f"subject:{raw['category']}")


def _supergpqa(raw: Raw) -> Iterable[Row]:
    yield _choice(raw, raw["answer_letter"], f"subject:{raw['field']}", f"difficulty:{raw['difficulty']}")


def _choice(raw: Raw, letter: str, *tags: str) -> Row:
    return Row(raw["question"], letter, boxed(letter), options=tuple(raw["options"]), template=ASK, tags=tags)


mmlu_pro = Real(
    name="science/mmlu_pro",
    about="STEM categories of MMLU-Pro, up to ten options",
    licence="MIT",
    verifier="choice",
    files={"test": "science/mmlu_pro_test.jsonl.gz"},
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
    row=_supergpqa,
    hub=Hub("m-a-p/SuperGPQA", splits={"test": "train"}),
)
