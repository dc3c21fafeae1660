"""Programs are really run: outputs can be reached, tests refuse what is wrong in one step and what does nothing."""

import pytest

from assay import sandbox
from assay.judging.session import verify_many
from assay.sources.base import SOURCES
from assay.sources.listwork import ENDS, STEPS
from assay.sources.reached import reached

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)


@pytest.mark.parametrize("name", ["simulation/program_output", "simulation/program_input"])
@pytest.mark.parametrize("level", [1, 6])
def test_every_output_is_reached(name: str, level: int) -> None:
    verdicts = reached(list(SOURCES.get(name).examples("train", size=40, level=level)))
    assert [str(verdict.status) for verdict in verdicts if verdict] == ["correct"] * 40


@pytest.mark.parametrize("body", ["[]", "0", "None", "numbers", "sorted(numbers)", "sum(numbers)", "len(numbers)"])
def test_no_trivial_function_passes(body: str) -> None:
    rows = list(SOURCES.get("code/functions").examples("test", size=20))
    said = [f"```python\ndef {row.reference['entry_point']}(numbers):\n    return {body}\n```" for row in rows]
    assert not any(verdict.is_correct for verdict in verify_many(rows, said, workers=2))


def test_every_step_left_out_is_noticed() -> None:
    for name in ("code/functions", "code/filters"):
        rows = [row for row in SOURCES.get(name).examples("train", size=6, level=3) for _ in row.extra["wrong"]]
        said = [slip for row in SOURCES.get(name).examples("train", size=6, level=3) for slip in row.extra["wrong"]]
        assert not any(verdict.is_correct for verdict in verify_many(rows, said, workers=2))


@pytest.mark.parametrize("work", [*STEPS, *ENDS], ids=lambda work: work.words[:40])
def test_words_and_code_name_the_same_number(work) -> None:  # type: ignore[no-untyped-def]
    assert ("{k}" in work.words) == ("{k}" in work.code) == bool(work.numbers)
