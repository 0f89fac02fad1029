"""Canonical expressions have the values of the arithmetic that made them, and read back."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import (
    DEEPEST,
    Dim,
    Expr,
    Extreme,
    Floor,
    Total,
    atoms,
    floor_div,
    greatest,
    least,
    product,
    substitute,
    symbol,
    symbols,
)

from .trees import NAMES, SYMBOLS, Tree, compute, examples, extreme_trees, open_trees, sizes, trees

H, W, C, g = symbol("H"), symbol("W"), symbol("C"), symbol("g")


def canonical(tree: Tree) -> Dim:
    value: Dim = compute(tree, SYMBOLS)
    return value


# Values


@examples(400)
@given(trees() | open_trees() | extreme_trees(), sizes())
def test_naive_value_is_canonical_value_is_compiled_value(tree: Tree, at: dict[str, int]) -> None:
    value = canonical(tree)
    want = compute(tree, at)
    assert substitute(value, at) == want
    assert compiled([value, value])(at) == (want, want)


@examples(200)
@given(trees() | open_trees() | extreme_trees(), sizes())
def test_sizes_can_be_put_in_one_by_one(tree: Tree, at: dict[str, int]) -> None:
    value = canonical(tree)
    for name in NAMES:
        value = substitute(value, {name: at[name]})
    assert type(value) is int
    assert value == compute(tree, at)


@examples(200)
@given(trees(), trees(leaves=3), sizes())
def test_an_expression_can_be_put_in_for_a_symbol(tree: Tree, inner: Tree, at: dict[str, int]) -> None:
    value = substitute(canonical(tree), {"H": canonical(inner)})
    assert substitute(value, at) == compute(tree, {**at, "H": compute(inner, at)})


@examples(400)
@given(trees() | open_trees() | extreme_trees())
def test_a_constant_is_a_plain_int_and_an_expression_never_is_one(tree: Tree) -> None:
    value = canonical(tree)
    if isinstance(value, Expr):
        assert symbols(value)
        assert 0 not in value.terms.values()
        assert set(value.terms) != {()}
    else:
        assert type(value) is int
    assert type(value - value) is int
    assert value - value == 0


@examples(400)
@given(trees())
def test_within_a_floor_coefficients_are_positive_and_below_the_divisor(tree: Tree) -> None:
    for atom in atoms(canonical(tree)):
        if isinstance(atom, Floor):
            assert isinstance(atom.num, Expr)
            assert isinstance(atom.den, int)
            assert all(0 < c < atom.den for c in atom.num.terms.values())


@examples(400)
@given(extreme_trees())
def test_within_a_minimum_or_maximum_no_coefficient_is_negative_and_none_is_in_all(tree: Tree) -> None:
    for atom in atoms(canonical(tree)):
        if isinstance(atom, Extreme):
            terms = [value.terms if isinstance(value, Expr) else {(): value} for value in atom.values]
            assert len(terms) > 1
            assert all(c >= 0 for each in terms for c in each.values())
            assert not set.intersection(*({m for m, c in each.items() if c} for each in terms))


@examples(300)
@given(st.lists(extreme_trees(leaves=4), min_size=1, max_size=4), extreme_trees(leaves=3), st.integers(1, 5), sizes())
def test_laws_of_minima_and_maxima(members: list[Tree], more: Tree, factor: int, at: dict[str, int]) -> None:
    values, shift = [canonical(tree) for tree in members], canonical(more)
    assert least(*values) == least(*reversed(values))
    assert least(*values, *values) == least(*values)
    assert greatest(*(factor * value for value in values)) == factor * greatest(*values)
    numbers = [compute(tree, at) for tree in members]
    shifted = substitute(least(*(value + shift for value in values)), at)
    assert shifted == min(numbers) + compute(more, at)
    assert substitute(greatest(*values), at) == max(numbers)


def test_compiled_takes_arrays() -> None:
    numpy = pytest.importorskip("numpy")
    at = {"H": numpy.arange(1, 100), "W": numpy.arange(101, 200)}
    (got,) = compiled([3 * (H // 4) * W - (H + W) ** 2 // 7])(at)
    assert got.tolist() == [3 * (h // 4) * w - (h + w) ** 2 // 7 for h, w in zip(range(1, 100), range(101, 200))]
    (got,) = compiled([least(H, 7, W // 20) + greatest(H, W - 60)])(at)
    assert got.tolist() == [min(h, 7, w // 20) + max(h, w - 60) for h, w in zip(range(1, 100), range(101, 200))]


def test_compiled_takes_sums_of_many_terms() -> None:
    names = [f"x{i}" for i in range(5000)]
    total = Total()
    for name in names:
        total.add(symbol(name) * 3 + 1)
    assert compiled([total.value, H])({**dict.fromkeys(names, 2), "H": 5}) == (35_000, 5)


def test_compiled_computes_each_floor_once() -> None:
    floor = H * W // 7
    assert compiled([floor, floor * 2, floor * floor + 1, 3])({"H": 5, "W": 4}) == (2, 4, 5, 3)


# Text


@examples(500)
@given(trees() | open_trees() | extreme_trees(), sizes())
def test_text_reads_back_to_the_same_object(tree: Tree, at: dict[str, int]) -> None:
    value = canonical(tree)
    again = eval(str(value), {"min": least, "max": greatest}, dict(SYMBOLS))
    assert again == value
    assert hash(again) == hash(value)
    assert type(again) is type(value)
    assert str(again) == str(value)
    assert eval(str(value), {}, at) == compute(tree, at)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (((H + 1) // 2 + 1) // 2, "(H + 3)//4"),
        ((7 * H + 5) // 3, "2*H + (H + 2)//3 + 1"),
        ((2 * H + 3) // 4, "(H + 1)//2"),
        (-H // 2, "-H + H//2"),
        (-(H // 2), "-(H//2)"),
        (3 - (H + 1) // 2, "-((H + 1)//2) + 3"),
        (W - H // 2, "W - H//2"),
        ((H // 2) ** 2, "(H//2)**2"),
        (-7 // g, "(-7)//g"),
        (-(7 // g), "-(7//g)"),
        (H * g // g, "H"),
        ((H * g + 1) // g, "H + 1//g"),
        ((H // 2 + W // 3) // 5, "(H//2 + W//3)//5"),
        (least(7, H), "min(H, 7)"),
        (least(H + 3, 7), "min(H, 4) + 3"),
        (least(H, 1), "1"),
        (greatest(4 * H, 6), "2*max(2*H, 3)"),
        (greatest(H, W + H), "H + W"),
        (greatest(-H, -3), "-H + max(H, 3) - 3"),
        (least(least(H, 7) + 1, W + 3), "min(H, W + 2, 7) + 1"),
        (H - least(H, 7), "H - min(H, 7)"),
        (least(H, 7) // 2, "min(H, 7)//2"),
        ((H - 1) // least(H, 7), "(H + 6)//7 - 1"),
        ((W + 63) // (2 * greatest(H, W)), "min((W + 63)//(2*H), (W + 63)//(2*W))"),
    ],
)
def test_forms(value: Dim, text: str) -> None:
    assert str(value) == text


def test_a_floor_with_a_minus_before_it_is_not_a_floor_of_a_minus() -> None:
    # Both once had the text -7//g, which also is what floors are told apart by.
    inside, outside = (-7 // g + H) // (W + 1), (-(7 // g) + H) // (W + 1)
    assert inside != outside
    at = {"g": 2, "H": 1, "W": 1}
    assert (substitute(inside, at), substitute(outside, at)) == (-2, -1)


# Laws


@examples(200)
@given(trees(leaves=5), trees(leaves=5), trees(leaves=5))
def test_ring_laws_hold_form_by_form(x: Tree, y: Tree, z: Tree) -> None:
    a, b, c = canonical(x), canonical(y), canonical(z)
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a - b == -(b - a)
    assert a + 0 == a * 1 == a
    assert a * 0 == 0


@examples(200)
@given(trees(leaves=6), trees(leaves=4), st.integers(1, 12), st.integers(1, 12))
def test_floor_identities_hold_form_by_form(x: Tree, y: Tree, d: int, k: int) -> None:
    u, v = canonical(x), canonical(y)
    assert (d * v + u) // d == v + u // d  # whole multiples leave
    assert (k * u + k - 1) // (k * d) == u // d  # a common factor cancels
    assert u % d == u - d * (u // d)
    assert u // 1 == u


@examples(200)
@given(trees(leaves=5), trees(leaves=4), st.integers(1, 9), st.integers(1, 9), sizes())
def test_nested_floors_collapse_to_the_same_value(x: Tree, y: Tree, b: int, d: int, at: dict[str, int]) -> None:
    u, v = canonical(x), canonical(y)
    assert substitute((u // b + v) // d, at) == substitute((u + b * v) // (b * d), at)


def test_a_chain_of_strides_becomes_one_floor() -> None:
    size: Dim = H
    for kernel, pad in ((7, 3), (3, 1), (3, 1), (3, 1), (3, 1)):
        size = (size + 2 * pad - kernel) // 2 + 1
    assert str(size) == "(H + 31)//32"


@examples(200)
@given(open_trees(), sizes())
def test_whole_multiples_leave_an_open_divisor(tree: Tree, at: dict[str, int]) -> None:
    value = canonical(tree)
    assert value * g // g == value
    assert (value * g + H) // g == value + H // g
    assert substitute((value * g + H) // g, {**at, "g": 3}) == compute(tree, at) + at["H"] // 3


def test_an_open_divisor_that_divides_is_gone() -> None:
    assert 6 * H * g // (2 * g) == 3 * H
    assert (H + W) // (H + W) == 1
    assert H * g % g == 0
    assert 0 // g == 0


@given(st.lists(trees(leaves=4), max_size=8), sizes())
def test_total_is_the_sum_and_product_the_product(drawn: list[Tree], at: dict[str, int]) -> None:
    values = [canonical(tree) for tree in drawn]
    total = Total()
    for value in values:
        total.add(value)
    want: Dim = 0
    for value in values:
        want = want + value
    assert total.value == want
    assert total.value == want  # reading it changes nothing
    times = 1
    for tree in drawn[:4]:
        times *= compute(tree, at)
    assert substitute(product(values[:4]), at) == times


# What is refused


@pytest.mark.parametrize("divisor", [0, -1])
def test_error_divisor_that_is_not_positive(divisor: int) -> None:
    with pytest.raises(ZeroDivisionError, match=f"^a size is divided by {divisor}; a divisor is 1 or more$"):
        H // divisor
    with pytest.raises(ZeroDivisionError, match="divisor is 1 or more"):
        substitute(H // (W - 3), {"W": 3 + divisor})


def test_error_truth_value() -> None:
    with pytest.raises(TypeError, match=r"^an open size has no truth value; ask cnncalc.symbolic.decide$"):
        bool(H)


def test_error_negative_power() -> None:
    with pytest.raises(ValueError, match=r"^a size has the power -1; a power is 0 or more$"):
        H**-1


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod])
def test_error_other_types(operation: Any) -> None:
    for left, right in ((H, 2.5), (2.5, H), (H, "2"), (None, H)):
        with pytest.raises(TypeError):
            operation(left, right)


def test_equality_is_of_the_form_and_hashes_agree() -> None:
    assert H != 1
    assert H != "H"
    assert H + W == W + H
    assert len({H + W, W + H, H * W, W * H, 3}) == 3
    assert symbol("H") in {H}


def nested(levels: int) -> Dim:
    value: Dim = H
    for i in range(levels):
        value = floor_div(2 * value + i % 2, 3)
    return value


def doubled(levels: int) -> Dim:
    """Each level is size + size//2, and its text is twice as long."""
    value: Dim = H
    for _ in range(levels):
        value = 3 * value // 2
    return value


def test_deep_floors_are_computed_shown_and_searched() -> None:
    value = nested(DEEPEST)
    want = 10**40
    for i in range(DEEPEST):
        want = (2 * want + i % 2) // 3
    assert substitute(value, {"H": 10**40}) == compiled([value])({"H": 10**40})[0] == want
    assert symbols(value) == {"H"}


def test_error_deeper_floors_end_instead_of_growing_without_bound() -> None:
    message = "^a size nests too many floor divisions to be written out$"
    with pytest.raises(OverflowError, match=message):
        nested(DEEPEST + 1)
    with pytest.raises(OverflowError, match=message):
        doubled(60)
