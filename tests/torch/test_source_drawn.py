"""What models draw, and sequences of several lengths, read without torch: shapes and parameters as torch has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.source.reading import read_model
from cnncalc.symbolic.expr import substitute

NET = """
import torch
from torch import nn
from torch.distributions import kl_divergence
from torch.distributions.normal import Normal
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {made}

    def forward(self, x, y=None):
        {body}
"""

TAKEN = [
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Normal(self.l(x), torch.exp(self.l(x)))
        return d.rsample(), d.log_prob(x[:, :4]), d.entropy(), d.mean, d.stddev, d.sample((3,)), d.cdf(x[:, :4])""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Normal(self.l(x), 1.0)
        q = torch.distributions.Normal(0., 1.)
        return torch.distributions.kl_divergence(d, q)""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Normal(0, 1)
        return d.sample(), d.rsample((2, 3))""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Independent(torch.distributions.Normal(self.l(x), self.l(x).exp()), 1)
        return d.rsample(), d.log_prob(x[:, 4:]), torch.zeros(d.event_shape), torch.zeros(d.batch_shape)""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Categorical(logits=self.l(x))
        a = d.sample()
        return a, d.log_prob(a), d.entropy(), d.probs""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Categorical(F.softmax(self.l(x), -1))
        a = d.sample((5,))
        return a, d.log_prob(a), d.entropy(), d.logits""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Bernoulli(torch.sigmoid(self.l(x)))
        a = d.sample()
        return a, d.log_prob(a), d.entropy(), d.probs, d.mean""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Bernoulli(logits=self.l(x))
        a = d.sample()
        return a, d.log_prob(a), d.entropy(), d.variance""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Uniform(x, x + 1)
        return d.rsample(), d.entropy(), d.mean""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """d = torch.distributions.Laplace(x, 1.0)
        return d.rsample(), d.log_prob(x), d.entropy()""",
    ),
    (
        "8",
        """self.l = nn.Linear(8, 4)""",
        """return kl_divergence(Normal(x, x.exp()), Normal(torch.zeros_like(x), torch.ones_like(x))).sum(1)""",
    ),
    (
        "7x8",
        """self.r = nn.LSTM(8, 5, batch_first=True)""",
        """p = pack_padded_sequence(x, torch.full((len(x),), 7), batch_first=True, enforce_sorted=False)
        o, (h, c) = self.r(p)
        o, n = pad_packed_sequence(o, batch_first=True)
        return o, h, c, n""",
    ),
    (
        "7x8",
        """self.r = nn.GRU(8, 5)
        self.l = nn.Linear(8, 8)""",
        """p = pack_padded_sequence(x, [7] * len(x), batch_first=True)
        p = PackedSequence(self.l(p.data), p.batch_sizes)
        o, h = self.r(p)
        return pad_packed_sequence(o, batch_first=True)[0], o.data""",
    ),
    ("7x8", """pass""", """return nn.utils.rnn.pad_sequence([x[0], x[0, :3]], batch_first=True)"""),
    ("7x8", """pass""", """return nn.utils.rnn.pad_sequence([x[0], x[0, :3]])"""),
    ("7x8", """self.r = nn.GRU(8, 5)""", """return self.r(nn.utils.rnn.pack_sequence([x[0], x[0]]))[1]"""),
    (
        "7x8;1:int64",
        """self.r = nn.LSTM(8, 5, batch_first=True)""",
        """p = nn.utils.rnn.pack_padded_sequence(x, (y[:, 0] * 0 + 7).cpu(), batch_first=True, enforce_sorted=False)
        o, (h, c) = self.r(p)
        return nn.utils.rnn.pad_packed_sequence(o, batch_first=True)[0], h[-1]""",
    ),
]
REFUSED = [
    ("8", """self.l = nn.Linear(8, 4)""", """return torch.distributions.Categorical()"""),
    ("8", """self.l = nn.Linear(8, 4)""", """return torch.distributions.Normal(x, torch.rand(5))"""),
    ("8", """self.l = nn.Linear(8, 4)""", """return torch.distributions.Bernoulli(x).rsample()"""),
    ("7x8", """self.r = nn.GRU(8, 5)""", """return self.r([x])"""),
]


def outputs(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [one for part in value for one in outputs(part)]


def by_torch(code: str, shapes: list[str], samples: int) -> tuple[list[tuple[int, ...]], int]:
    names: dict[str, Any] = {}
    exec(code, names)
    net = names["Net"]().eval()
    sizes = [[samples, *map(int, shape.partition(":")[0].split("x"))] for shape in shapes]
    given = [torch.zeros(size).long() if ":" in shape else torch.rand(size) for size, shape in zip(sizes, shapes)]
    with torch.no_grad():
        found = outputs(net(*given))
    return [tuple(one.shape) for one in found], sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("shapes", "made", "body"), TAKEN)
def test_shapes_are_as_torch_has_them(shapes: str, made: str, body: str, tmp_path: Path) -> None:
    code = NET.format(made=made, body=body)
    (tmp_path / "net.py").write_text(code)
    report = trace(read_model(f"{tmp_path}/net.py:Net", inputs=shapes.split(";")).graph)
    found = [report.flow.shapes[value] or () for _, value in report.graph.outputs]
    one_sample = any("a batch of one sample" in warning.message for warning in report.warnings)
    for samples in (1,) if one_sample else (1, 2):
        sizes = [tuple(substitute(size, {"N": samples}) for size in shape) for shape in found]
        assert (sizes, report.totals.params) == by_torch(code, shapes.split(";"), samples)


@pytest.mark.parametrize(("shapes", "made", "body"), REFUSED)
def test_what_torch_refuses(shapes: str, made: str, body: str, tmp_path: Path) -> None:
    code = NET.format(made=made, body=body)
    (tmp_path / "net.py").write_text(code)
    with pytest.raises((ValueError, RuntimeError, TypeError, NotImplementedError, AttributeError)):
        by_torch(code, shapes.split(";"), 2)
    with pytest.raises(CnncalcError):
        read_model(f"{tmp_path}/net.py:Net", inputs=shapes.split(";"))


def test_lengths_that_are_not_known_are_those_of_the_input(tmp_path: Path) -> None:
    made = "self.rnn = nn.LSTM(8, 5, batch_first=True)"
    body = "return self.rnn(pack_padded_sequence(x, y[:, 0], batch_first=True, enforce_sorted=False))[1][0]"
    (tmp_path / "net.py").write_text(NET.format(made=made, body=body))
    found = read_model(f"{tmp_path}/net.py:Net", inputs=["7x8", "1:int64"]).graph.warnings
    assert [one.message.partition(", as `return")[0] for one in found] == [
        "the figures hold where every sequence is as long as what holds it"
    ]
