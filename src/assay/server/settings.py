"""How a server listens, what it lets in, and how much it holds."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from assay.errors import BadConfig, did_you_mean
from assay.judging.verifier import VERIFIERS, Lane

PORT = 8765
TOKEN = "ASSAY_TOKEN"
"""The variable that holds the token, where no file is named."""
SHORTEST = 16
"""Characters of the shortest token."""


@dataclass(frozen=True)
class Bounds:
    """How much a server takes. What is above them is refused with a sentence, at once."""

    body: int = 16 << 20
    """Bytes of a request."""
    rows: int = 1024
    """Rows of a request."""
    waiting: int = 2048
    """Rows that are accepted and not judged yet; above it the answer is 429."""
    requests: int = 64
    """Requests that are open at once; above it the answer is 429."""
    deadline: float = 120.0
    """Seconds: the most that a request may ask for one verdict, or for one program."""
    memory: int = 4 << 30
    """Bytes: the most that a request may ask for one program."""
    patience: float = 30.0
    """Seconds in which the body of a request has to arrive."""

    def __post_init__(self) -> None:
        for name in ("body", "rows", "waiting", "requests", "deadline", "memory", "patience"):
            if not getattr(self, name) > 0:
                raise BadConfig(f"{name} is above 0, not {getattr(self, name)}")


@dataclass(frozen=True)
class Settings:
    """A server's settings. Raises `BadConfig` for an address that others can reach without a token."""

    host: str = "127.0.0.1"
    port: int = PORT
    token: str = field(default="", repr=False)
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    allow: frozenset[str] = frozenset()
    """Verifiers that reach outside the sandbox and are served all the same, see `outside`."""
    bounds: Bounds = Bounds()

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise BadConfig(f"a server needs at least 1 worker, not {self.workers}")
        if self.token and (len(self.token) < SHORTEST or not self.token.isascii() or not self.token.isprintable()):
            raise BadConfig(
                f"a token has at least {SHORTEST} printable ASCII characters: make one with `openssl rand -hex 32`"
            )
        if not self.token and not self.loopback:
            raise BadConfig(
                f"{self.host} can be reached from other machines, so a token is needed: put one (openssl rand -hex 32) "
                f"into ${TOKEN} or a file (--token-file), or listen on 127.0.0.1"
            )
        for name in self.allow:
            if name not in VERIFIERS:
                known = [served for served in VERIFIERS.names() if outside(served)]
                raise BadConfig(f"--allow takes {', '.join(known)}; not {name!r}{did_you_mean(name, known)}")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        return is_loopback(self.host)

    def refuses(self, verifier: str) -> bool:
        """Whether rows may not name this verifier. Raises `UnknownName` where there is none of that name."""
        return outside(verifier) and verifier not in self.allow


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def outside(verifier: str) -> bool:
    """Whether a row makes this verifier act outside the sandbox: load models, read files, connect, run commands."""
    known = VERIFIERS.get(verifier)
    return known.lane is Lane.REMOTE or known.weights is not None or verifier == "command"


def token_of(file: Path | None) -> str:
    """The token in a file, or in the environment, or none. Raises `BadConfig` where the file holds none."""
    if file is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, ValueError) as bad:
        raise BadConfig(f"the token cannot be read from {file}: {getattr(bad, 'strerror', None) or bad}") from None
    if not token:
        raise BadConfig(f"{file} holds no token: write one into it with `openssl rand -hex 32`")
    return token
