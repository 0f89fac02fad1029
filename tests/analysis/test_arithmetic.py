"""The convention `arithmetic`: what it counts is what plain loops over numbers do that count themselves."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.conventions import convention

COUNTS = Counter[str]()


class Number:
    """A number that notes each operation on it."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __add__(self, other: Number) -> Number:
        return noted("additions", self.value + other.value)

    __sub__ = __add__

    def __mul__(self, other: Number) -> Number:
        return noted("multiplications", self.value * other.value)

    def __truediv__(self, other: Number) -> Number:
        return noted("divisions", self.value / other.value)


def noted(kind: str, value: float) -> Number:
    COUNTS[kind] += 1
    return Number(value)


def larger(a: Number, b: Number) -> Number:
    return noted("comparisons", max(a.value, b.value))


def exp(a: Number) -> Number:
    return noted("exponentials", math.exp(min(a.value, 1)))


def root(a: Number) -> Number:
    return noted("square_roots", math.sqrt(abs(a.value)))


ONE = Number(1)


def total(numbers: Iterable[Number]) -> Number:
    return reduce(Number.__add__, numbers)


def numbers(count: int) -> list[Number]:
    return [Number(1 + i / 7) for i in range(count)]


def conv(bias: bool) -> None:
    # 2 x 6 x 5, 4 filters of 3 x 3 in 2 groups, stride 2: 4 x 2 x 2
    for _ in range(4 * 2 * 2):
        out = total(a * b for a, b in zip(numbers(9), numbers(9)))
        if bias:
            out + ONE


def linear(rows: int, inputs: int, outputs: int, bias: bool = True) -> None:
    for _ in range(rows * outputs):
        out = total(a * b for a, b in zip(numbers(inputs), numbers(inputs)))
        if bias:
            out + ONE


def softmax(rows: int, size: int) -> None:
    for _ in range(rows):
        row = numbers(size)
        largest = reduce(larger, row)
        powers = [exp(x - largest) for x in row]
        whole = total(powers)
        for power in powers:
            power / whole


def by_statistics(rows: int, size: int, affine: bool) -> None:
    for _ in range(rows):
        row = numbers(size)
        mean = total(row) / ONE
        apart = [x - mean for x in row]
        deviation = root(total(x * x for x in apart) / ONE + ONE)
        for x in apart:
            out = x / deviation
            if affine:
                out * ONE + ONE


def batch_norm(channels: int, positions: int) -> None:
    for _ in range(channels):
        deviation = root(ONE + ONE)
        for x in numbers(positions):
            (x - ONE) / deviation * ONE + ONE


def pooled(windows: Iterable[int], join: Callable[[list[Number]], Any]) -> None:
    for size in windows:
        join(numbers(size))


def sigmoid(x: Number) -> Number:
    return ONE / (ONE + exp(x))


def tanh(x: Number) -> Number:
    return ONE - ONE / (exp(x * ONE) + ONE)


def each(count: int, function: Callable[[Number], Any]) -> None:
    for x in numbers(count):
        function(x)


def attention(queries: int, keys: int, width: int, value: int, heads: int, scaled: bool = True) -> None:
    for _ in range(heads):
        for _ in range(queries * width if scaled else 0):
            ONE * ONE
        linear(queries, width, keys, False)
        softmax(queries, keys)
        linear(queries, keys, value, False)


