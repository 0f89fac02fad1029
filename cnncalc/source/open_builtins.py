"""Builtins that insist on real numbers, for open sizes: calls of them in a model's files are calls of these."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from cnncalc.source.sizes import OpenReal, OpenSize, shown, taken
from cnncalc.symbolic.expr import Expr, greatest, least


def open_int(*args: Any, **named: Any) -> Any:
    if len(args) == 1 and not named:
        if isinstance(args[0], OpenSize):
            return args[0]
        if isinstance(args[0], OpenReal):
            return args[0].__trunc__()
        if hasattr(args[0], "_shape"):
            return args[0].__int__()
    return int(*args, **named)


def open_float(*args: Any) -> Any:
    if len(args) == 1 and isinstance(args[0], OpenSize):
        return OpenReal(args[0].dim, 1)
    return args[0] if len(args) == 1 and isinstance(args[0], OpenReal) else float(*args)


def _extreme(plain: Any, of: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    values = list(args[0]) if len(args) == 1 and not named else list(args)
    whole = [taken(value) for value in values]
    if not named and any(isinstance(v, OpenSize) for v in values) and all(isinstance(v, int | Expr) for v in whole):
        return shown(of(*whole))
    return plain(values, **named) if len(args) == 1 and not named else plain(*args, **named)


def open_max(*args: Any, **named: Any) -> Any:
    return _extreme(max, greatest, args, named)


def open_min(*args: Any, **named: Any) -> Any:
    return _extreme(min, least, args, named)


def open_len(value: Any) -> Any:
    shape = getattr(value, "_shape", None)
    return shown(shape[0]) if shape else len(value)


def _classes(kinds: Any) -> list[Any]:
    if isinstance(kinds, tuple):
        return [one for kind in kinds for one in _classes(kind)]
    return (
        list(getattr(kinds, "__args__", ())) if type(kinds).__name__ in ("UnionType", "_UnionGenericAlias") else [kinds]
    )


def open_isinstance(value: Any, kinds: Any) -> bool:
    if isinstance(value, OpenSize | OpenReal):
        stands_for = int if isinstance(value, OpenSize) else float
        return any(isinstance(kind, type) and issubclass(stands_for, kind) for kind in _classes(kinds))
    try:
        return isinstance(value, kinds)
    except TypeError:  # a union with a generic
        return any(isinstance(value, getattr(kind, "__origin__", None) or kind) for kind in _classes(kinds))


def open_type(*args: Any, **named: Any) -> Any:
    if len(args) == 1 and isinstance(args[0], OpenSize):
        return int
    return float if len(args) == 1 and isinstance(args[0], OpenReal) else type(*args, **named)


REPLACED: Mapping[str, Any] = {
    name: globals()[f"open_{name}"] for name in ("int", "float", "max", "min", "len", "isinstance", "type")
}
assert all(hasattr(builtins, name) for name in REPLACED)
