"""What a text says of all of its convolutions: `all convs: same padding, no bias, followed by BN + ReLU6`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.call import ACTIVATIONS
from cnncalc.language.foreign.network import Rules, Unclear

_RULE = re.compile(
    r"(?im)[(\[]?\b(?P<all>(?:all|every|each)\s+(?:of\s+the\s+)?(?:conv\w*|layers?|weight layers)(?:\s+(?:layers?|"
    r"blocks?))?\b(?! (?:layer )?with \d)(?P<body>[^\n.;)\]]*)|"
    r",\s*(?:each|all)\s+(?:with\s+|of\s+)?(?P<body3>(?:\d|kernel|stride|k\d|pad)[^\n.;)\]]*)$|"
    r"(?P<body2>[^\n.;()\[\],]{0,200})\b(?:everywhere|throughout|(?:after|behind|in|on|for) (?:all|every|each) "
    r"(?:conv\w*|layers?)(?:\s+layers?)?))[)\].;]*"
)
_ANY = re.compile(r"(?i)\b(?:all|every|each|everywhere|throughout)\b")
_ACTS = "|".join(name for name in ACTIVATIONS if "softmax" not in name)
_SAID = [
    (re.compile(r"(?i)\bsame[\s-]*(?:padding|pad)?\b|\bpad(?:ding)?\s*[=:]?\s*same\b"), "pad", "same"),
    (re.compile(r"(?i)\b(?:valid[\s-]*(?:padding)?|no padding|without padding|unpadded)\b"), "pad", "0"),
    (re.compile(r"(?i)\bpad(?:ding)?\s*(?:of|=|:)?\s*(\d)\b|\bp\s*=?\s*(\d)\b"), "pad", ""),
    (re.compile(r"(?i)\b(?:no bias(?:es)?|without bias(?:es)?|bias\s*[=:]\s*(?:false|no|0)|bias-free|"
                r"biasless)\b"), "bias", "no"),
    (re.compile(r"(?i)\b(?:kernels?(?: size)?\s*(?:of|=|:)?\s*)?(\d)\s*x\s*\1\b(?:\s*(?:kernels?|filters?))?|"
                r"\bk\s*=?\s*(\d)\b|\bkernel(?: size)?\s*[=:]?\s*(\d)\b"), "kernel", ""),
    (re.compile(r"(?i)\bstride\s*(?:of|=|:)?\s*1\b"), "", ""),
    (re.compile(r"(?i)\bstride\s*(?:of|=|:)?\s*(\d)\b"), "stride", ""),
    (re.compile(r"(?i)\b(?:batch\s*-?norm(?:ali[sz]ation)?|bn)\b"), "after", "bn"),
    (re.compile(rf"(?i)\b(leaky\s*-?relu|{_ACTS})\b"), "after", ""),
]  # fmt: skip
_NOTHING = re.compile(
    r"(?i)\b(?:use[sd]?|using|are|is|have|has|with|and|followed|by|an?|the|padding|activations?|then|of|in|all|"
    r"layers?|activated|it|normalization|non-?linearit(?:y|ies)|size|stride)\b|[\s,:+&'\"-]+"
)


def ruled(text: str) -> tuple[str, Rules]:
    """The text without its rules, and what they say. Raises Unclear where a rule is not understood."""
    rules = Rules()
    if not _ANY.search(text):
        return text, rules

    def read(match: re.Match[str]) -> str:
        body = next((match[name] for name in ("body", "body3") if match[name] is not None), match["body2"])
        if not body or not body.strip(" :"):
            return match[0]
        for pattern, kind, value in _SAID:
            while found := pattern.search(body):
                given = value or next((group for group in found.groups() if group), "")
                if kind == "after":
                    given = ACTIVATIONS.get(re.sub(r"[\s-]", "", given.lower()), given)
                    rules.after.append(given)
                elif kind:
                    setattr(rules, kind, given)
                body = body[: found.start()] + " " + body[found.end() :]
        if _NOTHING.sub("", body):
            raise Unclear
        return " "

    text = _RULE.sub(read, text)
    rules.after.sort(key=lambda name: name != "bn")
    return text, rules
