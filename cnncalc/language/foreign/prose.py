"""Networks in sentences: `two 3x3 convolutional layers with 64 filters, each followed by ReLU, then max pooling`."""

from __future__ import annotations

import re

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.rules import ruled
from cnncalc.language.foreign.shapes import DATASETS, first_input, shape_of
from cnncalc.language.foreign.tries import Tries

SMALL = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
NUMBERS = {"thirty-two": 32, "sixty-four": 64, "sixteen": 16, "single": 1} | {
    word: n for n, word in enumerate(SMALL, 1)
}
_SENTENCES = re.compile(
    r"(?i)\b(network|model|cnn|consists?|followed|layers?|takes?|begins?|starts?|then|finally|applied|"
    r"stack(?:ed|s)?|we|our|"
    r"encoder|inputs?|using|uses|after|each|has)\b"
)
_STOPS = re.compile(r"(?<=\w)\.(?:\s+(?=[A-Z])|\s*$)")
_INPUT = re.compile(
    r"(?i)(?:\b(?:the\s+)?(?:inputs?(?:\s+images?|\s+to\s+(?:the|our)(?:\s+neural)?\s+network)?(?:\s+(?:is|are|of|"
    r"consists?\s+of))?|takes?|accepts?|receives?|reads?|given|for|"
    r"on|from|operat\w+ on|with)\b"
    r"(?:\s+(?:as\s+input|an?|the|in|input|images?|of|size|shape|:|are|is)){0,8}\s*)"
    r"(?P<shape>(?:(?:RGB|gr[ae]y(?:scale)?|colou?r|"
    r"\d+-channel)\s+)?(?:images?\s+)?(?:of\s+)?(?:size\s+)?(?:\d+\s*x\s*\d+(?:\s*x\s*\d+)?|\(\d+(?:,\s*\d+)+\))"
    r"(?:\s*(?:pixels?|RGB|gr[ae]y(?:scale)?|colou?r|images?|inputs?|with \d+ channels?|"
    r"single-channel)){0,8})(?:\s+as\s+input)?"
)
_JOINS = re.compile(
    r"(?i)[.;]\s+|[.;]$|,?\s*\b(?:and\s+)?(?:then|finally|next|lastly|afterwards|after (?:that|which|this)|"
    r"subsequently)\b,?\s*|"
    r"(?<!each )(?<!all )(?<!both )\b(?:is |are )?followed by\b|\n+|\b(?:and )?ends? (?:with|in)\b|\bfeed(?:s|"
    r"ing)? (?:in)?to\b|\bbefore (?=an?\b|the\b)"
)
_SAYS_NOTHING = re.compile(
    r"(?i)\b(?:the|our|this|a|an|it|network|model|cnn|architecture|begins?|starts?|consists?|has|have|had|with|of|"
    r"is|are|uses?|using|we|apply|"
    r"applied|applies|there|classifier|simple|small|first|second|third|last|final|come|comes|output|block|"
    r"blocks|that|"
    r"which|where|contains?|stack|by|"
    r"layers?|hidden|operation|max-?imum|two-dimensional|2d|in|to|on|at|as|and|also|afterwards|producing|produces|"
    r"gives?|giving|made|up|composed|added|placed|performed|used|again|fed|into|mlp|perceptron|multi-?layer|"
    r"respectively|its|they|them|max-?imum|image|images|such|all|result|goes|through|follows?|encoder|our)\b"
)
_MANY = re.compile(
    r"(?<![\w.])(?P<n>\d+)\s+(?=(?:\d+\s*x\s*\d+\s+)?(?:[A-Za-z-]+\s+){0,3}?(?:layers|conv\w*s|blocks)\b)"
)
_LIST = re.compile(
    r"(?:(?:with|of|having|using|at|width)\s+)?\(?(?P<list>\d+(?:\s*(?:,\s*and|,|and|/|-)\s*\d+)+)\)?\s*"
    r"(?:filters?|channels?|units?|neurons?|nodes?|feature maps|maps|kernels?|outputs?|"
    r"features)?(?:\s*,?\s*respectively)?"
)
_DENSE = re.compile(r"(?i)\b(?:dense|fully[- ]connected|fc|linear)\b")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of sentences; None where the text is none. Raises Unclear."""
    if re.search(r"->|→|\||=>|[{}\[\]]|\w\(|=\s*\w", text):
        return None
    text = counted(text)
    if len(_SENTENCES.findall(text)) < 2 and len(_STOPS.findall(text)) < 2:
        return None
    text = re.sub(r"\s+", " ", text.replace('"', " ").replace("'", " "))
    for word, number in NUMBERS.items():
        text = re.sub(rf"(?i)(?<!ty-)\b{word}\b(?![- ]dimensional)", str(number), text)
    text = re.sub(r"(?<=\d) by (?=\d)", "x", text)
    text = re.sub(r"(?i)\binput(?: layer)?\s*:", "input is", text)
    text = _NTH.sub(lambda m: f"{m[1].rstrip('0123456789')}: " if m[1] else "", text)
    text = _HEADED.sub(headed, text)
    text = re.sub(r"(?i)[,\s]*\(?\b(?:no|without) activation\b\)?", "", text)
    text = re.sub(r"(?i)\b(same|valid) padding\b", r"padding \1", text)
    text = _BLOCKS.sub(
        lambda m: f"conv layers{m[2]}, each followed by {', '.join(re.findall('[A-Za-z]+', m[1]))}", text
    )
    text = again_pooled(re.sub(r"(?i)\bwithout padding\b", "padding 0", text))
    text = re.sub(
        r"(?i)\b(?:the )?(?:resulting )?(?:features?|maps|feature maps?|outputs?|result) (?:is|"
        r"are) (?:then )?flattened\b",
        "flatten",
        text,
    )
    text = re.sub(
        r"(?i)\bflatten(?:ed|ing)\b",
        "flatten",
        re.sub(r"(?i)\bhidden (?=layers?\b(?! conv| is fully))", "dense ", text),
    )
    text = re.sub(
        r"(?i)\bflatten and (?:goes|passes|is (?:passed|fed)) (?:through|to|into)\b", "flatten followed by", text
    )
    text = _CONVOLVES.sub(
        lambda m: f"conv {m['size'] or m['size2']} {m['n']} filters{m['stride'] or m['stride2'] or ''}", text
    )
    text = re.sub(
        r"(?i)\b(?:an?|1)?\s*(?:single |1 )?output for each (?:of the )?(\d+) (?:valid )?\w+", r" \1 outputs", text
    )
    text = re.sub(r"(?i)\bis (fully[- ]connected) and consists of\b", r"\1 with", text)
    text = re.sub(r"(?i)\b(\d+) (?:rectifier|relu) units\b", r"\1 units relu", text)
    net = Network()
    text, net.rules = ruled(text)
    if (width := re.search(r"(?i)\b(\d+) input(?:s| features| units| neurons)\b", text)) and not _INPUT.search(text):
        text = f"{text[: width.start()]} {text[width.end() :]}"
        if not tries.given and not tries.shape:
            net.start("input", (int(width[1]),))
    elif match := _INPUT.search(text):
        found = shape_of(match["shape"])
        if found is None:
            raise Unclear
        text = f"{text[: match.start()]} . {text[match.end() :]}"
        if not tries.given and not tries.shape:
            net.start("input", tuple(found[0]))
    if tries.given or tries.shape or not net.inputs:
        net.layout = "map" if (tries.shape or first_input(text)).count("x") > 1 else ""
    stage: list[str] = []  # clauses since the last sentence began, for one that repeats them
    for sentence in re.split(r"(?<=[^\d.])\.\s+|(?<=\d)\.\s+|\.$", text):
        clauses = [clause for clause in _JOINS.split(sentence) if re.search(r"\w", clause)]
        if (again := repeated(" ".join(clauses), stage)) is not None:
            clauses = again
        else:
            stage = clauses
        for clause in clauses:
            for layer in of_clause(net, clause):
                net.add([layer])
    return net


_CONVOLVES = re.compile(  # convolves 32 filters of 8x8 with stride 4 with the input image
    r"(?i)\b(?:conv\w*\s+(?:layer\s+)?(?:(?:that|which)\s+)?)?convolves\s+(?P<n>\d+)\s+(?:(?P<size>\d+\s*x\s*\d+)\s+(?:filters|kernels)|(?:filters|kernels)\s+of\s+"
    r"(?:size\s+)?(?P<size2>\d+\s*x\s*\d+))(?P<stride>\s+with (?:a )?stride (?:of )?\d+)?"
    r"(?:\s+with (?:the|its) input(?: image)?)?(?P<stride2>\s+with (?:a )?stride (?:of )?\d+)?"
)
_COUNTED = re.compile(
    rf"(?i)^\W*(?:an?|my|the)?\s*(?P<n>\d+|{'|'.join(SMALL)})[- ]layer(?:ed)?\s+"
    r"(?:(?P<conv>cnn|conv\w*(?:\s+(?:neural\s+)?net\w*)?)|"
    r"(?:mlp|(?:fully[- ]connected|dense|feed-?forward)\s+net\w*|perceptron))"
    r"(?:\s+(?:for|on)\s+(?P<data>[A-Za-z]+[- ]?\d*))?\s*(?:with|having|using|of|:|,)\s+(?P<rest>.*)$",
    re.DOTALL,
)


def counted(text: str) -> str:
    """`a 2-layer CNN for MNIST with 32 and 64 filters of 5x5` as sentences; any other text as it is."""
    match = _COUNTED.match(text)
    if match is None:
        return text
    shape = DATASETS.get(re.sub(r"\W", "", (match["data"] or "").lower()))
    if match["data"] and shape is None:
        return text
    takes = f"The network takes {shape} input. " if shape else ""
    return f"{takes}Then it has {match['n']} {'conv' if match['conv'] else 'dense'} layers with {match['rest']}"


_BLOCKS = re.compile(  # conv blocks (conv-bn-relu-pool) with 32 and 64 filters
    r"(?i)\bconv\w* blocks?\s*\(\s*conv((?:\s*[-+,/]\s*[A-Za-z]+){1,5})\s*\)([^.;]{0,200}?)(?=,?\s*(?:\bthen\b|"
    r"\bfollowed\b|\binput\b|[.;]|$))"
)
_HEADED = re.compile(
    r"(?i)(?:(?<=^)|(?<=[.;] ))(conv\w*|pool\w*|max-?pool\w*|dense|fc|fully[- ]connected|output|dropout)"
    r"(?:[ -]layer)?\s*\d{0,2}\s*:\s*([^.;]*)"
)
_NTH = re.compile(r"(?i)\b(?:first|second|third|fourth|fifth|next|last|final) layer\s*(?:\((\w+)\))?\s*:\s*")


def headed(match: re.Match[str]) -> str:
    """`Pool 1: 2x2 max` without its heading: the layer of the heading, and what is said of it."""
    name, said = match[1], match[2]
    if re.fullmatch(r"(?i)pool\w*", name) and (
        kind := re.search(
            r"(?i)\b(max|average|"
            r"avg)\b(?:[- ]?pool\w*)?",
            said,
        )
    ):
        said, name = f"{said[: kind.start()]} {said[kind.end() :]}", f"{kind[1]} pooling"
    elif re.search(rf"(?i)\b{name[:4]}", said):  # Conv 1: a 3x3 convolution
        name = ""
    return f"{name} {said}"


def again_pooled(text: str) -> str:
    """The text with the pool that was said last in place of `the same pooling`."""
    pool = r"(?:\d+x\d+ )?(?:max|average)[- ]pool(?:ing)?(?: \d+x\d+)?(?: with (?:a )?stride (?:of )?\d+)?"
    while same := re.search(r"(?i)\bthe same (?:max |average )?pooling\b(?! \w*size)(?: layer)?", text):
        before = [match[0] for match in re.finditer(rf"(?i){pool}", text[: same.start()])]
        if not before:
            raise Unclear
        text = f"{text[: same.start()]}{before[-1]}{text[same.end() :]}"
    return text


def repeated(text: str, stage: list[str]) -> list[str] | None:
    """`This is repeated with 128 filters`: the clauses before, with other widths."""
    if not re.search(r"(?i)\brepeat(?:ed)?\b|\bsame (?:block|pattern|again)", text):
        return None
    widths = [
        int(number) for number in re.findall(r"(?<![x\d])\d+(?=\s*(?:filters|channels|feature maps|,|and))", text)
    ]
    times = re.search(r"(\d+) (?:more )?times|\b(twice|once)\b", text)
    if times and not widths:
        more = {"twice": 2, "once": 1}.get(times[2] or "") or int(times[1])
        count = more if "more" in times[0] or times[2] == "once" else more - 1
        return stage * count
    if not widths or times:
        raise Unclear
    found = []
    for width in widths:
        for clause in stage:
            found.append(re.sub(r"\b\d+(?=\s*(?:filters|channels|feature maps))", str(width), clause))
    return found


def of_clause(net: Network, clause: str) -> list[str]:
    """The layers of a clause. Raises Unclear."""
    base, _, behind = re.sub(
        r"(?i)\b(?:each|all|both)(?: of (?:which|them))?(?: (?:is|are|being))? followed by\b|\beach with\b|"
        r"\beach having\b",
        "§",
        clause,
    ).partition("§")
    behind, closing, further = behind.partition(")") if behind.count(")") > behind.count("(") else (behind, "", "")
    if behind and not re.search(r"[A-Za-z]{2}", base):
        raise Unclear
    tails = [tail for tail in re.split(r",|\band\b|\+", behind) if re.search(r"\w", tail)]
    made: list[str] = []
    for part in parts_of(base):
        for single in singles(part):
            made += ended(net, single)
            for tail in tails:
                made += ended(net, tail)
    return made + (of_clause(net, further) if closing and re.search(r"\w", further) else [])


def parts_of(text: str) -> list[str]:
    """The parts of a clause that name a layer each."""
    head = ""
    if many := _MANY.search(text):
        several = _LIST.search(text, many.end())
        end = several.end() if several else many.end()
        head, text = text[:end], text[end:]
    found: list[str] = []
    for piece in re.split(r",\s*(?:and\s+)?|\band\b|\bplus\b", text):
        named = any(word.kind == "name" for word in words_of(piece)) or ending(piece)
        if not found:
            found.append(head + piece)
        elif named:
            found.append(piece)
        else:
            found[-1] += f", {piece}"
    return [piece for piece in found if re.search(r"\w", _SAYS_NOTHING.sub("", piece))]


def words_of(text: str) -> list[papers.Word]:
    try:
        return papers.words(_SAYS_NOTHING.sub(" ", text))
    except Unclear:
        return []


def ending(text: str) -> re.Match[str] | None:
    """A last layer by its classes: `10-way softmax`, `softmax over 10 classes`, `output layer with 10 units`."""
    return re.search(
        r"(?i)(\d+)-(?:way|class)\b|(?:softmax|output|classif\w+|logits)\b[^\d]*?\b(\d+)\s*(?:classes|units|neurons|"
        r"outputs|categories|ways|nodes|logits|labels)?|(\d+)\s*(?:classes|output(?:s| units| neurons)|logits)",
        text,
    )


_KINDS = {
    "kernel": r"kernels?(?:\s+of)?(?:\s+sizes?)?|filter\s+sizes?",
    "stride": r"strides?",
    "padding": r"paddings?",
}


def listed(text: str, n: int) -> tuple[str, list[str]]:
    """The text without `kernel sizes 5, 3 and 3` and the like, and what each of n layers is given by them."""
    given = [""] * n
    if not 1 < n < 100:
        return text, given
    number = r"\d+(?:x\d+)?"
    several = rf"({number}(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*/\s*){number}){{{n - 1}}})(?![\dx]|\s*,\s*\d)"
    for kind, words in _KINDS.items():
        found = re.search(rf"(?i)\b(?:{words})\s*(?:of|=|:)?\s*{several}(?:\s+and\b|\s*respectively)?", text)
        if found is None:
            continue
        text = f"{text[: found.start()]} {text[found.end() :]}"
        given = [f"{before} {kind} {each}" for before, each in zip(given, re.findall(number, found[1]))]
    return text, given


def singles(text: str) -> list[str]:
    """`two conv layers with 32 and 64 filters` as a text for each layer."""
    many = _MANY.search(text)
    if many is None:
        return [text]
    n = int(many["n"])
    rest, each = listed(text[: many.start("n")] + text[many.end("n") :], n)
    several = _LIST.search(rest)
    if several is not None:
        widths = re.findall(r"\d+", several["list"])
        if len(widths) != n:
            raise Unclear
        word = "units" if _DENSE.search(rest) else "filters"
        return [
            f"{rest[: several.start()]} {width} {word} {also} {rest[several.end() :]}"
            for width, also in zip(widths, each)
        ]
    if not 0 < n < 100:
        raise Unclear
    return [f"{rest} {also}" for also in each]


def ended(net: Network, text: str) -> list[str]:
    """The layers of a text that names one, and norms and activations with it."""
    names = [word.text for word in words_of(text) if word.kind == "name"]
    if (match := ending(text)) and not any(name.startswith(("conv", "gap", "maxpool")) for name in names):
        if re.search(r"\d", text[: match.start()] + text[match.end() :]):
            raise Unclear
        made = papers.dense(net, next(number for number in match.groups() if number))
        acts = [word.lower() for word in re.findall(r"(?i)\b(?:log)?softmax\b|\bsigmoid\b", text)]
        return [*made, *(f"{name} 1" if "softmax" in name else name for name in acts)]
    plain = _SAYS_NOTHING.sub(" ", text)
    plain = re.sub(r"(?i)\b(conv(?:olution)?)s\b", r"\1", plain)
    plain = re.sub(r"(?i)\brectified linear units?\b|\brectifiers?\b", "relu", plain)
    plain = re.sub(
        r"(?i)\b(?:non-?linearity|each|then|activations?|probability|rate|size|sized|function|"
        r"operation)\b",
        " ",
        plain,
    )
    plain = re.sub(r"\s*[.,;:]+(?=\s|$)", " ", plain)
    return papers.layers_in(net, re.sub(r"\s+", " ", plain).strip())
