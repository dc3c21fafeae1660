"""LiveBench (White et al. 2024, arXiv 2406.19314), of June and July 2024, as Guru asks it: the words are the origin's.

Left out are joined and reformatted tables, for which its checkers give partial credit, and questions on language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assay.sources.files import NUMERAL, Raw, Real, Row, boxed

RELEASES = ("2024-06-24", "2024-07-26")


def _asked(raw: Raw, category: str) -> str | None:
    """The question of a row that belongs here."""
    is_here = raw["category"] == category and raw["livebench_release_date"][:10] in RELEASES
    return raw["turns"][0] if is_here and raw["ground_truth"] else None


def _reasoning(raw: Raw) -> Iterable[Row]:
    """The answer stands in bold, a list of yes and no, a number or a name."""
    if (asked := _asked(raw, "reasoning")) is None:
        return
    answer, tags = raw["ground_truth"], (f"task:{raw['task']}",)
    if raw["task"] == "web_of_lies_v2":
        yield Row(asked, answer.split(", "), boxed(answer), "sequence", tags=tags)
    else:
        verifier = "number" if NUMERAL.fullmatch(answer) else "text"
        yield Row(asked, answer, boxed(answer), verifier, tags=tags)


def _data_analysis(raw: Raw) -> Iterable[Row]:
    """The class of a column."""
    asked, tags = _asked(raw, "data_analysis"), (f"task:{raw['task']}",)
    if asked is not None and raw["task"] == "cta":
        yield Row(asked, raw["ground_truth"], boxed(raw["ground_truth"]), tags=tags)


def _livebench(domain: str, about: str, verifier: str, size: int, row: Callable[[Raw], Iterable[Row]]) -> Real:
    return Real(
        name=f"{domain}/livebench",
        about=about,
        licence="Apache-2.0",
        verifier=verifier,
        eval_only=True,
        files={"test": "ood/livebench_questions.jsonl.gz"},
        sizes={"test": size},
        row=row,
        home="https://huggingface.co/livebench (reasoning, data_analysis)",
    )


reasoning = _livebench("logic", "LiveBench reasoning: puzzles, liars, space", "text", 150, _reasoning)
data_analysis = _livebench("table", "LiveBench data analysis: which class a column has", "text", 49, _data_analysis)
