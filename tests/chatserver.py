"""A chat server on loopback whose answers a test decides, and that fails in the ways that servers do."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = tuple[int, dict[str, str], bytes]


def said(text: Any = "4", **more: Any) -> Answer:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"} | more
    return 200, {}, json.dumps({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}).encode()


def refused(code: int, message: str = "no", **headers: str) -> Answer:
    return code, headers, json.dumps({"error": {"message": message}}).encode()


class Server:
    """A chat server whose answers a function of (body, how often this body came) decides; who asks it needs httpx."""

    def __init__(self, answers: Callable[[dict[str, Any], int], Answer | None]) -> None:
        pytest.importorskip("httpx", reason="the openai engine needs the extra 'openai'")
        self.seen: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.most = self.open = 0
        lock, outer = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply((200, {}, json.dumps({"data": [{"id": "only"}]}).encode()))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    outer.bodies.append(body)
                    outer.keys.add(self.headers["Authorization"])
                    outer.seen[json.dumps(body)] += 1
                    outer.open += 1
                    outer.most = max(outer.most, outer.open)
                    number = outer.seen[json.dumps(body)]
                answer = answers(body, number)
                with lock:
                    outer.open -= 1
                if answer is None:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")  # and closes
                    self.close_connection = True
                else:
                    self.reply(answer)

            def reply(self, answer: Answer) -> None:
                code, headers, text = answer
                self.send_response(code)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
