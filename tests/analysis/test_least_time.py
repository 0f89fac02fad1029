"""The least time of five layers worked out by hand, its closed forms at sizes, and the devices' own figures."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.devices import devices
from cnncalc.analysis.quantities import option_bound
from cnncalc.diagnostics import UsageError
from cnncalc.layers.memory import SIZES
from cnncalc.render.roofline import roofline, roofline_file, terminal_roofline

# A device of 1 TFLOP/s and 100 GB/s: 10 operations a byte.
PEAK, BANDWIDTH = 10**12, 10**11

BY_HAND = [
    # 3x32x32 in, 16x32x32 out, 16*3*3*3 weights and 16 biases; 2 operations for each of 16*32*32*27 MACs.
    ("3x32x32 -> conv 16 k3 p1", 2 * 16 * 32 * 32 * 27, 4 * (3 * 32 * 32 + 16 * 32 * 32 + 16 * 27 + 16), "compute"),
    # One row of 400 times a matrix: every weight is read once.
    ("400 -> linear 120", 2 * 400 * 120, 4 * (400 + 120 + 400 * 120 + 120), "memory"),
    # Read and written once.
    ("64x8x8 -> relu", 0, 4 * 2 * 64 * 8 * 8, "memory"),
    # Four numbers for each channel, and torch's counter of 8 bytes, which counts as an element of the type here.
    ("64x8x8 -> bn", 0, 4 * (2 * 64 * 8 * 8 + 4 * 64 + 1), "memory"),
    # 8 indices of 8 bytes; 8 rows of 16 are read and written, and not the table.
    ("8 -> embedding 1000 16", 0, 8 * 8 + 2 * 4 * 8 * 16, "memory"),
]


@pytest.mark.parametrize(("spec", "operations", "moved", "bound"), BY_HAND)
def test_layers_by_hand(spec: str, operations: int, moved: int, bound: str) -> None:
    report = cnncalc.calc(spec, batch=1, peak="1T", bandwidth="100G")
    time = report.layers[0].time
    assert time is not None
    assert (time.operations, time.bytes, time.bound) == (operations, moved, bound)
    assert time.seconds == max(operations / PEAK, moved / BANDWIDTH)


def test_a_view_takes_no_time() -> None:
    report = cnncalc.calc("16x5x5 -> flatten", peak="1T", bandwidth="100G")
    assert report.layers[0].time is not None
    assert report.layers[0].time.seconds == 0


@pytest.mark.parametrize("sizes", [{"H": 32, "W": 32}, {"H": 224, "W": 160}, {"H": 65, "W": 97}])
def test_closed_forms_at_sizes(sizes: dict[str, int]) -> None:
    opened = cnncalc.calc("zoo:resnet18", input="3xHxW", device="t4")
    assert opened.time is not None
    shape = f"3x{sizes['H']}x{sizes['W']}"
    plain = cnncalc.calc("zoo:resnet18", input=shape, device="t4")
    assert plain.time is not None
    assert eval(opened.time.to_dict()["seconds"], {"max": max}, sizes) == pytest.approx(plain.time.seconds, rel=1e-12)
    assert opened.at(**sizes).time is not None
    assert opened.at(**sizes).time.seconds == plain.time.seconds  # type: ignore[union-attr]


def test_every_device_says_whose_figures_it_has() -> None:
    for name, one in devices().items():
        assert set(one) == {"peak", "bandwidth", "source"}, name
        assert "data sheet" in one["source"]
        assert set(one["peak"]) <= set(SIZES)
        assert all(option_bound(name, "<=", str(rate)) > 10**12 for rate in one["peak"].values())
        assert option_bound(name, "<=", str(one["bandwidth"])) > 10**11


WRONG = [
    ({"device": "a100"}, "there is no device a100"),
    ({"device": "t4", "dtype": "bf16"}, "the device t4 has no peak for bfloat16, but for float32 and float16"),
    ({"peak": "1T"}, "a least time needs operations and bytes a second, but --bandwidth is left out"),
    ({"peak": "0", "bandwidth": "1G"}, "--peak and --bandwidth are more than 0"),
    ({"device": "t4", "peak": "1T"}, "--device says its peak and bandwidth"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_error_what_is_no_device(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        cnncalc.calc("3x8x8 -> relu", **given)  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].message == message


def test_error_device_of_a_file_without_bandwidth(tmp_path: object) -> None:
    path = f"{tmp_path}/devices.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write("mine: {peak: {float32: 2T}}\n")
    with pytest.raises(UsageError) as caught:
        cnncalc.calc("3x8x8 -> relu", device="mine", devices=path)
    assert caught.value.diagnostics[0].message == "the device mine has no bandwidth"


@pytest.mark.parametrize("ending", ["svg", "png", "html"])
def test_a_roofline_in_a_file(ending: str) -> None:
    report = cnncalc.calc("zoo:lenet5", device="t4", batch=8)
    drawn = roofline(report, f"roof.{ending}")
    content = roofline_file(drawn, f".{ending}")
    if ending != "png":
        text = content.decode()
        assert "a floor, not a prediction" in text
        assert report.time is not None
        timed = [
            (time.seconds or 0, layer.path) for layer, time in zip(report.layers, report.time.layers) if layer.macs
        ]
        assert max(timed)[1] in text
    else:
        assert content.startswith(b"\x89PNG")


def test_every_layer_that_works_something_out_is_on_its_roof() -> None:
    report = cnncalc.calc("zoo:lenet5", peak="1T", bandwidth="100G", batch=8)
    drawn = roofline(report, "-")
    assert {spot.path for spot in drawn.spots} == {layer.path for layer in report.layers if layer.macs}
    for spot in drawn.spots:
        assert spot.rate == pytest.approx(min(PEAK, spot.intensity * BANDWIDTH))
    assert "bytes, in" in terminal_roofline(drawn, 80, False)


def test_no_roofline_without_a_device_or_numbers() -> None:
    for given, message in (
        ({}, "a plot is the roofline of a device, and none is named"),
        ({"input": "1xHxH", "device": "t4"}, "a roofline is drawn at sizes that are numbers"),
    ):
        report = cnncalc.calc("1x32x32 -> conv 6 k5", **given)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=message):
            roofline(report, "-")
