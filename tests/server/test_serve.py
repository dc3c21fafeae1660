"""`assay serve` as its clients see it: the same verdicts, nothing lost, and no fault of the server a zero."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

import assay
from assay.cli import main
from assay.client import Client
from assay.errors import AssayError, BadConfig
from assay.judging.session import verify_many
from assay.sandbox import Limits, Program, external
from assay.types import Verdict
from served import COMMAND, ROOT

JSON = {"Content-Type": "application/json"}
TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SOURCES = ("math/linear", "code/list_ops", "science/units", "logic/ordering", "simulation/output", "table/lookup")
SUM = {"verifier": "number", "reference": 4, "response": "The answer is 4."}
SLOW = """```python
import time
n = int(input())
for _ in range(2 * 10**6): n += 1
print(n)
```"""
LOOP = {"verifier": "code.stdio", "reference": {"inputs": ["1"], "outputs": ["2000001"]}, "response": SLOW}


def ask(server, method, path, body=None, headers=JSON):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        data = body if isinstance(body, bytes | str | None) else json.dumps(body)
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.headers)
    finally:
        connection.close()


def post(server, path, body, headers=JSON):
    code, text, _ = ask(server, "POST", path, body, headers)
    return code, json.loads(text)


def metric(server, name):
    text = ask(server, "GET", "/metrics", headers=BEARER)[1]
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def same(verdict):
    return verdict.status, verdict.score, verdict.read, verdict.why, verdict.verifier, verdict.version


@pytest.fixture(scope="module")
def mixed():
    """Problems of six domains, each with its gold and with nonsense."""
    corpus = list(assay.load(*SOURCES, size=4))
    return corpus * 2, [e.gold for e in corpus] + ["I would rather not say."] * len(corpus)


def test_verdicts_are_those_of_the_library_in_order(server, mixed):
    with Client(server.address, batch=7, at_once=3) as client:
        served = client.verify_many(*mixed)
    assert [same(v) for v in served] == [same(v) for v in verify_many(*mixed)]
    assert [v.score for v in served] == [1.0] * 24 + [0.0] * 24


def test_rows_of_any_layout(server):
    example = assay.Example(prompt="2 + 2?", reference=4, verifier="number")
    rows = [
        SUM,
        {"example": example.to_json(), "response": [{"role": "assistant", "content": "4<|im_end|>"}]},
        {"example": json.dumps(example.to_json()), "response": "5"},
        {"verifier": "number", "reference": 4, "response": None, "id": "none"},
        {"verifier": "number", "reference": "zzz", "response": "4"},
    ]
    code, told = post(server, "/grade", {"rows": rows})
    assert code == 200
    assert [row["score"] for row in told["verdicts"]] == [1.0, 1.0, 0.0, None, None]
    assert [row["status"] for row in told["verdicts"][3:]] == ["error", "error"] and told["verdicts"][3]["id"] == "none"
    own = {"rows": [{"solution": 4, "response": "4"}], "verifier": "number", "reference": "solution"}
    assert post(server, "/grade", own)[1]["verdicts"][0]["score"] == 1.0
    lines = post(server, "/grade", "\n".join(map(json.dumps, rows)), {"Content-Type": "application/x-ndjson"})[1]
    assert [same(Verdict.from_json(v)) for v in lines["verdicts"]] == [
        same(Verdict.from_json(v)) for v in told["verdicts"]
    ]


def test_verdicts_stream_as_they_are_made(server):
    rows = [LOOP, *[SUM | {"id": n} for n in range(40)], SUM | {"response": None}]
    code, text, headers = ask(server, "POST", "/grade", {"rows": rows}, JSON | {"Accept": "application/x-ndjson"})
    found = [json.loads(line) for line in text.splitlines() if line]
    assert code == 200 and headers["content-type"].startswith("application/x-ndjson")
    assert sorted(row["row"] for row in found) == list(range(42))
    assert found[-1]["row"] == 0, "the slow one is the last, and kept no other waiting"
    assert {row["row"]: row["score"] for row in found} == {**dict.fromkeys(range(41), 1.0), 41: None}


def test_nemo_gym(server):
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "The answer is 4."}]}
    asked = {"input": [{"role": "user", "content": "2 + 2?"}]}
    request = {"responses_create_params": asked, "response": {"id": "r", "output": [{"type": "reasoning"}, said]}}
    right = request | {"verifier": "number", "reference": 4}
    code, told = post(server, "/verify", right)
    assert code == 200 and told["reward"] == 1.0 and told["verdict"]["status"] == "correct"
    assert {name: told[name] for name in right} == right and "mask_sample" not in told
    metadata = request | {"verifier_metadata": {"verifier": "number", "reference": 5}}
    assert post(server, "/verify", metadata)[1]["reward"] == 0.0
    broken = post(server, "/verify", request | {"verifier": "number", "reference": "zzz"})[1]
    assert broken["mask_sample"] and broken["failure_kind"] == "verifier_error"
    assert "not a number" in broken["failure_reason"]
    assert post(server, "/seed_session", {}) == (200, {})


def test_nemo_gym_itself_reads_the_answer(server):
    base = pytest.importorskip("nemo_gym.base_resources_server", reason="needs nemo-gym")
    text = {"type": "output_text", "text": "The answer is 4.", "annotations": []}
    said = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    response = {"id": "r", "created_at": 0.0, "model": "m", "object": "response", "output": [said]}
    response |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    request = {"responses_create_params": {"input": "2 + 2?"}, "response": response}
    sent = base.BaseVerifyRequest.model_validate(request).model_dump(mode="json")
    for reference, reward, masked in ((4, 1.0, False), (5, 0.0, False), ("zzz", 0.0, True)):
        told = post(server, "/verify", sent | {"verifier": "number", "reference": reference})[1]
        read = base.BaseVerifyResponse.model_validate(told)
        assert (read.reward, read.mask_sample) == (reward, masked) and bool(read.failure_reason) == masked


def test_openrlhf(server):
    label = json.dumps(assay.Example(prompt="2 + 2?", reference=4, verifier="number").to_json())
    request = {"query": ["<s>2 + 2?4</s>", "<s>2 + 2?5</s>"], "prompts": ["2 + 2?"] * 2, "labels": [label] * 2}
    code, told = post(server, "/get_reward", request)
    assert (code, told["rewards"], told["scores"]) == (200, [1.0, 0.0], [1.0, 0.0])
    plain = {"query": ["2 + 2?4", "2 + 2?4"], "prompts": ["2 + 2?"] * 2, "labels": ["4", "zzz"]}
    code, text, headers = ask(server, "POST", "/get_reward?verifier=number", plain)
    assert code == 503 and "not a number" in text and headers["retry-after"] == "1", "what it asks again, then skips"
    code, told = post(server, "/get_reward?verifier=number&nulls=zero", plain)
    assert told == {"rewards": [1.0, 0.0], "scores": [1.0, 0.0], "extra_logs": {"counted": [1.0, 0.0]}}
    cut = plain | {"query": ["+ 2?4"] * 2}
    assert post(server, "/get_reward?verifier=number", cut)[0] == 503, "who said what is not known"


@pytest.mark.parametrize(
    ("code", "outcome", "output"),
    [("print(input())", "done", b"hi"), ("1/0", "runtime_error", b""), ("while True: pass", "timeout", b"")],
)
def test_sandbox_fusion_as_our_own_client_knows_it(server, code, outcome, output):
    limits = Limits(cpu=0.5, wall=1.0)
    made = external.Fusion(server.address).run(Program(code, b"hi", limits))
    assert (str(made.outcome), made.output.strip()) == (outcome, output)


def test_sandbox_fusion_in_its_own_words(server):
    code, told = post(server, "/run_code", {"code": "import sys\nprint(3)\nsys.exit(2)", "language": "python"})
    assert code == 200 and told["status"] == "Failed" and told["run_result"]["stdout"] == "3\n"
    assert told["run_result"]["status"] == "Finished" and told["run_result"]["return_code"] != 0
    told = post(server, "/run_code", {"code": "open('/etc/passwd')", "language": "python", "memory_limit_MB": 256})[1]
    assert told["status"] == "Failed" and "root:" not in json.dumps(told)


ROW = {"rows": [SUM]}
RUN = {"code": "1", "language": "python"}


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        ("/grade", b"{", 422, "no JSON"),
        ("/grade", b"\xff", 422, "no JSON"),
        ("/grade", b"[" * 100_000, 422, "nested too deeply"),
        ("/grade", b'[{"verifier": "number", "reference": NaN, "response": "1"}]', 422, "NaN"),
        ("/grade", {"row": []}, 422, "'rows'"),
        ("/grade", ROW | {"dedline": 1}, 422, "did you mean 'deadline'"),
        ("/grade", ROW | {"deadline": 1e9}, 422, "at most 120"),
        ("/grade", ROW | {"deadline": True}, 422, "a number of seconds"),
        ("/grade", ROW | {"thinking": "<thnk>"}, 422, "did you mean '<think>'"),
        ("/grade", [SUM] * 1025, 422, "at most 1,024 rows"),
        ("/grade", [SUM, 3], 422, "row 1 must be a JSON object"),
        ("/grade", [SUM | {"verifier": "nubmer"}], 422, "row 0: .*did you mean 'number'"),
        ("/grade", [SUM | {"verifier": ["number"]}], 422, "row 0: "),
        ("/grade", [{"verifier": "number", "response": "4"}], 422, "no 'reference'"),
        ("/grade", [{"verifier": "number", "reference": 4, "respones": "4"}], 422, "did you mean 'respones'"),
        ("/grade", [SUM | {"response": 4}], 422, "row 0: a completion is text"),
        ("/grade", [{"example": "{}", "response": "4"}], 422, "row 0: "),
        ("/grade", [SUM | {"verifier": "command"}], 422, "--allow command"),
        ("/grade", [SUM | {"verifier": "judge"}], 422, "--allow judge"),
        ("/grade", ROW | {"reference": "solution"}, 422, "no column 'solution'"),
        ("/grade", ROW | {"thinking": [1]}, 422, "'thinking' is text"),
        ("/grade", [SUM | {"prompt": 5}], 422, "row 0: "),
        ("/verify", {"response": "4"}, 422, "'response'"),
        ("/verify", {"response": {"output": 5}}, 422, "not as NeMo-Gym sends it"),
        ("/verify", {"response": {"output": []}, "verifier_metadata": [1]}, 422, "not as NeMo-Gym sends it"),
        ("/verify", {"response": {"output": []}, "responses_create_params": "x"}, 422, "not as NeMo-Gym sends it"),
        ("/verify", {"response": {}}, 422, "a list of items"),
        ("/verify", {"response": {"output": "4"}}, 422, "a list of items"),
        ("/grade", [SUM | {"response": {"text": "4"}}], 422, "has a 'content'"),
        ("/grade", [SUM | {"id": ["a"]}], 422, "'id' is a number or a text"),
        ("/grade", [SUM | {"id": "x" * 5000}], 422, "at most 1,000 characters"),
        ("/grade", '[{"id": 1e400}]', 422, "1e400 is no number of JSON"),
        ("/get_reward", {"query": [1], "prompts": ["a"], "labels": ["a"]}, 422, "of text"),
        ("/run_code", RUN | {"stdin": "\ud800"}, 422, "no text"),
        ("/get_reward", {"query": ["a"]}, 422, "three lists of one length"),
        (
            "/get_reward",
            {"query": ["q4"], "prompts": ["q"], "labels": ["4"]},
            422,
            r"of /get_reward, \?verifier=number",
        ),
        ("/run_code", {"code": "1"}, 422, "'language'"),
        ("/run_code", RUN | {"language": "php"}, 422, "python, cpp"),
        ("/run_code", RUN | {"run_timeout": 1e6}, 422, "at most 120 seconds"),
        ("/run_code", RUN | {"memory_limit_MB": 1 << 40}, 422, "at most 4096"),
        ("/run_code", RUN | {"files": {"a": ""}}, 422, "not taken here"),
        ("/run_code", RUN | {"code": 1}, 422, "'code'"),
        ("/gade", ROW, 404, "there is no POST /gade here, but POST /grade"),
    ],
)
def test_wrong_input_is_one_sentence(server, path, body, code, says):
    found, told = post(server, path, body)
    assert found == code and re.search(says, told["error"]) and "\n" not in told["error"], told
    assert metric(server, "assay_rows_waiting") == 0


def test_what_the_models_server_did_not_say_is_masked(server):
    asked = {"verifier": "number", "reference": 4}
    for failed in ({"status": "failed", "output": []}, {"error": {"code": "server_error"}, "output": []}):
        code, told = post(server, "/verify", asked | {"response": failed})
        assert code == 200 and told["mask_sample"] is True and "no response" in told["failure_reason"]


def test_names_that_nobody_mistypes_hold_nothing_up(server):
    row = {"reference": "ab" * 20000, "response": "4", "verifier": "number"} | {f"responsE{n}": 1 for n in range(20000)}
    for body in (ROW | {"reference": "cx" * 20000}, [row | {"verifier": "cy" * 20000}], [{"cy" * 20000: 1}, row]):
        assert post(server, "/grade", body)[0] == 422


def test_a_page_in_a_browser_cannot_use_it(server):
    run = json.dumps(RUN)
    for headers, code in (
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({}, 415),
        (JSON | {"Origin": "http://evil.example"}, 403),
        (JSON | {"Origin": "null"}, 403),
        (JSON | {"Origin": "http://["}, 403),
        (JSON | {"Host": "evil.example"}, 403),
        (JSON | {"Host": f"evil.example:{server.port}"}, 403),
        (JSON | {"Host": ""}, 403),
        (JSON | {"Host": "127.0.0.1.evil.example"}, 403),
        (JSON | {"Host": f"localhost:{server.port}"}, 200),
        (JSON | {"Origin": server.address}, 200),
    ):
        assert ask(server, "POST", "/run_code", run, headers)[0] == code, headers
    assert ask(server, "GET", "/metrics", headers={"Host": "evil.example"})[0] == 403
    assert ask(server, "GET", "/health/", headers={})[0] == 404, "no redirect names a host"
    assert ask(server, "OPTIONS", "/run_code", headers={})[0] == 405, "no browser is told that it may"


@pytest.fixture(scope="module")
def small(serve):
    """A server that holds little, which others may see, and that is not spared."""
    options = ("--max-waiting", "64", "--max-requests", "3", "--max-body", "1", "--host", "0.0.0.0")
    served = serve("--workers", "2", *options, ASSAY_TOKEN=TOKEN)
    served.address = f"http://127.0.0.1:{served.port}"
    return served


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing_and_zeros_nothing(small):
    rows = [SUM] * 200 + [LOOP] * 6
    with Client(small.address, token=TOKEN, batch=50) as client, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.grade, rows)
        for _ in range(3):
            time.sleep(0.5)
            for pid in small.workers():
                os.kill(pid, signal.SIGKILL)
        verdicts = asked.result(120)
    assert [v.score for v in verdicts] == [1.0] * len(rows), [v for v in verdicts if v.score != 1.0][:3]
    assert metric(small, "assay_worker_restarts_total") >= 1


@pytest.mark.slow
def test_overload_is_refused_at_once_and_every_verdict_comes(small):
    refused = []
    with Client(small.address, token=TOKEN, batch=32, at_once=16) as client:
        tried = client._tried
        client._tried = lambda *given: refused.append(made := tried(*given)) or made
        verdicts = client.grade([SUM] * 1000 + [SUM | {"response": "5"}] * 1000)
    assert [v.score for v in verdicts] == [1.0] * 1000 + [0.0] * 1000
    busy = [wait for code, _, wait in refused if code == 429]
    assert busy and all(1 <= wait <= 30 for wait in busy)


@pytest.mark.slow
def test_stopping_answers_what_was_accepted(serve):
    served = serve("--workers", "1")
    with ThreadPoolExecutor(2) as threads:
        asked = threads.submit(post, served, "/grade", {"rows": [LOOP] * 3})
        while not metric(served, "assay_rows_waiting"):
            time.sleep(0.02)
        served.process.send_signal(signal.SIGTERM)
        code, told = asked.result(60)
    assert code == 200 and [row["score"] for row in told["verdicts"]] == [1.0] * 3
    assert served.ended() == 0 and "all that was accepted was answered" in "".join(served.said)
    with pytest.raises(ConnectionRefusedError):
        ask(served, "GET", "/health")


@pytest.mark.slow
def test_ctrl_c_ends_it_without_a_traceback_and_leaves_no_process(serve):
    served = serve("--workers", "2")
    workers = served.workers()
    assert len(workers) == 2
    os.killpg(served.process.pid, signal.SIGINT)  # as a terminal does
    assert served.ended() == 0 and "Traceback" not in "".join(served.said)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in workers)


@pytest.mark.slow
def test_a_second_signal_does_not_wait(serve):
    served = serve("--workers", "1")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(
            post, served, "/run_code", {"code": "while 1: pass", "language": "python", "run_timeout": 60}
        )
        while not metric(served, "assay_rows_waiting"):
            time.sleep(0.02)
        served.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert served.stop(signal.SIGINT) == 1 and "Traceback" not in "".join(served.said)
        with pytest.raises((http.client.HTTPException, OSError, ValueError)):
            asked.result(10)


@pytest.mark.slow
def test_workers_end_with_a_server_that_is_killed(serve):
    served = serve("--workers", "2")
    workers = served.workers()
    served.process.kill()
    until = time.monotonic() + 30
    while any(os.path.exists(f"/proc/{pid}") for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in workers)


def test_a_token_is_wanted_wherever_others_can_reach(small):
    for given in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer "}):
        code, text, headers = ask(small, "POST", "/grade", {"rows": [SUM]}, JSON | given)
        assert code == 401 and headers["www-authenticate"] == "Bearer" and TOKEN not in text
    hidden = JSON | {"Host": "127.0.0.1/health?"}
    assert ask(small, "POST", "/grade", {"rows": [SUM]}, hidden)[0] in (401, 403)
    with pytest.raises(BadConfig, match="no header can carry"):
        Client(small.address, token="a\nb")
    for rows in (SUM, "rows", [[SUM]]):
        with pytest.raises(BadConfig, match="rows is a list of objects"):
            Client(small.address).grade(rows)
    assert ask(small, "GET", "/metrics", headers={})[0] == 401 and ask(small, "GET", "/health", headers={})[0] == 200
    with pytest.raises(AssayError, match="token"):
        Client(small.address, token="").grade([SUM])
    assert Client(small.address, token=TOKEN).grade([SUM])[0].score == 1.0
    assert TOKEN not in "".join(small.said)


def test_bodies_have_bounds(small):
    large = json.dumps({"rows": [SUM | {"response": "x" * (2 << 20)}]})
    assert ask(small, "POST", "/grade", large, JSON | BEARER)[0] == 413
    chunks = (large[at : at + 65536].encode() for at in range(0, len(large), 65536))
    connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=60)
    connection.request("POST", "/grade", chunks, JSON | BEARER)
    assert connection.getresponse().status == 413
    connection.close()
    with pytest.raises(AssayError, match="at most 1 MiB here: send the rows in parts"):
        Client(small.address, token=TOKEN).grade([SUM | {"response": "x" * (3 << 20)}])
    parts = [SUM | {"response": "x" * (600 << 10) + " 4"}, SUM, SUM | {"response": "y" * (600 << 10)}, SUM]
    assert [v.score for v in Client(small.address, token=TOKEN).grade(parts)][1::2] == [1.0, 1.0]
    with pytest.raises(AssayError, match="401"):
        Client(small.address, token="").grade([SUM | {"response": "x" * (3 << 20)}])
    assert post(small, "/grade", ROW, JSON | BEARER)[1]["verdicts"][0]["score"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "a token is needed"),
        (["--host", "::"], "a token is needed"),
        (["--token-file", "no-such-file"], "the token cannot be read"),
        (["--allow", "jugde"], "did you mean 'judge'"),
        (["--allow", "jury"], "rubric; not 'jury'"),
        (["--host", "203.0.113.7", "--token-file", "TOKEN"], "choose an address of this machine"),
        (["--port", "TAKEN"], "the port is taken"),
    ],
)
def test_a_server_that_cannot_start_says_why(serve, options, says, tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        names = {"TAKEN": str(taken.getsockname()[1]), "TOKEN": str(tmp_path / "token")}
        command = [*COMMAND, *(names.get(word, word) for word in options)]
        environment = {name: value for name, value in os.environ.items() if name != "ASSAY_TOKEN"} | {
            "PYTHONPATH": ROOT
        }
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert done.exit_code == 2 and "pip install 'assay[serve]'" in done.output


def test_a_client_without_a_server_gives_errors_and_no_zeros():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    verdicts = Client(f"http://127.0.0.1:{port}", patience=0.5).grade([SUM] * 3)
    assert [(str(v.status), v.score) for v in verdicts] == [("error", None)] * 3
    assert "no answer in 0.5 s" in verdicts[0].why


def test_a_client_keeps_what_came_before_the_connection_was_lost():
    """A server that breaks off after a few lines, in mid-line, and then is busy, is asked for the rest alone."""
    asked = []

    class Breaks(BaseHTTPRequestHandler):
        def do_POST(self):
            rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["rows"]
            asked.append([row["response"] for row in rows])
            self.send_response(429 if len(asked) == 2 else 200)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Type", "application/x-ndjson")
            self.end_headers()
            if len(asked) != 2:
                lines = [
                    json.dumps({"row": n, "status": "correct", "score": 1.0, "read": row["response"]})
                    for n, row in enumerate(rows)
                ]
                self.wfile.write("\n".join([*lines[:2], lines[-1][:9]] if len(rows) > 2 else lines).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Breaks) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        verdicts = Client(f"http://127.0.0.1:{web.server_port}").grade([SUM | {"response": str(n)} for n in range(4)])
        web.shutdown()
    assert [v.read for v in verdicts] == list("0123") and asked == [list("0123"), list("23"), list("23")]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_client_of_another_server_says_so(rows):
    class Other(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        with pytest.raises(AssayError, match="is it `assay serve`"):
            Client(f"http://127.0.0.1:{web.server_port}").grade([SUM] * rows)
        web.shutdown()


@pytest.mark.slow
def test_a_client_waits_for_a_server_that_restarts(serve):
    first = serve("--workers", "1")
    port = first.port
    client = Client(first.address)
    assert client.grade([SUM])[0].score == 1.0
    assert first.stop() == 0
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.grade, [SUM] * 3)
        serve("--workers", "1", "--port", str(port))
        assert [v.score for v in asked.result(60)] == [1.0] * 3
