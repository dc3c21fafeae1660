"""A stored run judged again: what flips, which advantages move, and that nothing that is read is changed."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from assay.cli import main
from assay.errors import AssayError, RunConflict
from assay.evaluate.compare import compare
from assay.evaluate.rescore import Advantages, Judged, rescore
from assay.evaluate.run import evaluate
from assay.evaluate.suite import Suite
from assay.files import write_jsonl
from assay.journal import claim, release
from assay.rollout.runs import open_run
from assay.rollout.store import RolloutStore
from assay.types import Example, Rollout, Verdict

SUITE = Suite(sources=({"name": "math/arithmetic"},), samples=2, k=(1, 2))
ASKED = [
    Example(prompt=f"{n} + 1 = ?", reference=n + 1, verifier="number", domain=domain, source=domain)
    for domain, start in (("math", 0), ("logic", 10))
    for n in range(start, start + 4)
]
RIGHT, WRONG, NONE, BROKEN = Verdict.of(True), Verdict.of(False), Verdict.no_answer("empty"), Verdict.error("down")


def evaluated(path):
    """Each problem right once and wrong once, in two different words."""
    path.mkdir()
    rows = [{"prompt": e.asked_text, "responses": [f"\\boxed{{{e.reference}}}", "It is 77."]} for e in ASKED]
    write_jsonl(path / "said.jsonl", rows)
    evaluate(str(path / "said.jsonl"), SUITE, out=path / "run", examples=ASKED)
    return path / "run"


def forge(run, change):
    """Change stored verdicts, as if an older verifier had made them."""
    path = run / "rollouts" / "open.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["verdict"] = change(row).to_json() if change(row) else row["verdict"]
    write_jsonl(path, rows)


def files(run):
    return {p: p.read_bytes() for p in sorted(run.rglob("*")) if p.is_file() and p.name != ".lock"}


def ran(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_what_flips_is_told_by_domain_and_nothing_is_changed(tmp_path):
    run = evaluated(tmp_path / "a")
    logic = {example.id for example in ASKED if example.domain == "logic"}
    forge(run, lambda row: WRONG if row["example_id"] in logic and row["index"] == 0 else None)
    before = files(run)
    found = rescore(open_run(run, "measure"), out=tmp_path / "now")
    assert files(run) == before
    assert {name: (d.responses, d.to_right, d.changed) for name, d in found.domains.items()} == {
        "math": (8, 0, 0),
        "logic": (8, 4, 4),
    }
    assert len(found.shifts) == 3 and {str(s.after.status) for s in found.shifts} == {"correct"}
    assert not found.advantages
    scores = json.loads((tmp_path / "now" / "scores.json").read_text())
    assert {row["name"]: row["avg"]["value"] for row in scores["rows"]} == {"all": 0.5, "math": 0.5, "logic": 0.5}
    assert set(scores["rows"][0]["passes"]) == {"1", "2"}
    change = compare(open_run(run, "measure"), open_run(tmp_path / "now", "measure"), different=True)
    assert {row.name: row.change.value for row in change.rows if row.p is not None} == {"math": 0, "logic": 0.5}
    again = rescore(open_run(tmp_path / "now", "measure"))
    assert all(not judged.changed for judged in again.domains.values())


def test_another_verifier_and_a_killed_one(tmp_path):
    run = evaluated(tmp_path / "a")
    found = rescore(open_run(run, "measure"), verifier="text", out=tmp_path / "text")
    assert {e.verifier for e in open_run(tmp_path / "text", "measure").examples.values()} == {"text"}
    assert all(judged.responses == 8 for judged in found.domains.values()) and not found.left_out
    store = RolloutStore(tmp_path / "text")
    whole = sorted(store.journal.path.read_text().splitlines())
    store.journal.path.write_text("\n".join(whole[:3]) + "\n")
    rescore(open_run(run, "measure"), verifier="text", out=tmp_path / "text")
    assert len(list(store.rows())) == len(whole) == 16
    with pytest.raises(RunConflict, match="another run"):
        rescore(open_run(run, "measure"), out=tmp_path / "text")


def trained(path):
    """Two groups of a step: one with signal, and one without."""
    facts = {"kind": "train"}
    claim(path, facts)
    write_jsonl(path / "examples.jsonl", (example.to_json() for example in ASKED))
    said = [(ASKED[0], "0.0", ("1", "9"), (RIGHT, WRONG)), (ASKED[4], "0.1", ("11", "11"), (RIGHT, RIGHT))]
    rows = []
    for example, group, texts, verdicts in said:
        for index, (text, verdict) in enumerate(zip(texts, verdicts, strict=True)):
            rollout = Rollout(example_id=example.id, group_id=group, index=index, response=text, verdict=verdict)
            rows.append({"step": 1, **rollout.to_json()})
    RolloutStore(path).append(rows)
    release(path)


def test_advantages_of_a_training(tmp_path):
    run = tmp_path / "run"
    trained(run)
    forge(run, lambda row: {"0.0": (WRONG, RIGHT), "0.1": (RIGHT, NONE)}[row["group_id"]][row["index"]])
    found = rescore(open_run(run, "train"), out=tmp_path / "now")
    math, logic = found.advantages["math"], found.advantages["logic"]
    assert (math.groups, math.rows, math.sign, math.to_zero, math.from_zero) == (1, 2, 2, 0, 0)
    assert (logic.groups, logic.rows, logic.sign, logic.to_zero, logic.from_zero) == (1, 2, 0, 2, 0)
    assert [row["step"] for row in RolloutStore(tmp_path / "now").rows()] == [1] * 4
    done = ran("rescore", run)
    assert done.exit_code == 0 and "advantages" in done.output, done.output
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    told = json.loads(ran("rescore", run, "--json").stdout)
    assert told["advantages"]["math"]["sign"] == 2 and told["domains"]["math"]["to_right"] == 1


VERDICTS = st.sampled_from([RIGHT, WRONG, NONE, BROKEN, Verdict.partial(0.5)])


@given(st.lists(st.tuples(VERDICTS, VERDICTS), min_size=1, max_size=12))
def test_every_change_is_counted_once(pairs):
    judged, signs, back = Judged(), Advantages(), Advantages()
    for old, new in pairs:
        judged.add(old, new)
    assert judged.changed == sum((a.status, a.score) != (b.status, b.score) for a, b in pairs)
    assert judged.before.total() == judged.after.total() == judged.responses == len(pairs)
    signs.add([(old.score, new.score) for old, new in pairs])
    back.add([(new.score, old.score) for old, new in pairs])
    assert (signs.sign, signs.to_zero, signs.from_zero) == (back.sign, back.from_zero, back.to_zero)
    assert signs.sign + signs.to_zero + signs.from_zero <= len(pairs)


def test_what_cannot_be_judged_again_is_told(tmp_path):
    run = evaluated(tmp_path / "a")
    with pytest.raises(AssayError, match="lies within the run"):
        rescore(open_run(run, "measure"), out=run / "now")
    for arguments, says in (
        ((tmp_path / "nowhere",), "does not exist"),
        ((run, "--verifier", "numbre"), "did you mean 'number'"),
        ((run, "--verifier", "code.tests"), "no reference can be read"),
        ((run, "-o", run), "lies within the run"),
        ((run, "-o", tmp_path / "a"), "a"),
    ):
        done = ran("rescore", *arguments)
        assert done.exit_code == 2 and says in done.output, done.output
