"""What other tools and papers call layers, arguments and keys, and what that is here.

A name that can mean one thing alone is taken for it. One that means several things, or several layers in a row, is
explained by the text that stands for it. Case does not matter where no class of PyTorch is meant.
"""

from __future__ import annotations

from functools import cache

from cnncalc.layers import Found, registry

# Names without `_` and in small letters: the layer that they are. `{n}` is for 1d, 2d and 3d.
LAYERS = {
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "averagepooling{n}d": "avgpool{n}d",
    "batchnormalization": "batchnorm",
    "concatenate": "cat",
    "conv{n}dtranspose": "convtranspose{n}d",
    "convolution": "conv",
    "convolution{n}d": "conv{n}d",
    "deconvolution": "convtranspose",
    "depthtospace": "pixelshuffle",
    "divide": "div",
    "drop": "dropout",
    "fullyconnected": "linear",
    "gemm": "linear",
    "globalaveragepool": "gap",
    "groupnormalization": "groupnorm",
    "hsigmoid": "hardsigmoid",
    "hswish": "hardswish",
    "instancenormalization": "instancenorm",
    "layernormalization": "layernorm",
    "localresponsenormalization": "localresponsenorm",
    "lrelu": "leakyrelu",
    "maxpooling": "maxpool",
    "maxpooling{n}d": "maxpool{n}d",
    "multiply": "mul",
    "noop": "identity",
    "plus": "add",
    "spacetodepth": "pixelunshuffle",
    "spatialdropout{n}d": "dropout{n}d",
    "subtract": "sub",
    "tconv": "convtranspose",
    "transposeconv": "convtranspose",
    "transposedconv": "convtranspose",
    "upsampling": "upsample",
    "zeropadding{n}d": "zeropad{n}d",
}
for _own, _words in {  # Korean, Chinese (both scripts) and Japanese, without 층, 层, 層 after them
    "avgpool": "평균풀링 平均池化 平均プーリング",
    "batchnorm": "배치정규화 批归一化 批量归一化 批次正規化 バッチ正規化",
    "cat": "연결 拼接 串接 結合 連結",
    "conv": "합성곱 컨볼루션 콘볼루션 컨벌루션 卷积 卷積 畳み込み 畳込み たたみ込み コンボリューション",
    "convtranspose": "전치합성곱 역합성곱 转置卷积 轉置卷積 反卷积 反卷積 転置畳み込み 逆畳み込み",
    "dropout": "드롭아웃 随机失活 丢弃 ドロップアウト",
    "embedding": "임베딩 嵌入 埋め込み",
    "flatten": "평탄화 플래튼 展平 扁平化 平坦化",
    "gap": "전역평균풀링 全局平均池化 全域平均池化 グローバル平均プーリング",
    "layernorm": "층정규화 层归一化 層正規化",
    "linear": "완전연결 전결합 선형 밀집 全连接 全連接 线性 全結合 線形",
    "maxpool": "최대풀링 맥스풀링 最大池化 最大プーリング マックスプーリング",
    "relu": "렐루 线性整流",
    "sigmoid": "시그모이드 シグモイド",
    "softmax": "소프트맥스 ソフトマックス",
    "upsample": "업샘플링 上采样 上採樣 アップサンプリング",
}.items():
    LAYERS |= dict.fromkeys(_words.split(), _own)
KIND_BEHIND = ("계층", "층", "层", "層")
"""What comes after the name of a layer in some languages and says that it is one."""
PRESETS = {"conv1x1": ("conv", {"kernel_size": 1}), "pointwise": ("conv", {"kernel_size": 1})}
"""Layers with an argument that their name says."""

