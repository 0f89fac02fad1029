"""What `import torch` finds: every name of torch's that is known here, and for every other an object that says so
when it is used."""

from __future__ import annotations

import math
import os
import sys
from types import ModuleType
from typing import Any

from cnncalc.source import (
    composed,
    containers,
    creation,
    distributions,
    dtypes,
    families,
    functions,
    inert,
    layers,
    module,
    packed,
    places,
    reparametrized,
    takes,
    wrappers,
)
from cnncalc.source.absent import Absent
from cnncalc.source.errors import NoName
from cnncalc.source.open_builtins import open_isinstance
from cnncalc.source.tensor import Parameter, Tensor, tensor_of

VERSION = "2.9.0"
SUBMODULES = frozenset(
    [
        "nn",
        "nn.functional",
        "nn.init",
        "nn.modules",
        "nn.parameter",
        "nn.utils",
        "nn.parallel",
        "nn.attention",
        "nn.utils.rnn",
        "nn.utils.fusion",
        "nn.utils.parametrize",
        "nn.utils.parametrizations",
        "nn.utils.weight_norm",
        "nn.utils.spectral_norm",
        "nn.quantized",
        "utils",
        "utils.data",
        "utils.checkpoint",
        "utils.tensorboard",
        "utils.model_zoo",
        "utils._pytree",
        "utils.hooks",
        "utils.flop_counter",
        "jit",
        "cuda",
        "cuda.amp",
        "fft",
        "linalg",
        "special",
        "autograd",
        "autograd.function",
        "autograd.grad_mode",
        "amp",
        "optim",
        "optim.lr_scheduler",
        "distributed",
        "compiler",
        "hub",
        "version",
        "backends",
        "backends.cudnn",
        "backends.cuda",
        "backends.mps",
        "backends.mkldnn",
        "onnx",
        "fx",
        "fx.node",
        "random",
        "distributions",
        *(
            f"distributions.{name}"
            for name in (
                "bernoulli",
                "categorical",
                "distribution",
                "independent",
                "kl",
                "laplace",
                "log_normal",
                "normal",
            )
        ),
        "distributions.uniform",
        "sparse",
        "library",
        "ops",
        "quantization",
        "ao",
        "ao.quantization",
        "multiprocessing",
        "_dynamo",
        "profiler",
        "mps",
        "xpu",
        "accelerator",
        "_C",
        "func",
        "export",
        "testing",
        "overrides",
        "types",
        "nn.modules.utils",
        "nn.functional",
        "package",
        "_jit_internal",
        "autograd.profiler",
        "nn.modules.batchnorm",
        "_subclasses",
        "_subclasses.fake_tensor",
    ]
)
"""torch's modules that are reached as attributes."""


class Namespace(ModuleType):
    """A module of torch's."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and f"{self.__name__}.{name}" not in NAMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = attribute(self.__name__, name)
        self.__dict__[name] = found
        return found


def attribute(around: str, name: str) -> Any:
    """An attribute of a module of torch's."""
    whole = f"{around}.{name}"
    if whole in NAMES:
        return NAMES[whole]
    inside = around.removeprefix("torch").removeprefix(".")
    if whole.removeprefix("torch.") in SUBMODULES:
        return namespace(whole)
    if inside == "":
        if name in dtypes.DTYPES:
            return dtypes.DTYPES[name]
        if name in creation.MADE:
            return taking("torch", name, creation.MADE[name])
        typed = typed_tensor(name)
        if typed is not None:
            return typed
        return placed(around, name, "functional" if name in OF_BOTH else "function")
    if inside == "nn" or inside.startswith("nn.modules"):
        found = getattr(module, name, getattr(containers, name, None))
        if isinstance(found, type) and issubclass(found, module.Module | Tensor) and not name.startswith("_"):
            return found
        return families.base(name) or layers.layer_module(name) or wrappers.loss(name) or Absent(whole)
    if inside == "nn.functional":
        return placed(around, name, "functional")
    if inside == "nn.init":
        return initial if name.endswith("_") else {"calculate_gain": lambda *_, **__: 1.0}.get(name, fans)
    if inside == "cuda" and (typed := typed_tensor(name)) is not None:
        return typed
    if inside in ("fft", "linalg", "special"):
        prefix = f"{inside}_"
        if prefix + name in creation.MADE:
            return named(creation.MADE[prefix + name], name)
        return function(prefix + name) or function(name) or Absent(whole)
    return Absent(whole)


