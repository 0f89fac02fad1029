"""One file of HTML that opens offline: its style in both themes, and a policy by which it asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from html import escape

from cnncalc.diagnostics import escaped
from cnncalc.render.theme import DARK, LIGHT, Theme

Rules = Callable[[Theme], str]
"""More rules of a style, which depend on the colours."""

DARK_GROUND = ":root:not([data-theme=light])"

PLAIN = """* { box-sizing: border-box; }
html { background: var(--page); color: var(--ink); }
body { margin: 0 auto; max-width: 90rem; padding: 0 1rem 2rem; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; margin: 1rem 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.4rem 0 .4rem; overflow-wrap: anywhere; }
p, ul { margin: .3rem 0; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }
.dim { color: var(--dim); }
.bad { color: var(--warning); font-weight: bold; }
.good { color: var(--macs); font-weight: bold; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--frame); }
th { font-weight: bold; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.moved > * { font-weight: bold; }
summary { cursor: pointer; font-weight: bold; }
footer { margin-top: 1.5rem; border-top: 1px solid var(--frame); padding-top: .5rem; }
footer { color: var(--dim); font-size: .88em; }
@media print { thead { display: table-header-group; } tr { break-inside: avoid; } }"""
"""The style of a page that is read and does nothing."""


def page(
    title: str, body: str, style: str, theme: str = "auto", rules: Rules | None = None, data: str = "", script: str = ""
) -> str:
    """The whole file. It may run its own script alone, and ask for nothing. `body` is HTML, `data` JSON for the script.

    `theme` is light, dark, or auto: what the reader's system is set to.
    """
    allowed = "'none'"
    if script:
        allowed = f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"
    forced = "" if theme == "auto" else f' data-theme="{theme}"'
    lines = [
        "<!doctype html>",
        f'<html lang="en"{forced}>',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{said(title)}</title>",
        f"<style>\n{_themes(rules)}\n{style}\n</style>",
        "</head>",
        body,
    ]
    lines += [f'<script type="application/json" id="data">{data}</script>'] if data else []
    lines += [f"<script>{script}</script>"] if script else []
    return "\n".join([*lines, "</html>", ""])


def _themes(rules: Rules | None) -> str:
    """The colours of both themes: the reader's system says which, or the page."""
    more = (lambda theme: "") if rules is None else rules
    dark = f"color-scheme:dark;{_variables(DARK)}"
    return "\n".join(
        [
            f":root{{color-scheme:light;{_variables(LIGHT)}}}",
            more(LIGHT),
            f"@media (prefers-color-scheme:dark){{{DARK_GROUND}{{{dark}}}",
            f"{_within(DARK_GROUND, more(DARK))}}}",
            f":root[data-theme=dark]{{{dark}}}",
            _within(":root[data-theme=dark]", more(DARK)),
        ]
    )


def _variables(theme: Theme) -> str:
    return "".join(f"--{name}:{value};" for name, value in theme._asdict().items())


def _within(around: str, rules: str) -> str:
    """Rules where `around` holds."""
    return "".join(f"{around} {rule}}}" for rule in rules.split("}") if rule)


def said(text: str) -> str:
    """A text of anybody's in HTML, in which nothing acts on who reads it."""
    return escape(escaped(text))


def code(text: str) -> str:
    return f"<code>{said(text)}</code>"


def table(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], right: Sequence[int] = ()) -> str:
    """A table of HTML. Each row has its class, and its cells as HTML; `right` are the columns of numbers."""

    def cells(tag: str, held: Sequence[str]) -> str:
        return "".join(f"<{tag}{' class=n' if i in right else ''}>{cell}</{tag}>" for i, cell in enumerate(held))

    head = f"<thead><tr>{cells('th', [said(text) for text in heads])}</tr></thead>" if any(heads) else ""
    lines = [f"<tr{f' class={kind}' if kind else ''}>{cells('td', held)}</tr>" for kind, held in rows]
    return f'<div class="scroll"><table>{head}<tbody>\n{chr(10).join(lines)}\n</tbody></table></div>'
