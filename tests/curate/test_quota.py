"""Exact shares: as near to the weights as whole rows can be, whatever the order, and a smaller one part of a larger."""

from dataclasses import replace

import pytest
from curating import ex, reasons
from hypothesis import given
from hypothesis import strategies as st

from assay.curate.quota import Quota, allotted
from assay.errors import BadConfig
from assay.types import Example

GROUPS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), min_size=1)


@given(st.integers(1, 200), GROUPS, st.data())
def test_all_rows_that_can_be_had_are_taken_in_the_shares(
    size: int, there: dict[str, int], data: st.DataObject
) -> None:
    shares = data.draw(st.one_of(st.just({}), st.fixed_dictionaries({name: st.integers(1, 9) for name in there})))
    taken = allotted(size, there, shares)
    assert sum(taken.values()) == min(size, sum(there.values()))
    assert all(0 <= taken[name] <= there[name] for name in there)
    weights = {name: shares.get(name, 1) for name in there}
    full = {name for name in there if taken[name] < there[name]}
    for one in full:  # of those with rows left, none is more than a row ahead of its share
        for other in full:
            assert taken[one] / weights[one] <= (taken[other] + 1) / weights[other] + 1 / weights[one]


def rows() -> list[Example]:
    return [replace(ex(f"{domain} {n}?"), domain=domain) for domain in ("math", "code", "logic") for n in range(30)]


def kept(some: list[Example], step: Quota) -> set[str]:
    return {row.id for row, reason in zip(some, reasons(some, step), strict=True) if not reason}


def test_rows_are_those_of_the_smallest_hash() -> None:
    small, large = Quota(size=12), Quota(size=30)
    assert len(kept(rows(), small)) == 12 and kept(rows(), small) < kept(rows(), large)
    assert kept(rows(), small) == kept(rows()[::-1], small) != kept(rows(), Quota(size=12, seed=1))


def test_shares_by_domain_and_by_source() -> None:
    found = kept(rows(), Quota(size=20, shares={"math": 3, "code": 1}))
    counts = [sum(row.id in found for row in rows() if row.domain == name) for name in ("math", "code", "logic")]
    assert counts == [15, 5, 0]
    assert len(kept(rows(), Quota(size=20, by="source"))) == 20
    with pytest.raises(BadConfig, match="no row is of domain maths; there are code, logic, math"):
        reasons(rows(), Quota(size=3, shares={"maths": 1}))
