"""One layer by itself, in a question: `how many parameters has a 3x3 conv with 64 filters on 128 channels?`"""

from __future__ import annotations

import re

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.chatter import without_chatter
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.prose import NUMBERS
from cnncalc.language.foreign.shapes import shape_of
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.read.smallest import AXES

LONGEST = 300
"""Characters of a question."""
_ASKS = re.compile(
    r"(?i)^\W*(?:what|how|calculate|compute|find|get|give|number of|(?:output|parameters?|params)\b|is\b|does\b)"
)
_CHANNELS = r"(?:input |in )?(?:channels|feature ?maps|features|units|neurons|inputs|dims?)"
_FROM_TO = re.compile(
    rf"(?i)\b(?:from\s+|in(?:put)?\s+)?(\d+)\s*(?:{_CHANNELS})?\s*(?:->|→|=>|\bto\b)\s*(?:out(?:put)?\s+)?(\d+)"
    rf"(?!\s*x)(?:\s*(?:output |out )?(?:channels|feature ?maps|features|units|neurons|outputs|dims?|classes))?"
)
_INTO = re.compile(
    r"(?i)\b(?:(?:on|from|for|over|with|to|taking|takes|and|given|has|having|"
    r"of)\s+)?(?:an?\s+)?(?:inputs?\s+(?:of|with|has)\s+)?"
    r"(?:(\d+)\s*[- ]?(?:(?:input|in|incoming)[- ]?(?:channels?|feature ?maps?|features|units|neurons|nodes|"
    r"dims?)|inputs\b)|"
    r"(?:in_channels|in_features|input_size|input (?:size|dim(?:ension)?|channels|features))\s*(?:of|=|:|"
    r"is)?\s*(\d+)(?!\s*x))"
)
_OVER = re.compile(
    r"(?i)\b(?:on|from|over|taking|given|applied to|inputs?)\s+(?:an?\s+)?(?:(?:inputs?|sequences?|vectors?|"
    r"series)\s+(?:of|with|has)\s+)?"
    r"(?:(\d+)[- ]?(?:channels?|feature ?maps|features|dimensional)"
    r"(?:\s+(?:inputs?|vectors?|sequences?|data|images?|maps?))?)"
)
_OUT = re.compile(
    r"(?i)\b(\d+)\s*(?:output|out)[- ]?(?:channels|feature ?maps|features|units|neurons)|\b(\d+)\s*outputs\b"
)
_ON = re.compile(
    r"(?i)[,\s]*\b(?:on|for|to|given|over|of|from|if|when|and|with|inputs?)\b\s*[:=]?\s*(?:(?:the|an?|my|input|"
    r"inputs|image|images|size|shape|of|"
    r"is|are|feature|maps?|that|has|volume|tensor)\s+)*"
    r"(?P<shape>[(\[]?\d+\s*[x*,]\s*\d+(?:\s*[x*,]\s*\d+)?[)\]]?)(?P<colour>(?:\s+(?:rgb|gr[ae]y(?:scale)?|"
    r"colou?r))?)"
    r"(?=\s*(?:$|[?.,]|inputs?|images?|feature|maps?|volume|tensor|picture))(?:\s*(?:inputs?|images?|"
    r"feature ?maps?|maps?|"
    r"volume|tensor|pictures?))*"
)
_WORDS = re.compile(
    r"(?i)\b(?:what|whats|is|are|the|of|how|many|much|does|do|did|in|an?|there|have|has|need|needs|calculate|compute|"
    r"find|get|give|number|total|count|trainable|learnable|parameters?|params|weights|flops|macs|layers?|that|"
    r"which|it|me|"
    r"will|be|would|shape|dimensions?|applying|apply|applied|using|use|i|we|you|can|tell|please|after|and|gives?|"
    r"produces?|pytorch|keras|single|one|fpn|lateral|projection|"
    r"incl|including|with bias(?:es)?|(?<!no )bias(?:es)?|volume|contain|contains|if|s|followed|by|output|for|"
    r"takes?)\b|output (?:size|shape|"
    r"volume|dimensions?)|"
    r"[?!]"
)
_LAYER = re.compile(
    r"(?i)\b(?:conv\w*|deconv\w*|dense|fully[- ]connected|linear|fc|pool\w*|\w*pool(?:ing)?|lstm|gru|rnn|"
    r"depthwise|separable)\b"
)
_RECURRENT = re.compile(
    r"(?i)\b(?:an?\s+)?(?:(?P<layers>\d+)[- ]?layer(?:ed)?s?\s+)?(?P<both>bi-?directional\s+|"
    r"bi-?)?(?P<layers2>\d+[- ]layer(?:ed)?\s+)?"
    r"(?P<kind>lstm|gru|rnn)(?:\s+(?:layer|network|cell|encoder|model))?s?(?:\s*[,:]?\s*(?:with|of|has|having|"
    r"and)?\s*(?:an?\s+)?"
    r"(?:(?P<units>\d+)\s+(?:hidden\s+)?(?:units|neurons|cells|hidden)|hidden[ _](?:size|dim(?:ension)?|units?|"
    r"state)\s*(?:of|=|:)?\s*"
    r"(?P<hidden>\d+)))?"
)
_STEPS = re.compile(
    r"(?i)[,\s]*\b(?:on |over |for )?(?:an? |the )?(?:inputs? (?:is |of |has |shape )?)?(\d+) (?:time ?-?)?steps? "
    r"(?:of|with|x|and) (\d+)(?: features)?"
)
_HEAD = re.compile(
    r"(?i)[,\s]*(?:and\s+)?(?:then\s+)?(?:(?:followed by|->|and then|then)\s+(?:an?\s+)?(?:final\s+|single\s+)?"
    r"(?:linear|dense|fully[- ]connected|fc|output)\s*(?:layer)?\s*(?:(?:with|to|of|for|onto|into)\s+)?|"
    r"(?:with\s+)?(?:an?\s+)?output\s*(?:layer\s+)?(?:of\s+|with\s+)?)(?P<out>\d+)\s*"
    r"(?:classes|outputs?|units|neurons|labels|categories|class(?:es)?)?"
)


