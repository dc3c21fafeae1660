import json

import pytest
from watched import ASKED, FACTS, said, write_step

from assay.journal import owned
from assay.rollout.store import RolloutStore


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A training run at its second step of three, with its starting policy measured."""
    made = tmp_path_factory.mktemp("runs") / "run"
    with owned(made, FACTS):
        (made / "examples.jsonl").write_text("".join(json.dumps(example.to_json()) + "\n" for example in ASKED))
        for name, way in (("before", "incorrect"), ("after", "correct")):
            with owned(made / "eval" / name, {"kind": "measure", "model": name}):
                rows = [said(example, index, way) for example in ASKED for index in range(2)]
                RolloutStore(made / "eval" / name).append(rows)
    for step in (1, 2):
        write_step(made, step)
    return made
