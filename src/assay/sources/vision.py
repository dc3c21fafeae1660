"""Mathematics with pictures: MATH-Vision (Wang et al. 2024, arXiv 2402.14804)."""

from __future__ import annotations

from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, boxed
from assay.sources.math import ASK
from assay.sources.science import ASK as CHOICE

LETTERS = ["A", "B", "C", "D", "E"]


def _mathvision(raw: Raw) -> Iterable[Row]:
    """`<image1>` marks where the picture belongs; options that are pictures too are bare letters."""
    options, answer = list(raw["options"]), raw["answer"].strip()
    tags = (f"subject:{raw['subject']}", f"difficulty:{raw['level']}")
    images = (f"vision/{raw['image']}",)
    if options:
        shown, template = ((), CHOICE.replace("\n{options}", "")) if options == LETTERS else (tuple(options), CHOICE)
        yield Row(
            raw["question"], answer, boxed(answer), "choice", options=shown, template=template, tags=tags, images=images
        )
    else:
        yield Row(raw["question"], answer, boxed(answer), template=ASK, tags=tags, images=images)


mathvision = Real(
    name="math/mathvision",
    about="MATH-Vision: competition problems that need their picture, by subject and level",
    licence="MIT",
    verifier="math",
    eval_only=True,
    files={"test": "vision/mathv_test.jsonl.gz", "testmini": "vision/mathv_testmini.jsonl"},
    sizes={"test": 3040, "testmini": 304},
    row=_mathvision,
    hub=Hub("MathLLMs/MathVision"),
)
