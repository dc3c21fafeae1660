"""Agreement with labels that others gave: official, human, or by execution; each beside what a simple grader gives."""

from __future__ import annotations

import ast
import gzip
import json
import re
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from assay.audit.sets import labelled_set
from assay.judging.session import verify_many
from assay.sources.base import data_dir
from assay.types import Example, Verdict
from assay.verifiers.instructions import follow
from bars import bar

Row = tuple[Example, str, bool]
SLACK = 0.3
"""Points of balanced error by which no labelled set may fall behind what it was when the bar was set."""


def read(name: str) -> Iterator[dict[str, Any]]:
    path = data_dir() / name
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def labelled(name: str, match: str = "stated") -> list[Row]:
    """The rows of a labelled set of the data directory; those of the verifier `text` with this `match`."""
    rows = ((row.example(), row) for row in labelled_set(f"labelled/{name}"))
    return [
        (replace(e, params={"match": match}) if "match" in e.params else e, row.response, row.label) for e, row in rows
    ]


def mmlu_pro() -> Iterator[tuple[Example, str, str, str]]:
    for row in read("labelled/mmlu_pro_outputs_llama3-8b-base.jsonl.gz"):
        first = row["output"].split("\nQuestion:")[0]  # the base model goes on to write questions of its own
        yield Example(prompt="?", reference=row["answer"], verifier="choice"), first, row["pred"], row["answer"]


def compared(name: str, rows: Iterable[Row], show: int, was: float) -> None:
    """One line: agreement, false negatives, false positives, no score; and some of the differences.

    `was` is the balanced error in percent that the bar is set by.
    """
    examples, said, labels = zip(*rows, strict=True)
    verdicts = verify_many(examples, said)
    counts: Counter[str] = Counter()
    different = []
    for example, verdict, label in zip(examples, verdicts, labels, strict=True):
        kind = "none" if not verdict.counts else "ok" if verdict.is_correct == label else "FN" if label else "FP"
        counts[kind] += 1
        if kind != "ok":
            different.append((kind, example, verdict))
    tally = f"FN {counts['FN']}  FP {counts['FP']}  no score {counts['none']}"
    print(f"{name:44}{counts['ok']:7} of {len(labels)}   {tally}")
    wrong = {kind: sum(label is (kind == "FN") for label in labels) for kind in ("FN", "FP")}
    error = sum(50 * counts[kind] / of for kind, of in wrong.items() if of)
    bar(f"{name}: {error:.2f} % balanced error, at most {was + SLACK:.2f}", error <= was + SLACK)
    for kind, example, verdict in different[:show]:
        reference, found = str(example.reference)[:60], str(verdict.read)[:80]
        print(f"    {kind}: reference {reference!r}, read {found!r} ({verdict.why[:60]})")


def balanced(name: str, rows: list[Row], accepts: Callable[[Row], bool]) -> tuple[float, float]:
    """One line: shares of right answers refused and of wrong ones accepted; returns their mean and the second."""
    wrong = {True: [0, 0], False: [0, 0]}
    for row in rows:
        wrong[row[2]][0] += accepts(row) != row[2]
        wrong[row[2]][1] += 1
    fn, fp = (wrong[label][0] / wrong[label][1] for label in (True, False))
    print(f"{name:44}balanced error {50 * (fn + fp):5.1f} %   FN {100 * fn:5.1f} %  FP {100 * fp:5.1f} %")
    return 50 * (fn + fp), 100 * fp


def squad(text: str) -> str:
    """SQuAD's normal form: lower case, without punctuation and articles."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split())


def free_text() -> None:
    """Human judgments of QA-Eval (Wang et al. 2023), beside the two graders that the field uses."""
    for match in ("exact", "stated"):
        rows = labelled("natural_questions", match)
        verdicts = verify_many([row[0] for row in rows], [row[1] for row in rows])
        made = {id(row): verdict.is_correct for row, verdict in zip(rows, verdicts, strict=True)}
        error, paid = balanced(f"QA-Eval NQ, assay text, {match}", rows, lambda row, made=made: made[id(row)])
        if match == "stated":
            bar(f"QA-Eval NQ, stated: {error:.1f} % balanced error, at most 12", error <= 12)
        else:
            bar(f"QA-Eval NQ, exact: {paid:.2f} % of wrong answers paid, at most 0.5", paid <= 0.5)
    balanced("QA-Eval NQ, normalised exact match", rows, lambda row: squad(row[1]) in map(squad, row[0].reference))
    balanced(
        "QA-Eval NQ, normalised containment", rows, lambda row: any(squad(g) in squad(row[1]) for g in row[0].reference)
    )


def zero_eval(show: int) -> None:
    """Accuracy per model beside ZeroEval's published table, joined by name."""
    golds = {row["id"]: row for row in read("labelled/zeroeval_gsm_questions.jsonl")}
    published = {row["Model"]: float(row["Acc"]) for row in read("labelled/zeroeval_gsm_summary.jsonl")}
    examples = {
        key: Example(prompt=row["question"], reference=str(row["answer"]).lstrip("# "), verifier="number")
        for key, row in golds.items()
    }
    rows = list(read("labelled/zeroeval_gsm_outputs.jsonl.gz"))
    off = {}
    for name, cut in (("the last answer counts", str), ("only the first JSON object, as ZeroEval", _first_json)):
        scores: dict[str, list[bool]] = defaultdict(list)
        for row, verdict in _judged([row | {"output": cut(row["output"])} for row in rows], examples):
            scores[row["model"]].append(verdict.is_correct)
        off[name] = {m: 100 * sum(s) / len(s) - published[m] for m, s in scores.items() if m in published}
        mean = sum(map(abs, off[name].values())) / len(off[name])
        print(f"{'ZeroEval GSM, off the published accuracy':44}{mean:7.2f} points on average: {name}")
    ours, theirs = off.values()
    for model, points in sorted(ours.items(), key=lambda item: -abs(item[1]))[:show]:
        print(f"    {model}: {points:+.2f}, and {theirs[model]:+.2f} on the first JSON object")


