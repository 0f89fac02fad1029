"""How wide a text is in a picture, and what of it a file of XML can hold.

Widths are those of DejaVu Sans, regular and bold, which is as wide as or wider than what comes before it in FONT:
a text that is given the room of its measured width fits into it in each of those fonts.
"""

from __future__ import annotations

import re

from cnncalc.diagnostics import escaped

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

# Thousandths of the size of the font, for the characters from the space to the tilde.
_REGULAR = (
    *(
        318,
        401,
        460,
        838,
        636,
        950,
        780,
        275,
        390,
        390,
        500,
        838,
        318,
        361,
        318,
        337,
        636,
        636,
        636,
        636,
        636,
        636,
        636,
    ),
    *(
        636,
        636,
        636,
        337,
        337,
        838,
        838,
        838,
        531,
        1000,
        684,
        686,
        698,
        770,
        632,
        575,
        775,
        752,
        295,
        295,
        656,
        557,
        863,
    ),
    *(
        748,
        787,
        603,
        787,
        695,
        635,
        611,
        732,
        684,
        989,
        685,
        611,
        685,
        390,
        337,
        390,
        838,
        500,
        500,
        613,
        635,
        550,
        635,
    ),
    *(
        615,
        352,
        635,
        634,
        278,
        278,
        579,
        278,
        974,
        634,
        612,
        635,
        635,
        411,
        521,
        392,
        634,
        592,
        818,
        592,
        592,
        525,
        636,
    ),
    *(337, 636, 838),
)
_BOLD = (
    *(
        348,
        456,
        521,
        838,
        696,
        1002,
        872,
        306,
        457,
        457,
        523,
        838,
        380,
        415,
        380,
        365,
        696,
        696,
        696,
        696,
        696,
        696,
        696,
    ),
    *(
        696,
        696,
        696,
        400,
        400,
        838,
        838,
        838,
        580,
        1000,
        774,
        762,
        734,
        830,
        683,
        683,
        821,
        837,
        372,
        372,
        775,
        637,
        995,
    ),
    *(
        837,
        850,
        733,
        850,
        770,
        720,
        682,
        812,
        774,
        1103,
        771,
        724,
        725,
        457,
        365,
        457,
        838,
        500,
        500,
        675,
        716,
        593,
        716,
    ),
    *(
        678,
        435,
        716,
        712,
        343,
        343,
        665,
        343,
        1042,
        712,
        687,
        716,
        716,
        493,
        595,
        478,
        712,
        652,
        924,
        645,
        652,
        582,
        712,
    ),
    *(365, 712, 838),
)
_OTHERS = {"·": 380, "⌊": 457, "⌋": 457, "–": 500}
_WIDEST = 1000
"""What any other character takes: those of Chinese, Japanese and Korean are as wide as they are high."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Pixels that a text takes in a font of this size.

    >>> text_width("conv", 10) < text_width("conv", 10, bold=True) < 30
    True
    """
    table = _BOLD if bold else _REGULAR
    total = 0
    for char in text:
        code = ord(char) - 32
        total += table[code] if 0 <= code < 95 else _OTHERS.get(char, _WIDEST)
    return total * size / 1000


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """As much of a text as there is room for, with `…` where it is cut.

    >>> shortened("a long name", 40, 10)
    'a lon…'
    """
    room += 0.01  # of which rounding may have taken some
    if text_width(text, size, bold) <= room:
        return text
    while text and text_width(f"{text}…", size, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def lines_of(text: str, room: float, size: float, bold: bool = False) -> list[str]:
    """A text over as many lines as it takes, broken between words.

    >>> lines_of("broken between words", 50, 10)
    ['broken', 'between', 'words']
    """
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size, bold) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(shortened(word, room, size, bold))
    return lines


def clean(text: str) -> str:
    """A text that somebody wrote, without what acts on who reads it and what XML has no way to hold.

    >>> print(clean("a\\x1b[31m\\ufffe"))
    a\\x1b[31m\\ufffe
    """
    return _NOT_XML.sub(lambda char: char[0].encode("unicode_escape").decode(), escaped(text))


def marked_up(text: str) -> str:
    """A text in XML, between tags or between double quotes.

    >>> marked_up('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    text = clean(text)
    if not any(char in text for char in "&<>\"'"):
        return text
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(char, entity)
    return text
