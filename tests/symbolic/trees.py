"""Arithmetic drawn at random, to be computed on numbers and on symbols alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

from cnncalc.symbolic.expr import Dim, Expr, greatest, least, symbol

Tree: TypeAlias = Any
"""A name, a number, or (operator, left, right)."""

NAMES = ("H", "W", "C")
SYMBOLS: dict[str, Dim] = {name: symbol(name) for name in NAMES}


def examples(count: int) -> settings:
    """How many trees a test draws. A search that ends at its bound has no deadline beside it."""
    return settings(max_examples=count, deadline=None)


def compute(tree: Tree, values: Mapping[str, Any]) -> Any:
    """The tree's value with Python's own operators."""
    if isinstance(tree, str):
        return values[tree]
    if isinstance(tree, int):
        return tree
    operator, left, right = tree
    a, b = compute(left, values), compute(right, values)
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if operator in ("min", "max"):
        if isinstance(a, Expr) or isinstance(b, Expr):
            return least(a, b) if operator == "min" else greatest(a, b)
        return min(a, b) if operator == "min" else max(a, b)
    return a // b


def numbers(least: int = -9) -> st.SearchStrategy[int]:
    return st.integers(least, 12)


def trees(names: tuple[str, ...] = NAMES, leaves: int = 8, divisor: int = 8) -> st.SearchStrategy[Tree]:
    """Trees of + - * and // by positive numbers."""

    def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return (
            st.tuples(st.sampled_from("+-"), inner, inner)
            | st.tuples(st.just("*"), inner, inner)
            | st.tuples(st.just("*"), inner, numbers())
            | st.tuples(st.just("//"), inner, st.integers(1, divisor))
            | st.tuples(st.just("//"), inner, st.integers(1, divisor))
        )

    return st.recursive(st.sampled_from(names) | numbers(), grown, max_leaves=leaves)


def open_trees() -> st.SearchStrategy[Tree]:
    """Trees that divide by symbols as well, by what is positive at all sizes."""
    symbol_or_number = st.sampled_from(NAMES) | st.integers(1, 6)
    positive = st.recursive(
        symbol_or_number, lambda inner: st.tuples(st.sampled_from("+*"), inner, inner), max_leaves=3
    )

    def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return st.tuples(st.sampled_from("+-*"), inner, inner) | st.tuples(st.just("//"), inner, positive)

    return st.recursive(st.sampled_from(NAMES) | numbers(), grown, max_leaves=8)


def extreme_trees(names: tuple[str, ...] = NAMES, leaves: int = 8) -> st.SearchStrategy[Tree]:
    """Trees with minima and maxima as well, among divisors too."""
    positive = st.tuples(
        st.sampled_from(["min", "max"]), st.sampled_from(names), st.sampled_from(names) | st.integers(1, 9)
    )

    def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return (
            st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner)
            | st.tuples(st.just("//"), inner, st.integers(1, 6) | positive)
            | st.tuples(st.sampled_from(["min", "max"]), inner, inner)
            | st.tuples(st.sampled_from(["min", "max"]), inner, inner)
        )

    return st.recursive(st.sampled_from(names) | numbers(), grown, max_leaves=leaves)


def linear_trees(name: str = "H") -> st.SearchStrategy[Tree]:
    """Trees in one symbol of + - // and times numbers: straight lines on each residue class."""

    def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return (
            st.tuples(st.sampled_from("+-"), inner, inner)
            | st.tuples(st.just("*"), inner, st.integers(-3, 4))
            | st.tuples(st.just("//"), inner, st.integers(1, 6))
            | st.tuples(st.sampled_from(["min", "max"]), inner, inner)
        )

    return st.recursive(st.just(name) | numbers(), grown, max_leaves=6)


def sizes(names: tuple[str, ...] = NAMES) -> st.SearchStrategy[dict[str, int]]:
    size = st.integers(1, 40) | st.integers(1, 10**6)
    return st.fixed_dictionaries(dict.fromkeys(names, size))
