"""How usual numbers are at a layer: 0 is what most people would write."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape

KERNELS = (3, 1, 5, 7, 2, 4, 9, 11, 13, 15)
"""From the most to the least common."""


def unusual(layer: Layer, x: Shape, numbers: Mapping[str, int]) -> tuple[int, ...]:
    """What speaks against a layer with these numbers for the arguments that were to be found; less is more usual.

    An odd kernel, padding that is half of it or none, a stride of 1 or 2 that divides the input, no pixel left over or
    stepped across, a pool that does something, a transposed kernel that its stride divides; else small
    numbers, and of channels multiples of 64, 32, 16 and 8.
    """
    against = _of_window(layer, x)
    rank = []
    for name, value in numbers.items():
        if name == "kernel_size":
            rank.append(KERNELS.index(value) if value in KERNELS else len(KERNELS) + value)
        elif name == "output_padding":
            against += 2 * value
            rank.append(value)
        elif name == "groups":
            against += 0 if value == 1 or value == x[1] else 2
            rank.append(value)
        elif value > 15 and ("channel" in name or "feature" in name or name.endswith("dim")):
            round_to = next((at for at, of in enumerate((64, 32, 16, 8)) if value % of == 0), 5)
            rank += [round_to, value]
        else:
            rank.append(value)
    return (against, *rank)


def _of_window(layer: Layer, x: Shape) -> int:
    """What speaks against a window."""
    kernel, stride = getattr(layer, "kernel_size", None), getattr(layer, "stride", None)
    if not isinstance(kernel, tuple) or not isinstance(stride, tuple):
        return 0
    padding, dilation = getattr(layer, "padding", 0), getattr(layer, "dilation", ())
    spreads = "transpose" in layer.name
    against = 0
    for axis, (k, s) in enumerate(zip(kernel, stride)):
        p = padding[axis] if isinstance(padding, tuple) and len(padding) > axis else 0
        d = dilation[axis] if isinstance(dilation, tuple) and len(dilation) > axis else 1
        size = x[len(x) - len(kernel) + axis]
        tiles = k == s and p == 0
        against += 8 * (s > k)  # steps across pixels
        if spreads:
            against += 2 * (k % s != 0) + 4 * (k > 5)
        else:
            against += 6 * (k % 2 == 0 and k % s != 0) + 2 * (k % 2 == 0)
        half = p == d * (k - 1) // 2 or (spreads and k >= s and p == (k - s + 1) // 2)
        opens = spreads and size == 1 and s == 1 and p == 0  # a vector, as generators begin
        against += 0 if half or tiles or opens else 5 if p == 0 else 7 + (p > d * (k - 1))
        against += 3 * (d > 1) + 2 * max(0, s - 2)
        against += 9 * (k == 1 and "pool" in layer.name)
        if isinstance(size, int) and not spreads:
            spare = size + 2 * p - d * (k - 1) - 1
            against += 3 * (spare % s > p) + 2 * (size % s != 0)
    return against
