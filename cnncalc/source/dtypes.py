"""torch's types of numbers, devices and other names without a computation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class dtype:  # torch's name
    """A type of numbers."""

    def __init__(self, name: str, bits: int, kind: int) -> None:
        self.name = name
        self.itemsize = max(1, bits // 8)
        self.bits = bits
        self.kind = kind  # 0 bool, 1 whole, 2 floating, 3 complex: what a sum of two kinds is the larger of
        self.is_floating_point = kind == 2
        self.is_complex = kind == 3
        self.is_signed = kind > 1 or name.startswith("int")

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: Any) -> dtype:
        return self

    def to_real(self) -> dtype:
        return self


DTYPES = {
    name: dtype(name, bits, kind)
    for name, bits, kind in (
        *(("bool", 8, 0), ("uint8", 8, 1), ("int8", 8, 1), ("int16", 16, 1), ("int32", 32, 1), ("int64", 64, 1)),
        *(("float16", 16, 2), ("bfloat16", 16, 2), ("float32", 32, 2), ("float64", 64, 2)),
        *(
            ("complex32", 32, 3),
            ("complex64", 64, 3),
            ("complex128", 128, 3),
            ("float8_e4m3fn", 8, 2),
            ("float8_e5m2", 8, 2),
        ),
        *(("uint16", 16, 1), ("uint32", 32, 1), ("uint64", 64, 1)),
    )
}
ALIASES = {"long": "int64", "int": "int32", "short": "int16", "float": "float32", "double": "float64"}
ALIASES |= {"half": "float16", "chalf": "complex32", "cfloat": "complex64", "cdouble": "complex128"}
DTYPES |= {alias: DTYPES[name] for alias, name in ALIASES.items()}
FLOAT, INT64, BOOL = DTYPES["float32"], DTYPES["int64"], DTYPES["bool"]


def of_number(value: Any) -> dtype:
    """The type that torch gives a number of Python."""
    if isinstance(value, bool):
        return BOOL
    return FLOAT if isinstance(value, float) else DTYPES["complex64"] if isinstance(value, complex) else INT64


def promoted(tensors: Iterable[Any], numbers: Iterable[Any] = ()) -> dtype:
    """The type of what is made of tensors and numbers: a number has a say by its kind alone, as has a scalar."""
    given = list(tensors)
    whole = [t.dtype for t in given if t._shape] or [t.dtype for t in given]
    found: dtype = BOOL
    for one in whole:
        if (one.kind, one.bits) > (found.kind, found.bits):
            found = one
    kinds = [of_number(n) for n in numbers] + [t.dtype for t in given if not t._shape]
    for one in kinds:
        if one.kind > found.kind:
            found = one
    return found


class device:  # torch's name
    """Where a tensor is: nowhere here, by whatever name."""

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}')"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash(self.type)

    def __enter__(self) -> device:
        return self

    def __exit__(self, *_: object) -> None:
        pass


CPU = device("cpu")


class Info:
    """torch.finfo and torch.iinfo."""

    def __init__(self, kind: dtype | None = None) -> None:
        kind = kind or FLOAT
        self.bits, self.dtype = kind.bits, kind.name
        if kind.is_floating_point:
            digits, most = {
                "float16": (10, 65504.0),
                "bfloat16": (7, 3.3895313892515355e38),
                "float64": (52, 1.7976931348623157e308),
            }.get(kind.name, (23, 3.4028234663852886e38))
            self.max: Any = most
            self.min: Any = -most
            self.eps = 2.0**-digits
            self.tiny = self.smallest_normal = 6.103515625e-05 if kind.name == "float16" else 1.1754943508222875e-38
            self.resolution = 1e-6
        else:
            signed = kind.name.startswith("int")
            self.max = 2 ** (kind.bits - signed) - 1
            self.min = -(2 ** (kind.bits - 1)) if signed else 0


class Size(tuple):  # type: ignore[type-arg]
    """torch.Size: a shape as the user's code gets it."""

    __slots__ = ()

    def numel(self) -> Any:
        count: Any = 1
        for size in self:
            count = count * size
        return count

    def __getitem__(self, at: Any) -> Any:
        found = tuple.__getitem__(self, at)
        return Size(found) if isinstance(at, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"
