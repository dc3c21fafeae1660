"""The control domain: instructions whose fulfilment can be checked without a judge (IFEval, IFBench)."""

from __future__ import annotations

from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row


def _instructions(raw: Raw) -> Iterable[Row]:
    """The hub copy writes every keyword of every instruction, most of them null; only set ones are kept."""
    kwargs = [{key: value for key, value in given.items() if value is not None} for given in raw["kwargs"]]
    yield Row(raw["prompt"], {"instruction_id_list": list(raw["instruction_id_list"]), "kwargs": kwargs})


ifeval = Real(
    name="instruction/ifeval",
    about="Verifiable instructions: lengths, formats, keywords (no gold responses exist)",
    licence="Apache-2.0",
    verifier="instructions",
    eval_only=True,
    files={"test": "ood/ifeval_input.jsonl"},
    sizes={"test": 541},
    row=_instructions,
    hub=Hub("google/IFEval", splits={"test": "train"}),
)

ifbench = Real(
    name="instruction/ifbench",
    about="58 verifiable instructions that no training set holds (no gold responses exist)",
    licence="ODC-BY-1.0",
    verifier="instructions",
    eval_only=True,
    files={"test": "ood/ifbench_test.jsonl"},
    sizes={"test": 300},
    row=_instructions,
    hub=Hub("allenai/IFBench_test", splits={"test": "train"}),
)
