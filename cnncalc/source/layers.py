"""torch's own modules: one class for each layer of the registry, made when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from cnncalc.layers import Layer, find
from cnncalc.layers.arguments import REQUIRED
from cnncalc.layers.kinds import Bool, Int, List, Value, Wrong, said
from cnncalc.layers.shapes import Named, Shape
from cnncalc.layers.site import Finding, Refusal, Site
from cnncalc.operators.call import Holder
from cnncalc.operators.modules import Modules, agrees, checked, without_inferred
from cnncalc.operators.values import plain
from cnncalc.source import creation, dtypes, functions
from cnncalc.source.absent import Absent
from cnncalc.source.dtypes import DTYPES, FLOAT, INT64, dtype
from cnncalc.source.errors import ArgumentError, NoTensor, ShapeError, unknown
from cnncalc.source.kinds import checked_weights
from cnncalc.source.module import Module, ModuleList
from cnncalc.source.recorder import recorder
from cnncalc.source.sizes import OpenReal, OpenSize, shown, user_line
from cnncalc.source.tensor import Parameter, Tensor, tensor_of
from cnncalc.symbolic.expr import Expr, symbol

PASSED = ("Identity", "Dropout", "AlphaDropout", "FeatureAlphaDropout")
"""Modules that outside training leave the value as it is."""

TUPLES = ("conv", "pad", "layernorm", "rmsnorm")
"""What torch keeps some arguments of as tuples: families whose name has these."""


class Family(Module):
    """What torch's modules are of, by the base class that torch has for them."""


BASES: dict[str, tuple[str, ...]] = {
    "_ConvTransposeNd": ("ConvTranspose",),
    "_ConvNd": ("Conv",),
    "_BatchNorm": ("BatchNorm", "SyncBatchNorm"),
    "_InstanceNorm": ("InstanceNorm",),
    "RNNBase": ("RNN", "LSTM", "GRU"),
    "RNNCellBase": ("RNNCell", "LSTMCell", "GRUCell"),
    "_DropoutNd": ("Dropout", "AlphaDropout", "FeatureAlphaDropout"),
    "_MaxPoolNd": ("MaxPool",),
    "_AvgPoolNd": ("AvgPool",),
    "_AdaptiveAvgPoolNd": ("AdaptiveAvgPool",),
    "_AdaptiveMaxPoolNd": ("AdaptiveMaxPool",),
}
_UNDER = {"_ConvTransposeNd": "_ConvNd", "_BatchNorm": "_NormBase", "_InstanceNorm": "_NormBase"}
_bases: dict[str, type] = {}


def base(name: str) -> type | None:
    """torch's base class of a family by its name."""
    if name not in BASES and name not in _UNDER.values():
        return None
    if name not in _bases:
        under = base(_UNDER[name]) if name in _UNDER else Family
        assert under is not None
        _bases[name] = type(name, (under,), {"__module__": "torch.nn"})
    return _bases[name]


def base_of(cls: type[Layer]) -> type:
    stem = (cls.torch or "").rstrip("123d") if cls.ndim else cls.torch or ""
    return next((b for name, stems in BASES.items() if stem in stems and (b := base(name))), Family)


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
        known = type(name, (parent,), {"__module__": "torch.nn", "_lazy": found.lazy})
        if not found.lazy:
            known.__init__ = _init  # type: ignore[misc]
            known.forward = as_forward(FORWARD.get(cls.name, _forward), name)  # type: ignore[attr-defined]
            known.reset_parameters = known._reset_parameters = lambda self: None  # type: ignore[attr-defined]
            for key, function in METHODS.get(cls.name, {}).items():
                setattr(known, key, function)
        known._layer = (known, cls)  # type: ignore[attr-defined]
        _made[name] = known
    return known


def as_forward(function: Any, name: str) -> Any:
    """A function as the forward of a module, by which Python calls it where its arguments do not fit."""
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__qualname__ = f"{name}.forward"
    return made


def written(raw: Any) -> Any:
    """A value that the user's code gives, as the registry reads it."""
    if isinstance(raw, OpenSize):
        return raw.dim
    if isinstance(raw, OpenReal):
        return plain(float(raw))
    if isinstance(raw, Absent):
        raw.refuse()
    if isinstance(raw, list):
        return List(map(written, raw))
    if isinstance(raw, tuple):
        return tuple(map(written, raw))
    if isinstance(raw, Tensor):
        return written(raw.item())
    if type(raw).__module__ == "numpy":
        return written(raw.tolist())
    return plain(raw)


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
        if k not in given and (cls.arguments[k].default is REQUIRED or (cls.arguments[k].inferred and k in NEEDED(cls)))
    ]
    if missing:
        text = " and ".join(f"'{k}'" for k in missing)
        few = f"{len(missing)} required positional argument{'s' if len(missing) > 1 else ''}"
        raise TypeError(f"{cls.torch}.__init__() missing {few}: {text}")
    self.__dict__["_line"] = user_line()
    keep(self, cls, given, names)
    parts = PARTS.get(cls.name)
    if parts is not None:
        parts(self)
    if lazy:
        return
    fill(self, cls)


