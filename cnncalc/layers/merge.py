"""Layers that bring branches together (torch.add, torch.cat, torch.matmul and relatives)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import REQUIRED, arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Either, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import (
    DECIMALS,
    REAL_OF,
    InnerStep,
    Kept,
    MemoryCall,
    MemoryTensor,
    made,
    permuted,
    reshaped,
    rows,
    stretched,
)
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ALL, SAME, Reach, Reaches, along, broadcast_reach, shifted
from cnncalc.symbolic.expr import Dim, Expr, product

if TYPE_CHECKING:
    from random import Random


class _Merge(Layer):
    """Two or more inputs, one output."""

    inputs: ClassVar[tuple[int, int | None]] = (2, None)
    example = "64x56x56 -> {name}(conv 64 k3 p1, identity)"


class Broadcast(_Merge):
    """Element by element, with torch's broadcasting: axes from the right, a 1 stretches.

    Where `number` names an argument, a number can take the place of the last input: `mul 0.5`, `add(a, b, 1)`.
    """

    layout = "input"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if self.number_argument:
            self._counted(site, len(xs))
        if all(x == xs[0] for x in xs):
            return xs[0]
        return broadcast(site, self.name, xs)

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        found = super().types(given, decimals, count)
        number = getattr(self, self.number_argument) if self.number_argument else None
        if number is None or self.gives != "like":
            return found
        if found[0] == "bool" and isinstance(number, int | Expr):
            return ("int64",) * count
        if not isinstance(number, int | Expr) and found[0] not in (*DECIMALS, *REAL_OF):
            return (decimals,) * count
        return found

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        fewest, most = cls.inputs
        count = draw.randrange(fewest, (most or fewest + 2) + 1)
        arguments: dict[str, Any] = {}
        required = [a.name for a in cls.arguments.values() if a.default is REQUIRED]
        for name in [*required, *([cls.number_argument] if cls.number_argument else [])]:
            wanted = count < (most or 2)
            if name in required or draw.random() < (0.95 if wanted and most else float(wanted)):
                arguments[name] = draw.choice([0, 1, 2, 3])
        shapes = [drawn_shape(draw)]
        for _ in range(count - 1):
            shapes.append(drawn_near(draw, shapes[0]))
        return arguments, shapes

    def _counted(self, site: Site, inputs: int) -> None:
        """A number is an input too, where their count is checked."""
        given = getattr(self, self.number_argument)
        count, most = inputs + (given is not None), self.inputs[1]
        if count < 2 or (most is not None and count > most):
            wanted = "2 or more inputs" if most is None else "2 inputs"
            site.refuse(
                "wrong-count",
                f"{self.name} takes {wanted}, not {count}",
                arg=self.number_argument if count > 2 else None,
                hint=f"branches go in brackets: {self.name}(conv 64 k3 p1, identity); a number bare: {self.name} 2"
                if count < 2
                else None,
            )

    def operands(self, xs: Any) -> list[Any]:
        """The inputs, and the number if there is one."""
        number = getattr(self, self.number_argument) if self.number_argument else None
        return [*xs, *([] if number is None else [number if isinstance(number, int) else float(number)])]


def one_by_one(layer: Layer, inputs: int) -> list[InnerStep] | None:
    """The layer as torch runs it on more than two values: the first two, then each of the others."""
    number = getattr(layer, layer.number_argument)
    if inputs + (number is not None) <= 2:
        return None
    two = type(layer)()
    found = [InnerStep(two, (0, 1))]
    for at in range(2, inputs):
        found.append(InnerStep(two, (inputs + at - 2, at)))
    return found if number is None else [*found, InnerStep(type(layer)(other=number), (2 * inputs - 2,))]


def drawn_near(draw: Random, like: tuple[int, ...]) -> tuple[int, ...]:
    """The shape again, or one that broadcasts or does not."""
    changed = [draw.choice([size, size, size, size, 1, 3]) for size in like[1:]]
    return (2, *changed[: len(changed) - (draw.random() < 0.1)])


def scalar(help: str = "a number in place of the last input") -> Any:
    """The argument for a number, or an open size, that stands for an input."""
    return arg(Either(Number(), Int(open=True)), None, help=help)


def broadcast(site: Site, name: str, xs: Shapes) -> Shape:
    """The common shape of all (PyTorch documentation, "Broadcasting semantics")."""
    out: list[Dim] = []
    for sizes in zip_longest(*(reversed(x) for x in xs), fillvalue=1):
        size: Dim = 1
        for other in sizes:
            if other == size or other == 1:
                continue
            if size != 1:
                site.unequal(
                    size,
                    other,
                    "shape-mismatch",
                    f"{name} needs inputs of one shape, but {' and '.join(map(shape_text, distinct(xs)))} arrive",
                )
            else:
                size = other
        out.append(size)
    return tuple(reversed(out))


def distinct(xs: Shapes) -> list[Shape]:
    """The different shapes, in order."""
    return list(dict.fromkeys(xs))


class Add(Broadcast, name="add"):
    """The sum of its inputs: the residual connection. Source: torch.add."""

    keeps = ()
    usual_way = "operator"
    inputs = (1, None)
    number_argument = "other"
    other: Any = scalar()

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return one_by_one(self, len(xs))

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return reduce(torch.add, self.operands(xs))


class Sub(Broadcast, name="sub"):
    """The difference of its inputs. Source: torch.sub."""

    keeps = ()
    usual_way = "operator"
    inputs = (1, 2)
    number_argument = "other"
    other: Any = scalar()

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.sub(*self.operands(xs))


class Mul(Broadcast, name="mul"):
    """The product of its inputs, element by element: a gate, an attention map, a scale. Source: torch.mul."""

    keeps = ("0:1", "1:0")
    usual_way = "operator"
    inputs = (1, None)
    number_argument = "other"
    other: Any = scalar()

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return one_by_one(self, len(xs))

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return reduce(torch.mul, self.operands(xs))


class Div(Broadcast, name="div"):
    """The quotient of its inputs. Source: torch.div."""

    gives = "decimal"

    keeps = ("0:1", "1:01")
    usual_way = "operator"
    inputs = (1, 2)
    number_argument = "other"
    other: Any = scalar()

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.div(*self.operands(xs))


def differ_in(site: Site, name: str, axis: int, xs: Shapes, x: Shape) -> None:
    """Another shape than that of the first input has to be the same but for the axis."""
    message = f"{name} needs inputs that differ in axis {axis} only, but {said(distinct(xs))} arrive"
    if len(x) != len(xs[0]):
        site.refuse("shape-mismatch", message)
    for i, (left, right) in enumerate(zip(xs[0], x)):
        if i != axis and left != right:
            site.unequal(left, right, "shape-mismatch", message)


class Cat(_Merge, name="cat", aliases=("concat",)):
    """Inputs side by side along an axis: the channels, unless `dim` says otherwise. Source: torch.cat."""

    layout = "image"

    keeps = ()

    inputs = (1, None)

    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0; the channels")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        first = xs[0]
        (axis,) = axes_of(site, [self.dim], len(first))
        if len(xs) == 1:
            message = "cat reads one value, which stays as it is, and not the running one beside it"
            site.warn("one-value", message, hint="cat(identity, x) joins the running value with x")
        total: Dim = 0
        for x in xs:
            if len(x) != len(first) or (x is not first and x != first):
                differ_in(site, self.name, axis, xs, x)
            total = total + x[axis]
        return (*first[:axis], total, *first[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % len(ys[0])
        found: list[Reach] = []
        start: Dim = 0
        for x in xs:
            found.append(along(x, [axis], shifted(-start)._replace(edge="nothing") if len(xs) > 1 else SAME))
            start = start + x[axis]
        return found

    def beside(self, xs: Shapes, ys: Shapes) -> int | None:
        return self.dim % len(ys[0])

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.cat(xs, self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return drawn_along(draw)


def drawn_along(draw: Random) -> Drawn:
    """An axis, and shapes that are the same or nearly so."""
    shape = drawn_shape(draw)
    count = draw.randrange(1, 4)
    near = [shape if draw.random() < 0.6 else drawn_near(draw, shape) for _ in range(count - 1)]
    return {"dim": drawn_axis(draw, len(shape))}, [shape, *near]


def said(shapes: list[Shape]) -> str:
    """Shapes in a sentence."""
    return " and ".join(map(shape_text, shapes))


class Stack(_Merge, name="stack"):
    """Inputs side by side along a new axis. Source: torch.stack."""

    keeps = ()

    inputs = (1, None)

    dim: int = arg(Int(), 1, help="where the new axis is, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        first = xs[0]
        (axis,) = axes_of(site, [self.dim], len(first) + 1)
        for x in xs:
            if x == first:
                continue
            message = f"stack needs inputs of one shape, but {said(distinct(xs))} arrive"
            if len(x) != len(first):
                site.refuse("shape-mismatch", message)
            for left, right in zip(first, x):
                if left != right:
                    site.unequal(left, right, "shape-mismatch", message)
        return (*first[:axis], len(xs), *first[axis:])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        new = self.dim % len(ys[0])
        return [{a: (a if a < new else a + 1, SAME) for a in range(len(x))} for x in xs]

    def beside(self, xs: Shapes, ys: Shapes) -> int | None:
        return self.dim % len(ys[0])

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.stack(xs, self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return drawn_along(draw)


class Matmul(_Merge, name="matmul"):
    """The matrix product of the last two axes, with broadcasting over the others. Source: torch.matmul.

    MACs: the output elements times the size that is summed over.
    """

    numbers = "one type"

    inputs = (2, 2)
    example = "8x49x32 -> matmul(identity, transpose 2 3)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        left, right = xs
        if not left or not right:
            site.refuse("wrong-rank", "matmul needs an axis in both inputs, but a scalar arrives")
        inner, other = left[-1], right[-2] if len(right) > 1 else right[-1]
        if inner != other:
            site.unequal(
                inner,
                other,
                "shape-mismatch",
                f"matmul sums over the last axis of its first input and the second-last of its second, but {inner} "
                f"and {other} arrive ({dims_text(left)} and {dims_text(right)})",
            )
        batch = broadcast(site, self.name, (left[:-2], right[:-2]))
        return (*batch, *(left[-2:-1]), *(right[-1:] if len(right) > 1 else ()))

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(ys[0]) * xs[0][-1]

    def factors(self, xs: Sequence[MemoryTensor], trained: bool) -> list[tuple[MemoryTensor, bool]]:
        """What torch multiplies, and whether it is a copy (ATen/native/LinearAlgebra.cpp, _matmul_impl)."""
        left, right = xs
        if len(left.shape) <= 2 and len(right.shape) <= 2:
            return [(left, False), (right, False)]
        if min(len(left.shape), len(right.shape)) <= 2:
            wide = left if len(left.shape) > 2 else right
            turned = permuted(wide, [*range(len(wide.shape) - 2), len(wide.shape) - 1, len(wide.shape) - 2])
            shape = (*wide.shape[:-2], wide.shape[-1], wide.shape[-2])
            whole = wide if wide is left else MemoryTensor(shape, wide.type, turned)
            if trained or whole.in_rows:
                flat = reshaped(whole, (product(whole.shape[:-1]), whole.shape[-1])) is None
                return [(wide, flat and one is wide) for one in xs] if flat else [(left, False), (right, False)]
        front = broadcast(Site(), self.name, (left.shape[:-2], right.shape[:-2]))
        found = []
        for x in xs:
            at = x if len(x.shape) > 1 else MemoryTensor((1, *x.shape), x.type, (1, *x.strides))
            shape = (*front, *at.shape[-2:])
            wide = MemoryTensor(shape, x.type, stretched(at, shape))
            copied = reshaped(wide, (product(front), *shape[-2:])) is None
            found.append((MemoryTensor(shape, x.type, rows(shape)) if copied else x, copied))
        return found

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        found: list[Kept] = []
        for place, (tensor, copied) in enumerate(self.factors(call.xs, any(call.needs))):
            if call.needs[1 - place]:
                found.append(made("inner", tensor.shape, tensor.type) if copied else Kept("input", place))
            elif copied:
                found.append(made("passing", tensor.shape, tensor.type))
        return found

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        left, right = xs
        rank = len(ys[0])
        columns = 1 if len(right) > 1 else 0
        rows = 1 if len(left) > 1 else 0
        batch = rank - rows - columns
        first, second = (dict(broadcast_reach(x[:-2], ys[0][:batch])) for x in (left, right))
        if rows:
            first[len(left) - 2] = (batch, SAME)
        first[len(left) - 1] = (None, ALL)
        other = second
        if columns:
            other[len(right) - 2] = (None, ALL)
            other[len(right) - 1] = (rank - 1, SAME)
        else:
            other[0] = (None, ALL)
        return [first, other]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        rows, inner, columns, *batch = (draw.choice([1, 2, 3, 5]) for _ in range(draw.randrange(3, 6)))
        left, right = [*batch, rows, inner], [*batch, inner, columns]
        for shape in (left, right):
            if draw.random() < 0.2:
                shape[draw.randrange(len(shape))] = draw.choice([1, 4])
        return {}, [tuple(left[draw.randrange(0, 3) :]), tuple(right[draw.choice([0, 0, 1, len(right) - 1]) :])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.matmul(*xs)
