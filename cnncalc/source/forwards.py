"""How torch's own modules run: each call is one layer, added where the code runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Value
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Finding
from cnncalc.operators.call import Holder
from cnncalc.operators.modules import agrees, checked, without_inferred
from cnncalc.source.called import Called, checked_arguments, met_without_graph
from cnncalc.source.errors import NoTensor, ShapeError, unknown
from cnncalc.source.families import type_of
from cnncalc.source.functions import call
from cnncalc.source.kept import MODULES, fill, read
from cnncalc.source.kinds import checked_weights
from cnncalc.source.packed import PackedSequence
from cnncalc.source.recorder import recorder
from cnncalc.source.sizes import shown
from cnncalc.source.tensor import Tensor

PASSED = ("Identity", "Dropout", "AlphaDropout", "FeatureAlphaDropout")
"""Modules that outside training leave the value as it is."""


def forward(self: Any, *args: Any, **named: Any) -> Any:
    """A call of the module: one layer."""
    cls: type[Layer] = type_of(self)
    given = [*args, *named.values()]
    tensors = [value for value in given if isinstance(value, Tensor)]
    most = cls.inputs[1]
    if most is not None and len(given) > most:
        raise TypeError(f"{cls.torch}.forward() takes {most + 1} positional arguments but {len(given) + 1} were given")
    if not given:
        raise TypeError(f"{cls.torch}.forward() missing 1 required positional argument: 'input'")
    others = [value for value in given if not isinstance(value, Tensor) and value is not None]
    if others or not tensors:
        raise no_tensor(f"{cls.torch}()", next(iter(others), None))
    if cls.torch in PASSED or cls.name.startswith("dropout"):
        return tensors[0]._alias()
    found = run(self, cls, tensors)
    return found[0] if len(found) == 1 else tuple(found)


def no_tensor(what: str, value: Any) -> NoTensor:
    """The error for what is given in the place of a tensor, and what is likely to have been meant."""
    kind = "None" if value is None else "tuple" if isinstance(value, tuple) else type(value).__name__
    return NoTensor(f"{what} takes tensors, not {kind}", given=value)


def materialise(self: Any, cls: type[Layer], xs: tuple[Shape, ...]) -> None:
    """A lazy module takes its sizes from the first input, and is an ordinary one from then on."""
    values = MODULES.arguments_of(self, cls) or {}
    layer = cls(**values)
    for key, value in layer.arrives(*xs).items():
        if cls.arguments[key].inferred and getattr(layer, key) is None:
            self.__dict__[key] = shown(value) if not isinstance(value, tuple) else value
    fill(self, cls, xs)
    self.__class__ = type(self)._ordinary


def run(self: Any, cls: type[Layer], tensors: list[Tensor], more: Mapping[str, Value] | None = None) -> list[Tensor]:
    """The values that a module gives. Raises ShapeError."""
    xs = tuple(tensor._shape for tensor in tensors)
    if type(self)._lazy:
        materialise(self, cls, xs)
    values = MODULES.arguments_of(self, cls)
    if values is None:
        unknown(f"nn.{cls.torch}", "as it is changed here is not known without torch")
    layer = cls(**{**without_inferred(cls, values, xs), **(more or {})})
    now = recorder()
    if not checked(layer):
        checked_arguments(layer)
    tensors_of_own = [*self.parameters(), *self.buffers()]
    made = Called(cls.name, {"tensors": tensors})
    try:
        checked_weights(layer, tensors_of_own, tensors[0])
        made.recorder = now if now is not None and (tensors_of_own or made.recorder is not None) else None
        if made.recorder is None:
            made._added(layer, tensors, _nowhere)
            return made.outputs
        assert now is not None
        if not tensors_of_own:
            made._added(layer, tensors, lambda now, given: now.add_plain(layer, given, self))
            return made.outputs
        met_without_graph(layer, xs)  # refused before it is looked into whose weights it has
        path = now.paths.get(id(self))
        if path is not None and agrees(layer, self, xs) and whole(now, self, path):
            holder = Holder(self, path, now.names_of(path))
            first = made._added(layer, tensors, lambda now, given: now.add_owned(layer, given, holder) or _not_own())
            assert first is not None
            return made.outputs
    except NotOwn:
        pass
    except ShapeError as error:
        if error.module is None and made.recorder is not None:
            error.finding = made.recorder.explained(error.finding, layer, [made.recorder.value(t) for t in tensors])
        if error.finding.code == "channel-mismatch":
            from cnncalc.source.advice import whole_call

            error.finding = whole_call(error.finding, layer, cls(**values), xs)
        error.module, error.called = self, (layer, xs)
        raise
    return [apart(self, cls, tensors)]


class NotOwn(Exception):
    """Another layer has the tensors of a module."""


def _not_own() -> Any:
    raise NotOwn


def _nowhere(*_: Any) -> Any:
    raise AssertionError


def whole(now: Any, self: Any, path: str) -> bool:
    """Are all tensors of a module the network's, under its own names?"""
    held = [*self.parameters(), *self.buffers()]
    if not all(id(t) in now.named for t in held):
        return False
    names = now.names_of(path)
    return all(now.canonical[name] == name for name in names)


