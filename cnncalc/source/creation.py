"""torch's functions that make tensors: their shapes, and their values where these are few."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnncalc.layers.kinds import Wrong
from cnncalc.layers.registry import layer_class
from cnncalc.layers.site import Finding
from cnncalc.operators.values import plain
from cnncalc.source.dtypes import DTYPES, FLOAT, INT64, dtype, of_number, promoted
from cnncalc.source.errors import ShapeError
from cnncalc.source.recorder import recorder
from cnncalc.source.sizes import OpenReal, OpenSize, shown, taken
from cnncalc.source.tensor import Tensor, full, small, tensor_of
from cnncalc.source.values import Later
from cnncalc.symbolic.expr import Dim, Expr, greatest

_default: list[dtype] = [FLOAT]


def sizes_of(args: Any) -> tuple[Dim, ...]:
    """`zeros(2, 3)`, `zeros((2, 3))`"""
    given = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
    found = []
    for one in given:
        size = taken(one)
        if not isinstance(size, int | Expr):
            if isinstance(size, float):
                raise TypeError("sizes have to be integers, not float")
            size = size.__index__()
        if isinstance(size, int) and size < 0:
            message = f"Trying to create tensor with negative dimension {size}"
            raise ShapeError(Finding("bad-argument", message, None, (), None))
        found.append(size)
    return tuple(found)


def asked(named: dict[str, Any], usual: dtype | None = None) -> dtype:
    kind = named.get("dtype")
    return kind if isinstance(kind, dtype) else usual or _default[0]


def marked(made: Tensor, named: dict[str, Any]) -> Tensor:
    if named.get("requires_grad"):
        made.requires_grad = True
    return made


def by_layer(made: Tensor, name: str, kind: dtype = FLOAT, **arguments: Any) -> Tensor:
    """A tensor with the layer that gives it, where a network runs."""
    if recorder() is not None and made.dtype is kind:
        try:
            cls = layer_class(name)
            made._source = cls(
                **{key: cls.arguments[key].kind.read(plain(value), None) for key, value in arguments.items()}
            )
        except Wrong:
            pass
    return made


def constant(number: Any) -> Callable[..., Tensor]:
    def made(*args: Any, **named: Any) -> Tensor:
        shape = sizes_of(args or (named.get("size", ()),))
        found = by_layer(full(shape, number, asked(named)), "ones" if number else "zeros", size=shape)
        return marked(found, named)

    return made


def random(name: str) -> Callable[..., Tensor]:
    def made(*args: Any, **named: Any) -> Tensor:
        shape = sizes_of(args or (named.get("size", ()),))
        return marked(by_layer(tensor_of(shape, asked(named)), name, size=shape), named)

    return made


def full_of(size: Any, fill_value: Any = None, **named: Any) -> Tensor:
    kind = asked(named, promoted([fill_value]) if isinstance(fill_value, Tensor) else of_number(fill_value))
    if isinstance(fill_value, Tensor):
        return tensor_of(sizes_of((size,)), kind)
    return by_layer(full(sizes_of((size,)), fill_value, kind), "full", size=sizes_of((size,)), fill_value=fill_value)


def eye(n: Any, m: Any = None, **named: Any) -> Tensor:
    shape = sizes_of((n, n if m is None else m))
    data = Later("eye", list(shape), {}, asked(named).name) if small(shape) else None
    return tensor_of(shape, asked(named), None, data)


def number(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    return taken(value) if isinstance(value, OpenSize) else float(value) if isinstance(value, OpenReal) else value


def arange(*args: Any, **named: Any) -> Tensor:
    given = [number(a) for a in args]
    start = number(named.get("start", given[0] if len(given) > 1 else 0))
    end = number(named.get("end", given[1] if len(given) > 1 else given[0] if given else 0))
    step = number(named.get("step", given[2] if len(given) > 2 else 1))
    reals = any(isinstance(n, float) for n in (start, end, step))
    kind = asked(named, _default[0] if reals else INT64)
    if any(isinstance(n, Expr) for n in (start, end, step)):
        if reals or not isinstance(step, int):
            start, end, step = (float(shown(n)) for n in (start, end, step))
        else:
            if step < 1:
                return arange(int(shown(start)), int(shown(end)), step, **named)
            made = tensor_of((greatest(0, -((start - end) // step)),), kind)
            made._ends = (start, end) if step == 1 and isinstance(start, int) and kind.kind == 1 else None
            return in_row(made, start, end, step)
    if step == 0:
        raise ShapeError(Finding("bad-argument", "step must be nonzero", None, (), None))
    count = math.ceil((end - start) / step) if reals else -((start - end) // step)
    if count < 0:
        message = "upper bound and lower bound inconsistent with step sign"
        raise ShapeError(Finding("bad-argument", message, None, (), None))
    shape = (count,)
    held = Later("arange", [start, end, step], {}, kind.name) if small(shape) else None
    return tensor_of(shape, kind, None, held) if reals else in_row(tensor_of(shape, kind, None, held), start, end, step)


def in_row(made: Tensor, start: Dim, end: Dim, step: int) -> Tensor:
    """arange as its layer writes it."""
    ends = {"start": end} if start == 0 and step == 1 else {"start": start, "end": end}
    return by_layer(made, "arange", INT64, **ends, **({} if step == 1 else {"step": step}))


def linspace(start: Any, end: Any, steps: Any, **named: Any) -> Tensor:
    shape = sizes_of((steps,))
    kind = asked(named)
    numbers = [number(start), number(end)]
    known = small(shape) and not any(isinstance(n, Expr) for n in numbers)
    held = Later("linspace", [*numbers, shape[0]], {}, kind.name) if known else None
    made = tensor_of(shape, kind, None, held)
    return by_layer(made, "linspace", start=numbers[0], end=numbers[1], steps=shape[0]) if known else made


def logspace(start: Any, end: Any, steps: Any, **named: Any) -> Tensor:
    return tensor_of(sizes_of((steps,)), asked(named))


def randint(*args: Any, **named: Any) -> Tensor:
    size = named.get("size", args[-1])
    return tensor_of(sizes_of((size,)), asked(named, INT64))


def randperm(n: Any, **named: Any) -> Tensor:
    return tensor_of(sizes_of((n,)), INT64)


def normal(*args: Any, **named: Any) -> Tensor:
    if args and isinstance(args[0], Tensor):
        return tensor_of(args[0]._shape, args[0].dtype)
    return tensor_of(sizes_of((named.get("size", args[-1]),)), asked(named))


def window(length: Any, *_: Any, **named: Any) -> Tensor:
    return tensor_of(sizes_of((length,)), asked(named))


def tensor(data: Any, *_: Any, **named: Any) -> Tensor:
    """torch.tensor of numbers, lists of them, tensors, and numpy's arrays."""
    if isinstance(data, Tensor):
        made = data._alias(asked(named, data.dtype))
        made._of = None
        made._apart()
        return made
    if type(data).__module__ == "numpy":
        kind = DTYPES.get(str(data.dtype), DTYPES["float64"])
        shape = tuple(data.shape)
        known = small(shape)
        held = Later("given", [tuple(data.reshape(-1).tolist()), shape], {}, kind.name) if known else None
        return tensor_of(shape, asked(named, kind), None, held)
    flat: list[Any] = []
    shape = _walked(data, flat)
    kind = asked(named, _kind(flat))
    plain = [taken(n) for n in flat]
    known = all(isinstance(n, bool | int | float) for n in plain)
    held = Later("given", [tuple(plain), shape], {}, kind.name) if known and small(shape) else None
    return marked(tensor_of(shape, kind, None, held), named)


