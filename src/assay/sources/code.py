"""Real code: Python functions with tests that call them. Programs that read and write are in `contests.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assay.sources.base import Proof
from assay.sources.files import Hub, Raw, Real, Row, fenced

ASK = "\n\nPlease write the solution in one ```python code block."


def _mbpp(raw: Raw) -> Iterable[Row]:
    """The assertion says what the function is called and given: how the answer is to look, not what is asked."""
    template = f"{{problem}} Your code should satisfy the following assertion:\n{fenced(raw['test_list'][0])}{ASK}"
    reference = {"tests": raw["test_list"]} | ({"setup": raw["test_setup_code"]} if raw["test_setup_code"] else {})
    gold = fenced(raw["code"].replace("\r\n", "\n"))
    yield Row(raw["text"], reference, gold, template=template, tags=(f"task:{raw['task_id']}",))


def _mbpp_part(raw: Raw) -> str:
    """The official ranges of task ids."""
    task = int(raw["task_id"])
    return "fewshot" if task <= 10 else "test" if task <= 510 else "validation" if task <= 600 else "train"


def _humaneval(raw: Raw) -> Iterable[Row]:
    reference = {"tests": raw["test"], "entry_point": raw["entry_point"]}
    gold = fenced(raw["prompt"] + raw["canonical_solution"])
    template = f"Complete the following Python function.\n\n{{problem}}{ASK}"
    yield Row(fenced(raw["prompt"]), reference, gold, template=template, tags=(f"task:{raw['task_id']}",))


LEETCODE = """
import collections, datetime, functools, math, random, string
from typing import *
from functools import *
from collections import *
from itertools import *
from heapq import *
from bisect import *
from string import *
from operator import *
from math import *

class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next

class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val, self.left, self.right = val, left, right

