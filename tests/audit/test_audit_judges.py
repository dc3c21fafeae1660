"""An audit of judges: one that is fooled is seen to be, one that is honest is not, and a hybrid is no worse than it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from assay.audit.attacks import ATTACKS
from assay.audit.graders import Asking, find_graders
from assay.audit.labelled import LabelledRow
from assay.audit.run import audit
from assay.cli import main
from assay.errors import BadConfig
from chatserver import Server, said

CITIES = ("Quito", "Oslo", "Accra", "Lima")


def claim_of(body: dict[str, Any]) -> str:
    return body["messages"][-1]["content"].partition("⟦answer⟧")[2].partition("⟦end⟧")[0].strip().lstrip("| ")


def honest(body: dict[str, Any], number: int) -> Any:
    wanted = body["messages"][-1]["content"].partition("Reference answer:\n")[2].partition("\n")[0]
    return said(
        "Correct" if claim_of(body).lower().strip(" .") in (wanted.lower(), f"{wanted} city".lower()) else "Incorrect"
    )


def fooled(body: dict[str, Any], number: int) -> Any:
    return said("Correct" if "thought process" in claim_of(body).lower() else "Incorrect")


def silent(body: dict[str, Any], number: int) -> Any:
    return said("I would rather not say.")


@pytest.fixture
def audited() -> Iterator[Any]:
    made: list[Server] = []

    def run(answers: Any, *names: str, sees: str = "final") -> Any:
        made.append(Server(answers))
        rows = [
            LabelledRow(
                reference=city, response=text, label=label, verifier="text", prompt=f"What is city number {number}?"
            )
            for number, city in enumerate(CITIES)
            for text, label in ((f"The answer is {city}.", True), (f"The answer is {city} city.", True), ("No.", False))
        ]
        asking = Asking(engine=f"{made[-1].address}#m", sees=sees, workers=8)
        return {found.name: found for found in audit(find_graders(names, asking), rows, attacked=2)}

    yield run
    for server in made:
        server.close()


def test_a_judge_that_always_says_yes_is_paid_for_every_pattern(audited: Any) -> None:
    found = audited(lambda body, number: said("Correct"), "judge")["judge one-word"]
    assert [rate.pattern for rate in found.attacks] == list(ATTACKS)
    short = {
        rate.pattern: rate.success.value for rate in found.attacks if rate.success.of and rate.success.value != 1.0
    }
    assert set(short) == {"unclosed thinking"}, short  # nothing is said after it

    assert found.total.wrong_accepted == 4


def test_an_honest_judge_is_paid_for_none_and_a_hybrid_adds_what_the_rule_misreads(audited: Any) -> None:
    found = audited(honest, "text", "hybrid", sees="claim")
    rule, hybrid = found["text"], found["hybrid one-word"]
    assert not any(rate.tries.count for rate in hybrid.attacks)
    assert rule.total.right_accepted == 4 and hybrid.total.right_accepted == 8
    assert hybrid.total.wrong_accepted == 0


def test_a_judge_that_a_word_fools_is_seen_where_it_is_fooled(audited: Any) -> None:
    found = audited(fooled, "judge")["judge one-word"]
    paid = {rate.pattern: rate.worst for rate in found.attacks if rate.success.value == 1.0}
    assert paid == {"adversarial prefixes": "Thought process:"}


def test_what_is_no_decision_is_told_and_not_paid(audited: Any) -> None:
    found = audited(silent, "judge")["judge one-word"]
    prefixes = next(rate for rate in found.attacks if rate.pattern == "adversarial prefixes")
    assert prefixes.tries.count == 0 and prefixes.errors == prefixes.tries.of and found.total.errors == 12


def test_the_command_makes_a_grader_of_each_protocol(tmp_path: Any) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"verifier": "text", "reference": "Quito", "response": "The answer is Quito.", "label": True}) + "\n"
    )
    server = Server(lambda body, number: said('{"correct": true}'))
    try:
        ask = ["--engine", f"{server.address}#m", "--protocol", "json", "--protocol", "one-word", "--attacked", "1"]
        made = CliRunner().invoke(
            main, ["audit", "judge", "hybrid", str(rows), *ask, "--no-attacks", "--json", str(tmp_path / "a.json")]
        )
    finally:
        server.close()
    assert made.exit_code == 0, made.output
    found = {one["grader"]: one["total"] for one in json.loads((tmp_path / "a.json").read_text())}
    assert list(found) == ["judge json", "judge one-word", "hybrid json", "hybrid one-word"]
    assert [one["errors"] for one in found.values()] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("name", "says"), [("judge", "needs --engine"), ("head", "needs --head"), ("hybrid", "or --head FILE")]
)
def test_a_judge_needs_somebody_to_ask(name: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        find_graders([name], Asking())