def _kind(flat: list[Any]) -> dtype:
    kinds = [n.dtype if isinstance(n, Tensor) else of_number(n) for n in flat]
    found = max(kinds, key=lambda k: (k.kind, k.bits)) if kinds else _default[0]
    return _default[0] if found.kind == 2 and not any(isinstance(n, Tensor) for n in flat) else found


def _walked(data: Any, flat: list[Any]) -> tuple[int, ...]:
    if isinstance(data, Tensor):
        if data._shape:
            inner: list[Any] = [data] * int(data.numel())
            if data._data is not None:
                inner = data._held("a value").numbers
            flat += inner
            return tuple(int(shown(d)) for d in data._shape)
        flat.append(data.item() if data._data is not None else data)
        return ()
    if isinstance(data, list | tuple | range):
        shapes = [_walked(item, flat) for item in data]
        if len(set(shapes)) > 1:
            raise ValueError("expected sequences of one length")
        return (len(data), *(shapes[0] if shapes else ()))
    flat.append(data)
    return ()


def triangle(upper: bool) -> Callable[..., Tensor]:
    """tril_indices and triu_indices."""

    def made(row: Any, col: Any, offset: Any = 0, **named: Any) -> Tensor:
        rows, columns = (int(shown(size)) for size in sizes_of((row, col)))
        places = [
            (i, j) for i in range(rows) for j in range(columns) if (j - i >= offset if upper else j - i <= offset)
        ]
        numbers = (*(i for i, _ in places), *(j for _, j in places))
        kind, shape = asked(named, INT64), (2, len(places))
        return tensor_of(shape, kind, None, Later("given", [numbers, shape], {}, kind.name) if small(shape) else None)

    return made