def network_of(text: str, tries: Tries) -> Network | None:
    """The layer that a text describes; None where the text is no question about one. Raises Unclear."""
    kept = without_chatter(text.strip())
    asked = _ASKS.search(text.strip()) is not None or kept != text.strip()
    text, headed = re.subn(r"(?i)^\s*(\w+(?:[ -]\w+)?)\s*:\s+(?=(?:the )?input\b)", r"\1, ", kept)
    asks = asked or bool(headed) or re.search(r"(?i)\bapplied (?:to|on)\b", kept) is not None
    if len(text) > LONGEST or re.search(r"[|\n{};]|\w\(", text):
        return None
    for word, number in NUMBERS.items():
        text = re.sub(rf"(?i)\b{word}\b(?=[- ]layer)", str(number), text)
    text = text.replace("×", "x").replace("'", " ")
    text = _SMALL.sub(lambda m: m[1] if NUMBERS[m[1].lower()] == 1 else str(NUMBERS[m[1].lower()]), text)
    if re.search(r"(?i)\b(?:lstm|gru|rnn)\b", text):
        return recurrent(text, tries)
    if kept_by := _KEEPS.search(text):
        return keeping(kept_by, tries)
    if stacked := _STACKED.search(_SMALL.sub(lambda m: str(NUMBERS[m[1].lower()]), text)):
        return stack(stacked, tries)
    arrows = len(re.findall(r"->|→|=>", text))
    text = re.sub(r"(?i)\b(?:no|without|zero) padding\b", "padding 0", text)
    text = re.sub(r"(?i)\bwithout (?:an? )?bias\b", "no bias", text)
    text = re.sub(r"(?i)\b(\d+) groups\b", r"groups \1", text)
    text = re.sub(r"(?i)\b([123])-?d (conv)\w*", r"\2\1d", text)
    if not _LAYER.search(text) and re.search(r"(?i)\d\s*(?:filters|kernels)\b", text):
        text = re.sub(r"(?i)\b(\d+\s*(?:filters|kernels))\b", r"conv \1", text, count=1)
    between = re.search(r"(?i)\d\s*(?:->|→|=>|\bto\b)\s*\d+\s*(?:output |out )?(?:channels|feature|units)", text)
    if re.search(r"(?i)conv|dense|linear|\bfc\b|fully", text) and not re.search(
        r"(?i)pool|\d\s*x\s*\d+\s*(?:->|→|=>)", text
    ):
        between = between or re.search(r"(?<![\w.])\d+\s*(?:->|→|=>|\bto\b)\s*\d+(?![\w.]|\s*x)", text)
    asks = asks or re.search(r"(?i)\b(?:how many parameters|what is the output size)\b", text) is not None
    if not (asks or between) or len(_LAYER.findall(text)) > 3 or arrows > 1:
        return None
    net = Network()
    into, out, text = ends(text)
    shape: list[str] = []
    if match := _ON.search(text):
        found = shape_of(match["shape"] + (match["colour"] or ""))
        if found is None:
            raise Unclear
        shape, notes = found
        text = f"{text[: match.start()]} {text[match.end() :]}"
        net.notes += notes
    said = re.sub(r"[\s,]+", " ", _WORDS.sub(" ", text)).strip(" .,:")
    dense = re.search(r"(?i)\b(?:dense|fully[- ]connected|linear|fc)\b", said) is not None
    pools = re.search(r"(?i)pool", said) is not None and not re.search(r"(?i)conv", said)
    if (
        re.search(r"(?i)\bconv", said)
        and out is None
        and not re.search(r"(?i)\d+\s*(?:filters?|kernels|channels)|conv\w*\s+\d+(?!\s*x|\d)", said)
    ):
        out = "64"
        net.note("the text does not say how many filters, for which 64 is here; the size of the output is the same")
    if dense and into is None and len(shape) < 1:
        raise Unclear
    if out is not None:
        said = f"{out} {'units' if dense else 'filters'} {said}"
    if not tries.given and not tries.shape:
        dims = re.search(r"(?i)\bconv([123])d", said)
        if not re.search(r"\d", text) and not into:
            raise Unclear
        net.start("input", tuple(sizes(into, shape, AXES[int(dims[1]) if dims else 2], dense, pools, net)))
    else:
        net.running = "input"
        net.layout = "" if dense else "map"
    net.asked = True
    net.add(papers.layers_in(net, said))
    return net


