"""Frames carry plain data exactly, and refuse the rest."""

from __future__ import annotations

import math
import socket
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.sandbox.wire import Codec, WireError, receive, send
from assay.verify.pyvalue import same

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
_keys = st.integers() | st.text() | st.booleans() | st.tuples(st.integers(), st.text())
_sets = st.sets(_keys) | st.frozensets(_keys)
values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner) | st.dictionaries(_keys, inner) | st.tuples(inner, inner) | _sets,
    max_leaves=20,
)


@given(values)
def test_plain_values_survive_with_their_types(value: object) -> None:
    left, right = socket.socketpair()
    with left, right:
        send(left, Codec().pack(value))
        assert same(Codec().unpack(receive(right)), value)


def test_nan_survives() -> None:
    assert math.isnan(Codec().unpack(Codec().pack(float("nan"))))


def test_a_long_linked_list_crosses_by_value() -> None:
    class Node:
        def __init__(self, at: int) -> None:
            self.at, self.next = at, None

    nodes = [Node(n) for n in range(3000)]
    for node, after in pairwise(nodes):
        node.next = after  # type: ignore[assignment]
    nodes[-1].next = nodes[0]  # type: ignore[assignment]  # and round again
    codec = Codec()
    codec.classes = {"Node": Node}
    copy = codec.unpack(codec.pack(nodes[0]))
    assert copy.next.next.at == 2 and copy is not nodes[0]


@pytest.mark.parametrize(
    "body",
    [
        *[{"o": 0}, {"h": 1}, {"i": "zz"}, {"s": [[1]]}, {"d": [[1]]}, {"ty": "print"}, {"ty": "nothing"}, {"r": [1]}],
        {"fr": ["0x" + "3" * 20_000, "0x7"]},
        {"s": [{"i": hex(n * (2**61 - 1))} for n in range(100)]},
        {"d": [[{"i": hex(n * (2**61 - 1))}, 1] for n in range(100)]},
    ],
)
def test_forged_bodies_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(WireError):
        Codec().unpack({"v": body})


def test_what_is_not_plain_is_refused() -> None:
    deep: list[object] = []
    for _ in range(1000):
        deep = [deep]
    for value in (object(), lambda: 1, deep):
        with pytest.raises(WireError):
            Codec().pack(value)


def test_a_frame_may_not_be_endless() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(WireError):
            receive(right)