def like(name: str) -> Callable[..., Tensor]:
    """zeros_like and its like, by the name without the ending."""

    def made(value: Tensor, *args: Any, **named: Any) -> Tensor:
        kind = asked(named, value.dtype)
        if name == "full":
            fill = args[0] if args else named["fill_value"]
            return by_layer(full(value._shape, fill, kind), name, size=value._shape, fill_value=fill)
        known = {"zeros": 0, "ones": 1}.get(name)
        found = tensor_of(value._shape, kind) if known is None else full(value._shape, known, kind)
        return by_layer(found, name, size=value._shape) if name != "randint" else found

    return made


def frequencies(half: bool) -> Callable[..., Tensor]:
    """fftfreq and rfftfreq."""
    return lambda n, d=1.0, **named: tensor_of(sizes_of((n // 2 + 1 if half else n,)), asked(named))


MADE: dict[str, Callable[..., Tensor]] = {
    "zeros": constant(0),
    "ones": constant(1),
    **{name: random(name) for name in ("empty", "rand", "randn")},
    "full": full_of,
    "eye": eye,
    "arange": arange,
    "range": lambda start, end, step=1, **named: arange(start, end + step, step, **{"dtype": FLOAT, **named}),
    "linspace": linspace,
    "logspace": logspace,
    "randint": randint,
    "randperm": randperm,
    "normal": normal,
    **dict.fromkeys(("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"), window),
    **dict.fromkeys(("tensor", "as_tensor", "asarray", "from_numpy", "scalar_tensor"), tensor),
    "fft_fftfreq": frequencies(half=False),
    "fft_rfftfreq": frequencies(half=True),
    **{f"{name}_like": like(name) for name in ("zeros", "ones", "full", "empty", "rand", "randn", "randint")},
    "tril_indices": triangle(upper=False),
    "triu_indices": triangle(upper=True),
    "empty_strided": lambda size, stride, **named: random("empty")(size, **named),
}
"""What makes tensors, by torch's names."""


def method(name: str) -> Callable[[Tensor], Callable[..., Any]] | None:
    """x.new_zeros(...) and relatives: of the type of x."""
    function = MADE.get(name.removeprefix("new_"))
    if function is None:
        return None
    return lambda tensor: lambda *args, **named: function(*args, **{"dtype": tensor.dtype, **named})


def set_default(kind: Any) -> None:
    if isinstance(kind, dtype):
        _default[0] = kind


def default() -> dtype:
    return _default[0]
