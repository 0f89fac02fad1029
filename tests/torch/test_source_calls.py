"""Calls in a model's code that are read without torch: shapes, parameters and MACs as torch has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.source.reading import read_model
from cnncalc.symbolic.expr import substitute
from tests.command import cnncalc, figures

CALLS = {
    "a norm over several axes": ("8x9x9", "self.norm = nn.LayerNorm([8, 9, 9])", "self.norm(x)"),
    "a norm over two axes": ("8x9x7", "self.norm = nn.LayerNorm((9, 7), elementwise_affine=False)", "self.norm(x)"),
    "scatter of a number": ("5:int64", "pass", "torch.zeros(len(x), 10).scatter_(1, x % 10, 1.0)"),
    "tensordot": ("20x16", "self.weight = nn.Parameter(torch.randn(16, 8))", "torch.tensordot(x, self.weight, dims=1)"),
    "tensordot over axes": (
        "20x16",
        "self.weight = nn.Parameter(torch.randn(16, 8, 20))",
        "torch.tensordot(x, self.weight, dims=([1, 2], [2, 0]))",
    ),
    "a divergence": ("10", "pass", 'F.kl_div(F.log_softmax(x, 1), F.softmax(x, 1), reduction="batchmean")'),
    "a divergence as a module": (
        "10",
        'self.loss = nn.KLDivLoss(reduction="batchmean")',
        "self.loss(F.log_softmax(x, 1), F.softmax(x, 1))",
    ),
    "one of several, drawn": ("10", "pass", "F.gumbel_softmax(x, hard=True)"),
    "several, drawn": ("10", "pass", "F.gumbel_softmax(x, 0.5)"),
    "in one row": ("3x4", "pass", "x[0].ravel() + torch.ravel(x[0])"),
    "stretched": ("1x4", "pass", "torch.broadcast_to(x, (len(x), 3, 4)) + x.broadcast_to(len(x), 3, 4)"),
    "sorted along the first axis": ("3x4", "pass", "torch.msort(x)"),
    "positions below the diagonal": (
        "8x8",
        "pass",
        "x[:, torch.tril_indices(8, 8, -1)[0], torch.triu_indices(8, 8, 1)[1]]",
    ),
    "norms over all devices": (
        "8x4x4",
        "self.norms = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(8), nn.ReLU()))",
        "self.norms(x)",
    ),
    "einsum by the numbers of axes": (
        "4x5",
        "self.weight = nn.Parameter(torch.randn(5, 3))",
        "torch.einsum(x, [..., 2], self.weight, [2, 30], [..., 30])",
    ),
    "einsum without an output": ("4x5", "pass", "torch.einsum(x, [0, 1, 2], x, [0, 3, 2])"),
    "a slope for each channel, on its own": (
        "4x5",
        "self.slope = nn.Parameter(torch.rand(4))",
        "F.prelu(x, self.slope)",
    ),
    "one of as many as are named": ("4", "pass", "F.one_hot(torch.tensor([1, 5, 2])) + len(x) * 0"),
    "a pool to nothing": ("4x5x5", "self.pool = nn.AdaptiveAvgPool2d((0, 2))", "self.pool(x)"),
    "any text is true": ("4", 'self.fc = nn.Linear(4, 3, bias="False")', "self.fc(x)"),
    "positions that are there": (
        "4:int64",
        "self.table = nn.Embedding(5, 3)",
        "self.table(x) + self.table(torch.arange(4)) + self.table.weight[torch.tensor([-5, 4, 0, 1])]",
    ),
    "parts of the first axis": (
        "4x6",
        "self.weight = nn.Parameter(torch.rand(6, 4))",
        "x @ self.weight.chunk(3)[0].T[:, :1].expand(4, 6).T",
    ),
    "bytes": ("4", "pass", "x.byte().float() + x.char()"),
}
FUNCTIONS = """
    4x4 torch.acosh(x + 1) + x.asinh() + torch.arctanh(x / 2)
    4x4 x.diagonal(dim1=1, dim2=2)
    4x4 torch.diagonal(x, 1, -2, -1)
    4x4 torch.diag_embed(x)
    4x4 torch.diag(x[0, 0])
    4x4 torch.diag(x[0], 1)
    4x4 x[0].diag()
    4x4 torch.trace(x[0])
    4x4 torch.kron(x[0], x[0, :2])
    4x4 torch.kron(torch.eye(2), x)
    4x6 x.rot90(1, (1, 2))
    4x6 torch.rot90(x, -1, [1, 2])
    4x6 torch.rot90(x, 2, [1, 2])
    4x6 x.count_nonzero()
    4x6 torch.count_nonzero(x, dim=1)
    4x6 torch.nansum(x, 1)
    4x6 torch.dist(x, x + 1)
    4x6 torch.take_along_dim(x, x.argsort(dim=1), dim=1)
    4x6 torch.take_along_dim(x, x.argmax(1, keepdim=True), dim=1)
    4x6 torch.take(x, torch.tensor([[0, 3]]))
    4x6 torch.cartesian_prod(torch.arange(3), torch.arange(4))
    4x6 torch.atleast_3d(x[0])
    4x6 torch.logit(x, eps=1e-6)
    4x6 torch.special.logit(x) + torch.special.xlogy(x, x)
    4x6 torch.xlogy(x, 2.0) + torch.lgamma(x) + torch.digamma(x) + torch.erfinv(x)
    4x6 torch.special.erfinv(x) + torch.special.gammaln(x) + torch.special.expit(x) + torch.special.i0(x)
    4x6 torch.fmax(x, x) + torch.fmin(x, x) + torch.hypot(x, x) + torch.logaddexp(x, x)
    4x6 torch.float_power(x, 2)
    4x6 x.frac() + x.sgn() + torch.sinc(x) + x.deg2rad()
    4x6:int64 x << 2
    4x6:int64 1 << x
    4x6:int64 (x >> 1) | (x << x)
    4x6:int64 torch.bitwise_left_shift(x, 3)
    4x6 torch.addr(torch.zeros(4, 6), torch.rand(4), torch.rand(6))
    4x6 torch.linalg.vecdot(x, x)
    4x6 torch.linalg.diagonal(x)
    4x4 torch.logdet(x)
    3x8x8 F.upsample_bilinear(x, scale_factor=2)
    3x8x8 F.upsample_nearest(x, size=4)
    3x8x8 torch.fft.fftfreq(8) + torch.fft.fftfreq(8, d=0.5)
    3x8x8 torch.fft.rfftfreq(8)
    3x4 x.max(axis=1, keepdims=True)[0] + torch.min(input=x, axis=1, keepdims=True).values
    3x4 torch.std(x, axis=1, keepdims=True) + x.var(axis=(1, 2), keepdims=True)
    3x4 torch.var_mean(x, axis=1, keepdims=True)[1] + torch.topk(x, 3, axis=1)[0][:, :1]
    3x4 torch.max(input=x, dim=1)[0] + torch.argmin(input=x, dim=1)
    3x4 torch.max(input=x, other=x) + torch.min(input=x) + torch.flatten(input=x, start_dim=1).sum()
    3x4 torch.where(input=x, condition=x > 0, other=x) + F.pad(input=x, pad=(0, 0), value=None)
    3x4 torch.sort(input=x, dim=1)[0] + torch.stack(torch.unbind(input=x, dim=1), 1)
    3x4 x.sort(axis=1)[0] + torch.norm(x, dim=1, keepdim=True) + x.norm(dim=2, keepdim=True)
    3x4 torch.stack(x.unbind(axis=1), axis=2) + torch.cat(tensors=x.split(1, dim=1), axis=1).transpose(1, 2)
    5x16 (x @ x.mT) / np.sqrt(x.size(-1))
    5x16 np.sqrt(16) * x - np.float32(2) / (x + np.float64(2))
    5x16 (x ** np.int64(2)).clamp(np.float64(0), np.float64(1)) // np.int64(2)
    5x16 x.view(-1, np.prod([5, 16]))[:, : np.int64(3)].unsqueeze(1).expand(-1, np.int64(3), -1)
    5x16 x * (torch.ones([]) * np.log(1 / 0.07)).exp()
    5x16 torch.where(x > np.float64(0), np.float64(1), x).masked_fill(x < 0, -np.inf).mean(np.int64(1))
    5x16 F.interpolate(x, scale_factor=np.float64(2))[:, np.array([0, 2])]
