"""Models imported with open sizes: closed forms that torch confirms, or numbers and the reason."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc.symbolic.expr import number_at

torch = pytest.importorskip("torch", reason="torch reads the modules")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from cnncalc.torch_bridge.importing.capture import figures  # noqa: E402
from cnncalc.torch_bridge.importing.importer import Imported, import_module, read_shape  # noqa: E402
from tests.torch.drawn_modules import Causal  # noqa: E402

Tensor = Any


def imported(module: nn.Module, *inputs: str) -> Imported:
    return import_module(module, [read_shape(text, False) for text in inputs], "net")


def block(channels: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU())


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.middle = block(3, 8), block(8, 16), block(16, 16)
        self.up1, self.side1 = nn.ConvTranspose2d(16, 16, 2, 2), block(32, 8)
        self.up2, self.side2 = nn.ConvTranspose2d(8, 8, 2, 2), block(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        x = self.middle(F.max_pool2d(b, 2))
        x = self.side1(torch.cat([self.up1(x), b], 1))
        return self.side2(torch.cat([self.up2(x), a], 1))


class Resized(nn.Module):
    """A map brought to the size of the input, as segmentation does."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = self.head(self.body(x))
        return {"out": F.interpolate(y, size=x.shape[-2:], mode="bilinear"), "mean": y.mean((2, 3))}


class Windows(nn.Module):
    """Attention in windows, with padding that the size decides on."""

    def __init__(self, channels: int = 8, window: int = 7) -> None:
        super().__init__()
        self.window = window
        self.patch = nn.Conv2d(3, channels, 4, 4)
        self.qkv = nn.Linear(channels, 3 * channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).permute(0, 2, 3, 1)
        n, h, w, c = x.shape
        size = self.window
        x = F.pad(x, (0, 0, 0, (size - w % size) % size, 0, (size - h % size) % size))
        rows, columns = x.shape[1] // size, x.shape[2] // size
        x = x.view(n, rows, size, columns, size, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, size * size, c)
        q, k, v = self.qkv(x).chunk(3, -1)
        x = (q @ k.transpose(1, 2)).softmax(-1) @ v
        x = x.view(n, rows, columns, size, size, c).permute(0, 1, 3, 2, 4, 5).reshape(n, rows * size, columns * size, c)
        return x[:, :h, :w]


class Language(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(100, 16)
        self.positions = nn.Embedding(128, 16)
        self.query, self.value = nn.Linear(16, 16), nn.Linear(16, 16)

    def forward(self, ids: Tensor) -> Tensor:
        t = ids.shape[1]
        x = self.tokens(ids) + self.positions(torch.arange(t, device=ids.device))
        mask = torch.full((t, t), float("-inf"), device=ids.device).triu(1)
        scores = self.query(x) @ x.transpose(1, 2) + mask
        return scores.softmax(-1) @ self.value(x)


class Cropped(nn.Module):
    """A map that is made larger and cut to the size of the input, where that is odd."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.out = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.pixel_shuffle(self.down(x), 2))[..., : x.shape[-2], : x.shape[-1]]


class Linear(nn.Module):
    """Attention that is linear in time: sums over the open axis, of which torch counts none where it is 1."""

    def forward(self, x: Tensor) -> Tensor:
        memory = torch.einsum("ntd,nte->nde", x, x)
        return torch.einsum("ntd,nde->nte", x, memory)


@pytest.mark.parametrize(
    ("module", "text", "sizes"),
    [
        (UNet(), "3xHxW", [(40, 52), (100, 20)]),
        (Resized(), "3xHxW", [(41, 53), (99, 20)]),
        (Windows(), "3xHxW", [(41, 53), (112, 56), (4, 90)]),
        (Language(), "T:int64", [(7,), (100,)]),
        (Causal(20, 6), "T:int64", [(7,), (100,)]),
        (Cropped(), "3xHxW", [(9, 7), (9, 8), (8, 8)]),
        (Linear(), "Tx6", [(1,), (2,), (9,)]),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)), "3xSxS", [(9,)]),
    ],
    ids=["unet", "resized", "windows", "language", "causal", "cropped", "linear", "square"],
)
def test_closed_forms_are_torchs_figures(module: nn.Module, text: str, sizes: list[tuple[int, ...]]) -> None:
    found = imported(module, text)
    assert found.remarks == []
    report = cnncalc.calc(found.text)
    assert report.symbols == sorted(set(text.partition(":")[0].split("x")) - {"3", "6"})
    for numbers in sizes:
        at = dict(zip(report.symbols, numbers))
        theirs = figures(module.eval(), [read_shape(text, False)], {**at, "N": 1}, "cpu")
        here = report.at(**at)
        assert (here.totals.params, here.totals.buffers) == theirs[:2]
        assert [(1, *shape) for shape in here.to_dict()["outputs"].values()] == theirs.outputs
        assert number_at(here.totals.macs, {}) == theirs.macs
    assert cnncalc.verify(report, trials=3, seed=1).ok


def test_conditions_are_found() -> None:
    report = cnncalc.calc(imported(UNet(), "3xHxW").text)
    assert report.smallest_input == {"H": 4, "W": 4}


class Forked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x) if x.shape[-1] % 3 == 0 else self.b(self.a(x))


class Square(nn.Module):
    """Runs at one size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.out = nn.Linear(4 * 15 * 15, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.conv(x).flatten(1))


@pytest.mark.parametrize(
    ("module", "note"),
    [
        (Forked(), "H and W are fixed at 224, as it "),  # the sizes decide in which way it is found
        (Square(), "H and W are fixed at 32, as torch runs it at none of the other sizes that were tried"),
    ],
)
def test_numbers_and_the_reason(module: nn.Module, note: str) -> None:
    found = imported(module, "3xHxW")
    assert [remark[: len(note)] for remark in found.remarks] == [note]
    report = cnncalc.calc(found.text)
    assert report.symbols == []
    theirs = figures(
        module.to("meta"), [read_shape(found.text.split("input: ")[1].split("\n")[0], False)], {"N": 1}, "meta"
    )
    assert (report.totals.params, report.totals.macs) == (theirs.params, theirs.macs)


def test_a_model_that_runs_at_no_size() -> None:
    with pytest.raises(cnncalc.CnncalcError) as raised:
        imported(nn.Sequential(nn.Flatten(), nn.Linear(7, 2)), "3xHxW")
    assert [d.code for d in raised.value.diagnostics] == ["no-size"]
