"""Layers as papers and people write them in words: `3x3 conv, 64, /2`, `conv3-64`, `C6@5x5`, `FC-4096`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.call import ACTIVATIONS
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.run.order import LARGEST_KERNEL
from cnncalc.named_tuples import NamedTuple

NAMES = [
    (
        r"global[\s_-]*(?:average|avg|mean)[\s_-]*pool(?:ing)?(?:[123]d)?|(?:average|avg)\s*-?pool(?:ing)?\s+global|"
        r"gap",
        "gap",
    ),
    (r"depth\s*-?_?wise[\s_-]*separable[\s_-]*conv(?:olution)?(?:2d)?", "separable"),
    (r"separable[\s_-]*conv(?:olution)?(?:2d)?|sep[\s_-]*conv", "separable"),
    (r"(?:depth\s*-?_?wise|dw)(?:[\s_-]*conv(?:olution)?(?:2d)?)?", "depthwise"),
    (r"(?:point\s*-?_?wise|pw)(?:[\s_-]*conv(?:olution)?(?:2d)?)?", "pointwise"),
    (r"(?:dilated|atrous|group(?:ed)?|standard|regular|strided|normal)[\s_-]*conv(?:olution)?(?:2d)?", "conv"),
    (r"group\s*-?_?norm(?:ali[sz]ation)?|gn", "gn"),
    (r"instance\s*-?_?norm(?:ali[sz]ation)?", "instancenorm"),
    (r"global[\s_-]*max[\s_-]*pool(?:ing)?(?:[123]d)?|gmp", "gmp"),
    (r"max\s*-?_?pool(?:ing)?(?:[123]d)?|pool(?:ing)?[\s:(=]+max|mp", "maxpool"),
    (r"max(?![a-z])", "maxpool"),
    (r"(?:average|avg|mean)\s*-?_?pool(?:ing)?(?:[123]d)?|pool(?:ing)?[\s:(=]+(?:avg|average|ave)", "avgpool"),
    (r"(?:sub\s*sampl(?:e|ing))|pool(?:ing)?(?![\s_-]*size)", "pool"),
    (r"up[\s_-]*conv(?:olution)?(?:2d)?", "upconv"),
    (
        r"convt(?![a-z])|(?:transposed?|de)\s*-?_?conv(?:olution(?:al)?)?(?:2d)?|conv(?:2d)?\s*-?_?transposed?(?:2d)?",
        "convtranspose",
    ),
    (r"conv(?:olution(?:al)?)?(?:1d|2d|3d)?", "conv"),
    (r"fully\s*-?_?connected|dense|linear|fc|ip", "linear"),
    (r"batch\s*-?_?norm(?:ali[sz]ation)?(?:2d)?|bn", "bn"),
    (r"layer\s*-?_?norm(?:ali[sz]ation)?", "ln"),
    (r"flatten", "flatten"),
    (r"re\s+lu", "relu"),
    (r"drop\s*-?out", "dropout"),
    (r"leaky\s*-?_?relu", "leakyrelu"),
    (r"log\s*-?_?soft\s*-?max", "logsoftmax"),
    (r"soft\s*-?max", "softmax"),
    (r"up\s*-?_?sampl(?:e|ing)(?:2d)?", "upsample"),
    (r"|".join(name for name in ACTIVATIONS if "softmax" not in name), "act"),
]
_NAME = re.compile("|".join(f"(?P<n{i}>{pattern})" for i, (pattern, _) in enumerate(NAMES)), re.IGNORECASE)
_WORDS = re.compile(
    r"""(?P<space>[\s,;:=()\[\]{}@_-]+)
    |/\s*(?P<by>\d+)(?!\w)
    |(?P<maps>\d+\s*@\s*\d+\s*x\s*\d+)(?!\w)
    |(?P<cube>(?P<side>\d+)\s*x\s*(?P=side)\s*x\s*\d+)(?![\wx])
    |(?P<square>\d+\s*x\s*\d+|(?<=[,=\s])[(\[]\s*\d+\s*,\s*\d+\s*[)\]])(?!\w)
    |(?:k(?:ernel(?:[\s_-]*size)?)?|(?:pool|window|filter)[\s_-]*size)[\s:=(_-]*(?:of\s+)?(?P<k>\d+(?:\s*x\s*\d+){0,2})(?!\w)
    |(?:s|strides?)[\s:=(_-]*(?P<s>\d+)(?!\w)
    |output[\s_-]*padding[\s:=(_-]*(?P<extra>\d)(?!\w)
    |(?:p|pad(?:ding)?)[\s:=(_-]*(?P<p>\d+|same|valid|none)(?!\w)
    |(?:d|dilation|rate)[\s:=(_-]*(?P<d>\d+)(?!\w)
    |(?:g|groups)[\s:=(_-]*(?P<g>\d+)(?!\w)
    |(?:c|ch|f|n|o|oc)[:=]?(?P<out>\d+)(?!\w)
    |(?P<into>\d+)»(?P<inout>\d+)
    |(?P<alone>same|valid)\b
    |(?P<nobias>no\s+bias|bias\s*[=:]\s*(?:false|no|0)|w/o\s+bias)
    |(?P<outname>(?:num_)?(?:filters?|kernels?|channels?|maps|units|neurons|nodes|outputs?|features|
        out(?:[_ ]channels)?|kernel_size(?!\s*\d))(?!\w))
    |(?P<percent>\d+)\s*%
    |(?P<number>\d+(?:\.\d+)?)(?![A-Za-z\d.])
    |(?P<filler>(?:with|of|and|a|an|the|layer|layers|size|window|activation|then|each|by|to|followed|unit|grouped|dilated|
        strided|standard|regular|plain|simple|vanilla)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Word(NamedTuple):
    kind: str
    text: str


def words(text: str) -> list[Word]:
    """A text as names of layers, numbers with their meaning, and words that say nothing. Raises Unclear."""
    found: list[Word] = []
    at = 0
    while at < len(text):
        named = _NAME.match(text, at)
        if named is not None and not text[named.end() : named.end() + 1].isalpha():
            kind = NAMES[int((named.lastgroup or "n0")[1:])][1]
            dims = re.search(r"[123]d$", named[0].lower()) if kind.endswith(("conv", "pool")) else None
            own = ACTIVATIONS[named[0].lower()] if kind == "act" else f"{kind}{dims[0]}" if dims else kind
            found.append(Word("name", own))
            at = named.end()
            if kind == "conv" and (number := re.compile(r"\d+(?![\dx])").match(text, at)):  # conv3-64
                found.append(Word("attached", number[0]))
                at = number.end()
            continue
        match = _WORDS.match(text, at)
        if match is None:
            raise Unclear
        at = match.end()
        kind = match.lastgroup or ""
        kind = "cube" if match["cube"] else kind
        if kind == "maps":  # 16@3x3
            out, square = re.sub(r"\s", "", match["maps"]).split("@")
            found += [Word("square", square), Word("out", out)]
            continue
        if kind == "cube":  # 3x3x64
            side, _, out = re.sub(r"\s", "", match["cube"]).split("x")
            found += [Word("square", f"{side}x{side}"), Word("out", out)]
        elif kind == "inout":  # 3 -> 16
            found += [Word("into", match["into"]), Word("out", match["inout"])]
        elif kind == "alone":
            found.append(Word("p", match["alone"].lower()))
        elif kind not in ("space", "filler"):
            value = re.sub(r"[\s()\[\]]", "", match[kind].lower())
            found.append(Word(kind, value.replace(",", "x") if kind == "square" else value))
    return found


def layers_in(net: Network, text: str, last: bool = False) -> list[str]:
    """The layers that a piece of text names. `last`: a dense layer or the end comes next. Raises Unclear."""
    text = re.sub(r"(?<=\d)\s*\*\s*(?=\d)", "x", text.strip())
    if re.search(r"(?i)transformer|encoder (?:layer|block)s?\b", text):
        return encoder(net, text)
    if re.search(r"(?i)[a-z]3d\b", text):  # three sizes are a window
        text = re.sub(r"(?<![\dx])(\d+)x(\d+)x(\d+)(?![\dx])", r"k\1x\2x\3", text)
    # A name with its number, as frameworks give them, and numbers below 0.
    if re.search(r"[A-Za-z]_\d+\(|(?<![A-Za-z\d)])-\s*\d|\b[kspdg]-\d", text):
        raise Unclear
    if match := re.fullmatch(r"(?i)(?:reshape|view)(?:\s+to)?[\s(]*(\d+(?:\s*[x,]\s*\d+)+)\)?", text):
        net.layout = "map"
        return [f"reshape N {' '.join(re.findall('[0-9]+', match[1]))}"]
    text = re.sub(r"(?i)^(conv|pool|maxpool|avgpool|fc)\d+(_\w+)?\s+\((?=\d+x)", r"\1 - ", text)  # Conv1 (7x7, 64)
    text = re.sub(r"(?i)^(fc|dense|linear)_?\d\s*[:=]\s*", r"\1 ", text)  # fc1: 784x128
    if match := re.fullmatch(r"(conv\w*)((?:[-_+ /][A-Za-z]\w*)+)\s*\((\d+)\)", text, re.IGNORECASE):
        text = f"{match[1]} {match[3]} {match[2]}"  # Conv-BN-ReLU(64)
    if match := re.fullmatch(r"[Cc](\d+)(?:@(\d+)x(\d+))?", text):
        return conv(net, {"out": match[1], **({"square": f"{match[2]}x{match[3]}"} if match[2] else {})}, text, True)
    if match := re.fullmatch(r"(\d+)[Cc](\d+)(?:[Ss](\d))?", text):  # 32C3: 32 kernels of 3x3
        net.note(f"{text} is read without padding, which the text does not say; p{int(match[2]) // 2} keeps odd sizes")
        letters = {"out": match[1], "k": match[2], "p": net.rules.pad or "0", "s": match[3] or "1"}
        return conv(net, letters, text, False)
    if match := re.fullmatch(r"C\(\s*(\d+)\s*,\s*(\d+)(?:x\2)?(?:\s*,\s*(\d+))?\s*\)", text):
        strided = {"s": match[3]} if match[3] else {}
        return conv(net, {"out": match[1], "square": f"{match[2]}x{match[2]}", **strided}, text, True)
    if match := re.fullmatch(r"(?:([AM])?[Pp]|[SsMm])\(?(\d)(?:x\2)?\)?", text):
        return pool(net, {"number": match[2]}, "avgpool" if match[1] == "A" else "maxpool", text, last)
    if match := re.fullmatch(r"(?:[FD]|[Ff][Cc])[-_ ]?\(?(\d+)\)?|(\d+)(?:[NF]|FC|D)", text):
        return dense(net, match[1] or match[2])
    if match := re.fullmatch(
        r"c(?:onv)?\s+(\d+)\s+(\d+)(?:\s+(\d+))?(?:\s+(\d+))?", text
    ):  # filters, kernel, stride, pad
        numbers = {"out": match[1], "k": match[2], "s": match[3] or "1", "p": match[4] or "0"}
        return conv(net, numbers, text, False)
    if match := re.fullmatch(r"[mp]\s+(\d+)", text):
        return pool(net, {"number": match[1]}, "maxpool", text, last)
    if match := re.fullmatch(r"[ldf]\s+(\d+)", text):
        return dense(net, match[1])
    if match := re.fullmatch(
        r"(?i)(?:output|final|last)(?:[ _-]?layer)?[\s:,(]+(?:with |of )?(\d+)(?:[\s-]*(?:units|neurons|classes|"
        r"nodes|outputs|way|features))?\)?",
        text,
    ):
        return dense(net, match[1])
    if text in ("R", "B", "r", "b", "f"):
        net.layout = "features" if text == "f" else net.layout
        return [{"r": "relu", "b": "bn", "f": "flatten"}[text.lower()]]
    if match := re.fullmatch(r"(?i)conv[-_ ]?(\d)x?\1?[-_ ](\d+)", text):
        of_papers = re.match(r"(?i)conv \d+x", text) is None  # conv 3x3 64 is the order of code
        return conv(net, {"out": match[2], "square": f"{match[1]}x{match[1]}"}, text, of_papers)
    if match := re.fullmatch(r"(?i)double[\s_-]*conv\(?(?:\s*\d+\s*,)?\s*(\d+)\s*\)?", text):
        net.layout = "map"
        double = f"2 * (conv {match[1]} k3 p1 -> relu)"
        net.note(f"a double convolution is read as {double}; with norms, bn comes after each conv")
        return [double]
    made: list[str] = []
    said: dict[str, str] = {}
    prose = re.search(r"[A-Za-z][-+]\s?[A-Za-z]", text) is not None  # filters, units, Conv-BN
    row = False  # numbers that are told by their place alone
    name = ""
    square_first = False
    every = words(text)
    kinds = {word.kind for word in every}
    if "name" not in kinds and "square" in kinds and kinds & {"number", "out", "outname"}:  # 3x3, 64
        every = [*[word for word in every if word.kind == "square"][:1], Word("name", "conv"), *every]
        every.remove(every[0])
        at = next(i for i, word in enumerate(every) if word.kind == "square")
        every.insert(0, every.pop(at))
    elif "name" in kinds and every[0].kind == "number" and all(w.kind == "name" for w in every[1:]):
        acts = every[1].text in (*ACTIVATIONS.values(), "softmax", "dropout", "bn")
        if net.layout != "map" and acts:
            every = [Word("name", "linear"), *every]  # 256 relu
    for i, (kind, value) in enumerate(every):
        if kind == "name":
            if name:
                made += layer(net, name, said | ({"prose": "yes"} if prose else {}), text, square_first, False)
                said, square_first, row = {}, False, False
            elif "number" in said:
                raise Unclear  # a count of layers, or of what goes out
            name = value
            square_first = bool(said.get("square"))
            continue
        if kind == "outname":
            behind = every[i + 1] if i + 1 < len(every) else Word("", "")
            prose = True
            if "number" in said and "out" not in said:
                said["out"] = said.pop("number")
            elif behind.kind != "number" and "out" not in said and "number" not in said:
                raise Unclear
            continue
        if kind == "attached":
            later = every[i + 1 : i + 2]
            if int(value) > LARGEST_KERNEL and (not later or later[0].kind in ("name", "k", "s", "p", "square", "by")):
                kind, prose = "out", True  # conv32
            elif not later or later[0].kind not in ("number", "out") or "square" in said:
                raise Unclear
            else:
                kind, value, square_first = "square", f"{value}x{value}", True
        if (
            kind == "number"
            and ("number" in said or "out" in said)
            and said.keys() & {"k", "s", "p", "square"}
            and not row
        ):
            raise Unclear  # a number after those that say what they are
        if kind == "number" and "number" in said:
            row = True
            kind = "k" if "k" not in said and "square" not in said else "s" if "s" not in said else "p"
            if kind == "k" and int(float(value)) > LARGEST_KERNEL:
                raise Unclear  # in PyTorch's order it is how many channels come out
        if kind in said:
            raise Unclear
        said[kind] = value
    if not name:
        raise Unclear
    square_first = square_first or re.search(r"(?i)\bconv\d+x\d+", text) is not None  # conv3x3, 64
    return made + layer(net, name, said | ({"prose": "yes"} if prose else {}), text, square_first, last)


def encoder(net: Network, text: str) -> list[str]:
    """`4 transformer encoder layers (d=384, 6 heads, ff 1536)`: without the feed-forward it is 4 times as wide."""
    many = re.search(
        r"(?i)^\W*(\d+)\s*(?:x\s*)?(?=transformer|encoder)|\b(?:transformer|encoder)\b.*?\bx\s*(\d+)|"
        r"\b(\d+) (?:layers|blocks)",
        text,
    )
    heads = re.search(r"(?i)\b(\d+)[- ]heads?\b|\b(?:n?heads?|num_heads|h)\s*[=:]?\s*(\d+)", text)
    wide = re.search(r"(?i)\b(?:d|dim|d_model|width|hidden(?: size)?)\s*[=:]?\s*(\d+)|\b(\d+)[- ]?dim", text)
    inner = re.search(r"(?i)\b(?:ffn?|d_ff|mlp|feed-?forward)(?: dim| size)?\s*[=:]?\s*(\d+)", text)
    found = [match for match in (many, heads, wide, inner) if match]
    if heads is None or len(re.findall(r"\d+", text)) != len(found) or (wide is None and inner is None):
        raise Unclear
    number = [next(group for group in match.groups() if group) for match in found]
    said = dict(zip([kind for kind, match in zip(("n", "h", "d", "ff"), (many, heads, wide, inner)) if match], number))
    if "ff" not in said:
        net.note(f"the text does not say the feed-forward size, for which 4*{said['d']} is here")
    ff = said.get("ff") or str(4 * int(said["d"]))
    before = ["transpose 1 2"] if net.layout == "map" else []
    if before:
        net.note("transpose 1 2 brings the steps in front of the features, which an encoder layer reads")
    net.layout = "sequence"
    times = f"{said['n']} * " if said.get("n", "1") != "1" else ""
    return [*before, f"{times}transformerencoderlayer {said['h']} {ff}"]


def layer(net: Network, name: str, said: dict[str, str], text: str, paper: bool, last: bool) -> list[str]:
    prose = said.pop("prose", None) is not None
    if name.startswith("conv"):
        said |= {"prose": "yes"} if prose else {}
        return conv(net, said, text, paper or "by" in said, name)
    if name in ("depthwise", "pointwise", "separable"):
        return of_separable(net, said, name, text, paper)
    if name == "gn":
        groups = said.pop("number", None) or said.pop("g", None)
        if groups is None or said:
            raise Unclear
        return [f"gn {groups}"]
    if re.fullmatch(r"(max|avg)?pool([123]d)?", name):
        return pool(net, said, name, text, last)
    if name == "upconv":  # which doubles the size
        kernel = said.get("square", said.get("k", "2x2")).split("x")[0]
        return conv(
            net,
            {"square": f"{kernel}x{kernel}", "s": "2", "p": str((int(kernel) - 1) // 2), **said},
            text,
            False,
            "convtranspose",
        )
    if name == "linear":
        number = said.pop("out", None)
        if number and "square" in said:  # fc 4x4x512
            number = "*".join([*said.pop("square").split("x"), number])
        elif not number and "square" in said and "number" not in said:  # fc 784x128
            said["into"], number = said.pop("square").split("x")
        number = number or said.pop("number", None)
        into = f" in_features={said.pop('into')}" if "into" in said else ""
        into += " bias=no" if said.pop("nobias", None) else ""
        if number is None or said:
            raise Unclear
        *before, made = dense(net, number)
        return [*before, made + into]
    if name in ("gap", "gmp"):
        if said:
            raise Unclear
        return [name]
    if name == "dropout":
        rate = said.pop("number", "0.5") if "percent" not in said else f"0.{int(said.pop('percent')):02d}"
        if said:
            raise Unclear
        return [f"dropout {rate}"]
    if name == "leakyrelu" and said.keys() == {"number"}:
        return [f"leakyrelu {said['number']}"]
    if name == "upsample":
        factor = said.pop("number", None) or said.pop("by", None)
        if said or factor is None:
            raise Unclear
        return [f"upsample {factor}"]
    if name == "flatten" and not said:
        net.layout = "features"
        return ["flatten"]
    if name in ("softmax", "logsoftmax") and said.keys() <= {"number", "out"} and len(said) == 1:  # its classes
        return [*dense(net, said.popitem()[1]), f"{name} 1"]
    if said:
        raise Unclear
    return [f"{name} 1" if name in ("softmax", "logsoftmax") else name]


def conv(net: Network, said: dict[str, str], text: str, paper: bool, name: str = "conv") -> list[str]:
    """A convolution. What the text leaves out is taken as papers mean it, with a note."""
    out = said.pop("out", None) or said.pop("number", None)
    prose = said.pop("prose", None) is not None
    square = said.pop("square", None)
    kernel = square or said.pop("k", None) or net.rules.kernel or None
    plain = name.startswith("conv") and "transpose" not in name
    if out is None or (kernel is None and not (paper or prose)):
        raise Unclear
    if kernel is None:
        net.note(f"{text if len(text) < 24 else name} does not say its kernel, for which k3 p1 is taken here")
        kernel, said["p"] = "3", "1"
    lacks = (("strided", said.keys() & {"by", "s"}), (r"dilated|atrous", "d" in said), (r"group(?:ed)?", "g" in said))
    if any(
        re.search(rf"(?i)\b(?:{word})\b(?:[\s_-]*\d+\s*x\s*\d+)?[\s_-]*conv", text) and not given
        for word, given in lacks
    ):
        raise Unclear  # a number that is as large as that of no other convolution
    sides = kernel.split("x")
    kernel = sides[0] if len(set(sides)) == 1 else kernel
    stride = said.pop("by", None) or said.pop("s", None) or net.rules.stride or None
    made = [name, out, f"k{kernel}"]
    if stride not in (None, "1"):
        made.append(f"s{stride}")
    pad = said.pop("p", None) or net.rules.pad or None
    if pad is None and set(sides) != {"1"}:
        odd = all(int(side) % 2 for side in sides)
        apart = int(said.get("d", "1"))
        halves = [str(apart * (int(side) // 2)) for side in sides]
        keeps = f"p{halves[0] if len(set(halves)) == 1 else 'x'.join(halves)}"
        if paper and not net.asked and odd and plain:
            made.append(keeps)
            net.note(f"the text does not say the padding, for which {keeps} is taken here; without it the map shrinks")
        elif odd and plain and (square or prose):
            net.note(f"the text does not say the padding, and none is taken; {keeps} keeps the size")
    elif pad == "same":
        half = f"p{int(sides[0]) // 2}" if int(sides[0]) // 2 else ""
        made += [each for each in ["p=same" if stride in (None, "1") and half else half] if each]
    elif pad is not None and pad.isdecimal() and pad != "0":
        made.append(f"p{pad}")
    if "into" in said:
        made.append(f"in_channels={said.pop('into')}")
    for letter in ("d", "g"):
        if letter in said:
            made.append(f"{letter}={said.pop(letter)}")
    if "extra" in said and not plain:
        made.append(f"output_padding={said.pop('extra')}")
    if said.pop("nobias", None) or net.rules.bias:
        made.append("bias=no")
    if said:
        raise Unclear
    net.layout = "map"
    return [" ".join(made), *net.rules.after]


def of_separable(net: Network, said: dict[str, str], name: str, text: str, paper: bool) -> list[str]:
    """Convolutions with a group for each channel, and those with a kernel of 1."""
    if name == "pointwise":
        if said.pop("square", "1x1") != "1x1" or said.pop("k", "1") != "1":
            raise Unclear
        return conv(net, said | {"square": "1x1"}, text, False)
    out = said.pop("out", None) or said.pop("number", None)
    if (out is None) != (name == "depthwise"):
        raise Unclear
    first, *after = conv(net, {**said, "out": "channels"}, text, True)
    first = f"{first} g=channels"
    if name == "depthwise":
        return [first, *after]
    bias = " bias=no" if net.rules.bias else ""
    if not bias:
        net.note("the depthwise half has no bias here, as in Keras' SeparableConv2D")
    return [first if bias else f"{first} bias=no", *after, f"conv {out} k1{bias}", *after]


def pool(net: Network, said: dict[str, str], name: str, text: str, last: bool) -> list[str]:
    kernel = said.pop("square", None) or said.pop("k", None) or said.pop("number", None)
    stride = said.pop("by", None) or said.pop("s", None)
    pad = said.pop("p", None)
    if said:
        raise Unclear
    if name.startswith("pool"):
        name = f"max{name}"
        net.note("a pool that does not say which is taken as maxpool; avgpool gives the same figures")
    if kernel is None and stride is None:
        unsaid = f"{name} does not say its size, for which 2 is taken here"
        if last and name.startswith("avgpool") and unsaid not in net.notes:
            net.note("an average pool without a size is taken over the whole map")
            return ["gap"]
        net.note(unsaid)
        return [f"{name} 2"]
    if kernel is None:
        net.note(f"{name} does not say its window, for which its stride is taken here")
        kernel, stride = stride, None
    assert kernel is not None
    sides = kernel.split("x")
    kernel = sides[0] if len(set(sides)) == 1 else f"k{kernel}"
    made = [name, kernel]
    if stride not in (None, kernel):
        made.append(f"s{stride}")
        if pad is None and sides[0] == "3" and stride == "2":
            net.note("the text does not say the padding of a pool; p1 halves the size, as ResNets do")
    if pad not in (None, "0", "valid", "none"):
        made.append(f"p{pad}" if pad != "same" else f"p{int(sides[0]) // 2}")
    return [" ".join(made)]


def dense(net: Network, out: str) -> list[str]:
    flat = ["flatten"] if net.layout == "map" else []
    net.layout = "features"
    return [*flat, f"linear {out}"]


BASIC = re.compile(
    r"(?i)(?:(?P<n>\d+)\s*x?\s*)?(?:basic|res(?:idual)?|resnet)[ _-]?blocks?(?:[ (:,]|of|with)*(?P<out>\d+)"
    r"\s*(?:channels|filters|maps)?\)?(?:[\s,]*(?:/|s|stride[ =]?)\s*(?P<by>\d))?(?:\s*[x*]\s*(?P<n2>\d+))?"
)
BASIC_IS = (
    "such a block is ResNet's basic one, of two convolutions without bias, with a 1x1 beside them where sizes change; "
    "the convolutions outside of blocks have a bias"
)


def basic_blocks(text: str, channels: object) -> list[str]:
    """ResNet's blocks of two convolutions after so many channels: `2x basic block 128 /2`. Raises Unclear.

    The first has the stride, and a 1x1 convolution beside it where its sizes change.
    """
    match = BASIC.fullmatch(text)
    if match is None:
        raise Unclear
    out, stride = match["out"], match["by"] or "1"
    by = "" if stride == "1" else f" s{stride}"
    body = f"relu -> conv {out} k3 p1 bias=no -> bn"
    plain = f"add(conv {out} k3 p1 bias=no -> bn -> {body}, identity) -> relu"
    beside = "identity" if not by and str(channels) == out else f"conv {out} k1{by} bias=no -> bn"
    first = f"add(conv {out} k3{by} p1 bias=no -> bn -> {body}, {beside})"
    if match["n"] and match["n2"]:
        raise Unclear
    more = int(match["n"] or match["n2"] or "1") - 1
    again = [f"{more} * ({plain})"] if more > 1 else [plain] if more else []
    return [first, "relu", *again]
