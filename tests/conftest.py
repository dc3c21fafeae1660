import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads on shared cores wait for each other: ten times as long

from realdata import directory  # what it imports must see the setting


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of real rows."""
    return directory()
