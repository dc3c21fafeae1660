"""Judges whose answers are known beforehand: what counts as a decision, who is fooled, and what a fault costs.

    python benchmarks/judge_stubs.py

All of them stand behind a chat server on loopback (`judge_server.py`), so that the whole way of a verdict is measured.
The parse table is `tests/verify/decisions.jsonl`.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from pathlib import Path

from assay.audit.graders import Asking, find_graders
from assay.audit.labelled import LabelledRow
from assay.audit.pairs import Form, Pair, judge_pairs
from assay.audit.run import GraderAudit, audit
from assay.evaluate.metrics import wilson
from assay.judging.protocols import find_protocol
from assay.judging.session import verify_many
from assay.models.engine import open_engine
from assay.types import Example, Status
from bars import bar
from judge_server import CUT, DECISIONS, ROUND, SHUT, SLOW, WAYS, Stub

TABLE = Path(__file__).parents[1] / "tests/verify/decisions.jsonl"
CITIES = ("Quito", "Oslo", "Accra", "Lima", "Minsk", "Doha")
SILENT = "unclosed thinking"
ATTACKED, FAILING, HEALTHY, WORKERS = 12, 4, 200, 64
PATIENT = 80.0
"""Seconds of a verdict: eight tries with the pauses between them take up to 64."""


def parsed(stub: Stub) -> None:
    """The parse table, and what an answer that is no decision pays on the whole way."""
    cases = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]
    wrong = [case for case in cases if find_protocol(case["protocol"]).decision(case["said"]) is not case["decision"]]
    bar(f"parse table: {len(cases) - len(wrong)} of {len(cases)} answers are read as they are to be", not wrong)
    for case in wrong:
        print(f"    {case}")
    invalid = [case for case in cases if case["decision"] is None]
    rows = [_row(stub.model(case["said"] or " "), case["protocol"]) for case in invalid]
    verdicts = verify_many(rows, ["The answer is Quito."] * len(rows), workers=WORKERS)
    paid = sum(verdict.counts for verdict in verdicts)
    tries = stub.asked().total()
    each = f"each was asked for {tries / len(rows):.2f} times"
    bar(f"{len(rows)} answers that are no decision: {paid} paid or taken, {each}", not paid and tries == 2 * len(rows))


def _row(engine: str, protocol: str = "one-word") -> Example:
    params = {"engine": engine, "protocol": protocol}
    return Example(prompt="What is the capital?", reference="Quito", verifier="judge", params=params)


def attacked(stub: Stub) -> None:
    """The attack corpus against stubs that are always for it, honest, or fooled by a word."""
    for protocol, (yes, _) in DECISIONS.items():
        found = _audited("judge", stub.model(yes), protocol, "final")
        whole = [rate for rate in found.attacks if rate.success.value == 1.0]
        others = [rate.pattern for rate in found.attacks if rate not in whole]
        what = (
            f"always yes, {protocol}: {len(whole)} of {len(found.attacks)} patterns have a string that is paid always"
        )
        bar(f"{what}; {' and '.join(others)}, behind which nothing is said, is never shown", others == [SILENT])
        if protocol == "one-word":
            _patterns(found)
    for verifier in ("judge", "hybrid"):
        for protocol in DECISIONS:
            for sees in ("claim", "final"):
                found = _audited(verifier, stub.model(f"honest {protocol}"), protocol, sees)
                paid, tries = _paid(found)
                bar(f"honest, {verifier}, {protocol}, sees {sees}: {paid} of {tries:,} attacks paid", not paid)
    found = _audited("judge", stub.model("fooled"), "one-word", "final")
    fooled = [rate.pattern for rate in found.attacks if rate.success.count]
    bar(f"fooled by a word: it is seen to be, in {', '.join(fooled)}", fooled == ["adversarial prefixes"])


def _audited(verifier: str, engine: str, protocol: str, sees: str) -> GraderAudit:
    rows = [_known(city, "text", f"What is city number {number}?") for number, city in enumerate(CITIES)]
    rows += [_known(7 * number, "number", f"What is 7 times {number}?") for number in range(3, 9)]
    asking = Asking(engine=engine, protocols=(protocol,), sees=sees, workers=WORKERS)
    return audit(find_graders([verifier], asking), rows, attacked=ATTACKED)[0]


def _known(reference: str | int, verifier: str, prompt: str) -> LabelledRow:
    return LabelledRow(
        reference=reference, response=f"It is {reference}.", label=True, verifier=verifier, prompt=prompt
    )


def _paid(found: GraderAudit) -> tuple[int, int]:
    return sum(rate.tries.count for rate in found.attacks), sum(rate.tries.of for rate in found.attacks)


def _patterns(found: GraderAudit) -> None:
    for rate in found.attacks:
        low, high = wilson(rate.tries.count, rate.tries.of)
        print(f"    {rate.pattern:28}{rate.tries.count:4} of {rate.tries.of:3} tries [{low:4.0%}, {high:4.0%}]")


def in_pairs(stub: Stub) -> None:
    """A judge that always says A, by each reward, and as the report on judges tells it."""
    some = [Pair(f"Question {number}?", f"right {number}", f"wrong {number}") for number in range(50)]
    earned: dict[Form, float] = {}
    for form in ("pairwise_verdict", "pairwise_consistent"):
        halves = [half for pair in some for half in pair.halves(form)]
        verdicts = verify_many(halves, ["Verdict: A"] * len(halves), workers=4)
        earned[form] = statistics.fmean(verdict.score or 0.0 for verdict in verdicts)
    report = judge_pairs(open_engine(stub.model("Verdict: A")), some, "pairwise_consistent")
    verdict, consistent = earned.values()
    what = (
        f"always A: verdict reward {verdict:.2f}, consistency reward {consistent:.2f}, flips {report.flips.value:.2f}"
    )
    bar(what, (verdict, consistent, report.flips.value) == (0.5, 0.0, 1.0))


def faults(stub: Stub) -> None:
    """One batch with judges that fail in each way, and with one that does not."""
    ways = [*WAYS, CUT, SHUT, SLOW, "I would rather not say."]
    named = {way: stub.model(way) for way in (*ways, ROUND)} | {"down": "http://127.0.0.1:9/v1#m"}
    before = stub.asked()
    rows = [(way, _row(engine)) for way, engine in named.items() for _ in range(FAILING)]
    rows += [("healthy", _row(stub.model("Correct"))) for _ in range(HEALTHY)]
    said = [f"The answer is city {number}." for number in range(len(rows))]
    start = time.monotonic()
    verdicts = verify_many([row for _, row in rows], said, workers=WORKERS, deadline=PATIENT)
    wall = time.monotonic() - start
    asked = stub.asked() - before
    made = defaultdict(list)
    for (way, _), verdict in zip(rows, verdicts, strict=True):
        made[way].append(verdict)
    for way, own in made.items():
        statuses = dict(Counter(str(verdict.status) for verdict in own))
        why = own[0].why.replace(stub.address, "it")
        longest = max(verdict.seconds for verdict in own)
        print(f"    {way:26}{statuses!s:24}{asked[way] or '':>4} requests {longest:5.1f} s  {why[:90]}")
    scored = sum(verdict.counts for way in (*ways, "down") for verdict in made[way])
    bar(f"{len(ways) + 1} ways to fail, {FAILING} verdicts each: {scored} have a score, each says why", not scored)
    bar(
        f"what passes is tried again with pauses: busy {asked['busy'] / FAILING:g} times, broken "
        f"{asked['broken'] / FAILING:g}, closed half-way {asked[CUT] / FAILING:g}; a refused key "
        f"{asked['locked'] / FAILING:g}",
        asked["busy"] == asked["broken"] == asked[CUT] == 8 * FAILING and asked["locked"] == FAILING,
    )
    bar(f"a judge that comes round is heard: {_right(made[ROUND])} of {FAILING}", _right(made[ROUND]) == FAILING)
    right = _right(made["healthy"])
    bar(f"the run goes on beside them: {right} of {HEALTHY}, all in {wall:.0f} s, no row lost", right == HEALTHY)


def _right(verdicts: list) -> int:
    return sum(verdict.status is Status.CORRECT for verdict in verdicts)


def main() -> None:
    with Stub() as stub:
        for part in (parsed, attacked, in_pairs, faults):
            part(stub)


if __name__ == "__main__":
    main()
