"""A tensor that has a shape and a type, and values where they are few and known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Finding
from cnncalc.named_tuples import NamedTuple
from cnncalc.source import dtypes
from cnncalc.source.dtypes import CPU, DTYPES, FLOAT, INT64, Size, of_number
from cnncalc.source.errors import NoTensor, ShapeError, needs_data
from cnncalc.source.sizes import OpenReal, OpenSize, shown, taken
from cnncalc.source.values import MOST, Held, Later, Unworkable
from cnncalc.symbolic.expr import Dim, product


class Tensor:
    """torch.Tensor, without data."""

    _shape: Shape
    dtype: dtypes.dtype
    _node: Any  # the recorder and the value of its graph, where it has been worked out there
    _of: Any  # the tensor that it is another name of
    _known: Any  # what it held when its memory had been written `_seen` times
    _seen: int
    _memory: list[int]  # how often it has been written; shared by all that lie in it
    _made: Any  # what has laid it so in memory, see `layout`; None: its values lie in rows
    _source: Any = None  # the layer that gives it, where `forward` has made it of nothing
    _ends: Any = None  # of positions one after the other: the first, and the one after the last
    requires_grad: bool = False
    grad = None
    grad_fn = None
    is_cuda = is_sparse = is_quantized = is_nested = is_meta = is_mkldnn = False
    is_leaf = True
    layout = "torch.strided"

    def __init__(self, *sizes: Any) -> None:
        """Of sizes a tensor of that shape; of a list, an array or a tensor, what it holds."""
        (only,) = sizes if len(sizes) == 1 else (None,)
        if isinstance(only, Tensor | list | tuple) or type(only).__module__ == "numpy":
            if not isinstance(only, Size):
                from cnncalc.source.creation import tensor

                made = tensor(only, dtype=FLOAT)
                self._set(made._shape, FLOAT, None, made._data)
                return
            sizes = only
        self._set(tuple(taken(size) for size in sizes), FLOAT)

    def _set(self, shape: Shape, kind: dtypes.dtype, node: Any = None, data: Any = None) -> Tensor:
        self._shape, self.dtype, self._node = shape, kind, node
        self._known, self._seen, self._memory = data, 0, [0]
        self._of = self._made = None
        return self

    @property
    def _data(self) -> Any:
        """What it holds: Held or Later; None where that is not known, or has been written over by another name."""
        return self._known if self._seen == self._memory[0] else None

    @_data.setter
    def _data(self, data: Any) -> None:
        self._known, self._seen = data, self._memory[0]

    def _within(self, other: Tensor) -> None:
        """Lie in the memory of another one."""
        self._memory, self._seen = other._memory, other._memory[0]

    def _written(self, data: Any = None) -> None:
        """Hold something else from now on."""
        self._memory[0] += 1
        self._data = data

    def _alias(self, kind: dtypes.dtype | None = None) -> Tensor:
        """Another name of the same tensor, or its copy of another type."""
        data = self._data
        same = kind is None or kind is self.dtype
        if not same and data is not None:
            data = Later("same", [data], {}, kind.name)  # type: ignore[union-attr]
        made = tensor_of(self._shape, kind or self.dtype, self._node, data)
        made._of = self._of if self._of is not None else self
        made._made = self._made if same else Copy(self)
        if same:
            made._within(self)
        return made

    # What it is

    @property
    def shape(self) -> Size:
        return Size([shown(dim) for dim in self._shape])

    def size(self, dim: Any = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return len(self._shape)

    ndimension = dim

    @property
    def ndim(self) -> int:
        return len(self._shape)

    def numel(self) -> Any:
        return shown(product(self._shape))

    nelement = numel

    def stride(self, dim: Any = None) -> Any:
        from cnncalc.source.layout import strides

        steps = tuple(map(shown, strides(self)))
        return steps if dim is None else steps[dim]

    @property
    def device(self) -> dtypes.device:
        return CPU

    def get_device(self) -> int:
        return -1

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def element_size(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> Any:
        return self.numel() * self.dtype.itemsize

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_contiguous(self, *args: Any, **named: Any) -> bool:
        from cnncalc.source.layout import in_order

        return in_order(self, args[0] if args else named.get("memory_format"))

    def is_same_size(self, other: Tensor) -> bool:
        return self.shape == other.shape

    def data_ptr(self) -> int:
        return id(self._of if self._of is not None else self)

    def untyped_storage(self) -> Tensor:
        return self

    storage = untyped_storage

    @property
    def data(self) -> Tensor:
        return self._alias()

    @data.setter
    def data(self, other: Tensor) -> None:
        self._shape, self.dtype, self._made, self._node = other._shape, other.dtype, other._made, None
        data = other._data
        self._within(other)
        self._data = data

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        self.requires_grad = requires_grad
        return self

    def retain_grad(self) -> None:
        pass

    def register_hook(self, hook: Any) -> Any:
        return None

    def backward(self, *_: Any, **__: Any) -> None:
        pass

    def pin_memory(self) -> Tensor:
        return self

    def share_memory_(self) -> Tensor:
        return self

    # Types

    def to(self, *args: Any, **named: Any) -> Tensor:
        kinds = [a for a in (*args, *named.values()) if isinstance(a, dtypes.dtype)]
        others = [a for a in args if isinstance(a, Tensor)]
        kind = kinds[0] if kinds else others[0].dtype if others else None
        return self._alias(kind)

    def type(self, kind: Any = None) -> Any:
        if kind is None:
            return f"torch.{self.dtype.name}"
        if isinstance(kind, str):
            name = kind.rpartition(".")[2].removesuffix("Tensor").lower() or "float32"
            kind = DTYPES[name]
        return self._alias(getattr(kind, "_dtype", kind))

    def type_as(self, other: Tensor) -> Tensor:
        return self._alias(other.dtype)

    def cpu(self, *_: Any, **__: Any) -> Tensor:
        return self._alias()

    cuda = cpu

    def detach(self) -> Tensor:
        return self._alias()

    def clone(self, **_: Any) -> Tensor:
        made = self._alias()
        made._apart()
        made._made = Copy(self)
        return made

    def _apart(self) -> None:
        """Lie in memory of its own."""
        self._known, self._seen, self._memory = self._data, 0, [0]

    def numpy(self, *_: Any, **__: Any) -> Any:
        return import_module("numpy").array(self.tolist())  # the user's code asks for it

    # Values

    def _held(self, what: str) -> Held:
        data = self._data
        if data is None:
            needs_data(what)
        try:
            found: Held = data if isinstance(data, Held) else data()
            return found
        except Unworkable:
            needs_data(what)

    def item(self) -> Any:
        if self._shape and product(self._shape) != 1:
            message = f"a Tensor with {self.numel()} elements cannot be converted to Scalar"
            raise ShapeError(Finding("bad-argument", message, None, (), None))
        return self._held("item()").numbers[0]

    def tolist(self) -> Any:
        held = self._held("tolist()")

        def nested(numbers: list[Any], shape: Sequence[int]) -> Any:
            if not shape:
                return numbers[0]
            step = len(numbers) // shape[0] if shape[0] else 0
            return [nested(numbers[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]

        return nested(held.numbers, held.shape)

    def __bool__(self) -> bool:
        if self._shape and product(self._shape) != 1:
            message = "Boolean value of Tensor with more than one value is ambiguous"
            raise ShapeError(Finding("bad-argument", message, None, (), "any() or all() makes one of them"))
        return bool(self._held("a branch on a tensor").numbers[0])

    def __int__(self) -> int:
        from cnncalc.source.values import whole

        return whole(self._held("int() of a tensor").numbers[0])

    def __index__(self) -> int:
        if self.dtype.kind > 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._held("a position that a tensor gives").numbers[0])

    def __float__(self) -> float:
        return float(self._held("float() of a tensor").numbers[0])

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of a 0-d tensor")
        return int(shown(self._shape[0]))

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, value: Any) -> bool:
        return value in self._held("`in` a tensor").numbers

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self._shape and self._data is not None else repr(self)

    def __repr__(self) -> str:
        return f"tensor(..., size=({', '.join(map(str, self.shape))}), dtype={self.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            made = type(self).__new__(type(self))
            made.__dict__.update(self.__dict__)
            made._of = None
            made._apart()
            memo[id(self)] = made
        return memo[id(self)]  # type: ignore[no-any-return]

    # Operations

    def __getattr__(self, name: str) -> Any:
        from cnncalc.source.methods import method

        found = method(name)
        if found is None:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return found(self)

    def __getitem__(self, at: Any) -> Tensor:
        from cnncalc.source.indexing import read

        return read(self, at)

    def __setitem__(self, at: Any, value: Any) -> None:
        from cnncalc.source.indexing import write

        write(self, at, value)

    @property
    def T(self) -> Any:
        return self._call("numpy_T")

    @property
    def mT(self) -> Any:
        return self._call("mT")

    @property
    def H(self) -> Any:
        return self._call("mT" if len(self._shape) > 1 else "numpy_T")

    @property
    def real(self) -> Any:
        return self._call("real") if self.dtype.is_complex else self

    @property
    def imag(self) -> Any:
        return self._call("imag")

    def __pos__(self) -> Tensor:
        return self

    def _call(self, name: str, *args: Any, **named: Any) -> Any:
        from cnncalc.source.functions import call

        return call(name, (self, *args), named)

    def _over(self, result: Tensor) -> Tensor:
        """Take what an operation in place gives."""
        if result._shape != self._shape:
            message = f"the result of an operation in place is {list(result.shape)}, and its tensor {list(self.shape)}"
            raise ShapeError(Finding("shape-mismatch", message, None, (), None))
        if result.dtype.kind > self.dtype.kind:
            message = f"an operation in place gives {result.dtype.name}, and its tensor holds {self.dtype.name}"
            raise ShapeError(
                Finding("wrong-kind", message, None, (), "without the `_`, or as `x = x + y`, it makes another")
            )
        self._written(result._data)
        self._node = result._node
        return self


class Copy(NamedTuple):
    """What lies as another tensor does, in memory of its own."""

    of: Tensor


def _operator(name: str) -> Any:
    def forwards(self: Tensor, other: Any) -> Any:
        if isinstance(other, bool):
            other = int(other) if self.dtype.kind else full((), other)
        return self._call(name, other) if is_operand(other) else NotImplemented

    return forwards


def _reflected(name: str) -> Any:
    def backwards(self: Tensor, other: Any) -> Any:
        from cnncalc.source.functions import call

        if not is_operand(other):
            return NotImplemented
        if isinstance(other, Tensor):
            return call(name, (other, self), {})
        return call(name, (full((), other), self), {})

    return backwards


def _in_place(name: str) -> Any:
    def over(self: Tensor, other: Any) -> Any:
        return self._over(self._call(name, other)) if is_operand(other) else NotImplemented

    return over


def is_operand(value: Any) -> bool:
    return isinstance(value, Tensor | int | float | complex | OpenSize | OpenReal) or hasattr(value, "__float__")


for _name, _python in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "div": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "pow": "pow",
    "matmul": "matmul",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "bitwise_left_shift": "lshift",
    "bitwise_right_shift": "rshift",
}.items():
    setattr(Tensor, f"__{_python}__", _operator(_name))
    setattr(Tensor, f"__i{_python}__", _in_place(_name))
    _swapped = _name in ("add", "mul", "bitwise_and", "bitwise_or", "bitwise_xor")
    setattr(
        Tensor,
        f"__r{_python}__",
        _operator("rsub" if _name == "sub" else _name) if _swapped or _name == "sub" else _reflected(_name),
    )
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Tensor, f"__{_name}__", _operator(_name))
for _name, _python in {"neg": "neg", "abs": "abs", "bitwise_not": "invert"}.items():
    setattr(Tensor, f"__{_python}__", (lambda name: lambda self: self._call(name))(_name))


def tensor_of(shape: Shape, kind: dtypes.dtype, node: Any = None, data: Any = None) -> Tensor:
    """A tensor with a shape and a type."""
    return Tensor.__new__(Tensor)._set(shape, kind, node, data)


def small(shape: Sequence[Dim]) -> bool:
    """Has a tensor so few values that they are kept?"""
    numbers = [dim for dim in shape if isinstance(dim, int)]
    return len(numbers) == len(shape) and math.prod(numbers) <= MOST


def full(shape: Shape, number: Any, kind: dtypes.dtype | None = None) -> Tensor:
    """A tensor of one number."""
    number = number if not isinstance(number, OpenReal) else float(number)
    whole = taken(number)
    kind = kind or (of_number(number) if not isinstance(number, OpenSize) else INT64)
    known = small(shape) and isinstance(whole, int | float)
    return tensor_of(
        shape, kind, None, Later("filled", [], {"shape": shape, "number": whole}, kind.name) if known else None
    )


class Parameter(Tensor):
    """torch.nn.Parameter."""

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        made = object.__new__(cls)
        if data is not None and not isinstance(data, Tensor):
            kind = type(data).__name__
            raise NoTensor(f"nn.Parameter() takes a tensor, not {kind}", "torch.tensor(...) makes one of numbers")
        if data is None:
            made._set((0,), FLOAT)
        else:
            made._set(data._shape, data.dtype, None, data._data)
            made._within(data)
            made._made = data._made
        made.requires_grad = requires_grad
        return made

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        pass
