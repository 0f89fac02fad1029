"""Functions that networks call, imported each by itself: a layer of the registry, with torch's figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import cnncalc

torch = pytest.importorskip("torch", reason="torch reads the modules")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from cnncalc.torch_bridge.importing.importer import import_module, read_shape  # noqa: E402

linalg = torch.linalg

CASES: dict[str, Callable[[Any], Any]] = {
    "cdist": lambda x: torch.cdist(x, x, p=1.0),
    "broadcast_tensors": lambda x: torch.stack(torch.broadcast_tensors(x, x.mean(1, keepdim=True))),
    "mse_loss": lambda x: F.mse_loss(x, x * 2),
    "l1_loss": lambda x: F.l1_loss(x, x * 2, reduction="none"),
    "smooth_l1_loss": lambda x: F.smooth_l1_loss(x, x * 2, beta=0.5),
    "huber_loss": lambda x: F.huber_loss(x, x * 2, delta=2.0),
    "kl_div": lambda x: F.kl_div(x, x.softmax(1), reduction="batchmean"),
    "cross_entropy": lambda x: F.cross_entropy(x, x.argmax(1), label_smoothing=0.1),
    "nll_loss": lambda x: F.nll_loss(F.log_softmax(x, 1), x.argmax(1), reduction="sum"),
    "binary_cross_entropy": lambda x: F.binary_cross_entropy(x.sigmoid(), (x > 0).float()),
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, (x > 0).float()),
    "quantile": lambda x: torch.quantile(x, torch.tensor([0.1, 0.9]), dim=1, keepdim=True),
    "nanquantile": lambda x: x.nanquantile(0.3),
    "kthvalue": lambda x: x.kthvalue(2, dim=1)[0],
    "multinomial": lambda x: torch.multinomial(x[:, 0].softmax(-1), 2),
    "histc": lambda x: torch.histc(x, 5, 0, 1),
    "bucketize": lambda x: torch.bucketize(x, torch.arange(4.0)),
    "searchsorted": lambda x: torch.searchsorted(x, x[..., :2].contiguous(), side="right"),
    "fill": lambda x: torch.fill(x, 2.0),
    "isin": lambda x: torch.isin(x, torch.arange(3.0)),
    "linalg_inv": lambda x: torch.inverse(x @ x.mT),
    "linalg_det": lambda x: torch.det(x @ x.mT),
    "linalg_slogdet": lambda x: linalg.slogdet(x @ x.mT)[1],
    "linalg_cholesky": lambda x: linalg.cholesky(x @ x.mT),
    "linalg_qr": lambda x: linalg.qr(x)[0],
    "linalg_svd": lambda x: linalg.svd(x, full_matrices=False)[0],
    "linalg_svdvals": lambda x: linalg.svdvals(x),
    "linalg_eigh": lambda x: linalg.eigh(x @ x.mT)[0],
    "linalg_eigvalsh": lambda x: linalg.eigvalsh(x @ x.mT),
    "linalg_pinv": lambda x: linalg.pinv(x),
    "linalg_solve": lambda x: linalg.solve(x @ x.mT, x),
    "linalg_cross": lambda x: torch.cross(x[..., :3], x[..., 3:]),
    "linalg_matrix_norm": lambda x: linalg.norm(x, "fro", dim=(1, 2)),
    "linalg_matrix_exp": lambda x: torch.matrix_exp(x @ x.mT),
    "linalg_matrix_power": lambda x: linalg.matrix_power(x @ x.mT, 5),
    "norm": lambda x: linalg.norm(x),
}


class Function(nn.Module):
    """A function on what a layer gives."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(self.linear(x))


@pytest.mark.parametrize("name", CASES)
def test_a_function_is_its_layer(name: str) -> None:
    found = import_module(Function(CASES[name]), [read_shape("5x6", False)], name)
    layers = [node.layer for node in found.graph.nodes]
    assert name in [layer.name for layer in layers]
    assert "opaque" not in [layer.name for layer in layers]
    # torch's figures: a total that differs has a note, and what is not counted is named.
    uncounted = [layer.name for layer in layers if layer.status == "uncounted"]
    assert found.remarks == [f"{one} is uncounted: {one}1" for one in uncounted]
    assert cnncalc.verify(cnncalc.calc(found.text)).differences == []


def test_rows_in_groups_cost_what_their_products_cost() -> None:
    # torch's counter sees no part of grouped_mm: the expected figure is that of the products one by one.
    from torch.utils.flop_counter import FlopCounterMode

    rows, experts = torch.zeros(48, 16), torch.zeros(3, 16, 8)
    ends = [7, 7, 48]
    with FlopCounterMode(display=False) as counter:
        parts = [rows[a:b] @ experts[i] for i, (a, b) in enumerate(zip([0, *ends], ends))]
    grouped = F.grouped_mm(rows, experts, offs=torch.tensor(ends, dtype=torch.int32))
    assert grouped.shape == torch.cat(parts).shape
    spec = "batch: none\ninputs:\n  rows: 48x16\n  ends: 3\nbody:\n  - experts: parameter 3 16 8\n"
    report = cnncalc.calc(spec + "  - grouped_mm(rows, experts, ends)\n")
    assert report.totals.flops == counter.get_total_flops() == 2 * 48 * 16 * 8
    assert report.layers[-1].output == tuple(grouped.shape)
