"""A server in a process of its own, on a free port of loopback."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

COMMAND = [sys.executable, "-c", "from assay.cli import main; main()", "serve", "--port", "0"]
ROOT = str(Path(__file__).parents[1] / "src")


class Served:
    """A running server: its process, its address, and what it says."""

    def __init__(self, *options, **environment):
        variables = {name: value for name, value in os.environ.items() if name != "ASSAY_TOKEN"}
        variables["PYTHONPATH"] = os.pathsep.join([ROOT, variables.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [*COMMAND, *options], stderr=subprocess.PIPE, text=True, env=variables | environment, start_new_session=True
        )
        self.said = [self.process.stderr.readline()]
        assert "http://" in self.said[0], self.said[0] + self.process.stderr.read()
        self.address = self.said[0].split("assay serve: ")[1].split(",")[0]
        self.port = int(self.address.rsplit(":", 1)[1])
        self._reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True)
        self._reader.start()

    def workers(self):
        """Process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self, how=signal.SIGTERM):
        """End it and return its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        return self.ended()

    def ended(self):
        """Its exit status, once it has ended."""
        status = self.process.wait(60)
        self._reader.join(10)
        return status
