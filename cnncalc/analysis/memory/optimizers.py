"""What optimizers keep beside each parameter."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.layers.memory import SIZES
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim, product

STEP = SIZES["float32"]  # torch counts the steps of each parameter in a tensor of its own


def _nothing(shape: Shape, size: int) -> Dim:
    return 0


def _one(shape: Shape, size: int) -> Dim:
    return product(shape) * size


def _two(shape: Shape, size: int) -> Dim:
    return 2 * product(shape) * size + STEP


def _factored(shape: Shape, size: int) -> Dim:
    if len(shape) < 2:
        return product(shape) * size + STEP
    return (product(shape[:-1]) + product((*shape[:-2], shape[-1]))) * size + STEP


OPTIMIZERS: dict[str, tuple[Callable[[Shape, int], Dim], str]] = {
    "none": (_nothing, "no training step, so that nothing is kept"),
    "sgd": (_nothing, "torch.optim.SGD without momentum keeps nothing"),
    "momentum": (_one, "torch.optim.SGD with momentum keeps the running gradient"),
    "adam": (_two, "torch.optim.Adam keeps two running means and the number of steps"),
    "adamw": (_two, "torch.optim.AdamW keeps two running means and the number of steps"),
    "adafactor": (_factored, "torch.optim.Adafactor keeps a row and a column of each matrix, and the number of steps"),
    "lion": (_one, "Lion keeps the running gradient (Chen et al. 2023)"),
}
"""For each optimizer, the bytes beside a parameter of a shape and a type's size, and a line for people."""


def check_optimizer(name: str) -> None:
    """Raises UsageError for an optimizer that there is not."""
    if name not in OPTIMIZERS:
        near = nearest(name, list(OPTIMIZERS))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(OPTIMIZERS))}"
        raise UsageError(Diagnostic("unknown-optimizer", f"there is no optimizer {name}", hint=hint))


def state_bytes(name: str, shape: Shape, size: int) -> Dim:
    """What an optimizer keeps beside a parameter, in bytes.

    >>> state_bytes("adam", (64, 3), 4), state_bytes("adafactor", (64, 3), 4)
    (1540, 272)
    """
    return OPTIMIZERS[name][0](shape, size)
