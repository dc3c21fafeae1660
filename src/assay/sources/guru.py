"""What Guru was made from, by public names and layouts, and its own released rows.

Files lie under the data directory as they are published, in a folder with the name of the data set
(`hf download NAME --repo-type dataset --local-dir FOLDER`). Selections that Guru made (length, decimals, level of the
question) are steps of a recipe: sources give all rows, with tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from assay.sources.code import LEETCODE
from assay.sources.contests import calls, program
from assay.sources.files import Hub, Raw, Real, Row, boxed, fenced
from assay.sources.logic import arc
from assay.sources.math import ASK, problem
from assay.sources.routes import route_of
from assay.sources.science import ASK as CHOICE
from assay.sources.science import BOX
from assay.types import hashed_seed

_DAPO = re.compile(r"\ASolve the following math problem.*?\n\n(.*)\n\nRemember to put your answer.*\Z", re.DOTALL)
DEMONSTRATIONS = 6
"""Pairs of grids that are shown of a task of BARC, which has dozens."""
_BARC = "100k-gpt4-description-gpt4omini-code_generated_problems"


def _verl_math(raw: Raw) -> Iterable[Row]:
    """DAPO and Skywork-OR1: verl's layout, with how it is asked around the problem; OR1's truth is a list of one."""
    asked = raw["prompt"][0]["content"]
    found = _DAPO.match(asked)
    answer = raw["reward_model"]["ground_truth"]
    if answer[:2] == '["':
        (answer,) = json.loads(answer)
    yield Row(found[1].strip() if found else _without_request(asked), answer, boxed(answer), template=ASK)


def _without_request(asked: str) -> str:
    """Without a last sentence that says where the answer goes (`\\boxed{}`)."""
    at = asked.rfind("\\boxed{}")
    if at < 0 or "\n" in asked[at:]:
        return asked
    return asked[: max(asked.rfind(sign, 0, at) for sign in ".?!\n") + 1].rstrip()


def _taco(raw: Raw) -> Iterable[Row]:
    """Programs that read and write, or a function; Codewars wraps what one returns in a list."""
    tests, origin = json.loads(raw["input_output"]), f"origin:{raw['source']}"
    gold = fenced(raw["solutions"][-1]) if raw["solutions"] else None
    if name := tests.get("fn_name"):
        entry = f"Solution().{name}" if raw["source"] == "leetcode" else name
        wanted = [value[0] if raw["source"] == "codewars" else value for value in tests["outputs"]]
        pairs = [(", ".join(map(repr, given)), value) for given, value in zip(tests["inputs"], wanted, strict=True)]
        head = fenced(raw["starter_code"].strip()) if raw["starter_code"].strip() else ""
        yield calls(raw["question"], entry, pairs, head, gold, tags=(origin,))
    else:
        yield from program(raw["question"], tests["inputs"], tests["outputs"], gold, tags=(origin,))


def _primeintellect(raw: Raw) -> Iterable[Row]:
    """The reference solution stands in a fence; a function returns the first of its `output`."""
    tests = json.loads(raw["tests"])
    said = raw["solutions"][0] if raw["solutions"] else None
    gold = said if said is None or "```" in said else fenced(said)
    if not tests:
        return
    if tests[0]["type"] == "function_call":
        pairs = [(", ".join(map(repr, test["input"])), test["output"][0]) for test in tests]
        yield calls(raw["problem"], tests[0]["fn_name"], pairs, gold=gold)
    else:
        yield from program(raw["problem"], [t["input"] for t in tests], [t["output"] for t in tests], gold)


def _history(raw: Raw) -> Iterable[Row]:
    """Functions get their arguments as JSON, one a line, and give what they return as JSON."""
    tests, head = json.loads(raw["tests"]), raw["starter_code"].strip()
    if not tests:
        return
    if tests[0]["testtype"] == "functional":
        pairs = [(", ".join(_values(test["input"])), json.loads(test["output"])) for test in tests]
        entry = f"Solution().{tests[0]['metadata']['func_name']}"
        yield calls(raw["problem"], entry, pairs, fenced(head) if head else "", setup=LEETCODE)
    else:
        yield from program(raw["problem"], [t["input"] for t in tests], [t["output"] for t in tests])


def _values(lines: str) -> Iterable[str]:
    return (repr(json.loads(line)) for line in lines.splitlines() if line.strip())


_JUDGES = {"Boolean": "boolean", "Multiple Choice": "choice", "String": "text", "Other": "text", "List": "math"}


def _webinstruct(raw: Raw) -> Iterable[Row]:
    """The answer type names who judges; a choice whose answer is no letter is judged as text."""
    kind, answer = raw["answer_type"], raw["answer"].strip()
    verifier = _JUDGES.get(kind, "math")
    if verifier == "choice" and not re.fullmatch(r"\(?[A-Za-z]\)?\.?", answer):
        verifier = "text"
    reference: Any = answer.lower() in ("yes", "true") if verifier == "boolean" else answer
    tags = (f"category:{raw['category']}", f"difficulty:{raw['difficulty']}", f"type:{kind}")
    yield Row(raw["question"].strip(), reference, boxed(answer), verifier, template=BOX, tags=tags)


def _gpqa(raw: Raw) -> Iterable[Row]:
    """The order of the options is that of their hashes: the right one stands nowhere in particular."""
    right = raw["Correct Answer"].strip()
    options = [right, *(raw[f"Incorrect Answer {number}"].strip() for number in (1, 2, 3))]
    options.sort(key=lambda option: hashed_seed("gpqa", raw["Question"], option))
    letter = "ABCD"[options.index(right)]
    tags = (f"subject:{raw['High-level domain']}",)
    yield Row(raw["Question"].strip(), letter, boxed(letter), options=tuple(options), template=CHOICE, tags=tags)


def _barc(raw: Raw) -> Iterable[Row]:
    """The first pairs of grids are shown, and the next one is asked; a task with one pair shows nothing."""
    pairs = [{"input": given, "output": wanted} for given, wanted in raw["examples"]]
    shown = pairs[: min(DEMONSTRATIONS, len(pairs) - 1)]
    if shown:
        task = f"{hashed_seed('barc', raw['source']):016x}"
        yield from arc({"task_id": task, "train": shown, "test": [pairs[len(shown)]]})


_SNIPPET = re.compile(
    r"reference code snippet.*?```(?:python)?\n(.*?)```|reference code snippet[^\n]*\n+(.*)", re.DOTALL
)
_OUTPUT = re.compile(r"[Gg]iven the following output:\s*(.*?)\s*Can you predict a feasible input", re.DOTALL)


def _guru(raw: Raw) -> Iterable[Row]:
    """A released row: verl's layout, with the problem as it is asked."""
    source, truth = raw["data_source"], raw["reward_model"]["ground_truth"]
    asked = raw["prompt"][0]["content"] if len(raw["prompt"]) else raw["raw_prompt"]
    tags = (f"data_source:{source}",)
    rates = {
        name.removesuffix("_pass_rate"): (rate * 16, 16)
        for name, rate in raw.items()
        if name.endswith("_pass_rate") and isinstance(rate, int | float) and rate == rate  # missing is never 0
    }
    if source.startswith("simulation__codeio"):
        verifier, reference = _codeio(asked, truth)
    else:
        route = route_of(source)
        reference = route.read(truth)
        verifier = route.verifier if isinstance(route.verifier, str) else route.verifier(reference)
    yield Row(asked, reference, None, verifier, tags=tags, pass_rates=rates)


