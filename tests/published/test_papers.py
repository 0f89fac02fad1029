"""Figures that papers and course notes print, each with its source."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import cnncalc, figures

# CS231n, "VGGNet in detail" (cs231n.github.io/convolutional-networks): layer, output, memory in activations,
# weights without biases.
CS231N = [
    ("conv", "64x224x224", 3_211_264, 1_728),
    ("conv", "64x224x224", 3_211_264, 36_864),
    ("pool", "64x112x112", 802_816, 0),
    ("conv", "128x112x112", 1_605_632, 73_728),
    ("conv", "128x112x112", 1_605_632, 147_456),
    ("pool", "128x56x56", 401_408, 0),
    ("conv", "256x56x56", 802_816, 294_912),
    ("conv", "256x56x56", 802_816, 589_824),
    ("conv", "256x56x56", 802_816, 589_824),
    ("pool", "256x28x28", 200_704, 0),
    ("conv", "512x28x28", 401_408, 1_179_648),
    ("conv", "512x28x28", 401_408, 2_359_296),
    ("conv", "512x28x28", 401_408, 2_359_296),
    ("pool", "512x14x14", 100_352, 0),
    ("conv", "512x14x14", 100_352, 2_359_296),
    ("conv", "512x14x14", 100_352, 2_359_296),
    ("conv", "512x14x14", 100_352, 2_359_296),
    ("pool", "512x7x7", 25_088, 0),
    ("linear", "4096", 4_096, 102_760_448),
    ("linear", "4096", 4_096, 16_777_216),
    ("linear", "1000", 1_000, 4_096_000),
]


def product(sizes: list[int]) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result


def test_vgg16_row_by_row() -> None:
    kinds = {"conv2d": "conv", "maxpool2d": "pool", "linear": "linear"}
    found = []
    for layer in figures("zoo:vgg16")["layers"]:
        if layer["type"] in kinds:
            biases = layer["output"][0] if layer["params"] else 0
            shape = "x".join(map(str, layer["output"]))
            found.append((kinds[layer["type"]], shape, product(layer["output"]), layer["params"] - biases))
    assert found == CS231N


def test_lenet_5_layer_by_layer() -> None:
    # LeCun et al. 1998 in its modern form: 61,706 parameters.
    found = figures("zoo:lenet5")
    params = {layer["path"]: layer["params"] for layer in found["layers"] if layer["params"]}
    assert params == {"c1": 156, "c3": 2_416, "c5": 48_120, "f6": 10_164, "output_layer": 850}
    assert found["totals"]["params"] == 61_706
    assert found["totals"]["macs"] == 416_520


def test_the_network_of_1989() -> None:
    # LeCun et al. 1989, section 3: "1256 units, 64,660 connections, and 9760 independent parameters". A
    # connection is a multiplication, or the bias of a unit; the inputs are 256 of the units.
    found = figures("zoo:lecun1989")
    assert found["totals"]["params"] == 9_760
    units = sum(product(layer["output"]) for layer in found["layers"] if layer["type"] == "tanh")
    assert units == 1_256 - 256
    assert found["totals"]["macs"] + units == 64_660
    layers = {layer["path"]: layer for layer in found["layers"]}
    assert layers["h1"]["macs"] + 768 == 19_968
    assert layers["h2_left"]["macs"] + layers["h2_right"]["macs"] + 192 == 38_592
    assert layers["h1"]["params"] + layers["h1_bias.bias"]["params"] == 1_068
    h2 = ("h2_left", "h2_right", "h2_bias.bias")
    assert sum(layers[path]["params"] for path in h2) == 2_592
    assert layers["h3"]["params"] == 5_790
    assert layers["output_layer"]["params"] == 310


def test_both_alexnets() -> None:
    # Krizhevsky et al. 2012: two groups. Caffe's reference network: 60,965,224 parameters.
    paper = figures("zoo:alexnet_paper")
    assert paper["totals"]["params"] == 60_965_224
    assert paper["totals"]["macs"] == 724_406_816
    assert next(layer["output"] for layer in paper["layers"] if layer["type"] == "conv2d") == [96, 55, 55]
    # Without groups, layer by layer: a count that is often published.
    full = figures("zoo:alexnet_paper", "--set", "groups=1")
    assert [layer["params"] for layer in full["layers"] if layer["params"]] == [
        34_944,
        614_656,
        885_120,
        1_327_488,
        884_992,
        37_752_832,
        16_781_312,
        4_097_000,
    ]
    assert full["totals"]["params"] == 62_378_344
    assert full["totals"]["macs"] == 1_135_256_096
    assert figures("zoo:alexnet")["totals"]["params"] == 61_100_840


@pytest.mark.parametrize(
    ("model", "printed", "macs", "params"),
    [
        # He et al. 2015, Table 1: "FLOPs (multiply-adds)". It rounds some and cuts others.
        ("resnet18", 1.8, 1_814_073_344, 11_689_512),
        ("resnet34", 3.6, 3_663_761_408, 21_797_672),
        ("resnet50", 3.8, 3_857_973_248, 25_557_032),
        ("resnet101", 7.6, 7_570_194_432, 44_549_160),
        ("resnet152", 11.3, 11_282_415_616, 60_192_808),
    ],
)
def test_resnet_table_1(model: str, printed: float, macs: int, params: int) -> None:
    totals = figures(f"zoo:{model}", "--set", "stride_in=conv1")["totals"]
    assert totals["macs"] == macs
    assert totals["params"] == params
    assert abs(macs / 1e9 - printed) < 0.07


@pytest.mark.parametrize(("model", "millions"), [("vgg11", 133), ("vgg13", 133), ("vgg16", 138), ("vgg19", 144)])
def test_vgg_table_2(model: str, millions: int) -> None:
    # Simonyan and Zisserman 2014, Table 2: parameters in millions.
    assert round(figures(f"zoo:{model}")["totals"]["params"] / 1e6) == millions


# The checkpoints of the authors (tensorflow/models, slim/nets/mobilenet): MACs in millions, cut off, and
# parameters in millions, which leave out the scale and shift of batch norm.
MOBILENET_V2 = [
    ("1.4", 224, 582),
    ("1.3", 224, 509),
    ("1.0", 224, 300),
    ("1.0", 192, 221),
    ("1.0", 160, 154),
    ("1.0", 128, 99),
    ("1.0", 96, 56),
    ("0.75", 224, 209),
    ("0.75", 192, 153),
    ("0.75", 160, 107),
    ("0.75", 128, 69),
    ("0.75", 96, 39),
    ("0.5", 224, 97),
    ("0.5", 192, 71),
    ("0.5", 160, 50),
    ("0.5", 128, 32),
    ("0.5", 96, 18),
    ("0.35", 224, 59),
    ("0.35", 192, 43),
    ("0.35", 160, 30),
    ("0.35", 128, 20),
    ("0.35", 96, 11),
]


@pytest.mark.parametrize(("width", "size", "millions"), MOBILENET_V2)
def test_mobilenet_v2_by_width_and_size(width: str, size: int, millions: int) -> None:
    found = figures("zoo:mobilenet_v2", "--set", f"width={width}", "-i", f"3x{size}x{size}")
    assert found["totals"]["macs"] // 10**6 == millions


@pytest.mark.parametrize(
    ("width", "millions"), [("1.4", 6.06), ("1.3", 5.34), ("1.0", 3.47), ("0.75", 2.61), ("0.5", 1.95), ("0.35", 1.66)]
)
def test_mobilenet_v2_parameters_without_those_of_batch_norm(width: str, millions: float) -> None:
    layers = figures("zoo:mobilenet_v2", "--set", f"width={width}")["layers"]
    without = sum(layer["params"] for layer in layers if layer["type"] != "batchnorm2d")
    assert abs(without / 1e6 - millions) < 0.011


def last_map(found: dict[str, Any]) -> dict[str, Any]:
    """The last layer that still has spatial axes of more than one pixel."""
    maps = [layer for layer in found["layers"] if len(layer["output"]) == 3 and layer["output"][1] > 1]
    last: dict[str, Any] = maps[-1]
    return last


@pytest.mark.parametrize(
    ("arguments", "size", "padding"),
    [
        # Gradient support of torchvision's networks.
        (["zoo:resnet18"], 435, None),
        # Araujo, Norris and Sim, Distill 2019, its table of TF-Slim's networks, whose ResNets stride in the
        # last unit of a stage. VGG-16 pads each side alike, so that its effective padding is the table's.
        (["zoo:vgg16"], 212, 90),
        (["zoo:resnet50", "--set", "last_unit=yes"], 483, None),
        (["zoo:resnet101", "--set", "last_unit=yes"], 1027, None),
        (["zoo:resnet152", "--set", "last_unit=yes"], 1507, None),
        (["zoo:alexnet"], 195, None),
        # The recurrence of the same article on torchvision's placement.
        (["zoo:resnet50"], 427, None),
    ],
)
def test_receptive_fields(arguments: list[str], size: int, padding: int | None) -> None:
    found = figures(*arguments)
    features = [layer for layer in found["layers"] if layer["path"].startswith(("layer4", "features"))]
    field = features[-1]["receptive_field"]
    assert field["size"] == [size, size]
    assert field["jump"] == [32, 32]
    if padding is not None:
        assert field["start"] == [-padding, -padding]


def test_unet_as_in_its_figure() -> None:
    # Ronneberger et al. 2015, Figure 1: the sizes along the way, and 388 for 572.
    layers = {layer["path"]: layer["output"] for layer in figures("zoo:unet")["layers"]}
    assert layers["down1.3"] == [64, 568, 568]
    assert layers["down4.3"] == [512, 64, 64]
    assert layers["bottom.3"] == [1024, 28, 28]
    assert layers["up4.cropped.1"] == [512, 56, 56]
    assert layers["up3.cropped.1"] == [256, 104, 104]
    assert layers["up2.cropped.1"] == [128, 200, 200]
    assert layers["up1.cropped.1"] == [64, 392, 392]
    assert layers["head"] == [2, 388, 388]


def test_the_padded_unet_says_what_it_needs_and_where() -> None:
    found = figures("zoo:unet_padded", "-i", "1xHxW")
    assert found["legal_sizes"] == ["H is a multiple of 16", "W is a multiple of 16"]
    places = {(c["path"], c["text"]) for c in found["conditions"]}
    assert ("up4.cat1", "H//8 == 2*(H//16)") in places
    assert ("up1.cat1", "H == 2*(H//2)") in places
    refused = cnncalc("zoo:unet_padded", "-i", "1x570x572")
    assert refused.code == 1
    assert "shape-mismatch" in refused.err


def test_the_last_map_of_resnet_50_in_closed_form() -> None:
    found = figures("zoo:resnet50", "-i", "3xHxW")
    layers = {layer["path"]: layer["output"] for layer in found["layers"]}
    assert layers["layer4.2.conv3"] == [2048, "(H + 31)//32", "(W + 31)//32"]
    assert found["symbols"] == ["H", "W"]
