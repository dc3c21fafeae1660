"""Real tables with text beside them: what a report says, and what follows from its figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from assay.sources.files import NUMERAL, Raw, Real, Row, boxed, rounded
from assay.sources.hierarchy import of_html
from assay.sources.table import ASK, QUOTIENT, answered, markdown

MAX_WORDS = 5
"""Of an answer in words: a longer one is a sentence that can be said in many ways."""
_AMOUNT = re.compile(r"(\()?[$€£]?\s?([\d.,]+)\s?(%)?(\))?")


def _shown(paragraphs: Iterable[str], *tables: Sequence[Sequence[str]]) -> str:
    """Text, then the tables."""
    shown = [markdown(head, body) for head, *body in tables if head]
    return "\n\n".join([*(text.strip() for text in paragraphs if text.strip()), *shown])


def _finqa(raw: Raw) -> Iterable[Row]:
    """The reference is what the program of the row gives; its last step says whether that is a quotient."""
    question = f"{_shown(raw['context'], raw['table'])}\n\n{raw['question']}"
    answer, last = raw["exe_ans_derived"], re.split(r"(?<=\)), ", raw["program"])[-1]
    if isinstance(answer, str):
        template = ASK.replace("{}", "{}, as yes or no")
        yield Row(question, answer == "yes", boxed(answer), "boolean", template=template)
    else:
        yield _calculated(question, answer, [QUOTIENT] if last.startswith("divide") else [])


def _calculated(question: str, answer: float, said: Sequence[str], **params: Any) -> Row:
    text = f"{answer:f}".rstrip("0").rstrip(".")
    template, places = rounded(ASK, text)
    template = template.replace("{problem}", "\n\n".join(["{problem}", *said]), 1)
    return Row(question, text, boxed(text), "number", {**places, **params}, template=template)


def _tatqa(raw: Raw) -> Iterable[Row]:
    """All questions of one page."""
    shown = _shown((paragraph["text"] for paragraph in raw["paragraphs"]), raw["table"]["table"])
    for asked in raw["questions"]:
        if (row := _asked(shown, asked)) is not None:
            yield row


def _asked(shown: str, asked: Raw) -> Row | None:
    """A calculation, a count, one text or several; long texts are left out."""
    scale, answer = asked["scale"], asked["answer"]
    said = [f"Give the number in {scale}{'s' * (scale != 'percent')}."] if scale else []
    scaled = {"scale": scale} if scale not in ("", "percent") else {}
    question = f"{shown}\n\n{asked['question']}"
    if not isinstance(answer, list):
        return _calculated(question, float(answer), said, **scaled)
    texts = [text.strip() for text in answer if text.strip()]
    if not texts or max(len(text.split()) for text in texts) > MAX_WORDS:
        return None
    if len(texts) > 1 or (amount := _AMOUNT.fullmatch(texts[0])) is None or not NUMERAL.fullmatch(amount[2]):
        in_order = "respective" in asked["question"].lower()
        return answered(shown, asked["question"], [amounts(text) for text in texts], ordered=in_order)
    number = f"{'-' if amount[1] else ''}{amount[2]}{amount[3] or ''}"
    template = ASK.replace("{problem}", "\n\n".join(["{problem}", *said]))
    params = {"decimals": "as-written", "accounting": True, **scaled}
    return Row(question, number, boxed(number), "number", params, template=template)


def amounts(text: str) -> str:
    """An amount without its currency; any other text as it is."""
    amount = _AMOUNT.fullmatch(text)
    return f"{'-' if amount[1] else ''}{amount[2]}" if amount and NUMERAL.fullmatch(amount[2]) else text


def _multihiertt(raw: Raw) -> Iterable[Row]:
    """Paragraphs are shown where the evidence is in some; the answer of a calculation is a number."""
    asked = raw["qa"]
    texts = raw["paragraphs"] if asked["text_evidence"] else ()
    shown = _shown(texts, *(of_html(table) for table in raw["tables"]))
    kind = f"type:{asked['question_type']}"
    tags = (kind, f"evidence:{'text' if texts else 'tables'}")
    yield replace(answered(shown, asked["question"], [asked["answer"]]), tags=tags)


finqa = Real(
    name="table/finqa",
    about="FinQA: calculations over reports, with the facts that a question needs (no train split at hand)",
    licence="MIT",
    verifier="number",
    home="https://github.com/yikyungkim/CBR-FinQA (generator_llama2/finetuning_repo)",
    files={split: f"tabular/finqa_{split}_from_cbr.jsonl" for split in ("dev", "test")},
    sizes={"dev": 876, "test": 1138},
    row=_finqa,
)
tatqa = Real(
    name="table/tatqa",
    about="TAT-QA: questions about a table and the text around it; answers of one sentence and more are left out",
    licence="CC BY 4.0",
    verifier="number",
    home="https://github.com/NExTplusplus/TAT-QA (dataset_raw)",
    files={"dev": "tabular/tatqa_dev.jsonl", "test": "tabular/tatqa_test_gold.jsonl"},
    sizes={"dev": 1443, "test": 1418},
    row=_tatqa,
)
multihiertt = Real(
    name="table/multihiertt",
    about="MultiHiertt: calculations over several hierarchical tables of a report (its dev split is the test)",
    licence="MIT",
    verifier="number",
    files={"train": "tabular/MultiHiertt_dataset/train.json", "test": "tabular/MultiHiertt_dataset/dev.json"},
    row=_multihiertt,
    home="https://github.com/psunlpgroup/MultiHiertt",
)
