"""SVG as text: one file, its style in it, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.pictures.followed import Followed, Follows
from cnncalc.pictures.letters import FONT, marked_up
from cnncalc.pictures.palette import FAMILIES, mixed
from cnncalc.render.theme import DARK, LIGHT, Theme


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel.

    >>> number(3.0), number(2.25)
    ('3', '2.2')
    """
    return f"{value:.1f}".removesuffix(".0")


class Canvas:
    """Elements of a picture, in the order in which they are painted.

    Where there is a list of what is `followed`, elements that change with sizes have their place in it.
    """

    def __init__(self, followed: Followed | None = None) -> None:
        self.parts: list[str] = []
        self.followed = followed
        self.families: dict[str, None] = {}  # those that are drawn, for the style and the legend

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        kind: str,
        radius: float = 0,
        follows: Follows | None = None,
        room: float = 0,
    ) -> None:
        rounded = f' rx="{number(radius)}"' if radius else ""
        place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        self.parts.append(f'<rect class="{kind}" {place}{rounded}{self._mark(follows, room)}/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        kind: str = "",
        anchor: str = "",
        follows: Follows | None = None,
        room: float = 0,
    ) -> None:
        """A text. Where it follows sizes, it has room for so many pixels."""
        mark = self._mark(follows, room)
        if not text and not mark:
            return
        style = f' class="{kind}"' if kind else ""
        ends = f' text-anchor="{anchor}"' if anchor else ""
        self.parts.append(f'<text{style} x="{number(x)}" y="{number(y)}"{ends}{mark}>{marked_up(text)}</text>')

    def _mark(self, follows: Follows | None, room: float) -> str:
        if follows is None or self.followed is None:
            return ""
        return f' data-follows="{self.followed.add(follows, room)}"'

    def path(self, steps: str, kind: str) -> None:
        self.parts.append(f'<path class="{kind}" d="{steps}"/>')

    def open(self, kind: str, path: str, title: str = "") -> None:
        """A group of what follows, with the lines that are shown where the pointer rests on it."""
        told = "\n".join(map(marked_up, title.split("\n")))
        told = f"<title>{told}</title>" if title else ""
        self.parts.append(f'<g class="{kind}" data-path="{marked_up(path)}">{told}')

    def close(self) -> None:
        self.parts.append("</g>")

    def fill(self, family: str) -> str:
        """The class of a box of a family."""
        self.families[family] = None
        return f"f {family}"


def line(points: Sequence[tuple[float, float]], radius: float = 5) -> str:
    """A path along points, level or upright between each two, with its corners rounded."""
    kept = [points[0]]
    for i, (x, y) in enumerate(points[1:], 1):
        if (x, y) == kept[-1]:
            continue
        if i + 1 < len(points):
            (a, b), (c, d) = kept[-1], points[i + 1]
            if (a == x == c) or (b == y == d):
                continue  # straight on
        kept.append((x, y))
    steps = [f"M{number(kept[0][0])} {number(kept[0][1])}"]
    for before, (x, y), behind in zip(kept, kept[1:], kept[2:]):
        r = min(radius, *(abs(px + py - x - y) / 2 for px, py in (before, behind)))
        into, out = _toward((x, y), before, r), _toward((x, y), behind, r)
        turn = f"Q{number(x)} {number(y)} {number(out[0])} {number(out[1])}"
        steps.append(f"L{number(into[0])} {number(into[1])}{turn}")
    if len(kept) > 1:
        steps.append(f"L{number(kept[-1][0])} {number(kept[-1][1])}")
    return "".join(steps)


def _toward(start: tuple[float, float], end: tuple[float, float], far: float) -> tuple[float, float]:
    x, y = (end[0] > start[0]) - (end[0] < start[0]), (end[1] > start[1]) - (end[1] < start[1])
    return start[0] + x * far, start[1] + y * far


def document(canvas: Canvas, width: float, height: float, title: str, theme: str, extra: str = "") -> str:
    """The whole file. `extra` are rules of the style that this picture alone has, the same in light and dark."""
    families = list(canvas.families)
    rules = style_rules(extra)
    base = DARK if theme == "dark" else LIGHT
    css = _resolved(rules, base) + "\n" + family_rules(families, base)
    if theme == "auto":
        dark = family_rules(families, DARK)
        coloured = [rule for rule in _rules(rules) if "var(--" in rule]
        css += "\n@media (prefers-color-scheme:dark){\n" + _resolved("".join(coloured), DARK) + "\n" + dark + "\n}"
    size = f'{size_text(width, height)} viewBox="0 0 {number(width)} {number(height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="cnncalc" role="img" {size}>',
            f"<title>{marked_up(title)}</title>",
            f"<style>\n{css}\n</style>",
            f'<rect class="page" width="{number(width)}" height="{number(height)}"/>',
            *canvas.parts,
            "</svg>",
            "",
        ]
    )


def style_rules(extra: str = "") -> str:
    """The style of a picture, with the colours of a theme as variables."""
    style = [
        f".cnncalc text{{font:11px {FONT};fill:var(--ink)}}",
        ".cnncalc .n{font-weight:bold;font-size:12px}.cnncalc .b{font-weight:bold}.cnncalc .s{font-size:10px}",
        ".cnncalc .h{font-weight:bold;font-size:16px}",
        ".cnncalc .d{fill:var(--dim)}.cnncalc .w{fill:var(--warning);font-weight:bold}.cnncalc .page{fill:var(--page)}",
        ".cnncalc .e{fill:none;stroke:var(--line);stroke-width:1.3}.cnncalc .t{fill:var(--line)}",
        ".cnncalc .frame{fill:var(--inside);stroke:var(--frame)}.cnncalc .bar{fill:var(--bar);stroke:var(--frame)}",
        ".cnncalc .o{fill:none;stroke:var(--frame)}.cnncalc .dash{stroke-dasharray:4 3}",
        ".cnncalc .p{fill:var(--params)}.cnncalc .m{fill:var(--macs)}",
        extra,
    ]
    return "\n".join(rule for rule in style if rule)


def size_text(width: float, height: float) -> str:
    """The size at which a picture is shown."""
    return f'width="{number(width)}" height="{number(height)}"'


def _rules(css: str) -> Iterable[str]:
    return [f"{rule}}}" for rule in css.replace("\n", "").split("}") if rule]


def _resolved(css: str, theme: Theme) -> str:
    """The style with its colours written out, as not every reader of SVG knows variables."""
    for name, value in theme._asdict().items():
        css = css.replace(f"var(--{name})", str(value))
    return css


def family_rules(families: Iterable[str], theme: Theme) -> str:
    """The colours of families in a theme."""
    rules = []
    for key in families:
        colour = FAMILIES[key].colour
        rules.append(
            f".cnncalc .{key}{{fill:{mixed(colour, theme.page, theme.tint)}}}.cnncalc .{key}-s{{fill:{colour}}}"
        )
    return "".join(rules)
