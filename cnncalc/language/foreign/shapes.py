"""Shapes as people write them: `28x28x1`, `(None, 32, 32, 3)`, `3@32x32`, `RGB 224x224`."""

from __future__ import annotations

import re

COLOURS = {
    "rgb": "3",
    "color": "3",
    "colour": "3",
    "gray": "1",
    "grayscale": "1",
    "grey": "1",
    "rgba": "4",
    "mono": "1",
    "monochrome": "1",
    "stereo": "2",
    "graustufen": "1",
    "graustufenbild": "1",
    "schwarzweiss": "1",
    "farbbild": "3",
    "farbe": "3",
    "grises": "1",
    "gris": "1",
    "흑백": "1",
    "灰度": "1",
    "彩色": "3",
    "컬러": "3",
}
DATASETS = {"mnist": "1x28x28", "fashionmnist": "1x28x28", "emnist": "1x28x28", "cifar10": "3x32x32"}
DATASETS |= {"cifar100": "3x32x32", "svhn": "3x32x32", "stl10": "3x96x96", "imagenet": "3x224x224"}
SEQUENCE = re.compile(r"(?i)^\W*(?:an?\s+)?(?:sequences?|series|batch(?:es)?)\s+(?:of|with)\b")
FILLER = re.compile(
    r"(?i)\b(?:images?|pictures?|photos?|inputs?|tokens?|ids?|words?|samples?|sequences?|of|an?|the|is|are|waveforms?|audio|"
    r"signals?|features?|dim(?:ension)?s?|dimensional|vectors?|size|shape|length|values?|numbers?|integers?|one|single|"
    r"frames?|steps?|time|bild(?:er)?|imagen|imagenes|float32|float|fp32|torch|tensor|each|characters?|per|sample|with|"
    r"noise|latent|code|nhwc|nchw|hwc|chw|channels?[- ](?:last|first)|video|clips?|volumes?|spectrograms?|maps?|"
    r"channels?|mfccs?|(?:log-?)?mels?|points?|bins?|ecg|eeg|imu|sensors?|crops?|raw)\b"
)
_SIZE = r"(?:None|batch(?:_size)?|bs|\d+|[A-Za-z]\d?|\?|-1)"
_JOIN = r"\s*(?:[xX*,]|\s)\s*"
_LIST = re.compile(rf"{_SIZE}(?:{_JOIN}{_SIZE})*,?")
_BEFORE = re.compile(
    r"(?i)^(?:the\s+)?(?:(?:mfcc|(?:log-?)?mel|rgb|raw|audio|video|spectrogram|network|model)\s+(?=input))?"
    r"(?:inputs?|in|image|img|x|data)?(?:[_ ]?(?:shape|size|image))?\s*(?:=|:|is|of)?\s*"
)
_CALL = re.compile(
    r"(?i)^(?:[\w.]*\.)?(?:input|inputlayer|z|noise|latent|image|randn|rand|zeros|ones|empty|placeholder|tensor|size)\((.*)\)$",
    re.DOTALL,
)

_IN = re.compile(
    r"\b(Conv(?=\dd)|Linear|BatchNorm(?=\dd)|LSTM|GRU|Embedding|ConvTranspose(?=\dd))(\dd)?\(\s*(?:in\w+=)?(\d+)\b"
)


_WIDTH = re.compile(
    r"\b(?:d_model|embed_dim)\s*=\s*(\d+)|\b(?:MultiheadAttention|Transformer(?:(?:En|De)coderLayer)?)\(\s*(\d+)\b"
)


