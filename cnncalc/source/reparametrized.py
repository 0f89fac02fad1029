"""Tensors of modules that are worked out from others: weight norms, spectral norms, parametrizations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.source import functions
from cnncalc.source.containers import ModuleDict, ModuleList
from cnncalc.source.module import Module
from cnncalc.source.tensor import Parameter, Tensor, tensor_of


def call(name: str, *args: Any, **named: Any) -> Any:
    return functions.call(name, args, named)


def shape_of_norm(weight: Tensor, dim: Any) -> tuple[Any, ...]:
    """The shape of a norm for each position of an axis; of all values together for None or -1."""
    if dim is None or dim == -1:
        return ()
    rank = len(weight._shape)
    return tuple(size if axis == dim % rank else 1 for axis, size in enumerate(weight._shape))


def matrix(weight: Any, dim: int) -> Any:
    """A weight as a matrix with one of its axes in front."""
    if dim != 0:
        weight = call("permute", weight, [dim, *(axis for axis in range(len(weight._shape)) if axis != dim)])
    return call("flatten", weight, 1)


def axis_of(owner: Any, dim: Any) -> int:
    """The axis of the outputs of a module's weight."""
    if dim is not None:
        return int(dim)
    return 1 if type(owner).__name__.removeprefix("Parametrized").startswith("ConvTranspose") else 0


def divided(weight: Any, u: Any, v: Any, dim: int) -> Any:
    """A weight by its largest singular value."""
    return call("div", weight, call("dot", u, call("mv", matrix(weight, dim), v)))


def vectors(weight: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The singular vectors that a spectral norm keeps."""
    rest: Any = 1
    for axis, size in enumerate(weight._shape):
        rest = rest * (1 if axis == dim else size)
    return tensor_of((weight._shape[dim],), weight.dtype), tensor_of((rest,), weight.dtype)


# By a hook


def hooked(owner: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """Before each run a tensor of a module is worked out anew."""

    def hook(inner: Any, _: Any) -> None:
        object.__setattr__(inner, name, make(inner))

    owner.register_forward_pre_hook(hook)
    object.__setattr__(owner, name, make(owner))
    return owner


def weight_norm(module: Any, name: str = "weight", dim: Any = 0) -> Any:
    """torch.nn.utils.weight_norm: a norm and a direction in place of the weight."""
    weight = module._parameters.pop(name)
    norm, direction = f"{name}_g", f"{name}_v"
    module.register_parameter(norm, Parameter(tensor_of(shape_of_norm(weight, dim), weight.dtype)))
    module.register_parameter(direction, Parameter(tensor_of(weight._shape, weight.dtype)))
    axis = -1 if dim is None else dim
    return hooked(module, name, lambda own: call("_weight_norm", getattr(own, direction), getattr(own, norm), axis))


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: Any = None
) -> Any:
    """torch.nn.utils.spectral_norm: the weight by its largest singular value, whose vectors are kept."""
    weight = module._parameters.pop(name)
    axis = axis_of(module, dim)
    u, v = vectors(weight, axis)
    module.register_parameter(f"{name}_orig", weight)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    return hooked(
        module,
        name,
        lambda own: divided(getattr(own, f"{name}_orig"), getattr(own, f"{name}_u"), getattr(own, f"{name}_v"), axis),
    )


# As parametrizations


class ParametrizationList(ModuleList):
    """What a tensor is worked out by, and the tensors that it is worked out from."""

    def value(self) -> Any:
        names = sorted(self._parameters)
        found = [self._parameters[name] for name in names]
        first, *rest = list(self)
        value = first(*found)
        for module in rest:
            value = module(value)
        return value


def parametrize(module: Any, name: str, parametrization: Any, originals: list[Any] | None = None) -> Any:
    """Work a parameter out by a module from what it keeps."""
    known = module._modules.get("parametrizations")
    if known is not None and name in known:
        known[name].append(parametrization)
        return module
    weight = module._parameters.pop(name)
    if known is None:
        module.parametrizations = ModuleDict()
    kept = ParametrizationList([parametrization])
    if originals is None:
        kept.register_parameter("original", weight)
    else:
        for i, original in enumerate(originals):
            kept.register_parameter(f"original{i}", Parameter(original))
    module.parametrizations[name] = kept
    cls = type(module)
    own = {name: property(lambda self: self.parametrizations[name].value())}
    module.__class__ = type(f"Parametrized{cls.__name__.removeprefix('Parametrized')}", (cls,), own)
    return module


def register_parametrization(module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False) -> Any:
    """torch.nn.utils.parametrize.register_parametrization"""
    if hasattr(parametrization, "right_inverse") and tensor_name in module._parameters:
        found = parametrization.right_inverse(module._parameters[tensor_name])
        if isinstance(found, tuple | list):
            return parametrize(module, tensor_name, parametrization, list(found))
    return parametrize(module, tensor_name, parametrization)


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """torch.nn.utils.parametrize.is_parametrized"""
    known = module._modules.get("parametrizations")
    return known is not None and (tensor_name is None or tensor_name in known)


class _WeightNorm(Module):
    def __init__(self, dim: Any) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, norm: Any, direction: Any) -> Any:
        return call("_weight_norm", direction, norm, self.dim)


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, dim: int) -> None:
        super().__init__()
        self.dim = dim
        if len(weight._shape) > 1:
            u, v = vectors(weight, dim)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)

    def forward(self, weight: Any) -> Any:
        if len(weight._shape) == 1:
            return call("normalize", weight, dim=0)
        return divided(weight, self._u, self._v, self.dim)


def parametrized_weight_norm(module: Any, name: str = "weight", dim: Any = 0) -> Any:
    """torch.nn.utils.parametrizations.weight_norm"""
    weight = module._parameters[name]
    norm = tensor_of(shape_of_norm(weight, dim), weight.dtype)
    return parametrize(module, name, _WeightNorm(dim), [norm, tensor_of(weight._shape, weight.dtype)])


def parametrized_spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: Any = None
) -> Any:
    """torch.nn.utils.parametrizations.spectral_norm"""
    return parametrize(module, name, _SpectralNorm(module._parameters[name], axis_of(module, dim)))


NAMES: dict[str, Any] = {
    "torch.nn.utils.weight_norm": weight_norm,
    "torch.nn.utils.spectral_norm": spectral_norm,
    "torch.nn.utils.parametrizations.weight_norm": parametrized_weight_norm,
    "torch.nn.utils.parametrizations.spectral_norm": parametrized_spectral_norm,
    "torch.nn.utils.parametrize.register_parametrization": register_parametrization,
    "torch.nn.utils.parametrize.is_parametrized": is_parametrized,
}
