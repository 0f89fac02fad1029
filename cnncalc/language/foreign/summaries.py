"""Summaries that Keras, torchsummary and torchinfo print: kernels and strides follow from shapes and parameters."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.rows import Record, network_of_records
from cnncalc.language.foreign.tries import Tries

SUMMARY = re.compile(r"(?i)layer \(type|output shape\s+param|\btotal params\b")
_ROW = re.compile(
    r"^[\s│┃├└─|]*(?P<name>[A-Za-z][\w./]*(?:[-:]\s?\d+(?:-\d+)?)?\s*(?:\((?P<type>[\w.]+)\)?)?)\s*[│┃|]?\s*"
    r"(?P<shape>[\[(]+[^\[\]()A-MO-Z]*\d[^\[\]()]*[\])]+)\s*[│┃|]?\s*(?P<params>[\d,]+|--|—)?(?P<more>.*)$"
)
_CONTAINERS = re.compile(r"(?i)sequential|modulelist|\w*(net|model|cnn|classifier|encoder|decoder|features|block)\d*$")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a summary; None where the text is none. Raises Unclear."""
    if not SUMMARY.search(text):
        return None
    keras = re.search(r"(?i)keras|model: \"|\(None,", text) is not None
    records: list[Record] = []
    start: list[str] | None = None
    for line in unwrapped(text):
        match = _ROW.match(line.rstrip())
        if match is None:
            continue
        kind = (match["type"] or re.sub(r"[-:]\s?[\d-]+$", "", match["name"])).strip()
        if re.search(r"[\w)]\[\d+\]\[\d+\]", match["more"]) and re.match(r"(?i)add|concat|multiply", kind):
            raise Unclear  # values that meet
        sizes = [int(size) for size in re.findall(r"\d+", re.sub(r"^\W*(None|-1|\d+)\s*,", "", match["shape"]))]
        if keras and len(sizes) > 2:
            sizes = [sizes[-1], *sizes[:-1]]
        if kind.startswith("Input"):
            start = [str(size) for size in sizes]
            continue
        if _CONTAINERS.fullmatch(kind):
            continue
        count = (match["params"] or "").replace(",", "")
        params = int(count) if count.isdecimal() else 0
        records.append(record(kind, tuple(sizes), params, keras))
    net = network_of_records(records, start, tries)
    net.note("kernels, strides and paddings are those that give its shapes and parameters")
    return net


def unwrapped(text: str) -> list[str]:
    """The lines of a summary, each with the rest of a name that goes on in the next: `(MaxPooling` and `2D)`."""
    found: list[str] = []
    for line in text.splitlines():
        begun = re.match(r"^([\s│┃|]*[\w./]+\s+\(\w*)(?=\s)", found[-1]) if found else None
        if begun and (rest := re.fullmatch(r"[\s│┃|]*(\w+\))[\s│┃|]*", line)):
            found[-1] = f"{begun[1]}{rest[1]}{found[-1][begun.end() :]}"
        else:
            found.append(line)
    return found


def record(kind: str, shape: tuple[int, ...], params: int, keras: bool) -> Record:
    """A row of a summary. Names are cut where a column of Keras' is too narrow."""
    full = ("MaxPooling2D", "MaxPooling1D", "AveragePooling2D", "BatchNormalization", "GlobalAveragePooling2D",
            "GlobalMaxPooling2D", "UpSampling2D", "Conv2DTranspose", "DepthwiseConv2D", "ZeroPadding2D")  # fmt: skip
    if len(kind) > 7:
        kind = next((name for name in full if name.startswith(kind)), kind)
    if kind == "Activation":
        kind = "relu"
    if re.match(r"(?i)batchnorm", kind):
        return Record("bn", {}, shape, None if keras else params)
    return Record(kind, {}, shape, params)