def NEEDED(cls: type[Layer]) -> list[str]:
    """What the registry reads off the input, and torch has to be told."""
    return [k for k, a in cls.arguments.items() if a.inferred and k != "num_parameters"]


def keep(self: Any, cls: type[Layer], given: Mapping[str, Any], names: list[str]) -> None:
    """The arguments as attributes, as torch keeps them."""
    tuples = any(part in cls.name for part in TUPLES)
    for key in names:
        argument = cls.arguments[key]
        raw = given.get(key, argument.default if argument.in_torch is None else argument.in_torch)
        if raw is None and argument.same_as:
            raw = getattr(self, argument.same_as)
        if key in ("encoder_layer", "decoder_layer", "norm", "custom_encoder", "custom_decoder", "bias"):
            if key != "bias":
                self.__dict__[f"_{key}"] = raw
                continue
            self.__dict__["_bias"] = bool(raw)
        try:
            value = read(argument, raw, cls.ndim)
        except Wrong as wrong:
            raise ArgumentError(Finding("bad-argument", f"{key} of {cls.torch} {wrong}", key, (), None)) from None
        if tuples and isinstance(value, tuple):
            raw = tuple([shown(item) for item in value])  # type: ignore[arg-type]
        elif isinstance(raw, Tensor):
            raw = raw.item()
        if (key == "bias" and has_parameter(cls, "bias")) or (raw is None and isinstance(argument.kind, Bool)):
            continue
        self.__dict__[key] = raw


def has_parameter(cls: type[Layer], name: str) -> bool:
    """Is an argument the name of a parameter too, as bias is?"""
    return cls.name not in ("multiheadattention",) and cls.params is not Layer.params and cls.name not in BLOCKS


BLOCKS = frozenset(
    {"transformerencoderlayer", "transformerdecoderlayer", "transformer", "lstm", "gru", "rnn"}
    | {"lstmcell", "grucell", "rnncell"}
)


def read(argument: Any, raw: Any, ndim: int | None) -> Value:
    """A value in the normal form of its argument. Raises Wrong."""
    if raw is None and (argument.default is None or argument.inferred or argument.same_as):
        return None
    if raw is argument.default and isinstance(raw, float):
        return raw
    if isinstance(raw, float | OpenReal) and isinstance(argument.kind, Int):
        raise Wrong(f"is a whole number for torch, not {raw}: // divides without a fraction")
    return argument.kind.read_torch(written(raw), ndim)  # type: ignore[no-any-return]


def layer_of(self: Any, cls: type[Layer]) -> Layer:
    """The layer with the arguments that a module was made with."""
    values = MODULES.arguments_of(self, cls)
    if values is None:
        unknown(f"nn.{cls.torch}", "with these arguments is not known without torch")
    if "_bias" in self.__dict__ and "bias" in cls.arguments:
        values["bias"] = self._bias
    return cls(**values)


_shapes: dict[Layer, tuple[Named, Named]] = {}


