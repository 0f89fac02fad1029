"""The zoo's networks are torchvision's: they take its weights, and give the same values.

The module that `cnncalc.torch_bridge.build` makes of a graph takes torchvision's `state_dict` with `strict=True`,
and with the same random weights and running statistics it gives the same output in eval mode, at an odd size.
The smallest network of each family is run; CNNCALC_ALL_NETWORKS=1 runs every variant.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest

import cnncalc
from cnncalc.spec.read import zoo_names
from tests.published.test_torchvision import TABLE

torch = pytest.importorskip("torch", reason="torch runs the networks")
SMALLEST = (
    "alexnet",
    "convnext_tiny",
    "deeplabv3_mobilenet_v3_large",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "fcn_resnet50",
    "googlenet",
    "inception_v3",
    "lraspp_mobilenet_v3_large",
    "mc3_18",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "r2plus1d_18",
    "r3d_18",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "s3d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "vgg11_bn",
    "wide_resnet50_2",
)
ATTENTION = ("maxvit", "mvit", "swin", "vit")
CONVOLUTIONAL = sorted({row["model"] for row in TABLE if not row["model"].startswith(ATTENTION)} & set(zoo_names()))
NETWORKS = CONVOLUTIONAL if os.environ.get("CNNCALC_ALL_NETWORKS") else SMALLEST
# Odd sizes, no larger than it takes to have something left at the end.
SIZES = {"inception_v3": (3, 77, 91), "s3d": (3, 16, 209, 211)}
FAMILY = {row["model"]: row["family"] for row in TABLE}


@cache
def torchvision() -> Any:
    """torchvision, for whose import beside a torch without GPUs the schemas of its own operators have to be known."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    found = pytest.importorskip("torchvision", reason="the networks are compared with torchvision's")
    found._schemas = library  # they go when it goes
    return found


def options(name: str) -> dict[str, Any]:
    """How torchvision makes the network of the table."""
    found: dict[str, Any] = {"weights": None}
    if FAMILY[name] == "segmentation":
        found["weights_backbone"] = None
        if not name.startswith("lraspp"):
            found["aux_loss"] = True
    if name in ("googlenet", "inception_v3"):
        found["init_weights"] = False
    if name == "googlenet":
        found["aux_logits"] = False
    return found


def randomise(weights: dict[str, Any]) -> None:
    """Scales, shifts and statistics that differ from channel to channel, where torchvision starts with 0 and 1."""
    for key, value in weights.items():
        if key.endswith("running_var"):
            weights[key] = torch.rand_like(value) + 0.5
        elif value.is_floating_point() and value.dim() == 1:
            weights[key] = value + 0.1 * torch.randn_like(value)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_weights_give_the_same_output(name: str) -> None:
    from cnncalc.torch_bridge.build import build

    torch.manual_seed(0)
    size = SIZES.get(name, (3, 5, 43, 51) if FAMILY[name] == "video" else (3, 65, 79))
    theirs = torchvision().models.get_model(name, **options(name)).eval()
    weights = theirs.state_dict()
    randomise(weights)
    theirs.load_state_dict(weights, strict=True)
    ours = build(cnncalc.calc(f"zoo:{name}", input="x".join(map(str, size)))).eval()
    ours.load_state_dict(weights, strict=True)
    x = torch.randn(1, *size)
    with torch.no_grad():
        wanted, got = theirs(x), ours(x)
    wanted = list(wanted.values()) if isinstance(wanted, dict) else [wanted]
    got = list(got) if isinstance(got, tuple) else [got]
    assert len(got) == len(wanted)
    for mine, real in zip(got, wanted):
        scale = float(real.abs().max())
        assert scale > 0
        torch.testing.assert_close(mine, real, rtol=1e-5, atol=1e-5 * scale)


def test_every_family_is_run() -> None:
    families = {zoo_names()[name][0].stem for name in CONVOLUTIONAL}
    assert families == {zoo_names()[name][0].stem for name in SMALLEST}
