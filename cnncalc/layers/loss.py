"""Losses, for the models that work them out themselves (torch.nn.functional.mse_loss and relatives).

They cost no MACs. What goes out is one number, or with `reduction=none` a value for each element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_shape
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall, made
from cnncalc.layers.merge import broadcast, drawn_near
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, positions_to_name
from cnncalc.layers.window import ANY, SAME, Reach, Reaches

if TYPE_CHECKING:
    from random import Random

REDUCTIONS = ("none", "mean", "sum")  # in the order of the numbers that torch's operators have for them


def reduction() -> Any:
    """The argument that says what becomes of the values."""
    return arg(Choice(*REDUCTIONS), "mean", help="mean or sum: one number; none: a value for each element")


class _Loss(Layer):
    """torch.nn.functional's function of this name."""

    inputs = (2, 2)
    input_names: ClassVar[tuple[str, ...]] = ("input", "target")

    reduction: str = reduction()

    def each(self, site: Site, *xs: Shape) -> Shape:
        """The shape of the values before they are reduced."""
        raise NotImplementedError

    def forward(self, site: Site, *xs: Shape) -> Shape:
        values = self.each(site, *xs)
        return values if self.reduction == "none" else ()

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        if self.reduction == "none":
            return super().reach(xs, ys)
        return [dict.fromkeys(range(len(x)), (None, ANY)) for x in xs]

    def more(self) -> dict[str, Any]:
        """What torch takes by name."""
        return {}

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x, target, *weight = xs
        target = target if 1 in self.integer_inputs else target.to(x.dtype)  # casts are left out of the language
        return getattr(torch.nn.functional, self.name)(x, target, *weight, reduction=self.reduction, **self.more())


class _OfPairs(_Loss):
    """Of two values that stand for each other, with broadcasting."""

    all_within = False

    keeps = ("inputs",)

    example = "3x32x32 -> {name}(conv 3 k3 p1, identity)"

    def each(self, site: Site, *xs: Shape) -> Shape:
        return broadcast(site, self.name, xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"reduction": draw.choice(REDUCTIONS)}, [shape, drawn_near(draw, shape)]


PAIRS = {
    "l1_loss": "The distance of two values, `|input - target|`",
    "mse_loss": "The square of the distance of two values, `(input - target)**2`",
}

for _name, _text in PAIRS.items():
    scope = {"__doc__": f"{_text}. Source: torch.nn.functional.{_name}."}
    type(f"_OfPairs_{_name}", (_OfPairs,), scope, name=_name)


class HuberLoss(_OfPairs, name="huber_loss"):
    """A square for distances under `delta`, and beyond it a line. Source: torch.nn.functional.huber_loss."""

    delta: float = arg(Number(), 1.0, help="where the square ends")

    def check(self, site: Site) -> None:
        if self.delta <= 0:
            site.refuse("bad-argument", f"delta of huber_loss is more than 0, not {self.delta}", arg="delta")

    def more(self) -> dict[str, Any]:
        return {"delta": float(self.delta)}

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        values, shapes = super().drawn(draw)
        return values | {"delta": draw.choice([0, 0.5, 1, 2, -1])}, shapes


class SmoothL1Loss(_OfPairs, name="smooth_l1_loss"):
    """A square for distances under `beta`, and beyond it a line. Source: torch.nn.functional.smooth_l1_loss."""

    beta: float = arg(Number(least=0), 1.0, help="where the square ends; 0: l1_loss")

    def more(self) -> dict[str, Any]:
        return {"beta": float(self.beta)}


class KlDiv(_OfPairs, name="kl_div"):
    """How far the target's distribution is from the input, its logarithm. Source: torch.nn.functional.kl_div."""

    log_target: bool = arg(Bool(), False, help="the target is a logarithm too")

    def more(self) -> dict[str, Any]:
        return {"log_target": self.log_target}


class _Binary(_Loss):
    """Of what is true or not: input and target have one shape; a third input is a factor for each element."""

    all_within = False

    keeps = ("inputs",)

    inputs = (2, 3)
    input_names = ("input", "target", "weight")
    example = "10 -> {name}(sigmoid, identity)"

    def each(self, site: Site, *xs: Shape) -> Shape:
        x, target = xs[:2]
        message = f"{self.name} needs a target for each value, but {shape_text(x)} and {shape_text(target)} arrive"
        if len(x) != len(target):
            site.refuse("shape-mismatch", message)
        for left, right in zip(x, target):
            if left != right:
                site.unequal(left, right, "shape-mismatch", message)
        if len(xs) == 3:
            self.weighted(site, x, xs[2])
        return x

    def weighted(self, site: Site, x: Shape, weight: Shape) -> None:
        """Refuse a factor that does not stretch to the input."""
        message = f"the weight of {self.name} stretches to {shape_text(x)}, but {shape_text(weight)} arrives"
        if len(weight) > len(x):
            site.refuse("shape-mismatch", message)
        for left, right in zip(reversed(x), reversed(weight)):
            if right != 1 and left != right:
                site.unequal(left, right, "shape-mismatch", message)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        target = shape if draw.random() < 0.8 else drawn_near(draw, shape)
        more = [drawn_near(draw, shape)] if draw.random() < 0.3 else []
        return {"reduction": draw.choice(REDUCTIONS)}, [shape, target, *more]


