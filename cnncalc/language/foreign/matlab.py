"""Arrays of layers as MATLAB writes them."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.language.foreign.call import Foreign
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.plain import split
from cnncalc.language.foreign.tries import Tries

_MATLAB = re.compile(
    r"\b(?:imageInput|sequenceInput|featureInput|convolution[123]d|fullyConnected|maxPooling2d|relu)Layer\b"
)
_NOTHING = ("classification", "regression", "identity", "classoutput")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of an array of MATLAB's layers; None where the text has none. Raises Unclear."""
    if not _MATLAB.search(text):
        return None
    if re.search(r"connectLayers|layerGraph|additionLayer|depthConcatenation", text):
        raise Unclear
    text = re.sub(r"(?m)%.*$", "", re.sub(r"\.\.\.\s*\n", " ", text))
    body = re.search(r"=\s*\[(.*)\]", text, re.DOTALL)
    net = Network()
    for item in split(body[1] if body else text, re.compile(r"[\n;]|,\s*(?=\w+Layer)|(?<=[)\w])\s+(?=\w+Layer)")):
        match = re.fullmatch(r"(\w+)Layer\s*(?:\((.*)\))?,?", item.strip(), re.DOTALL)
        if match is None:
            raise Unclear
        values, keys = arguments(match[2] or "")
        matlab_layer(net, match[1].lower(), values, keys, tries)
    return net


def arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """The values of a call, and those after their names: `'Padding', 'same'` or `Padding='same'`."""
    values: list[Any] = []
    keys: dict[str, Any] = {}
    given = split(text, re.compile(","))
    at = 0
    while at < len(given):
        name = re.fullmatch(r"['\"]([A-Z]\w+)['\"]|([A-Z]\w+)\s*=\s*(.+)", given[at])
        if name and name[2]:
            keys[name[2].lower()] = value_of(name[3])
        elif name and at + 1 < len(given):
            keys[name[1].lower()] = value_of(given[at + 1])
            at += 1
        else:
            values.append(value_of(given[at]))
        at += 1
    for key in ("name", "weightlearnratefactor", "biaslearnratefactor", "weightsinitializer", "normalization"):
        keys.pop(key, None)
    return values, keys


def value_of(text: str) -> Any:
    text = text.strip()
    if match := re.fullmatch(r"\[([\d\s,]+)\]", text):
        found = [int(number) for number in re.findall(r"\d+", match[1])]
        return found[0] if len(found) == 1 else found
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d*\.\d+", text):
        return float(text)
    return text.strip("'\"")


def matlab_layer(net: Network, name: str, values: list[Any], keys: dict[str, Any], tries: Tries) -> None:
    """Add one layer. Raises Unclear."""
    if name.endswith("input"):
        sizes = values[0] if isinstance(values[0], list) else [values[0]]
        sizes = [sizes[-1], *sizes[:-1]] if len(sizes) > 2 else sizes
        if not tries.given:
            net.start("input", tuple(sizes) if name != "sequenceinput" else ("L", *sizes))
        return
    if any(name.startswith(each) for each in _NOTHING):
        return
    pad = keys.pop("padding", keys.pop("cropping", None))
    if isinstance(pad, list) and len(pad) == 4:  # top, bottom, left, right
        if pad[0] != pad[1] or pad[2] != pad[3]:
            raise Unclear
        pad = [pad[0], pad[2]]
    given: dict[str, Any] = {"padding": pad} if pad not in (None, 0) else {}
    for key, own in (("stride", "stride"), ("dilationfactor", "dilation"), ("negativeslope", "alpha")):
        if key in keys:
            given[own] = keys.pop(key)
    dims = match[0] if (match := re.search(r"[123]d", name)) else ""
    if re.fullmatch(r"convolution[123]d|transposedconv[123]d|groupedconvolution[123]d", name):
        keys.pop("numchannels", None)
        kind = f"conv{'transpose' if name.startswith('trans') else ''}{dims}"
        if name.startswith("grouped"):
            if type(values[2]) is not int:
                raise Unclear
            values = [values[0], values[1] * values[2], values[2]]
            given["groups"] = values[2]
        call = Foreign(kind, [], {"filters": values[1], "kernel_size": values[0], **given}, "matlab")
    elif re.fullmatch(r"(max|average)pooling[123]d", name):
        kind = f"{'max' if name.startswith('max') else 'avg'}pool{dims}"
        call = Foreign(kind, [], {"kernel_size": values[0], "stride": 1, **given}, "matlab")
    elif name.startswith("fullyconnected"):
        call = Foreign("dense", values, {}, "matlab")
    elif name == "lstm":
        last = keys.pop("outputmode", "sequence") == "last"
        call = Foreign("lstm", values, {"return_sequences": not last}, "matlab")
    elif name == "crosschannelnormalization":
        net.add([f"localresponsenorm {values[0]}"])
        return
    else:
        call = Foreign(name, values, given, "matlab")
    if keys:
        raise Unclear
    net.add(layers_of(net, call))
