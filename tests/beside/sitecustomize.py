"""Lets torchvision be imported beside a torch without GPUs.

Python runs this at its start where the folder is on PYTHONPATH; a test that imports torchvision itself imports it
first. PyPI's wheel of torchvision is built for torch with GPUs. Beside another its operators are not loaded, and its
import fails: "operator torchvision::nms does not exist". Their schemas are all that the import asks for; the networks
use none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

KEPT: list[Any] = []  # schemas go when what defined them goes


def define_schemas() -> None:
    """The schemas of what torchvision's modules describe on import, where its operators will not be loaded."""
    import torch

    try:
        own_build = "+" in version("torchvision")  # built for this torch, with its operators
    except PackageNotFoundError:
        return
    if torch.version.cuda is None and not own_build:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        KEPT.append(library)


class Torchvision:
    """Sees the first import of torchvision, and leaves it to the others."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            define_schemas()


if not any(type(finder).__name__ == "Torchvision" for finder in sys.meta_path):
    sys.meta_path.insert(0, Torchvision())
