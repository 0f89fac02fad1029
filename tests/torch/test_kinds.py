"""The types of numbers that layers without parameters take and give, as torch has them."""

from __future__ import annotations

import itertools
import os
import random
import warnings
from collections import defaultdict

import torch

from cnncalc.layers import Layer
from cnncalc.source import kinds
from cnncalc.torch_bridge.drawing.compare import by_torch, held, tensors
from cnncalc.torch_bridge.drawing.differences import Figures
from cnncalc.torch_bridge.drawing.draw import Case, case, layers, normal

TYPES = {
    "f": torch.float32,
    "d": torch.float64,
    "i": torch.int64,
    "j": torch.int32,
    "u": torch.uint8,
    "b": torch.bool,
    "c": torch.complex64,
}
CAST = frozenset({"where", "masked_fill"})
"""Layers that make their inputs what torch takes before they run, as losses do."""

CASES = 8
"""Legal ones of each layer that have to agree, else `?` is written."""


def gives(one: Case, types: tuple[str, ...]) -> str:
    """The letter of what torch gives for inputs of these types, of zeros or of ones; `-` where it refuses both."""
    layer = normal(one.layer, one.arguments)
    for more in (0, 1):
        given = [(value + more).to(TYPES[letter]) for value, letter in zip(tensors(one, "cpu"), types)]
        try:
            first = layer.run(torch, held(one, layer), *given)
        except Exception:
            continue
        first = first[0] if isinstance(first, tuple | list) else first
        return next((letter for letter, kind in TYPES.items() if first.dtype is kind), "?")
    return "-"


def found(layer: type[Layer], count: int) -> str | None:
    """What a layer gives for all types of so many inputs; None where it has no such cases."""
    drawn = (case(layer, random.Random(f"kinds {layer.name} {i}")) for i in range(120))
    legal = [
        one
        for one in drawn
        if len(one.shapes) == count and 0 not in sum(one.shapes, ()) and isinstance(by_torch(one), Figures)
    ]
    if not legal:
        return None
    letters = ""
    for types in itertools.product(TYPES, repeat=count):
        outcomes = {gives(one, types) for one in legal[:CASES]}
        letters += outcomes.pop() if len(outcomes) == 1 else "?"
    return letters


def written() -> str:
    rows: dict[str, list[str]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layer in sorted(layers(), key=lambda layer: layer.name):
            plain = layer.params is Layer.params and layer.buffers is Layer.buffers
            if layer.name in CAST or layer.run.__module__.endswith(".loss"):
                continue
            for count in (1, 2) if plain else ():
                letters = found(layer, count)
                if letters is not None:
                    rows[letters].append(layer.name)
    known = {letters: names for letters, names in rows.items() if {*letters} != {"?"}}
    return "".join(f"{letters} {' '.join(names)}\n" for letters, names in known.items())


def test_the_table_is_up_to_date() -> None:
    if os.environ.get("CNNCALC_OVERWRITE"):
        kinds.TABLE.write_text(written(), encoding="utf-8")
        return
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/torch/test_kinds.py"
    assert kinds.TABLE.read_text(encoding="utf-8") == written(), f"write it anew: {again}"
