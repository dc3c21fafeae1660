"""Listen, serve, and stop: on SIGTERM or Ctrl-C what was accepted is finished; a second signal ends at once."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

from assay.errors import BadConfig, MissingExtra
from assay.server.settings import Settings


def listen(settings: Settings) -> socket.socket:
    """A socket on the address. Raises `BadConfig` where it is taken, or is no address of this machine."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(1024)
        return made
    except OSError as bad:
        hints = {
            errno.EADDRINUSE: "the port is taken: stop what listens there, or choose another with --port (0: any)",
            errno.EACCES: "ports below 1024 need rights: choose another with --port",
        }
        why = hints.get(bad.errno or 0, f"{bad.strerror or bad}: choose an address of this machine with --host")
        raise BadConfig(f"cannot listen on {settings.host}:{settings.port}: {why}") from None


def serve(settings: Settings, on_ready: Callable[[str, str], None] = lambda address, programs: None) -> bool:
    """Serve until a signal comes, then finish what was accepted; whether all of it was finished.

    `on_ready` is told the address, and whether programs run, once requests are answered. Raises `MissingExtra` without
    the extra `serve`, `BadConfig` where the address cannot be listened on, and `AssayError` where no worker starts.
    """
    try:
        import uvicorn

        from assay.server.app import Server
    except ImportError:
        raise MissingExtra("assay serve", "serve") from None
    open_socket = listen(settings)
    host, port = open_socket.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")

    async def main() -> bool:
        server = Server(settings)
        config = uvicorn.Config(
            server.app(),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="h11",
            ws="none",
            lifespan="off",
            timeout_keep_alive=30,
            limit_concurrency=max(1024, 4 * settings.bounds.requests),
        )
        web = _stoppable(uvicorn.Server)(config)
        web.server, web.on_ready = server, lambda: on_ready(address, server.workers.programs)
        await server.workers.start()
        try:
            await web.serve(sockets=[open_socket])
            return not web.force_exit
        finally:
            await server.workers.close(0.5 if web.force_exit else 5)

    return asyncio.run(main())


def _stoppable(base: Any) -> Any:
    """uvicorn's server, which says when it is ready, and after a signal ends instead of raising the signal again."""

    class Stoppable(base):  # type: ignore[misc]
        server: Any
        should_exit: bool
        on_ready: Callable[[], None]

        async def startup(self, *given: Any, **more: Any) -> None:
            await super().startup(*given, **more)
            self.on_ready()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop)
            try:
                yield
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.remove_signal_handler(number)

        def _stop(self) -> None:
            self.server.stopping = True
            self.force_exit = self.should_exit  # the second signal does not wait
            logging.getLogger("uvicorn.error").disabled = self.force_exit  # it would tell of each that is cut off
            self.should_exit = True

    return Stoppable
