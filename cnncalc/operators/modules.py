"""torch's own modules as layers: the arguments are read off the module by the names that the registry has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnncalc.layers import Layer, find
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import Bool, Value, Wrong
from cnncalc.layers.shapes import Shapes
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.values import plain
from cnncalc.symbolic.expr import Expr


def activation(function: Any) -> str | None:
    """The name of an activation that a transformer layer keeps as a function."""
    name = getattr(function, "__name__", type(function).__name__).lower()
    return name if name in ("relu", "gelu") else None


def same(left: Layer, right: Layer) -> bool:
    """Are two layers of one class, with equal arguments?"""
    return type(left) is type(right) and all(getattr(left, key) == getattr(right, key) for key in left.arguments)


BLOCK: Mapping[str, Callable[[Any], Any]] = {
    "d_model": lambda m: m.linear1.in_features,
    "nhead": lambda m: m.self_attn.num_heads,
    "dim_feedforward": lambda m: m.linear1.out_features,
    "dropout": lambda m: m.dropout.p,
    "activation": lambda m: activation(m.activation),
    "layer_norm_eps": lambda m: m.norm1.eps,
    "batch_first": lambda m: m.self_attn.batch_first,
    "bias": lambda m: m.linear1.bias is not None,
}

# What a module keeps under another name than that of its argument.
KEPT: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "MultiheadAttention": {
        "bias": lambda m: m.in_proj_bias is not None,
        "add_bias_kv": lambda m: m.bias_k is not None,
        "kdim": lambda m: None if m.kdim == m.embed_dim else m.kdim,
        "vdim": lambda m: None if m.vdim == m.embed_dim else m.vdim,
    },
    "TransformerEncoderLayer": BLOCK,
    "TransformerDecoderLayer": BLOCK,
}

STACKS = {"TransformerEncoder": "encoder_layer", "TransformerDecoder": "decoder_layer"}
"""What is a stack of copies of a layer, and the argument that this layer is."""


class Modules(NamedTuple):
    """The modules of a torch, by which theirs are told from those of a user."""

    nn: Any  # torch.nn, or what stands for it
    tensor: type

    def layer_class_of(self, module: Any) -> type[Layer] | None:
        """The layer that a module of torch's own is, None for every other module."""
        name = type(module).__name__
        if getattr(self.nn, name, None) is not type(module):
            return None
        found = find(f"nn.{name}")
        return None if found is None else found.family.member(found.ndim)

    def arguments_of(self, module: Any, cls: type[Layer]) -> dict[str, Value] | None:
        """The arguments of the layer that a module is; None where they cannot be told."""
        kind = cls.torch or ""
        kept = KEPT.get(kind, {})
        stack = STACKS.get(kind)
        values: dict[str, Value] = {}
        for key, argument in cls.arguments.items():
            if key == "inplace":
                continue  # changes no figure, and values are read again
            raw: Any
            if stack is not None and key in (stack, "norm"):  # whether it has a norm, its parameters say
                raw = self.copied(module.layers) if key == stack else self.inner(module.norm)
            elif key in kept:
                raw = kept[key](module)
            elif hasattr(module, key):
                raw = getattr(module, key)
            elif argument.default is REQUIRED:
                return None
            else:
                continue
            if isinstance(raw, self.tensor) or (raw is None and isinstance(argument.kind, Bool)):
                raw = raw is not None
            try:
                values[key] = read(argument, raw, cls.ndim)
            except Wrong:
                return None
        return values

    def inner(self, module: Any) -> Layer | None:
        """The layer that a module is within another one, without what is read off the input."""
        cls = None if module is None else self.layer_class_of(module)
        values = self.arguments_of(module, cls) if module is not None and cls is not None else None
        if cls is None or values is None:
            return None
        return cls(**{key: value for key, value in values.items() if not cls.arguments[key].inferred})

    def copied(self, modules: Iterable[Any]) -> Layer | None:
        """The layer that modules are copies of, None where they differ."""
        first, *others = [self.inner(module) for module in modules]
        return (
            first if first is not None and all(other is not None and same(first, other) for other in others) else None
        )


def read(argument: Argument, raw: Any, ndim: int | None) -> Value:
    """A raw value in the normal form of its argument. Raises Wrong."""
    if raw is None and (argument.default is None or argument.inferred):
        return None
    return argument.kind.read(plain(raw), ndim)


def without_inferred(cls: type[Layer], values: Mapping[str, Value], xs: Shapes) -> dict[str, Value]:
    """The arguments without those that come out the same when they are left out."""
    inferred = {key for key, argument in cls.arguments.items() if argument.inferred and values.get(key) is not None}
    if not inferred:
        return dict(values)
    try:
        arrives = cls(**{**values, **dict.fromkeys(inferred)}).arrives(*xs)
    except IndexError:  # too few axes arrive, which the layer refuses
        arrives = {}
    return {key: value for key, value in values.items() if not (key in inferred and arrives.get(key) == value)}


def agrees(layer: Layer, module: Any, xs: Shapes) -> bool:
    """Has the layer the module's parameters and buffers, by name and shape?

    An open size that has to be what the module is written for is that: the layer makes a condition of it.
    """
    try:
        params, buffers = layer.params(*xs), layer.buffers(*xs)
        arrives = layer.arrives(*xs)
    except (Refusal, IndexError, KeyError):
        return False
    written = {arrives[key]: getattr(layer, key) for key in arrives if isinstance(arrives[key], Expr)}
    written = {size: number for size, number in written.items() if isinstance(number, int)}
    params, buffers = (
        {name: tuple(written.get(size, size) for size in shape) for name, shape in every.items()}
        for every in (params, buffers)
    )
    own = {name: tuple(p.shape) for name, p in module.named_parameters(remove_duplicate=False)}
    held = {name: tuple(b.shape) for name, b in module.named_buffers(remove_duplicate=False)}
    return dict(params) == own and dict(buffers) == held


def checked(layer: Layer) -> bool:
    """Does the layer take its arguments?"""
    try:
        layer.check(Site())
    except Refusal:
        return False
    return True
