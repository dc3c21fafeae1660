"""The committed page of datasheets is of today's verifiers: who changes one measures it again."""

import re
from pathlib import Path

from assay.judging.verifier import VERIFIERS

PAGE = Path(__file__).parents[2] / "docs" / "datasheets.md"


def test_every_verifier_stands_there_with_its_version():
    head = PAGE.read_text("utf-8").partition("\n## ")[0]
    told = dict(re.findall(r"^\| `([\w.]+)` \| (\d+) \|", head, re.M))
    assert told == {name: str(VERIFIERS.get(name).version) for name in VERIFIERS.built_in()}, "run `make datasheets`"


def test_no_attack_is_paid_that_is_not_told():
    text = PAGE.read_text("utf-8")
    head, _, paid = text.partition("## Attacks that were paid")
    worst = {row[0]: row[4] for line in head.splitlines() if len(row := line.strip("| ").split(" | ")) == 7}
    named = {name for name, share in worst.items() if re.match(r"[\d.]+ \(", share) and not share.startswith("0.00 ")}
    assert all(f"| {name} |" in paid for name in named)
