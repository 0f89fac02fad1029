"""A call of another tool's layer, and what its values are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cnncalc.language.foreign.network import Text, Unclear

Value = Any
NOTHING = ("", "none", "linear", "identity", "null", "false")
ACTIVATIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "rectifier": "relu",
    "rectify": "relu",
    "clippedrelu": "relu6",
    "leaky": "leakyrelu 0.1",
    "leakyrelu": "leakyrelu",
    "lrelu": "leakyrelu",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "hswish": "hardswish",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "mish": "mish",
    "tanh": "tanh",
    "logistic": "sigmoid",
    "sigmoid": "sigmoid",
    "sigm": "sigmoid",
    "softplus": "softplus",
    "softsign": "softsign",
    "logsoftmax": "logsoftmax",
    "softmax": "softmax",
}
# Arguments on which no figure depends, whatever the layer.
NO_MATTER = re.compile(
    r".*(initializer|regularizer|constraint|filler|_init|init_std|init_mean)$|name|scope|trainable|dtype|seed|id|"
    r"momentum|decay|eps|epsilon|scale_init|training|is_training|train|inplace|lr_mult|decay_mult|random|"
    r"variables_collections|outputs_collections|reuse|recurrent_dropout|unroll|stateful|implementation|reset_after|"
    r"mask_zero|input_length|fused|virtual_batch_size|renorm|axis_name|rng|rngs|deterministic|precision|param_dtype|"
    r"engine|stopbackward|index|learning_rate|batch_input_shape|input_shape|input_dim|recurrent_activation|"
    r"interpolation|sparse|ragged|tensor|groupname|count_include_pad|align_corners|noise_shape|use_running_average|"
    r"stdev|autocast|batch_size|synchronized|coef|temperature"
)
OUT = [
    "out_channels",
    "filters",
    "num_output",
    "features",
    "units",
    "channels",
    "out",
    "num_filters",
    "output_channels",
    "out_ch",
    "n_filters",
    "num_hidden",
    "num_units",
    "n_units",
    "hidden_units",
    "output",
    "neurons",
    "nodes",
    "n",
    "cout",
    "out_features",
    "outputs",
]
IN = ["in_channels", "in_features", "in", "input_channels", "in_ch", "cin", "in_units"]
KERNEL = [
    "kernel_size",
    "kernel",
    "k",
    "ksize",
    "kernel_shape",
    "size",
    "pool_size",
    "window",
    "window_shape",
    "filter_size",
    "kernel_dim",
]
STRIDE = ["stride", "strides", "s", "subsample", "step", "window_strides"]
PADDING = ["padding", "pad", "pads", "p", "border_mode"]
DILATION = ["dilation", "dilation_rate", "dilations", "rhs_dilation", "kernel_dilation", "d", "rate", "atrous_rate"]
GROUPS = ["groups", "group", "feature_group_count", "num_group", "num_groups", "g"]
BIAS = ["bias", "use_bias", "bias_term", "has_bias", "with_bias", "use_bias_term"]
ACTIVATION = ["activation", "act", "activation_fn", "act_fn", "nonlinearity", "act_type", "activation_layer", "act_cfg"]
NORM = [
    "batch_normalize",
    "batch_norm",
    "bn",
    "batchnorm",
    "use_bn",
    "norm",
    "with_bn",
    "normalizer_fn",
    "norm_cfg",
    "norm_layer",
]
MISSING = object()


class Foreign:
    """A call of another tool: its name, the values that come in a row, and those with a key.

    `tool`: `keras`, `flax`, `caffe`, `darknet`, `torch`, or empty where the text does not say.
    """

    def __init__(self, name: str, values: Iterable[Value], keys: dict[str, Value], tool: str = "") -> None:
        self.name = name
        self.bare = name.rpartition(".")[2]
        self.key = self.bare.replace("_", "").replace("-", "").lower()
        if tool in ("lasagne", "matlab") and self.key != "layer":
            self.key = self.key.removesuffix("layer")
        self.values = list(values)
        self.keys = dict(keys)
        self.tool = tool

    def take(self, names: Iterable[str], at: int | None = None, default: Value = MISSING) -> Value:
        """A value by one of its names, or by its place."""
        found = [name for name in names if name in self.keys]
        if len(found) > 1 or (found and at is not None and at < len(self.values)):
            raise Unclear
        if found:
            return self.keys.pop(found[0])
        if at is not None and at < len(self.values):
            value = self.values[at]
            self.values[at] = MISSING
            return value
        if default is MISSING:
            raise Unclear
        return default

    def done(self, *ignored: str) -> None:
        """Raise Unclear where something has been left over that could matter."""
        left = [key for key in self.keys if not NO_MATTER.fullmatch(key) and key not in ignored]
        if left or any(value is not MISSING for value in self.values):
            raise Unclear


# Values


def whole(value: Value) -> str:
    """A number or an expression."""
    if isinstance(value, bool | float):
        raise Unclear
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Text) and re.fullmatch(r"[\w +*/().-]+", value):
        return value.replace(" ", "")
    if isinstance(value, str) and value.strip().isdecimal():
        return value.strip()
    if isinstance(value, list | tuple) and len(value) == 1:
        return whole(value[0])
    raise Unclear


def sizes(value: Value) -> tuple[int, ...]:
    """One number for all axes, or one for each."""
    if isinstance(value, str) and re.fullmatch(r"\(?\s*(\d+)((\s*[x×*,]\s*\d+)*)\s*\)?", value):
        return tuple(int(part) for part in re.findall(r"\d+", value))
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, list | tuple) and value and all(type(v) is int for v in value):
        return tuple(value)
    raise Unclear


def short(letter: str, value: tuple[int, ...]) -> str:
    """`k3`, `k3x5`"""
    value = value[:1] if len(set(value)) == 1 else value
    if any(v < 0 for v in value):
        raise Unclear
    return f"{letter}{'x'.join(map(str, value))}"


def each(value: tuple[int, ...], n: int) -> tuple[int, ...]:
    if len(value) not in (1, n):
        raise Unclear
    return value * n if len(value) == 1 else value


def yes(value: Value) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("yes", "true", "1", "on")
    return bool(value)


def word(value: Value) -> str:
    """What a value is called: a text, a function such as `tf.nn.relu`, a call such as `nn.ReLU()`."""
    if value is None or value is False:
        return ""
    if isinstance(value, Foreign):
        return value.key
    if isinstance(value, dict):
        return word(value.get("type"))
    if isinstance(value, str):
        return value.strip().rpartition(".")[2].replace("_", "").replace("-", "").lower().removesuffix("()")
    raise Unclear


SHORT = {
    "kernel": "kernel_size",
    "pad": "padding",
    "k": "kernel_size",
    "p": "padding",
    "s": "stride",
    "g": "groups",
    "d": "dilation",
}


def in_words(inside: str) -> str:
    """The values of a call with PyTorch's names for those that are written short: `k=3`, `p1`."""
    inside = re.sub(r"(\w+)\s*=", lambda m: f"{SHORT.get(m[1], m[1])}=", inside)
    return re.sub(r"\b([kps])(\d+)\b", lambda m: f"{SHORT[m[1]]}={m[2]}", inside)
