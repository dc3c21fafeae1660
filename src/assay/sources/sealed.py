"""Benchmarks that are published sealed, so that no crawler finds them: rows are opened in memory alone.

Every record of such a row is written sealed again, with the answers to it (`assay.sealing`); no page and no message
shows it. It has no gold response, since a check would print that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assay.sealing import unsealed
from assay.sources.files import NUMERAL, Raw, Real, Row

BOX = "{problem}\n\n请将最终答案写在 \\boxed{} 中。"
LETTERS = BOX.replace("最终答案", "所有正确选项的字母(用逗号分隔)")


def _xbench(raw: Raw) -> Iterable[Row]:
    """The answer decides who judges: letters of options, a number, notation, or words that are compared."""
    key = raw["canary"]
    if not key:  # the origin ends in an empty row
        return
    problem, answer = (unsealed(raw[name], key).strip() for name in ("prompt", "answer"))
    tags = (f"subject:{raw['subject']}",)
    if raw["type"] == "选择题" and re.fullmatch(r"[A-J,、 ]+", answer):
        letters = re.findall("[A-J]", answer)
        if len(letters) == 1:
            yield Row(problem, letters[0], None, "choice", template=BOX, tags=tags, seal=key)
        else:
            yield Row(problem, letters, None, "set", template=LETTERS, tags=tags, seal=key)
        return
    verifier = "number" if NUMERAL.fullmatch(answer) else "math" if re.search(r"[\\$]", answer) else "text"
    yield Row(problem, answer, None, verifier, template=BOX, tags=tags, seal=key)


xbench = Real(
    name="science/xbench",
    about="xbench ScienceQA, in Chinese: sealed at its origin, and in every file of ours",
    licence="MIT; not to be published as plain text",
    verifier="text",
    eval_only=True,
    files={"test": "sealed/xbench_scienceqa_encrypted.csv"},
    sizes={"test": 100},
    row=_xbench,
    home="https://github.com/xbench-ai/xbench-evals (data/ScienceQA.csv)",
)
