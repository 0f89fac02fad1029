"""Changes of figures in words."""

from __future__ import annotations

from cnncalc.analysis.difference import Change, Moved, MovedLevel, Renaming
from cnncalc.analysis.expectations import FIGURES, percent_text
from cnncalc.layers.shapes import dims_text
from cnncalc.symbolic.expr import Dim, Expr


def moved_words(moved: Moved) -> str:
    """`params 62,006 -> 120,210 (+93.9 %)`"""
    name = FIGURES.get(moved.name, moved.name)
    by = growth(moved.old, moved.new)
    return f"{name} {value_words(moved.old)} -> {value_words(moved.new)}{f' ({by})' if by else ''}"


def growth(old: object, new: object) -> str:
    """How much a figure grew: `+93.9 %`; empty where that says nothing."""
    if not isinstance(old, int) or not isinstance(new, int):
        return ""
    share = percent_text(abs(new - old), old)
    return f"{'+' if new > old else '-'}{share}" if share else ""


def value_words(value: object) -> str:
    """A figure or a shape; `none` where a side has none."""
    if isinstance(value, tuple):
        return dims_text(value)
    return f"{value:,}" if isinstance(value, int) else "none" if value is None else str(value)


def change_words(change: Change | Renaming | MovedLevel) -> str:
    """What became of a layer, or of layers that were renamed together, in one line."""
    if isinstance(change, Renaming):
        return f"renamed {change.old} to {change.new} ({change.layers} layers)"
    if isinstance(change, MovedLevel):
        by = change.by("params")
        params = f", {value_words(by if change.kind == 'added' else 0 - by)} params" if by != 0 else ""
        return f"{change.kind} {change.path} ({len(change.changes)} layers){params}"
    old, new = change.old, change.new
    if old is None or new is None:
        row = new or old
        assert row is not None
        params = f", {value_words(row.params)} params" if row.params != 0 else ""
        return f"{change.kind} {row.path} ({row.type}): {dims_text(row.outputs[0])}{params}"
    if change.kind == "renamed":
        return f"renamed {old.path} to {new.path} ({new.type})"
    parts = []
    if old.path != new.path:
        parts.append(f"was {old.path}")
    if old.type != new.type:
        parts.append(f"{old.type} -> {new.type}")
    parts += [f"{dims_text(a)} -> {dims_text(b)}" for a, b in zip(old.outputs, new.outputs) if a != b]
    for figure in ("params", "buffers", "macs"):
        before: Dim = getattr(old, figure)
        after: Dim = getattr(new, figure)
        if before != after and not (isinstance(before, Expr) or isinstance(after, Expr)):
            parts.append(f"{FIGURES[figure]} {value_words(before)} -> {value_words(after)}")
    if old.status != new.status:
        parts.append(f"{old.status} -> {new.status}")
    return f"{change.kind} {new.path}: {', '.join(parts) or 'it is shared otherwise'}"
