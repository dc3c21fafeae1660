"""Frames carry plain data exactly, and refuse the rest."""

from __future__ import annotations

import json
import math
import socket
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.literals.pyvalue import same
from assay.sandbox import arrays, codec
from assay.sandbox.codec import Codec
from assay.sandbox.wire import WireError, receive, send

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


@settings(suppress_health_check=[HealthCheck.too_slow])  # where the machine is busy
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
        [{"nt": [f"A{n}", ["a"], [1]]} for n in range(100)],
        [{"q": []}] * 30_000,
        {"re": ["()", 0]},
        *[{"re": ["(", 0]}, {"nt": ["A", ["\ufb01", "fi"], [1, 2]]}, {"nt": ["A", ["(", "b"], [1, 2]]}],
    ],
)
def test_forged_bodies_are_refused(body: object) -> None:
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


class Arrays(Codec):
    """A codec as the checker's, to which arrays cross."""

    def __init__(self) -> None:
        super().__init__()
        self.numpy = True


@pytest.mark.parametrize("code", ["<i8", ">u2", "|b1", "<f4", "<f8", "<c16", "|S3", "<U4", "|i1"])
def test_arrays_cross_with_type_shape_and_values(code: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(code)
    copy = Arrays().unpack(json.loads(json.dumps(Arrays().pack([array, array.T]))))
    for mine, theirs in zip([array, array.T], copy, strict=True):
        assert mine.dtype == theirs.dtype and mine.shape == theirs.shape and (mine == theirs).all()


def test_scalars_cross_as_plain_values() -> None:
    given = [
        np.int64(4),
        np.float32(0.5),
        np.bool_(True),
        np.str_("a"),
        np.uint64(2**63),
        np.float64("inf"),
    ]
    copy = Arrays().unpack(Arrays().pack(given))
    assert copy == [4, 0.5, True, "a", 2**63, math.inf]
    assert [type(item) for item in copy] == [int, float, bool, str, int, float]


def test_arrays_that_would_equal_anything_do_not_cross() -> None:
    for value in (np.array([object()]), np.ma.array([1], mask=[True]), np.zeros(9 << 20, "i1")):
        with pytest.raises(WireError):
            Arrays().pack(value)
    with pytest.raises(WireError):
        Codec().pack(np.zeros(2))
    assert Arrays().unpack(Arrays().pack(np.zeros((0, 3)))).shape == (0, 3)
    empty = arrays.guarded(Arrays().unpack(Arrays().pack(np.zeros(0))))
    assert (empty == np.zeros(0)).all() and (abs(empty - np.zeros(0)) < 1).all()
    for other in (4.0, [4.0], np.ones((3, 1))):
        with pytest.raises(AssertionError):
            assert (empty == other).all()
        with pytest.raises(AssertionError):
            assert (abs(empty - other) < 1).all()


@pytest.mark.parametrize(
    "body",
    [
        ["|O8", [1], "AAAAAAAAAAA="],
        ["<f8", [2], "AAAAAAAAAAA="],
        ["<f8", [1 << 60, 0], ""],
        ["<f8", [-1], "AAAAAAAAAAA="],
        ["<f8", [True], "AAAAAAAAAAA="],
        ["<U1", [1], "/////w=="],
        ["<M8[ns]", [1], "AAAAAAAAAAA="],
        ["V8", [1], "AAAAAAAAAAA="],
        ["<f8", "8", "AAAAAAAAAAA="],
        ["<f8", [1]],
        ["<f8", [1], "no base 64"],
    ],
)
def test_forged_arrays_are_refused(body: list[object]) -> None:
    with pytest.raises(WireError):
        Arrays().unpack({"v": {"nd": body}})


def test_a_forged_truth_is_true_once() -> None:
    forged = Arrays().unpack({"v": {"nd": ["|b1", [2], "AgA="]}})
    assert forged.tolist() == [True, False] and forged.view("u1").tolist() == [1, 0]


def test_keys_have_only_so_much_time_together(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [{"s": list(range(50 * n, 50 * n + 50))} for n in range(100)]
    assert sum(map(len, Codec().unpack({"v": many}))) == 5000
    monkeypatch.setattr(codec, "MAX_HASHING", 0.0)
    with pytest.raises(WireError, match="slow"):
        Codec().unpack({"v": many})
