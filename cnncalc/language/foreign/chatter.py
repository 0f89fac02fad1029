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
_INPUT_AT_END = re.compile(
    r"(?i)(?<=[\w)\]])\s*[,;]\s*(?:with\s+|and\s+)?(?:the\s+)?inputs?\s*(?:is|are|of|:|=|shape|size)*\s*"
    r"(?P<shape>\(?\d+(?:\s*[x,]\s*\d+){1,3}\)?|(?:fashion-?|e)?mnist|cifar-?100?|svhn|stl-?10|imagenet)\s*[.!]?\s*$"
)
_NUMBERED = re.compile(r"(?im)^[ \t]*(?:layer|step|block|stage)\s*\d+\s*[:.)-]\s+(?=\S)")


def without_chatter(text: str) -> str:
    """The text alone, with the input in front where it is said at the end; as it is where nothing is around it."""
    kept = text
    while (match := _IN_FRONT.match(text)) and re.search(r"\w", text[match.end() :]):
        text = text[match.end() :]
    if len(_NUMBERED.findall(text)) > 1:
        text = _NUMBERED.sub("", text)
    while (match := _AT_END.search(text)) and re.search(r"\d", text[: match.start()]):
        text = text[: match.start()]
    if (match := _INPUT_AT_END.search(text)) and not re.match(r"(?i)\s*(?:inputs?\b|\(?\d+\s*[x,]\s*\d)", text):
        text = f"{match['shape']} -> {text[: match.start()]}"
    return text if re.search(r"\w", text) else kept