"""
"""Shapes, and calls that rarely are in a network."""

ATTENTION = """
        y = x.transpose(0, 1)
        own = self.attention
        out, scores = F.multi_head_attention_forward(
            y[:1], y, y, 8, 2, None, own.in_proj_bias, None, None, False, 0.0, own.out_proj.weight, own.out_proj.bias,
            use_separate_proj_weight=True, q_proj_weight=own.in_proj_weight[:8], k_proj_weight=own.in_proj_weight[8:16],
            v_proj_weight=own.in_proj_weight[16:], key_padding_mask=x[:, :, 0] > 0
        )
        return torch.cat([out.transpose(0, 1).flatten(1), scores.flatten(1)], 1)
"""
NET = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {made}

    def forward(self, x):
        return {called}
"""


def runs(code: str, sizes: list[int], whole: bool) -> tuple[tuple[int, ...], int, float]:
    """The output's shape, the parameters and the MACs when torch runs it."""
    names: dict[str, Any] = {}
    exec(code, names)
    net = names["Net"]().eval()
    x = torch.zeros(sizes, dtype=torch.int64) if whole else torch.rand(sizes)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        y = net(x)
    return tuple(y.shape), sum(p.numel() for p in net.parameters()), counter.get_total_flops() / 2


@pytest.mark.parametrize(("shape", "made", "called"), CALLS.values(), ids=CALLS)
def test_a_call(shape: str, made: str, called: str, tmp_path: Path) -> None:
    code = NET.format(made=made, called=called).replace("return y = ", "y = ")
    (tmp_path / "net.py").write_text(code)
    sizes = [int(size) for size in shape.partition(":")[0].split("x")]
    report = trace(read_model(f"{tmp_path}/net.py:Net", inputs=[shape]).graph)
    for samples in (1, 2):
        output, params, macs = runs(code, [samples, *sizes], ":" in shape)
        if samples == 1:
            assert (report.totals.params, report.totals.macs) == (params, macs)
        (value,) = [value for _, value in report.graph.outputs]
        found = report.flow.shapes[value]
        assert found is not None
        assert tuple(substitute(size, {"N": samples}) for size in found) == output


