"""Rows that say what layers are and what they give, as layers: what a row leaves out follows from what it gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.call import ACTIVATIONS
from cnncalc.language.foreign.fitted import Row, Shape, fitted
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.synonyms import find
from cnncalc.named_tuples import NamedTuple

LIKELY_INPUTS = (28, 32, 224, 64, 96, 128, 256, 227, 299, 48, 100, 150, 160, 180, 200, 300, 320, 416, 512, 640)
SIDES = (3, 5, 7, 1, 2, 4, 6, 8, 9, 11, 13, 16)


class Record(NamedTuple):
    """What a row says. The keys of `said`: out, k, s, p, d, g, into, bias, act, norm, rate, repeat."""

    kind: str
    said: dict[str, str]
    shape: tuple[int, ...] = ()  # that it gives, in any order; empty where it does not say
    params: int | None = None


def network_of_records(records: list[Record], start: list[str] | None, tries: Tries) -> Network:
    """The network of rows. Raises Unclear."""
    if not records:
        raise Unclear
    net = Network()
    rows = [row for record in records for row in rows_of(net, record)]
    unsaid = all(r.params is None and not r.said.keys() & {"bias", "norm"} for r in records)
    if unsaid and not any(re.search(r"(?i)batch|norm|\bbn\b", r.kind) for r in records) and len(records) > 2:
        net.note("layers are read with their biases and without norms, of which the text says nothing")
    start = tries.shape.split("x") if tries.shape else start
    starts = [""] if tries.given else ["x".join(start)] if start else list(inputs_for(records[0]))
    for shape in starts:
        try:
            made = fitted(shape, rows, tries)
        except Unclear:
            if len(starts) == 1:
                raise
            continue
        if shape:
            net.start("input", tuple(shape.split("x")))
            if not start:
                net.note(f"{shape} stands for the shape of your input, channels first")
        net.add(made)
        return net
    raise Unclear


def inputs_for(first: Record) -> Iterator[str]:
    """Inputs that the first row could read, the likeliest first."""
    name = main_name(first.kind)
    if name.startswith(("linear", "embedding")):
        width = (first.params or 0) // max(1, last_of(first)) - 1
        yield str(width) if first.params and name == "linear" and width > 0 else "F" if name == "linear" else "L"
        return
    channels = [first.said["into"]] if "into" in first.said else ["3", "1"]
    sides = [size for size in first.shape if size in first.shape[1:]] or list(first.shape[1:2])
    near = [side + more for side in sides[:1] for more in (0, 2, 4, 6)]
    near += [side * 2 for side in sides[:1]]
    likely = [size for size in near if size in LIKELY_INPUTS] + near if sides else [224]
    for size in dict.fromkeys(likely):
        for channel in channels:
            yield f"{channel}x{size}x{size}"


def last_of(record: Record) -> int:
    return int(record.said.get("out", "0") or 0) or (record.shape[-1] if record.shape else 0)


def main_name(kind: str) -> str:
    try:
        return next((word.text for word in papers.words(kind) if word.kind == "name"), "")
    except Unclear:
        return ""


def rows_of(net: Network, record: Record) -> list[Row]:
    """The rows to fit for a record: its layer, and the norm, activation and dropout that it names. Raises Unclear."""
    kind = re.sub(r"(?<=[A-Za-z])[-_]?\d+(_\d+)?$", "", record.kind.strip()) if len(record.kind) > 2 else record.kind
    kind = re.sub(r"(?i)(hidden|output|final|first|last|second|third|block)\s*(layer)?(?=.*[A-Za-z]{2})", " ", kind)
    parts = re.match(r"(?i)^\s*\d+\s*[.):]?\s+(.*)", kind)
    kind = parts[1] if parts else kind
    if match := re.fullmatch(r"(?i)adaptive(avg|average|max)pool(?:ing)?\d?d?", kind):
        sizes = [str(size) for size in record.shape[1:]] if len(record.shape) > 2 else ["1"]
        which = "max" if match[1].lower() == "max" else "avg"
        side = sizes[0] if len(set(sizes)) == 1 else "x".join(sizes)
        return [Row(constant([f"adaptive{which}pool {side}"]), record.shape or None)]
    every = papers.words(re.sub(r"\s*[+&]\s*", " ", kind))
    said = dict(record.said)
    names: list[str] = []
    for word, value in every:
        if word == "name":
            names.append(value)
        elif word == "square":
            said.setdefault("k", value)
        elif word == "attached" and "k" not in said:
            said["k"] = value
        elif word in ("k", "s", "p", "d", "g", "out", "into"):
            said.setdefault(word, value)
        elif word == "nobias":
            said["bias"] = "no"
        elif word == "by":
            said.setdefault("s", value)
        elif word == "number" and "out" not in said and names and names[0] in ("linear", "conv"):
            said["out"] = value
        elif word not in ("outname", "number", "attached"):
            raise Unclear
    if not names:
        raise Unclear
    head, *rest = names
    if head in ("bn", *ACTIVATIONS.values()) and any(name.startswith(("conv", "linear")) for name in rest):
        raise Unclear  # a norm in front
    for key in ("norm", "act", "rate"):
        value = said.pop(key, "").lower()
        if key == "norm" and value and value not in ("no", "false", "0", "x", "✗"):
            rest.append("bn")
        if key == "act" and value not in ("", "no", "none", "linear", "identity"):
            rest += acts(value)
        if key == "rate" and value not in ("", "0", "no"):
            (rest if head != "dropout" else []).append(f"dropout {value}")
            if head == "dropout":
                said["rate"] = value
    repeat = said.pop("repeat", "1").lower().strip("x ×")
    if not repeat.isdecimal() or not 0 < int(repeat) < 100:
        raise Unclear
    out = record.shape or None
    free = ways_of(net, head, {key: value for key, value in said.items() if key != "p"}, record)
    says = " ".join([record.kind.strip(), *(f"{key}={value}" for key, value in said.items())])
    made = [Row(ways_of(net, head, said, record), None if repeat != "1" else out, record.params, says, free)]
    after = [Row(constant([behind(name)])) for name in rest]
    return (made + after) * int(repeat)


def acts(value: str) -> list[str]:
    key = re.sub(r"[\s_-]", "", value)
    if key not in ACTIVATIONS:
        raise Unclear
    return [key if "softmax" in key else ACTIVATIONS[key]]


def behind(name: str) -> str:
    return f"{name} 1" if name in ("softmax", "logsoftmax") else "maxpool 2" if name == "maxpool" else name


def constant(layers: list[str]) -> Callable[[Shape], list[list[str]]]:
    return lambda arrives: [layers]


def ways_of(net: Network, name: str, said: dict[str, str], record: Record) -> Callable[[Shape], list[list[str]]]:
    """What a row can mean, by what arrives. Raises Unclear where it names what is not known."""
    if name.startswith("conv") or name in ("depthwise", "pointwise", "separable"):
        return lambda arrives: list(convs(net, name, said, record, arrives))
    if re.fullmatch(r"(max|avg)?pool([123]d)?", name):
        return lambda arrives: list(pools(net, name, said, record, arrives))
    if name == "linear":
        return lambda arrives: list(linears(said, record, arrives))
    if name in ("gap", "gmp"):
        return constant_ways([[name, "flatten"], [name]] if len(record.shape) == 1 else [[name], [name, "flatten"]])
    if name == "flatten":
        return lambda arrives: [["flatten"], []] if len(arrives) > 1 else [[]]
    if name == "dropout":
        return constant([f"dropout {said.get('rate', '0.5')}"])
    if name == "upsample":
        return constant_ways([[f"upsample {factor}"] for factor in ([said["s"]] if "s" in said else ["2", "4", "8"])])
    if name in ("softmax", "logsoftmax"):
        return constant([f"{name} 1"])
    if name in ("bn", "ln", "instancenorm") or find(name.split()[0]) is not None:
        return constant([name])
    raise Unclear


def constant_ways(ways: list[list[str]]) -> Callable[[Shape], list[list[str]]]:
    return lambda arrives: ways


def outs(said: dict[str, str], record: Record) -> list[str]:
    """How many channels go out: as said, or the last or first of what is given."""
    if "out" in said:
        return [said["out"]]
    if not record.shape:
        raise Unclear
    return list(dict.fromkeys(str(size) for size in (record.shape[-1], record.shape[0])))


def sides_of(said: dict[str, str], record: Record, out: int, arrives: Shape, groups: int) -> list[tuple[str, bool]]:
    """Kernels, and whether there is a bias: as said, or as the parameters want it."""
    if "k" in said:
        return [(said["k"], True), (said["k"], False)] if record.params is not None else [(said["k"], True)]
    if record.params is None or not isinstance(arrives[0], int):
        raise Unclear
    axes = len(arrives) - 1
    found = []
    for biased in (True, False):
        weights = record.params - (out if biased else 0)
        each, rest = divmod(weights, out * arrives[0] // groups or 1)
        found += [(str(side), biased) for side in SIDES if not rest and side**axes == each]
    return found


def convs(net: Network, name: str, said: dict[str, str], record: Record, arrives: Shape) -> Iterator[list[str]]:
    for out in outs(said, record):
        if name == "separable":
            pads = "" if said.get("p") in ("0", "valid") else " p1"
            yield [f"conv channels k{said.get('k', '3')}{stride_text(said)}{pads} g=channels bias=no", f"conv {out} k1"]
            continue
        deep = name == "depthwise"
        groups = arrives[0] if deep and isinstance(arrives[0], int) else int(said.get("g", "1"))
        out = "channels" if deep else out
        given = said | ({"k": "1"} if name == "pointwise" else {})
        count = int(out) if out.isdecimal() else groups
        for side, biased in sides_of(given, record, count, arrives, groups):
            sides = side.split("x")
            side = sides[0] if len(set(sides)) == 1 else side
            whole = name if name.startswith("conv") else "conv"
            for stride in [said["s"]] if "s" in said else ["1", "2", "4"] if record.shape else ["1"]:
                for pad in pads_of(net, said, record, sides, "transpose" in name):
                    texts = [whole, out, f"k{side}", *([f"s{stride}"] if stride != "1" else [])]
                    texts += [pad] if pad else []
                    texts += [f"d={said['d']}"] if said.get("d", "1") != "1" else []
                    texts += ["g=channels"] if deep else [f"g={groups}"] if groups != 1 else []
                    texts += [f"in_channels={said['into']}"] if "into" in said and not deep else []
                    yield [
                        " ".join(
                            texts
                            + (
                                []
                                if biased and said.get("bias", "yes").lower() not in ("no", "false", "0")
                                else ["bias=no"]
                            )
                        )
                    ]


def stride_text(said: dict[str, str]) -> str:
    return f" s{said['s']}" if said.get("s", "1") != "1" else ""


def pads_of(net: Network, said: dict[str, str], record: Record, sides: list[str], transposed: bool) -> list[str]:
    """Paddings: as said, or those that could give what the row says."""
    side = int(sides[0])
    halves = [int(each) // 2 for each in sides]
    keeps = f"p{halves[0]}" if len(set(halves)) == 1 else f"p{'x'.join(map(str, halves))}"
    keeps = keeps if any(halves) else ""
    pad = said.get("p")
    if pad == "same":
        return ["p=same", keeps] if said.get("s", "1") == "1" else [keeps]
    if pad is not None:
        return [f"p{pad}" if pad not in ("0", "valid", "no") else ""]
    if record.shape:
        found = [keeps, "", *(f"p{n}" for n in range(1, min(side, 6)))]
        found += [f"{pad} output_padding=1".strip() for pad in found] if transposed else []
        return list(dict.fromkeys(found))
    if keeps and not transposed:
        net.note(f"the text does not say the padding, for which {keeps} is taken here; without it the map shrinks")
    return ["" if transposed else keeps]


def pools(net: Network, name: str, said: dict[str, str], record: Record, arrives: Shape) -> Iterator[list[str]]:
    if name.startswith("pool"):
        name = f"max{name}"
        net.note("a pool that does not say which is taken as maxpool; avgpool gives the same figures")
    side = said.get("k", "").split("x")[0] or said.get("s", "")
    if "k" in said and len(set(said["k"].split("x"))) > 1:
        side = f"k{said['k']}"
    if not side and not record.shape:
        net.note(f"{name} does not say its size, for which 2 is taken here")
    for kernel in [side] if side else ["2", "3", "4"]:
        number = kernel if kernel.isdecimal() else ""
        strides = [said["s"]] if "s" in said else [kernel, "2", "1"] if record.shape else [kernel]
        for stride in dict.fromkeys(strides):
            pad = said.get("p")
            half = str(int(number) // 2) if number else "0"
            pads = [half if pad == "same" and stride != kernel else pad] if pad not in (None, "valid", "no") else ["0"]
            if pad is None and record.shape:
                pads += [half, "ceil"]
            for each in pads:
                end = " ceil_mode=yes" if each in ("ceil", "same") else f" p{each}" if each != "0" else ""
                yield [f"{name} {kernel}{f' s{stride}' if stride != kernel else ''}{end}"]
    if name.startswith("avgpool") and (not side or record.shape):
        yield ["gap"]


def linears(said: dict[str, str], record: Record, arrives: Shape) -> Iterator[list[str]]:
    out = outs(said, record)[0]
    for end in ("", " bias=no") if record.params is not None else ("",):
        layer = f"linear {out}{end}"
        if len(arrives) > 2:
            yield ["flatten", layer]
            if record.shape:
                yield ["gap", "flatten", layer]
        else:
            yield [layer]
            if len(arrives) > 1:
                yield ["flatten", layer]
