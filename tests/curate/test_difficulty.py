"""Difficulty by pass rate: the published rule for every count, and the same decisions when sampling stops early."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from curating import ex, found, reasons
from hypothesis import given
from hypothesis import strategies as st

from assay.curate.difficulty import BUCKETS, KEEP, Difficulty, Rate, bucket, buckets, decide, decided, settled
from assay.errors import BadConfig
from assay.models.engine import Completion, Request, Sampling
from assay.rollout.measure import measure
from assay.types import DOMAINS, Example

COUNTS = st.integers(0, 16)


def published(domain: str, weak: int, strong: int) -> str:
    """The rule as the paper states it, in counts of 16."""
    if weak >= 15:
        return "too_easy"
    if strong == 0:
        return "noisy"
    if weak > strong:
        return "anomalous"
    if domain == "math" and strong - weak <= 6 and strong >= 12:
        return "math_marginal_gap"
    if domain == "science" and strong - weak < 8:
        return "science_gap"
    return KEEP


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_count_is_decided_as_published(domain: str) -> None:
    table = {(weak, strong): decide(domain, weak, strong) for weak in range(17) for strong in range(17)}
    assert table == {counts: published(domain, *counts) for counts in table}
    assert table == {(w, s): decide(domain, w / 2, s / 2, samples=8) for w, s in table}


@given(st.sampled_from(DOMAINS), COUNTS, st.lists(st.booleans(), min_size=16, max_size=16))
def test_stopping_early_decides_the_same(domain: str, weak: int, strong: list[bool]) -> None:
    known = Rate(weak, 16)
    whole = decide(domain, weak, sum(strong))
    early = [decided(domain, known, Rate(sum(strong[:n]), n)) for n in range(17)]
    first = next(n for n, decision in enumerate(early) if decision is not None)
    assert early[first:] == [whole] * (17 - first)
    if weak >= 15:
        assert first == 0  # the strong model is not asked at all


def test_the_cheap_model_is_asked_first() -> None:
    with pytest.raises(ValueError, match="15 of 16"):
        decided("math", Rate(0, 15), Rate(0, 16))


def rated(weak: tuple[float, int], strong: tuple[float, int], domain: str = "math") -> Example:
    return replace(ex(f"{weak}{strong}{domain}"), domain=domain, pass_rates={"w": weak, "s": strong})


def test_the_step_names_reason_and_counts() -> None:
    rows = [
        rated((15, 16), (16, 16)),
        rated((2, 16), (10, 16)),
        rated((2, 16), (0, 16)),
        rated((5, 16), (12, 16), "table"),
    ]
    step = Difficulty(weak="w", strong="s")
    assert reasons(rows, step) == ["too_easy", "", "noisy", ""]
    assert found(rows, step)[0] == ("too_easy", "15 of 16 of w, 16 of 16 of s")


def test_a_rate_that_is_missing_is_an_error_and_never_a_failure() -> None:
    for row in (ex("unmeasured"), rated((2, 16), (0, 4)), rated((2, 15), (16, 16))):
        with pytest.raises(BadConfig, match="assay measure"):
            reasons([row], Difficulty(weak="w", strong="s"))
    assert reasons([ex("unmeasured")], Difficulty(weak="w", strong="s", domains=("code",))) == [""]
    assert reasons([rated((15, 16), (0, 0)), rated((9, 16), (10, 10), "logic")], Difficulty(weak="w", strong="s")) == [
        "too_easy",
        "",
    ]


def test_seven_buckets() -> None:
    assert [bucket(n / 10) for n in range(11)] == [BUCKETS[n] for n in (0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6)]
    rows = [rated((n, 16), (0, 0)) for n in (0, 1, 8, 16, 16)] + [ex("unmeasured")]
    counts = buckets(rows)["w"]["math"]
    assert [counts[name] for name in BUCKETS] == [1, 1, 0, 1, 0, 0, 2]


class Solver:
    """Solves each problem at a rate of its own; the same sample is the same whatever else is asked for."""

    name, fingerprint = "solver", ""

    def __init__(self, rates: dict[str, float]) -> None:
        self.rates, self.asked = rates, 0

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        for request in requests:
            self.asked += 1
            example = request.id.rpartition("/")[0]
            is_right = random.Random(f"{example}{request.sample}").random() < self.rates[example]
            yield Completion("1" if is_right else "2", request=request.id)


def test_a_costly_model_is_asked_less_and_every_decision_is_the_same(tmp_path: Path) -> None:
    """Difficulties as they are measured: many problems near 0 and near 1, few between (Beta(0.5, 0.5))."""
    rng = random.Random(7)
    rows = [replace(ex(f"{n}?", 1), domain=domain) for domain in DOMAINS for n in range(60)]
    ease = {row.id: rng.betavariate(0.5, 0.5) for row in rows}
    weak = measure(Solver(ease), rows, samples=16)
    counts = {name: (m.total or 0.0, m.n) for name, m in weak.items()}
    better = {name: min(1.0, rate + 0.3 * rng.random()) for name, rate in ease.items()}
    whole, early = Solver(better), Solver(better)
    full = measure(whole, rows, samples=16)
    out = tmp_path / "strong"
    part = measure(early, rows, samples=16, out=out, enough=settled(counts, rows))
    for row in rows:
        known = Rate(*counts[row.id])
        decisions = [decided(row.domain, known, Rate(m[row.id].total or 0.0, m[row.id].n)) for m in (full, part)]
        assert decisions[0] is not None and decisions[0] == decisions[1]
    assert whole.asked == 16 * len(rows) and early.asked <= 0.7 * whole.asked
    again = Solver(better)
    assert dict(measure(again, rows, samples=16, out=out, enough=settled(counts, rows))) == dict(part)
    assert again.asked == 0
    assert dict(measure(again, rows, samples=16, out=out)) == dict(full)  # the rest can still be had
    assert again.asked == whole.asked - early.asked


def test_the_weak_model_is_measured_first() -> None:
    rows = [ex("1?"), ex("2?")]
    with pytest.raises(BadConfig, match="0 of 16 samples of the weak model"):
        settled({rows[0].id: (3, 16)}, rows)
