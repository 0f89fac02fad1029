"""How torch's functions are called, where that is not the order in which their layer has its arguments."""

from __future__ import annotations

from typing import Any

from cnncalc.layers import Layer
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.names import layer_for

REQUIRED: Any = object()

_TEXTS = """
add(self, other, alpha=1)
sub(self, other, alpha=1)
subtract(self, other, alpha=1)
mul(self, other)
multiply(self, other)
div(self, other, rounding_mode=None)
divide(self, other, rounding_mode=None)
true_divide(self, other)
inner(self, other)
t(self)
numpy_T(self)
mT(self)
mH(self)
adjoint(self)
squeeze(self, *dim)
clamp(self, min=None, max=None)
clip(self, min=None, max=None)
clamp_min(self, min)
clamp_max(self, max)
diff(self, n=1, dim=-1, prepend=None, append=None)
cat(tensors, dim=0)
concat(tensors, dim=0)
concatenate(tensors, dim=0)
stack(tensors, dim=0)
hstack(tensors)
vstack(tensors)
row_stack(tensors)
dstack(tensors)
column_stack(tensors)
broadcast_tensors(*tensors)
max(self, dim=None, keepdim=False)
min(self, dim=None, keepdim=False)
repeat_interleave(self, repeats, dim=None, output_size=None)
mean(self, dim=None, keepdim=False, dtype=None)
sum(self, dim=None, keepdim=False, dtype=None)
amax(self, dim=None, keepdim=False)
amin(self, dim=None, keepdim=False)
all(self, dim=None, keepdim=False)
any(self, dim=None, keepdim=False)
argmax(self, dim=None, keepdim=False)
argmin(self, dim=None, keepdim=False)
median(self, dim=None, keepdim=False)
prod(self, dim=None, keepdim=False, dtype=None)
cumsum(self, dim, dtype=None)
cumprod(self, dim, dtype=None)
std(self, dim=None, unbiased=None, keepdim=False, correction=None)
var(self, dim=None, unbiased=None, keepdim=False, correction=None)
linalg_norm(self, ord=None, dim=None, keepdim=False, dtype=None)
linalg_vector_norm(self, ord=2, dim=None, keepdim=False, dtype=None)
norm(self, p=2, dim=None, keepdim=False, dtype=None)
cross(self, other, dim=None)
flatten(self, start_dim=0, end_dim=-1)
unflatten(self, dim, sizes)
split(self, split_size, dim=0)
chunk(self, chunks, dim=0)
split_with_sizes(self, split_sizes, dim=0)
_stack(tensors, dim=0)
unbind(self, dim=0)
select(self, dim, index)
slice(self, dim, start=None, end=None, step=1)
tensor_split(self, indices_or_sections, dim=0)
narrow(self, dim, start, length)
softmax(self, dim=None, _stacklevel=3, dtype=None)
softmin(self, dim=None, _stacklevel=3, dtype=None)
log_softmax(self, dim=None, _stacklevel=3, dtype=None)
dropout(self, p=0.5, training=True, inplace=False)
linear(input, weight, bias=None)
conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)
conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)
conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)
embedding(indices, weight, padding_idx=-1, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)
prelu(self, weight)
layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05)
rms_norm(input, normalized_shape, weight=None, eps=None)
group_norm(input, num_groups, weight=None, bias=None, eps=1e-05)
batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05)
instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
    momentum=0.1, eps=1e-05)
max_pool1d(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False)
max_pool2d(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False)
max_pool3d(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False)
interpolate(input, size=None, scale_factor=None, mode='nearest', align_corners=None,
    recompute_scale_factor=None, antialias=False)
gather(input, dim, index, sparse_grad=False)
scatter(input, dim, index, src=None, value=None, reduce=None)
scatter_add(input, dim, index, src)
scatter_reduce(input, dim, index, src, reduce, include_self=True)
index_select(input, dim, index)
index_add(input, dim, index, source, alpha=1)
index_copy(input, dim, index, source)
index_fill(input, dim, index, value)
affine_grid_generator(theta, size, align_corners=None)
where(condition, input, other)
mse_loss(input, target, size_average=None, reduce=None, reduction='mean', weight=None)
l1_loss(input, target, size_average=None, reduce=None, reduction='mean', weight=None)
cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
    reduction='mean', label_smoothing=0.0)
nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean')
binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction='mean')
binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None,
    reduction='mean', pos_weight=None)
multinomial(input, num_samples, replacement=False)
_weight_norm(v, g, dim=0)
view_as(self, other)
"""


