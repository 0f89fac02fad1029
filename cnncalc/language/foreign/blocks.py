"""One block of a known kind by its sizes: `bottleneck 256 -> 64 -> 64 -> 256 on 56x56`, `SE block, 256 channels`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Contradiction, Network, Unclear
from cnncalc.language.foreign.shapes import shape_of
from cnncalc.language.foreign.tries import Tries

LONGEST = 300
"""Characters of a text about one block."""
_ON = re.compile(
    r"(?i)[,\s]*\b(?:on|for|over|with|input|at|to|from|given)\b[\s:=]*(?:an?\s+|the\s+)?"
    r"(?:inputs?|maps?|feature maps?)?(?:\s*of)?\s*(?P<shape>[(\[]?\d+\s*x\s*\d+(?:\s*x\s*\d+)?[)\]]?)"
    r"(?:\s*(?:inputs?|images?|feature maps?|maps?))?"
)
_NOTHING = re.compile(
    r"(?i)\b(?:a|an|the|of|with|and|for|from|to|on|in|how|many|what|is|are|does|has|have|parameters?|params|block|module|"
    r"layer|resnet|mobilenet(?:\s*-?v[23])?|googlenet|inception|channels?|filters?|one|single|number|output|size|shape|"
    r"macs|flops|number|style|residual|kernels?|conv\w*|unit|from|by)\b|[\s,:;()?!.=-]+"
)
BIASLESS = "its convolutions have no bias, as a batch norm comes after each"


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of one block; None where the text is none. Raises Unclear, and Contradiction for sizes at odds."""
    if len(text) > LONGEST or re.search(r"\w\(|[|\n{};]", text):
        return None
    for named, read in KINDS:
        if re.search(rf"(?i){named}", text):
            return read(re.sub(rf"(?i){named}", " ", text, count=1), tries)
    return None


class Said:
    """What a text says of a block; each number is taken once."""

    def __init__(self, text: str, tries: Tries) -> None:
        self.tries = tries
        self.shape: list[str] = []
        if match := _ON.search(text):
            found = shape_of(match["shape"])
            if found is None:
                raise Unclear
            self.shape = found[0]
            text = f"{text[: match.start()]} {text[match.end() :]}"
        self.text = text

    def take(self, pattern: str) -> str:
        """The number of the first match of a pattern; empty where there is none."""
        match = re.search(rf"(?i){pattern}", self.text)
        if match is None:
            return ""
        self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
        return next(group for group in match.groups() if group)

    def named(self, words: str) -> str:
        """The number that comes with a word: `r=16`, `reduction of 16`, `16 groups`."""
        return self.take(rf"\b(?:{words})\s*(?:of|is|=|:|ratio|factor)*\s*(\d+)\b(?!\s*x)") or self.take(
            rf"\b(\d+)\s*(?:{words})\b"
        )

    def row(self) -> list[str]:
        """Widths joined by arrows."""
        match = re.search(r"\d+(?:\s*(?:->|→|=>|\bto\b|-)\s*\d+)+", self.text)
        if match is None:
            return []
        self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
        return re.findall(r"\d+", match[0])

    def network(self, into: str, layers: list[str], *notes: str) -> Network:
        """The network of these layers on what the text says comes in. Raises Unclear where it says more."""
        if re.search(r"\w", _NOTHING.sub("", self.text)):
            raise Unclear
        net = Network()
        if len(self.shape) == 3 and into and self.shape[0] != into:
            message = f"the block takes {into} channels, but {'x'.join(self.shape)} has {self.shape[0]}"
            raise Contradiction(message, f"write {into}x{'x'.join(self.shape[1:])}")
        if not self.tries.given and not self.tries.shape:
            if not into and len(self.shape) != 3:
                raise Unclear
            shape = self.shape if len(self.shape) == 3 else [into, *(self.shape or ["H", "W"])]
            net.start("input", tuple(shape))
        net.add(layers)
        for note in notes:
            net.note(note)
        return net

    @property
    def channels(self) -> str:
        """What comes in, by the shape."""
        if len(self.shape) == 3:
            return self.shape[0]
        given = (self.tries.shape or next(iter(self.tries.inputs), "")).partition("x")[0]
        return given if given.isdecimal() else ""


def squeeze(text: str, tries: Tries) -> Network:
    """Hu et al. 2018, with biases, as its linears have."""
    said = Said(text, tries)
    ratio = said.named("reduction|ratio|r|squeeze")
    unsaid = not ratio
    ratio = ratio or "16"
    width = said.named("channels?|c|dim|planes") or said.take(r"\b(\d+)\b") or said.channels
    if not width or int(width) % int(ratio):
        raise Unclear
    inner = int(width) // int(ratio)
    layer = f"mul(gap -> conv {inner} k1 -> relu -> conv {width} k1 -> sigmoid, identity)"
    return said.network(width, [layer], *(["a reduction of 16 is taken"] if unsaid else []))