BINARY = {
    "binary_cross_entropy": "The cross entropy of probabilities and what is true",
    "binary_cross_entropy_with_logits": "The cross entropy of sigmoids of values and what is true",
}

for _name, _text in BINARY.items():
    scope = {"__doc__": f"{_text}. Source: torch.nn.functional.{_name}."}
    type(f"_Binary_{_name}", (_Binary,), scope, name=_name)


class _OfClasses(_Loss):
    """Of classes along axis 1, or along the only axis, and the index of one; a third input is a factor for each."""

    inputs = (2, 3)
    input_names = ("input", "target", "weight")
    integer_inputs = (1,)
    example = "16x64 -> transpose 1 2 -> {name}(identity, argmax 1)"
    probabilities: ClassVar[bool] = False  # a target of the input's shape has the probability of each class

    ignore_index: int = arg(Int(), -100, help="an index that stands for no class")

    def each(self, site: Site, *xs: Shape) -> Shape:
        x, target = xs[:2]
        came = f"{shape_text(x, batch=True)} and {shape_text(target, batch=True)} arrive"
        if not x:
            site.refuse("wrong-rank", f"{self.name} needs an axis of classes, but {came}")
        classes = 0 if len(x) == 1 else 1
        if len(xs) == 3 and (len(xs[2]) != 1 or xs[2][0] != x[classes]):
            message = f"the weight of {self.name} has a factor for each class, but {shape_text(xs[2])} arrives"
            if len(xs[2]) != 1:
                site.refuse("shape-mismatch", message)
            site.unequal(xs[2][0], x[classes], "shape-mismatch", message)
        wanted = (*x[:classes], *x[classes + 1 :])
        if self.probabilities and len(target) == len(x):
            wanted, asks = x, "a probability for each class, or one index less its axis"
        else:
            asks = "an index where the classes are"
        message = f"{self.name} needs {asks}, but {came}"
        if len(target) != len(wanted):
            site.refuse("shape-mismatch", message)
        positions_to_name(site, self.name, x[classes], target)
        for left, right in zip(wanted, target):
            if left != right:
                site.unequal(left, right, "shape-mismatch", message)
        return (*x[:classes], *x[classes + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        if self.reduction != "none":
            return super().reach(xs, ys)
        classes = 0 if len(xs[0]) == 1 else 1
        along: Reach = {
            axis: (None, ANY) if axis == classes else (axis - (axis > classes), SAME) for axis in range(len(xs[0]))
        }
        same: Reach = {axis: (axis, SAME) for axis in range(len(xs[1]))}
        return [along, along if len(xs[1]) == len(xs[0]) else same, *({0: (None, ANY)} for _ in xs[2:])]

    def more(self) -> dict[str, Any]:
        return {"ignore_index": self.ignore_index}

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)[draw.random() < 0.1 :]
        target = shape[:1] + shape[2:] if len(shape) > 1 else ()
        if draw.random() < 0.15:
            target = shape
        elif draw.random() < 0.1:
            target = drawn_near(draw, target or (2,))
        count = shape[1] if len(shape) > 1 else shape[0] if shape else 1
        more: list[tuple[int, ...]] = [(count + (draw.random() < 0.1),)] if draw.random() < 0.3 else []
        return {"reduction": draw.choice(REDUCTIONS)}, [shape, target, *more]


class NllLoss(_OfClasses, name="nll_loss"):
    """What the logarithms of probabilities say of the class that is true. Source: torch.nn.functional.nll_loss."""

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [*(Kept("input", place) for place in range(len(call.xs))), made("inner", (), call.xs[0].type)]


class CrossEntropy(_OfClasses, name="cross_entropy"):
    """`nll_loss` of the logarithm of a softmax. Source: torch.nn.functional.cross_entropy."""

    probabilities = True

    label_smoothing: float = arg(Number(least=0, most=1), 0, help="how much of the target goes to all classes alike")

    def more(self) -> dict[str, Any]:
        return {**super().more(), "label_smoothing": float(self.label_smoothing)}

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x, target, *weight = xs
        return super().run(torch, part, x, target.to(x.dtype) if target.shape == x.shape else target, *weight)
