"""A network of Caffe, in its prototxt."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.language.foreign.call import Foreign
from cnncalc.language.foreign.configs import pooled
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries

_PROTO = re.compile(
    r'\s*(?:#[^\n]*\n)?\s*(?:([\w.]+)\s*:\s*("[^"]*"|\'[^\']*\'|[-\w.+]+)|([\w.]+)\s*:?\s*\{|(\}))\s*,?;?'
)


def prototxt(text: str) -> list[tuple[str, Any]]:
    """The fields of a text of protocol buffers. Raises Unclear."""
    stack: list[list[tuple[str, Any]]] = [[]]
    at = 0
    text = re.sub(r"#[^\n]*", "", text)
    while text[at:].strip():
        match = _PROTO.match(text, at)
        if match is None or len(stack) > 20:
            raise Unclear
        at = match.end()
        if match[1]:
            value: Any = match[2]
            if value[0] in "\"'":
                value = value[1:-1]
            elif re.fullmatch(r"-?\d+", value):
                value = int(value)
            elif value in ("true", "false"):
                value = value == "true"
            stack[-1].append((match[1], value))
        elif match[3]:
            inner: list[tuple[str, Any]] = []
            stack[-1].append((match[3], inner))
            stack.append(inner)
        else:
            if len(stack) == 1:
                raise Unclear
            stack.pop()
    if len(stack) > 1:
        raise Unclear
    return stack[0]


ACTS_IN_CAFFE = ("ReLU", "Sigmoid", "TanH", "ReLU6", "Swish", "ELU")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a prototxt, for its test phase without losses; None where the text is none."""
    if not re.search(r"\blayers?\s*\{", text):
        return None
    net = Network()
    dims: list[int] = []
    of_input = "data"
    values: dict[str, str] = {}  # what a blob is in the network
    for field, value in prototxt(text):
        if field == "input":
            of_input = value
        elif field == "input_dim":
            dims.append(value)
        elif field == "input_shape":
            dims += [v for k, v in value if k == "dim"]
        elif field in ("layer", "layers"):
            if not net.inputs and len(dims) > 1:
                net.start(of_input, tuple(dims[1:]))
                values[of_input] = of_input
            caffe_layer(net, value, values)
        elif field not in ("name", "force_backward", "state"):
            raise Unclear
    return net


def caffe_layer(net: Network, fields: list[tuple[str, Any]], values: dict[str, str]) -> None:
    kind = next((str(v) for k, v in fields if k == "type"), "")
    bottoms = [v for k, v in fields if k == "bottom"]
    tops = [v for k, v in fields if k == "top"]
    keys: dict[str, Any] = {}
    for key, value in fields:
        if key.endswith("_param") and key not in ("transform_param", "data_param", "include"):
            for k, v in value:
                if k in keys:
                    raise Unclear
                keys[k] = v
    kind = {"CONVOLUTION": "Convolution", "POOLING": "Pooling", "INNER_PRODUCT": "InnerProduct", "RELU": "ReLU"}.get(
        kind, kind
    )
    if kind == "Input":
        shape = [v for k, v in keys.get("shape", []) if k == "dim"]
        if len(shape) < 2:
            raise Unclear
        net.start(tops[0], tuple(shape[1:]))
        values[tops[0]] = tops[0]
        return
    if kind in ("Data", "ImageData", "HDF5Data", "Accuracy") or "Loss" in kind:
        if kind == "SoftmaxWithLoss" or "Loss" in kind or kind == "Accuracy":
            return
        for top in tops:
            values[top] = ""
        return
    if len(tops) != 1:
        raise Unclear
    reads = tuple(values.get(bottom, bottom) for bottom in bottoms)
    made = caffe_layers(net, kind, keys)
    if made is None:  # Scale after BatchNorm, which holds its weights there
        values[tops[0]] = reads[0]
        return
    gives = tops[0] if tops[0] not in bottoms else f"{tops[0]}_{len(net.steps)}"
    gives = re.sub(r"\W", "_", gives)
    running = (net.running,)
    net.add(made, () if reads in (running, ("",)) or (not net.inputs and not net.steps) else reads, gives)
    values[tops[0]] = gives


def caffe_layers(net: Network, kind: str, keys: dict[str, Any]) -> list[str] | None:
    for side in ("kernel", "stride", "pad"):
        if f"{side}_h" in keys:
            keys[side] = (keys.pop(f"{side}_h"), keys.pop(f"{side}_w"))
    if kind in ("Convolution", "Deconvolution", "DepthwiseConvolution"):
        name = {"Deconvolution": "deconv"}.get(kind, "conv")
        return layers_of(net, Foreign(name, [], keys, "caffe"))
    if kind == "Pooling":
        if keys.pop("global_pooling", False):
            return ["gap" if keys.get("pool") in ("AVE", 1) else "gmp"]
        name, rest = pooled("pool", {"pool": "MAX", **keys})
        rest["ceil_mode"] = rest.pop("round_mode", "CEIL") != "FLOOR"
        return layers_of(net, Foreign(name, [], rest, "caffe"))
    if kind == "InnerProduct":
        net.layout = net.layout if net.layout == "features" else "map"
        return layers_of(net, Foreign("dense", [], keys, "caffe"))
    if kind == "Eltwise":
        how = keys.get("operation", "SUM")
        return [{"SUM": "add", "PROD": "mul", "MAX": "maximum"}[how]] if how in ("SUM", "PROD", "MAX") else _unclear()
    if kind == "Concat":
        if keys.get("axis", 1) != 1:
            raise Unclear
        return ["cat"]
    if kind == "BatchNorm":
        return ["bn"]
    if kind == "Scale":
        if not net.steps or net.steps[-1].layers[-1] != "bn":
            raise Unclear
        return None
    if kind == "LRN":
        return [f"localresponsenorm {keys.get('local_size', 5)}"]
    if kind == "Softmax":
        return ["softmax 1"]
    if kind == "Flatten":
        net.layout = "features"
        return ["flatten"]
    if kind == "Dropout":
        return [f"dropout {keys.get('dropout_ratio', 0.5)}"]
    if kind == "ReLU":
        return ["leakyrelu" if keys.get("negative_slope") else "relu"]
    if kind in ACTS_IN_CAFFE:
        return layers_of(net, Foreign(kind, [], {}, "caffe"))
    if kind == "PReLU":
        return ["prelu" if keys.get("channel_shared") else "prelu channels"]
    raise Unclear


def _unclear() -> list[str]:
    raise Unclear
