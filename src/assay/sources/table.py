"""Real tables: questions about one table, shown as Markdown.

The answer's own type picks the verifier: numbers go to `number`, one text to `text`, several texts to `set`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from assay.sources.files import NUMERAL, Raw, Real, Row, boxed, decimals, rounded
from assay.sources.hierarchy import linear

ASK = "{problem}\n\nPlease output the final answer within \\boxed{}. If there are several, give them as a JSON list."
FACT = "{problem}\n\nIs the statement true of the table? Please output True or False within \\boxed{}."


def _hitab(raw: Raw) -> Iterable[Row]:
    """`top_header_rows_num` counts one row too many; a quotient is no percentage, whatever the question says."""
    table = raw["joined"]
    top = max(1, table["top_header_rows_num"] - 1)
    head, *body = linear(table["texts"], table["merged_regions"], top)
    shown = f"Table: {table['title']}\n{markdown(head, body)}" if table["title"] else markdown(head, body)
    yield answered(shown, raw["question"], raw["answer"], is_quotient="div" in raw["aggregation"])


def _wtq(raw: Raw) -> Iterable[Row]:
    yield answered(markdown(raw["joined"]["header"], raw["joined"]["rows"]), raw["question"], raw["answer"])


def _tabfact(raw: Raw) -> Iterable[Row]:
    head, *body = raw["joined"]["rows"]
    prompt = f"Table: {raw['caption']}\n{markdown(head, body)}\n\nStatement: {raw['statement']}"
    answer = bool(raw["label"])
    yield Row(prompt, answer, boxed(str(answer)), template=FACT)


QUOTIENT = "Give the quotient as a decimal number, not in percent."
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")


def answered(
    shown: str, question: str, answers: Sequence[Any], *, is_quotient: bool = False, ordered: bool = False
) -> Row:
    """A question about what is shown: its verifier is that of the answer's type.

    A number that is shown is given as it stands there; of one that is calculated the question says how it is rounded.
    """
    prompt, template = f"{shown}\n\n{question}", ASK
    plain = [_plain(answer) for answer in answers]
    texts = [str(answer) for answer in plain]
    if not all(NUMERAL.fullmatch(text) for text in texts):
        if len(texts) == 1:
            return Row(prompt, texts[0], boxed(texts[0]), "text", template=template)
        kind, gold = "sequence" if ordered else "set", boxed(json.dumps(texts, ensure_ascii=False))
        return Row(prompt, texts, gold, kind, template=template)
    asked, params = rounded(template, max(texts, key=decimals))
    figures = {figure.replace(",", "") for figure in _FIGURE.findall(shown)}
    if any(text.replace(",", "").lstrip("+-").rstrip("%") not in figures for text in texts):
        template = asked
        if is_quotient:
            template = template.replace("{problem}", f"{{problem}}\n\n{QUOTIENT}", 1)
    if len(plain) == 1:
        return Row(prompt, plain[0], boxed(texts[0]), "number", params, template=template)
    listed = "[" + ", ".join(text.replace(",", "") for text in texts) + "]"
    return Row(prompt, plain, boxed(listed), "number", {"ordered": ordered} | params, template=template)


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
    about="Questions about hierarchical tables, shown with the whole path of each row and column",
    licence="C-UDA 1.0",
    verifier="text",
    home="https://github.com/microsoft/HiTab (data)",
    files={split: f"tabular/hitab_{split}.jsonl" for split in ("train", "dev", "test")},
    joined="tabular/hitab_tables.jsonl.gz",
    sizes={"train": 7384, "dev": 1667, "test": 1575},
    row=_hitab,
)
wtq = Real(
    name="table/wtq",
    about="WikiTableQuestions: questions about Wikipedia tables (hub copies nest the table in the row)",
    licence="CC BY-SA 4.0",
    verifier="text",
    home="https://github.com/ppasupat/WikiTableQuestions (data)",
    files={"train": "tabular/wtq_train.jsonl.gz", "test": "tabular/wtq_test.jsonl"},
    joined="tabular/wtq_tables.jsonl.gz",
    sizes={"train": 14152, "test": 4343},
    row=_wtq,
)
tabfact = Real(
    name="table/tabfact",
    about="TabFact: is a statement true of a Wikipedia table? (no train split at hand)",
    licence="CC BY 4.0",
    verifier="boolean",
    home="https://github.com/wenhuchen/Table-Fact-Checking (tokenized_data)",
    files={"dev": "tabular/tabfact_val.jsonl.gz", "test": "tabular/tabfact_test.jsonl.gz"},
    joined="tabular/tabfact_tables.jsonl.gz",
    sizes={"dev": 12769, "test": 12761},
    row=_tabfact,
)
