"""The zoo's networks are torchvision's: they take its weights, and give the same values.

The module that `cnncalc.torch_bridge.verifying.build` makes of a graph takes torchvision's `state_dict` with
`strict=True`, and with the same random weights and running statistics it gives the same output in eval mode, at an
odd size.
The smallest network of each family is run, and every one by

    CNNCALC_ALL_NETWORKS=1 python -m pytest tests/published/test_same_network.py
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import cnncalc
from cnncalc.language.text.zoo_files import zoo_names
from tests.beside import sitecustomize  # noqa: F401  # for the import of torchvision
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
    "maxvit_t",
    "mc3_18",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mvit_v1_b",
    "mvit_v2_s",
    "r2plus1d_18",
    "r3d_18",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "s3d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin3d_t",
    "swin_t",
    "swin_v2_t",
    "vgg11_bn",
    "vit_b_16",
    "wide_resnet50_2",
)
EVERY = sorted({row["model"] for row in TABLE} & set(zoo_names()))
NETWORKS = EVERY if os.environ.get("CNNCALC_ALL_NETWORKS") else SMALLEST
FAMILY = {row["model"]: row["family"] for row in TABLE}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The tests share the processors, and the networks are small here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def size(name: str) -> tuple[int, ...]:
    """Channels, frames of a video, height and width: odd, and no larger than it takes to have something left."""
    if name.startswith("vit"):
        return (3, 42, 42) if name == "vit_h_14" else (3, 96, 96)  # squares of whole patches
    if name.startswith("mvit"):
        return (3, 6, 96, 96)  # squares that stay whole at each stride
    if name.startswith("maxvit"):
        return (3, 221, 223)
    if name in ("inception_v3", "s3d"):
        return {"inception_v3": (3, 77, 91), "s3d": (3, 14, 209, 211)}[name]
    return (3, 5, 43, 51) if FAMILY[name] == "video" else (3, 65, 79)


def options(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """How torchvision makes the network of the table, for an input."""
    found: dict[str, Any] = {"weights": None}
    if FAMILY[name] == "segmentation":
        found["weights_backbone"] = None
        if not name.startswith("lraspp"):
            found["aux_loss"] = True
    if name in ("googlenet", "inception_v3"):
        found["init_weights"] = False
    if name == "googlenet":
        found["aux_logits"] = False
    if name.startswith("vit"):
        found["image_size"] = shape[1]
    if name.startswith("maxvit"):
        found["input_size"] = shape[1:]
    return found


def torchvisions(name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> Any:
    """torchvision's network for an input, with what happens to be in memory for weights."""
    torchvision = pytest.importorskip("torchvision", reason="the networks are compared with torchvision's")
    with monkeypatch.context() as patch:
        if name.startswith("mvit"):  # its builders know one size of clip
            mvit = sys.modules["torchvision.models.video.mvit"]
            clip = {"temporal_size": shape[1], "spatial_size": shape[2:]}
            patch.setattr(mvit, "_mvit", lambda *_, made=mvit._mvit, **given: made(**{**given, **clip}))
        for function in vars(torch.nn.init):  # to initialise takes longer than all else
            if function.endswith("_") and not function.startswith("_"):
                patch.setattr(torch.nn.init, function, lambda tensor, *_, **__: tensor)
        return torchvision.models.get_model(name, **options(name, shape)).eval()


def randomise(name: str, network: Any) -> None:
    """Weights that keep values at one scale; scales, shifts and statistics that differ from channel to channel."""
    with torch.no_grad():
        for key, value in network.state_dict().items():
            if key.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif key.endswith("running_mean"):
                value.normal_(0, 0.1)
        for value in network.parameters():
            if value.dim() > 1 and value[0].numel() > 1:
                value.normal_(0, value[0].numel() ** -0.5)
            else:
                value.uniform_(-0.1, 0.1)
        for module in network.modules():
            if "Norm" in type(module).__name__ and getattr(module, "weight", None) is not None:
                module.weight += 1
        if name.startswith("swin_v2"):  # whose keys have no bias, though the weights have room for one
            for key, value in network.named_parameters():
                if key.endswith("qkv.bias"):
                    value[len(value) // 3 : 2 * len(value) // 3] = 0


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_weights_give_the_same_output(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.torch_bridge.verifying.build import build

    torch.manual_seed(0)
    theirs = torchvisions(name, size(name), monkeypatch)
    randomise(name, theirs)
    report = cnncalc.calc(f"zoo:{name}", input="x".join(map(str, size(name))))
    with torch.device("meta"):
        ours = build(report).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    x = torch.randn(1, *size(name))
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
    families = {zoo_names()[name][0].stem for name in EVERY}
    assert families == {zoo_names()[name][0].stem for name in SMALLEST}
