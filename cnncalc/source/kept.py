"""What a module of torch's own keeps of its arguments, and the parameters and buffers that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Bool, Int, Ints, List, Sides, Sizes, Value, Wrong, said
from cnncalc.layers.shapes import Named, Shape
from cnncalc.layers.site import Finding, Refusal, Site
from cnncalc.operators.modules import Modules
from cnncalc.operators.values import plain
from cnncalc.source import creation
from cnncalc.source.absent import Absent
from cnncalc.source.dtypes import FLOAT, INT64
from cnncalc.source.errors import ArgumentError, unknown
from cnncalc.source.sizes import OpenReal, OpenSize, shown
from cnncalc.source.tensor import Parameter, Tensor, tensor_of
from cnncalc.symbolic.expr import symbol

TUPLES = ("conv", "pad", "layernorm", "rmsnorm")
"""What torch keeps some arguments of as tuples: families whose name has these."""


TRUTHS = frozenset(
    {"bias", "affine", "elementwise_affine", "inplace", "track_running_stats", "return_indices", "add_bias_kv"}
)
"""Arguments that torch asks for their truth alone, so that any text is true."""


class OwnModules(Modules):
    """Modules whose class is derived from torch's own are read as these too."""

    __slots__ = ()

    def layer_class_of(self, module: Any) -> type[Layer] | None:
        found = getattr(type(module), "_layer", None)
        return None if found is None or found[0] is not type(module) else found[1]


MODULES = OwnModules(None, Tensor)


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


def needed(cls: type[Layer]) -> list[str]:
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
        if isinstance(argument.kind, Bool) and key in TRUTHS and cls.name not in BLOCKS:
            raw = None if raw is None else bool(raw)
        try:
            value = read(argument, raw, cls.ndim)
        except Wrong as wrong:
            if key == "activation" and callable(raw):
                unknown(f"nn.{cls.torch}", "with another activation than relu or gelu is not known without torch")
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
    for one in raw if isinstance(raw, list | tuple) else (raw,):
        if isinstance(one, float | OpenReal) and isinstance(argument.kind, Int | Ints | Sizes | Sides):
            raise Wrong(f"is a whole number for torch, not {one}: // divides without a fraction")
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
