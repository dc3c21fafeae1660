"""Which rollouts a page holds."""

import numpy as np
import pytest

from assay.report.browser import _one_of_each


@pytest.mark.parametrize("size", [1, 2, 6, 22, 24])
def test_one_of_each_stretch_is_taken_whatever_turn_domains_come_in(size):
    units = np.arange(6 * 400)
    taken = _one_of_each(units, size)
    assert list(taken // size) == list(range(-(-len(units) // size)))
    assert {*(taken % 6).tolist()} == {*range(6)}


def test_few_units_are_taken_too():
    assert len(_one_of_each(np.arange(3), 22)) == 1
    assert _one_of_each(np.arange(0), 22).tolist() == []
