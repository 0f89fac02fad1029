"""The batch of an import is what differs between two batches, and no size that looks like one."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc

torch = pytest.importorskip("torch", reason="torch reads the modules")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from cnncalc.torch_bridge.importing.batch import FIRST, SECOND, THIRD  # noqa: E402
from cnncalc.torch_bridge.importing.capture import figures  # noqa: E402
from cnncalc.torch_bridge.importing.importer import Imported, import_module, read_shape  # noqa: E402

Tensor = Any  # torch.Tensor, whose stubs are not strict


def imported(module: nn.Module, *inputs: str) -> Imported:
    return import_module(module, [read_shape(text, False) for text in inputs], "net")


class Rows(nn.Module):
    """All positions of all samples as rows, as a loss takes them."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        y = self.linear(x)
        return y.view(-1, y.size(-1))


class Frames(nn.Module):
    """Attention over the frames of a spectrogram, with positions and a mask of their number."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(20, 12, 3, padding=1)
        self.positions = nn.Parameter(torch.zeros(frames, 12))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).transpose(1, 2)
        n, t, c = x.shape
        q = (x + self.positions).reshape(n, t, 3, 4).transpose(1, 2)
        mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        scores = (q @ q.transpose(2, 3)).masked_fill(~mask, -1e9).softmax(-1)
        return (scores @ q).transpose(1, 2).reshape(n * t, c)


NUMBERS = sorted({251, *FIRST, *SECOND, *THIRD})


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (Rows(8, 502), "5x8"),
        (Rows(8, 32128), "128x8"),  # T5's vocabulary, 128 * 251
        *((Frames(frames), f"20x{frames}") for frames in NUMBERS),
        *((Rows(number, 2 * number), f"{number}x{number}") for number in NUMBERS),
    ],
)
def test_no_size_is_taken_for_the_batch(module: nn.Module, text: str) -> None:
    found = imported(module, text)
    assert found.remarks == []
    for batch in (1, 3):
        theirs = figures(module.eval(), [read_shape(text, False)], {"N": batch}, "cpu")
        here = cnncalc.calc(found.text, batch=batch)
        assert list(here.outputs.values()) == theirs.outputs
        assert here.totals.macs == theirs.macs
        assert here.totals.status == "exact"


class Looped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.linear(one) for one in x])


class LoopedFunction(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([one * 2 for one in x])


class OneRow(nn.Module):
    """What takes one sample alone."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(40, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.view(1, -1))


class Modulated(nn.Module):
    """Each sample has a weight of its own, in one convolution of as many groups as there are samples."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(6, 5, 3, 3))
        self.style = nn.Linear(5, 5)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        style = self.style(x.mean((2, 3)))
        weight = (self.weight * style[:, None, :, None, None]).view(n * 6, c, 3, 3)
        return F.conv2d(x.view(1, n * c, h, w), weight, padding=1, groups=n).view(n, 6, h, w)


class Large(nn.Module):
    """Goes another way at a large batch."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 5)

    def forward(self, x: Tensor) -> Tensor:
        return x if x.shape[0] > 8 else self.linear(x)


class Rounded(nn.Module):
    """Fills the batch up to a multiple of 4."""

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, -x.shape[0] % 4))


@pytest.mark.parametrize(
    ("module", "text", "note"),
    [
        (Looped(), "8", "Looped loops over its batch: linear runs 5 times at a batch of 5 and 22 times at 22"),
        (Looped(), "Tx8", "Looped loops over its batch: linear runs 5 times at a batch of 5 and 22 times at 22"),
        (
            LoopedFunction(),
            "8",
            "LoopedFunction runs 2 more operators for each further sample, as a loop over the batch does",
        ),
        (
            OneRow(),
            "5x8",
            "OneRow runs on one sample, and not on a batch of 7 (RuntimeError: mat1 and mat2 shapes cannot be "
            "multiplied (1x280 and 40x4))",
        ),
        (
            Modulated(),
            "5x8x8",
            "Modulated goes by the batch in conv2d, whose layer does not: groups would be N",
        ),
        (Large(), "4x5", "Large does not run the same at each batch: linear runs once at a batch of 7 and never at 22"),
        (Rounded(), "5", "Rounded goes by the batch in pad, whose layer does not: it is another at each batch"),
    ],
)
def test_what_needs_the_batch_as_a_number_is_a_batch_of_one(module: nn.Module, text: str, note: str) -> None:
    found = imported(module, text)
    assert found.remarks == [f"{note}, so that this is a batch of one sample"]
    shape = text.replace("T", "6")
    report = cnncalc.calc(found.text, input=f"1x{shape}")
    theirs = figures(module.eval(), [read_shape(shape, False)], {"N": 1}, "cpu")
    assert list(report.outputs.values()) == theirs.outputs
    assert (report.totals.params, report.totals.macs, report.totals.status) == (theirs.params, theirs.macs, "exact")


def test_open_sizes_of_what_runs_on_one_sample_alone() -> None:
    class Flat(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x @ x.view(x.shape[1], 4).T

    found = imported(Flat(), "Tx4")
    assert found.remarks == ["Flat runs on one sample, and not on a batch of 2, so that this is a batch of one sample"]
    assert cnncalc.calc(found.text, input="1x9x4").outputs == {"output": (1, 9, 9)}


class OfBatch(nn.Module):
    """Sizes that are made of the batch in many ways."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        n = x.shape[0]
        pairs = x @ x.T
        both = torch.cat([x, x * (1 / n)])
        mean = x.sum(0) / n
        more = torch.zeros(n + 1, 3)
        a, b = both.chunk(2)
        return pairs.flatten(), both, mean, more, a + b, x.new_zeros(n, n), x.repeat(n, 1), torch.arange(n)


def test_sizes_that_are_made_of_the_batch() -> None:
    found = imported(OfBatch(), "6")
    assert found.remarks == []
    for batch in (1, 2, 9):
        theirs = figures(OfBatch(), [read_shape("6", False)], {"N": batch}, "cpu")
        here = cnncalc.calc(found.text, batch=batch)
        assert list(here.outputs.values()) == theirs.outputs
        assert here.totals.macs == theirs.macs


def test_a_module_is_not_put_in_eval_mode_by_an_import_that_fails() -> None:
    module = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 4))
    with pytest.raises(cnncalc.CnncalcError, match=r"torch refuses it in 0 \(BatchNorm1d\)"):
        imported(module, "5")
    assert module[0].training


def test_a_norm_in_training_mode_is_imported_as_it_is_used() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).train()
    assert imported(module, "4").remarks == []
    assert module.training
