"""What layers do to memory: the types of values, how they lie there, and what is kept for the backward pass.

A layer says three things of itself, on its class: the types of its outputs (`gives`), how they lie in memory
(`layout`, or `view` where they are in that of its inputs), and what autograd keeps of a call for the backward pass
(`keeps`), as the formulas of torch's `derivatives.yaml` name it. What is more than that is a method: `types`,
`saved`, or `within` for a layer that torch runs as several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, number_at, product, symbols

if TYPE_CHECKING:
    from cnncalc.layers.layer import Layer

SIZES = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "complex32": 4,
    "complex64": 8,
    "complex128": 16,
}
"""The bytes of one element of each type."""

DECIMALS = ("float16", "bfloat16", "float32", "float64")
COMPLEX_OF = {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}
REAL_OF = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}

GIVES = ("like", "decimal", "complex", "real")
"""What `gives` says in place of a type: the common type of the inputs, or of the parameters where there are no others;
the same, but a decimal where the inputs are whole numbers; and the complex or real numbers of that decimal."""

LAYOUTS = ("rows", "input", "image")
"""How a new output lies: in rows, the last axis first; as the inputs do; with channels first or last, as they come."""


def promoted(types: Iterable[str]) -> str:
    """The common type of several, as torch promotes them.

    >>> promoted(["int64", "float16"]), promoted(["bool", "uint8"]), promoted(["float16", "bfloat16"])
    ('float16', 'uint8', 'float32')
    """
    found = ""
    for one in types:
        if not found or found == one:
            found = one
            continue
        low, high = sorted((found, one), key=_rank)
        if _rank(low)[0] < _rank(high)[0]:
            found = high
            if high in REAL_OF and low == "float64":
                found = "complex128"
        elif {low, high} == {"float16", "bfloat16"}:
            found = "float32"
        elif low == "uint8" and high == "int8":
            found = "int16"
        else:
            found = high
    return found


def _rank(one: str) -> tuple[int, int, int]:
    """The kind of a type, from bool up to complex numbers, and its size: the order of promotion."""
    kind = 3 if one in REAL_OF else 2 if one in DECIMALS else 0 if one == "bool" else 1
    return kind, SIZES[one], int(one in ("int8", "bfloat16"))


class MemoryTensor(NamedTuple):
    """A value in memory."""

    shape: Shape
    type: str
    strides: Shape  # elements from one position of each axis to the next

    @property
    def bytes(self) -> Dim:
        """What its elements take, each counted once."""
        return product(self.shape) * SIZES[self.type]

    @property
    def in_rows(self) -> bool:
        """Do its elements follow each other, the last axis first?"""
        wanted: Dim = 1
        for size, stride in zip(reversed(self.shape), reversed(self.strides)):
            if size != 1:
                if stride != wanted:
                    return False
                wanted = wanted * size
        return True


def rows(shape: Shape) -> Shape:
    """The strides of a value whose elements follow each other, the last axis first.

    >>> rows((2, 3, 4))
    (12, 4, 1)
    """
    found: list[Dim] = []
    step: Dim = 1
    for size in reversed(shape):
        found.append(step)
        step = step * (1 if size == 0 else size)
    return tuple(reversed(found))


def reshaped(x: MemoryTensor, y: Shape) -> Shape | None:
    """The strides of a value in another shape without a copy; None where there are none (ATen/TensorUtils.cpp).

    >>> reshaped(MemoryTensor((2, 3, 4), "float32", (12, 4, 1)), (6, 4))
    (4, 1)
    >>> reshaped(MemoryTensor((2, 3, 4), "float32", (4, 8, 1)), (6, 4)) is None
    True
    """
    if x.in_rows or 0 in x.shape:
        return rows(y)
    found: list[Dim] = [0] * len(y)
    at = len(y) - 1
    base = x.strides[-1]
    whole: Dim = 1  # elements of the axes that follow each other
    for axis in range(len(x.shape) - 1, -1, -1):
        whole = whole * x.shape[axis]
        if axis and (x.shape[axis - 1] == 1 or x.strides[axis - 1] == whole * base):
            continue
        seen: Dim = 1
        while at >= 0 and (seen != whole or y[at] == 1):
            found[at] = seen * base
            seen = seen * y[at]
            at -= 1
        if seen != whole:
            return None
        if axis:
            base, whole = x.strides[axis - 1], 1
    return tuple(found) if at < 0 else None


def permuted(x: MemoryTensor, order: Sequence[int]) -> Shape:
    """The strides of a value with its axes in another order."""
    return tuple([x.strides[axis] for axis in order])


def stretched(x: MemoryTensor, y: Shape) -> Shape:
    """The strides of a value that is stretched to a shape: 0 along axes that it has not."""
    new = len(y) - len(x.shape)
    return tuple(
        [
            x.strides[axis - new] if axis >= new and x.shape[axis - new] == size else 0 if size != 1 else 1
            for axis, size in enumerate(y)
        ]
    )


def as_images_lie(x: MemoryTensor, y: Shape) -> Shape:
    """Strides with the channels last where those of the input are, else in rows."""
    rank = len(x.shape)
    if x.in_rows or rank not in (4, 5) or len(y) != rank or not channels_last(x):
        return rows(y)
    inner = rows((y[0], *y[2:], y[1]))
    return (inner[0], inner[-1], *inner[1:-1])


def channels_last(x: MemoryTensor) -> bool:
    """Do the channels of each pixel follow each other?"""
    order = (0, *range(2, len(x.shape)), 1)
    return MemoryTensor(tuple([x.shape[a] for a in order]), x.type, permuted(x, order)).in_rows


def as_they_lie(xs: Sequence[MemoryTensor], y: Shape) -> Shape:
    """The strides of what is worked out value by value: axes in the order of the inputs' (ATen/TensorIterator.cpp)."""
    if all(x.in_rows for x in xs if x.shape == y) and any(x.shape == y for x in xs):
        return rows(y)
    given = [(x.shape, stretched(x, y)) for x in xs]
    order = list(range(len(y) - 1, -1, -1))  # the innermost first
    steps = [[_some(stride) for stride in strides] for _, strides in given]
    sizes = [_some(size) for size in y]
    for i in range(1, len(order)):
        inner = i
        for outer in range(i - 1, -1, -1):
            swap = _swap(steps, sizes, order[outer], order[inner])
            if swap > 0:
                order[outer], order[inner] = order[inner], order[outer]
                inner = outer
            elif swap < 0:
                break
    found: list[Dim] = [0] * len(y)
    step: Dim = 1
    for axis in order:
        found[axis] = step
        step = step * (1 if y[axis] == 0 else y[axis])
    return tuple(found)


