"""The `allow:` of a YAML spec: the codes of warnings that are meant, each with its reason."""

from __future__ import annotations

from cnncalc.codes import warning_code
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span
from cnncalc.graph import Allowed
from cnncalc.language.text.yaml_tree import Scalar, Table, Tree
from cnncalc.layers.kinds import FALSE, TRUE

EXAMPLE = "dropped-pixels: the last row of this camera is black"


def allowed_warnings(tree: Tree) -> list[Allowed]:
    """Each code that is allowed. Raises CnncalcError with everything that is wrong."""
    if isinstance(tree, Scalar) and not tree.text:
        return []
    if not isinstance(tree, Table):
        message = "allow holds codes of warnings, each with the reason why it is meant"
        raise CnncalcError(Diagnostic("bad-spec", message, span=tree.span, hint=f"allow: {{{EXAMPLE}}}"))
    found: list[Allowed] = []
    errors: list[Diagnostic] = []
    for key, value in tree.entries:
        try:
            found.append(Allowed(warning_code(key.text, key.span, "allowed"), _reason(key, value), key.span))
        except CnncalcError as error:
            errors += error.diagnostics
    if errors:
        raise CnncalcError(*errors)
    return found


def _reason(key: Scalar, value: Tree) -> str:
    text = value.text.strip() if isinstance(value, Scalar) else ""
    if not text or text in TRUE | FALSE:
        place: Span = key.span if isinstance(value, Scalar) and not value.text else value.span
        message = f"allow says why {key.text} is meant, and there is no reason here"
        raise CnncalcError(Diagnostic("bad-spec", message, span=place, hint=f"such as {EXAMPLE}"))
    return text
