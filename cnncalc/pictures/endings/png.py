"""`.png`: the picture in pixels, by resvg, which is an extra: a wheel without anything that it needs beside it."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.pictures import draw
from cnncalc.pictures.letters import FONT
from cnncalc.pictures.look import Look

SHARP = 2.0
"""Pixels for each of the picture's, where no width is asked for."""

MOST = 12_000
"""Pixels of the longer side, which is about what viewers open."""

INSTALL = "pip install 'cnncalc[png]', or -o FILE.svg"
PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15" style="font:11px {}">{}</text></svg>'
)


def require() -> None:
    """Raises UsageError where what draws it is not installed."""
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        message = "a .png needs resvg, which is not installed"
        raise UsageError(Diagnostic("no-resvg", message, hint=INSTALL)) from None


def write(report: Report, view: str, look: Look) -> bytes:
    """The bytes of the file. Raises UsageError where the machine has no font to write with."""
    require()
    import resvg_py

    probes = [resvg_py.svg_to_bytes(PROBE.format(FONT, text)) for text in ("MMM", "")]
    if probes[0] == probes[1]:
        message = "a .png needs a font, and this machine has none"
        raise UsageError(Diagnostic("no-font", message, hint="install one, such as DejaVu Sans, or -o FILE.svg"))
    theme = "light" if look.theme == "auto" else look.theme  # pixels follow no reader's system
    picture = draw(report, view, look._replace(theme=theme, width=None))
    wanted = look.width if look.width is not None else SHARP * picture.width
    width = round(min(wanted, picture.width * MOST / max(picture.width, picture.height)))
    return bytes(resvg_py.svg_to_bytes(picture.svg, width=width))
