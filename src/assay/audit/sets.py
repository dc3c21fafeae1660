"""Where labelled rows come from: a JSONL by path, a source whose references are rewritten, or a known set.

The sets lie in the data directory: responses that people, executions or official scripts labelled, each read in the
shape in which it was published. None of it is part of the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from assay.audit.labelled import LabelledRow, read_labelled
from assay.audit.rewrites import rewritten
from assay.errors import BadConfig, MissingData, UnknownName
from assay.files import read_jsonl
from assay.sources.base import SOURCES, data_dir

REFERENCES = 500
"""References of a source that are rewritten, where no limit is given."""
Read = Callable[[Path], Iterator[LabelledRow]]
OPENAI = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def rows_of(
    name: str,
    *,
    data: Path | str | None = None,
    limit: int | None = None,
    per: int = 8,
    columns: Mapping[str, str] | None = None,
    verifier: str = "math",
) -> list[LabelledRow]:
    """The labelled rows of a file, of a set (`labelled/...`), or of a source, whose references are rewritten.

    `limit` is of rows, and of a source's references; `columns` and `verifier` are for files, see `read_labelled`.
    Raises `UnknownName`, `MissingData`, and `BadConfig` where there is no row.
    """
    path = Path(name)
    if name in SETS:
        made = list(islice(labelled_set(name, data), limit))
    elif path.is_file() or path.suffix in (".jsonl", ".gz"):
        made = list(islice(read_labelled(path, columns, verifier, name), limit))
    elif name.startswith("labelled/"):
        raise UnknownName("labelled set", name, SETS)
    else:
        source = SOURCES.get(name)
        examples = source.examples(source.splits[0], data=data_dir(data) if data else None, size=limit or REFERENCES)
        made = list(rewritten(list(examples), per=per, name=f"rewrites of {name}"))
    if not made:
        raise BadConfig(f"{name} gives no labelled rows: its verifier has no rewrites, or the file is empty")
    return made


def labelled_set(name: str, data: Path | str | None = None) -> Iterator[LabelledRow]:
    """The rows of a set of the data directory. Raises `MissingData` where its file is not there."""
    return SETS[name][1](data_dir(data))


def there(data: Path | str | None = None) -> list[str]:
    """The sets whose file is in the data directory."""
    try:
        root = data_dir(data)
    except MissingData:
        return []
    return [name for name, (file, _) in SETS.items() if (root / file).is_file()]


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    return (row for _, row in read_jsonl(path))


def _gsm8k(root: Path) -> Iterator[LabelledRow]:
    for row in _lines(root / "labelled/gsm8k_openai_solutions_labelled.jsonl.gz"):
        reference = row["ground_truth"].rpartition("A:")[2].strip()
        for system in OPENAI:
            said, label = row[system]["solution"], row[system]["is_correct"]
            yield LabelledRow(
                reference=reference,
                response=said,
                label=label,
                verifier="number",
                prompt=row["question"],
                family=system,
            )


def _qwen(root: Path) -> Iterator[LabelledRow]:
    for row in _lines(root / "labelled/math_qwen_cot_100x8_scored.jsonl"):
        for said, score in zip(row["response"], row["score"], strict=True):
            yield LabelledRow(reference=row["answer"], response=said, label=bool(score), prompt=row["question"])


def _hardverify(root: Path) -> Iterator[LabelledRow]:
    for row in _lines(root / "labelled/hardverify_math_a.jsonl"):
        for column, label in (("fn_output", True), ("tn_output", False)):
            said = row[column] if "\\boxed" in row[column] else f"\\boxed{{{row[column]}}}"
            yield LabelledRow(reference=row["ground_truth"], response=said, label=label, prompt=row["question"])


def _natural_questions(root: Path) -> Iterator[LabelledRow]:
    for row in _lines(root / "labelled/qa_eval_nq_human.jsonl.gz"):
        yield LabelledRow(
            reference=row["golden_answer"].split("/"),
            response=row["answer"],
            label=row["is_correct"],
            verifier="text",
            params={"match": "stated"},
            prompt=row["question"],
            family=row["model"],
        )


def _tables(root: Path) -> Iterator[LabelledRow]:
    for row in _lines(root / "labelled/tablellm_wtq_judged.jsonl"):
        texts = [str(item) for item in row["reference_answer"]]
        one = len(texts) == 1
        yield LabelledRow(
            reference=texts[0] if one else texts,
            response=row["assistant_answer"],
            label=row["label"],
            verifier="text" if one else "set",
            params={"match": "stated"} if one else {},
            prompt=row["question"],
        )


def _mmlu_pro(root: Path) -> Iterator[LabelledRow]:
    """Rows that state a letter: for others the official script drew one."""
    for row in _lines(root / "labelled/mmlu_pro_outputs_llama3-8b-base.jsonl.gz"):
        said = row["output"].split("\nQuestion:")[0]  # the base model goes on to write questions of its own
        if re.search(r"answer is \(?([A-J])\)?", said):
            label = row["pred"] == row["answer"]
            yield LabelledRow(
                reference=row["answer"], response=said, label=label, verifier="choice", family=row["category"]
            )


def _cruxeval(root: Path, side: str) -> Iterator[LabelledRow]:
    problems = {row["id"]: row for row in _lines(root / "simulation/cruxeval.jsonl")}
    for row in _lines(root / f"labelled/cruxeval_codellama7b_{side}_scored.jsonl"):
        problem = problems[row["id"]]
        reference = {name: problem[name] for name in ("code", "input", "output")}
        for said, label in dict(zip(row["generations"], row["scores"], strict=True)).items():
            yield LabelledRow(reference=reference, response=said, label=label, verifier=f"code_io.{side}")


def _ifeval(root: Path) -> Iterator[LabelledRow]:
    wanted = {row["prompt"]: row for row in _lines(root / "ood/ifeval_input.jsonl")}
    for row in _lines(root / "labelled/ifeval_gpt4_strict_loose.jsonl"):
        reference = {name: wanted[row["prompt"]][name] for name in ("instruction_id_list", "kwargs")}
        for mode in ("strict", "loose"):
            yield LabelledRow(
                reference=reference,
                response=row["response"],
                label=row[f"{mode}_all"],
                verifier="instructions",
                params={"mode": mode},
                prompt=row["prompt"],
                family=mode,
            )


def _named(name: str, read: Read) -> Read:
    def rows(root: Path) -> Iterator[LabelledRow]:
        return (row.of(name) for row in read(root))

    return rows


SETS: dict[str, tuple[str, Read]] = {
    f"labelled/{name}": (f"labelled/{file}", _named(f"labelled/{name}", read))
    for name, file, read in (
        ("gsm8k", "gsm8k_openai_solutions_labelled.jsonl.gz", _gsm8k),
        ("math_qwen", "math_qwen_cot_100x8_scored.jsonl", _qwen),
        ("hardverify", "hardverify_math_a.jsonl", _hardverify),
        ("natural_questions", "qa_eval_nq_human.jsonl.gz", _natural_questions),
        ("tables", "tablellm_wtq_judged.jsonl", _tables),
        ("mmlu_pro", "mmlu_pro_outputs_llama3-8b-base.jsonl.gz", _mmlu_pro),
        ("cruxeval_output", "cruxeval_codellama7b_output_scored.jsonl", lambda root: _cruxeval(root, "output")),
        ("cruxeval_input", "cruxeval_codellama7b_input_scored.jsonl", lambda root: _cruxeval(root, "input")),
        ("ifeval", "ifeval_gpt4_strict_loose.jsonl", _ifeval),
    )
}
"""Name -> its file below the data directory, and how it is read."""