def bottleneck(text: str, tries: Tries) -> Network:
    """He et al. 2015: 1x1, 3x3 and 1x1, and a shortcut."""
    said = Said(text, tries)
    stride = said.named("strides?|s") or "1"
    row = said.row()
    if len(row) == 3:  # what comes in, what is inside, what goes out
        row = [row[0], row[1], row[1], row[2]]
    if len(row) != 4:
        raise Unclear
    into, first, inner, out = row
    by = f" s{stride}" if stride != "1" else ""
    body = f"conv {first} k1 bias=no -> bn -> relu -> conv {inner} k3{by} p1 bias=no -> bn -> relu"
    body += f" -> conv {out} k1 bias=no -> bn"
    return said.network(into, shortcut(body, into, out, by), BIASLESS)


def shortcut(body: str, into: str, out: str, by: str) -> list[str]:
    side = "identity" if into == out and not by else f"conv {out} k1{by} bias=no -> bn"
    return [f"add({body}, {side})", "relu"]


def residual(text: str, tries: Tries) -> Network | None:
    """He et al. 2015: two 3x3, and a shortcut."""
    said = Said(text, tries)
    stride = said.named("strides?|s") or "1"
    row = said.row()
    if len(row) != 2:
        return None  # a part of a line
    into, out = row
    by = f" s{stride}" if stride != "1" else ""
    body = f"conv {out} k3{by} p1 bias=no -> bn -> relu -> conv {out} k3 p1 bias=no -> bn"
    return said.network(into, shortcut(body, into, out, by), f"it is ResNet's basic block: {BIASLESS}")


def inverted(text: str, tries: Tries) -> Network:
    """Sandler et al. 2018, table 1: t the expansion, c what goes out, n how often, s the stride of the first."""
    said = Said(text, tries)
    times = int(said.named("n|repeats?|repeated|times") or "1")
    stride = said.named("s|strides?") or "1"
    kernel = said.named("k|kernel(?: size)?") or said.take(r"\b(\d)x\1\b") or "3"
    ratio = said.named("t|expansion|expand(?: ratio)?|e|ratio") or "6"
    row = said.row()
    out = row[-1] if row else said.named("c|out(?:put)?|channels?")
    into = row[0] if row else said.channels
    if len(row) not in (0, 2) or not out or not into or not 0 < times < 50:
        raise Unclear
    made: list[str] = []
    for at in range(times):
        wide = int(into) * int(ratio)
        by = f" s{stride}" if stride != "1" and at == 0 else ""
        expand = f"conv {wide} k1 bias=no -> bn -> relu6 -> " if ratio != "1" else ""
        deep = f"conv channels k{kernel}{by} p{int(kernel) // 2} g=channels bias=no -> bn -> relu6"
        body = f"{expand}{deep} -> conv {out} k1 bias=no -> bn"
        made.append(f"add({body}, identity)" if into == out and not by else f"({body})")
        into = out
    first = row[0] if row else said.channels
    return said.network(first, made, f"it is MobileNetV2's, with an expansion of {ratio}: {BIASLESS}")


def inception(text: str, tries: Tries) -> Network | None:
    """Szegedy et al. 2015, Figure 2b: four branches side by side, each convolution with a bias and a ReLU."""
    said = Said(text, tries)
    number = r"\s*(?:conv\w*)?\s*[:=]?\s*(\d+)\b(?!\s*x)"
    reduce = r"\s*(?:conv\w*\s*)?[-_ ]?red(?:uce|uction|uced?)?\.?\s*[:=]?\s*(\d+)\b(?!\s*x)"
    before3, before5 = said.take(rf"\b3x3{reduce}"), said.take(rf"\b5x5{reduce}")
    pool = said.take(r"\b(?:max[- ]?)?pool(?:ing)?[-_ ]*(?:proj\w*)?\s*[:=]?\s*(\d+)\b(?!\s*x)")
    ones, threes, fives = (said.take(rf"\b{side}x{side}{number}") for side in (1, 3, 5))
    if not all((before3, before5, pool, ones, threes, fives)):
        return None
    branches = [
        f"conv {ones} k1 -> relu",
        f"conv {before3} k1 -> relu -> conv {threes} k3 p1 -> relu",
        f"conv {before5} k1 -> relu -> conv {fives} k5 p2 -> relu",
        f"maxpool 3 s1 p1 -> conv {pool} k1 -> relu",
    ]
    into = said.named("channels?|in") or said.channels
    return said.network(into, [f"cat({', '.join(branches)})"], "convolutions have biases and no norm, as in GoogLeNet")


KINDS = (
    (
        r"\b(?:se|squeeze[- ]?(?:and|&)?[- ]?excit\w*)[- ](?:block|module|layer)\b|\bsqueeze[- ](?:and|&)[- ]excit\w+",
        squeeze,
    ),
    (r"\binverted[- ](?:residual|bottleneck)s?\b|\bmbconv\d?\b", inverted),
    (r"\bbottlenecks?\b", bottleneck),
    (r"\binception(?:[- ]v1)?\b", inception),
    (r"\b(?:basic|residual|res|resnet)[- ]?blocks?\b", residual),
)
"""The kinds of blocks, and how each is read."""
