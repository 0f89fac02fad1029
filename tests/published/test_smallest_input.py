"""The smallest inputs of the zoo's networks against torchvision's own modules, which run at them and not below.

The networks of `tests.published.test_same_network`, by their shapes alone, on the meta device.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.beside import sitecustomize  # noqa: F401  # for the import of torchvision
from tests.published.test_same_network import NETWORKS, torchvisions
from tests.zoo.test_closed_forms import report

torch = pytest.importorskip("torch", reason="torch runs the networks")


# Built for another size than its own, MViT wants what its patches divide, and MViTv2 at least one row in each of its
# tables of distances, which torchvision counts by another division than its maps.
MORE = {"mvit_v1_b": 4, "mvit_v2_s": 32}


@pytest.mark.parametrize("name", NETWORKS)
def test_torchvision_runs_at_the_smallest_input_and_not_below(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(shape: tuple[int, ...]) -> Any:
        network = torchvisions(name, shape, monkeypatch).to("meta")
        return network(torch.empty(1, *shape, device="meta"))

    found = report(name)
    assert found.smallest_input is not None
    *before, _, _ = found.inputs["input"]
    rest = tuple(size for size in before if isinstance(size, int))
    height, width = (MORE.get(name, size) for size in found.smallest_input.values())
    run((*rest, height, width))
    for below in ((height - 1, width), (height, width - 1)):
        if 0 not in below:
            with pytest.raises((RuntimeError, ValueError, AssertionError)):
                run((*rest, *below))
