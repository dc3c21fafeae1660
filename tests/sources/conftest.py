import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of real rows: `ASSAY_DATA`, else `shared/data` beside the repository."""
    path = Path(os.environ.get("ASSAY_DATA") or REPOSITORY.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip("no real rows here: set ASSAY_DATA to their directory")
    return path
