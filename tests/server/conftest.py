import pytest

from served import Served


@pytest.fixture(scope="session")
def serve():
    """Start servers that end with the tests."""
    for name in ("starlette", "uvicorn"):
        pytest.importorskip(name, reason="a server needs the extra 'serve'")
    started = []

    def start(*options, **environment):
        started.append(Served(*options, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        one.process.stderr.close()


@pytest.fixture(scope="session")
def server(serve):
    """One server for all tests that leave it as it was."""
    return serve("--workers", "2")
