"""The zoo with open sizes: the closed forms are the plain run at every size, and the smallest input is the smallest.

Memory and least time are those of one network of each family here; CNNCALC_ZOO=all has all of them, at 20 sizes.
"""

from __future__ import annotations

import os
import random
from functools import cache
from typing import Any

import pytest

import cnncalc
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.shapes import Shape
from cnncalc.render import Options, render
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, substitute
from tests.command import figures
from tests.published.test_torchvision import ROWS

SIZES = 20
MORE = 50  # of the families whose runs are quick
QUICK = {"alexnet", "densenet", "googlenet", "lecun1989", "lenet", "mobilenetv2", "resnet", "squeezenet", "unet", "vgg"}


# Texts have one axis, and lines of text one height.
OTHERS = {
    "bert": ["T"],
    "gpt2": ["T"],
    "textcnn": ["T"],
    "transformer": ["S", "T"],
    "crnn": ["1x32xW"],
    "wavenet": ["256xT"],
}


def opened(name: str, shape: Shape) -> list[str]:
    """The shape with its spatial axes open; time keeps its number, which pools of video count on."""
    axes = ["H", "W"]
    return OTHERS.get(name.partition("_")[0]) or ["x".join([*map(str, shape[: len(shape) - 2]), *axes])]


def numbers(found: cnncalc.Report, sizes: dict[str, int]) -> list[str]:
    """The inputs with numbers for their open sizes."""
    shapes = found.inputs.values()
    return ["x".join(str(size if isinstance(size, int) else sizes[str(size)]) for size in shape) for shape in shapes]


@cache
def report(name: str) -> cnncalc.Report:
    """The network with open sizes."""
    own = cnncalc.calc(f"zoo:{name}")
    return cnncalc.calc(f"zoo:{name}", input=opened(name, next(iter(own.inputs.values()))))


def every_figure(found: cnncalc.Report) -> list[Dim]:
    """All that a report says, in one order, for a batch of one."""
    figures: list[Dim] = [found.totals.params, found.totals.buffers, found.totals.macs, found.totals.activations]
    for layer in found.layers:
        if not layer.node.train_only:  # what is not run may not fit
            figures += [substitute(size, {"N": 1}) for size in layer.output]
        figures += [layer.params, layer.buffers, layer.macs, layer.flops, layer.activations]
    return figures


def legal(found: cnncalc.Report, symbol: str) -> list[int]:
    """Some sizes that meet all conditions on a symbol, the smallest first."""
    smallest = found.smallest_input
    assert smallest is not None
    sets = [c.sizes for c in found.conditions if c.sizes is not None and c.sizes.name == symbol]
    some = range(smallest[symbol], smallest[symbol] + 400)
    return [n for n in some if all(n in sizes for sizes in sets)]


@pytest.mark.parametrize("name", zoo_names())
def test_closed_forms_are_the_plain_run(name: str) -> None:
    found = report(name)
    values = compiled(every_figure(found))
    draw = random.Random(name)
    choices = {symbol: legal(found, symbol) for symbol in found.symbols}
    for i in range(MORE if zoo_names()[name][0].stem in QUICK else SIZES):
        sizes = {symbol: draw.choice(choices[symbol]) for symbol in found.symbols}
        got = list(values(sizes))
        # The same graph with numbers in it, and for some of the sizes the text once more from its start.
        assert got == every_figure(found.at(**sizes)), sizes
        if i < 3:
            plain = cnncalc.calc(f"zoo:{name}", input=numbers(found, sizes))
            assert got == every_figure(plain), sizes


@pytest.mark.parametrize("name", zoo_names())
def test_the_smallest_input_is_the_smallest(name: str) -> None:
    found = report(name)
    smallest = found.smallest_input
    assert smallest is not None
    assert found.at(**smallest).outputs
    for symbol, size in smallest.items():
        if size == 1:  # nothing at all is no input, though some layers would take it
            continue
        with pytest.raises(cnncalc.CnncalcError):
            found.at(**{**smallest, symbol: size - 1})


# For these torchvision prints more than they need; tests/published/test_smallest_input.py runs its modules on less.
LARGER = ("efficientnet_v2", "maxvit", "mvit", "s3d", "swin_", "vit")


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['model']}-{row['input']}" for row in ROWS])
def test_the_smallest_input_is_the_one_that_torchvision_prints(row: dict[str, str]) -> None:
    found = report(row["model"])
    assert found.smallest_input is not None
    smallest = (found.smallest_input["H"], found.smallest_input["W"])
    printed = tuple(int(size) for size in row["published_min_size"].strip("()").split(","))
    if row["model"].startswith(LARGER):
        assert smallest < printed
    else:
        assert smallest == printed