def _codeio(asked: str, truth: str) -> tuple[str, dict[str, Any]]:
    """An input is judged by the program and the output that the question shows: others may be right too."""
    value = json.loads(truth)
    wanted, code = _OUTPUT.search(asked), _SNIPPET.search(asked)
    if wanted and code:
        shown = {"code": code[1] or code[2], "entry_point": "main_solution"}
        return "code_io.input", {**shown, "input": value, "output": json.loads(wanted[1])}
    return "code_io.output", {"code": "", "input": None, "output": value}


def _released(domain: str, verifier: str, files: str) -> Real:
    return Real(
        name=f"{domain}/guru",
        about=f"Rows of the released Guru-RL-92k: {files}",
        licence="MIT",
        verifier=verifier,
        files={"train": f"guru-RL-92k/train/{files}"},
        row=_guru,
        home="https://huggingface.co/datasets/LLM360/guru-RL-92k",
    )


math_guru = _released("math", "math", "math__*.parquet")
code_guru = _released("code", "code.tests", "codegen__*.parquet")
science_guru = _released("science", "math", "stem__*.parquet")
logic_guru = _released("logic", "records", "logic__*.parquet")
simulation_guru = _released("simulation", "code_io.output", "simulation__*.parquet")
table_guru = _released("table", "text", "table__*.parquet")
dapo = Real(
    name="math/dapo",
    about="DAPO-Math-17k: integers for answers (the origin repeats every row a hundred times)",
    licence="Apache-2.0",
    verifier="math",
    files={"train": "DAPO-Math-17k/data/dapo-math-17k.parquet"},
    row=_verl_math,
    hub=Hub("BytedTsinghua-SIA/DAPO-Math-17k"),
)
skywork_or1 = Real(
    name="math/skywork_or1",
    about="Skywork-OR1: 105,055 problems of mathematics",
    licence="Apache-2.0",
    verifier="math",
    files={"train": "Skywork-OR1-RL-Data/data/math-*.parquet"},
    row=_verl_math,
    hub=Hub("Skywork/Skywork-OR1-RL-Data", splits={"train": "math"}),
)
deepscaler = Real(
    name="math/deepscaler",
    about="DeepScaleR: AIME, AMC, Omni-MATH and STILL",
    licence="MIT",
    verifier="math",
    files={"train": "DeepScaleR-Preview-Dataset/deepscaler.json"},
    row=problem,
    hub=Hub("agentica-org/DeepScaleR-Preview-Dataset"),
)
taco = Real(
    name="code/taco",
    about="TACO-verified: contest problems whose solutions were run",
    licence="MIT",
    verifier="code.stdio",
    files={"train": "TACO-verified/taco_verified.json"},
    row=_taco,
    hub=Hub("likaixin/TACO-verified"),
)
primeintellect = Real(
    name="code/primeintellect",
    about="SYNTHETIC-1's code problems, as DeepCoder filtered them",
    licence="MIT",
    verifier="code.stdio",
    files={"train": "DeepCoder-Preview-Dataset/primeintellect/train-*.parquet"},
    row=_primeintellect,
    hub=Hub("agentica-org/DeepCoder-Preview-Dataset", "primeintellect"),
)
livecodebench_history = Real(
    name="code/livecodebench_history",
    about="LiveCodeBench from May 2023 to July 2024, as DeepCoder took it for training (no reference solutions)",
    licence="MIT; statements (c) AtCoder, Codeforces, LeetCode",
    verifier="code.stdio",
    files={"train": "DeepCoder-Preview-Dataset/lcbv5/train-*.parquet"},
    row=_history,
    hub=Hub("agentica-org/DeepCoder-Preview-Dataset", "lcbv5"),
)
webinstruct = Real(
    name="science/webinstruct",
    about="WebInstruct-verified: questions of all subjects with short answers",
    licence="Apache-2.0",
    verifier="math",
    files={"train": "WebInstruct-verified/data/train-*.parquet"},
    row=_webinstruct,
    hub=Hub("TIGER-Lab/WebInstruct-verified"),
)
gpqa_diamond = Real(
    name="science/gpqa_diamond",
    about="GPQA-Diamond: questions that experts answer and the web does not",
    licence="CC BY 4.0",
    verifier="choice",
    eval_only=True,
    files={"test": "gpqa/gpqa_diamond.csv"},
    row=_gpqa,
    hub=Hub("Idavidrein/gpqa", "gpqa_diamond", {"test": "train"}),
)
barc = Real(
    name="logic/barc",
    about="BARC: grid tasks made from programs; six pairs are shown",
    licence="MIT",
    verifier="grid",
    files={"train": f"{_BARC}/{_BARC}.jsonl"},
    row=_barc,
    hub=Hub(f"barc0/{_BARC}"),
)
