"""`pytest --assay`: data sets and rewards of a repository are checked beside its tests; references pass, attacks fail.

What is checked stands in pytest's configuration, each line the arguments of `assay check`:

    [tool.pytest.ini_options]
    assay = [
        "data/problems.jsonl --verifier math",
        "data/problems.jsonl --verifier math --grader my_rewards:score",
    ]

Without `--assay` nothing of it happens, and no room of this package is imported.
"""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("assay").addoption(
        "--assay", action="store_true", help="Also check data sets and rewards: references pass, attacks fail."
    )
    parser.addini("assay", "What --assay checks: the arguments of `assay check`, a line each.", "linelist")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("assay"):
        return
    if not config.getini("assay"):
        raise pytest.UsageError(
            "--assay has nothing to check: name data sets in pytest's configuration, as in "
            'assay = ["data/problems.jsonl --verifier math"]'
        )
    config.addinivalue_line("markers", "assay: a check of a data set or a reward, see --assay")


@pytest.hookimpl(tryfirst=True)  # before items are chosen by -k and -m
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("assay"):
        items += [Check.from_parent(session, name=line) for line in config.getini("assay")]


class NotClean(Exception):
    """A check that does not hold; what was found is on its standard output."""


class Check(pytest.Item):
    """One line, as `assay check` does it, in the folder of the configuration."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.add_marker("assay")

    def runtest(self) -> None:
        from click import ClickException

        from assay.cli_verdicts import check
        from assay.errors import AssayError

        with contextlib.chdir(self.config.rootpath):
            try:
                check.main(shlex.split(self.name), prog_name="assay check", standalone_mode=False)
            except SystemExit:
                raise NotClean("it does not hold: what was found stands below") from None
            except ClickException as wrong:
                raise NotClean(wrong.format_message()) from None
            except (AssayError, ValueError) as wrong:
                raise NotClean(str(wrong)) from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotClean):
            return f"assay check {self.name}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.config.inipath or self.config.rootpath, None, f"assay check {self.name}"
