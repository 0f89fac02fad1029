"""Parts of a network that have names: `Encoder: 784 -> 256 -> 64, Decoder: 64 -> 256 -> 784`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Contradiction
from cnncalc.language.text.brackets import balanced, pieces

_NAMES = (
    r"encoder|decoder|bottleneck|latent|backbone|neck|head|stem|body|trunk|classifier|features|feature extractor|"
    r"encoder network|decoder network|generator|discriminator|bottom|middle|output head|projection"
)
_NAMED = re.compile(rf"(?i)(?:^|(?<=[\s,;.|)]))(?:the\s+)?({_NAMES})\s*[:=]\s*")
_ARROW = re.compile(r"[-–—=]+>|[→⇒➔]")
_SIZE = re.compile(r"\d+(?:\s*x\s*\d+)*")


def joined(text: str) -> str:
    """The text with its named parts in a row, and without what one gives and the next takes; else as it is.

    Raises Contradiction where a part takes other sizes than the one before gives.
    """
    found = list(_NAMED.finditer(text))
    if len(found) < 2 or not _ARROW.search(text) or text[: found[0].start()].strip(" \t\n,;:"):
        return text
    ends = [match.start() for match in found[1:]] + [len(text)]
    parts = [text[match.end() : end].strip().strip(",;.|").strip() for match, end in zip(found, ends)]
    if not all(part and balanced(part) for part in parts):
        return text
    made: list[str] = []
    for match, part in zip(found, parts):
        layers = [piece.strip() for piece in pieces(part, _ARROW)]
        before, first = (made[-1] if made else ""), layers[0]
        if made and _SIZE.fullmatch(first) and _SIZE.fullmatch(before) and len(layers) > 1:
            if before != first:
                message = f"{match[1]} takes {first}, but {before} comes out of what is before it"
                raise Contradiction(message, f"begin {match[1]} with {before}")
            layers = layers[1:]
        made += layers
    return " -> ".join(made)
