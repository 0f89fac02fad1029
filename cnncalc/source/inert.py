"""Names of torch that do nothing, or little, where there are no values and no gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.source import kinds, module
from cnncalc.source.absent import is_code
from cnncalc.source.errors import needs_data
from cnncalc.source.tensor import Tensor

AROUND = [
    "no_grad",
    "enable_grad",
    "inference_mode",
    "set_grad_enabled",
    "autograd.no_grad",
    "autograd.enable_grad",
    "autograd.set_grad_enabled",
    "autograd.grad_mode.no_grad",
    "autograd.set_detect_anomaly",
    "nn.attention.sdpa_kernel",
    "backends.cuda.sdp_kernel",
    "autograd.profiler.record_function",
    "profiler.record_function",
    "amp.custom_fwd",
    "amp.custom_bwd",
    "cuda.amp.custom_fwd",
    "cuda.amp.custom_bwd",
    "device_context",
    "random.fork_rng",
]
"""What is written around code, or decorates it."""

KEPT = [
    "_dynamo.assume_constant_result",
    "compile",
    "jit.script",
    "jit.ignore",
    "jit.unused",
    "jit.export",
    "jit.script_method",
    "jit.interface",
    "jit._overload_method",
    "jit._overload",
    "jit.script_if_tracing",
    "jit.trace",
    "jit.optimize_for_inference",
    "jit.freeze",
    "compiler.disable",
    "compiler.allow_in_graph",
    "_dynamo.disable",
    "_dynamo.allow_in_graph",
    "fx.wrap",
    "jit._drop",
    "autograd.function.once_differentiable",
    "compiler.assume_constant_result",
]
"""What gives back what it is given."""

NO = [
    "backends.mkldnn.is_available",
    "jit.is_scripting",
    "jit.is_tracing",
    "compiler.is_compiling",
    "compiler.is_exporting",
    "cuda.is_available",
    "is_grad_enabled",
    "backends.mps.is_available",
    "backends.mps.is_built",
    "distributed.is_available",
    "distributed.is_initialized",
    "compiler.is_dynamo_compiling",
    "_dynamo.is_compiling",
    "xpu.is_available",
    "is_autocast_enabled",
    "is_inference_mode_enabled",
    "backends.cudnn.is_available",
    "onnx.is_in_onnx_export",
    "cuda.is_current_stream_capturing",
    "xpu.is_current_stream_capturing",
    "are_deterministic_algorithms_enabled",
    "overrides.has_torch_function",
    "overrides.has_torch_function_unary",
    "overrides.has_torch_function_variadic",
    "mps.is_available",
    "accelerator.is_available",
    "cuda.is_bf16_supported",
    "is_anomaly_enabled",
    "jit.is_script",
    "is_warn_always_enabled",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
]
"""Questions whose answer is no."""

NOTHING = [
    "manual_seed",
    "seed",
    "set_printoptions",
    "save",
    "set_num_threads",
    "use_deterministic_algorithms",
    "cuda.manual_seed",
    "cuda.manual_seed_all",
    "cuda.empty_cache",
    "cuda.synchronize",
    "cuda.set_device",
    "set_float32_matmul_precision",
    "random.manual_seed",
    "_C._log_api_usage_once",
    "set_default_device",
    "nn.utils.clip_grad_norm_",
    "nn.utils.clip_grad_value_",
    "jit.save",
    "autograd.backward",
    "set_default_tensor_type",
    "accelerator.current_accelerator",
    "_dynamo.reset",
    "compiler.reset",
    "_dynamo.mark_dynamic",
    "set_grad_enabled_",
    "cuda.reset_peak_memory_stats",
    "_assert_async",
    "_check_is_size",
    "_check_with",
]
"""What is called for its effect alone."""


class Nothing:
    """no_grad, autocast and relatives: around code, or a decorator of a function."""

    def __init__(self, *args: Any, **_: Any) -> None:
        self.function = args[0] if args and callable(args[0]) and not isinstance(args[0], str) else None

    def __new__(cls, *args: Any, **named: Any) -> Any:
        return args[0] if len(args) == 1 and not named and is_code(args[0]) else object.__new__(cls)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, function: Any) -> Any:
        return function


class Autocast(Nothing):
    """torch.autocast, from where on numbers of several types may meet: which become one depends on the device."""

    def __new__(cls, *args: Any, **named: Any) -> Any:
        kinds.mixing[0] = kinds.mixing[0] or bool(named.get("enabled", True))
        return Nothing.__new__(cls, *args, **named)


def kept(value: Any = None, *_: Any, **__: Any) -> Any:
    """A decorator that leaves what it is given; with arguments, it gives one."""
    return value if value is not None and is_code(value) else (lambda function: function)


def no(*_: Any, **__: Any) -> bool:
    return False


def nothing(*_: Any, **__: Any) -> None:
    return None


def checkpoint(function: Any, *args: Any, **given: Any) -> Any:
    for key in ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug", "early_stop"):
        given.pop(key, None)
    return function(*args, **given)


def checkpoint_sequential(functions: Any, segments: Any, input: Any, **_: Any) -> Any:
    for one in functions.children() if isinstance(functions, module.Module) else functions:
        input = one(input)
    return input


def asserted(condition: Any, message: str = "") -> None:
    if isinstance(condition, Tensor) and condition._data is None:
        return
    if not condition:
        raise AssertionError(message)


class Function:
    """torch.autograd.Function, whose forward is the user's own."""

    @classmethod
    def apply(cls, *args: Any) -> Any:
        context = Context()
        if "setup_context" in vars(cls):
            return cls.forward(*args)  # type: ignore[attr-defined]
        return cls.forward(context, *args)  # type: ignore[attr-defined]