def shape_of(text: str) -> tuple[list[str], list[str]] | None:
    """The sizes of a shape, channels first, and notes on how it was understood. None where it is no shape."""
    text = text.strip()
    notes: list[str] = []
    if match := _CALL.match(text):
        text = re.sub(r"\b(?:dtype|name|device)\s*=\s*[\w.'\"]+", "", match[1]).strip(" ,")
        text = re.sub(r"^(?:batch_)?(?:input_)?(?:shape|size|tensor)\s*=\s*", "", text)
    named = re.sub(r"(?i)[\W_]|images?|dataset|digits?", "", text).lower()
    if named in DATASETS:
        return DATASETS[named].split("x"), notes
    text = re.sub(r"(?i)^(\d+)\s*[- ]channels?,?(?:\s*(?:of|image))?\s*(?=\d)", r"\1 x ", text)
    text = re.sub(r"(?i)(?<=\d)\s*(?:px|pixels?)\b", "", text)
    if match := re.fullmatch(r"(?i)(?:float|int|uint|double)\d*\s*\[(.*)\]", text):
        text = match[1]
    text = re.sub(r"(?<=\d)\s*\([A-Za-z ,x*×]+\)\s*$", "", text)
    text = re.sub(r"(\d+)\s*(?:²|\^2)", r"\1x\1", text)
    text = re.sub(r"(?i)(?<=\d)-(?=dim|d\b|channel|long)|\((?:n?hwc|n?chw)\)", " ", text)
    channels = ""
    sound = re.search(r"(?i)\b(?:mono|stereo|audio|waveforms?|samples|signals?)\b", text) is not None
    for word, number in COLOURS.items():
        if re.search(rf"(?i)\b{word}\b", text):
            channels = number
            text = re.sub(rf"(?i)\b{word}\b([- ]*images?)?", " ", text)
    text = re.sub(
        r"(?i)\b(?:seq_?len|length|steps|time|features|channels|height|width|c|h|w|t|size)\s*=\s*(?=\d)", "", text
    )
    text = re.sub(r"(?i)(?<=\d)\s+by\s+(?=\d)", "x", text)
    if match := re.fullmatch(r"(?i)(.*?\d)\s*,?\s*(?:with\s+|and\s+)?(\d+)\s*[- ]?channels?", text.strip()):
        text = f"{match[2]} x {match[1]}"
    text = re.sub(
        r"(?i)^(\d+)\s*(?:vectors|steps|time ?steps|frames)\s*(?:of|with|x|each)\s*(?:size|dim(?:ension)?)?\s*(?=\d)",
        r"\1 x ",
        SEQUENCE.sub("", text).strip(),
    )
    text = FILLER.sub(" ", text).strip(" ,:.")
    text = text.strip().lstrip("([").rstrip(")]").strip()
    if match := re.fullmatch(rf"({_SIZE})\s*@\s*({_SIZE})(?:{_JOIN}({_SIZE}))?", text):
        return [match[1], match[2], match[3] or match[2]], notes
    if not text or not _LIST.fullmatch(text):
        return None
    sizes = re.findall(_SIZE, re.sub(r"(?<=[\dA-Za-z?])(?:[xX]|\s+[xX]\s+)(?=[\dA-Za-z?])", " ", text))
    if channels and sound and len(sizes) == 1:
        sizes = [channels, *sizes]
    elif channels:
        sizes = [channels, *sizes] if len(sizes) == 2 else [channels, *sizes, *sizes] if len(sizes) == 1 else sizes
    return understood(sizes, notes)


def understood(sizes: list[str], notes: list[str]) -> tuple[list[str], list[str]] | None:
    """Without the batch, with the channels first and open sizes as capitals."""
    batch = sizes[0] in ("None", "?", "-1", "N", "B", "b", "n", "batch", "batch_size", "bs") and len(sizes) > 1
    if (
        not batch
        and len(sizes) == 4
        and sizes[0] == "1"
        and (sizes[1] in ("1", "3", "4") or sizes[3] in ("1", "3", "4"))
    ):
        batch = True
    if batch:
        sizes = sizes[1:]
        notes.append("a shape is written without the batch, which --batch sets")
    first, last = sizes[0], sizes[-1]
    square = len(sizes) == 3 and first.isdecimal() and first == sizes[1] != last and int(first) > 4
    if len(sizes) == 3 and ((last in ("1", "3", "4") and not {first, sizes[1]} & {"1", "3", "4"}) or square):
        sizes = [last, *sizes[:-1]]
        notes.append("channels come first")
    names = iter(["H", "W", "D"] if len(sizes) > 2 else ["L", "C"])
    made = []
    for size in sizes:
        if size in ("None", "?", "-1"):
            size = next(names)
        if size.isalpha() or not size.isdecimal():
            size = size.upper()
        if size in ("N", "0"):
            return None
        made.append(size)
    return made, notes


def without_lead(text: str) -> str:
    """The text without `input:` and the like in front."""
    return _BEFORE.sub("", text, count=1)


def first_input(text: str) -> str:
    """A shape that the first layer of a text could read."""
    if dense := re.match(r"(?i)\W*(?:fc|dense|linear|fully_?connected)\(\s*(\d+)\s*,\s*\d+", text):
        return dense[1]
    if dense := re.match(r"(?i)\W*(?:fc|dense|linear)_?\d?\s*[:=(\s]\s*(\d+)\s*x\s*\d+(?!\s*x)\b", text):
        return dense[1]
    match = _IN.search(text)
    if match is None and (width := _WIDTH.search(text)):
        return f"128x{width[1] or width[2]}"
    if match is None:
        first = re.search(r"(?i)\b(dense|linear|fc|embedding|lstm|gru|\w*conv\w*)\b", text)
        word = first[1].lower() if first else ""
        return {"dense": "F", "linear": "F", "fc": "F", "embedding": "L", "lstm": "LxF", "gru": "LxF"}.get(
            word, "3x224x224"
        )
    kind, dims, channels = match[1], match[2], match[3]
    if kind in ("Linear",):
        return channels
    if kind in ("LSTM", "GRU"):
        return f"Lx{channels}"
    if kind == "Embedding":
        return "L"
    return "x".join([channels, *{"1d": "L", "3d": "DxHxW"}.get(dims or "2d", "HxW").split("x")])
