"""Who may ask: the token, and on loopback nobody but programs of this machine.

A page in the user's browser can send requests to this machine. It cannot do so here: what it may send without the
browser's asking first is no `application/json`, its `Origin` is foreign, and a name that it had resolved to this
machine is no loopback name in `Host`.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from assay.server.settings import Settings, is_loopback

OPEN = ("/health",)
"""Paths that need no token: what watches a server knows none, and nothing is told there."""
JSON, LINES = "application/json", "application/x-ndjson"


class Refused(Exception):
    """A request that is not served: its code, the reason that is counted, and one sentence."""

    def __init__(self, code: int, reason: str, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.code, self.reason, self.sentence, self.headers = code, reason, sentence, headers or {}


def guard(request: Request, settings: Settings) -> None:
    """Raise `Refused` for a request that must not be served."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    if settings.loopback and not is_loopback(_name(f"//{host}")):
        told = f"this server is for this machine alone, and {host[:80]!r} is no name of it: ask 127.0.0.1 or localhost"
        raise Refused(403, "host", told)
    if origin is not None and _place(origin) != host.lower():
        raise Refused(403, "origin", f"pages of {origin[:80]!r} may not use this server")
    if settings.token and request.scope["path"] not in OPEN:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {settings.token}".encode()):
            told = "this server wants the header 'Authorization: Bearer TOKEN' with its token"
            raise Refused(401, "token", told, {"WWW-Authenticate": "Bearer"})
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (JSON, LINES):
            raise Refused(415, "content type", f"the body is {JSON} (or {LINES}), by its header Content-Type")


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower() or origin
    except ValueError:
        return origin


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
