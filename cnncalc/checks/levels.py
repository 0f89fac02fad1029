"""What becomes of a warning: shown, denied so that the check fails, or left out.

What is nearer to the network goes first: what the spec allows, then the command, then the entry, then the project;
and a code that is named goes before `warnings`, which are all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.analysis.expectations import Verdict
from cnncalc.codes import warning_code
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, UsageError, listed
from cnncalc.graph import Allowed
from cnncalc.named_tuples import NamedTuple

ALL = "warnings"


class Named(NamedTuple):
    """A code that somebody names."""

    code: str  # `warnings` for all
    by: str  # --deny, the entry digits
    place: Span | None = None
    whole: bool = True  # is all checked that it is meant for?


class Levels(NamedTuple):
    """What one place says of warnings: the command, an entry, the project."""

    deny: tuple[Named, ...] = ()
    ignore: tuple[Named, ...] = ()


class Silenced(NamedTuple):
    """A warning that is meant, or ignored."""

    warning: Diagnostic
    by: Allowed | Named


def levels(deny: Iterable[Named], ignore: Iterable[Named]) -> Levels:
    """What is written at one place, each code known. Raises UsageError.

    >>> levels([Named("unused-layer", "--deny")], []).deny[0].code
    'unused-layer'
    """
    found = Levels(
        tuple(_known(named, "denied") for named in deny),
        tuple(_known(named, "ignored") for named in ignore),
    )
    for named in found.ignore:
        if any(other.code == named.code for other in found.deny):
            message = f"{named.code} is both denied and ignored"
            raise UsageError(Diagnostic("contrary-wishes", message, span=named.place, hint="leave one of them out"))
    return found


def _known(named: Named, verb: str) -> Named:
    if named.code == ALL and verb == "denied":
        return named
    if named.code == ALL:
        message = "what is ignored is named by its code"
        hint = "warnings do not fail a check where none is denied"
        raise UsageError(Diagnostic("unknown-rule", message, span=named.place, hint=hint))
    try:
        return named._replace(code=warning_code(named.code, named.place, verb))
    except CnncalcError as error:
        raise UsageError(*error.diagnostics) from None


class Sorted(NamedTuple):
    """Warnings by what becomes of them."""

    shown: tuple[Diagnostic, ...]
    denied: tuple[Diagnostic, ...]  # as errors
    silenced: tuple[Silenced, ...]


def sorted_out(warnings: Iterable[Diagnostic], allowed: Sequence[Allowed], said: Sequence[Levels]) -> Sorted:
    """What becomes of each warning. `said` begins with what is nearest to the network."""
    shown, denied, silenced = [], [], []
    of_spec = {one.code: one for one in allowed}
    for warning in warnings:
        silent = of_spec.get(warning.code) or _first(warning.code, [level.ignore for level in said])
        refused = _first(warning.code, [level.deny for level in said])
        if isinstance(silent, Named) and refused is not None and _rank(refused, said) < _rank(silent, said):
            silent = None
        if silent is None and refused is None:
            refused = _first(ALL, [level.deny for level in said])
        if silent is not None:
            silenced.append(Silenced(warning, silent))
        elif refused is not None:
            by = f"{refused.by} {refused.code}" if refused.by.startswith("-") else refused.by
            denied.append(warning._replace(severity="error", notes=(*warning.notes, f"denied by {by}")))
        else:
            shown.append(warning)
    return Sorted(tuple(shown), tuple(denied), tuple(silenced))


def _first(code: str, levels: Iterable[Sequence[Named]]) -> Named | None:
    return next((named for level in levels for named in level if named.code == code), None)


def _rank(named: Named, said: Sequence[Levels]) -> int:
    return next(i for i, level in enumerate(said) if named in level.deny or named in level.ignore)


def verdict(found: Sorted, said: Sequence[Levels]) -> Verdict | None:
    """The check that no denied warning comes; None where none is denied."""
    codes = list(dict.fromkeys(named.code for level in said for named in level.deny))
    if not codes:
        return None
    expected = "no warnings" if ALL in codes else f"no {listed(codes, 'or')}"
    count = len(found.denied)
    actual = expected if not count else f"{count} warning{'s' if count > 1 else ''}"
    return Verdict("warnings", expected, actual, found.denied)


def unused_allow(one: Allowed) -> Diagnostic:
    """A spec allows what does not come."""
    message = f"allow has {one.code}, and no such warning comes"
    return Diagnostic("unused-allow", message, "warning", one.span, hint="take it out")


def unused_ignore(named: Named) -> Diagnostic:
    """A check ignores what does not come."""
    message = f"no {named.code} comes, which {named.by} leaves out"
    return Diagnostic("unused-ignore", message, "warning", named.place, hint="take it out")
