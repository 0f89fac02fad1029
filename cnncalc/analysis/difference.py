"""What lies between two networks: their totals, and their layers one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.record import TOTALS, LayerRecord, Record, row_dict
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr

KINDS = ("added", "removed", "renamed", "reshaped", "changed", "arguments")
"""What can become of a layer. `arguments`: they differ, and no figure does."""
CELLS = 1_000_000  # pairs of layers that may be weighed for the best alignment

Pair = tuple[LayerRecord | None, LayerRecord | None]
"""A layer before and after; None where it was added or removed."""


class Change(NamedTuple):
    """What became of one layer."""

    kind: str  # one of KINDS
    old: LayerRecord | None  # None where it was added
    new: LayerRecord | None  # None where it was removed

    @property
    def path(self) -> str:
        row = self.new or self.old
        assert row is not None
        return row.path

    def by(self, figure: str) -> Dim:
        """How much a figure grew, from params, buffers and macs."""
        after: Dim = getattr(self.new, figure) if self.new else 0
        before: Dim = getattr(self.old, figure) if self.old else 0
        return after - before


class Renaming(NamedTuple):
    """Layers in a row whose paths changed in the same way: `features.*` became `backbone.*`, `5 to 9` `7 to 11`."""

    old: str
    new: str
    layers: int


class MovedLevel(NamedTuple):
    """A level that was added or removed with all that is in it."""

    kind: str
    path: str
    changes: tuple[Change, ...]

    def by(self, figure: str) -> Dim:
        """How much a figure grew."""
        total: Dim = 0
        for change in self.changes:
            total = total + change.by(figure)
        return total


class Moved(NamedTuple):
    """A total, or a shape of the whole, on both sides. None where a side has none."""

    name: str
    old: Any
    new: Any


class Difference(NamedTuple):
    """Two networks side by side."""

    totals: list[Moved]  # every figure of the whole, whether it moved or not
    shapes: list[Moved]  # inputs, outputs and the receptive field, those that differ
    changes: list[Change]  # in the order of the layers
    same: int  # layers that are alike
    levels: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())  # old and new, that hold a layer of both

    @property
    def moved(self) -> list[Moved]:
        """The totals that differ."""
        return [total for total in self.totals if not alike(total.old, total.new)]

    @property
    def counts(self) -> dict[str, int]:
        """How many layers changed in each way."""
        found = {kind: sum(change.kind == kind for change in self.changes) for kind in KINDS}
        return {kind: count for kind, count in found.items() if count}

    @property
    def equal(self) -> bool:
        """Are the layers and all figures alike? Arguments that move no figure do not count."""
        return not self.moved and not self.shapes and all(change.kind == "arguments" for change in self.changes)

    def to_dict(self) -> dict[str, Any]:
        """The difference as it is in the JSON."""
        return {
            "equal": self.equal,
            "totals": {m.name: {"old": plain(m.old), "new": plain(m.new)} for m in self.totals},
            "shapes": {m.name: {"old": plain(m.old), "new": plain(m.new)} for m in self.shapes},
            "counts": self.counts,
            "unchanged": self.same,
            "changes": [{"kind": c.kind, "path": c.path, "old": _row(c.old), "new": _row(c.new)} for c in self.changes],
        }


def _row(row: LayerRecord | None) -> dict[str, Any] | None:
    return row_dict(row) if row else None


def difference(old: Record, new: Record) -> Difference:
    """What became of `old` in `new`.

    >>> import cnncalc
    >>> from cnncalc.analysis.record import record
    >>> before, after = (record(cnncalc.calc(f"3x32x32 -> conv {n} k3 -> relu")) for n in (8, 16))
    >>> [(change.kind, change.path, change.by("params")) for change in difference(before, after).changes]
    [('reshaped', 'conv1', 224), ('reshaped', 'relu1', 0)]
    """
    totals = [Moved(name, old.totals.get(name, 0), new.totals.get(name, 0)) for name in TOTALS]
    totals.append(Moved("layers", len(old.layers), len(new.layers)))
    shapes = [
        Moved(what if len(both) == 1 else f"{what} {name}", before.get(name), after.get(name))
        for what, before, after in (("input", old.inputs, new.inputs), ("output", old.outputs, new.outputs))
        for both in [before | after]
        for name in both
    ]
    shapes = [s for s in shapes if not alike(s.old, s.new)]
    if not alike(old.receptive_field, new.receptive_field):
        shapes.append(Moved("receptive field", old.receptive_field, new.receptive_field))
    pairs = aligned(old.layers, new.layers)
    found = [Change(kind, a, b) for a, b in pairs if (kind := _kind(a, b)) is not None]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    levels = (
        frozenset(p for a, _ in both for p in _above(a.path)),
        frozenset(p for _, b in both for p in _above(b.path)),
    )
    return Difference(totals, shapes, found, len(pairs) - len(found), levels)


def _above(path: str) -> Iterator[str]:
    """The levels around a layer."""
    at = path.find(".")
    while at >= 0:
        yield path[:at]
        at = path.find(".", at + 1)


def alike(a: Any, b: Any) -> bool:
    """The same value at all sizes. Closed forms of other versions may be written otherwise."""
    if a == b:
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b))
    if isinstance(a, int | Expr) and isinstance(b, int | Expr) and not (isinstance(a, int) and isinstance(b, int)):
        from cnncalc.symbolic.decide import Proved, equal

        return isinstance(equal(a, b), Proved)
    return False


def _kind(a: LayerRecord | None, b: LayerRecord | None) -> str | None:
    """What became of a layer; None where it is as it was."""
    if a is None or b is None:
        return "added" if a is None else "removed"
    if a == b:
        return None
    if not alike(a.outputs, b.outputs):
        return "reshaped"
    if not alike(a.figures, b.figures):
        return "changed"
    if a.path != b.path:
        return "renamed"
    return None if a.args == b.args else "arguments"


def folded(found: Difference) -> list[Change | Renaming | MovedLevel]:
    """The changes; what was renamed, added or removed together is one."""
    result: list[Change | Renaming | MovedLevel] = []
    for key, group in groupby(found.changes, lambda change: _together(change, found)):
        changes = list(group)
        if key is None or len(changes) == 1:
            result += changes
        elif changes[0].kind == "renamed":
            result.append(_renaming(changes))
        else:
            result.append(MovedLevel(changes[0].kind, key[1], tuple(changes)))
    return result


def _together(change: Change, found: Difference) -> tuple[str, ...] | None:
    """What changes in a row have to share to be told as one; None for one that stands alone."""
    if change.kind == "renamed":
        old, new = _ends(change)
        shift = _shift(old, new)
        return (change.kind, old, new) if shift is None else (change.kind, *shift)
    if change.kind not in ("added", "removed"):
        return None
    kept = found.levels[change.kind == "added"]
    level = next((level for level in _above(change.path) if level not in kept), None)
    return None if level is None else (change.kind, level)


def _renaming(changes: Sequence[Change]) -> Renaming:
    (old, new), (last_old, last_new) = _ends(changes[0]), _ends(changes[-1])
    if old != last_old:
        old, new = (f"{a} to {b.rpartition('.')[2]}" for a, b in ((old, last_old), (new, last_new)))
    return Renaming(old, new, len(changes))


def _shift(old: str, new: str) -> tuple[str, str, str] | None:
    """The levels around two numbered layers, and by how much the number moved."""
    (before, _, first), (after, _, second) = old.rpartition("."), new.rpartition(".")
    if not (first.isdecimal() and second.isdecimal()):
        return None
    return before, after, str(int(second) - int(first))


def _ends(renamed: Change) -> tuple[str, str]:
    """Both paths without the levels at their ends that are the same: `a.conv` and `b.conv` are `a.*` and `b.*`."""
    assert renamed.old is not None
    assert renamed.new is not None
    before, after, cut = renamed.old.path.split("."), renamed.new.path.split("."), False
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before, after, cut = before[:-1], after[:-1], True
    star = ".*" if cut else ""
    return ".".join(before) + star, ".".join(after) + star


# Which layer became which

SAME, RENAMED, CHANGED = 9, 8, 2
"""What a pair is worth: the same layer, one under another path, another layer under its path."""


def aligned(old: Sequence[LayerRecord], new: Sequence[LayerRecord]) -> list[Pair]:
    """The layers of both in order, those that belong together in pairs.

    A layer in the middle moves the numbers of all after it, so that paths alone would call each of
    them changed. The alignment is the one that is worth most (Needleman and Wunsch, 1970).
    """
    first = 0
    while first < min(len(old), len(new)) and _worth(old[first], new[first]) == SAME:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and _worth(old[-1 - last], new[-1 - last]) == SAME:
        last += 1
    inner_old, inner_new = old[first : len(old) - last], new[first : len(new) - last]
    inner = _best if len(inner_old) * len(inner_new) <= CELLS else _by_path
    head: list[Pair] = list(zip(old[:first], new[:first]))
    tail = list(zip(old[len(old) - last :], new[len(new) - last :]))
    return [*head, *inner(inner_old, inner_new), *tail]


def _worth(a: LayerRecord, b: LayerRecord) -> int:
    if a.figures == b.figures:
        if a.path == b.path:
            return SAME
        return RENAMED if a.args == b.args else 0
    return CHANGED if a.path == b.path else 0


def _best(old: Sequence[LayerRecord], new: Sequence[LayerRecord]) -> list[Pair]:
    rows = [[0] * (len(new) + 1)]
    for a in reversed(old):
        below, row = rows[-1], [0]
        for j, b in enumerate(reversed(new)):
            worth = _worth(a, b)
            row.append(max(below[j + 1], row[j], below[j] + worth if worth else 0))
        rows.append(row)
    rows.reverse()
    # rows[i][len(new) - j] is what the layers from old[i] and new[j] on are worth.
    found: list[Pair] = []
    i = j = 0
    while i < len(old) or j < len(new):
        here = rows[i][len(new) - j]
        worth = _worth(old[i], new[j]) if i < len(old) and j < len(new) else 0
        if worth and here == worth + rows[i + 1][len(new) - j - 1]:
            found.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif i < len(old) and here == rows[i + 1][len(new) - j]:
            found.append((old[i], None))
            i += 1
        else:
            found.append((None, new[j]))
            j += 1
    return found


def _by_path(old: Sequence[LayerRecord], new: Sequence[LayerRecord]) -> list[Pair]:
    """Pairs by paths alone, for networks that are too large to weigh every pair."""
    before = {row.path: row for row in old}
    paths = {row.path for row in new}
    gone: list[Pair] = [(row, None) for row in old if row.path not in paths]
    return [*gone, *((before.get(row.path), row) for row in new)]