_SKIP = "a skip connection adds what it passes: add(conv 64 k3 p1 -> bn, identity)"
_DEPTHWISE = "a depthwise convolution has a group for each channel: conv channels k3 p1 g=channels"
_SEPARABLE = "it is two layers: conv channels k3 p1 g=channels bias=no -> conv 64 k1"
_POOL = "write maxpool 2, avgpool 2, or gap for the mean of each channel"
_GLOBAL = "write gap -> flatten for the mean of each channel, and gmp -> flatten for the largest"
_SE = "write mul(gap -> conv 4 k1 -> relu -> conv 64 k1 -> sigmoid, identity), for 64 channels"
_ACTIVATION = "write its name: relu, silu, gelu"
_ATTENTION = "write mha 8 for attention with 8 heads"
_OWN = (
    "it is several layers: write them, or define it under `blocks` of a YAML file: cbr(c): conv c k3 p1 -> bn -> relu"
)
_MERGE = "write add(a, b) or cat(a, b)"
_INPUT = "the shape of the input starts the line, channels first: 3x32x32 -> ..."
_RESIZE = "write upsample 2 for a factor, and upsample size=(56, 56) for a size"

EXPLAINED = {
    "act": _ACTIVATION,
    "activation": _ACTIVATION,
    "attention": _ATTENTION,
    "group": "write conv 64 k3 g=4, or gn 8 for a group norm",
    "dilated": "write conv 64 k3 d2",
    "strided": "write conv 64 k3 s2",
    "grouped": "write conv 64 k3 g=2",
    "separable": _SEPARABLE,
    "transformer": "write transformerencoderlayer 8, for 8 heads",
    "transformerencoder": "write 6 * transformerencoderlayer 8, for 6 layers with 8 heads",
    "basicblock": _OWN,
    "bidirectional": "write lstm 64 bidirectional=yes",
    "bottleneck": _OWN,
    "bottleneckcsp": _OWN,
    "c2f": _OWN,
    "c3": _OWN,
    "c3k2": _OWN,
    "cbr": _OWN,
    "concatenation": "write cat(a, b)",
    "conv3x3": "write conv 64 k3, with p1 where the size stays",
    "convblock": _OWN,
    "convbn": "write conv 64 k3 p1 bias=no -> bn",
    "convbnact": "write conv 64 k3 p1 bias=no -> bn -> relu",
    "conv2dnormactivation": "write conv 64 k3 p1 bias=no -> bn -> relu",
    "convmodule": "write conv 64 k3 p1 bias=no -> bn -> relu",
    "down": "write maxpool 2 -> conv 64 k3 p1, or conv 64 k3 s2 p1",
    "downsample": "write maxpool 2 -> conv 64 k3 p1, or conv 64 k3 s2 p1",
    "patchembed": "write conv 768 k16 s16 -> flatten 2 -> transpose 1 2",
    "patchembedding": "write conv 768 k16 s16 -> flatten 2 -> transpose 1 2",
    "stem": _OWN,
    "up": "write upsample 2 -> conv 64 k3 p1, or convtranspose 64 k2 s2",
    "convbnrelu": "write conv 64 k3 p1 bias=no -> bn -> relu",
    "cropping2d": "write slice 2 1 -1 -> slice 3 1 -1 to cut a pixel from each side",
    "depthwise": _DEPTHWISE,
    "depthwiseconv": _DEPTHWISE,
    "depthwiseconv2d": _DEPTHWISE,
    "depthwiseseparable": _SEPARABLE,
    "depthwiseseparableconv": _SEPARABLE,
    "dsconv": _SEPARABLE,
    "dwconv": _DEPTHWISE,
    "eltwise": "write add(a, b), mul(a, b) or maximum(a, b)",
    "feedforward": "write linear 256 -> gelu -> linear 64",
    "ffn": "write linear 256 -> gelu -> linear 64",
    "globalaveragepooling": _GLOBAL,
    "globalaveragepooling1d": _GLOBAL,
    "globalaveragepooling2d": _GLOBAL,
    "globalaveragepooling3d": _GLOBAL,
    "globalavgpooling": _GLOBAL,
    "globalmaxpooling": _GLOBAL,
    "globalmaxpooling1d": _GLOBAL,
    "globalmaxpooling2d": _GLOBAL,
    "globalpool": _GLOBAL,
    "globalpooling": _GLOBAL,
    "innerproduct": "Caffe's InnerProduct flattens first: flatten -> linear 10",
    "input": _INPUT,
    "inputlayer": _INPUT,
    "invertedresidual": _OWN,
    "mbconv": _OWN,
    "merge": _MERGE,
    "mhsa": _ATTENTION,
    "풀링": _POOL,
    "池化": _POOL,
    "プーリング": _POOL,
    "残差": _SKIP,
    "잔차": _SKIP,
    "mlp": "write linear 256 -> gelu -> linear 64",
    "normalization": "write bn, ln or gn 32",
    "permute": "axes are counted with the batch as 0: permute 0 2 1",
    "pool": _POOL,
    "pool2d": _POOL,
    "pooling": _POOL,
    "pooling2d": _POOL,
    "resblock": _OWN,
    "rearrange": "axes are counted with the batch as 0: flatten 2 -> transpose 1 2 for b c h w -> b (h w) c",
    "reshape": "the batch is the first size: reshape N 7 7 64",
    "residual": _SKIP,
    "residualblock": _OWN,
    "residualconnection": _SKIP,
    "resize": _RESIZE,
    "route": "write the value's name, and cat(a, b) for several",
    "sam": _OWN,
    "scale": "write mul 0.5, or mul(identity, parameter 1) for one that is learned",
    "se": _SE,
    "seblock": _SE,
    "selayer": _SE,
    "selfattention": _ATTENTION,
    "separableconv": _SEPARABLE,
    "separableconv2d": _SEPARABLE,
    "sepconv": _SEPARABLE,
    "sequential": "layers in a row are joined by ->, and a level of YAML has a name and a list",
    "shortcut": _SKIP,
    "skip": _SKIP,
    "skipconnect": _SKIP,
    "skipconnection": _SKIP,
    "sppf": _OWN,
    "squeezeexcitation": _SE,
    "squeezeexcite": _SE,
    "timedistributed": "a layer on features, such as linear, works on each step by itself",
    "upsampling1d": "write upsample 2 for a factor of 2",
    "upsampling2d": "write upsample 2 for a factor of 2",
    "upsampling3d": "write upsample 2 for a factor of 2",
    "transformerblock": "write transformerencoderlayer 8",
}
"""Names that mean several things or several layers, and what to write."""

