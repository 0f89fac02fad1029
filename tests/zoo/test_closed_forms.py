"""The zoo with open sizes: the closed forms are the plain run at every size, and the smallest input is the smallest."""

from __future__ import annotations

import random
from functools import cache

import pytest

import cnncalc
from cnncalc.layers.base import Shape
from cnncalc.spec.read import zoo_names
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim

SIZES = 50


def opened(shape: Shape) -> str:
    """The shape with its spatial axes open; time keeps its number, which pools of video count on."""
    axes = ["H", "W"]
    return "x".join([*map(str, shape[: len(shape) - 2]), *axes])


@cache
def report(name: str) -> cnncalc.Report | None:
    """The network with open sizes, or None where a layer needs numbers."""
    own = cnncalc.calc(f"zoo:{name}")
    try:
        return cnncalc.calc(f"zoo:{name}", input=opened(own.inputs["input"]))
    except cnncalc.CnncalcError:
        return None


OPEN = [name for name in zoo_names() if report(name) is not None]


def test_every_network_has_closed_forms() -> None:
    assert sorted(set(zoo_names()) - set(OPEN)) == []


def every_figure(found: cnncalc.Report) -> list[Dim]:
    """All that a report says, in one order."""
    figures: list[Dim] = [found.totals.params, found.totals.buffers, found.totals.macs, found.totals.activations]
    for layer in found.layers:
        figures += [*layer.output, layer.params, layer.buffers, layer.macs, layer.flops, layer.activations]
    return figures


def legal(found: cnncalc.Report, symbol: str) -> list[int]:
    """Some sizes that meet all conditions on a symbol, the smallest first."""
    smallest = found.smallest_input
    assert smallest is not None
    sets = [c.sizes for c in found.conditions if c.sizes is not None and c.sizes.name == symbol]
    some = range(smallest[symbol], smallest[symbol] + 400)
    return [n for n in some if all(n in sizes for sizes in sets)]


@pytest.mark.parametrize("name", OPEN)
def test_closed_forms_are_the_plain_run(name: str) -> None:
    found = report(name)
    assert found is not None
    values = compiled(every_figure(found))
    draw = random.Random(name)
    choices = {symbol: legal(found, symbol) for symbol in found.symbols}
    for i in range(SIZES):
        sizes = {symbol: draw.choice(choices[symbol]) for symbol in found.symbols}
        got = list(values(sizes))
        # The same graph with numbers in it, and for some of the sizes the text once more from its start.
        assert got == every_figure(found.at(**sizes)), sizes
        if i < 3:
            shape = [size if isinstance(size, int) else sizes[str(size)] for size in found.inputs["input"]]
            plain = cnncalc.calc(f"zoo:{name}", input="x".join(map(str, shape)))
            assert got == every_figure(plain), sizes


@pytest.mark.parametrize("name", OPEN)
def test_the_smallest_input_is_the_smallest(name: str) -> None:
    found = report(name)
    assert found is not None
    smallest = found.smallest_input
    assert smallest is not None
    assert found.at(**smallest).outputs
    for symbol, size in smallest.items():
        with pytest.raises(cnncalc.CnncalcError):
            found.at(**{**smallest, symbol: size - 1})
