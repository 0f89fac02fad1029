"""What rules of conventions are made of: the sizes of a call that tools count by, and the ways that they see it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.analysis.conventions import CountedCall
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim, Expr, greatest, product

Count = Callable[[CountedCall], Dim]


def nothing(call: CountedCall) -> Dim:
    """No count at all."""
    return 0


def macs(call: CountedCall) -> Dim:
    """The multiply-accumulates, without biases."""
    return call.macs


def came(call: CountedCall) -> Dim:
    """Elements of the first input."""
    return product(call.inputs[0])


def gave(call: CountedCall) -> Dim:
    """Elements of the first output."""
    return product(call.outputs[0])


def times(number: int, count: Count) -> Count:
    """So many for each that is counted."""
    return lambda call: count(call) * number


def plus(*counts: Count) -> Count:
    """The sum of counts."""

    def added(call: CountedCall) -> Dim:
        found: Dim = 0
        for count in counts:
            found = found + count(call)
        return found

    return added


# Ways of a call


def as_module(count: Count) -> Count:
    """Of a module of torch's own class alone: tools that look the class up know no other."""
    return lambda call: count(call) if call.way == "module" else 0


def hooked(count: Count) -> Count:
    """Of a module, torch's own or derived from one: tools that hook modules see no functions."""
    return lambda call: count(call) if call.way in ("module", "derived") else 0


def through_f(count: Count) -> Count:
    """Of what goes through torch.nn.functional, as torch's modules do."""
    return lambda call: count(call) if call.way in ("module", "derived", "functional") else 0


def alone(count: Count) -> Count:
    """Of a function of torch.nn.functional that no module calls, such as F.relu6: nn.ReLU6 calls F.hardtanh."""
    return lambda call: count(call) if call.way == "functional" else 0


def by_name(count: Count) -> Count:
    """Of a function of torch or a method of a tensor, and not of an operator."""
    return lambda call: count(call) if call.way in ("function", "method") else 0


# Parts of layers


def affine(call: CountedCall) -> bool:
    """Has a norm a weight, its own or as an input?"""
    layer = call.layer
    if hasattr(layer, "affine"):
        return bool(layer.affine)
    if hasattr(layer, "elementwise_affine"):
        return bool(layer.elementwise_affine)
    return layer.name == "layernorm2d" or weighted(call)


def weighted(call: CountedCall) -> bool:
    """Does a weight come in, where it is no part of the layer?"""
    return "weight" in call.layer.input_names[: len(call.inputs)]


def biased(call: CountedCall) -> bool:
    """Has the layer a bias, its own or as an input?"""
    return "bias" in call.params or "bias" in call.layer.input_names[1 : len(call.inputs)]


def bias(call: CountedCall) -> Dim:
    """One for each output element, where there is a bias."""
    return gave(call) if biased(call) else 0


def of_batch(call: CountedCall) -> bool:
    """Does a batch norm use the statistics of the batch, as it keeps none?"""
    return getattr(call.layer, "track_running_stats", True) is False


def weight_of(call: CountedCall) -> Shape:
    """The shape of the weight."""
    return call.params["weight"] if "weight" in call.params else call.inputs[1]


def window(call: CountedCall) -> Dim:
    """Elements of the kernel."""
    return product(weight_of(call)[2:])


def groups(call: CountedCall) -> Dim:
    """The groups of a convolution."""
    found: Dim = getattr(call.layer, "groups", 1)
    return found


def normed(call: CountedCall, full: int, plain: int) -> Dim:
    """So many for each input element of a norm: with a weight, and without."""
    return came(call) * (full if affine(call) else plain)


def batch_normed(call: CountedCall) -> Dim:
    """2 for each input element, 1 without a weight; with the statistics of the batch 5 and 4."""
    return normed(call, 5, 4) if of_batch(call) else normed(call, 2, 1)


# Products


def product_by_last(call: CountedCall) -> Dim:
    """The elements of the first factor times the last size of the second, whatever else is stretched."""
    first, second = call.inputs[-2:]
    return product(first) * second[-1]


def number_of_operations(call: CountedCall) -> int:
    """How often an element-wise operation of two runs, with more than two values."""
    return len(call.inputs) - 1 + (getattr(call.layer, call.layer.number_argument, None) is not None)


