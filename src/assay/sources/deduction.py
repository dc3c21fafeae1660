"""Real logic as choices: what follows from a text, and what holds in an arrangement."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assay.sources.files import Raw, Real, Row, boxed
from assay.sources.science import ASK

_LETTER = re.compile(r"[A-Z][).:]\s*")


def _choice(raw: Raw) -> Iterable[Row]:
    """The letters stand in the template, so that they are taken off the options."""
    options = tuple(_LETTER.sub("", option, count=1).strip() for option in raw["options"])
    prompt = f"{raw['context'].strip()}\n\n{raw['question'].strip()}"
    yield Row(prompt, raw["answer"], boxed(raw["answer"]), options=options, template=ASK)


ar_lsat = Real(
    name="logic/ar_lsat",
    about="Analytical reasoning of the Law School Admission Test",
    licence="MIT; (c) LSAC",
    verifier="choice",
    home="https://github.com/teacherpeterpan/Logic-LLM (data/AR-LSAT)",
    files={split: f"logic/ar_lsat_{split}.jsonl" for split in ("train", "dev", "test")},
    sizes={"train": 1564, "dev": 231, "test": 230},
    row=_choice,
)
folio = Real(
    name="logic/folio",
    about="FOLIO: does a sentence follow from premises in first-order logic?",
    licence="CC BY-SA 4.0",
    verifier="choice",
    home="https://github.com/teacherpeterpan/Logic-LLM (data/FOLIO)",
    files={split: f"logic/folio_{split}.jsonl" for split in ("train", "dev")},
    sizes={"train": 1003, "dev": 204},
    row=_choice,
)
logiqa = Real(
    name="logic/logiqa",
    about="LogiQA: logical reading of civil service examinations (no train split at hand)",
    licence="none stated; research use",
    verifier="choice",
    home="https://github.com/lgw863/LogiQA-dataset",
    files={split: f"logic/logiqa_{split}.jsonl" for split in ("dev", "test")},
    sizes={"dev": 651, "test": 651},
    row=_choice,
)
proofwriter = Real(
    name="logic/proofwriter",
    about="ProofWriter, open world, five steps deep: does a sentence follow from facts and rules?",
    licence="MIT",
    verifier="choice",
    home="https://github.com/teacherpeterpan/Logic-LLM (data/ProofWriter)",
    files={"train": "logic/proofwriter_train.jsonl.gz"}
    | {split: f"logic/proofwriter_{split}.jsonl" for split in ("dev", "test")},
    sizes={"train": 3000, "dev": 600, "test": 600},
    row=_choice,
)
logicaldeduction = Real(
    name="logic/logicaldeduction",
    about="Three to seven objects in a row: which statement about their order is true?",
    licence="MIT",
    verifier="choice",
    home="https://github.com/teacherpeterpan/Logic-LLM (data/LogicalDeduction)",
    files={split: f"logic/logicaldeduction_{split}.jsonl" for split in ("train", "dev")},
    sizes={"train": 1200, "dev": 300},
    row=_choice,
)
