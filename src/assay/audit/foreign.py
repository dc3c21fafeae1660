"""The program of a process that calls a grader that is not ours: rows in, scores out, one JSON line each.

`python -m assay.audit.foreign NAME [OPTION]` takes a peer's name or `module:function`, of any contract in `shapes`.
It runs in the caller's directory, so a grader that lies there is found. Whatever the grader raises, and `sys.exit`, is
an error of that row; a hang or the death of the process is seen by the parent. What the grader prints does not reach
the answers.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from assay.audit.shapes import reference_text, shaped
from assay.types import Verdict


@dataclass(frozen=True)
class Loaded:
    """A grader that is not ours, and what it is."""

    grade: Callable[[Mapping[str, Any]], float | None]
    """From a row to its score."""
    contract: str
    """How it is called."""
    version: str
    """Of the package that it is part of; empty where it is part of none."""
    fingerprint: str
    """Hash of the file that it stands in; empty for a peer, which its version names."""
    about: str
    """The first line of its docstring."""

    def identity(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("contract", "version", "fingerprint", "about")}


def load(spec: str, option: str = "") -> Loaded:
    """The grader of a peer's name or of `module:function[:option]`. Raises what the import raises, and `ValueError`."""
    if spec in PEERS:
        module, function, option = PEERS[spec].__name__, PEERS[spec](*([option] if option else [])), ""
        about, fingerprint = inspect.getdoc(PEERS[spec]) or "", ""
    else:
        module, _, rest = spec.partition(":")
        attribute, _, option = rest.partition(":")
        function = _imported(module, attribute)
        about, fingerprint = inspect.getdoc(function) or "", _hash(module, function)
    contract, call = shaped(function, option)
    return Loaded(
        lambda row: score_of(call(row)), contract, _version(module), fingerprint, about.strip().partition("\n")[0]
    )


def _imported(module: str, attribute: str) -> Callable[..., Any]:
    grader: Any = importlib.import_module(module)
    for part in attribute.split("."):
        grader = getattr(grader, part)
    if not callable(grader):
        raise ValueError(f"{module}:{attribute} is no function")
    return grader  # type: ignore[no-any-return]


def _version(module: str) -> str:
    """Name and version of the installed package of a module."""
    names = metadata.packages_distributions().get(module.partition(".")[0], [])
    return f"{names[0]} {metadata.version(names[0])}" if names else ""


def _hash(module: str, function: Callable[..., Any]) -> str:
    """Of the file where a function is written, else of its module's."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:  # an object that is called
        file = None
    path = Path(file or sys.modules[module].__file__ or "")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


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
    return lambda response, reference: bool(
        found.verify(found.parse(f"${reference_text(reference)}$"), found.parse(response))
    )


def verl(data_source: str = "lighteval/MATH") -> Callable[..., Any]:
    """`verl.utils.reward_score.default_compute_score`; `numina_olympiads` is its symbolic grader."""
    for parent in ("verl", "verl.utils"):
        _without_its_init(parent)
    found = importlib.import_module("verl.utils.reward_score")
    return lambda response, reference: found.default_compute_score(data_source, response, reference_text(reference))


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
        return float(scorer.score_answer(said, {"answer": reference_text(reference), "question": "", "metadata": {}}))

    return grade


PEERS: Mapping[str, Callable[..., Callable[..., Any]]] = {
    "math-verify": math_verify,
    "verl": verl,
    "reasoning-gym": reasoning_gym,
}
"""By name, what makes the grader of an option."""


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
        loaded = load(*arguments)
    except BaseException as fault:  # noqa: BLE001 - the boundary: a third party's import
        _say(answers, {"failed": f"{type(fault).__name__}: {fault}"[:500]})
        return
    _say(answers, {"identity": loaded.identity()})
    for line in sys.stdin.buffer:
        try:
            score = loaded.grade(json.loads(line))
            _say(answers, {"score": score, "why": "" if score is not None else "the grader gave no score"})
        except BaseException as fault:  # noqa: BLE001 - the boundary: a third party's code
            _say(answers, {"score": None, "why": f"{type(fault).__name__}: {fault}"[:300]})


def _say(answers: TextIO, row: Mapping[str, Any]) -> None:
    answers.write(json.dumps(row) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
