"""What people put around a text: `my model is ...`, `need param count: ...`, `..., output size?`, `Layer 3: ...`."""

from __future__ import annotations

import re

_FIGURE = (
    r"(?:trainable |total |number of |no\. of |output |input )*(?:params?|parameters?|param(?:eter)? counts?|weights|"
    r"outputs?|(?:volume |feature map )?(?:size|shape|dimensions?)|flops|g?macs|memory|counts?|figures)"
).replace(" ", r"\s")
_IN_FRONT = re.compile(
    rf"""(?ix)^\s*(?:
    (?:hi|hello|hey|please|pls|ok|so)\b[\s,!.]*
    |(?:here\s+is\s+|this\s+is\s+)?(?:my|our|the|a|an)\s+(?:(?:simple|small|tiny|little|own)\s+)?(?:model|net(?:work)?|cnn|
        architecture|arch|code|layers?)\s+(?:is|are|has|:)\s*:?\s*
    |(?:an?\s+)?(?:[123]-?d\s+)?(?:cnn|network|model|net|sequential)\s*:\s+
    |how\s+many\s+{_FIGURE}\s+(?:are\s+|does\s+|do\s+)?(?:there\s+)?(?:in|for|has|have|of)\s+(?:an?\s+|the\s+)?(?=(?:\d+-layer\s+)?
        (?:mlp|net|network|perceptron)\b|\d)
    |(?:we|i)\s+(?:use|have|built|build|want)\s+(?:an?\s+)?(?:\d+-layer\s+)?(?:cnn|network|model|mlp|net)\s*(?::|with|of)\s*
    |(?:i\s+)?(?:need|want|get|give\s+me|show|find|compute|calculate|calc|count)\s+(?:me\s+)?(?:the\s+)?{_FIGURE}
        \s*(?::|for\b|of\b)\s*
    |{_FIGURE}\s*(?::|\bfor\b)\s+
    )"""
)
_AT_END = re.compile(
    rf"(?i)(?<=[\w)\]])\s*[,.;?]\s*(?:(?:what(?:'s|\s+is|\s+are)?|how\s+(?:many|much|big|large)|find|give|and|calculate|"
    rf"compute)\s+)*(?:the\s+|its\s+|my\s+)*{_FIGURE}(?:\s+(?:size|shape|volume|will be|is|incl\w*\.?\s+bias(?:es)?|"
    r"in total|does it have|are there|has it|needed|it has|needs it))*\s*[?.!]*\s*$"
)
_AFTER_CALL = re.compile(rf"(?i)(?<=\))\s+{_FIGURE}\s*[?.!]*\s*$")
_INPUT_AT_END = re.compile(
    r"(?i)(?<=[\w)\]])\s*[,;]\s*(?:with\s+|and\s+)?(?:the\s+)?inputs?\s*(?:is|are|of|:|=|shape|size)*\s*"
    r"(?P<shape>\(?\d+(?:\s*[x,]\s*\d+){1,3}\)?|(?:fashion-?|e)?mnist|cifar-?100?|svhn|stl-?10|imagenet)\s*[.!]?\s*$"
)
_NUMBERED = re.compile(r"(?im)^[ \t]*(?:layer|step|block|stage)\s*\d+\s*[:.)-]\s+(?=\S)")


def without_chatter(text: str) -> str:
    """The text alone, with the input in front where it is said at the end; as it is where nothing is around it."""
    kept = text
    while (match := _IN_FRONT.match(text)) and re.search(r"\w", text[match.end() :]):
        text = text[match.end() :].rstrip().rstrip("?!")
    if len(_NUMBERED.findall(text)) > 1:
        text = _NUMBERED.sub("", text)
    while (match := _AFTER_CALL.search(text) or _AT_END.search(text)) and re.search(r"\d", text[: match.start()]):
        text = text[: match.start()]
    if (match := _INPUT_AT_END.search(text)) and not re.match(r"(?i)\s*(?:inputs?\b|\(?\d+\s*[x,]\s*\d)", text):
        text = f"{match['shape']} -> {text[: match.start()]}"
    return text if re.search(r"\w", text) else kept


_ON_SHAPE = re.compile(
    r"(?i)\s+(?:applied to|on|of|for)\s+(?:an?\s+)?(?P<shape>\d+\s*x\s*\d+\s*x\s*\d+)"
    r"(?:\s+(?:input|image|map)s?)?(?=\s*(?:,|;|$|then\b|followed\b|and then\b))"
)
_THEN = re.compile(r"(?i)\s*,?\s+(?:and\s+)?(?:then|followed by)\s+(?:an?\s+)?")


def told(text: str) -> str:
    """`depthwise conv 3x3 on 96x56x56 followed by pointwise to 24` with commas and its shape in front.

    A text with arrows or sentences is as it is.
    """
    if re.search(r"->|→|=>|[|\n{}]|\.\s", text) or not (_THEN.search(text) or _ON_SHAPE.search(text)):
        return text
    shapes = list(_ON_SHAPE.finditer(text))
    if len(shapes) == 1 and not re.match(r"(?i)\s*(?:inputs?\b|\(?\d+\s*[x,]\s*\d+\s*[x,])", text):
        (match,) = shapes
        text = f"{match['shape']}, {text[: match.start()]}{text[match.end() :]}"
    return _THEN.sub(", ", text)
