"""A study on a page."""

from __future__ import annotations

from pathlib import Path

from assay.errors import AssayError, MissingData
from assay.evaluate.guru_logs import is_guru_logs, read_guru_logs
from assay.evaluate.transfer import Study


def open_study(folder: Path, name: str = "") -> Study:
    """Read a study of whatever kind."""
    if not folder.exists():
        raise MissingData(f"{folder} does not exist: name the folder of a study")
    if is_guru_logs(folder):
        return read_guru_logs(folder, name)
    raise AssayError(f"{folder} holds no study")
