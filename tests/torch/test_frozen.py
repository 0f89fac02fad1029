"""Parameters that ask for no gradients: torch's own count, an import, what is built of its text, and the check."""

import random

import pytest
import torch
from torch import nn

import cnncalc
from cnncalc.torch_bridge.importing.capture import TracedInput
from cnncalc.torch_bridge.importing.importer import Imported, given_tensor, import_module
from cnncalc.torch_bridge.verifying.verify import verify


class Tied(nn.Module):
    """Language model whose embedding is its head, with a position table that is not learned."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.positions = nn.Parameter(torch.zeros(1, 5, 8), requires_grad=False)
        self.steps = nn.Parameter(torch.arange(5), requires_grad=False)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(self.embed(ids) + self.positions))  # type: ignore[no-any-return]


def residual() -> nn.Module:
    norm = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.PReLU(8))
    return nn.Sequential(norm, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4), nn.LayerNorm(4))


def images() -> list[TracedInput]:
    return [given_tensor(torch.zeros(1, 3, 9, 9))]


def trained(module: nn.Module) -> dict[str, torch.Size]:
    return {name: parameter.shape for name, parameter in module.named_parameters() if parameter.requires_grad}


def agrees_with_torch(module: nn.Module, found: Imported) -> None:
    """The graph, the text, and what is built of the text have what torch trains."""
    for graph in (found.graph, cnncalc.parse(found.text)):
        report = cnncalc.trace(graph)
        assert report.totals.trainable == sum(shape.numel() for shape in trained(module).values())
        assert trained(cnncalc.build(graph)) == trained(module)
        assert verify(report, original=found.original).ok


@pytest.mark.parametrize("seed", range(12))
def test_any_parameters_can_be_frozen(seed: int) -> None:
    draw = random.Random(seed)
    module = residual()
    for part in (module, *module.modules(), *module.parameters()):
        if draw.random() < 0.15:
            part.requires_grad_(False)
    agrees_with_torch(module, import_module(module, images()))


@pytest.mark.parametrize("frozen", ["nothing", "embed", "layer.self_attn.in_proj_bias", "layer.norm1", "all"])
def test_tied_fused_and_lone_parameters_are_as_in_torch(frozen: str) -> None:
    module = Tied()
    for name, parameter in module.named_parameters():
        if frozen == "all" or name == frozen or name.startswith(f"{frozen}."):
            parameter.requires_grad_(False)
    agrees_with_torch(module, import_module(module, [given_tensor(torch.zeros(1, 5, dtype=torch.int64))]))


def test_an_import_with_open_sizes_keeps_it() -> None:
    module = residual()
    module[0].requires_grad_(False)  # type: ignore[operator]
    image = images()[0]
    open_image = image._replace(shape=(image.shape[0], 3, *cnncalc.parse("3xHxW -> relu").inputs[0].shape[2:]))
    found = import_module(module, [open_image])
    assert "frozen: ['0']" in found.text.replace("frozen: [0]", "frozen: ['0']")
    agrees_with_torch(module, found)


def test_the_check_sees_a_wrong_figure() -> None:
    """A graph that says that all is trained is not what the module, or another built one, trains."""
    module = residual()
    module[3].requires_grad_(False)  # type: ignore[operator]
    found = import_module(module, images())
    report = cnncalc.calc(found.text.replace("frozen: [3]", ""))
    differences = verify(report, original=found.original).differences
    assert {difference.figure for difference in differences} == {"module_trainable"}


def test_a_model_is_judged_by_what_it_trains() -> None:
    report = cnncalc.trace(cnncalc.from_torch(frozen_head(), torch.zeros(1, 4)))
    assert (report.totals.params, report.totals.trainable) == (4 * 3 + 3 + 3 * 2 + 2, 4 * 3 + 3)


def frozen_head() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    module[1].requires_grad_(False)
    return module
