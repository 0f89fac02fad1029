"""The text itself, without what editors, prompts and people put around it."""

from __future__ import annotations

import re

from cnncalc.language.foreign.diagrams import chain
from cnncalc.language.foreign.dialects import in_python
from cnncalc.language.foreign.network import Unclear
from cnncalc.language.foreign.tongues import in_english
from cnncalc.language.text.brackets import balanced, pieces
from cnncalc.language.text.tokens import plain_characters

COMMA = re.compile(r"[,、，]")
PLUS = re.compile(r"\s\+\s|\s&\s")
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•]|\(?\d+[.):])[ \t]+")
_FENCE = re.compile(r"^\s*```\w*\s*\n(.*?)\n?```\s*$", re.DOTALL)
_SHELL = re.compile(r"""^\s*[$%#]?\s*cnncalc\s+(?:explain\s+|calc\s+)?["'](.*)["']\s*$""", re.DOTALL)


def plain(text: str) -> str:
    """The text without fences, prompts and bullets."""
    text = in_english(text.translate(plain_characters()))
    if match := _FENCE.match(text):
        text = match[1]
    if match := _SHELL.match(text):
        text = match[1]
    text = chain(text)
    text = re.sub(r"(?m)^\s*#(?!\s*\d|\s*\|).*$\n?|(?<=[\w)\]}])[ \t]{2,}#\s.*$", "", text)
    text = re.sub(r"(?m)^\s*(>>> |\.\.\. ?|In \[\d+\]: )", "", text)
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"_\{([^{}]*)\}", r" \1", re.sub(r"\\times", "x", text)).replace("$", "")
    text = re.sub(r"(?i)\b(avg|average|max)[-_ ]?pool(?:ing)?\s*\(\s*global\s*\)", r"global \1 pool", text)
    text = in_python(recurrent(text))
    return _BULLET.sub("", text).strip().strip("`").strip()


_RECURRENT = re.compile(
    r"\b(?P<both>bi-?|bi-?directional[ -])?(?P<kind>lstm|gru)(?:\s*,?\s+(?:with\s+)?|\s*:\s*|\s*(?=\())"
    r"(?:hidden(?:[ _](?:size|dim|units?))?\s*(?:of|=|:)?\s*)?"
    r"(?P<open>\()?(?P<units>\d+)(?(open)\))(?:\s+(?:hidden\s+)?units)?(?:(?:,|\s+and)?\s+(?P<layers>\d+)\s+layers)?"
    r"(?=\s*(?:->|→|\||;|,\s*(?:and )?(?:then|linear|dense|fc|fully|dropout|softmax|last|select)|\n|$))",
    re.IGNORECASE,
)
_OVER_TIME = re.compile(
    r"(?i)\b(mean|average|avg|max)(?:[- ]?pool(?:ing)?)?[ -]over[ -](?:the )?"
    r"(?:time|time ?steps|steps|sequence|tokens|words)\b"
)
_TABLE = re.compile(
    r"(?i)\bvocab(?:ulary)?(?:[ _]size)?\s*(?:of|=|:)?\s*(\d+)\s*(?:words|tokens)?\s*(?:,|and|->)+\s*"
    r"embed(?:ding)?s?[ _]*(?:dim(?:ension)?|size)?\s*(?:of|=|:)?\s*(\d+)(?!\s*x)"
)


def recurrent(text: str) -> str:
    """Recurrent layers in words as they are written here: `BiLSTM 256 units, 2 layers -> take last time step`."""

    def written(match: re.Match[str]) -> str:
        if match["open"] and not match["both"]:  # a call
            return match[0]
        layers = f" layers={match['layers']}" if match["layers"] else ""
        return f"{match['kind'].lower()} {match['units']}{layers}{' bidirectional=yes' if match['both'] else ''}"

    made = _RECURRENT.sub(written, text)
    if made != text:
        made = re.sub(r"(?i)\b(?:take\s+)?(?:the\s+)?last (?:time[ -]?)?step(?:\s+only)?\b", "select 1 -1", made)
    made = _TABLE.sub(r"embedding \1 \2", made)
    made = _OVER_TIME.sub(lambda m: "amax 1" if m[1].lower() == "max" else "mean 1", made)
    made = re.sub(r"(?i)\bpixel[ -]shuffle(?:\s+(?:r|factor)\s*=?\s*|\s+)(?=\d)", "pixelshuffle ", made)
    made = re.sub(r"(?i)\b(upsampl(?:e|ing))\s+(?:by\s+)?(\d+)\s?x\b(?!\s*\d)", r"\1 \2", made)
    return re.sub(r"(?i)\bembedding\s+(\d+)\s*x\s*(\d+)\b", r"embedding \1 \2", made)


def split(text: str, at: re.Pattern[str]) -> list[str]:
    """The parts between separators outside of brackets and quotes. Raises Unclear where brackets do not close."""
    if not balanced(text):
        raise Unclear
    return [part.strip() for part in pieces(text, at) if part.strip()]


_LAST = re.compile(
    r"(?i)^(?:apply\s+|compute\s+)?(?P<layers>[^\n]*?[\w)\]])\s+"
    r"(?:on|to|at|for|with|given|over)\s+(?:an?\s+)?(?:input\s+)?(?:of\s+)?(?P<shape>\(?\d+(?:\s*[x,*]\s*\d+)+\)?|"
    r"\d+x\d+ \w+|(?:fashion-?|e)?mnist|cifar-?100?|svhn|stl-?10|imagenet)(?:\s+(?:input|image|map)s?)?$"
)
_SIZES = re.compile(
    r"(?i)\b(?:layers?|sizes|dims|hidden(?:[ _](?:sizes?|dims?|layers?|units))?|inputs?|outputs?|in|out|units|"
    r"neurons|n_\w+)\b"
)


def in_order(text: str) -> str:
    """The text with its shape in front, and with sizes alone where it names the sizes of dense layers."""
    if match := _LAST.match(text):
        return f"{match['shape']} -> {match['layers']}"
    sizes = _SIZES.sub(" ", text)
    if sizes != text and re.fullmatch(r"[\d\s,:=()\[\]]+", sizes) and len(found := re.findall(r"\d+", sizes)) > 2:
        return " -> ".join(found)
    if re.search(r"[A-Za-z]", text):  # 3->16 among the words of a layer
        text = re.sub(r"(?<![\dx])(\d+)(?:->|→|=>)(\d+)(?![\dx])", r"\1»\2", text)
        text = re.sub(r"(?<=\()\s*(\d+)\s*(?:->|→|=>)\s*(\d+)(?=\s*[,;)])", r"\1»\2", text)
    return text
