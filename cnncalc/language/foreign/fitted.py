"""Layers of which a text says what they give: of the ways in which each can be read, the one that gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncalc.language.foreign.network import Contradiction, Refused, Unclear
from cnncalc.language.foreign.tries import Tries
from cnncalc.named_tuples import NamedTuple

Shape = tuple[object, ...]
MOST_WAYS = 40


class Row(NamedTuple):
    """One row of a text. `ways`: for what arrives, the layers that it can mean, the likeliest first."""

    ways: Callable[[Shape], Sequence[list[str]]]
    out: Shape | None = None  # channels first or last
    params: int | None = None
    says: str = ""  # the row, for a message
    free: Callable[[Shape], Sequence[list[str]]] | None = None  # the ways with another padding


def fitted(start: str, rows: Sequence[Row], tries: Tries) -> list[str]:
    """The layers of all rows on an input, which give what the rows say. Raises Unclear where no way does."""
    made: list[str] = []
    before = tries.gives(joined(start, ["identity"]))
    if before is None:
        raise Unclear
    shape, params = before
    for row in rows:
        for way in list(row.ways(shape))[:MOST_WAYS]:
            if not way and row.out is None and not row.params:
                break
            given = tries.gives(joined(start, [*made, *way] or ["identity"]))
            if given is None or (row.out is not None and not agrees(given.shape, row.out)):
                continue
            if row.params is None or given.params == params + row.params:
                made += way
                shape, params = given
                break
        else:
            raise mistaken(start, made, row, shape, tries)
    if not made:
        raise Unclear
    return made


def mistaken(start: str, made: list[str], row: Row, shape: Shape, tries: Tries) -> Unclear:
    """Why no way to read a row does: a mistake of its sizes, or a shape that it does not give."""
    ways = list(row.ways(shape))
    if not ways:
        return Unclear()
    line = joined(start, [*made, *ways[0]])
    given = tries.gives(line)
    if given is None:
        return Refused(line) if tries.mistake(line) else Unclear()
    if row.out is None or row.params is not None:
        return Unclear()
    wanted = "x".join(map(str, row.out))
    layer = " -> ".join(ways[0])
    message = f"{row.says or layer} is said to give {wanted}, but {layer} gives {'x'.join(map(str, given.shape))}"
    for way in list(row.free(shape) if row.free else [])[:MOST_WAYS]:
        other = tries.gives(joined(start, [*made, *way]))
        if other is not None and agrees(other.shape, row.out):
            return Contradiction(message, f"{' -> '.join(way)} gives {wanted}")
    return Contradiction(message, None)


def agrees(shape: Shape, said: Shape) -> bool:
    """Is a shape what a text says, channels first or last, or the sizes of a map alone?"""
    found, wanted = flat(shape), flat(said)
    return (
        found == wanted
        or (len(said) > 1 and found == flat((said[-1], *said[:-1])))
        or shape in (said, (said[-1], *said[:-1]))
        or (len(shape) == len(said) + 1 and len(said) > 1 and shape[1:] == said)
    )


def flat(shape: Shape) -> Shape:
    """The sizes of a shape but for those of 1 at its end: 1x1 maps are vectors for many texts."""
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def joined(start: str, layers: Sequence[str]) -> str:
    return " -> ".join([start, *layers] if start else layers)
