"""Who judges the rows of Guru and of verl's examples: by the name of their `data_source`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.errors import BadConfig, did_you_mean
from assay.sources.code import called
from assay.sources.files import NUMERAL


@dataclass(frozen=True, slots=True)
class Route:
    """How a foreign `data_source` prefix is judged."""

    domain: str
    verifier: str | Callable[[Any], str]
    """A name, or reference -> name where the answer's own type decides."""
    read: Callable[[Any], Any] = lambda truth: truth
    """ground_truth -> reference."""


def _json(truth: Any) -> Any:
    return json.loads(truth) if isinstance(truth, str) else truth


def _text(truth: Any) -> str:
    if isinstance(truth, bool) or not isinstance(truth, str | int | float) or truth != truth:
        raise ValueError(f"the ground truth is text or a number, not {truth!r}"[:200])
    return str(truth)


def _tests(truth: Any) -> Any:
    found = _json(truth)
    return {name: found[name] for name in ("inputs", "outputs")} if "inputs" in found else called(found["functional"])


def _stdio(truth: Any) -> Any:
    """PRIME's tests of programs that read and write; an input or output in lines is a list there."""
    found = _json(truth)
    if found.get("fn_name"):
        raise ValueError(f"tests that call {found['fn_name']!r} with arguments are not read: give asserts (code.tests)")
    return {name: ["\n".join(t) if isinstance(t, list) else t for t in found[name]] for name in ("inputs", "outputs")}


def _target(truth: Any) -> Any:
    return truth["target"]


def _by_tests(reference: Any) -> str:
    return "code.stdio" if "inputs" in reference else "code.tests"


def _by_numeral(reference: str) -> str:
    return "number" if NUMERAL.fullmatch(reference.strip()) else "text"


ROUTES: Mapping[str, Route] = {
    "math": Route("math", "math", _text),
    "codegen": Route("code", _by_tests, _tests),
    "stem__gpqa": Route("science", "choice", _text),
    "stem__supergpqa": Route("science", "choice", _text),
    "stem_web": Route("science", "math", _text),
    "stem__web": Route("science", "math", _text),
    "logic__zebra": Route("logic", "records", _json),
    "zebra_puzzle_dataset": Route("logic", "records", _json),
    "logic__ordering": Route("logic", "sequence"),
    "ordering_puzzle_dataset": Route("logic", "sequence"),
    "logic__graph": Route("logic", "text", _text),
    "graph_logical_dataset": Route("logic", "text", _text),
    "logic__arcagi": Route("logic", "grid", _json),
    "logic__barc": Route("logic", "grid", _json),
    "simulation__arcagi": Route("logic", "grid", _json),
    "simulation__barc": Route("logic", "grid", _json),
    "table": Route("table", _by_numeral, _text),
    "ood__ifeval": Route("instruction", "instructions", _json),
    "openai/gsm8k": Route("math", "number", _text),
    "lighteval/MATH": Route("math", "math", _text),
    "DigitalLearningGmbH/MATH-lighteval": Route("math", "math", _text),
    "HuggingFaceH4/MATH-500": Route("math", "math", _text),
    "hiyouga/geometry3k": Route("math", "math", _text),
    "aime": Route("math", "math", _text),
    "numina": Route("math", "math", _text),
    "codecontests": Route("code", "code.stdio", _stdio),
    "apps": Route("code", "code.stdio", _stdio),
    "codeforces": Route("code", "code.stdio", _stdio),
    "taco": Route("code", "code.stdio", _stdio),
    "searchR1": Route("", "text", _target),
}
"""Of Guru, then of verl's own examples. The longest prefix wins, where neither a letter nor a slash follows it. Guru's
code I/O rows carry no program to run and have no route."""


def route_of(data_source: str) -> Route:
    """The route of the longest known prefix. Raises `BadConfig` when there is none."""
    prefixes = [p for p in ROUTES if data_source.startswith(p) and not re.match("[A-Za-z/]", data_source[len(p) :])]
    if not prefixes:
        raise BadConfig(
            f"no verifier is known for data_source {data_source!r}: give the reward function routes={{{data_source!r}: "
            f"'math'}}, or write the rows with assay.corpus.verl and keep their extra_info['assay']"
            f"{did_you_mean(data_source, ROUTES)}"
        )
    return ROUTES[max(prefixes, key=len)]
