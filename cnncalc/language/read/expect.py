"""The `expect:` of a YAML spec: names with values, and tables of them, as texts with their places."""

from __future__ import annotations

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Expected
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree


def written_expectations(tree: Tree) -> list[Expected]:
    """Each expectation, under the names of the tables around it. Raises CnncalcError."""
    if isinstance(tree, Scalar) and not tree.text:
        return []
    if not isinstance(tree, Table):
        what = "list" if isinstance(tree, List) else "text"
        message = f"expect holds names with values, not a {what}"
        raise CnncalcError(Diagnostic("bad-spec", message, span=tree.span, hint="expect: {params: <= 5M}"))
    return _within(tree, ())


def _within(table: Table, names: tuple[str, ...]) -> list[Expected]:
    found: list[Expected] = []
    for key, tree in table.entries:
        name = (*names, key.text)
        if isinstance(tree, Table):
            found += _within(tree, name)
        else:
            found.append(Expected(name, _text(tree), key.span, tree.span))
    return found


def _text(tree: Scalar | List) -> str:
    """A value as text; a list is a shape."""
    if isinstance(tree, Scalar):
        return tree.text
    items = []
    for item in tree.items:
        if not isinstance(item, Scalar):
            message = "an expectation is one text, or a list of sizes"
            raise CnncalcError(Diagnostic("bad-spec", message, span=item.span, hint="output: [64, 56, 56]"))
        items.append(item.text)
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
