"""Each decision against a scan over sizes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import reduce
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.symbolic.decide import (
    Proved,
    Solutions,
    Undecided,
    Witness,
    always_at_least,
    bounds,
    equal,
    inverse,
    smallest,
    solutions,
)
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbol, symbols
from cnncalc.symbolic.expr import greatest as maximum
from cnncalc.symbolic.expr import least as minimum
from cnncalc.symbolic.scan import Shape, shape_of

from .trees import SYMBOLS, Tree, compute, examples, extreme_trees, linear_trees, open_trees, sizes, trees

H, W, C, g, N = symbol("H"), symbol("W"), symbol("C"), symbol("g"), symbol("N")
HUGE = 10**15


def canonical(tree: Tree) -> Dim:
    value: Dim = compute(tree, SYMBOLS)
    return value


# The fact that proofs rest on


@examples(300)
@given(trees(leaves=6, divisor=6), sizes())
def test_a_value_is_a_polynomial_on_each_residue_class(tree: Tree, at: dict[str, int]) -> None:
    shape = shape_of(canonical(tree))
    assert shape is not None
    for name, (period, degree, step, start) in shape.items():
        first = max(at[name], start)
        line = [compute(tree, {**at, name: first + period * t}) for t in range(degree + 4)]
        if step is not None:
            assert all(b - a == step for a, b in pairwise(line))
        for _ in range(degree + 1):
            line = [b - a for a, b in pairwise(line)]
        assert not any(line)


def test_a_period_is_no_longer_than_the_steps_ask() -> None:
    assert shape_of(H % 64 + W) == {"H": Shape(64, 0, 0), "W": Shape(1, 1, 1)}
    assert shape_of((H % 64) // 52) == {"H": Shape(64, 0, 0)}
    assert shape_of(3 * (H // 2) // 6) == {"H": Shape(4, 1, 1)}
    assert shape_of((H * H) // 6) == {"H": Shape(6, 2, None)}
    assert shape_of(H // g) is None
    assert shape_of(minimum(H, 8)) == {"H": Shape(1, 1, None, 8)}
    assert shape_of(minimum(H, W)) is None


# Bounds


@examples(500)
@given(trees() | open_trees() | extreme_trees(), sizes(), sizes())
def test_bounds_hold_every_value(tree: Tree, least: dict[str, int], more: dict[str, int]) -> None:
    value = compute(tree, {name: least[name] + more[name] - 1 for name in least})
    low, high = bounds(canonical(tree), least)
    assert low is None or low <= value
    assert high is None or high >= value
    low, high = bounds(canonical(tree))
    assert low is None or low <= value
    assert high is None or high >= value


@examples(200)
@given(st.integers(0, 9), st.integers(0, 99), st.integers(1, 9), st.integers(1, 9), sizes())
def test_bounds_are_reached_without_minus_and_repetition(a: int, b: int, c: int, d: int, least: dict[str, int]) -> None:
    value = a * ((H * W + b) // d) + c * C
    assert bounds(value, least) == (substitute(value, least), None)


@pytest.mark.parametrize(
    ("value", "least", "want"),
    [
        (7, None, (7, 7)),
        (H, None, (1, None)),
        (H, {"H": 224}, (224, None)),
        (3 - H, None, (None, 2)),
        ((H - 7) // 2 + 1, None, (-2, None)),
        ((H - 7) // 2 + 1, {"H": 7}, (1, None)),
        (H % 8, None, (0, 7)),
        (H - H // 2, None, (1, None)),
        ((H + 5) // 2 - H // 2, None, (2, 3)),
        (5 + H // 3 - (H + 1) // 3 - W % 4, None, (1, 5)),
        (7 // g, None, (0, 7)),
        (-7 // g, None, (-7, -1)),
        ((-7 // g) ** 2, None, (1, 49)),
        ((-7 // g) * (5 // g), None, (-35, 0)),
        ((-H // g) * H, None, (None, None)),
        (0 * H, None, (0, 0)),
        (minimum(H, 7), None, (1, 7)),
        (minimum(H, W) + 1, {"H": 5}, (2, None)),
        (maximum(H, 7) * 2, None, (14, None)),
        (H - minimum(H, 7), None, (0, None)),
        (maximum(H, W) - W, None, (0, None)),
        (minimum(H, 7) - H, None, (None, 0)),
    ],
)
def test_bounds(value: Dim, least: dict[str, int] | None, want: tuple[int | None, int | None]) -> None:
    assert bounds(value, least) == want


@examples(300)
@given(trees(leaves=6) | open_trees() | linear_trees() | extreme_trees(leaves=6), st.integers(-9, 9))
def test_always_at_least_agrees_with_a_scan(tree: Tree, least: int) -> None:
    verdict = always_at_least(canonical(tree), least)
    names = sorted(symbols(canonical(tree)))
    grid = [dict(zip(names, numbers)) for numbers in product(range(1, 10), repeat=len(names))]
    grid += [dict.fromkeys(names, n) for n in (*range(10, 100), 10**6, HUGE)]
    scan = min(compute(tree, {"H": 1, "W": 1, "C": 1, **at}) for at in grid)
    if verdict is True:
        assert scan >= least
    if verdict is False:
        low, _ = bounds(canonical(tree))
        assert low is None or low < least
    if all(compute(tree, dict.fromkeys("HWC", n)) < least for n in range(1, 17)):
        assert verdict is False


@examples(200)
@given(linear_trees(), st.integers(-9, 9))
def test_always_at_least_is_decided_in_one_symbol(tree: Tree, least: int) -> None:
    verdict = always_at_least(canonical(tree), least)
    assume(verdict is not None)  # a long period
    scan = [compute(tree, {"H": n}) for n in [*range(1, 2000), *range(HUGE, HUGE + 500)]]
    assert verdict is (min(scan) >= least)


def test_always_at_least_by_residue_classes_and_by_differences() -> None:
    assert always_at_least(3 * (H // 3) - H + 2, 0) is True
    assert always_at_least(3 * (H // 3) - H + 1, 0) is False
    assert always_at_least(H * H - 2 * H + 1, 0) is True
    assert always_at_least(HUGE * (H // HUGE) - H + 7, 0) is False
    assert always_at_least((H - 20) ** 2, 0) is None  # it falls before it rises
    assert always_at_least(10**6 - H, 0) is False
    assert always_at_least(H * W - H - W + 1, 0) is None


# Equality


@examples(300)
@given(
    trees(leaves=6, divisor=4) | open_trees() | extreme_trees(leaves=6),
    trees(leaves=6, divisor=4) | open_trees() | extreme_trees(leaves=6),
)
def test_verdicts_agree_with_a_scan(left: Tree, right: Tree) -> None:
    check_equal(left, right)


@examples(300)
@given(trees(leaves=7, divisor=5), st.integers(1, 5), st.integers(0, 3))
def test_the_same_value_in_another_form_is_never_refuted(tree: Tree, d: int, slip: int) -> None:
    # Hermite: the sum of (u + i)//d for i = 0..d-1 is u.
    parts: list[Tree] = [("//", ("+", tree, i + slip * (i == d - 1)), d) for i in range(d)]
    verdict = check_equal(tree, reduce(lambda a, b: ("+", a, b), parts))
    if not slip:
        assert not isinstance(verdict, Witness)


def check_equal(left: Tree, right: Tree) -> Proved | Witness | Undecided:
    verdict = equal(canonical(left), canonical(right))
    if isinstance(verdict, Witness):
        assert verdict.left == compute(left, {"H": 1, "W": 1, "C": 1, **verdict.sizes})
        assert verdict.right == compute(right, {"H": 1, "W": 1, "C": 1, **verdict.sizes})
        assert verdict.left != verdict.right
    if isinstance(verdict, Proved):
        for numbers in product((*range(1, 8), 30, 31, 1001), repeat=3):
            at = dict(zip("HWC", numbers))
            assert compute(left, at) == compute(right, at)
    return verdict


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (5, 5),
        (H, H),
        (C // g, C // g),
        (H, H // 2 + (H + 1) // 2),
        (H, sum((H + i) // 64 for i in range(64))),
        (H * W, (H // 2 + (H + 1) // 2) * (W // 3 + (W + 1) // 3 + (W + 2) // 3)),
        (2 * ((H // 2) ** 2), (H // 2) * (H - H % 2)),
        (((H % 7) * (H % 7 - 7)) // 100, -1 * ((H % 7 + 6) // 7)),
        (C // g + H // 2 + (H + 1) // 2, C // g + H),
        (minimum(H, 7) + maximum(H, 7), H + 7),
        (maximum(minimum(H, 9), 4), minimum(maximum(H, 4), 9)),
        (minimum(H // 2, 3 * (H // 8)) * W, (H // 2 - maximum(H // 2 - 3 * (H // 8), 0)) * W),
        (minimum(H, 7) * ((H - 1) // 7), 7 * ((H - 1) // 7)),
    ],
)
def test_proved(left: Dim, right: Dim) -> None:
    assert isinstance(equal(left, right), Proved)


@pytest.mark.parametrize(
    ("left", "right", "witness"),
    [
        (3, 4, Witness({}, 3, 4)),
        (H, H + 1, Witness({"H": 1}, 1, 2)),
        (16 * (H // 16), H, Witness({"H": 1}, 0, 1)),
        (H // 32, 0, Witness({"H": 32}, 1, 0)),
        (H // HUGE, 0, Witness({"H": HUGE}, 1, 0)),
        (H * W, W * W, Witness({"H": 1, "W": 3}, 3, 9)),
        (C // g * g, C, Witness({"C": 5, "g": 4}, 4, 5)),
        (7 // (H - 2), 7, Witness({"H": 4}, 3, 7)),
        (minimum(H, 40) + maximum(W, 3), H + W + 2, Witness({"H": 1, "W": 2}, 4, 5)),
        (7 // (H - 2) + 1, 7 // (H - 2), Witness({"H": 3}, 8, 7)),
    ],
)
def test_witness(left: Dim, right: Dim, witness: Witness) -> None:
    got = equal(left, right)
    assert isinstance(got, Witness)
    names = symbols(left) | symbols(right)
    assert set(got.sizes) == names
    assert (got.left, got.right) == (substitute(left, got.sizes), substitute(right, got.sizes))
    if len(names) < 2:
        assert got == witness


def test_a_witness_far_out_is_found_by_the_grid() -> None:
    assert equal((H % 64) // 52, (H % 64) // 51) == Witness({"H": 51}, 0, 1)
    # No try is at 41.
    left, right = (H % 64 + 23) // 64 * (W % 5), (H % 64 + 22) // 64 * (W % 5)
    assert equal(left, right) == Witness({"H": 41, "W": 1}, 1, 0)
    assert isinstance(equal(left, (H % 64 + 23) // 64 * W - (H % 64 + 23) // 64 * 5 * (W // 5)), Proved)


def test_a_witness_beyond_the_first_sizes_of_a_class_is_found() -> None:
    # 0 but for the last residue modulo 64, and there only from the third size on.
    last, t = (H % 64 + 1) // 64, H // 64
    assert equal(last * t * (t - 1), 0) == Witness({"H": 191}, 2, 0)


def test_undecided() -> None:
    assert equal(C * g // (C * g + 1), 0) == Undecided("a divisor is open")
    assert equal((H + 1) // HUGE * (W // 2), (H + 1) // HUGE * ((W + 1) // 2 - W % 2)) == Undecided(
        "a proof would have to look at too many sizes"
    )
    assert equal(minimum(H, W) + maximum(H, W), H + W) == Undecided(
        "a minimum or maximum is not followed to where it settles"
    )


# Solutions


def scanned(left: Tree, right: Tree, name: str, stop: int) -> set[int]:
    return {n for n in range(1, stop) if compute(left, {name: n}) == compute(right, {name: n})}


@examples(400)
@given(linear_trees(), linear_trees())
def test_solutions_agree_with_a_scan(left: Tree, right: Tree) -> None:
    got = solutions(canonical(left), canonical(right))
    assume(got is not None and symbols(canonical(left)) | symbols(canonical(right)))
    assert got is not None
    want = scanned(left, right, "H", 300)
    assert {n for n in range(1, 300) if n in got} == want
    for n in [1, *sorted(want)[:5]]:
        assert got.smallest(n) == min((m for m in want if m >= n), default=got.smallest(300))
    for n in got.points:
        assert compute(left, {"H": n}) == compute(right, {"H": n})
    assert isinstance(got.words(), str)


@examples(200)
@given(trees(names=("H",), leaves=7), st.integers(0, 60))
def test_solutions_of_any_degree_agree_with_a_scan(tree: Tree, target: int) -> None:
    value = canonical(tree)
    assume(isinstance(value, Expr))
    got = inverse(value, target)
    assume(got is not None)
    assert got is not None
    assert {n for n in range(1, 300) if n in got} == scanned(tree, target, "H", 300)


@examples(100)
@given(st.integers(-99, 99), st.integers(1, 40), st.integers(0, 30))
def test_inverse_of_one_floor(a: int, d: int, v: int) -> None:
    got = inverse((H + a) // d, v)
    assert got is not None
    assert got.points == {n for n in range(d * v - a, d * v - a + d) if n >= 1}
    assert not got.residues


@examples(200)
@given(st.integers(-60, 60), st.integers(1, 5), st.integers(0, 5), st.integers(-2, 2), st.integers(-20, 20))
def test_numbers_over_an_open_divisor(c: int, a: int, b: int, k: int, target: int) -> None:
    left = c // (a * H + b) + k * (H // 3)
    assume(isinstance(left, Expr))
    got = solutions(left, target)
    assert got is not None
    assert {n for n in range(1, 300) if n in got} == {
        n for n in range(1, 300) if c // (a * n + b) + k * (n // 3) == target
    }


@examples(200)
@given(
    st.integers(1, 12),
    st.sets(st.integers(0, 30)),
    st.integers(1, 40),
    st.sets(st.integers(1, 60)),
    st.integers(1, 12),
    st.sets(st.integers(0, 30)),
)
def test_solutions_have_a_normal_form(
    period: int, residues: set[int], start: int, points: set[int], other: int, more: set[int]
) -> None:
    got = Solutions.of("H", period, residues, start, points)
    remainders = {n % period for n in residues}
    want = {n for n in range(1, 400) if n in points or (n >= start and n % period in remainders)}
    assert {n for n in range(400) if n in got} == want
    assert got.smallest(17) == min((n for n in want if n >= 17), default=None)
    # The same set, told with a longer period and a later start.
    late = start + 7
    again = Solutions.of(
        "H",
        period * other,
        {n for n in range(period * other) if n % period in remainders},
        late,
        {n for n in want if n < late} | points,
    )
    assert again == got
    third = Solutions.of("H", other, more)
    same = all((n in got) == (n in third) for n in range(1, 400))
    assert (third == got) == same


@examples(100)
@given(
    st.lists(st.integers(0, 11), max_size=4),
    st.integers(1, 20),
    st.sets(st.integers(1, 30)),
    st.lists(st.integers(0, 8), max_size=4),
    st.integers(1, 20),
    st.sets(st.integers(1, 30)),
)
def test_both_sets_at_once(a: list[int], b: int, c: set[int], d: list[int], e: int, f: set[int]) -> None:
    left, right = Solutions.of("H", 12, a, b, c), Solutions.of("H", 9, d, e, f)
    both = left.both(right)
    assert both is not None
    assert [n for n in range(200) if n in both] == [n for n in range(200) if n in left and n in right]
    assert left.both(Solutions.of("H", 1_000_003, [0])) is None


def test_membership_is_of_positive_ints() -> None:
    even = Solutions.of("H", 2, [0])
    assert 4 in even
    assert 0 not in even
    assert -2 not in even
    assert "4" not in even


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (16 * (H // 16), H, "H is a multiple of 16"),
        (H % 2, 1, "H is odd"),
        (H % 2, 0, "H is even"),
        (2 * (H // 2), H, "H is even"),
        (H % 16, 3, "H is 3 more than a multiple of 16"),
        (H % 16, 15, "H is 1 less than a multiple of 16"),
        (2 * (H // 4), H // 2, "H is 0 or 1 more than a multiple of 4"),
        (2 * (H // 16), H // 8, "H is 0 to 7 more than a multiple of 16"),
        ((H + 3) // 4, H // 4 + 1, "H is not a multiple of 4"),
        ((H + 2) // 4 + (H + 1) // 4, (H + 2) // 4 + (H + 2) // 4, "H is not 2 more than a multiple of 4"),
        ((H + 31) // 32, 2, "H is 33 to 64"),
        (H, 7, "H is 7"),
        ((H + 1) // 2, 4, "H is 7 or 8"),
        (H // 32, 0, "H is 1 to 31"),
        (H, H, "any H"),
        (H + 1, H, "no H"),
        (2 * H, 7, "no H"),
        (H + 7, 7, "no H"),
        (31 // H, 0, "H is 32 or more"),
        (31 // H + H % 4, 0, "H is a multiple of 4, from 32 on"),
        (768 % g, 0, "g divides 768"),
        (4 % g, 0, "g is 1, 2 or 4"),
        (7 % g, 0, "g is 1 or 7"),
        (-100 // g, -7, "g is 15 or 16"),
        (W + H, W + 7, "H is 7"),
        (64 * ((H + 31) // 32) ** 2, 64 * 49, "H is 193 to 224"),
        (HUGE * H, HUGE * HUGE, f"H is {HUGE}"),
        (minimum(H, 7) * ((H + 6) // 7), H, "H is a multiple of 7, or is 1 to 6"),
        (minimum(H, 7), 7, "H is 7 or more"),
        (maximum(H, 7), 7, "H is 1 to 7"),
    ],
)
def test_words(left: Dim, right: Dim, words: str) -> None:
    got = solutions(left, right)
    assert got is not None
    assert got.words() == words


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (Solutions.of("H", points=[1, 2, 3, 7, 9, 10]), "H is 1 to 3, 7, 9 or 10"),
        (Solutions.of("H", points=range(3, 90, 3)), "H is one of 29 sizes from 3 to 87"),
        (Solutions.of("H", 16, [0], points=[7]), "H is a multiple of 16, or is 7"),
        (Solutions.of("H", 8, [1, 5], 9), "H is 1 more than a multiple of 4, from 9 on"),
        (Solutions.of("H", 64, [n * n for n in range(8)]), "H divided by 64 leaves 0, 1, 4, 9 or one of 4 more"),
    ],
)
def test_words_for_sets(got: Solutions, words: str) -> None:
    assert got.words() == words


@examples(100)
@given(st.lists(st.integers(-6, 6), min_size=1, max_size=4), st.integers(1, 4), st.integers(0, 8))
def test_powers_of_one_size(coefficients: list[int], divisor: int, more: int) -> None:
    """Brute force: past the sum of the coefficients a polynomial keeps the sign of its first one."""

    def at(n: Any) -> Any:
        power, total = 1, -more
        for coefficient in coefficients:
            power = power * n
            total = total + coefficient * power
        return total - (n * n + n) // divisor

    assume(isinstance(at(H), Expr))
    got = solutions(at(H), 0)
    assert got is not None
    assert {n for n in range(1, 200) if n in got} == {n for n in range(1, 200) if at(n) == 0}


def test_a_product_of_sizes() -> None:
    even = solutions(H * W, 2 * (H * W // 2))
    assert even is not None
    assert even.words() == "H*W is even"
    area = solutions(3 * H * W, 3072)
    assert area is not None
    assert (area.words(), 1024 in area, 1023 in area) == ("H*W is 1024", True, False)
    assert solutions(H * W, 2 * (W // 2)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (H, W),
        (H // g, 2),
        (H // HUGE, 3),  # 10**15 sizes
        (H % 4097, 3),
        (3, 3),
        (H * g // (g * g + 1), 3),
    ],
)
def test_solutions_that_are_not_decided(left: Dim, right: Dim) -> None:
    assert solutions(left, right) is None


# The smallest sizes


def scanned_smallest(
    requirements: list[Tree], equations: list[tuple[Tree, Tree]], names: list[str], stop: int
) -> dict[str, int] | None:
    for numbers in sorted(product(range(1, stop), repeat=len(names)), key=lambda n: (sum(n), n)):
        at = dict(zip(names, numbers))
        if meets(requirements, equations, at):
            return at
    return None


def meets(requirements: list[Tree], equations: list[tuple[Tree, Tree]], at: dict[str, int]) -> bool:
    at = {"H": 1, "W": 1, "C": 1, **at}
    return all(compute(tree, at) >= 0 for tree in requirements) and all(
        compute(left, at) == compute(right, at) for left, right in equations
    )


def check_smallest(requirements: list[Tree], equations: list[tuple[Tree, Tree]], stop: int, least_sum: int) -> None:
    values = [canonical(tree) for tree in requirements]
    sides = [(canonical(left), canonical(right)) for left, right in equations]
    names = sorted(set().union(*map(symbols, values), *(symbols(side) for pair in sides for side in pair)))
    got = smallest(values, sides)
    want = scanned_smallest(requirements, equations, names, stop)
    if got is None:
        assert want is None
        return
    assert sorted(got) == names
    assert meets(requirements, equations, got)
    if want is None:
        assert max(got.values()) >= stop
    elif sum(want.values()) < stop + len(names) - 1:  # every smaller sum lies within the scan
        assert got == want
    else:
        assert sum(got.values()) <= sum(want.values())


@examples(200)
@given(st.lists(linear_trees(), max_size=3), st.lists(st.tuples(linear_trees(), linear_trees()), max_size=2))
def test_smallest_of_one_symbol_agrees_with_a_scan(
    requirements: list[Tree], equations: list[tuple[Tree, Tree]]
) -> None:
    check_smallest(requirements, equations, 400, 400)


two = trees(names=("H", "W"), leaves=4, divisor=4)


@examples(200)
@given(st.lists(two, max_size=3), st.lists(st.tuples(two, two), max_size=2))
def test_smallest_of_two_symbols_agrees_with_a_scan(
    requirements: list[Tree], equations: list[tuple[Tree, Tree]]
) -> None:
    check_smallest(requirements, equations, 30, 30)


@examples(100)
@given(st.lists(trees(leaves=4, divisor=4), max_size=3))
def test_smallest_of_three_symbols_agrees_with_a_scan(requirements: list[Tree]) -> None:
    check_smallest(requirements, [], 12, 12)


@examples(100)
@given(st.lists(open_trees(), max_size=2), st.lists(st.tuples(open_trees(), open_trees()), max_size=1))
def test_smallest_sizes_violate_nothing(requirements: list[Tree], equations: list[tuple[Tree, Tree]]) -> None:
    got = smallest([canonical(t) for t in requirements], [(canonical(a), canonical(b)) for a, b in equations])
    if got is not None:
        assert meets(requirements, equations, got)


@pytest.mark.parametrize(
    ("requirements", "equations", "want"),
    [
        ([], [], {}),
        ([3], [(4, 4)], {}),
        ([-1], [], None),
        ([], [(H, H + 1)], None),
        ([H], [(W, W)], {"H": 1, "W": 1}),
        ([(H - 7) // 2], [], {"H": 7}),
        ([H - 40], [(16 * (H // 16), H)], {"H": 48}),
        ([H - 5, W - 9], [(H // 2, W // 2)], {"H": 8, "W": 9}),
        ([H * W - 5], [], {"H": 2, "W": 3}),
        ([10 - H], [(H % 4, 3)], {"H": 3}),
        ([H + W - 10, H + W % 2], [], {"H": 1, "W": 9}),  # H is solved for, and W drawn
        ([10 - H, H - 11], [], None),
        ([H - 9, 8 - H // 2], [(H % 16, 0)], {"H": 16}),
        ([], [(H % 7, 3), (H % 5, 2), (H % 9, 4)], {"H": 157}),
        ([], [(H % 4, 1), (H % 6, 2)], None),
        ([H // HUGE - 3], [], {"H": 3 * HUGE}),
        ([], [(H // HUGE, 3)], {"H": 3 * HUGE}),
        ([], [(64 * (H // 32) * (W // 32), 25088)], {"H": 448, "W": 896}),
        ([H * W - 10**6], [(W % 16, 0)], {"H": 977, "W": 1024}),
        ([H - 2 * (H // 3) - 1000], [], {"H": 2996}),
        ([W - H - 3, N * C - 10], [(C, 3)], {"C": 3, "H": 1, "N": 4, "W": 4}),
        ([g - 5], [(768 % g, 0)], {"g": 6}),
        ([7 // (H - 5) - 1], [], {"H": 6}),
        ([], [(C % g, 0), (C, 3 * g + 1)], {"C": 4, "g": 1}),
        ([], [(2 * H, 2 * W + 1)], None),
        ([], [(7 // (H - 5) + H, 7 // (H - 5) + 3)], None),  # a divisor is not positive at the only one
    ],
)
def test_smallest(requirements: list[Dim], equations: list[tuple[Dim, Dim]], want: dict[str, int] | None) -> None:
    assert smallest(requirements, equations) == want


# Bounded work


def big(count: int) -> Dim:
    return sum((symbol(f"x{i}") * (symbol(f"y{i}") // (i + 2)) for i in range(count)), 0)


def deep() -> Dim:
    value: Dim = H
    for i in range(99):
        value = (2 * value + i) // 3
    return value


def in_turn(depth: int) -> Dim:
    """Minima within maxima within minima."""
    value: Dim = H
    for i in range(depth):
        value = minimum(2 * maximum(value, W + i), C + 3 * i) + (H + i) // 3
    return value


@pytest.mark.parametrize(
    "ask",
    [
        lambda: equal((H + 1) // HUGE, (H + 2) // HUGE),
        lambda: equal((H // 97) * (W // 89), (H // 89) * (W // 97) + C // 83 * 0),
        lambda: equal(sum(((H + i) // 300 for i in range(300)), 0), H),
        lambda: equal(H**200 * (H // 3) * 2, H**200 * (2 * H // 3)),
        lambda: equal(big(300) * H, big(300) * (H // 2 + (H + 1) // 2)),
        lambda: equal(deep(), deep() + H // 2 - H // 3),
        lambda: solutions(H - 2 * (H // HUGE), 7),
        lambda: solutions(H - (H // 61) * 67 + H // 67, 40),
        lambda: solutions(HUGE % g, 0),
        lambda: inverse(deep(), 100),
        lambda: always_at_least(H**2000 * W**2000 - HUGE**5 * (H // HUGE), 0),
        lambda: always_at_least(big(300) - H, 3),
        lambda: smallest([2 * (H // HUGE) - H], []),
        lambda: smallest([H * W * C - 10**9], []),
        lambda: smallest([], [(2 * H + 4 * C, 2 * W + 1)]),
        lambda: smallest([], [(H % 1009, 0), (H % 1013, 5)]),
        lambda: smallest([], [(H % 16, 0), (H % 2, 1)]),
        lambda: smallest([big(300) - 10**9], []),
        lambda: smallest([deep() - 100], [(deep(), 100 + H % 2)]),
        lambda: bounds(deep() - 2 * deep() // 3),
        lambda: equal(in_turn(20), in_turn(21)),
        lambda: smallest([in_turn(20) - 1000], [(minimum(H % 97, W % 89, 50), 7)]),
        lambda: minimum(*(sum((minimum(H + i, W * j) for j in range(1, 9)), 0) - i for i in range(40))),
        lambda: solutions(minimum(H // 4093, maximum(H // 4091, H - HUGE)), 8),
    ],
)
def test_each_answer_comes_soon(ask: Callable[[], Any]) -> None:
    start = time.process_time()
    ask()
    assert time.process_time() - start < 2
