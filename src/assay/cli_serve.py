"""The command `assay serve`: verdicts over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assay.cli_options import a_verifier
from assay.errors import counted


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; any but loopback needs a token.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that judge; one a core otherwise.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with the token; $ASSAY_TOKEN otherwise.")
@click.option("--allow", multiple=True, shell_complete=a_verifier, help="Serve judge, hybrid, rubric or command too.")
@click.option("--max-body", type=click.IntRange(1, 1024), default=16, show_default=True, help="MiB of a request.")
@click.option("--max-rows", type=click.IntRange(1), default=1024, show_default=True, help="Rows of a request.")
@click.option("--max-waiting", type=click.IntRange(1), default=2048, show_default=True, help="Rows; then 429.")
@click.option("--max-requests", type=click.IntRange(1), default=64, show_default=True, help="Open at once; then 429.")
@click.option("--max-deadline", type=click.FloatRange(0, 86_400, min_open=True), default=120.0, show_default=True)
def serve(
    host: str,
    port: int,
    workers: int | None,
    token_file: Path | None,
    allow: tuple[str, ...],
    max_body: int,
    max_rows: int,
    max_waiting: int,
    max_requests: int,
    max_deadline: float,
) -> None:
    """Serve verdicts over HTTP until SIGTERM or Ctrl-C, which let it finish what was accepted.

    \b
      POST /grade        rows in, verdicts out (JSON, or JSON lines as they are made)
      POST /verify       NeMo-Gym's resources server
      POST /get_reward   OpenRLHF's remote reward
      POST /run_code     SandboxFusion's sandbox, for Python and C++
      GET  /health, GET /metrics (Prometheus)

    It listens on this machine alone. Any other address needs a token, which clients send as `Authorization: Bearer`.
    Verifiers that act outside the sandbox in the name of a row (judge, hybrid, command) are refused unless --allow
    names them.
    """
    from assay.server.run import serve as run
    from assay.server.settings import Bounds, Settings, token_of

    bounds = Bounds(max_body << 20, max_rows, max_waiting, max_requests, max_deadline)
    more = {} if workers is None else {"workers": workers}
    settings = Settings(host, port, token_of(token_file), allow=frozenset(allow), bounds=bounds, **more)

    def ready(address: str, programs: str) -> None:
        guarded = "with a token" if settings.token else "for this machine alone"
        click.echo(f"assay serve: {address}, {guarded}, {counted(settings.workers, 'worker')}; {programs}", err=True)

    whole = run(settings, ready)
    told = "all that was accepted was answered" if whole else "at once, with requests unanswered"
    click.echo(f"assay serve: stopped; {told}", err=True)
    sys.exit(0 if whole else 1)
