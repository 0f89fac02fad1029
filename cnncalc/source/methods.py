"""The methods of tensors, by the functions that they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.source import takes
from cnncalc.source.absent import Absent
from cnncalc.source.composed import COMPOSED
from cnncalc.source.dtypes import DTYPES
from cnncalc.source.functions import SPECIAL, base_name, call, is_function
from cnncalc.source.places import names
from cnncalc.source.tensor import Tensor, tensor_of

RANDOM = frozenset({"normal", "uniform", "random", "bernoulli", "cauchy", "exponential", "geometric", "log_normal"})
KEPT = frozenset({"erfinv", "trunc_normal", "xavier_uniform", "orthogonal", "kaiming_uniform", "kaiming_normal"})


def method(name: str) -> Callable[[Tensor], Callable[..., Any]] | None:
    """A method of tensors by its name; None for one that is not known, or that torch does not have."""
    found = known_method(name)
    if found is None and name in names("torch.Tensor, not known"):
        whole = f"torch.Tensor.{name}"
        return lambda tensor: Absent(whole)
    if found is None or not (name in names("torch.Tensor") or name.startswith("__")):
        return None
    make = found

    def method_of(tensor: Tensor) -> Callable[..., Any]:
        own = make(tensor)

        def called(*args: Any, **named: Any) -> Any:
            takes.checked("torch.Tensor", name, args, named)
            return own(*args, **named)

        return called

    return method_of


def known_method(name: str) -> Callable[[Tensor], Callable[..., Any]] | None:
    """A function by the name that a method would have."""
    if name.startswith("__"):
        return None
    if name.startswith("new_"):
        from cnncalc.source import creation

        return creation.method(name)
    in_place = base_name(name) != name
    base = base_name(name)
    if base in METHODS and not in_place:
        return METHODS[base]
    if in_place and (base in RANDOM or base in KEPT):
        return lambda tensor: lambda *_, **__: tensor._over(tensor_of(tensor._shape, tensor.dtype, tensor._node))
    if base in COMPOSED and not in_place:
        return lambda tensor: lambda *args, **named: COMPOSED[base](tensor, *args, **named)
    own = "tensor_unfold" if base == "unfold" else base
    if own in SPECIAL or is_function(own):
        if in_place:
            return lambda tensor: lambda *args, **named: tensor._over(call(own, (tensor, *args), named))
        return lambda tensor: lambda *args, **named: call(own, (tensor, *args), named)
    return None


METHODS: dict[str, Callable[[Tensor], Callable[..., Any]]] = {
    **{
        name: (lambda kind: lambda tensor: lambda *_, **__: tensor._alias(kind))(DTYPES[name])
        for name in ("float", "double", "half", "int", "long", "short", "bool", "bfloat16", "cfloat", "cdouble")
    },
    "byte": lambda tensor: lambda *_, **__: tensor._alias(DTYPES["uint8"]),
    "char": lambda tensor: lambda *_, **__: tensor._alias(DTYPES["int8"]),
    "ceil": lambda tensor: lambda: call("ceil", (tensor,), {}),
    "apply_": lambda tensor: lambda *_: tensor,
    "dense_dim": lambda tensor: lambda: len(tensor._shape),
    "__array__": lambda tensor: lambda *_: tensor.numpy(),
}
