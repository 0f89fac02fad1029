"""Graphs as ONNX prints them, with the shapes of their weights."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.language.foreign.call import Foreign
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries

_TENSOR = re.compile(r"%([\w.:/-]+)\s*\[\s*\w+\s*,\s*([\w]+(?:\s*x\s*\w+)*|)\s*\]")
_NODE = re.compile(
    r"^\s*%([\w.:/-]+)(?:,\s*%[\w.:/-]+)*\s*=\s*([\w.:]+?)\s*(?:\[(.*)\])?\s*\((.*?)\)\s*$", re.MULTILINE
)
_VALUE = re.compile(r"(\w+)\s*=\s*(\[[^\[\]]*\]|[^,\[\]]+)")
SAME = ("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Softplus", "HardSwish", "Gelu")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a printed graph; None where the text is none. Raises Unclear."""
    if len(re.findall(r"(?m)^\s*(?:Conv|Gemm)\b.*\bW\s*=\s*\[", text)) > 1:
        return listing(text, tries)
    if not re.search(r"\bgraph\s+[\w-]+\s*\(", text):
        return None
    shapes = {name: [int(size) if size.isdecimal() else size for size in re.split(r"\s*x\s*", sizes)]
              for name, sizes in _TENSOR.findall(text)}  # fmt: skip
    nodes = _NODE.findall(text)
    if not nodes:
        raise Unclear
    read = {name for _, _, _, inputs in nodes for name in re.findall(r"%([\w.:/-]+)", inputs)[:1]}
    own = {name for name, *_ in nodes}
    ins = [name for name in shapes if name in read - own]
    if len(ins) != 1:
        raise Unclear
    net = Network()
    given = shapes[ins[0]][1:]
    if not tries.given:
        net.start(ins[0], tuple(given))
    else:
        net.running, net.layout = ins[0], "map" if len(given) > 2 else "features"
    for gives, kind, values, inputs in nodes:
        names = re.findall(r"%([\w.:/-]+)", inputs)
        weights = [shapes[name] for name in names if name in shapes and name != ins[0]]
        reads = tuple(name for name in names if name not in shapes or name == ins[0])
        attributes = {key: attribute(value) for key, value in _VALUE.findall(values)}
        layers = node(net, kind, attributes, weights)
        net.add(layers, () if reads in ((net.running,), ()) else reads, gives)
    return net


def listing(text: str, tries: Tries) -> Network:
    """Operators in a row, with the shapes of their weights as W and B. Raises Unclear."""
    net = Network()
    net.layout = "map"
    for line in text.strip().splitlines():
        if given := re.match(r"\s*input\s*:\s*\w*\s*\[([\d,\s]+)\]", line):
            if not tries.given:
                net.start("input", tuple(int(size) for size in given[1].split(",")[1:]))
            continue
        if re.match(r"\s*output", line) or not line.strip():
            continue
        kind, _, rest = line.strip().partition(" ")
        keys = {key: attribute(value) for key, value in _VALUE.findall(re.sub(r"\s+(?=\w+\s*=)", ", ", rest))}
        weights = [keys.pop(name) for name in ("W", "B") if name in keys]
        if kind == "Clip" and (keys.get("min"), keys.get("max")) == (0, 6):
            net.add(["relu6"])
            continue
        net.add(node(net, kind, keys, weights))
    return net


def attribute(text: str) -> Any:
    text = text.strip()
    if text.startswith("["):
        return [int(number) for number in re.findall(r"-?\d+", text)]
    return int(text) if re.fullmatch(r"-?\d+", text) else text.strip("'\"")


def node(net: Network, kind: str, keys: dict[str, Any], weights: list[Any]) -> list[str]:
    """The layers of a node. Raises Unclear."""
    if kind in ("Conv", "ConvTranspose"):
        sizes = weights[0]
        group = keys.get("group", 1)
        out, into = (sizes[0], sizes[1] * group) if kind == "Conv" else (sizes[1] * group, sizes[0])
        given = {"filters": out, "kernel_size": sizes[2:], "in_channels": into, "bias": len(weights) > 1}
        keys.pop("kernel_shape", None)
        if keys.pop("auto_pad", "NOTSET") != "NOTSET":
            raise Unclear
        return layers_of(net, Foreign(kind, [], {**given, **keys}, "onnx"))
    if kind == "Gemm":
        out, into = weights[0] if keys.get("transB", 0) else reversed(weights[0])
        net.layout = "features"
        return [f"linear {out} in_features={into}{'' if len(weights) > 1 else ' bias=no'}"]
    if kind in ("MaxPool", "AveragePool"):
        keys.pop("auto_pad", None)
        return layers_of(net, Foreign(kind, [], {k: v for k, v in keys.items() if k != "storage_order"}, "onnx"))
    if kind in ("GlobalAveragePool", "GlobalMaxPool"):
        return ["gap" if "Average" in kind else "gmp"]
    if kind == "BatchNormalization":
        return ["bn"]
    if kind == "Flatten":
        net.layout = "features"
        return ["flatten"]
    if kind in SAME:
        return layers_of(net, Foreign(kind.lower(), [], {}, "onnx"))
    if kind in ("Add", "Mul", "Concat", "Softmax", "Dropout", "Identity"):
        return [
            {
                "Add": "add",
                "Mul": "mul",
                "Concat": "cat",
                "Softmax": "softmax 1",
                "Dropout": "dropout",
                "Identity": "identity",
            }[kind]
        ]
    raise Unclear