class Context:
    """What an autograd function keeps for its way back."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad = (False,) * 32

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    mark_non_differentiable = mark_dirty = set_materialize_grads = nothing


def to_tuple(count: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: tuple(value) if isinstance(value, list | tuple) else (value,) * count


def is_lazy(value: Any) -> bool:
    return False


class Generator:
    """torch.Generator"""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def manual_seed(self, *_: Any) -> Any:
        return self


class Weights(dict[str, Any]):
    """What a file of weights holds: whatever is asked for by name, as no figure depends on it."""

    def __missing__(self, key: Any) -> Any:
        return Weights()

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        return self[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        needs_data(f"{name} of what a file holds")


def weights(*_: Any, **__: Any) -> Weights:
    return Weights()


class SDPBackend:
    """torch.nn.attention.SDPBackend"""

    MATH = FLASH_ATTENTION = EFFICIENT_ATTENTION = CUDNN_ATTENTION = None


NAMES: dict[str, Any] = {
    **{f"torch.{name}": Nothing for name in AROUND},
    **{f"torch.{name}": Autocast for name in ("autocast", "amp.autocast", "cuda.amp.autocast", "cpu.amp.autocast")},
    "torch.amp.autocast_mode.autocast": Autocast,
    **{f"torch.{name}": kept for name in KEPT},
    **{f"torch.{name}": no for name in NO},
    **{f"torch.{name}": nothing for name in NOTHING},
    "torch.Generator": Generator,
    "torch.nn.parameter.is_lazy": is_lazy,
    "torch.utils.checkpoint.checkpoint": checkpoint,
    "torch.utils.checkpoint.checkpoint_sequential": checkpoint_sequential,
    "torch._assert": asserted,
    "torch._check": asserted,
    "torch.autograd.Function": Function,
    "torch.autograd.function.Function": Function,
    "torch.nn.attention.SDPBackend": SDPBackend,
    "torch.nn.modules.utils._ntuple": to_tuple,
    **{f"torch.{name}": weights for name in ("load", "hub.load_state_dict_from_url", "utils.model_zoo.load_url")},
    **{
        f"torch.nn.modules.utils.{name}": to_tuple(n)
        for name, n in (("_single", 1), ("_pair", 2), ("_triple", 3), ("_quadruple", 4))
    },
}
