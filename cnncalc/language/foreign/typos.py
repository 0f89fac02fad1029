"""Words that are misspelt, and the ones that are meant."""

from __future__ import annotations

import re
from difflib import get_close_matches

from cnncalc.language.foreign.layers import is_layer
from cnncalc.language.text.synonyms import explained

SPELT = " is taken for "
WORDS = (  # noqa: SIM905
    "conv convolution convolutional filters filter channels kernel stride padding relu maxpool avgpool pool pooling "
    "flatten linear dense dropout softmax sigmoid batchnorm input output units neurons layer leaky global "
    "average connected fully upsample embedding transpose tanh conv2d maxpool2d batchnorm2d same valid gelu "
    "silu lstm then with size norm concat cat bias none"
).split()


def corrected(text: str) -> tuple[str, list[str]]:
    """The text with known words in place of those that are nearly one, and a note on each."""
    notes: list[str] = []

    def meant(match: re.Match[str]) -> str:
        word = match[0].lower()
        near = get_close_matches(word, WORDS, 1, 0.74)
        known = word in WORDS or word.rstrip("s") in WORDS or is_layer(word) or explained(word) is not None
        if known or not near or word in ("strided", "dilated", "transposed", "grouped", "tool", "cool"):
            return match[0]
        note = f"{match[0]}{SPELT}{near[0]}"
        if note not in notes:
            notes.append(note)
        return near[0]

    return re.sub(r"[A-Za-z]{4,}", meant, text), notes
