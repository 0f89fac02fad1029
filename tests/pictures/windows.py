"""The window view read back, and held against torch: `python -m tests.pictures.windows --layers 300`.

What is read are the rectangles that are drawn. An impulse at a position of the input of a real layer, whose weights are
positive and which has no bias, shows which output positions depend on it.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from typing import Any, NamedTuple
from xml.etree import ElementTree

import torch
from torch import nn

import cnncalc
from cnncalc.diagnostics import CnncalcError
from cnncalc.pictures import draw
from tests.pictures.geometry import SVG

Place = tuple[int, int]
SQUARE = re.compile(r"M(-?[\d.]+) (-?[\d.]+)h([\d.]+)v\3h-\3z")


class Side(NamedTuple):
    """A grid of cells."""

    name: str  # input or output
    corners: dict[tuple[float, float], Place]  # which position is drawn at which corner
    kinds: dict[Place, str]
    missed: set[Place]
    values: dict[Place, str]

    def at(self, x: float, y: float) -> Place:
        return next(place for corner, place in self.corners.items() if abs(corner[0] - x) + abs(corner[1] - y) < 0.5)

    def inside(self, x: float, y: float) -> bool:
        return any(abs(corner[0] - x) + abs(corner[1] - y) < 0.5 for corner in self.corners)


class Step(NamedTuple):
    """One are of the window: the cells of each grid that it marks."""

    step: Place
    window: list[tuple[Side, set[Place]]]
    hit: list[tuple[Side, Place]]
    sources: list[set[Place]]


def squares(path: str) -> list[tuple[float, float]]:
    assert SQUARE.sub("", path) == "", path
    return [(float(x), float(y)) for x, y, _ in SQUARE.findall(path)]


def sides(root: ElementTree.Element) -> list[Side]:
    """The grids of a picture."""
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("class") != "grid":
            continue
        cells = {}
        for path in group.findall(f"{SVG}path"):
            kinds = (path.get("class") or "").split()
            if kinds[0] == "cell":
                cells |= dict.fromkeys(squares(path.get("d", "")), kinds[1])
        across, down = (sorted({corner[axis] for corner in cells}) for axis in (0, 1))
        columns, rows = ([int(n) for n in group.get(f"data-{name}", "").split()] for name in ("columns", "rows"))
        assert (len(across), len(down), len(cells)) == (len(columns), len(rows), len(columns) * len(rows))
        names = {(x, y): (row, column) for x, column in zip(across, columns) for y, row in zip(down, rows)}
        side = across[1] - across[0] if len(across) > 1 else 1e3
        corner = {place: at for at, place in names.items()}

        def holder(x: float, y: float, corner: dict[Place, Any] = corner, side: float = side) -> Place:
            near = [place for place, (left, top) in corner.items() if left <= x and top <= y]
            assert near
            return max(near)

        crosses: set[Place] = set()
        for path in group.findall(f"{SVG}path"):
            if path.get("class") == "missed":
                starts = re.findall(r"M([\d.]+) ([\d.]+)", path.get("d", ""))
                crosses |= {holder(float(x), float(y)) for x, y in starts}
        values = {holder(float(t.get("x", 0)), float(t.get("y", 0))): t.text or "" for t in group.iter(f"{SVG}text")}
        found.append(
            Side(group.get("data-side", ""), names, {names[at]: kind for at, kind in cells.items()}, crosses, values)
        )
    return found


def steps(root: ElementTree.Element, grids: list[Side]) -> list[Step]:
    """The steps of a picture."""
    forms = {
        group.get("id", ""): squares(group.findall(f"{SVG}path")[0].get("d", ""))
        for group in root.iter(f"{SVG}g")
        if group.get("id")
    }
    found = []
    for group in root.iter(f"{SVG}g"):
        if "f" not in (group.get("class") or "").split():
            continue
        window, hit, sources = [], [], []
        for part in group:
            if part.tag == f"{SVG}use":
                x, y = float(part.get("x", 0)), float(part.get("y", 0))
                cells = [(x + a, y + b) for a, b in forms[part.get("href", "").removeprefix("#")]]
                grid = next(grid for grid in grids if grid.inside(*cells[0]))
                window.append((grid, {grid.at(*cell) for cell in cells}))
                assert len(window[-1][1]) == len(cells)
            elif part.tag == f"{SVG}rect":
                x, y = float(part.get("x", 0)), float(part.get("y", 0))
                grid = next(grid for grid in grids if grid.inside(x, y))
                hit.append((grid, grid.at(x, y)))
            elif part.tag == f"{SVG}path":
                cells = squares(part.get("d", ""))
                grid = next(grid for grid in grids if grid.inside(*cells[0]))
                sources.append({grid.at(*cell) for cell in cells})
        row, column = map(int, group.get("data-step", "").split())
        found.append(Step((row, column), window, hit, sources))
    return found


def depends(layer: nn.Module, x: tuple[int, ...], channel: int) -> torch.Tensor:
    """Which output positions (the last two axes) depend on which input positions (the first two) of a channel."""
    *_, high, wide = (1, *x[1:]) if len(x) == 2 else x[1:]
    count = high * wide
    impulses = torch.zeros(count, x[0], high, wide)
    impulses[torch.arange(count), channel] = torch.eye(count).reshape(count, high, wide)
    given = impulses if len(x) == 3 else impulses[:, :, 0]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(0.5, 1.5)
        made = layer(given)
    made = made if len(x) == 3 else made[:, :, None]
    return (made[:, 0] > 0).reshape(high, wide, *made.shape[2:])


def difference(spec: str, layer: nn.Module, x: tuple[int, ...]) -> str | None:
    """What a picture of the window of a spec's one layer shows otherwise than torch has it."""
    root = ElementTree.fromstring(draw(cnncalc.calc(spec), "window").svg)
    grids = sides(root)
    transposed = isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d)
    inputs, (output,) = ([grid for grid in grids if grid.name == name] for name in ("input", "output"))
    labels = [t.text or "" for t in root.iter(f"{SVG}text") if (t.text or "").startswith("input, channel")]
    channels = [int(label.split()[-1]) for label in labels] or [0]
    found = [depends(layer, x, channel) for channel in channels]
    high, wide, *made = found[0].shape
    found_steps = steps(root, grids)
    single = inputs[0] if transposed else output
    if {step.step for step in found_steps} != set(single.kinds):
        return "the steps are not those of the cells"
    for step in found_steps:
        if {place for _, place in step.hit} != {step.step}:
            return f"step {step.step} marks {step.hit}"
        if len(step.window) != (1 if transposed else len(channels)):
            return f"step {step.step} has {len(step.window)} windows"
        for at, (grid, cells) in enumerate(step.window):
            inside = {place for place in cells if grid.kinds[place] == "pixel"}
            inside |= step.sources[at] if step.sources else set()
            place = step.step
            there = found[at][:, :, place[0], place[1]] if not transposed else found[0][place[0], place[1]]
            wanted = {tuple(one) for one in there.nonzero().tolist()} & set(grid.kinds)
            if inside != wanted:
                return f"step {place}: drawn {sorted(inside)}, torch {sorted(wanted)}"
    grid = output if transposed else inputs[0]
    limits = made if transposed else (high, wide)
    for place, kind in grid.kinds.items():
        if (kind == "pixel") != (0 <= place[0] < limits[0] and 0 <= place[1] < limits[1]):
            return f"{place} is drawn as {kind}"
    seen = found[0].any(0).any(0) if transposed else found[0].any(-1).any(-1)
    missed = {place for place, kind in grid.kinds.items() if kind == "pixel" and not seen[place]}
    return None if grid.missed == missed else f"crosses at {sorted(grid.missed)}, torch {sorted(missed)}"