# What torch's argument is called elsewhere. The first of the names that the layer has is meant.
ARGUMENTS: dict[str, tuple[str, ...]] = {}
for _words, _meant in (
    ("filters num_filters num_output out out_ch out_planes planes", "out_channels"),
    ("cout c_out channels_out output_channels", "out_channels"),
    ("units nodes neurons features out out_dim dim_out", "out_features hidden_size"),
    ("output_dim num_output", "out_features embedding_dim"),
    ("in in_ch in_planes inplanes cin c_in channels_in input_channels", "in_channels"),
    ("in in_dim input_dim", "in_features input_size num_embeddings"),
    ("kernel ksize kernel_shape filter_size window window_size pool_size size", "kernel_size scale_factor"),
    ("strides step subsample", "stride"),
    ("pad pads paddings", "padding"),
    ("dilations dilation_rate rate atrous_rate", "dilation p"),
    ("group num_group n_groups cardinality", "groups num_groups"),
    ("use_bias bias_term has_bias", "bias"),
    ("scale factor scales", "scale_factor upscale_factor"),
    ("axis axes", "dim dims"),
    ("keepdims", "keepdim"),
    ("prob drop drop_prob drop_rate dropout_rate dropout ratio", "p"),
    ("alpha slope", "negative_slope"),
    ("epsilon", "eps"),
    ("hidden hidden_dim hidden_units n_hidden", "hidden_size"),
    ("layers n_layers", "num_layers"),
    ("heads n_heads n_head nheads num_heads", "num_heads nhead"),
    ("vocab_size num_words", "num_embeddings"),
    ("dim embed_dim", "embedding_dim"),
    ("perm", "dims"),
    ("ceil", "ceil_mode"),
    ("out_size", "output_size"),
    ("block_size blocksize upscale", "upscale_factor downscale_factor"),
    ("interpolation method", "mode"),
    ("필터 필터수 출력 출력채널 滤波器 输出通道 出力 フィルタ フィルター", "out_channels out_features"),
    ("커널 커널크기 核大小 卷积核 卷积核大小 カーネル カーネルサイズ", "kernel_size"),
    ("보폭 스트라이드 步长 步幅 ストライド", "stride"),
    ("패딩 填充 パディング", "padding"),
):  # fmt: skip
    for _word in _words.split():
        ARGUMENTS[_word] = (*ARGUMENTS.get(_word, ()), *_meant.split())

