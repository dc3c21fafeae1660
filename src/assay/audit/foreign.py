"""The program of a process that calls a grader that is not ours: rows in, scores out, one JSON line each.

`python -m assay.audit.foreign NAME [OPTION]` takes a peer's name or `module:function`. It runs in the caller's
directory, so a grader that lies there is found. Whatever the grader raises, and `sys.exit`, is an error of that row; a
hang or the death of the process is seen by the parent. What the grader prints does not reach the answers.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TextIO

from assay.types import Verdict

NAMES = ("response", "reference", "prompt", "params", "verifier")
"""Fields of a row that a grader gets by keyword where its signature names them."""


def load(spec: str, option: str | None = None) -> Callable[[Mapping[str, Any]], float | None]:
    """The grader as a function from a row to its score. Raises whatever the import raises, and `ValueError`.

    It is called as `f(response, reference)`, by keyword where both are named so, and gets `prompt`, `params` and
    `verifier` by keyword where it has parameters of that name.
    """
    grader = PEERS[spec](*([option] if option else [])) if spec in PEERS else _imported(spec)
    names = _keywords(grader)
    both = {"response", "reference"} <= set(names)
    asked = [name for name in NAMES if name in names and (both or name not in ("response", "reference"))]

    def grade(row: Mapping[str, Any]) -> float | None:
        arguments = () if both else (row["response"], row["reference"])
        return score_of(grader(*arguments, **{name: row[name] for name in asked}))

    return grade


def _imported(spec: str) -> Callable[..., Any]:
    module, _, attribute = spec.partition(":")
    grader: Any = importlib.import_module(module)
    for part in attribute.split("."):
        grader = getattr(grader, part)
    if not callable(grader):
        raise ValueError(f"{spec} is no function")
    return grader  # type: ignore[no-any-return]


def _keywords(grader: Callable[..., Any]) -> list[str]:
    try:
        found = inspect.signature(grader).parameters.values()
    except (TypeError, ValueError):  # a function written in C may not tell
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def score_of(result: Any) -> float | None:
    """A boolean, a number, an object with a score, or a `Verdict` as a score; `None` is an error.

    Raises `TypeError` for anything else.
    """
    if isinstance(result, Mapping):
        result = result.get("score")
    if isinstance(result, Verdict) or hasattr(result, "score"):
        result = result.score
    if isinstance(result, tuple | list) and result:
        result = result[0]
    if result is None:
        return None
    if not isinstance(result, int | float) and not hasattr(result, "__float__"):
        raise TypeError(f"a grader returns a bool, a number, a dict with 'score' or a Verdict, not {result!r}"[:300])
    return float(result)


# Other projects' graders, imported here and nowhere else


def math_verify() -> Callable[..., Any]:
    """`math_verify.verify(parse(reference), parse(response))`, the reference in dollar signs."""
    found = importlib.import_module("math_verify")
    return lambda response, reference: bool(found.verify(found.parse(f"${_text(reference)}$"), found.parse(response)))


def verl(data_source: str = "lighteval/MATH") -> Callable[..., Any]:
    """`verl.utils.reward_score.default_compute_score`; `numina_olympiads` is its symbolic grader."""
    for parent in ("verl", "verl.utils"):
        _without_its_init(parent)
    found = importlib.import_module("verl.utils.reward_score")
    return lambda response, reference: found.default_compute_score(data_source, response, _text(reference))


def reasoning_gym(dataset: str = "chain_sum") -> Callable[..., Any]:
    """`score_answer` of a data set, on the last `<answer>`, else the last box, else the whole response."""
    scorer = importlib.import_module("reasoning_gym").create_dataset(dataset, size=1)

    def grade(response: str, reference: Any) -> float:
        tags, boxed = response.rpartition("<answer>"), response.rpartition("\\boxed{")
        said = response.strip()
        if tags[1] and "</answer>" in tags[2]:
            said = tags[2].partition("</answer>")[0].strip()
        elif boxed[1]:
            said = re.sub(r"\}[^}]*\Z", "", boxed[2])
        return float(scorer.score_answer(said, {"answer": _text(reference), "question": "", "metadata": {}}))

    return grade


PEERS: Mapping[str, Callable[..., Callable[..., Any]]] = {
    "math-verify": math_verify,
    "verl": verl,
    "reasoning-gym": reasoning_gym,
}
"""By name, what makes the grader of an option."""


def _text(reference: Any) -> str:
    return reference if isinstance(reference, str) else json.dumps(reference)


def _without_its_init(name: str) -> None:
    """Make a package importable without running its `__init__`, which for verl imports Ray and tensordict."""
    spec = None if "." in name else importlib.util.find_spec(name)
    if "." in name:
        parent, _, last = name.rpartition(".")
        places = [f"{place}/{last}" for place in sys.modules[parent].__path__]
    elif spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {name!r}")
    else:
        places = list(spec.submodule_search_locations)
    made = ModuleType(name)
    made.__path__ = places
    sys.modules[name] = made


def main(arguments: list[str]) -> None:
    """Serve rows until the end of the input."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    try:
        grade = load(*arguments)
    except BaseException as fault:  # noqa: BLE001 - the boundary: a third party's import
        _say(answers, {"failed": f"{type(fault).__name__}: {fault}"[:500]})
        return
    _say(answers, {"ready": True})
    for line in sys.stdin.buffer:
        try:
            score = grade(json.loads(line))
            _say(answers, {"score": score, "why": "" if score is not None else "the grader gave no score"})
        except BaseException as fault:  # noqa: BLE001 - the boundary: a third party's code
            _say(answers, {"score": None, "why": f"{type(fault).__name__}: {fault}"[:300]})


def _say(answers: TextIO, row: Mapping[str, Any]) -> None:
    answers.write(json.dumps(row) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