# Layers that are drawn by lot


def drawn(lot: random.Random) -> tuple[str, nn.Module, tuple[int, ...]]:
    """A spec, the layer of torch that it says, and its input."""
    axes = lot.choice([1, 2, 2])
    long = lot.random() < 0.2
    sizes = tuple(lot.randint(1, 13) if not long else lot.randint(20, 30 if axes == 2 else 90) for _ in range(axes))

    def some(*values: int) -> Any:
        found = [lot.choice(values) for _ in range(axes)]
        return found[0] if lot.random() < 0.5 else tuple(found)

    channels = lot.choice([1, 1, 2, 3, 6])
    kind = lot.choice(["conv", "conv", "same", "mode", "transposed", "transposed", "max", "avg", "adaptive", "lp"])
    kernel = some(1, 2, 3, 3, 4, 5)
    arguments: dict[str, Any] = {"kernel_size": kernel, "stride": some(1, 1, 2, 3, 5)}
    if kind in ("conv", "same", "mode", "transposed"):
        groups = lot.choice([g for g in (1, 1, 2, 3) if channels % g == 0])
        arguments |= {"dilation": some(1, 1, 2, 3), "padding": some(0, 1, 2, 3), "bias": False, "groups": groups}
        if kind == "same":
            arguments |= {"stride": 1, "padding": "same"}
        if kind in ("same", "mode"):
            arguments["padding_mode"] = lot.choice(["zeros", "reflect", "replicate", "circular"])
        if kind == "transposed":
            arguments["output_padding"] = some(0, 0, 1)
        name = f"Conv{'Transpose' if kind == 'transposed' else ''}{axes}d"
        arguments = {"in_channels": channels, "out_channels": groups * lot.choice([1, 2]), **arguments}
    elif kind == "adaptive":
        name = lot.choice(["AdaptiveAvgPool", "AdaptiveMaxPool"]) + f"{axes}d"
        arguments = {"output_size": some(1, 2, 3, 5)}
    elif kind == "max":
        name = f"MaxPool{axes}d"
        arguments |= {"padding": some(0, 0, 1, 2), "dilation": some(1, 1, 2), "ceil_mode": lot.random() < 0.6}
    elif kind == "avg":
        name = f"AvgPool{axes}d"
        arguments |= {"padding": some(0, 0, 1, 2), "ceil_mode": lot.random() < 0.6}
    else:
        name = f"LPPool{axes}d"
        arguments = {"norm_type": 2, "kernel_size": lot.choice([1, 2, 3]), "ceil_mode": lot.random() < 0.6}
        arguments["stride"] = lot.choice([1, 2, 3])
    x = (channels, *sizes)
    text = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"{'x'.join(map(str, x))} -> nn.{name}({text})", getattr(nn, name)(**arguments), x


def run(count: int, seed: int) -> tuple[int, list[str]]:
    """How many layers were compared, and what differs. Those that both refuse are drawn anew."""
    lot = random.Random(seed)
    compared, wrong = 0, []
    while compared < count:
        try:
            spec, layer, x = drawn(lot)
            cnncalc.calc(spec)
        except (CnncalcError, ValueError, RuntimeError, AssertionError):
            continue
        compared += 1
        said = difference(spec, layer, x)
        if said:
            wrong.append(f"{spec}\n  {said}")
    return compared, wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    number, faults = run(options.layers, options.seed)
    print("\n".join([*faults, f"{number} layers, {len(faults)} differ"]))
    sys.exit(bool(faults))