UNSAID = frozenset({"device", "dtype", "training"})
"""Arguments of PyTorch's classes on which no figure depends."""

_ACTS = "an activation is a layer of its own: -> relu"
_NORMS = "a norm is a layer of its own: -> bn"
ARGUMENTS_EXPLAINED = {
    "act": _ACTS,
    "activation": _ACTS,
    "activation_layer": _ACTS,
    "batch_input_shape": _INPUT,
    "batch_norm": _NORMS,
    "bn": _NORMS,
    "data_format": "channels come first here",
    "input_shape": _INPUT,
    "key_dim": "each head has embed_dim/num_heads features here: mha 8 on 512 features has 64",
    "keep_prob": "p is the part that is dropped: p = 1 - keep_prob",
    "name": "a name comes in front: stem: conv 64 k7",
    "nonlinearity": _ACTS,
    "norm": _NORMS,
    "norm_layer": _NORMS,
    "relu": _ACTS,
    "repeat": "a repeat comes in front: 3 * (conv 64 k3 p1)",
    "repeats": "a repeat comes in front: 3 * (conv 64 k3 p1)",
    "return_sequences": "the output has every step; select 1 -1 takes the last",
    "trainable": "what is not trained belongs under `frozen` of a YAML file",
}

# Keys of a spec. What holds a list is the body, and what holds a table the arguments.
KEYS = {
    "architecture": "body",
    "layers": "body",
    "model": "body",
    "modules": "body",
    "network": "body",
    "args": "arguments",
    "config": "arguments",
    "hyperparameters": "arguments",
    "parameters": "arguments",
    "params": "arguments",
    "variables": "arguments",
    "vars": "arguments",
    "input_shape": "input",
    "in_shape": "input",
    "description": "notes",
    "title": "name",
}
ROWS = "rows of [from, repeats, module, arguments] are written as chains under `body`: - 3 * (conv 64 k3 s2 p1)"
KEYS_EXPLAINED = {
    "backbone": ROWS,
    "head": ROWS,
    "neck": ROWS,
    "nc": "numbers with names belong under `arguments`: {classes: 80}",
    "depth_multiple": "numbers with names belong under `arguments`: {depth: 1}",
    "width_multiple": "numbers with names belong under `arguments`: {width: 1}",
    "scales": "named sets of arguments belong under `variants`",
    "components": "parts that are called belong under `blocks`",
    "functions": "parts that are called belong under `blocks`",
    "definitions": "parts that are called belong under `blocks`",
    "output": "names of the values that go out belong under `outputs`",
    "forward": "what happens belongs under `body`, a list of chains",
    "input_size": "write input: 3x224x224, channels first",
    "image_size": "write input: 3x224x224, channels first",
    "img_size": "write input: 3x224x224, channels first",
    "in_channels": "write input: 3x224x224, channels first",
    "type": "a spec has an input and a body: input: 3x32x32, body: [conv 16 k3, relu]",
}

