"""What torch's own graph says of an operator: its name and its arguments by its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def base_name(target: Any) -> str:
    """`add` for `aten.add_.Tensor`."""
    name: str = target._schema.name.rpartition("::")[2]
    return name[:-1] if name.endswith("_") and not name.startswith("__") else name


def in_place(target: Any) -> bool:
    """Does an operator write over its first argument?"""
    name: str = target._schema.name
    return name.endswith("_") and not name.endswith("__")


def bound(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the operator's schema, those with their default left out."""
    found: dict[str, Any] = {}
    for i, argument in enumerate(target._schema.arguments):
        if i < len(args):
            found[argument.name] = args[i]
        elif argument.name in kwargs:
            found[argument.name] = kwargs[argument.name]
        elif argument.has_default_value():
            found[argument.name] = argument.default_value
    return found


def defaults(target: Any) -> dict[str, Any]:
    return {a.name: a.default_value for a in target._schema.arguments if a.has_default_value()}