def _first_json(output: str) -> str:
    """The text up to the end of the first balanced pair of braces."""
    depth = 0
    for place, character in enumerate(output):
        depth += (character == "{") - (character == "}")
        if character == "}" and depth == 0:
            return output[: place + 1]
    return output


def crux(show: int) -> None:
    """Output predictions: literal-equal ones found, beside string comparison."""
    golds = {row["id"]: row for row in read("labelled/zeroeval_crux_questions.jsonl")}
    problems = list(read("simulation/cruxeval.jsonl"))
    examples = {
        key: Example(
            prompt=golds[key]["question"],
            reference={"code": problem["code"], "input": problem["input"], "output": golds[key]["answer"]},
            verifier="code_io.output",
        )
        for key, problem in zip(golds, problems, strict=True)
    }
    counts: Counter[str] = Counter()
    for row, verdict in _judged(read("labelled/zeroeval_crux_outputs.jsonl.gz"), examples):
        gold, said = golds[row["id"]]["answer"], _answer_of(row["output"])
        text, literal = said == gold, _literal(said) == _literal(gold)
        counts["rows"] += 1
        counts["string"] += text
        counts["ours"] += verdict.is_correct
        counts["literal"] += literal
        counts["missed"] += literal and not verdict.is_correct
        counts["gained"] += verdict.is_correct and not literal
        if literal and not verdict.is_correct and counts["missed"] <= show:
            print(f"    missed: {said[:80]!r} for {gold[:80]!r} ({verdict.why[:60]})")
    print(f"{'CRUX outputs, string comparison':44}{counts['string']:7} of {counts['rows']}")
    print(
        f"{'CRUX outputs, assay code_io.output':44}{counts['ours']:7}   "
        f"equal literals missed {counts['missed']}, found elsewhere {counts['gained']}"
    )


def _judged(rows: Iterable[dict[str, Any]], examples: dict[str, Example]) -> Iterator[tuple[dict[str, Any], Verdict]]:
    batch = list(rows)
    verdicts = verify_many([examples[row["id"]] for row in batch], [row["output"] for row in batch])
    yield from zip(batch, verdicts, strict=True)


def _answer_of(output: str) -> str:
    """The value of the last "answer" key, as ZeroEval stores it."""
    found = list(re.finditer(r'"answer"\s*:\s*', output))
    if not found:
        return ""
    rest = output[found[-1].end() :]
    try:
        said = json.JSONDecoder(strict=False).raw_decode(rest)[0]
    except ValueError:
        said = rest.split("\n")[0].rstrip(" ,}").strip()
    return said if isinstance(said, str) else repr(said)


def _literal(text: str) -> Any:
    """The value with its types, so that 1, 1.0 and True differ; `None` of its own for what is no literal."""
    try:
        return repr(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return (text,)


def ifeval(show: int) -> None:
    """IFEval's official strict and loose labels of 540 GPT-4 responses."""
    wanted = {row["prompt"]: row for row in read("ood/ifeval_input.jsonl")}
    agreed: Counter[str] = Counter()
    for row in read("labelled/ifeval_gpt4_strict_loose.jsonl"):
        for mode in ("strict", "loose"):
            found = follow(row["response"], wanted[row["prompt"]], mode)
            agreed[mode] += all(found) == row[f"{mode}_all"]
            agreed["of"] += mode == "strict"
            for name, ours, theirs in zip(row["instruction_id_list"], found, row[f"{mode}_list"], strict=True):
                if ours != theirs and show:
                    print(f"    {mode} {name}: ours {ours}, official {theirs}: {row['prompt'][:60]!r}")
    print(f"{'IFEval labels of responses':44}strict {agreed['strict']} and loose {agreed['loose']} of {agreed['of']}")


def letters(show: int) -> None:
    """The letter that `choice` reads beside the recorded one (the first "answer is (X)" of the official script)."""
    same = guessed = 0
    rows = list(mmlu_pro())
    verdicts = verify_many([row[0] for row in rows], [row[1] for row in rows])
    for (_, text, pred, _), verdict in zip(rows, verdicts, strict=True):
        stated = re.search(r"answer is \(?([A-J])\)?", text) is not None
        read_letter = (verdict.read or "").strip("() .")[:1] or None
        same += stated and read_letter == pred
        guessed += not stated
        if stated and read_letter != pred and show > 0:
            show -= 1
            print(f"    read {verdict.read!r}, recorded {pred!r}: {text[-90:]!r}")
    stated_rows = len(rows) - guessed
    print(f"{'MMLU-Pro letters':44}{same:7} of {stated_rows} stated; in {guessed} the official script drew a letter")


def main(show: int) -> None:
    compared("GSM8K labels (Cobbe et al. 2021), number", labelled("gsm8k"), show, was=0.0)
    compared("Qwen2.5-Math on MATH, math", labelled("math_qwen"), show, was=6.25)
    compared("hardverify_math_a, math", labelled("hardverify"), show, was=2.8)
    compared("TableLLM WTQ, text and set", labelled("tables"), show, was=3.6)
    free_text()
    zero_eval(show)
    crux(show)
    ifeval(show)
    letters(show)