def apart(self: Any, cls: type[Layer], tensors: list[Tensor]) -> Tensor:
    """A module whose weights are not its own alone, as the function on these weights."""
    x = tensors[0]
    name = cls.name
    if name == "linear":
        return call("linear", (x, self.weight, self.bias), {})  # type: ignore[no-any-return]
    if name.startswith("conv") and self.padding_mode == "zeros":
        function = name.replace("convtranspose", "conv_transpose")
        more = {"output_padding": self.output_padding} if "transpose" in name else {}
        named = {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
            **more,
        }
        return call(function, (x, self.weight, self.bias), named)  # type: ignore[no-any-return]
    if name == "embedding":
        return call("embedding", (x, self.weight), {})  # type: ignore[no-any-return]
    if name == "layernorm":
        return call("layer_norm", (x, self.normalized_shape, self.weight, self.bias, self.eps), {})  # type: ignore[no-any-return]
    if name == "groupnorm":
        return call("group_norm", (x, self.num_groups, self.weight, self.bias, self.eps), {})  # type: ignore[no-any-return]
    if name.startswith("batchnorm") and self.running_mean is not None:
        given = (x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.1, self.eps)
        return call("batch_norm", given, {})  # type: ignore[no-any-return]
    unknown(f"nn.{cls.torch}", "that shares its weights is not known without torch")


# Modules with other arguments or values than one tensor


def states_of(cls: type[Layer], hx: Any) -> list[Any]:
    """The tensors of the state that a recurrent layer begins with."""
    if hx is None:
        return []
    several = cls.name.startswith("lstm")
    if isinstance(hx, tuple | list) and not several:
        raise NoTensor(
            f"{cls.torch}() begins with one tensor, not {type(hx).__name__}", f"the state of a {cls.torch} is h_0 alone"
        )
    return list(hx) if isinstance(hx, tuple | list) else [hx]


def _recurrent(self: Any, input: Any, hx: Any = None) -> Any:
    cls = type_of(self)
    if isinstance(input, PackedSequence):
        given = input.steps_first
        out, after = _recurrent(self, call("transpose", (given, 0, 1), {}) if self.batch_first else given, hx)
        return input._with(call("transpose", (out, 0, 1), {}) if self.batch_first else out), after
    if not isinstance(input, Tensor):
        raise no_tensor(f"{cls.torch}()", input)
    states = states_of(cls, hx)
    out, *after = run(self, cls, [input, *states])
    return out, (tuple(after) if len(after) > 1 else after[0])


def _cell(self: Any, input: Any, hx: Any = None) -> Any:
    states = states_of(type_of(self), hx)
    found = run(self, type_of(self), [input, *states])
    return found[0] if len(found) == 1 else tuple(found)


