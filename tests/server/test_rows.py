"""Whatever JSON is sent, it becomes rows that a worker can judge, or one sentence."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import AssayError
from assay.judging.session import Judge
from assay.serve.openrlhf import rows_of
from assay.server.contracts import gym_row, program_of, program_reply
from assay.server.rows import batch_of, parsed, parsed_lines
from assay.server.settings import Bounds, Settings, is_loopback, outside
from assay.server.worker import verdicts
from assay.server.workers import Chunk, Workers

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
NAMES = (
    "example",
    "verifier",
    "reference",
    "params",
    "options",
    "prompt",
    "id",
    "template",
    "domain",
    "source",
)
VERIFIER = st.sampled_from(("number", "choice", "text", "set", "boolean", "judge", "command", "none"))
ROW = st.fixed_dictionaries({"response": ANY}, optional={name: ANY for name in NAMES} | {"verifier": VERIFIER | ANY})
REQUEST = st.fixed_dictionaries({"rows": st.lists(ROW, max_size=2)}, optional={"deadline": ANY, "thinking": ANY}) | ANY
ANSWERABLE = st.fixed_dictionaries(
    {"verifier": VERIFIER, "reference": ANY, "response": st.text()},
    optional={"params": ANY, "prompt": ANY, "options": ANY},
)
SERVED = Settings(workers=1)


@pytest.fixture(scope="module")
def judge():
    with Judge() as made:
        yield made


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(REQUEST | st.lists(ANSWERABLE, max_size=2))
def test_any_request_is_rows_or_a_sentence(judge, request):
    try:
        batch = batch_of(parsed(json.dumps(request).encode()), SERVED)
    except AssayError as refused:
        assert str(refused)
        return

    async def handed():
        return batch.chunks(2)

    for places, chunk in asyncio.run(handed()):
        frame = json.loads(json.dumps(chunk.frame))
        made = verdicts(judge, frame)
        assert len(made) == len(places) and all(isinstance(row["status"], str) for row in made)


@settings(max_examples=100, deadline=None)
@given(
    ANY
    | st.fixed_dictionaries({"response": ANY}, optional={"responses_create_params": ANY, "verifier_metadata": ANY})
    | st.fixed_dictionaries({name: st.lists(ANY, max_size=2) for name in ("query", "prompts", "labels")})
    | st.fixed_dictionaries({"code": ANY, "language": ANY}, optional={"stdin": ANY, "run_timeout": ANY, "files": ANY})
)
def test_the_contracts_of_trainers_too(request):
    for reads in (gym_row, rows_of, lambda given: program_of(given, Bounds())):
        try:
            reads(request)
        except AssayError as refused:
            assert str(refused)


@given(st.binary(max_size=40))
def test_bytes_are_json_or_a_sentence(body):
    for reads in (parsed, parsed_lines):
        try:
            reads(body)
        except AssayError as refused:
            assert str(refused)


def test_only_verifiers_that_stay_inside_are_served_unasked():
    from assay.judging.verifier import VERIFIERS

    assert {name for name in VERIFIERS.built_in() if outside(name)} == {
        *("judge", "hybrid", "head", "rubric", "command", "pairwise_consistent", "pointwise_pair")
    }
    hybrid = [{"verifier": "hybrid", "reference": 4, "params": {"rule": "command"}, "response": "4"}]
    with pytest.raises(AssayError, match="--allow command"):
        batch_of(hybrid, Settings(workers=1, allow=frozenset({"hybrid"})))
    criteria = [{"name": "a", "verifier": "hybrid", "reference": 4, "params": {"rule": "command"}}]
    rubric = [{"verifier": "rubric", "reference": criteria, "response": "4"}]
    for allowed, refused in (({"rubric"}, "--allow hybrid"), ({"rubric", "hybrid"}, "--allow command")):
        with pytest.raises(AssayError, match=refused):
            batch_of(rubric, Settings(workers=1, allow=frozenset(allowed)))


def test_names_of_this_machine():
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost")))
    assert not any(
        map(is_loopback, ("", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "2130706433"))
    )


@pytest.mark.parametrize("outcome", ["starved", "sandbox_error"])
def test_a_sandbox_that_broke_is_no_failure_of_the_program(outcome):
    made = {"outcome": outcome, "text": "it broke", "output": "", "stderr": "", "wall": 1.0}
    told = program_reply(made)
    assert told["status"] == "SandboxError" and "it broke" in told["message"]
    assert program_reply({"error": "no sandbox"})["status"] == "SandboxError"


def test_a_row_that_no_worker_can_be_handed_ends_alone():
    row = {"verifier": "number", "reference": 4, "response": "4"}

    async def served():
        workers = Workers(1)
        await workers.start()
        try:
            bad = Chunk({"rows": [row | {"prompt": object()}, row], "deadline": None, "thinking": ""}, 60.0)
            good = Chunk({"rows": [row], "deadline": None, "thinking": ""}, 60.0)
            workers.submit([bad])
            workers.submit([good])
            return await bad.done, await good.done, workers.waiting
        finally:
            await workers.close()

    bad, good, waiting = asyncio.run(served())
    assert len(bad) == 2 and "could not be handed to a worker" in bad[0]["error"]
    assert good[0]["score"] == 1.0 and waiting == 0


@pytest.mark.slow
def test_a_worker_that_does_not_answer_is_replaced_and_its_row_is_an_error():
    """The watch over workers themselves: their own deadlines are far shorter."""
    stuck = {"code": "while 1: pass", "language": "python", "stdin": "", "memory": 1 << 30}
    row = {"verifier": "number", "reference": 4, "response": "4"}

    async def served():
        workers = Workers(1)
        await workers.start()
        try:
            never = Chunk({"run": stuck | {"seconds": 60.0, "compile_seconds": 1.0}}, 0.5)
            after = Chunk({"rows": [row], "deadline": None, "thinking": ""}, 60.0)
            workers.submit([never])
            workers.submit([after])
            return await never.done, await after.done, workers.restarts, workers.waiting
        finally:
            await workers.close()

    never, after, restarts, waiting = asyncio.run(served())
    assert "did not answer, 3 times" in never[0]["error"] and after[0]["score"] == 1.0
    assert (restarts, waiting) == (3, 0)
