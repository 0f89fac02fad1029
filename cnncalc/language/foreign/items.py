"""Lines of a spec in YAML that are written as elsewhere, each with what was meant by it."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.foreign import lines
from cnncalc.language.foreign.network import NOT_UNDERSTOOD
from cnncalc.language.foreign.parts import bare_number
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.limits import Limits

MOST_ITEMS = 3  # lines of YAML that are looked into, for each of which the whole is read again
_ITEM = re.compile(r"(\s*-\s+(?:[\w{}., +-]+:\s+)?)(\S.*?)(\s+#.*)?")


def with_items(
    error: CnncalcError, source: Source, again: Callable[[str, bool], Graph], limits: Limits
) -> CnncalcError:
    """The error of a spec in YAML, with what was meant by each of its lines that cannot be read."""
    made: list[Diagnostic] = []
    own = frozenset(re.findall(r"(?m)^  (\w+)(?:\(.*\))?:", source.text))
    for diagnostic in error.diagnostics:
        meant = None
        if len(made) < MOST_ITEMS and diagnostic.span is not None and diagnostic.span.source is source:
            meant = item_meant(source, diagnostic.span, own, again, limits)
        made.append(diagnostic if meant is None else diagnostic._replace(hint=f"write {meant}", notes=()))
    return CnncalcError(*made)


def item_meant(
    source: Source, span: Span, own: frozenset[str], again: Callable[[str, bool], Graph], limits: Limits
) -> str | None:
    """The line of YAML that was meant by the one in which a mistake is; tried in the whole of the spec."""
    number, _ = source.position(span.start)
    text = source.line(number)
    match = _ITEM.fullmatch(text)
    if match is None:
        return None
    start = source.offset(number, 1)

    lead, written = match[1], match[2]
    if bare_number(written) and (key := re.fullmatch(r"(\s*-\s+)(\w+):\s+", lead)):  # - pool: 2
        lead, written = key[1], f"{key[2]} {written}"

    def whole(item: str) -> str:
        return source.text[:start] + lead + item + source.text[start + len(text) :]

    def runs(item: str) -> bool:
        try:
            again(whole(item), False)
        except CnncalcError as error:
            # Other lines may have mistakes of their own.
            return all(d.span is None or d.span.source.position(d.span.start)[0] != number for d in error.diagnostics)
        return True

    try:
        item = lines.Line(
            written, Tries(lambda text, _: again(whole(text), False), True, accepts=runs), limits, own
        ).line()
    except NOT_UNDERSTOOD:
        return None
    if item == match[2] or not runs(item):
        return None
    return f"{lead.strip()} {item}"
