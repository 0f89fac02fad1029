"""The layers there are in each of the formats: as text, JSON or Markdown."""

from __future__ import annotations

from cnncalc.diagnostics import Source, Span, UsageError
from cnncalc.layers import Found, find
from cnncalc.render import Options
from cnncalc.render.envelope import envelope_text
from cnncalc.render.layers import layer_entries, layer_text, list_text


def layers_text(name: str | None, format: str, options: Options) -> str:
    """All layers, or the one of a name, as text, JSON or Markdown. Raises UsageError for a name of none."""
    found = _found(name) if name is not None else None
    if format == "json":
        return envelope_text(True, {"layers": layer_entries(found)})
    if format == "markdown":
        from cnncalc.render.reference import entry, markdown  # texts of every layer; the others need none

        return markdown() if found is None else "\n".join(entry(found.family)) + "\n"
    return list_text(options) if found is None else layer_text(found, options)


def _found(name: str) -> Found:
    from cnncalc.language.run.bind import unknown_layer

    found = find(name)
    if found is None:
        raise UsageError(unknown_layer(name, Span(Source("", ""), 0, 0))._replace(span=None))
    return found