def initial(tensor: Any = None, *_: Any, **named: Any) -> Any:
    """torch.nn.init fills tensors with numbers that no figure depends on."""
    found = tensor if tensor is not None else named.get("tensor")
    if isinstance(found, Tensor):
        found._written()
    return found


def fans(tensor: Any, *_: Any) -> Any:
    """_calculate_fan_in_and_fan_out"""
    rest: Any = 1
    for size in tensor.shape[2:]:
        rest = rest * size
    return tensor.shape[1] * rest, tensor.shape[0] * rest


OF_BOTH = frozenset(
    {"conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "bilinear"}
    | {"adaptive_avg_pool1d", "avg_pool1d", "channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "prelu"}
    | {"cosine_similarity", "hardshrink", "pairwise_distance", "pdist"}
)
"""Functions of torch that are those of torch.nn.functional."""


IN_FUNCTIONAL = {
    "unfold": "im2col",
    "fold": "col2im",
    "upsample": "interpolate",
    "affine_grid": "affine_grid_generator",
}
"""Functions of torch.nn.functional that are operators by another name."""


def known_function(name: str, way: str = "function") -> Any:
    """A function by the name that torch has for it, be it in torch or in torch.nn.functional."""
    return function(IN_FUNCTIONAL.get(name, name) if way == "functional" else name, way)


def placed(around: str, name: str, way: str) -> Any:
    """A function of torch, or of torch.nn.functional. Raises NoName for one that torch has elsewhere, or not at all."""
    found = known_function(name, "functional" if around == "torch.nn.functional" else way)
    if found is not None and name not in places.names(around):
        meant = places.elsewhere(around, name)
        raise NoName(f"{around}.{name}", None if meant is None else f"did you mean {meant}?")
    return Absent(f"{around}.{name}") if found is None else taking(around, name, found, found.__code__.co_name)


def taking(around: str, name: str, function: Any, way: str = "function") -> Any:
    """A function that takes what torch's takes, and refuses all else."""

    def called(*args: Any, **given: Any) -> Any:
        takes.checked(around, name, args, given)
        return function(*args, **given)

    return named(called, name, way)


def dropped(input: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> Any:
    """F.dropout, which changes no shape."""
    if not isinstance(p, Tensor) and not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return input._alias()


def function(name: str, way: str = "function") -> Any:
    """torch's function of a name, called in a way of `layers.layer.WAYS`; None where it is not known."""
    if name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
        return named(dropped, name)
    if name in composed.COMPOSED:
        return named(composed.COMPOSED[name], name, way)
    base = functions.base_name(name)
    if not functions.is_function(base) and base not in functions.SPECIAL:
        return None
    if base != name:
        return named(
            lambda *args, **given: (args[0] if args else given["input"])._over(functions.call(base, args, given)), name
        )
    return named(lambda *args, **given: functions.call(name, args, given), name, way)


def named(called: Any, name: str, way: str = "function") -> Any:
    """A function with a name of torch's, whose code is called by its way, which the recorder reads off the frame."""

    def made(*args: Any, **given: Any) -> Any:
        return called(*args, **given)

    made.__code__ = made.__code__.replace(co_name=way)
    made.__name__ = made.__qualname__ = name
    made.__module__ = "torch"
    return made


class Typed(type):
    """The type of torch.FloatTensor and its like, which make tensors of one type."""

    _dtype: Any

    def __call__(cls, *args: Any, **_: Any) -> Any:
        holds = len(args) == 1 and (isinstance(args[0], list | tuple | Tensor) or type(args[0]).__module__ == "numpy")
        if holds and not isinstance(args[0], dtypes.Size):
            return creation.tensor(args[0], dtype=cls._dtype)
        return tensor_of(creation.sizes_of(args), cls._dtype)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls._dtype


class FakeTensor(type):
    """The type of torch's own tensors without data: here they are those whose values are not known."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor) and value._data is None


def typed_tensor(name: str) -> Any:
    """torch.LongTensor and its like; None for a name that is none of them."""
    bare = {"ByteTensor": "uint8", "CharTensor": "int8", "BFloat16Tensor": "bfloat16"}.get(
        name, name.removesuffix("Tensor").lower()
    )
    if not name.endswith("Tensor") or bare not in (*dtypes.ALIASES, "bool", "uint8", "int8", "bfloat16"):
        return None
    return Typed(bare, (), {"_dtype": dtypes.DTYPES[bare], "__module__": "torch"})


def namespace(name: str) -> Namespace:
    """A module of torch's; in sys.modules, as an import puts it there."""
    found = sys.modules.get(name)
    if not isinstance(found, Namespace):
        found = Namespace(name)
        found.__path__ = []
        sys.modules[name] = found
    return found


NAMES: dict[str, Any] = {
    "torch.__version__": VERSION,
    "torch.Tensor": Tensor,
    "torch._subclasses.FakeTensor": FakeTensor("FakeTensor", (), {}),
    "torch._subclasses.fake_tensor.FakeTensor": FakeTensor("FakeTensor", (), {}),
    "torch.Size": dtypes.Size,
    "torch.device": dtypes.device,
    "torch.dtype": dtypes.dtype,
    "torch.finfo": dtypes.Info,
    "torch.iinfo": dtypes.Info,
    **{f"torch.{name}": getattr(math, name) for name in ("pi", "inf", "nan", "e")},
    "torch.newaxis": None,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.nn.Parameter": Parameter,
    "torch.nn.parameter.Buffer": module.Buffer,
    "torch.nn.parameter.UninitializedParameter": type("UninitializedParameter", (Parameter,), {}),
    "torch.jit.annotate": lambda kind, value: value,
    "torch.jit.isinstance": open_isinstance,
    "torch.jit.Final": __import__("typing").Final,
    "torch.jit.ScriptModule": type("ScriptModule", (module.Module,), {}),
    "torch.jit.ScriptFunction": type("ScriptFunction", (), {}),
    "torch.set_default_dtype": creation.set_default,
    "torch.get_default_dtype": creation.default,
    "torch.get_default_device": lambda: dtypes.CPU,
    "torch.is_tensor": lambda value: isinstance(value, Tensor),
    "torch.is_floating_point": lambda value: value.is_floating_point(),
    "torch.is_complex": lambda value: value.is_complex(),
    "torch.numel": lambda input: input.numel(),
    "torch.promote_types": lambda a, b: max((a, b), key=lambda kind: (kind.kind, kind.bits)),
    "torch.typename": lambda value: type(value).__name__,
    "torch.cuda.device_count": lambda: 0,
    "torch.distributed.get_rank": lambda *_: 0,
    "torch.distributed.get_world_size": lambda *_: 1,
    "torch.get_num_threads": lambda: 1,
    "torch.hub._get_torch_home": lambda: os.path.join(os.path.expanduser("~"), ".cache", "torch"),
    "torch.hub.get_dir": lambda: os.path.join(os.path.expanduser("~"), ".cache", "torch", "hub"),
    "torch.version.cuda": None,
    "torch.version.hip": None,
    "torch.version.__version__": VERSION,
    "torch.autograd.Variable": lambda value, **_: value,
    **reparametrized.NAMES,
    **distributions.NAMES,
    **packed.NAMES,
    **wrappers.NAMES,
    **inert.NAMES,
    "torch.broadcast_shapes": lambda *shapes: broadcast_shapes(*shapes),
    "torch.result_type": lambda a, b: dtypes.promoted([x for x in (a, b) if isinstance(x, Tensor)]),
}


def broadcast_shapes(*shapes: Any) -> Any:
    tensors = [tensor_of(creation.sizes_of((tuple(shape),)), dtypes.FLOAT) for shape in shapes]
    return functions.call("broadcast_tensors", tuple(tensors), {})[0].shape