@pytest.mark.parametrize("line", FUNCTIONS.strip().splitlines())
def test_a_function(line: str, tmp_path: Path) -> None:
    shape, _, called = line.strip().partition(" ")
    test_a_call(shape, "pass", called, tmp_path)


def test_attention_on_weights_of_its_own(tmp_path: Path) -> None:
    made = "self.attention = nn.MultiheadAttention(8, 2)"
    test_a_call("7x8", made, ATTENTION.strip().removeprefix("return "), tmp_path)


def test_groups_that_are_the_samples(tmp_path: Path) -> None:
    called = "F.conv2d(x.reshape(1, -1, 8, 8), self.weight.repeat(len(x), 1, 1, 1), padding=1, groups=3 * len(x))"
    code = NET.format(made="self.weight = nn.Parameter(torch.randn(3, 1, 3, 3))", called=called)
    (tmp_path / "net.py").write_text(code)
    report = trace(read_model(f"{tmp_path}/net.py:Net", inputs=["3x8x8"]).graph)
    _, params, macs = runs(code, [1, 3, 8, 8], whole=False)
    assert (report.totals.params, report.totals.macs) == (params, macs)
    assert [warning.code for warning in report.warnings] == ["assumed-size"]


REFUSED = {
    "a fraction in a view": ("8x16", "x.view(len(x), x.size(1) / 2, 32)"),
    "a fraction in a split": ("8x16", "x.split(x.size(1) / 2, 1)[0]"),
    "a mask of decimals": ("8", "x.masked_fill(torch.ones(8), 0.0)"),
    "an argument that dropout does not have": ("8", "F.dropout(x, rate=0.5)"),
    "a position after the last": ("8", "nn.Embedding(10, 4)(torch.tensor([1, 10]))"),
    "more positions than a table has": ("8", "nn.Embedding(7, 4)(torch.arange(x.size(1))[None].expand(len(x), -1))"),
    "a position from the end": ("8", "nn.Embedding(10, 4)(torch.tensor(-1))"),
    "a position of a weight": ("8", "torch.rand(7, 4)[torch.tensor([7])]"),
    "a position to gather": ("8", "torch.gather(x, 1, torch.tensor([[8]]))"),
    "a class too many": ("8", "F.one_hot(torch.tensor([0, 3]), 3)"),
    "numbers of 16 bits on weights of 32": ("8", "nn.Linear(8, 2)(x.half())"),
    "numbers of 32 bits on weights of 16": ("8", "nn.Linear(8, 2).half()(x)"),
    "truth values that are rectified": ("8", "F.relu(x > 0)"),
    "truth values that are multiplied": ("8", "(x > 0) @ (x > 0).T"),
    "truth values that are pooled": ("3x8x8", "F.max_pool2d(x > 0, 2)"),
    "truth values that are taken off": ("8", "1 - (x > 0)"),
    "a fraction in place of whole numbers": ("8", "torch.arange(8).mul_(0.5)"),
    "a fraction of positions": ("8", "x[:, torch.tensor([0.5])]"),
    "a size of a norm that is a fraction": ("8", "nn.LayerNorm(8.0)(x)"),
    "statistics that are not there": ("8", "F.batch_norm(x, None, None)"),
    "a tensor in the place of a list": ("8", "torch.cat(x, x)"),
}