_SMALL = re.compile(rf"(?i)\b({'|'.join(word for word in NUMBERS if word.isalpha())})\b")
_STACKED = re.compile(
    r"(?i)receptive field (?:size )?(?:of|for|after) (?P<n>\d+) (?:stacked |consecutive |successive )?"
    r"(?P<k>\d+)x(?P=k) "
    r"(?:conv\w*)(?: layers)?(?:,? (?:with |of |and )?stride (?:of )?(?P<s>\d))?"
    r"(?:,? (?:with |and )?dilation (?:of )?(?P<d>\d))?\W*$"
)


_KEEPS = re.compile(
    r"(?i)^\W*(?:what|which|how much) padding (?:keeps?|preserves?|is needed to keep|do i need (?:for|to keep)|gives?)"
    r"\W+(?:the )?(?:same |spatial |output |input )*(?:size|shape|resolution|dimensions?)\b[^\d]*"
    r"kernel (?:size )?(?:of )?(?P<k>\d+)(?:x(?P=k))?(?:\D+dilation (?:of )?(?P<d>\d+))?\W*$"
)


def keeping(said: re.Match[str], tries: Tries) -> Network:
    """A convolution whose padding is asked at which the size stays. Raises Unclear for an even kernel."""
    kernel, dilation = int(said["k"]), int(said["d"] or "1")
    if kernel % 2 == 0:
        raise Unclear
    net = Network()
    if not tries.given and not tries.shape:
        net.start("input", ("3", "224", "224"))
    more = f" d{dilation}" if dilation > 1 else ""
    net.add([f"conv 64 k{kernel} p{dilation * (kernel // 2)}{more}"])
    return net


