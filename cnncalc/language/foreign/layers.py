"""What a call of another tool's layer is here: one function for each family of layers.

The values that decide about figures are all taken from a call; where one is left over that is not known to change
none, nothing is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncalc.language.foreign.call import (
    ACTIVATION,
    ACTIVATIONS,
    BIAS,
    DILATION,
    GROUPS,
    IN,
    KERNEL,
    MISSING,
    NORM,
    NOTHING,
    OUT,
    PADDING,
    STRIDE,
    Foreign,
    Value,
    each,
    short,
    sizes,
    whole,
    word,
    yes,
)
from cnncalc.language.foreign.network import Network, Text, Unclear
from cnncalc.language.text.synonyms import find


def activation(net: Network, value: Value) -> list[str]:
    """The layers that an argument `activation` stands for."""
    name = word(value)
    if name in NOTHING:
        return []
    if name not in ACTIVATIONS:
        raise Unclear
    if name in ("softmax", "logsoftmax"):
        return [f"{name} {-1 if net.layout == 'sequence' else 1}"]
    return [ACTIVATIONS[name]]


def behind(net: Network, call: Foreign, layer: str, biased: bool) -> list[str]:
    """A layer with the norm and the activation that its arguments ask for."""
    norm = call.take(NORM, None, None)
    act = call.take(ACTIVATION, None, None)
    made = [layer]
    if norm is not None and word(norm if not isinstance(norm, bool | int) else str(norm)) not in (*NOTHING, "0"):
        named = word(norm) if not isinstance(norm, bool | int) else "bn"
        if named not in ("bn", "batchnorm", "1", "true", "yes", "batchnormalization", "batchnorm2d", "syncbn"):
            raise Unclear
        made.append("bn")
    return made + activation(net, act)


def padding(call: Foreign, kernel: tuple[int, ...], stride: tuple[int, ...], value: Value, pool: bool) -> list[str]:
    """What a padding comes to: a word of Keras', or sizes."""
    named = value.strip().lower() if isinstance(value, str) else ""
    if value is None or named in ("valid", "notset", "vaild", ""):
        if not isinstance(value, str) and value is not None:
            return pixels(kernel, value)
        return []
    if named.isdecimal():
        return pixels(kernel, int(named))
    if named not in ("same", "same_upper", "half"):
        raise Unclear
    if all(k == 1 for k in kernel):
        return []
    n = max(len(kernel), len(stride))
    kernel, stride = each(kernel, n), each(stride, n)
    if all(s == 1 for s in stride) and not pool:
        return ["p=same"]
    if all(k % 2 for k in kernel):
        return [short("p", tuple(k // 2 for k in kernel))]
    if pool and kernel == stride:
        return ["ceil_mode=yes"]
    raise Unclear


def pixels(kernel: tuple[int, ...], value: Value) -> list[str]:
    """Pixels on each side; ONNX gives those at both ends of each axis, which have to be equal here."""
    if isinstance(value, list | tuple) and value and all(isinstance(v, list | tuple) for v in value):
        if any(v[0] != v[-1] for v in value):
            raise Unclear
        value = [v[0] for v in value]
    sides = sizes(value)
    if len(sides) > 1 and len(sides) == 2 * max(2, len(kernel)):
        half = len(sides) // 2
        if sides[:half] != sides[half:]:
            raise Unclear
        sides = sides[:half]
    return [short("p", sides)] if any(sides) else []


def to_map(net: Network, dims: int) -> list[str]:
    """What brings the channels in front, where features come last."""
    if net.layout == "sequence" and dims == 1:
        net.layout = "map"
        return ["transpose 1 2"]
    if dims:
        net.layout = "map"
    return []


def conv(net: Network, call: Foreign) -> list[str]:
    match = re.search(r"([123])d", call.key)
    dims = int(match[1]) if match else 0
    transposed = "transpose" in call.key or call.key.startswith(("deconv", "tconv", "upconv"))
    into = call.take(IN, 0 if call.tool == "torch" else None, None)
    shift = 1 if call.tool == "torch" else 0
    out = whole(call.take(OUT, shift))
    kernel = sizes(call.take(KERNEL, shift + 1))
    stride = sizes(call.take(STRIDE, shift + 2, 1) or 1)
    unsaid: Value = "same" if call.tool in ("flax", "slim") else None
    given = call.take(PADDING, shift + 3, unsaid)
    same = isinstance(given, str) and given.lower() == "same"
    pads = ["p=same"] if transposed and same else padding(call, kernel, stride, given, False)
    dilation = sizes(call.take(DILATION, None, 1) or 1)
    groups = whole(call.take(GROUPS, None, 1) or 1)
    biased = yes(call.take(BIAS, None, True))
    name = ("convtranspose" if transposed else "conv") + (f"{dims}d" if dims else "")
    texts = [name, out, short("k", kernel)]
    if any(s != 1 for s in stride):
        texts.append(short("s", stride))
    if transposed:
        texts += transposed_padding(kernel, stride, pads)
    else:
        texts += pads
    if any(d != 1 for d in dilation):
        texts.append(short("d", dilation))
    if groups != "1":
        texts.append(f"g={groups}")
    if into is not None:
        texts.append(f"in_channels={whole(into)}")
    before = to_map(net, dims or 2)
    if not biased:
        texts.append("bias=no")
    return before + behind(net, call, " ".join(texts), biased)


def conv_module(net: Network, call: Foreign) -> list[str]:
    """mmcv's ConvModule, which has a bias where no norm follows, and a ReLU unless it says otherwise."""
    norm = call.keys.setdefault("norm_cfg", None)
    call.keys.setdefault("act_cfg", {"type": "ReLU"})
    if call.keys.pop("bias", "auto") == "auto":
        call.keys["bias"] = norm is None
    if call.keys.pop("order", ["conv", "norm", "act"]) != ["conv", "norm", "act"]:
        raise Unclear
    inner = Foreign("conv", call.values, call.keys, "torch")
    made = conv(net, inner)
    inner.done()
    call.keys, call.values = {}, []
    return made


def transposed_padding(kernel: tuple[int, ...], stride: tuple[int, ...], pads: list[str]) -> list[str]:
    """Keras' `same` gives the stride times the size that comes in."""
    if not pads:
        return []
    if pads[0] not in ("p=same",) and not pads[0].startswith("p"):
        raise Unclear
    if len(set(kernel)) > 1 or len(set(stride)) > 1 or kernel[0] < stride[0]:
        raise Unclear
    extra = kernel[0] - stride[0]
    p = (extra + 1) // 2
    texts = [f"p{p}"] if p else []
    return texts + ([f"output_padding={2 * p - extra}"] if 2 * p - extra else [])


def depthwise(net: Network, call: Foreign) -> list[str]:
    dims = (re.search(r"([123])d", call.key) or [0, 0])[1]
    kernel = sizes(call.take(KERNEL, 0))
    stride = sizes(call.take(STRIDE, 1, 1))
    pads = padding(call, kernel, stride, call.take(PADDING, 2, None), False)
    times = call.take(["depth_multiplier"], None, 1)
    out = "channels" if times == 1 else f"{whole(times)}*channels"
    biased = yes(call.take(BIAS, None, True))
    texts = [f"conv{f'{dims}d' if dims else ''}", out, short("k", kernel)]
    if any(s != 1 for s in stride):
        texts.append(short("s", stride))
    texts += [*pads, "g=channels", *([] if biased else ["bias=no"])]
    before = to_map(net, int(dims) or 2)
    return before + behind(net, call, " ".join(texts), biased)


def separable(net: Network, call: Foreign) -> list[str]:
    dims = (re.search(r"([123])d", call.key) or [0, 0])[1]
    out = whole(call.take(OUT, 0))
    kernel = sizes(call.take(KERNEL, 1))
    stride = sizes(call.take(STRIDE, 2, 1))
    pads = padding(call, kernel, stride, call.take(PADDING, 3, None), False)
    biased = yes(call.take(BIAS, None, True))
    name = f"conv{f'{dims}d' if dims else ''}"
    texts = [name, "channels", short("k", kernel)]
    if any(s != 1 for s in stride):
        texts.append(short("s", stride))
    before = to_map(net, int(dims) or 2)
    first = " ".join([*texts, *pads, "g=channels", "bias=no"])
    return [*before, first, *behind(net, call, f"{name} {out} k1{'' if biased else ' bias=no'}", biased)]


def pool(net: Network, call: Foreign) -> list[str]:
    largest = call.key.startswith("max")
    dims = (re.search(r"([123])d", call.key) or [0, 0])[1]
    unsaid: Value = 2 if call.tool == "keras" else MISSING
    kernel = sizes(call.take(KERNEL, 0, unsaid))
    stride_unsaid: Value = 1 if call.tool in ("flax", "caffe", "onnx") else 2 if call.tool == "slim" else None
    given = call.take(STRIDE, 1, stride_unsaid)
    stride = kernel if given is None else sizes(given)
    pads = padding(call, kernel, stride, call.take(PADDING, 2, None), True)
    ceil = yes(call.take(["ceil_mode", "ceil"], None, call.tool == "caffe"))
    texts = [f"{'max' if largest else 'avg'}pool{f'{dims}d' if dims else ''}", short("k", kernel)]
    if each(stride, max(len(stride), len(kernel))) != each(kernel, max(len(stride), len(kernel))):
        texts.append(short("s", stride))
    texts += pads
    if ceil and "ceil_mode=yes" not in texts:
        texts.append("ceil_mode=yes")
    texts = [texts[0], texts[1][1:] if "x" not in texts[1] else texts[1], *texts[2:]]
    before = to_map(net, int(dims) or 2)
    return [*before, " ".join(texts)]


def global_pool(net: Network, call: Foreign) -> list[str]:
    kept = yes(call.take(["keepdims", "keep_dims", "keepdim"], None, call.tool in ("onnx", "caffe", "darknet")))
    before = to_map(net, 1 if "1d" in call.key else 2)
    name = "gmp" if "max" in call.key else "gap"
    if not kept:
        net.layout = "features"
    return [*before, name] if kept else [*before, name, "flatten"]


def dense(net: Network, call: Foreign) -> list[str]:
    into = call.take(IN, 0 if call.tool == "torch" else None, None)
    at = 1 if call.tool == "torch" else 0
    out = whole(call.take(OUT, at))
    act = call.take(ACTIVATION, 1 if call.tool == "keras" else None, None)
    biased = yes(call.take(BIAS, None, True))
    end = "" if biased else " bias=no"
    if net.layout == "map" and call.tool in ("keras", "flax", "slim"):  # on the channels of each pixel
        layer = f"conv {out} k1{end}"
        net.note(f"without a flatten in front, this dense layer works on each pixel; flatten -> linear {out} takes all")
    else:
        layer = f"linear {out}{end}" if into is None else f"linear {out} in_features={whole(into)}{end}"
    made = [layer] if net.layout != "map" or call.tool in ("keras", "flax", "slim") else ["flatten", layer]
    if net.layout == "map" and call.tool not in ("keras", "flax", "slim"):
        net.layout = "features"
    return made + activation(net, act)


def flat(net: Network, call: Foreign) -> list[str]:
    already = net.layout == "features"
    net.layout = "features"
    return [] if already and not net.steps else ["flatten"]


def dropout(net: Network, call: Foreign) -> list[str]:
    rate = call.take(["rate", "p", "prob", "drop_prob", "dropout_ratio", "ratio", "probability", "drop"], 0, 0.5)
    if not isinstance(rate, int | float | str) or isinstance(rate, bool):
        raise Unclear
    return [f"dropout {rate}"]


def batch_norm(net: Network, call: Foreign) -> list[str]:
    call.values = []
    axis = call.keys.pop("axis", -1)
    if axis not in (-1, 1, 3):
        raise Unclear
    for key in ("num_features", "num_batches_tracked", "use_scale", "in_channels"):
        call.keys.pop(key, None)
    act = call.take(ACTIVATION, None, None)
    if net.layout == "sequence":
        return ["transpose 1 2", "bn", "transpose 1 2", *activation(net, act)]
    return ["bn", *activation(net, act)]


def layer_norm(net: Network, call: Foreign) -> list[str]:
    if net.layout == "map" or call.values:
        raise Unclear
    return ["ln"]


def scaled(net: Network, call: Foreign) -> list[str]:
    factor = sizes(call.take(["size", "factor", "scale_factor", "scale", "stride", "scales"], 0, 2))
    if len(set(factor)) > 1:
        raise Unclear
    return [*to_map(net, 1 if "1d" in call.key else 2), f"upsample {factor[0]}"]


def zero_pad(net: Network, call: Foreign) -> list[str]:
    sides = call.take(["padding", "pad"], 0, 1)
    if not isinstance(sides, int):
        if not all(isinstance(side, int) for side in sides) or len(set(sides)) > 1:
            raise Unclear
        sides = sides[0]
    return [*to_map(net, 1 if "1d" in call.key else 2), f"zeropad {sides}"]


def embedding(net: Network, call: Foreign) -> list[str]:
    rows = whole(call.take(["input_dim", "num_embeddings", "vocab_size", "num_words", "max_features"], 0))
    width = whole(call.take(["output_dim", "embedding_dim", "features", "embed_dim", "dim", "output_size"], 1))
    net.layout = "sequence"
    return [f"embedding {rows} {width}"]


def recurrent(net: Network, call: Foreign) -> list[str]:
    kind = "lstm" if "lstm" in call.key else "gru" if "gru" in call.key else "rnn"
    width = whole(call.take(["units", "hidden_size", "num_units", "hidden", "features"], 0))
    every = yes(call.take(["return_sequences"], None, False))
    if call.keys.pop("return_state", None):
        raise Unclear
    both = yes(call.keys.pop("bidirectional", False))
    rate = call.keys.pop("dropout", None)
    del rate  # of what comes in: no figure
    if call.take(ACTIVATION, None, "tanh") != "tanh":
        raise Unclear
    before = ["transpose 1 2"] if net.layout == "map" else []
    net.layout = "sequence"
    if call.tool == "keras" and kind != "gru":
        net.note(f"torch's {kind} has two biases, and Keras' one")
    layer = f"{kind} {width}{' bidirectional=yes' if both else ''}"
    if not every:
        net.note("select 1 -1 takes the last step, as Keras does; without it every step goes on")
        if both:
            net.note("the last step stands for what Keras joins of both directions; the sizes are the same")
        net.layout = "features"
        return [*before, layer, "select 1 -1"]
    return [*before, layer]


def bidirectional(net: Network, call: Foreign) -> list[str]:
    inner = call.take(["layer"], 0)
    if not isinstance(inner, Foreign) or call.keys.pop("merge_mode", "concat") != "concat":
        raise Unclear
    inner.keys["bidirectional"] = True
    inner.tool = call.tool
    return recurrent(net, inner)


def reshape(net: Network, call: Foreign) -> list[str]:
    target = sizes(call.take(["target_shape", "shape"], 0))
    if len(target) == 3 and call.tool == "keras":
        target = (target[2], *target[:2])
        net.layout = "map"
    elif len(target) == 1:
        net.layout = "features"
        return ["flatten"] if target == (-1,) else [f"reshape N {target[0]}"]
    else:
        raise Unclear
    return [f"reshape N {' '.join(map(str, target))}"]


def act_layer(net: Network, call: Foreign) -> list[str]:
    return activation(net, call.take([*ACTIVATION, "type"], 0))


def plain(net: Network, call: Foreign) -> list[str]:
    """An activation or the like that has its own name."""
    if call.key == "softmax":
        axis = call.take(["axis", "dim"], 0, -1)
        if axis not in (-1, 1):
            raise Unclear
        return activation(net, "softmax")
    if call.key in ("leakyrelu", "elu"):
        call.take(["alpha", "negative_slope", "slope"], 0, 0)
    return [ACTIVATIONS[call.key]]


def merge(net: Network, call: Foreign) -> list[str]:
    key = call.key
    if key in ("concatenate", "concat", "cat"):
        axis = call.take(["axis", "dim"], None, None)
        if axis not in (None, -1, 1, 3):
            raise Unclear
        return ["cat"]
    return [{"add": "add", "multiply": "mul", "subtract": "sub", "maximum": "maximum", "mul": "mul"}[key]]


def nothing(net: Network, call: Foreign) -> list[str]:
    return []


KINDS: list[tuple[str, Callable[[Network, Foreign], list[str]]]] = [
    (r"(atrous)?conv(olution)?(al|[123]d)?|conv(olution)?[123]d", conv),
    (r"convmodule", conv_module),
    (r"(de|t|up)conv(olution)?([123]d)?|conv([123]d)?transpose([123]d)?|conv[123]dtranspose", conv),
    (r"depthwiseconv(olution)?([123]d)?", depthwise),
    (r"separableconv(olution)?([123]d)?|sepconv([123]d)?", separable),
    (r"global(average|avg|max)pool(ing)?([123]d)?", global_pool),
    (r"(max|avg|average|mean)pool(ing)?([123]d)?", pool),
    (r"dense|fullyconnected|fc|linear|connected|innerproduct|affine", dense),
    (r"flatten|flattenlayer", flat),
    (r"(spatial)?dropout([123]d)?|alphadropout|gaussiandropout", dropout),
    (r"batchnorm(alization)?([123]d)?|bn|syncbatchnormalization", batch_norm),
    (r"layernorm(alization)?|ln", layer_norm),
    (r"upsampl(e|ing)([123]d)?", scaled),
    (r"zeropad(ding)?([123]d)?", zero_pad),
    (r"embedding|embed", embedding),
    (r"(simple)?rnn|lstm|gru|cudnnlstm|cudnngru", recurrent),
    (r"bidirectional", bidirectional),
    (r"reshape", reshape),
    (r"activation|act", act_layer),
    (r"concatenate|concat|cat|add|multiply|subtract|maximum", merge),
    (r"gaussiannoise|activityregularization|identity|inputlayer|masking", nothing),
    ("|".join(ACTIVATIONS), plain),
]


def layers_of(net: Network, call: Foreign) -> list[str]:
    """The layers that a call is here. Raises Unclear."""
    found = find(call.bare)
    if (call.tool == "torch" or (not call.tool and found)) and found is not None and found.torch_style:
        return torch_call(net, call, found.lazy)
    for pattern, read in KINDS:
        if re.fullmatch(pattern, call.key):
            made = read(net, call)
            call.done()
            return made
    raise Unclear


def torch_call(net: Network, call: Foreign, lazy: bool) -> list[str]:
    """A class of PyTorch, as it is written, but for activations and norms among its arguments."""
    act = [] if call.bare in ("MultiheadAttention", "Transformer", "TransformerEncoderLayer") else ACTIVATION
    after = activation(net, call.take(act, None, None))
    for key in ("name", "label", "id"):
        call.keys.pop(key, None)
    values = [written(value) for value in call.values] + [f"{k}={written(v)}" for k, v in call.keys.items()]
    return [f"{call.bare}({', '.join(values)})", *after]


def written(value: Value) -> str:
    """A value as it is written in a call."""
    if isinstance(value, Foreign):
        return torch_call(Network(), value, False)[0]
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Text) or not isinstance(value, str):
        return str(value)
    return value if re.fullmatch(r"\w+", value) else repr(value)


def is_layer(name: str) -> bool:
    """Is this the name of a layer, here or elsewhere?"""
    bare = name.rpartition(".")[2]
    key = bare.replace("_", "").replace("-", "").lower()
    return any(re.fullmatch(pattern, key) for pattern, _ in KINDS) or find(bare) is not None
