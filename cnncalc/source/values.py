"""What small constant tensors hold, worked out in plain Python when somebody asks.

A value is a flat list of numbers in the order of memory, with its shape. Numbers of 32 bits are rounded to them.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.named_tuples import NamedTuple

Shape = tuple[int, ...]

MOST = 70_000
"""Elements of a tensor that are worked out."""


class Held(NamedTuple):
    """Numbers, and the shape that they have."""

    numbers: list[Any]
    shape: Shape


class Later:
    """What an operation gives, worked out when it is asked for."""

    __slots__ = ("_found", "args", "dtype", "name", "named")

    def __init__(self, name: str, args: Sequence[Any], named: Mapping[str, Any], dtype: str) -> None:
        self.name = name
        self.args = args  # of which some are Later or Held
        self.named = named
        self.dtype = dtype
        self._found: Any = None

    def __call__(self) -> Held:
        """The numbers. Raises Unworkable."""
        if self._found is None:
            read = [_read(arg) for arg in self.args]
            try:
                found = FUNCTIONS[self.name](*read, **self.named)
            except (ValueError, TypeError, ZeroDivisionError, OverflowError, IndexError, struct.error) as error:
                raise Unworkable(str(error)) from None
            self._found = Held(rounded(found.numbers, self.dtype), found.shape)
        return self._found  # type: ignore[no-any-return]


class Unworkable(Exception):
    """Numbers that are not worked out here."""


def _read(arg: Any) -> Any:
    if isinstance(arg, Later):
        return arg()
    return [_read(item) for item in arg] if isinstance(arg, list) else arg


def rounded(numbers: list[Any], dtype: str) -> list[Any]:
    """Numbers as their type holds them."""
    if dtype == "float32":
        return [struct.unpack("f", struct.pack("f", n))[0] if math.isfinite(n) else float(n) for n in numbers]
    if dtype == "bool":
        return [bool(n) for n in numbers]
    if dtype.startswith(("int", "uint")):
        return [whole(n) for n in numbers]
    if dtype in ("float16", "bfloat16") and any(n != int(n) or abs(n) > 256 for n in numbers):
        raise Unworkable("numbers of 16 bits")
    return [float(n) for n in numbers]


def whole(number: Any) -> int:
    """A number without its decimals; none that rounding may have moved across a whole one."""
    if isinstance(number, float):
        near = round(number)
        if number != near and abs(number - near) < 1e-5 * max(1.0, abs(number)):
            raise Unworkable("a number next to a whole one")
    return int(number)


def scalar(value: Any) -> Held:
    return value if isinstance(value, Held) else Held([value], ())


def size(shape: Sequence[int]) -> int:
    return math.prod(shape)


def strides(shape: Shape) -> list[int]:
    found = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        found[axis] = found[axis + 1] * shape[axis + 1]
    return found


def broadcast(left: Shape, right: Shape) -> Shape:
    rank = max(len(left), len(right))
    padded = [(1,) * (rank - len(s)) + tuple(s) for s in (left, right)]
    return tuple(b if a == 1 else a for a, b in zip(*padded))


def stretched(value: Held, shape: Shape) -> list[Any]:
    """The numbers in a larger shape."""
    if value.shape == shape:
        return value.numbers
    if len(value.numbers) == 1:
        return value.numbers * size(shape)
    own = (1,) * (len(shape) - len(value.shape)) + value.shape
    steps = [0 if s == 1 else step for s, step in zip(own, strides(own))]
    return _gather(value.numbers, shape, steps, 0)


def _gather(numbers: list[Any], shape: Shape, steps: Sequence[int], start: int) -> list[Any]:
    positions = [start]
    for length, step in zip(shape, steps):
        positions = [at + i * step for at in positions for i in range(length)]
    return [numbers[at] for at in positions]


def both(function: Callable[[Any, Any], Any]) -> Callable[..., Held]:
    def made(left: Any, right: Any, **_: Any) -> Held:
        a, b = scalar(left), scalar(right)
        shape = broadcast(a.shape, b.shape)
        return Held([function(x, y) for x, y in zip(stretched(a, shape), stretched(b, shape))], shape)

    return made


def each(function: Callable[[Any], Any]) -> Callable[..., Held]:
    return lambda value, **_: Held([function(n) for n in value.numbers], value.shape)


def axes(value: Held, dim: Any) -> list[int]:
    rank = len(value.shape)
    dims = range(rank) if dim is None or dim == () else [dim] if isinstance(dim, int) else dim
    return [d % rank for d in dims] if rank else []


def reduced(function: Callable[[list[Any]], Any]) -> Callable[..., Held]:
    def made(value: Held, dim: Any = None, keepdim: bool = False, **_: Any) -> Held:
        gone = axes(value, dim)
        kept = [a for a in range(len(value.shape)) if a not in gone]
        moved = permute(value, kept + gone)
        count = size([value.shape[a] for a in gone])
        groups = [moved.numbers[i : i + count] for i in range(0, len(moved.numbers), count)] if count else []
        shape = tuple(1 if a in gone else s for a, s in enumerate(value.shape) if keepdim or a not in gone)
        return Held([function(group) for group in groups], shape)

    return made


def permute(value: Held, dims: Any) -> Held:
    rank = len(value.shape)
    order = [d % rank for d in dims]
    if order == list(range(rank)):
        return value
    steps = strides(value.shape)
    shape = tuple(value.shape[a] for a in order)
    return Held(_gather(value.numbers, shape, [steps[a] for a in order], 0), shape)


def transpose(value: Held, dim0: int, dim1: int) -> Held:
    order = list(range(len(value.shape)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return permute(value, order)


def select(value: Held, dim: int, index: int) -> Held:
    dim %= len(value.shape)
    steps = strides(value.shape)
    start = (index % value.shape[dim]) * steps[dim]
    shape = value.shape[:dim] + value.shape[dim + 1 :]
    return Held(_gather(value.numbers, shape, steps[:dim] + steps[dim + 1 :], start), shape)


def cut(value: Held, dim: int = 0, start: Any = None, stop: Any = None, step: int = 1) -> Held:
    dim %= len(value.shape)
    at = range(value.shape[dim])[slice(start, stop, step)]
    steps = strides(value.shape)
    shape = (*value.shape[:dim], len(at), *value.shape[dim + 1 :])
    first = at.start * steps[dim] if len(at) else 0
    steps[dim] *= step
    return Held(_gather(value.numbers, shape, steps, first), shape)


def joined(values: list[Held], dim: int = 0) -> Held:
    dim %= len(values[0].shape)
    front = [v._replace(shape=(size(v.shape[:dim]), size(v.shape[dim:]))) for v in values]
    rows = front[0].shape[0]
    numbers: list[Any] = []
    for row in range(rows):
        for v in front:
            width = v.shape[1]
            numbers += v.numbers[row * width : (row + 1) * width]
    shape = list(values[0].shape)
    shape[dim] = sum(v.shape[dim] for v in values)
    return Held(numbers, tuple(shape))


def stacked(values: list[Held], dim: int = 0) -> Held:
    rank = len(values[0].shape) + 1
    dim %= rank
    return joined([v._replace(shape=(*v.shape[:dim], 1, *v.shape[dim:])) for v in values], dim)


def expanded(value: Held, shape: Shape) -> Held:
    return Held(stretched(value, shape), shape)


def cumulated(value: Held, dim: int, function: Any) -> Held:
    dim %= max(1, len(value.shape))
    order = [a for a in range(len(value.shape)) if a != dim] + [dim]
    moved = permute(value, order)
    width = value.shape[dim]
    numbers: list[Any] = []
    for i in range(0, len(moved.numbers), width):
        numbers += list(itertools.accumulate(moved.numbers[i : i + width], function))
    back = [order.index(a) for a in range(len(order))]
    return permute(Held(numbers, moved.shape), back)


def triangle(value: Held, keep: Callable[[int, int], bool]) -> Held:
    rows, columns = value.shape[-2:]
    numbers = [n if keep(i // columns % rows, i % columns) else type(n)(0) for i, n in enumerate(value.numbers)]
    return Held(numbers, value.shape)


def differences(value: Held, front: Held | None = None, behind: Held | None = None, *, dim: int) -> Held:
    value = joined([part for part in (front, value, behind) if part is not None], dim)
    dim %= len(value.shape)
    length = value.shape[dim]
    later, before = cut(value, dim, 1, length), cut(value, dim, 0, length - 1)
    return Held([a - b for a, b in zip(later.numbers, before.numbers)], later.shape)


def arange(start: Any, end: Any, step: Any = 1) -> Held:
    if all(isinstance(n, int) for n in (start, end, step)):
        numbers: list[Any] = list(range(start, end, step))
    else:
        numbers = [start + i * step for i in range(math.ceil((end - start) / step))]
    return Held(numbers, (len(numbers),))


def linspace(start: Any, end: Any, steps: int) -> Held:
    """As torch does, from both ends."""
    width = (end - start) / (steps - 1) if steps > 1 else 0
    half = steps // 2
    return Held(
        [
            float(start + width * i) if i < half or steps == 1 else float(end - width * (steps - i - 1))
            for i in range(steps)
        ],
        (steps,),
    )


def meshgrid(*values: Held, at: int, indexing: str = "ij") -> Held:
    shape = tuple(len(v.numbers) for v in values)
    own = [1] * len(shape)
    own[at] = shape[at]
    found = expanded(values[at]._replace(shape=tuple(own)), shape)
    if indexing == "xy" and len(shape) > 1:
        return permute(found, [1, 0, *range(2, len(shape))])
    return found


def picked(value: Held, index: Held) -> Held:
    """value[index], along the first axis."""
    rows = [select(value, 0, i) for i in index.numbers]
    inner = value.shape[1:]
    return Held([n for row in rows for n in row.numbers], index.shape + inner)


def written(value: Held, at: Any, source: Any) -> Held:
    """value[at] = source, for whole numbers and slices."""
    positions = cut_out(Held(list(range(len(value.numbers))), value.shape), at)
    given = scalar(source)
    numbers = list(value.numbers)
    for position, number in zip(positions.numbers, stretched(given, positions.shape)):
        numbers[position] = number
    return Held(numbers, value.shape)


def cut_out(value: Held, at: Any) -> Held:
    """value[at], for whole numbers, slices, None and ..."""
    items = list(at) if isinstance(at, tuple) else [at]
    if Ellipsis in items:
        i = items.index(Ellipsis)
        missing = len(value.shape) - sum(item is not None and item is not Ellipsis for item in items)
        items[i : i + 1] = [slice(None)] * missing
    axis = 0
    for item in items:
        if item is None:
            value = value._replace(shape=(*value.shape[:axis], 1, *value.shape[axis:]))
            axis += 1
        elif isinstance(item, slice):
            value = cut(value, axis, item.start, item.stop, item.step or 1)
            axis += 1
        else:
            value = select(value, axis, item)
    return value


def same_sign_floor(a: Any, b: Any) -> Any:
    return a // b


FUNCTIONS: Mapping[str, Callable[..., Held]] = {
    "filled": lambda shape, number: Held([number] * size(shape), tuple(shape)),
    "given": lambda numbers, shape: Held(list(numbers), tuple(shape)),
    "arange": arange,
    "linspace": linspace,
    "eye": lambda n, m: Held([int(i // m == i % m) for i in range(n * m)], (n, m)),
    "add": both(lambda a, b: a + b),
    "sub": both(lambda a, b: a - b),
    "rsub": both(lambda a, b: b - a),
    "mul": both(lambda a, b: a * b),
    "div": both(lambda a, b: a / b),
    "floor_divide": both(same_sign_floor),
    "remainder": both(lambda a, b: a % b),
    "pow": both(lambda a, b: a**b),
    "eq": both(lambda a, b: a == b),
    "ne": both(lambda a, b: a != b),
    "lt": both(lambda a, b: a < b),
    "le": both(lambda a, b: a <= b),
    "gt": both(lambda a, b: a > b),
    "ge": both(lambda a, b: a >= b),
    "maximum": both(max),
    "minimum": both(min),
    "logical_and": both(lambda a, b: bool(a) and bool(b)),
    "logical_or": both(lambda a, b: bool(a) or bool(b)),
    "bitwise_and": both(lambda a, b: a & b),
    "bitwise_or": both(lambda a, b: a | b),
    "logical_not": each(lambda n: not n),
    "bitwise_not": each(lambda n: (not n) if isinstance(n, bool) else ~n),
    "neg": each(lambda n: -n),
    "abs": each(abs),
    "exp": each(math.exp),
    "log": each(math.log),
    "log2": each(math.log2),
    "sqrt": each(math.sqrt),
    "rsqrt": each(lambda n: 1 / math.sqrt(n)),
    "sin": each(math.sin),
    "cos": each(math.cos),
    "square": each(lambda n: n * n),
    "sign": each(lambda n: (n > 0) - (n < 0)),
    "floor": each(lambda n: float(math.floor(n))),
    "ceil": each(lambda n: float(math.ceil(n))),
    "round": each(lambda n: float(round(n)) if isinstance(n, float) else n),
    "same": each(lambda n: n),
    "clamp": lambda value, low=None, high=None: Held(
        [
            n if high is None or n <= high else high
            for n in (n if low is None or n >= low else low for n in value.numbers)
        ],
        value.shape,
    ),
    "sum": reduced(sum),
    "mean": reduced(lambda group: sum(group) / len(group)),
    "prod": reduced(math.prod),
    "amax": reduced(max),
    "amin": reduced(min),
    "all": reduced(all),
    "any": reduced(any),
    "argmax": reduced(lambda group: group.index(max(group))),
    "argmin": reduced(lambda group: group.index(min(group))),
    "cumsum": lambda value, dim: cumulated(value, dim, lambda a, b: a + b),
    "cumprod": lambda value, dim: cumulated(value, dim, lambda a, b: a * b),
    "diff": differences,
    "permute": permute,
    "transpose": transpose,
    "select": select,
    "slice": cut,
    "cat": joined,
    "stack": stacked,
    "expand": expanded,
    "shaped": lambda value, shape: Held(value.numbers, tuple(shape)),
    "tril": lambda value, diagonal=0: triangle(value, lambda i, j: j - i <= diagonal),
    "triu": lambda value, diagonal=0: triangle(value, lambda i, j: j - i >= diagonal),
    "meshgrid": meshgrid,
    "picked": picked,
    "written": written,
    "flip": lambda value, dims: _flipped(value, dims),
    "where": lambda condition, left, right: both(lambda c, pair: pair[0] if c else pair[1])(
        condition, both(lambda a, b: (a, b))(left, right)
    ),
}


def _flipped(value: Held, dims: Any) -> Held:
    for axis in axes(value, dims):
        steps = strides(value.shape)
        start = (value.shape[axis] - 1) * steps[axis]
        steps[axis] = -steps[axis]
        value = Held(_gather(value.numbers, value.shape, steps, start), value.shape)
    return value
