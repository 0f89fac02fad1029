"""The arguments that a user's class or function takes, and those that it has to be given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _of(function: Any) -> Mapping[str, inspect.Parameter] | None:
    """The parameters of a signature; None where Python knows none."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None


def parameters(function: Any) -> list[str]:
    """The names of what a class or function takes.

    >>> parameters(lambda width, *, depth=3: None)
    ['width', 'depth']
    """
    return list(_of(function) or ())


def needed(function: Any, given: Mapping[str, Any]) -> list[str]:
    """The names of what a class or function has to be given, and is not.

    >>> needed(lambda width, *, depth=3: None, {})
    ['width']
    """
    kinds = (*NAMED, inspect.Parameter.POSITIONAL_ONLY)
    all_of_them = (_of(function) or {}).values()
    return [p.name for p in all_of_them if p.default is p.empty and p.kind in kinds and p.name not in given]


def check_arguments(what: str, function: Any, given: Mapping[str, Any], how: Callable[[list[str]], str]) -> None:
    """Refuse arguments that a class or function does not take, or lacks; `how` says how to give these.

    Raises UsageError.
    """
    found = _of(function)
    if found is None:
        return
    names = [p.name for p in found.values() if p.kind in NAMED]
    if not any(p.kind is p.VAR_KEYWORD for p in found.values()):
        for name in given:
            if name not in names:
                near = nearest(name, names)
                hint = f"did you mean {near[0]}?" if near else f"it has {listed(names)}" if names else "it takes none"
                raise UsageError(Diagnostic("unknown-argument", f"{what} has no argument {name}", hint=hint))
    missing = needed(function, given)
    if missing:
        raise UsageError(Diagnostic("missing-argument", f"{what} needs {listed(missing)}", hint=how(missing)))