def fill(self: Any, cls: type[Layer], xs: tuple[Shape, ...] | None = None) -> None:
    """The parameters and buffers of a layer. Raises ArgumentError."""
    if cls.params is Layer.params and cls.buffers is Layer.buffers:
        refuse_arguments(self, cls)
        return
    if cls.name in ("transformerencoder", "transformerdecoder", "transformer"):
        return
    if cls.name == "multiheadattention":  # by these its arguments are told
        blank = Parameter(tensor_of((), FLOAT))
        for name, there in (("in_proj_bias", self._bias), ("bias_k", self.add_bias_kv), ("bias_v", self.add_bias_kv)):
            self._parameters[name] = blank if there else None
    layer = layer_of(self, cls)
    try:
        layer.check(Site())
    except Refusal as refusal:
        raise ArgumentError(refusal.finding) from None
    found = _shapes.get(layer)
    if found is None:
        xs = xs or arriving(layer)
        found = _shapes[layer] = (layer.params(*xs), layer.buffers(*xs))
    kind = self.__dict__.get("_kind", creation.default())
    trained = not self.__dict__.pop("_frozen", False)
    for name, shape in found[0].items():
        if "." not in name:
            self._parameters[name] = Parameter(tensor_of(shape, kind), trained)
    for name, shape in found[1].items():
        if "." not in name:
            self._buffers[name] = tensor_of(shape, INT64 if name == "num_batches_tracked" else kind)
    for name in ("bias", "weight"):
        if name not in self._parameters and name not in self.__dict__ and f"{name}" not in self._modules:
            if name == "weight" and cls.name in ("multiheadattention", *BLOCKS):
                continue
            if name == "bias" and "bias" in self.__dict__:
                continue
            self._parameters[name] = None
    for name in ("running_mean", "running_var", "num_batches_tracked") if "norm" in cls.name else ():
        self._buffers.setdefault(name, None)
    if cls.name == "multiheadattention":
        for name in ("in_proj_weight", "in_proj_bias", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            self._parameters.setdefault(name, None)
        self.__dict__.pop("bias", None)
        for name in ("bias_k", "bias_v"):
            self._parameters.setdefault(name, None)
    if "num_parameters" in cls.arguments:
        self.__dict__.setdefault("num_parameters", 1)


def refuse_arguments(self: Any, cls: type[Layer]) -> None:
    values = MODULES.arguments_of(self, cls)
    if values is not None:
        try:
            cls(**values).check(Site())
        except Refusal as refusal:
            raise ArgumentError(refusal.finding) from None


OPEN = tuple(symbol(f"any{i}") for i in range(6))


def arriving(layer: Layer) -> tuple[Shape, ...]:
    """Input shapes from which the layer reads what it was made with."""
    cls = type(layer)
    own = vars(layer)
    wanted = {
        k: own[k] for k, a in cls.arguments.items() if (a.inferred or a.same_as == "embed_dim") and own[k] is not None
    }
    fewest, _most = cls.inputs
    count = 3 if cls.name == "multiheadattention" else fewest
    last = list(wanted.values()) or [1]
    per = [last[min(i, len(last) - 1)] for i in range(count)]
    ranks = [cls.ndim + 2] if cls.ndim else [3, 2, 4]
    for rank in ranks:
        for axis in (1, rank - 1):
            xs = []
            for value in per:
                if isinstance(value, tuple):
                    xs.append((OPEN[0], *value))
                else:
                    shape: list[Any] = list(OPEN[:rank])
                    shape[axis] = value
                    xs.append(tuple(shape))
            if not wanted:
                return tuple(xs)
            try:
                arrives = layer.arrives(*xs)
            except (IndexError, KeyError, Refusal):
                continue
            if all(reads(arrives.get(key), value) for key, value in wanted.items()):
                return tuple(xs)
    unknown(f"nn.{cls.torch}", f"with {said(tuple(wanted.values()))} is not known without torch")


def reads(came: Any, value: Any) -> bool:
    """Is it what a layer reads off its input? Of several last axes, it reads the last alone where it is told none."""
    if isinstance(value, tuple) and isinstance(came, tuple):
        return value[len(value) - len(came) :] == came
    return bool(came == value)


# Running


def _forward(self: Any, *args: Any, **named: Any) -> Any:
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
        refused_by(cls, self, tensors)
        return tensors[0]._alias()
    found = run(self, cls, tensors)
    return found[0] if len(found) == 1 else tuple(found)


def no_tensor(what: str, value: Any) -> NoTensor:
    """The error for what is given in the place of a tensor, and what is likely to have been meant."""
    kind = "None" if value is None else "tuple" if isinstance(value, tuple) else type(value).__name__
    return NoTensor(f"{what} takes tensors, not {kind}", given=value)


def refused_by(cls: type[Layer], self: Any, tensors: list[Tensor]) -> None:
    """torch refuses some ranks where nothing is computed."""


def type_of(self: Any) -> type[Layer]:
    """The layer of a module of torch's, or of a class that is derived from one."""
    cls: type[Layer] = type(self)._layer[1]
    return cls


def materialise(self: Any, cls: type[Layer], xs: tuple[Shape, ...]) -> None:
    """A lazy module takes its sizes from the first input, and is an ordinary one from then on."""
    values = MODULES.arguments_of(self, cls) or {}
    layer = cls(**values)
    for key, value in layer.arrives(*xs).items():
        if cls.arguments[key].inferred and getattr(layer, key) is None:
            self.__dict__[key] = shown(value) if not isinstance(value, tuple) else value
    made = layer_module(type(self).__name__.removeprefix("Lazy"))
    assert made is not None
    fill(self, cls, xs)
    self.__class__ = made


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
        functions.checked_arguments(layer)
    tensors_of_own = [*self.parameters(), *self.buffers()]
    made = functions.Called(cls.name, {"tensors": tensors})
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
        functions_met(layer, xs)
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


def functions_met(layer: Layer, xs: tuple[Shape, ...]) -> None:
    """Refuse what the layer refuses, before it is looked into whose weights it has."""
    functions.met_without_graph(layer, xs)


def apart(self: Any, cls: type[Layer], tensors: list[Tensor]) -> Tensor:
    """A module whose weights are not its own alone, as the function on these weights."""
    x, call = tensors[0], functions.call
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
    if not isinstance(input, Tensor):
        unknown("a packed sequence")
    cls = type_of(self)
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
        text = "the feature number of src and tgt must be equal to d_model"
        raise ShapeError(Finding("channel-mismatch", text, None, (), None), self)
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


def _square_mask(size: Any, device: Any = None, dtype: Any = None) -> Tensor:
    from cnncalc.source import creation

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


# Modules that hold modules


def made(name: str, *args: Any, **named: Any) -> Any:
    cls = layer_module(name)
    assert cls is not None
    return cls(*args, **named)


def _attention_parts(self: Any) -> None:
    self.head_dim = self.embed_dim // self.num_heads
    self._qkv_same_embed_dim = self.kdim == self.embed_dim and self.vdim == self.embed_dim
    self.out_proj = made("Linear", self.embed_dim, self.embed_dim, bias=self._bias)


def _block_parts(self: Any) -> None:
    own = self.__dict__
    width, heads, inner, p = own["d_model"], own["nhead"], own["dim_feedforward"], own.pop("dropout")
    eps, first, bias = own["layer_norm_eps"], own["batch_first"], own["_bias"]
    crossed = type_of(self).name == "transformerdecoderlayer"
    function = own.pop("activation")
    self.self_attn = made("MultiheadAttention", width, heads, dropout=p, batch_first=first, bias=bias)
    if crossed:
        self.multihead_attn = made("MultiheadAttention", width, heads, dropout=p, batch_first=first, bias=bias)
    self.linear1 = made("Linear", width, inner, bias=bias)
    self.dropout = made("Dropout", p)
    self.linear2 = made("Linear", inner, width, bias=bias)
    for i in range(1, 4 if crossed else 3):
        setattr(self, f"norm{i}", made("LayerNorm", width, eps=eps, bias=bias))
    for i in range(1, 4 if crossed else 3):
        setattr(self, f"dropout{i}", made("Dropout", p))
    own["activation"] = _Named(function) if isinstance(function, str) else function


class _Named:
    """An activation by its name."""

    def __init__(self, name: str) -> None:
        self.__name__ = name


def _stack_parts(self: Any) -> None:
    own = self.__dict__
    layer = own.get("_encoder_layer") or own.get("_decoder_layer")
    for key in ("_encoder_layer", "_decoder_layer"):
        own.pop(key, None)
    if layer is None:
        unknown(type(self).__name__, "without a layer")
    self.layers = ModuleList([copy.deepcopy(layer) for _ in range(own["num_layers"])])
    self.norm = own.pop("_norm", None)


def _transformer_parts(self: Any) -> None:
    own = self.__dict__
    encoder, decoder = own.pop("_custom_encoder", None), own.pop("_custom_decoder", None)
    names = ("dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first", "norm_first")
    shared = {name: own[name] for name in names} | {"bias": own["_bias"]}
    width, heads = own["d_model"], own["nhead"]
    for name, custom, kind in (("encoder", encoder, "Encoder"), ("decoder", decoder, "Decoder")):
        if custom is None:
            layer = made(f"Transformer{kind}Layer", width, heads, **shared)
            norm = made("LayerNorm", width, eps=own["layer_norm_eps"], bias=own["_bias"])
            custom = made(f"Transformer{kind}", layer, own[f"num_{name}_layers"], norm)
        setattr(self, name, custom)


PARTS: dict[str, Callable[[Any], None]] = {
    "multiheadattention": _attention_parts,
    "transformerencoderlayer": _block_parts,
    "transformerdecoderlayer": _block_parts,
    "transformerencoder": _stack_parts,
    "transformerdecoder": _stack_parts,
    "transformer": _transformer_parts,
}


class _Own:
    """The modules of the stand-in as `Modules` looks them up."""

    def __getattr__(self, name: str) -> Any:
        return layer_module(name)


class OwnModules(Modules):
    """Modules whose class is derived from torch's own are read as these too."""

    __slots__ = ()

    def layer_class_of(self, module: Any) -> type[Layer] | None:
        found = getattr(type(module), "_layer", None)
        return None if found is None or found[0] is not type(module) else found[1]


MODULES = OwnModules(_Own(), Tensor)
KINDS = DTYPES
Sizes = Expr
