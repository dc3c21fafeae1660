from pathlib import Path

import pytest

from realdata import directory


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of real rows."""
    return directory()
