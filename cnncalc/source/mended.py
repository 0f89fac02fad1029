"""Further mistakes of a model: a layer that is wrong is given what arrives, as its hint says, and the model runs again.

Loaded on the way to an error alone.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.diagnostics import Diagnostic
from cnncalc.layers.site import Refusal
from cnncalc.source import failures
from cnncalc.source.errors import ShapeError, Stop
from cnncalc.source.kept import MODULES
from cnncalc.source.recorder import Files

MOST = 6
"""Further mistakes that are shown."""

RUNS = 30
"""How often the model runs again."""


def further(error: BaseException, run: Callable[[], object], files: Files, what: str) -> list[Diagnostic]:
    """What else is wrong with a model that has failed."""
    found: list[Diagnostic] = []
    changed: set[tuple[int, str | None]] = set()
    known = {places(error, files, what)[0]}
    for _ in range(RUNS):
        if len(found) == MOST or not isinstance(error, ShapeError):
            break
        which = (id(error.module), error.finding.arg)
        if which in changed or not mended(error):  # one that is called with two widths fits neither
            break
        changed.add(which)
        try:
            run()
            break
        except ShapeError as following:
            error = following
            if (id(error.module), error.finding.arg) in changed:
                break
        except (Exception, Stop):  # which may follow from the mistakes that are known
            break
        place, said = places(error, files, what)
        if place not in known:  # else it is a layer of a block that is made again
            known.add(place)
            found.append(said)
    return found


def places(error: BaseException, files: Files, what: str) -> tuple[object, Diagnostic]:
    """Where a mistake is and what it says, and the whole of it."""
    (said,) = failures.failed(error, files, what).diagnostics
    return (said.message, said.span and (said.span.start, said.span.end)), said


def mended(error: ShapeError) -> bool:
    """Give a layer that was made for other channels or features those that arrive, where it can have them."""
    module, key = error.module, error.finding.arg
    if error.finding.code != "channel-mismatch" or key is None or error.called is None or module is None:
        return False
    layer, xs = error.called
    cls = type(layer)
    came = layer.arrives(*xs).get(key)
    values = MODULES.arguments_of(module, cls)
    if not isinstance(came, int) or values is None or key not in values:
        return False
    follow = [name for name, argument in cls.arguments.items() if argument.same_as == key]
    alike = [key, *(name for name in follow if values.get(name) in (None, values[key]))]
    try:
        right = cls(**{**values, **dict.fromkeys(alike, came)})
        shapes = right.params(*xs) | right.buffers(*xs)
    except (Refusal, ValueError, TypeError):
        return False
    tensors = {**module._parameters, **module._buffers}  # type: ignore[attr-defined]
    for name, tensor in tensors.items():
        if tensor is not None and name in shapes:
            tensor._shape = tuple(shapes[name])
    module.__dict__.update(dict.fromkeys(alike, came))
    return True