COMMANDS = {
    "compare": "diff SPEC",
    "cmp": "diff SPEC",
    "summary": "SPEC",
    "show": "SPEC",
    "info": "SPEC",
    "params": "SPEC",
    "parameters": "SPEC",
    "count": "SPEC",
    "flops": "SPEC",
    "macs": "SPEC",
    "run": "SPEC",
    "shape": "SPEC",
    "shapes": "SPEC",
    "size": "SPEC",
    "profile": "SPEC",
    "memory": "SPEC --memory infer",
    "mem": "SPEC --memory infer",
    "ram": "SPEC --memory infer",
    "vram": "SPEC --memory infer",
    "train": "SPEC --memory train",
    "training": "SPEC --memory train",
    "time": "SPEC --device a100-40gb",
    "latency": "SPEC --device a100-40gb",
    "speed": "SPEC --device a100-40gb",
    "roofline": "SPEC --device a100-40gb",
    "benchmark": "SPEC --device a100-40gb",
    "plot": "draw SPEC",
    "picture": "draw SPEC",
    "visualize": "draw SPEC",
    "visualise": "draw SPEC",
    "graph": "draw SPEC",
    "render": "draw SPEC",
    "diagram": "draw SPEC",
    "svg": "draw SPEC",
    "field": "draw SPEC --view field",
    "rf": "draw SPEC --view field",
    "receptive-field": "draw SPEC --view field",
    "find": "solve SPEC",
    "fit": "solve SPEC",
    "inverse": "solve SPEC",
    "search": "solve SPEC",
    "grid": "sweep SPEC",
    "scan": "sweep SPEC",
    "range": "sweep SPEC",
    "test": "check SPEC",
    "lint": "check SPEC",
    "validate": "check SPEC",
    "assert": "check SPEC",
    "export": "import SPEC",
    "convert": "import SPEC",
    "list": "zoo",
    "models": "zoo",
    "networks": "zoo",
    "describe": "explain SPEC",
    "why": "explain SPEC",
    "formula": "explain SPEC",
    "formulas": "explain SPEC",
    "completion": "--install-completion",
    "docs": "help topics",
    "manual": "help topics",
    "version": "--version",
}
"""What commands of other tools are here, with SPEC for what comes after them."""

RUNNING = frozenset({"x", "out", "h", "y", "inputs", "outputs"})
"""What code calls the value that it passes on, where the language says nothing."""

FUNCTIONS = (
    "torch.nn.functional.",
    "nn.functional.",
    "F.",
    "torch.",
    "tf.keras.layers.",
    "keras.layers.",
    "layers.",
    "tf.nn.",
    "x.",
    "out.",
)
"""Modules in front of a function or class that is a layer here."""


def find(name: str) -> Found | None:
    """What a layer's name means here or elsewhere: `cnncalc.layers.find`, and then the names of others.

    >>> find("Dense").family.name, find("F.max_pool2d").family.name, find("residual")
    ('linear', 'maxpool{n}d', None)
    """
    return registry.find(name) or _elsewhere(name)


@cache
def _elsewhere(name: str) -> Found | None:
    bare, prefixed = unprefixed(name)
    if not prefixed and "." in name:
        return None
    if prefixed and (found := registry.find(bare)) is not None:
        return found if not found.torch_style or not prefixed.startswith(("F.", "torch", "nn.")) else None
    if not prefixed and bare in ("Reshape", "Permute"):  # Keras', without the batch
        return None
    key = bare.replace("_", "").lower()
    if not key.isascii():
        key = next((key.removesuffix(end) for end in KIND_BEHIND if key.endswith(end)), key)
    if key in PRESETS:
        of, preset = PRESETS[key]
        made = registry.find(of)
        return made and made._replace(preset=preset)
    if key in EXPLAINED and key not in ("permute", "reshape"):
        return None
    found = registry.find(synonyms().get(key, key))
    return None if found is None or found.torch_style else found


def unprefixed(name: str) -> tuple[str, str]:
    """A name without the module that it is taken from, and that module."""
    start = next((start for start in FUNCTIONS if name.startswith(start)), "")
    return name[len(start) :], start


@cache
def synonyms() -> dict[str, str]:
    """`LAYERS`, with 1d, 2d and 3d for `{n}`."""
    found: dict[str, str] = {}
    for other, own in LAYERS.items():
        for n in (1, 2, 3) if "{n}" in other else (0,):
            found[other.format(n=n)] = own.format(n=n)
    return found


def explained(name: str) -> str | None:
    """What to write for a name that is no layer here."""
    bare, _ = unprefixed(name)
    key = bare.rpartition(".")[2].replace("_", "").lower()
    return EXPLAINED.get(key) or EXPLAINED.get(key.removesuffix("s"))


def argument(name: str, has: object) -> str | None:
    """The argument that is meant by another name, among those that a layer has."""
    return next((meant for meant in ARGUMENTS.get(name, ()) if meant in has), None)  # type: ignore[operator]
