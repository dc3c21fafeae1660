"""One local page over HTTP: read-only, on the loopback alone, with nothing from outside.

A request must name this host and port (else a foreign site could reach the page through a name of its own that it
points here, DNS rebinding), and only GET and HEAD are answered. The page may load and run its own three files and
nothing else (Content-Security-Policy). It is not a service: whoever is logged in on this machine can read it.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assay import report
from assay.errors import AssayError
from assay.report.panels import colours
from assay.watch.live import LiveRun

LOOPBACK = "127.0.0.1"
PORT = 8765
"""Where it is looked for first; any free one where this is taken and none was named."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HERE, REPORT = Path(__file__).parent, Path(report.__file__).parent
SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
STYLES = (REPORT / "style.css", REPORT / "rollouts.css", HERE / "watch.css")
FILES: dict[str, tuple[str, Callable[[], str]]] = {
    "/": ("text/html; charset=utf-8", lambda: (HERE / "watch.html").read_text("utf-8")),
    "/watch.js": (SCRIPT, lambda: "".join((HERE / name).read_text("utf-8") for name in ("charts.js", "watch.js"))),
    "/rollouts.js": (SCRIPT, lambda: (REPORT / "rollouts.js").read_text("utf-8")),
    "/style.css": (STYLE, lambda: colours() + "".join(path.read_text("utf-8") for path in STYLES)),
}


class Server(ThreadingHTTPServer):
    """The server of one run. Raises `AssayError` where a port that was named is taken."""

    daemon_threads = True

    def __init__(self, run: Path, port: int | None = None) -> None:
        self.live = LiveRun(run)
        try:
            super().__init__((LOOPBACK, PORT if port is None else port), Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            if port is not None:
                why = "is taken" if error.errno == errno.EADDRINUSE else "is not yours to use"
                raise AssayError(f"port {port} {why}: name another with --port, or leave it out") from None
            super().__init__((LOOPBACK, 0), Handler)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up is no error."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "assay", ""
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        """A file of the page, or what it asks."""
        if self.headers.get("Host", "") not in {
            f"{name}:{self.server.server_port}" for name in (LOOPBACK, "localhost")
        }:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", f"this page is at {self.server.url}\n")
            return
        asked = urlsplit(self.path)
        if asked.path in FILES:
            kind, file = FILES[asked.path]
            self._send(HTTPStatus.OK, kind, file())
            return
        try:
            found = self._answer(asked.path, dict(parse_qsl(asked.query)))
            status, text = HTTPStatus.OK, json.dumps(found, allow_nan=False)
            if found is None:
                status, text = HTTPStatus.NOT_FOUND, json.dumps({"error": "there is no such page"})
        except AssayError as error:
            status, text = HTTPStatus.CONFLICT, json.dumps({"error": str(error)})
        except OSError as error:
            status, text = HTTPStatus.CONFLICT, json.dumps({"error": f"{error.filename}: {error.strerror}"})
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as bug:  # not as a run writes it
            told = f"the files of this run cannot be shown ({type(bug).__name__}: {bug})"
            status, text = HTTPStatus.INTERNAL_SERVER_ERROR, json.dumps({"error": told})
        self._send(status, "application/json", text)

    do_HEAD = do_GET

    def _answer(self, path: str, asked: dict[str, str]) -> dict[str, Any] | None:
        live = self.server.live
        match path:
            case "/api/run":
                stamp = live.stamp()
                return {"stamp": stamp} if asked.get("stamp") == stamp else live.content()
            case "/api/rollouts":
                return live.rollouts.rows(asked)
            case "/api/rollout":
                return live.rollouts.rollout(asked.get("key", ""))
        return None

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal shows where the page is."""