FAMILIES = {path.stem: name for name, (path, _) in reversed(zoo_names().items())}


@pytest.mark.parametrize("name", FAMILIES.values(), ids=FAMILIES)
def test_the_closed_forms_that_are_printed_read_as_python(name: str) -> None:
    found = report(name)
    draw = random.Random(name)
    sizes = {symbol: draw.choice(legal(found, symbol)) for symbol in found.symbols}
    own = next(iter(cnncalc.calc(f"zoo:{name}").inputs.values()))
    opened_up = figures(f"zoo:{name}", *(f"-i{shape}" for shape in opened(name, own)))
    plain = figures(f"zoo:{name}", *(f"-i{shape}" for shape in numbers(found, sizes)))

    def at(value: Any) -> Any:
        return eval(value, {}, {"N": 1, **sizes}) if isinstance(value, str) else value

    for key in ("params", "buffers", "macs", "flops", "activations"):
        assert at(opened_up["totals"][key]) == plain["totals"][key], (key, sizes)
    for before, after in zip(opened_up["layers"], plain["layers"], strict=True):
        if "train_only" not in before:
            assert [*map(at, before["output"])] == [*map(at, after["output"])], (before["path"], sizes)
        for key in ("params", "buffers", "macs", "flops"):
            assert at(before[key]) == after[key], (before["path"], key, sizes)


# Memory and least time.

ALL = os.environ.get("CNNCALC_ZOO") == "all"


def bytes_and_operations(found: cnncalc.Report) -> list[Dim]:
    """All that memory and least time say, in one order. The peak is the largest of what is in use."""
    memory, time = found.memory, found.time
    assert memory is not None
    assert time is not None
    figures = [memory.weights, memory.gradients, memory.optimizer, memory.saved]
    for one, timed in zip(memory.layers, time.layers):
        figures += [one.use, one.saved, timed.operations, timed.bytes]
    return figures


WINDOWED = ("swin", "maxvit", "mvit_v2")
"""Families whose windows take all of a small picture, or one key is left, so that torch copies less than forms say."""


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("name", zoo_names() if ALL else FAMILIES.values())
def test_closed_forms_of_memory_and_least_time(name: str, mode: str) -> None:
    asked: dict[str, Any] = {"memory": mode, "device": "t4"}
    found = report(name)
    opened_up = cnncalc.calc(
        f"zoo:{name}", input=["x".join(map(str, shape)) for shape in found.inputs.values()], **asked
    )
    assert "\npeak " in render(opened_up, "table", Options())
    peak = opened_up.to_dict()["memory"]["peak"]  # None where it is the largest of too many forms
    values = compiled(bytes_and_operations(opened_up))
    draw = random.Random(f"{mode} {name}")
    assert opened_up.memory is not None
    assert (opened_up.memory.note is not None) is name.startswith(WINDOWED)
    for _ in range(SIZES if ALL else 2):
        sizes = {symbol: draw.choice(legal(found, symbol)) for symbol in found.symbols}
        plain = cnncalc.calc(f"zoo:{name}", input=numbers(found, sizes), **asked)
        assert plain.memory is not None
        if list(values(sizes)) != bytes_and_operations(plain):
            assert opened_up.memory.note is not None, sizes
        elif peak is not None:
            assert eval(str(peak), {}, sizes) == plain.memory.peak, sizes


def test_a_peak_of_too_many_forms_is_not_written() -> None:
    """With H and W open each of the pools can be the largest value."""
    pools = "".join(f"  - p{i}: avgpool2d(input, kernel_size=({i}, {160 - i}))\n" for i in range(1, 160))
    found = cnncalc.calc(f"input: 1xHxW\nbody:\n{pools}", memory="infer")
    assert found.memory is not None
    assert found.memory.to_dict()["peak"] is None
    with pytest.raises(cnncalc.CnncalcError, match="the peak of memory is the largest of too many forms"):
        _ = found.memory.peak
    plain = cnncalc.calc(f"input: 1x200x300\nbody:\n{pools}", memory="infer").memory
    assert plain is not None
    assert plain.peak == max(layer.use for layer in plain.layers)  # type: ignore[type-var]
