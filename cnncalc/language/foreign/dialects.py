"""Code in JavaScript, Julia, for libraries with PyTorch's order, and in sketches, as Python for Keras or PyTorch."""

from __future__ import annotations

import re

from cnncalc.language.text.brackets import pieces

# JavaScript


def javascript(text: str) -> str:
    """Code for TensorFlow.js as that for Keras in Python; any other text as it is."""
    if not re.search(r"\btf\.(sequential|layers|input|model)\b", text) or not re.search(
        r"\{|;|\bconst\b|\blet\b", text
    ):
        return text
    whole = text
    text = re.sub(r"(?m)(?<!:)//.*$", "", text)
    text = re.sub(r"\b(const|let|var|new|await)\s+", "", text)
    text = re.sub(r"(?m)^\s*(import|export|require).*$", "", text)
    text = re.sub(r"\s*\n\s*\.", ".", text)
    made: list[str] = []
    open_brackets: list[bool] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "{":
            called = "".join(made).rstrip().endswith("(")
            open_brackets.append(called)
            made.append("" if called else "{")
        elif char == "}":
            if not open_brackets:  # no JavaScript
                return whole
            made.append("" if open_brackets.pop() else "}")
        elif open_brackets and (key := re.compile(r"(\w+)\s*:").match(text, at)) and not text[at - 1].isalnum():
            name = re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", key[1])
            made.append(f"{name}=" if open_brackets[-1] else f"'{name}':")
            at = key.end()
            continue
        else:
            made.append(char)
        at += 1
    text = "".join(made).replace(";", "\n")
    for word, own in (("true", "True"), ("false", "False"), ("null", "None"), ("undefined", "None")):
        text = re.sub(rf"\b{word}\b", own, text)
    text = re.sub(r"\)\s*\.apply\(", ")(", text)
    text = re.sub(r"\btf\.sequential\(", "keras.Sequential(", text)
    text = re.sub(r"\btf\.model\(", "keras.Model(", text)
    text = re.sub(r"\btf\.input\(", "keras.Input(", text)
    text = re.sub(r"(?m)^[ \t]+(?=\w+(\.\w+)*\s*[=(.])", "", text)
    return re.sub(r"(?m)^\s*\w+\.(summary|compile|fit)\(.*$", "", text)


# Julia


def julia(text: str) -> str:
    """Code for Flux as PyTorch's classes in Python; any other text as it is."""
    if not re.search(r"\bChain\s*\(|\b(Conv|Dense)\([^)]*\)?[^=>]*=>|\bFlux\b", text):
        return text
    text = re.sub(r"(?m)#.*$", "", text)
    text = re.sub(r"(?m)^\s*using .*$", "", text)
    text = re.sub(r"\b(Flux|MLUtils|NNlib|Lux)\.", "", text)
    text = re.sub(r"\w+\s*->\s*(?:reshape|flatten)\((?:[^()]|\([^()]*\))*\)", "Flatten()", text)
    text = re.sub(r"\b(?:flatten|FlattenLayer\(\))(?!\()", "Flatten()", text)
    text = re.sub(r"\bglobalmeanpool|GlobalMeanPool\(\)", "GlobalAveragePooling2D()", text)
    text = re.sub(r"\bMeanPool\(", "AvgPool(", text)
    return re.sub(
        r"\b(Conv|ConvTranspose|Dense|BatchNorm|MaxPool|AvgPool)\(((?:[^()]|\([^()]*\))*)\)", flux_layer, text
    )


def flux_layer(match: re.Match[str]) -> str:
    name, inside = match[1], match[2].replace(";", ",")
    values, keys = [], []
    for value in pieces(inside, re.compile(",")):
        key, equals, given = value.partition("=")
        if equals and not given.startswith((">", "=")):
            key = {"pad": "padding", "σ": "activation"}.get(key.strip(), key.strip())
            given = given.strip()
            keys.append(f"{key}={'same' if given.startswith('SamePad') else given}".replace("=same", "='same'"))
        else:
            values.append(value.strip())
    pair = next((value for value in values if "=>" in value), None)
    into, out = re.split(r"\s*=>\s*", pair) if pair else ("", "")
    rest = [value for value in values if value and value != pair]
    end = [f"{key}" for key in keys]
    if name in ("Conv", "ConvTranspose") and pair and rest:
        dims = max(1, rest[0].count(",") + (0 if rest[0].rstrip(") ").endswith(",") else 1))
        act = [f"activation={rest[1]}"] if len(rest) > 1 else []
        return f"{name}{dims}d({', '.join([into, out, rest[0], *act, *end])})"
    if name == "Dense" and (pair or len(rest) > 1):
        into, out, rest = (into, out, rest) if pair else (rest[0], rest[1], rest[2:])
        act = [f"activation={rest[0]}"] if rest else []
        return f"Linear({', '.join([into, out, *act, *end])})"
    if name == "BatchNorm" and values:
        return f"BatchNorm({', '.join([*(f'activation={act}' for act in rest[1:2]), *end])})"
    if name in ("MaxPool", "AvgPool"):
        return f"{name}2d({', '.join([*rest, *end])})"
    return match[0]


