"""A recorded output that its program does not return is found, whatever the reason; any other row passes."""

import pytest

from assay import sandbox
from assay.sources.reached import reached
from assay.types import Example

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)


def row(code: str, given: object, output: object, verifier: str = "code_io.output") -> Example:
    reference = {"code": code, "entry_point": "f", "input": given, "output": output}
    return Example(prompt="?", reference=reference, verifier=verifier)


def test_what_cannot_be_reached() -> None:
    found = reached(
        [
            row("def f(xs):\n    return xs.pop() + len(xs)", {"xs": [1, 2]}, 3),
            row("def f(xs):\n    return xs.pop() + len(xs)", {"xs": [1]}, 3),  # written down after it was changed
            row("import time\ndef f(x):\n    return time.time() + x", {"x": 1}, 1700000000.5),
            row("import random\ndef f(x):\n    return random.random()", {"x": 1}, 0.25),
            row("def f(x):\n    return {'a': x / 2}", {"x": float("inf")}, {"a": float("inf")}),
            row("def f(a, b):\n    return a + b", "1, b=2", "3"),
            row("def f(x):\n    return x", "1", "1", "code_io.input"),
            row("def f(x):\n    return x", "1", "1", "number"),
        ]
    )
    assert [verdict and str(verdict.status) for verdict in found] == [
        "correct", "incorrect", "incorrect", "incorrect", "correct", "correct", "correct", None,
    ]  # fmt: skip