def _swap(steps: Sequence[Sequence[int]], sizes: Sequence[int], outer: int, inner: int) -> int:
    """1 where the first axis lies further out than the second, -1 where it does not, 0 where nothing says so."""
    for strides in steps:
        one, other = strides[outer], strides[inner]
        if one == 0 or other == 0:
            continue
        if one != other:
            return 1 if one > other else -1
        if sizes[outer] > sizes[inner]:
            return 1
    return 0


def _some(size: Dim) -> int:
    """A size with numbers for its symbols, by which strides of open sizes are put in order."""
    if isinstance(size, int):
        return size
    numbers = {name: 9973 + 2 * at for at, name in enumerate(sorted(symbols(size)))}
    return number_at(size, numbers)


class MemoryCall(NamedTuple):
    """One call of a layer, for what autograd keeps of it."""

    xs: tuple[MemoryTensor, ...]
    ys: tuple[MemoryTensor, ...]
    needs: tuple[bool, ...]  # which of the inputs need a gradient
    trained: bool  # does a parameter of the layer need one?
    on_gpu: bool  # dropout keeps its mask as bools there, and as decimals on a CPU


class Kept(NamedTuple):
    """A tensor that autograd keeps."""

    what: str  # input, output, mask, indices, statistics or inner
    place: int | None = None  # which of the inputs or outputs it is
    tensor: MemoryTensor | None = None  # or what is made for it
    training: bool = False  # is it made in training alone?


def made(what: str, shape: Shape, type: str, training: bool = False) -> Kept:
    """A tensor that is made to be kept."""
    return Kept(what, None, MemoryTensor(shape, type, rows(shape)), training)


def kept_by_name(names: Sequence[str], call: MemoryCall) -> list[Kept]:
    """What the words of `keeps` come to: input, inputs, output, outputs; indices, of where each output was found; or
    places with a condition, as in `0:1`, the first input where the second needs a gradient, and `output:1`.
    """
    found: list[Kept] = []
    for name in names:
        what, _, condition = name.partition(":")
        if condition and not any(call.needs[int(place)] for place in condition if int(place) < len(call.needs)):
            continue
        if what == "inputs":
            found += [Kept("input", place) for place in range(len(call.xs))]
        elif what == "outputs":
            found += [Kept("output", place) for place in range(len(call.ys))]
        elif what == "indices":
            found.append(Kept("indices", 1) if len(call.ys) > 1 else made("indices", call.ys[0].shape, "int64"))
        elif what in ("input", "output"):
            found.append(Kept(what, 0))
        elif int(what) < len(call.xs):
            found.append(Kept("input", int(what)))
    return found


class InnerStep(NamedTuple):
    """A layer that torch runs within another. Values are numbered: the inputs first, then what each step gives."""

    layer: Layer
    inputs: tuple[int, ...]
    held: bool = False  # do its outputs stay until the whole layer has run?