def _attention(
    self: Any,
    query: Any,
    key: Any,
    value: Any,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    given = [query] if query is key and key is value else [query, key, value]
    refuse_masks(self, query, key, attn_mask, key_padding_mask)
    more: dict[str, Value] = {"need_weights": bool(need_weights)}
    if need_weights and not average_attn_weights:
        more["average_attn_weights"] = False
    found = run(self, type_of(self), given, more)
    return found[0], found[1] if len(found) > 1 else None


def refuse_masks(self: Any, query: Tensor, key: Tensor, mask: Any, padding: Any) -> None:
    """Masks change no figure, and have to fit."""
    batched = len(query._shape) == 3
    axis = 1 if batched and self.batch_first else 0
    queries, keys = query._shape[axis], key._shape[axis]
    samples = query._shape[1 - axis] if batched else None
    if mask is not None:
        wanted: list[Any] = [(queries, keys)]
        if samples is not None:
            wanted.append((samples * self.num_heads, queries, keys))
        else:
            wanted.append((self.num_heads, queries, keys))
        if mask._shape not in wanted:
            sizes = f"{queries} queries and {keys} keys"
            text = f"the mask of {type(self).__name__} is for {sizes}, but {list(mask.shape)} arrives"
            raise ShapeError(Finding("shape-mismatch", text, None, (), None), self)
    if padding is not None:
        want = (keys,) if samples is None else (samples, keys)
        if padding._shape != want:
            text = f"the padding mask of {type(self).__name__} is for {keys} keys, but {list(padding.shape)} arrives"
            raise ShapeError(Finding("shape-mismatch", text, None, (), None), self)


def _encoder(
    self: Any, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: Any = None, mask: Any = None
) -> Any:
    attention = self.self_attn if hasattr(self, "self_attn") else self.layers[0].self_attn
    refuse_masks(attention, src, src, src_mask if mask is None else mask, src_key_padding_mask)
    return run(self, type_of(self), [src])[0]


def _decoder(
    self: Any,
    tgt: Any,
    memory: Any,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    tgt_is_causal: Any = None,
    memory_is_causal: Any = None,
) -> Any:
    layer = self if hasattr(self, "self_attn") else self.layers[0]
    refuse_masks(layer.self_attn, tgt, tgt, tgt_mask, tgt_key_padding_mask)
    refuse_masks(layer.multihead_attn, tgt, memory, memory_mask, memory_key_padding_mask)
    return run(self, type_of(self), [tgt, memory])[0]


def _transformer(
    self: Any,
    src: Any,
    tgt: Any,
    src_mask: Any = None,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    src_key_padding_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    src_is_causal: Any = None,
    tgt_is_causal: Any = None,
    memory_is_causal: Any = None,
) -> Any:
    if src._shape[-1] != self.d_model or tgt._shape[-1] != self.d_model:
        arrive = " and ".join(dict.fromkeys(str(one.shape[-1]) for one in (src, tgt)))
        text = f"Transformer expects {self.d_model} features in src and tgt, but {arrive} arrive"
        hint = f"write nn.Transformer(d_model={src.shape[-1]}, ...)" if src._shape[-1] == tgt._shape[-1] else None
        raise ShapeError(Finding("channel-mismatch", text, None, (), hint), self)
    memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask)
    return self.decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)


def _unpooled(self: Any, input: Any, indices: Any, output_size: Any = None) -> Any:
    return run(self, type_of(self), [input, indices], _asked(self, output_size, 2))[0]


def _transposed(self: Any, input: Any, output_size: Any = None) -> Any:
    before = len(input._shape) - (type_of(self).ndim or 1)
    return run(self, type_of(self), [input], _asked(self, output_size, before))[0]


def _asked(self: Any, output_size: Any, before: int) -> dict[str, Value]:
    """The size that a call asks for: of the axes that a window has, or after so many others."""
    if output_size is None:
        return {}
    cls, sizes = type_of(self), tuple(output_size)
    axes = cls.ndim or 1
    if len(sizes) not in (axes, axes + before):
        few = f"output_size must have {axes} or {axes + before} elements (got {len(sizes)})"
        raise ValueError(f"{cls.torch}: {few}")
    return {"output_size": read(cls.arguments["output_size"], sizes[-axes:], axes)}


FORWARD: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("rnn", "lstm", "gru"), _recurrent),
    **dict.fromkeys(("rnncell", "lstmcell", "grucell"), _cell),
    "multiheadattention": _attention,
    **dict.fromkeys(("transformerencoderlayer", "transformerencoder"), _encoder),
    **dict.fromkeys(("transformerdecoderlayer", "transformerdecoder"), _decoder),
    "transformer": _transformer,
    **{f"maxunpool{n}d": _unpooled for n in (1, 2, 3)},
    **{f"convtranspose{n}d": _transposed for n in (1, 2, 3)},
}