def stack(said: re.Match[str], tries: Tries) -> Network:
    """Equal convolutions in a row, of which the receptive field is asked."""
    net = Network()
    stride, dilation = said["s"] or "1", said["d"] or "1"
    if not tries.given and not tries.shape:
        net.start("input", ("3", "224", "224"))
    more = (f" s{stride}" if stride != "1" else "") + (f" d{dilation}" if dilation != "1" else "")
    net.add([f"{said['n']} * (conv 64 k{said['k']}{more})"])
    net.note("the receptive field is in the column field; channels and sizes do not change it")
    return net


def words_alone(text: str) -> bool:
    """Has a text no word but those of which a question is made?"""
    return re.search(r"\w", _WORDS.sub(" ", text)) is None


def ends(text: str) -> tuple[str | None, str | None, str]:
    """What goes into a layer and out of it where the text says so, and the text without it."""
    into = out = None
    if match := _FROM_TO.search(text):
        if re.search(r"(?i)\b(?:strides?|pad\w*|kernels?|dilation|size)\s*(?:of|=)?\s*$", text[: match.start()]):
            raise Unclear
        into, out = match[1], match[2]
        return into, out, f"{text[: match.start()]} {text[match.end() :]}"
    for pattern in (_INTO, _OVER):
        if into is None and (match := pattern.search(text)):
            into = next(group for group in match.groups() if group)
            text = f"{text[: match.start()]} {text[match.end() :]}"
    if match := _OUT.search(text):
        out = match[1] or match[2]
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return into, out, text


def sizes(
    into: str | None, shape: list[str], axes: tuple[str, ...], dense: bool, pools: bool, net: Network
) -> list[str]:
    """The input of the layer, with axes of open sizes where the text says none. Raises Unclear."""
    if dense:
        return [into] if into else shape
    if len(shape) == len(axes) + 1:
        if into not in (None, shape[0]):
            raise Unclear
        return shape
    if shape and len(shape) != len(axes):
        raise Unclear
    if into is None:
        into = "64" if pools else "3"
        net.note(f"the text does not say how many channels come in, for which {into} is here")
    return [into, *(shape or axes)]


def recurrent(text: str, tries: Tries) -> Network | None:
    """An LSTM, GRU or RNN, and a linear on its last step."""
    into, _, rest = ends(text)
    head = _HEAD.search(rest)
    if head:
        rest = f"{rest[: head.start()]} {rest[head.end() :]}"
    if steps_in := _STEPS.search(rest):
        rest = f"{rest[: steps_in.start()]} {rest[steps_in.end() :]}"
        if into not in (None, steps_in[2]):
            raise Unclear
        into = steps_in[2]
    rest = re.sub(r"(?i)\b(\d+)\s+(lstm|gru|rnn)\s+layers\b", r"\1-layer \2", rest)
    rest = re.sub(r"(?i)\b(lstm|gru|rnn)\s+(\d+)(?=\s*(?:,|followed|->|$))", r"\1 with \2 units", rest)
    many = re.search(r"(?i)[,\s]*\b(?:and |with )?(\d+) (?:stacked )?layers\b", rest)
    if many:
        rest = f"{rest[: many.start()]} {rest[many.end() :]}"
    match = _RECURRENT.search(rest)
    if match is None or not (units := match["units"] or match["hidden"]):
        return None
    rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    rest = re.sub(
        r"(?i)\b(?:on|over|sequences?|inputs?|vectors?|of|with|for|to|classif\w+|simple|vanilla|basic)\b", " ", rest
    )
    if re.search(r"\w", _WORDS.sub(" ", rest)):
        return None
    net = Network()
    said = [match["layers"], re.sub(r"\D", "", match["layers2"] or ""), many[1] if many else None]
    layers = next((each for each in said if each), "")
    if len([each for each in said if each]) > 1:
        raise Unclear
    made = f"{match['kind'].lower()} {units}" + (f" layers={layers}" if layers not in ("", "1") else "")
    steps = [made + (" bidirectional=yes" if match["both"] else "")]
    net.note("PyTorch's recurrent layers have two biases for each gate, and Keras' one")
    if head:
        steps += ["select 1 -1", f"linear {head['out']}"]
        net.note("the last step alone goes into the linear")
    if not tries.given and not tries.shape:
        if into is None:
            return None
        net.start("input", (steps_in[1] if steps_in else "L", into))
    net.add(steps)
    return net
