"""Arguments that are open sizes: the closed form is what the numbers give, and they have to fit each other."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.symbolic.expr import Dim, substitute


@pytest.mark.parametrize("height", [3, 7, 12])
@pytest.mark.parametrize(
    "layer",
    ["slice 2 H//2", "slice 2 stop=H//2", "slice 2 H//2 step=2", "slice 2 H//2 H - 1", "diff dim=2", "diff n=2 dim=2"],
)
def test_ends_in_an_open_size(layer: str, height: int) -> None:
    form = cnncalc.calc(f"3xHx6 -> {layer} -> conv 2 k1").at(H=height)
    plain = cnncalc.calc(f"3x{height}x6 -> {layer.replace('H', str(height))} -> conv 2 k1")
    assert (form.output, form.totals) == (plain.output, plain.totals)


def test_an_end_at_the_batch() -> None:
    halved = "3x8x8 -> cat(identity, relu, dim=0) -> slice 0 stop=N"
    assert cnncalc.calc(halved).output == (3, 8, 8)
    assert cnncalc.calc(halved, batch=4).output == (4, 3, 8, 8)


@pytest.mark.parametrize(
    ("spec", "name", "legal"),
    [
        # torch.nn.Conv2d, torch.nn.ConvTranspose2d: in_channels and out_channels are both divisible by groups.
        ("96xHxW -> conv 256 k3 g=G", "G", {1, 2, 4, 8, 16, 32}),
        ("96xHxW -> convtranspose 256 k3 g=G", "G", {1, 2, 4, 8, 16, 32}),
        ("8xHxW -> conv M k3 g=4", "M", {4, 8, 12, 16, 20, 24, 28, 32}),
    ],
)
def test_open_arguments_have_to_fit_each_other(spec: str, name: str, legal: set[int]) -> None:
    report = cnncalc.calc(spec)
    for size in range(1, 33):
        written = spec.replace(f"={name}", f"={size}").replace(f" {name} ", f" {size} ").replace("HxW", "9x9")
        if size in legal:
            assert report.at(H=9, W=9, **{name: size}).totals == cnncalc.calc(written).totals
            continue
        with pytest.raises(cnncalc.CnncalcError) as put_in:
            report.at(H=9, W=9, **{name: size})
        with pytest.raises(cnncalc.CnncalcError) as refused:
            cnncalc.calc(written)
        assert put_in.value.diagnostics[0].message in [one.message for one in refused.value.diagnostics]
    conditions = [(one.left, one.right) for one in report.flow.requirements]
    at = [{size for size in range(1, 33) if _met(left, right, name, size)} for left, right in conditions]
    assert set.intersection(*at) == legal


def _met(left: Dim, right: Dim, name: str, size: int) -> bool:
    return substitute(left, {name: size}) == substitute(right, {name: size})