class Signature(NamedTuple):
    """The names of a function's arguments, with their defaults."""

    names: tuple[str, ...]
    defaults: dict[str, Any]
    rest: str = ""  # the name that takes all further values


def _parsed(text: str) -> Signature:
    import ast

    names: list[str] = []
    defaults: dict[str, Any] = {}
    rest = ""
    for part in text.split(", "):
        name, equals, default = part.partition("=")
        if name.startswith("*"):
            name = rest = name[1:]
            defaults[name] = None
        names.append(name)
        if equals:
            defaults[name] = ast.literal_eval(default)
    return Signature(tuple(names), defaults, rest)


_WRITTEN: dict[str, str] = {
    line.partition("(")[0]: line.partition("(")[2].removesuffix(")")
    for line in _TEXTS.strip().replace("\n    ", " ").splitlines()
}
_read: dict[str, Signature | None] = {}


def signature(name: str) -> Signature | None:
    """How an operator is called; None for one that is not known."""
    if name not in _read:
        if name in _WRITTEN:
            _read[name] = _parsed(_WRITTEN[name])
        else:
            cls = layer_for(name)
            _read[name] = (
                None if cls is None or cls.name in ("parameter", "buffer", "constant", "opaque") else of_layer(cls)
            )
    return _read[name]


def of_layer(cls: type[Layer]) -> Signature:
    """The inputs of a layer, then its arguments."""
    fewest, most = cls.inputs
    inputs = list(cls.input_names[: most or len(cls.input_names)])
    inputs[0:1] = ["self"] if inputs[:1] == ["input"] else inputs[0:1]
    while most is not None and len(inputs) < most:
        inputs.append("other" if len(inputs) == 1 else f"other{len(inputs)}")
    arguments = [name for name in cls.arguments if name not in inputs]
    rest = next((a.name for a in cls.arguments.values() if a.variadic), "")
    defaults = dict.fromkeys(inputs[fewest:]) | dict.fromkeys(arguments)
    if most is None:
        inputs, rest = ["tensors"], "tensors"
    return Signature((*inputs, *arguments), defaults, rest)


SAME: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("input", "self", "a", "x1", "x"), ("self", "input")),
    **dict.fromkeys(("other", "y", "x2", "mat2", "vec2", "vec", "exponent", "tensor"), ("other", "exponent")),
    "axis": ("dim",),
    "keepdims": ("keepdim",),
    "indices": ("indices_or_sections",),
    "sections": ("indices_or_sections",),
    "tensor": ("tensors", "other", "self"),
    "split_sizes": ("split_size",),
    "split_size": ("split_sizes",),
    "split_size_or_sections": ("split_size",),
    "size": ("shape", "sizes"),
    "sizes": ("size",),
    "repeats": ("sizes",),
    "unflattened_size": ("sizes",),
}
"""Other names that torch has for an argument."""


def bound(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, those left out with their default left out too. Raises TypeError as torch."""
    found = signature(name)
    assert found is not None
    values: dict[str, Any] = {}
    at = 0
    for position, own in enumerate(found.names):
        if own == found.rest and at < len(args):
            further = args[at:]
            values[own] = (
                further[0]
                if len(further) == 1 and not (own == "tensors" and hasattr(further[0], "_shape"))
                else further
            )
            at = len(args)
            break
        if at >= len(args) or position < at:
            break
        values[own] = args[at]
        at += 1
    if at < len(args):
        raise TypeError(f"{name}() takes {len(found.names)} arguments but {len(args)} were given")
    for key, value in named.items():
        own = key if key in found.names else next((o for o in SAME.get(key, ()) if o in found.names), key)
        if key == "out" and value is None:
            continue
        if own not in found.names and own not in ("dtype", "device", "memory_format", "non_blocking", "generator"):
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
        if own in values:
            raise TypeError(f"{name}() got multiple values for argument '{key}'")
        values[own] = value
    for own in found.names:
        if own not in values:
            if own not in found.defaults:
                raise TypeError(f"{name}() missing 1 required argument: '{own}'")
            if name in _WRITTEN:
                values[own] = found.defaults[own]
    return {own: values[own] for own in (*found.names, *values) if own in values}