def aligned_left(call: CountedCall) -> Dim:
    """The larger size of each axis, counted from the left, as if shapes were broadcast from there."""
    xs = call.inputs
    if len(xs) == 1:
        return product(xs[0])
    found: Dim = 0
    sizes: list[Dim] = list(xs[0])
    for x in xs[1:]:
        longer, shorter = (sizes, x) if len(sizes) >= len(x) else (list(x), tuple(sizes))
        found = found + product([*(greatest(a, b) for a, b in zip(longer, shorter)), *longer[len(shorter) :]])
        sizes = list(call.outputs[0])
    return found + product(call.outputs[0]) * (number_of_operations(call) - len(xs) + 1)


# Functions that torch makes of others


def local(call: CountedCall) -> Dim:
    """The squares and two operations more, and the mean over the padded channels."""
    x = call.inputs[0]
    size: Dim = getattr(call.layer, "size")  # noqa: B009
    return 3 * product(x) + x[0] * (x[1] + size - 1) * product(x[2:])


def powers(call: CountedCall) -> Dim:
    """A mean pool of the powers, and two operations on what comes out."""
    return came(call) + 2 * gave(call)


# Attention


class Attention:
    """The parts of a call of MultiheadAttention, each as MACs."""

    def __init__(self, call: CountedCall) -> None:
        layer: Any = call.layer
        xs = call.inputs
        self.query, self.key, self.value = xs[0], xs[min(1, len(xs) - 1)], xs[-1]
        self.width = self.query[-1]
        self.heads: Dim = layer.num_heads
        first = 0 if layer.batch_first else 1
        self.batch: Dim = self.query[first] if len(self.query) == 3 else 1
        place = 1 if layer.batch_first and len(self.query) == 3 else 0
        self.queries, self.keys = self.query[place], self.key[place]
        self.attended: Dim = self.keys + int(layer.add_bias_kv) + int(layer.add_zero_attn)
        self.weights = bool(layer.need_weights)
        self.bias = bool(layer.bias)

    @property
    def products(self) -> Dim:
        """Queries times keys, and weights times values."""
        return 2 * self.batch * self.queries * self.attended * self.width

    @property
    def scores(self) -> Dim:
        """Elements of what the softmax goes over."""
        return self.batch * self.heads * self.queries * self.attended

    def projections(self, call: CountedCall) -> Dim:
        """What is left of the MACs."""
        return call.macs - self.products


# Recurrent layers


def steps(call: CountedCall) -> Dim:
    """Steps times samples: all sizes but the features."""
    return product(call.inputs[0][:-1])


def recurrent_biases(call: CountedCall) -> Dim:
    """One for each element of each bias at each step."""
    found: Dim = 0
    for name, shape in call.params.items():
        if name.startswith("bias"):
            found = found + product(shape)
    return found * steps(call)


# Resizing


def resized_to(call: CountedCall) -> Dim | tuple[Dim, ...] | None:
    """The size that a resizing was given, None where it was given a factor."""
    found: Dim | tuple[Dim, ...] | None = getattr(call.layer, "size")  # noqa: B009
    return found


def resized_by(call: CountedCall) -> Any:
    """The factor of all spatial axes together."""
    factor = getattr(call.layer, "scale_factor")  # noqa: B009
    axes = len(call.inputs[0]) - 2
    found: Any = 1
    for scale in factor if isinstance(factor, tuple) else (factor,) * axes:
        found = found * scale
    return found


def scaled(count: Dim, factor: Any) -> Dim:
    """The count times a fraction, rounded down, in whole numbers."""
    found: Dim = count * factor.numerator // factor.denominator
    return found


# Sums of products


def contraction(call: CountedCall) -> Dim:
    """What numpy.einsum_path reports of an equation with one or two inputs, before it prints four digits of it.

    All sizes of the equation multiplied: once where two inputs are multiplied, once more where something is summed.
    """
    from cnncalc.layers.einsum import read_terms
    from cnncalc.layers.site import Site

    equation: str = getattr(call.layer, "equation")  # noqa: B009
    terms = read_terms(Site(), equation, call.inputs)
    sizes: dict[str | int, Dim] = {}
    for labels, shape in zip(terms.inputs, call.inputs):
        for label, size in zip(labels, shape):
            if sizes.get(label, 1) == 1:
                sizes[label] = size
    summed = any(label not in terms.output for label in sizes)
    return product(tuple(sizes.values())) * (max(1, len(call.inputs) - 1) + summed) + 1


def printed(count: Dim) -> Dim:
    """A number as `%.3e` prints it; an open one as it is."""
    return count if isinstance(count, Expr) else int(float(f"{count:.3e}"))


def same_letters(equation: str) -> str:
    """An equation with its letters renamed in order: a, b, c."""
    names: dict[str, str] = {}
    return "".join(names.setdefault(c, chr(97 + len(names))) if c.isalpha() else c for c in equation)
