"""The pool inside Ray: in threaded and asynchronous actors and in tasks, and nothing left when an actor is killed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from assay import sandbox
from assay.judging.session import verify
from assay.types import Example

ray = pytest.importorskip("ray", reason="Ray is not installed")
LEVEL, SENTENCE = sandbox.isolation()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)]

ADD = Example(prompt="?", reference={"inputs": ["1 2", "3 4"], "outputs": ["3", "7"]}, verifier="code.stdio")
SQUARE = Example(prompt="?", reference={"tests": ["assert f(3) == 9"]}, verifier="code.tests")
RIGHT = "```python\nprint(sum(map(int, input().split())))\n```"
WRONG = "```python\nimport os\nos._exit(0)\n```"


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import this file
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


class Judge:
    def judge(self, responses: list[str]) -> list[str]:
        return [str(verify(ADD, response, deadline=60).status) for response in responses]

    def templates(self) -> list[int]:
        return [template.process.pid for template in sandbox.pool()._templates.values()]


class AsyncJudge:
    async def judge(self, response: str) -> str:
        return str((await asyncio.to_thread(verify, ADD, response, deadline=60)).status)


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_actors_judge_and_leave_nothing() -> None:
    actors = [ray.remote(Judge).options(num_cpus=0.5).remote() for _ in range(3)]
    verdicts = ray.get([actor.judge.remote([RIGHT, WRONG] * 10) for actor in actors])
    assert Counter(chain(*verdicts)) == {"correct": 30, "incorrect": 30}
    templates = list(chain(*ray.get([actor.templates.remote() for actor in actors])))
    assert len(alive(templates)) == 3
    ray.kill(actors[0])
    assert ray.get(actors[1].judge.remote([RIGHT])) == ["correct"]
    for actor in actors[1:]:
        ray.kill(actor)
    until = time.monotonic() + 20
    while alive(templates) and time.monotonic() < until:
        time.sleep(0.1)
    assert not alive(templates)


def test_an_asynchronous_actor_judges_many_at_once() -> None:
    actor = ray.remote(AsyncJudge).options(num_cpus=0.5).remote()
    verdicts = ray.get([actor.judge.remote(RIGHT if number % 2 else WRONG) for number in range(40)])
    assert Counter(verdicts) == {"correct": 20, "incorrect": 20}


def test_tasks_judge() -> None:
    judge = ray.remote(lambda response: str(verify(SQUARE, response).status))
    responses = [f"```python\ndef f(x): return x * {by}\n```" for by in ("x", "2")]
    assert ray.get([judge.remote(response) for response in responses]) == ["correct", "incorrect"]