@pytest.mark.parametrize(("shape", "called"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_torch_refuses(shape: str, called: str, tmp_path: Path) -> None:
    code = NET.format(made="pass", called=called)
    (tmp_path / "net.py").write_text(code)
    with pytest.raises((TypeError, RuntimeError, IndexError)):
        runs(code, [2, *map(int, shape.split("x"))], whole=False)
    with pytest.raises(CnncalcError):
        read_model(f"{tmp_path}/net.py:Net", inputs=[shape])


def test_mirrored_edges_of_an_open_size(tmp_path: Path) -> None:
    called = 'F.pad(x, (0, -x.size(3) % 8, 0, -x.size(2) % 8), "reflect")'
    (tmp_path / "net.py").write_text(NET.format(made="pass", called=called))
    report = trace(read_model(f"{tmp_path}/net.py:Net", inputs=["3xHxW"]).graph)
    for height, width in [(4, 8), (5, 5), (8, 3), (9, 16), (12, 7)]:
        try:
            output: Any = tuple(runs(NET.format(made="pass", called=called), [1, 3, height, width], whole=False)[0][1:])
        except RuntimeError:
            output = "refused"
        try:
            found: Any = report.at(H=height, W=width).output
        except CnncalcError:
            found = "refused"
        assert found == output


def test_autocast_makes_types_one(tmp_path: Path) -> None:
    code = NET.format(made="self.fc = nn.Linear(8, 2).half()", called="self.run(x)")
    code += """
    @torch.autocast("cuda", dtype=torch.float16)
    def run(self, x):
        return self.fc(x)
"""
    (tmp_path / "net.py").write_text(code)
    assert trace(read_model(f"{tmp_path}/net.py:Net", inputs=["8"]).graph).totals.params == 18


def test_a_table_is_as_long_as_an_open_sequence_may_be(tmp_path: Path) -> None:
    code = NET.format(made="self.table = nn.Embedding(10, 4)", called="self.table(torch.arange(x.size(1)))")
    (tmp_path / "net.py").write_text(code)
    (warning,) = trace(read_model(f"{tmp_path}/net.py:Net", inputs=["L"]).graph).warnings
    assert (warning.code, warning.message.partition(", as")[0]) == ("assumed-size", "the figures hold where L <= 10")
    with pytest.raises(CnncalcError, match="there is no position 10 among the 10 of Embedding"):
        read_model(f"{tmp_path}/net.py:Net", inputs=["11"])


def test_what_only_a_later_call_uses_counts(tmp_path: Path) -> None:
    code = NET.format(
        made="self.part = Part(); self.part.norms[2].weight.requires_grad = False",
        called="self.part(self.part(x, 0), 1) + self.part(self.part(x, 1), 2)",
    )
    code = code.replace(
        "class Net",
        """class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(4) for _ in range(3))

    def forward(self, x, i):
        return self.norms[i](self.conv(x))


class Net""",
    )
    (tmp_path / "net.py").write_text(code)
    _, params, macs = runs(code, [1, 4, 8, 8], whole=False)
    read = read_model(f"{tmp_path}/net.py:Net", inputs=["4x8x8"]).graph
    totals = trace(read).totals
    assert (totals.params, totals.macs, totals.trainable) == (params, macs, params - 4)
    shared = [node.path for node in read.nodes if node.shared]
    assert shared == ["part:2.conv", "part:3.conv", "part:3.norms.1", "part:4.conv"]
    result = cnncalc("verify", "net.py:Net", "-i", "4x8x8", cwd=tmp_path)
    assert result.code == 0, result.out + result.err
    (tmp_path / "net.yaml").write_text(cnncalc("import", "net.py:Net", "-i", "4x8x8", cwd=tmp_path).out)
    assert figures(f"{tmp_path}/net.yaml")["totals"]["params"] == params


@pytest.mark.parametrize(
    ("called", "way"),
    [
        ("x.relu()", "method"),
        ("F.relu(x)", "functional"),
        ("torch.relu(x)", "function"),
        ("x.softmax(1)", "method"),
        ("x @ x.mT", "operator"),
    ],
)
def test_how_a_function_is_called_is_kept(called: str, way: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET.format(made="pass", called=called))
    read = read_model(f"{tmp_path}/net.py:Net", inputs=["4x4"]).graph
    assert (read.nodes[-1].way or read.nodes[-1].layer.usual_way) == way