def list_node(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def tree_node(values):
    nodes = [None if value is None else TreeNode(value) for value in values]
    children = iter(nodes[1:])
    for node in filter(None, nodes):
        node.left, node.right = next(children, None), next(children, None)
    return nodes[0] if nodes else None

def is_same_list(a, b):
    while a and b and a.val == b.val:
        a, b = a.next, b.next
    return a is None and b is None

def is_same_tree(a, b):
    if a is None or b is None:
        return a is b
    return a.val == b.val and is_same_tree(a.left, b.left) and is_same_tree(a.right, b.right)
"""
"""What LeetCode has imported before a solution runs, and the lists and trees that its tests are written in."""
_ASKED = re.compile(
    r"\APlease solve the programming task below using a self-contained code snippet in a markdown code block\.\s*"
    r"(?P<problem>.*?)\s*Please complete the following python code precisely:\s*(?P<head>```python.*```)\s*\Z",
    re.DOTALL,
)


def called(functional: str, setup: str = "") -> dict[str, Any]:
    """Tests of rLLM and Guru: a function `check`, and a last line `check(Solution().name)` that says what is called."""
    tests, _, call = functional.rstrip().rpartition("\ncheck(")
    named = {"tests": tests, "entry_point": call.removesuffix(")")} if tests else {"tests": functional}
    return named | ({"setup": setup} if setup else {})


def completing(problem: str, head: str) -> tuple[str, str]:
    """A problem, and how to ask for the function or class that begins with `head`."""
    return problem.strip(), f"{{problem}}\n\nComplete the following Python code:\n{head}{ASK}"


def _leetcode(raw: Raw) -> Iterable[Row]:
    if (asked := _ASKED.fullmatch(raw["problem"])) is None:
        raise ValueError("the problem is not asked in rLLM's words")
    prompt, template = completing(*asked.group("problem", "head"))
    gold = fenced(raw["solutions"])
    yield Row(prompt, called(raw["tests"]["functional"], LEETCODE), gold, template=template)


ORACLE = """
import copy, math, re
inf, nan = math.inf, math.nan
plus_known = {{}}
exec({solution!r}, plus_known)
def plus_near(got, want):
    if isinstance(want, (list, tuple)) and type(got) is type(want):
        return len(got) == len(want) and all(map(plus_near, got, want))
    if isinstance(want, dict) and isinstance(got, dict):
        return got.keys() == want.keys() and all(plus_near(got[key], want[key]) for key in want)
    if isinstance(want, float) or {atol} and isinstance(want, (int, float)):
        return got == want or got != got and want != want or math.isclose(got, want, rel_tol=1e-7, abs_tol={atol})
    return got == want
def plus_compare(inputs):
    for given in inputs:
        try:
            want = plus_known[{entry!r}](*copy.deepcopy(given))
        except Exception:
            continue  # an input that the solution itself refuses
        got = {entry}(*copy.deepcopy(given))
        if type(want) is re.Match:
            assert got is not None
        else:
            assert plus_near(got, want)
"""
"""EvalPlus compares with what its own solution returns on many inputs; this runs beside the tests, not the program."""
PART = 50
"""Inputs of one test."""
_LOST_BY_JSON: dict[str, Callable[..., list[Any]]] = {
    "add_lists": lambda items, given: [items, tuple(given)],
    "add_dict_to_tuple": lambda items, given: [tuple(items), given],
    "angle_complex": lambda real, imaginary: [float(real), complex(imaginary)],
}
"""Types of inputs that the file cannot hold, as EvalPlus restores them, of tasks that refuse all others."""


_OVER_LIMITS: Mapping[Proof, float] = {"gold": 0.01}
"""The solutions of one task of HumanEval+ and of two of MBPP+ need more than a program is given."""


def _plus(raw: Raw) -> Iterable[Row]:
    """HumanEval+ gives a function to complete, MBPP+ a sentence and an assertion, both within a docstring."""
    entry, is_whole = raw["entry_point"], "assertion" in raw
    solution = ("" if is_whole else raw["prompt"]) + raw["canonical_solution"]
    plus = raw["plus_input"] if isinstance(raw["plus_input"], list) else []
    inputs = [*raw["base_input"], *plus]
    if entry in _LOST_BY_JSON:
        inputs = [_LOST_BY_JSON[entry](*given) for given in inputs]
    parts = [inputs[at : at + PART] for at in range(0, len(inputs), PART)]
    helper = ORACLE.format(solution=solution, entry=entry, atol=raw["atol"] or 0)
    reference = {"tests": [helper, *(f"plus_compare({part!r})" for part in parts)], "entry_point": entry}
    prompt, template = raw["prompt"].strip().strip('"').strip(), f"{{problem}}{ASK}"
    if not is_whole:
        prompt, template = fenced(raw["prompt"]), f"Complete the following Python function.\n\n{{problem}}{ASK}"
    yield Row(prompt, reference, fenced(solution), template=template, tags=(f"task:{raw['task_id']}",))


mbpp = Real(
    name="code/mbpp",
    about="Mostly basic Python problems, with the official ranges of task ids as splits",
    licence="CC BY 4.0",
    verifier="code.tests",
    files=dict.fromkeys(("train", "test", "validation", "fewshot"), "code/mbpp.jsonl"),
    sizes={"train": 374, "test": 500, "validation": 90, "fewshot": 10},
    row=_mbpp,
    part=_mbpp_part,
    hub=Hub("google-research-datasets/mbpp", "full", {"fewshot": "prompt"}),
)
humaneval = Real(
    name="code/humaneval",
    about="Hand-written functions with docstrings and tests",
    licence="MIT",
    verifier="code.tests",
    eval_only=True,
    files={"test": "code/humaneval.jsonl"},
    sizes={"test": 164},
    row=_humaneval,
    hub=Hub("openai/openai_humaneval"),
)
humanevalplus = Real(
    name="code/humanevalplus",
    about="HumanEval+: HumanEval with many more inputs",
    licence="Apache-2.0",
    verifier="code.tests",
    eval_only=True,
    home="https://github.com/evalplus/humanevalplus_release",
    files={"test": "code/humanevalplus.jsonl.gz"},
    sizes={"test": 164},
    row=_plus,
    proofs=_OVER_LIMITS,
)
mbppplus = Real(
    name="code/mbppplus",
    about="MBPP+: 378 tasks of MBPP with many more inputs",
    licence="Apache-2.0",
    verifier="code.tests",
    eval_only=True,
    home="https://github.com/evalplus/mbppplus_release",
    files={"test": "code/mbppplus.jsonl.gz"},
    sizes={"test": 378},
    row=_plus,
    proofs=_OVER_LIMITS,
)
leetcode = Real(
    name="code/leetcode",
    about="LeetCode problems as rLLM published them, with a reference solution",
    licence="MIT; statements (c) LeetCode",
    verifier="code.tests",
    home="https://github.com/agentica-project/rllm (rllm/data)",
    files={"train": "code/leetcode_train_rllm.jsonl.gz", "test": "code/leetcode_test_rllm.jsonl"},
    sizes={"train": 1889, "test": 186},
    row=_leetcode,
)
