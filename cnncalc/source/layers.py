"""torch's own modules: one class for each layer of the registry, made when it is asked for."""

from __future__ import annotations

from inspect import Parameter, Signature
from types import FunctionType
from typing import Any

from cnncalc.layers import Layer, find
from cnncalc.layers.arguments import REQUIRED
from cnncalc.layers.site import Finding
from cnncalc.source import creation, dtypes
from cnncalc.source.dtypes import FLOAT, dtype
from cnncalc.source.errors import ArgumentError
from cnncalc.source.families import base, base_of
from cnncalc.source.forwards import FORWARD, forward
from cnncalc.source.kept import fill, keep, needed
from cnncalc.source.module import Module
from cnncalc.source.parts import PARTS
from cnncalc.source.sizes import user_line
from cnncalc.source.tensor import Tensor, tensor_of

_made: dict[str, type] = {}


def layer_module(name: str) -> type | None:
    """torch's module of a name, as the registry knows it; None where it does not."""
    found = find(f"nn.{name}")
    if found is None:
        return None
    cls = found.family.member(found.ndim)
    known = _made.get(name)
    if known is None or known._layer[1] is not cls:  # type: ignore[attr-defined]
        parent = layer_module(name.removeprefix("Lazy")) if found.lazy else base_of(cls)
        assert parent is not None
        known = type(name, (parent,), {"__module__": "torch.nn", "_lazy": found.lazy, "_ordinary": parent})
        if not found.lazy:
            known.__init__ = as_init(cls)  # type: ignore[misc]
            known.forward = as_forward(FORWARD.get(cls.name, forward), name)  # type: ignore[attr-defined]
            known.reset_parameters = known._reset_parameters = lambda self: None  # type: ignore[attr-defined]
            for key, function in METHODS.get(cls.name, {}).items():
                setattr(known, key, function)
        known._layer = (known, cls)  # type: ignore[attr-defined]
        _made[name] = known
    return known


def as_init(cls: type[Layer]) -> Any:
    """The __init__ of a module, whose arguments can be asked for."""
    made = FunctionType(_init.__code__, _init.__globals__, "__init__", None, _init.__closure__)
    made.__qualname__ = f"{cls.torch}.__init__"
    given = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    if cls.name == "identity":
        given += [Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD)]
    else:
        for key, argument in cls.arguments.items():
            default = argument.default if argument.in_torch is None else argument.in_torch
            asked = argument.default is REQUIRED or (argument.inferred and key in needed(cls))
            if not argument.at_call:
                given.append(Parameter(key, given[0].kind, default=Parameter.empty if asked else default))
        if cls.params is not Layer.params:
            given += [Parameter(key, Parameter.POSITIONAL_OR_KEYWORD, default=None) for key in ("device", "dtype")]
    made.__signature__ = Signature(in_order(given))  # type: ignore[attr-defined]
    return made


def in_order(given: list[Parameter]) -> list[Parameter]:
    """Those that have to be given before those that have not."""
    return sorted(given, key=lambda one: (one.kind, one.default is not Parameter.empty))


def as_forward(function: Any, name: str) -> Any:
    """A function as the forward of a module, by which Python calls it where its arguments do not fit."""
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__qualname__ = f"{name}.forward"
    return made


def _init(self: Any, *args: Any, **named: Any) -> None:
    """Take the arguments in torch's order, and make the parameters and buffers that the layer has."""
    Module.__init__(self)
    cls: type[Layer] = type(self)._layer[1]
    lazy: bool = type(self)._lazy
    names = [k for k, a in cls.arguments.items() if not a.at_call and not (lazy and a.inferred)]
    if cls.name == "identity":  # takes anything
        return
    given = dict(zip(names, args))
    named.pop("device", None)
    if cls.name == "embedding":
        named.pop("_weight", None)
        self.__dict__["_frozen"] = bool(named.pop("_freeze", False))
    for one in (*args, *named.values()):
        if isinstance(one, Tensor) and one._data is None and one._shape:
            message = f"nn.{cls.torch} is made with its arguments, and a tensor of {list(one.shape)} is given"
            raise ArgumentError(Finding("bad-argument", message, None, (), f"nn.{cls.torch}(...)(x) calls the layer"))
    kind = named.pop("dtype", None)
    if isinstance(kind, dtype):
        self.__dict__["_kind"] = kind
    if len(args) > len(names):
        further = args[len(names) :]
        if not all(one is None or isinstance(one, dtype) or type(one).__name__ in ("device", "str") for one in further):
            raise TypeError(f"{cls.torch}.__init__() takes {len(names)} arguments but {len(args)} were given")
    for key, value in named.items():
        if key not in names:
            raise TypeError(f"{cls.torch}.__init__() got an unexpected keyword argument '{key}'")
        if key in given:
            raise TypeError(f"{cls.torch}.__init__() got multiple values for argument '{key}'")
        given[key] = value
    missing = [
        k
        for k in names
        if k not in given and (cls.arguments[k].default is REQUIRED or (cls.arguments[k].inferred and k in needed(cls)))
    ]
    if missing:
        text = " and ".join(f"'{k}'" for k in missing)
        few = f"{len(missing)} required positional argument{'s' if len(missing) > 1 else ''}"
        raise TypeError(f"{cls.torch}.__init__() missing {few}: {text}")
    self.__dict__["_line"] = user_line()
    keep(self, cls, given, names)
    parts = PARTS.get(cls.name)
    if parts is not None:
        parts(self, made)
    if lazy:
        return
    fill(self, cls)


def _square_mask(size: Any, device: Any = None, dtype: Any = None) -> Tensor:

    shape = creation.sizes_of((size, size))
    return tensor_of(shape, dtype if isinstance(dtype, dtypes.dtype) else FLOAT)


def _flatten(self: Any) -> None:
    """flatten_parameters, which lays weights out anew."""


def _from_pretrained(cls: type[Any], /, embeddings: Any, freeze: bool = True, padding_idx: Any = None, **_: Any) -> Any:
    """torch.nn.Embedding.from_pretrained"""
    made = cls(*embeddings.shape, padding_idx=padding_idx)
    made.weight.requires_grad = not freeze
    return made


def _synchronised(cls: Any, module: Any, process_group: Any = None) -> Any:
    """SyncBatchNorm.convert_sync_batchnorm: the batch norms within a module as such, with their own tensors."""
    norm = base("_BatchNorm")
    assert norm is not None
    is_norm: bool = isinstance(module, norm) and not isinstance(module, cls)
    if is_norm:
        made = cls(module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
        made._parameters.update(module._parameters)
        made._buffers.update(module._buffers)
        return made
    for name, inner in list(module._modules.items()):
        if inner is not None:
            module._modules[name] = _synchronised(cls, inner)
    return module


METHODS: dict[str, dict[str, Any]] = {
    "syncbatchnorm": {"convert_sync_batchnorm": classmethod(_synchronised)},
    "embedding": {"from_pretrained": classmethod(_from_pretrained)},
    "transformer": {"generate_square_subsequent_mask": staticmethod(_square_mask)},
    **{key: {"flatten_parameters": _flatten} for key in ("rnn", "lstm", "gru")},
}


def made(name: str, *args: Any, **named: Any) -> Any:
    cls = layer_module(name)
    assert cls is not None
    return cls(*args, **named)