def multi_head(length: int, width: int, heads: int, mean: bool) -> None:
    linear(length, width, 4 * width)
    attention(length, length, width // heads, width // heads, heads)
    for _ in range(length * length if mean else 0):
        total(numbers(heads)) / ONE


def lstm(steps: int, features: int, hidden: int) -> None:
    for _ in range(steps):
        for _ in range(4 * hidden):
            mine = total(a * b for a, b in zip(numbers(features), numbers(features))) + ONE
            mine + (total(a * b for a, b in zip(numbers(hidden), numbers(hidden))) + ONE)
        for _ in range(hidden):
            forget, enter, out = sigmoid(ONE), sigmoid(ONE), sigmoid(ONE)
            cell = forget * ONE + enter * tanh(ONE)
            out * tanh(cell)


def gru(steps: int, features: int, hidden: int) -> None:
    for _ in range(steps):
        for _ in range(3 * hidden):
            mine = total(a * b for a, b in zip(numbers(features), numbers(features))) + ONE
            mine + (total(a * b for a, b in zip(numbers(hidden), numbers(hidden))) + ONE)
        for _ in range(hidden):
            sigmoid(ONE)
            update = sigmoid(ONE)
            new = tanh(ONE)
            ONE * ONE  # the reset gate
            (ONE - update) * new + update * ONE


WORKED: dict[str, Callable[[], None]] = {
    "2x6x5 -> conv 4 k3 s2 g2": lambda: conv(True),
    "2x6x5 -> conv 4 k3 s2 g2 bias=no": lambda: conv(False),
    "3x5 -> linear 4": lambda: linear(3, 5, 4),
    "3x5 -> linear 4 bias=no": lambda: linear(3, 5, 4, False),
    "3x5 -> matmul(identity, transpose 1 2)": lambda: linear(3, 5, 3, False),
    "4x7 -> softmax 2": lambda: softmax(4, 7),
    "4x7 -> layernorm": lambda: by_statistics(4, 7, True),
    "4x7 -> layernorm elementwise_affine=no": lambda: by_statistics(4, 7, False),
    "4x3x3 -> groupnorm 2": lambda: by_statistics(2, 18, True),
    "4x3x3 -> instancenorm": lambda: by_statistics(4, 9, False),
    "4x3x3 -> layernorm2d": lambda: by_statistics(9, 4, True),
    "4x3x3 -> bn": lambda: batch_norm(4, 9),
    "2x6x6 -> maxpool 3 s2": lambda: pooled([9] * 2 * 4, lambda row: reduce(larger, row)),
    "2x6x6 -> avgpool 2": lambda: pooled([4] * 2 * 9, lambda row: total(row) / ONE),
    "2x7 -> adaptiveavgpool1d 3": lambda: pooled([3, 3, 3] * 2, lambda row: total(row) / ONE),
    "2x5x4 -> adaptivemaxpool 2x4": lambda: pooled([3] * 2 * 8, lambda row: reduce(larger, row)),
    "2x5x4 -> gap": lambda: pooled([20] * 2, lambda row: total(row) / ONE),
    "2x5x4 -> mean 2 3": lambda: pooled([20] * 2, lambda row: total(row) / ONE),
    "9 -> relu": lambda: each(9, lambda x: larger(x, ONE)),
    "9 -> sigmoid": lambda: each(9, sigmoid),
    "9 -> tanh": lambda: each(9, tanh),
    "9 -> silu": lambda: each(9, lambda x: x * sigmoid(x)),
    "9 -> gelu": lambda: each(9, lambda x: x * ONE * (exp(x * ONE) + ONE)),
    "9 -> add(identity, relu, relu) -> mul 2": lambda: each(9, lambda x: (larger(x, x), larger(x, x), (x + x + x) * x)),
    "2x5x6 -> sdpa(identity, identity, identity)": lambda: attention(5, 5, 6, 6, 2),
    "5x6 -> mha 2 need_weights=no": lambda: multi_head(5, 6, 2, False),
    "5x6 -> mha 2": lambda: multi_head(5, 6, 2, True),
    "4x3 -> lstm 5": lambda: lstm(4, 3, 5),
    "4x3 -> gru 5": lambda: gru(4, 3, 5),
    "4x6x6 -> upsample 2": lambda: None,
    "4x2x2 -> upsample 2 mode=bilinear": lambda: each(4 * 16, lambda x: total(a * a for a in numbers(4))),
}


@pytest.mark.parametrize("spec", WORKED)
def test_operations_are_those_of_plain_loops(spec: str) -> None:
    COUNTS.clear()
    WORKED[spec]()
    totals = cnncalc.calc(spec, convention="arithmetic").totals
    assert {name: count for name, count in totals.counts.items() if count} == dict(COUNTS)
    assert totals.flops == COUNTS.total()


def test_a_block_of_a_transformer_is_its_parts() -> None:
    def counts(spec: str) -> Counter[str]:
        found = cnncalc.calc(spec, convention="arithmetic").totals.counts
        return Counter({name: count for name, count in found.items() if isinstance(count, int)})

    whole = counts("10x8 -> transformerencoderlayer 2 dim_feedforward=16")
    parts = counts("10x8 -> mha 2 need_weights=no -> layernorm -> linear 16 -> relu -> linear 8 -> layernorm")
    assert whole == parts + Counter(additions=2 * 80)
    stacked = counts("10x8 -> transformerencoder(transformerencoderlayer(2, dim_feedforward=16), num_layers=3)")
    assert stacked == Counter({name: 3 * count for name, count in whole.items()})


def test_what_has_no_count_is_said_and_is_no_zero() -> None:
    report = cnncalc.calc("16 -> rfft -> linear 4", convention="arithmetic")
    (warning,) = [one for one in report.warnings if one.code == "uncounted-operations"]
    assert warning.message == "the FLOPs are without rfft, which arithmetic has no count of"
    rfft, linear = report.to_dict()["layers"]
    assert rfft["counts"] is None
    assert linear["counts"]["multiplications"] == 9 * 4
    assert not any(
        one.code == "uncounted-operations"
        for one in cnncalc.calc("16 -> rfft -> linear 4", convention="fvcore").warnings
    )


def test_closed_forms_are_the_figures_at_numbers() -> None:
    spec = "3xHxW -> conv 8 k3 s2 -> bn -> relu -> maxpool 2 -> adaptiveavgpool 3 -> flatten -> linear 10 -> softmax"
    open_sizes = cnncalc.calc(spec, convention="arithmetic")
    for height, width in ((20, 31), (64, 33), (224, 224)):
        at = open_sizes.at(H=height, W=width).totals
        numbers = cnncalc.calc(spec, input=f"3x{height}x{width}", convention="arithmetic").totals
        assert at == numbers
    assert set(open_sizes.totals.counts) == set(convention("arithmetic").counts)
