"""The openai engine against a server on loopback that fails in the ways that servers do."""

import asyncio
import gc
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.errors import AssayError
from assay.models import openai
from assay.models.engine import Completion, Request, Sampling, generate, open_engine
from assay.models.openai import OpenAIEngine
from assay.types import Example, Message, Status
from chatserver import Answer, Server, refused, said


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[dict[str, Any], int], Answer | None]], Server]]:
    made: list[Server] = []

    def start(answers: Callable[[dict[str, Any], int], Answer | None]) -> Server:
        made.append(Server(answers))
        return made[-1]

    yield start
    for server in made:
        server.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "BACKOFF", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


ASK = (Message("user", "What is 2 + 2?"),)
HOW = Sampling(temperature=0.7, top_p=0.9, max_tokens=20)


def test_what_is_sent_and_what_comes_back(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    logprobs = {"content": [{"token": "4", "logprob": -0.5}]}
    server = serve(lambda body, n: said("4", finish_reason="length", logprobs=logprobs))
    engine = OpenAIEngine(server.address, logprobs=True, prices=(1.0, 2.0), more={"top_k": 3})
    ((first, second),) = generate(engine, [ASK], 2, HOW)
    assert (first.text, first.finish, first.logprobs, first.tokens) == ("4", "length", (-0.5,), 3)
    assert engine.name == "only" and server.keys == {"Bearer sesame"}
    one, other = server.bodies
    assert one["seed"] != other["seed"] and one["messages"] == [{"role": "user", "content": "What is 2 + 2?"}]
    assert {**one, "seed": 0} == {**other, "seed": 0} and (one["top_k"], one["temperature"]) == (3, 0.7)
    assert engine.usage["prompt_tokens"] == 14 and engine.cost == pytest.approx((14 + 2 * 6) / 1e6)
    assert second.request != first.request


def test_seeds_do_not_depend_on_what_else_is_asked(serve: Any) -> None:
    server = serve(lambda body, n: said())
    engine = OpenAIEngine(server.address)
    generate(engine, [ASK, (Message("user", "Why?"),)], 3, HOW)
    generate(engine, [ASK], 1, HOW, first=2)
    again = [body for body in server.bodies if body == server.bodies[-1]]
    assert len(again) == 2


@pytest.mark.parametrize(
    "fault",
    [
        lambda: refused(429, Retry_After="0"),
        lambda: refused(429, retry_after_ms="5"),
        lambda: refused(503),
        lambda: (200, {}, b"<html>busy</html>"),
        lambda: (200, {}, b'{"choices": []}'),
        lambda: None,
    ],
)
def test_what_passes_is_tried_again(serve: Any, fault: Callable[[], Answer | None]) -> None:
    server = serve(lambda body, n: fault() if n < 3 else said("4"))
    engine = OpenAIEngine(f"{server.address}#mine")
    ((completion,),) = generate(engine, [ASK], 1, HOW)
    assert completion.text == "4" and (engine.usage["requests"], engine.usage["tries"]) == (1, 3)


def test_a_server_is_given_the_time_it_asks_for(serve: Any) -> None:
    came: list[float] = []

    def answers(body: dict[str, Any], number: int) -> Answer:
        came.append(time.monotonic())
        return refused(429, Retry_After="0.4") if number == 1 else said()

    server = serve(answers)
    generate(OpenAIEngine(f"{server.address}#m"), [ASK], 1, HOW)
    assert came[1] - came[0] >= 0.4


@pytest.mark.parametrize(("code", "says"), [(401, "401 bad key"), (404, "404 bad key")])
def test_what_no_request_would_get_ends_at_once(serve: Any, code: int, says: str) -> None:
    server = serve(lambda body, n: refused(code, "bad key"))
    with pytest.raises(AssayError, match=says):
        generate(OpenAIEngine(f"{server.address}#m"), [ASK], 1, HOW)
    assert server.seen.total() == 1


@pytest.mark.parametrize("address", ["http://host:port/v1#m", "http://[::1/v1#m"])
def test_an_address_that_is_none_is_refused_before_anything_is_asked(address: str) -> None:
    pytest.importorskip("httpx", reason="the openai engine needs the extra 'openai'")
    with pytest.raises(AssayError, match="is no address of a server"):
        OpenAIEngine(address)


def test_a_server_that_is_gone_ends_with_a_sentence() -> None:
    pytest.importorskip("httpx", reason="the openai engine needs the extra 'openai'")
    with pytest.raises(AssayError, match=r"did not answer in 2 tries; the last: ConnectError"):
        generate(OpenAIEngine("http://127.0.0.1:9/v1#m", tries=2), [ASK], 1, HOW)
    with pytest.raises(AssayError, match="does not tell its models"):
        OpenAIEngine("http://127.0.0.1:9/v1")


def test_requests_that_fail_together_end_with_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AssayError, match=r"did not answer in 1 tries; the last: .*: is a server running there\?"):
        generate(OpenAIEngine("http://127.0.0.1:9/v1#m", tries=1), [ASK], 8, HOW)
    gc.collect()
    assert not caplog.records, "an error that nobody took is logged with its traceback"