# PyTorch's order under other names


def of_torch_order(text: str) -> str:
    """Code for Paddle and Chainer with PyTorch's classes; any other text as it is."""
    if "paddle" in text:
        text = text.replace("paddle.nn.Sequential", "nn.Sequential")
        return re.sub(r"\b(?:paddle\.)?nn\.(\w+?)(\d)D\b", r"nn.\1\2d", text).replace("paddle.", "")
    if re.search(r"\beqx\.nn\.|\bequinox\b", text):
        return equinox(text)
    if "chainer" in text or re.search(r"\bL\.(Convolution2D|Linear)\(", text):
        text = re.sub(r"\bL\.Convolution(\d)D\(", r"nn.Conv\1d(", text).replace("L.Linear(", "nn.Linear(")
        text = re.sub(r"\bksize\s*=", "kernel_size=", text)
        return re.sub(r"\bpad\s*=", "padding=", text)
    return text


def equinox(text: str) -> str:
    """Code for Equinox with PyTorch's classes. Its pools have a stride of 1 where they do not say another."""
    text = re.sub(r"(?m)^\s*import .*$", "", text)
    text = re.sub(r",\s*key\s*=\s*[\w.\[\]]+", "", re.sub(r"\beqx\.nn\.", "nn.", text))
    text = re.sub(r"\b(?:jnp\.ravel|eqx\.nn\.Lambda\(jnp\.ravel\)|nn\.Lambda\(jnp\.ravel\))", "nn.Flatten()", text)
    text = re.sub(r"\bnn\.Lambda\(([\w.]+)\)", r"\1", text)
    text = re.sub(r"\b(nn\.(?:Max|Avg)Pool\dd)\(((?:(?!stride)[^()])*)\)", r"\1(\2, stride=1)", text)
    names = {"relu": "ReLU", "sigmoid": "Sigmoid", "gelu": "GELU", "silu": "SiLU", "tanh": "Tanh", "swish": "SiLU"}
    text = re.sub(r"\b(?:jax\.nn|jnp)\.(\w+)\b(?!\()", lambda m: f"nn.{names.get(m[1], m[1])}()", text)
    return re.sub(r"\bself\.(\w+)\s*=\s*\[", r"\1 = [", text)


# Lines of a sketch

_STEP = re.compile(r"(?P<to>\w+)\s*=\s*(?P<name>[a-z]\w*)\((?P<inside>[^()]*)\)(?P<then>(?:\s*,\s*[A-Za-z]\w*)*)")
_WINDOW = re.compile(r"(?P<name>conv|upconv|maxpool|avgpool)(?P<side>\d)x(?P=side)")
_NAMES = {"conv": "conv2d", "upconv": "conv2d_transpose", "maxpool": "max_pool2d", "avgpool": "avg_pool2d"}


def sketch(text: str) -> str:
    """Lines such as `x2 = conv3x3(x1, 16, pad=1), relu` as calls in Python; any other text as it is."""
    steps = [_STEP.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if not steps or not all(steps):
        return text
    made: list[str] = []
    for step in filter(None, steps):
        name, inside = step["name"], step["inside"]
        if window := _WINDOW.fullmatch(name):
            read, *values = [value.strip() for value in inside.split(",")]
            bare = [value for value in values if "=" not in value]
            named = [value for value in values if "=" in value]
            if name.startswith("conv") and window["side"] != "1" and "p" not in "".join(named):
                return text  # with or without padding
            name, inside = _NAMES[window["name"]], ", ".join([read, *bare, f"kernel_size={window['side']}", *named])
        elif name in ("concat", "cat", "add") and "=" not in inside and "[" not in inside:
            inside = f"[{inside}]"
        made.append(f"{step['to']} = {name}({inside})")
        made += [f"{step['to']} = {then}({step['to']})" for then in re.findall(r"\w+", step["then"])]
    return "\n".join(made)


def in_python(text: str) -> str:
    """Code of another language as Python; any other text as it is."""
    return sketch(of_torch_order(julia(javascript(text))))
