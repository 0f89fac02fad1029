"""torchvision's models, imported and computed again without torch: figures and output shapes to the integer.

The figures are torchvision's own, as the table has them. Some of the smallest models are imported, and every one by

    CNNCALC_ALL_NETWORKS=1 python -m pytest tests/published/test_imported.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command import figures
from tests.published.test_same_network import options
from tests.published.test_torchvision import TABLE, outputs

pytest.importorskip("torch", reason="torch reads the models")


SMALLEST = (
    "convnext_tiny",
    "deeplabv3_mobilenet_v3_large",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "mnasnet0_5",
    "mobilenet_v3_small",
    "mvit_v2_s",
    "r2plus1d_18",
    "regnet_y_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin_v2_t",
    "vit_b_32",
)
EVERY = bool(os.environ.get("CNNCALC_ALL_NETWORKS"))
ROWS = [row for row in TABLE if EVERY or row["model"] in SMALLEST]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['model']}-{row['input']}" for row in ROWS])
def test_an_import_has_torchvisions_figures(row: dict[str, str], tmp_path: Path) -> None:
    torchvision = pytest.importorskip("torchvision", reason="its models are imported")
    from cnncalc.torch_bridge.importing.importer import import_module, read_shape
    from cnncalc.torch_bridge.importing.target import made

    name = row["model"]
    batch, _, sample = row["input"].partition("x")
    size = tuple(map(int, sample.split("x")))
    model = made(name, lambda: torchvision.models.get_model(name, **options(name, size)), {})
    imported = import_module(model, [read_shape(sample, False)], name)
    assert imported.remarks == []
    file = tmp_path / f"{name}.yaml"
    file.write_text(imported.text, encoding="utf-8")
    found = figures(str(file))
    totals = found["totals"]
    assert totals["params"] == int(row["params"])
    assert totals["buffers"] == int(row["buffers"])
    assert totals["macs"] == int(row["macs"])
    assert totals["status"] == "exact"
    assert [(int(batch), *shape) for shape in found["outputs"].values()] == outputs(row["output"])
    if row["family"] == "segmentation":  # its outputs are a dictionary
        assert list(found["outputs"]) == [part.partition(":")[0] for part in row["output"].strip("{}").split(";")]
