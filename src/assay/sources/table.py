"""Real tables: questions about one table, shown as Markdown.

The answer's own type picks the verifier: numbers go to `number`, one text to `text`, several texts to `set`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from assay.sources.files import NUMERAL, Raw, Real, Row, boxed

ASK = "{problem}\n\nPlease output the final answer within \\boxed{}. If there are several, give them as a JSON list."


def _hitab(raw: Raw) -> Iterable[Row]:
    table = raw["table"]
    head, *body = table["texts"]
    yield _question(raw["question"], table["title"], head, body, raw["answer"])


def _wtq(raw: Raw) -> Iterable[Row]:
    yield _question(raw["question"], "", raw["table"]["header"], raw["table"]["rows"], raw["answer"])


def _rounded(texts: Sequence[str]) -> dict[str, Any]:
    """Numbers of tables are as exact as their last digit."""
    return {"decimals": "as-written"} if any("." in text for text in texts) else {}


def _question(
    question: str, title: str, head: Sequence[str], body: Sequence[Sequence[str]], answers: Sequence[Any]
) -> Row:
    prompt = f"{f'Table: {title}{chr(10)}' if title else ''}{markdown(head, body)}\n\n{question}"
    plain = [_plain(answer) for answer in answers]
    texts = [str(answer) for answer in plain]
    if all(NUMERAL.fullmatch(text) for text in texts):
        if len(plain) == 1:
            return Row(prompt, plain[0], boxed(texts[0]), "number", _rounded(texts), template=ASK)
        listed = "[" + ", ".join(text.replace(",", "") for text in texts) + "]"
        return Row(prompt, plain, boxed(listed), "number", {"ordered": False} | _rounded(texts), template=ASK)
    if len(texts) == 1:
        return Row(prompt, texts[0], boxed(texts[0]), "text", template=ASK)
    return Row(prompt, texts, boxed(json.dumps(texts, ensure_ascii=False)), "set", template=ASK)


def _plain(answer: Any) -> Any:
    """120824.0 as the integer that the table shows."""
    return int(answer) if isinstance(answer, float) and answer.is_integer() else answer


def markdown(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table as Markdown; bars and line breaks inside a cell are escaped."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


hitab = Real(
    name="table/hitab",
    about="Questions about hierarchical tables",
    licence="C-UDA 1.0",
    verifier="text",
    files={split: f"tabular/hitab_{split}.jsonl" for split in ("train", "dev", "test")},
    tables="tabular/hitab_tables.jsonl.gz",
    row=_hitab,
)
wtq = Real(
    name="table/wtq",
    about="WikiTableQuestions: questions about Wikipedia tables (hub copies nest the table in the row)",
    licence="CC BY-SA 4.0",
    verifier="text",
    files={"train": "tabular/wtq_train.jsonl.gz", "test": "tabular/wtq_test.jsonl"},
    tables="tabular/wtq_tables.jsonl.gz",
    row=_wtq,
)