def test_what_came_with_a_failure_is_handed_on() -> None:
    """What a server was paid for is kept, though another request ended with an error in the same moment."""

    class Half(OpenAIEngine):
        async def _completed(self, client: Any, request: Request, sampling: Sampling) -> Completion:
            if request.sample % 2:
                raise AssayError("gone")
            return Completion("4", request=request.id)

    came: list[str] = []

    async def ask() -> None:
        requests = [Request(f"{n}", ASK, n) for n in range(8)]
        async for completion in Half("http://127.0.0.1:9/v1#m").stream(requests, HOW):
            came.append(completion.request)

    with pytest.raises(AssayError, match="gone"):
        asyncio.run(ask())
    assert sorted(came) == ["0", "2", "4", "6"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(500, "no memory"), "500 no memory: the fault is the server's own"),
        (refused(429, "slow down", Retry_After="0"), r"429 slow down: ask for fewer at once: --engine.concurrency"),
        ((200, {}, b"<html>"), r"no chat completion: does the address end as the server's does \(mostly /v1\)\?"),
        ((200, {}, b'{"choices": [{"mess'), "no chat completion: does the address end"),
        (refused(401, "no key"), r"401 no key: is \$OPENAI_API_KEY set"),
        (refused(404, "no model m"), r"404 no model m: .* is the model \(#MODEL\) called so there"),
    ],
)
def test_a_fault_says_what_to_do(serve: Any, answer: Answer, told: str) -> None:
    server = serve(lambda body, n: answer)
    with pytest.raises(AssayError, match=told):
        generate(OpenAIEngine(f"{server.address}#m", tries=2), [ASK], 2, HOW)


def test_a_request_that_is_refused_is_no_zero(serve: Any) -> None:
    def answers(body: dict[str, Any], number: int) -> Answer:
        text = body["messages"][0]["content"]
        return refused(400, "context length exceeded") if "long" in text else said("The answer is 4.")

    server = serve(answers)
    rows = [Example(prompt=text, reference=4, verifier="number") for text in ("2 + 2?", "a long 2 + 2?")]
    measured = assay.measure(OpenAIEngine(f"{server.address}#m"), rows, samples=2)
    rollouts = {(r.example_id, r.index): r for r in measured.rollouts()}
    assert [measured[row.id].n for row in rows] == [2, 0]
    failed = rollouts[rows[1].id, 0]
    assert failed.verdict.status is Status.ERROR and failed.finish == "failed"
    assert failed.verdict.why == "no response: 400 context length exceeded"
    assert rollouts[rows[0].id, 0].tokens == 3


def test_a_refusal_is_told_apart(serve: Any) -> None:
    server = serve(lambda body, n: said(None, finish_reason="content_filter"))
    ((completion,),) = generate(OpenAIEngine(f"{server.address}#m"), [ASK], 1, HOW)
    assert (completion.text, completion.finish) == ("", "refused")


def test_requests_are_open_side_by_side_up_to_a_limit(serve: Any) -> None:
    def answers(body: dict[str, Any], number: int) -> Answer:
        time.sleep(0.05)
        return said()

    server = serve(answers)
    generate(OpenAIEngine(f"{server.address}#m", concurrency=4), [ASK], 12, HOW)
    assert 1 < server.most <= 4 and len(server.bodies) == 12


def test_images_travel_with_the_question(serve: Any, tmp_path: Path) -> None:
    server = serve(lambda body, n: said())
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    turn = Message("user", "What is shown?", (str(tmp_path / "a.png"), "https://x/y.png"))
    generate(OpenAIEngine(f"{server.address}#m"), [(turn,)], 1, HOW)
    first, second, text = server.bodies[0]["messages"][0]["content"]
    assert first["image_url"]["url"].startswith("data:image/png;base64,iVBORw") and text["text"] == "What is shown?"
    assert second["image_url"]["url"] == "https://x/y.png"
    with pytest.raises(AssayError, match="cannot be read"):
        generate(OpenAIEngine(f"{server.address}#m"), [(Message("user", "?", ("gone.png",)),)], 1, HOW)


def test_a_measurement_that_broke_off_asks_for_nothing_twice(serve: Any, tmp_path: Path) -> None:
    broken = threading.Event()

    def answers(body: dict[str, Any], number: int) -> Answer:
        return refused(401, "quota") if broken.is_set() and len(server.bodies) > 8 else said("The answer is 4.")

    server = serve(answers)
    rows = [Example(prompt=f"{n} + {4 - n}?", reference=4, verifier="number") for n in range(10)]
    broken.set()
    with pytest.raises(AssayError, match="quota"):
        assay.measure(OpenAIEngine(f"{server.address}#m", concurrency=1), rows, samples=2, out=tmp_path / "m")
    broken.clear()
    measured = assay.measure(OpenAIEngine(f"{server.address}#m", concurrency=1), rows, samples=2, out=tmp_path / "m")
    assert all(measured[row.id].n == 2 for row in rows)
    served = Counter(json.dumps(body) for body in server.bodies)
    assert len(served) == 20 and served.total() - len(served) <= 2  # what was open or not yet written when it broke


def test_models_are_named_by_their_server(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(lambda body, n: said())
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    assert isinstance(open_engine("openai:some"), OpenAIEngine)
    assert open_engine("openai:some").fingerprint == open_engine(f"{server.address}#some").fingerprint
    assert open_engine(f"{server.address}/#some").fingerprint != open_engine(f"{server.address}#other").fingerprint
