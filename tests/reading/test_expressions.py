"""An expression is itself in every dress, and nothing else: random trees, hidden differences, unknown notation."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.judging.verifier import VERIFIERS
from assay.reading.answers import read_answer
from assay.reading.arithmetic import Numeric
from assay.reading.building import num, power, product, symbols, total
from assay.reading.equality import Policy, equal
from assay.reading.identity import coordinate, identical
from assay.reading.keys import key_of
from assay.reading.nodes import Call, Node, Num, Sym, TooCostly, Undefined
from assay.types import Example

RELAXED = settings(max_examples=30, deadline=None)
AUTO = Policy(unreduced=True, units="optional", decimals="auto")
LEAVES = st.one_of(st.integers(-9, 9).map(num), st.sampled_from([Sym("x"), Sym("y"), Sym("\\theta"), Sym("pi")]))
NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: total(*parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: product(*parts)),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: power(pair[0], num(pair[1]))),
        inner.map(lambda node: power(total(num(2), power(node, num(2))), num(-1))),
        inner.map(lambda node: power(total(num(1), power(node, num(2))), num(Fraction(1, 2)))),
        st.tuples(st.sampled_from(["sin", "cos"]), inner).map(lambda pair: Call(pair[0], (pair[1],))),
    ),
    max_leaves=6,
)
NUMBERS = st.recursive(
    st.integers(-20, 20).map(num),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: total(*pair)), st.tuples(inner, inner).map(lambda pair: product(*pair))
    ),
    max_leaves=5,
)


def _right(reference: str, response: str) -> bool:
    example = Example(prompt="What is it?", reference=reference, verifier="math")
    return VERIFIERS.get("math")(example, f"\\boxed{{{response}}}").is_correct


def _latex(node: Node) -> str:
    match node:
        case Num(value):
            return (
                f"({value.numerator})"
                if value.denominator == 1
                else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
            )
        case Sym(name):
            return name if len(name) == 1 or name.startswith("\\") else f"\\{name} "
        case Call("+", parts):
            return rf"\left({' + '.join(map(_latex, parts))}\right)"
        case Call("*", parts):
            return r" \cdot ".join(map(_latex, parts))
        case Call("^", (base, Num(Fraction(numerator=-1, denominator=1)))):
            return rf"\dfrac{{1}}{{{_latex(base)}}}"
        case Call("^", (base, Num(Fraction(numerator=1, denominator=2)))):
            return rf"\sqrt{{{_latex(base)}}}"
        case Call("^", (base, exponent)):
            return f"{{({_latex(base)})}}^{{{_latex(exponent)}}}"
        case Call(name, (inner,)):
            return rf"\{name}\left({_latex(inner)}\right)"
    raise AssertionError(node)


def _plain(node: Node) -> str:
    """As a program prints it, with every sum and product turned round."""
    match node:
        case Num(value):
            return f"({value})"
        case Sym(name):
            return {"\\theta": "θ", "pi": "π"}.get(name, name)
        case Call("+", parts):
            return f"({' + '.join(map(_plain, reversed(parts)))})"
        case Call("*", parts):
            return "*".join(map(_plain, reversed(parts)))
        case Call("^", (base, exponent)):
            return f"(({_plain(base)})**{_plain(exponent)})"
        case Call(name, (inner,)):
            return f"{name}({_plain(inner)})"
    raise AssertionError(node)


@RELAXED
@given(NODES, st.integers(1, 9))
def test_an_expression_is_itself_in_every_dress_and_not_with_more(node: Node, more: int) -> None:
    for dress in (_latex, _plain):
        assert equal(node, read_answer(dress(node)), AUTO)
        assert not equal(node, read_answer(f"{dress(node)} + {more}"), AUTO)


@RELAXED
@given(NODES, NODES)
def test_floats_that_prove_a_difference_are_right(one: Node, two: Node) -> None:
    """A difference that is seen in floats is one in sixty digits."""
    point = {name: coordinate(name, 0) for name in symbols(one) | symbols(two)}
    seen = []
    for digits in (0, 60):
        at = Numeric(digits, point)
        try:
            seen.append((at.value(one), at.value(two), at.lost))
        except (Undefined, TooCostly, OverflowError):
            return
    (x, y, lost), (exact_x, exact_y, _) = seen
    if lost < 12:
        scale = max(abs(exact_x), abs(exact_y), 1)
        assert abs((x - y) - complex(exact_x - exact_y)) <= 1e-6 * scale


@RELAXED
@given(NUMBERS, NUMBERS)
def test_equal_numbers_share_a_key(one: Node, two: Node) -> None:
    assert (key_of(one) == key_of(two)) == equal(one, two, AUTO)


@pytest.mark.parametrize("base", [r"\sqrt{2}", r"\sin x", "x^2+1", r"\pi", r"e^{x}", r"\ln 3", r"\frac{x}{y}"])
@settings(max_examples=6, deadline=None)
@given(st.integers(20, 400))
def test_no_difference_is_too_small(base: str, size: int) -> None:
    small = rf"\frac{{1}}{{{size}!}}", rf"10^{{-{size}}}", rf"e^{{-{size}}}", rf"\binom{{{2 * size}}}{{{size}}}^{{-1}}"
    for tiny in small:
        assert not _right(base, f"{base} + {tiny}")
        assert not _right(base, rf"({base})\cdot(1 - {tiny})")
        assert not _right(base, rf"({base})\cdot\cos({tiny})")


@given(st.integers(10, 60), st.sampled_from(["sin", "cos", "exp", "ln"]))
@settings(max_examples=30, deadline=None)
def test_a_shifted_argument_is_another_value(size: int, name: str) -> None:
    assert not identical(Call(name, (Sym("x"),)), Call(name, (total(Sym("x"), num(Fraction(1, 10**size))),)))


OPAQUE = [
    r"\int_0^1 {}\,dx", r"\lim_{{x\to 0}} {}", r"\sum_{{k=1}}^n {}", r"\nabla {}", r"\foo{{{}}}", r"\oint_C {}",
    r"\operatorname{{Res}}({})", r"\frac{{\partial f}}{{\partial x}} \cdot {}", r"\overbrace{{{}}}",
    r"\bigcup_{{i\in I}} {}",
]  # fmt: skip


@pytest.mark.parametrize("form", OPAQUE)
@RELAXED
@given(st.integers(2, 9), st.integers(1, 9))
def test_what_is_not_known_is_compared_by_its_notation(form: str, factor: int, more: int) -> None:
    inside = f"{factor} x y"
    assert _right(form.format(inside), form.format(f"x \\cdot {factor} y"))
    assert _right(f"{more} + {form.format(inside)}", f"{form.format(inside)} + {more}")
    assert not _right(form.format(inside), form.format(f"{factor + more} x y"))
    assert not _right(form.format(inside), inside)
    assert not _right(inside, form.format(inside))
    assert not _right("7", form.format(inside))


@pytest.mark.parametrize(
    ("one", "two"),
    [(r"\int_0^1 x dx", r"\int_0^2 x dx"), (r"\lim_{x\to0} f", r"\lim_{x\to1} f"), (r"\foo{x}", r"\bar{x}"),
     (r"\frac{dy}{dx}", r"\frac{y}{x}"), (r"\frac{d^2y}{dx^2}", r"\frac{dy}{dx}"), (r"\partial f", "f")],
)  # fmt: skip
def test_other_notation_is_another_answer(one: str, two: str) -> None:
    assert _right(one, one) and _right(two, two)
    assert not _right(one, two) and not _right(two, one)
