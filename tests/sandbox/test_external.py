"""Other sandboxes: a server that speaks SandboxFusion's protocol and really runs the program, and bubblewrap."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assay import sandbox
from assay.errors import BadConfig
from assay.judging.session import verify
from assay.sandbox import Limits, Outcome, Pool, Program
from assay.types import Example, Status

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
ADD = Example(prompt="?", reference={"inputs": ["1 2", "3 4"], "outputs": ["3", "7"]}, verifier="code.stdio")
ASSERTS = Example(prompt="?", reference={"tests": "assert f(1) == 2", "entry_point": "f"}, verifier="code.tests")
RIGHT = "```python\nprint(sum(map(int, input().split())))\n```"
WRONG = "```python\nprint(3)\n```"


class Handler(BaseHTTPRequestHandler):
    """`/run_code`, with the program run in the sandbox that is built in; some sources ask for a broken answer."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "BROKEN" in asked["code"]:
            self._say(200, b"{not json")
        elif "DOWN" in asked["code"]:
            self._say(500, b"{}")
        elif "ITSELF" in asked["code"]:
            self._say(200, json.dumps({"status": "SandboxError", "message": "no disk"}).encode())
        else:
            self._say(200, json.dumps(self._run(asked)).encode())

    def _run(self, asked: dict) -> dict:
        limits = Limits(cpu=asked["run_timeout"], wall=asked["run_timeout"])
        done = self.server.pool.run(Program(asked["code"], asked["stdin"].encode(), limits))
        late = done.outcome in (Outcome.TIMEOUT, Outcome.STARVED)  # such a server only looks at the clock
        ok = done.outcome is Outcome.DONE
        status = "Finished" if not late else "TimeLimitExceeded"
        result = {"status": status, "return_code": None if late else 1 - ok, "stderr": done.text}
        return {"status": "Success" if ok else "Failed", "run_result": result | {"stdout": done.output.decode()}}

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def fusion(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pool = Pool(1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ASSAY_SANDBOX", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()
    server.pool.close()


def test_a_server_runs_programs(fusion) -> None:
    assert verify(ADD, RIGHT, deadline=60).is_correct
    assert verify(ADD, WRONG, deadline=60).status is Status.INCORRECT
    assert verify(ADD, "```python\nraise ValueError\n```", deadline=60).status is Status.INCORRECT
    slow = sandbox.run(Program("while True: pass", b"", Limits(cpu=0.3, wall=0.5)))
    assert slow.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize("word", ["BROKEN", "DOWN", "ITSELF"])
def test_a_server_that_fails_is_no_zero(fusion, word) -> None:
    verdict = verify(ADD, f"```python\n# {word}\nprint(3)\n```", deadline=60)
    assert verdict.status is Status.ERROR and verdict.score is None


def test_a_server_that_is_not_there_is_no_zero(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", "http://127.0.0.1:9")
    assert verify(ADD, RIGHT, deadline=60).status is Status.ERROR


def test_tests_beside_a_candidate_are_refused(fusion) -> None:
    verdict = verify(ASSERTS, "```python\ndef f(x): return x + 1\n```", deadline=60)
    assert verdict.status is Status.ERROR and "could be forged" in verdict.why


def test_an_unknown_sandbox_says_what_there_is(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", "docker")
    with pytest.raises(BadConfig, match="choose off, bwrap"):
        sandbox.run(Program("print(1)"))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("print(int(input()) + 1)", Outcome.DONE),
        ("while True: pass", Outcome.TIMEOUT),
        ("import time\ntime.sleep(60)", Outcome.TIMEOUT),
        ("x = []\nwhile True: x.append(bytearray(10 ** 8))", Outcome.MEMORY_LIMIT),
        ("import sys\nwhile True: sys.stdout.write('x' * 10 ** 6)", Outcome.OUTPUT_LIMIT),
        ("open('/etc/passwd')", Outcome.RUNTIME_ERROR),
        ("import socket\nsocket.create_connection(('1.1.1.1', 80))", Outcome.RUNTIME_ERROR),
        ("raise SystemExit(3)", Outcome.RUNTIME_ERROR),
    ],
)
def test_bubblewrap_runs_programs(monkeypatch, source, outcome) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", "bwrap")
    limits = Limits(cpu=1.0, wall=4.0, memory=256 << 20, output=1 << 20)
    result = sandbox.run(Program(source, b"41", limits))
    assert result.outcome is outcome, result.text
    assert outcome is not Outcome.DONE or result.output == b"42\n"
