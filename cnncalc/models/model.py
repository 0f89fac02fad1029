"""What is asked of a PyTorch model, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.graph import Graph
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Original


class ModelOptions(NamedTuple):
    """What is asked of a model, beside its inputs."""

    kwargs: Mapping[str, Any] | None = None  # arguments of its class or function
    torch: bool = False  # read it with torch
    method: str = "forward"
    folder: Path = Path()  # of the project: modules are looked for there too
    batchless: bool = False  # are the shapes of the inputs complete as written?
    name: str | None = None  # what the network is called; else as the model


FORWARD = ModelOptions()


class Model(NamedTuple):
    """A PyTorch model that was read."""

    graph: Graph
    module: Any  # the model itself, of torch or of the stand-in
    inputs: tuple[str, ...]  # the shapes that go in, as texts
    remarks: tuple[str, ...]  # what the graph has not, and what could not be done
    torchs: Torchs | None = None  # where torch has read it


class Torchs(NamedTuple):
    """What torch has made of a model."""

    text: str  # as YAML
    original: Original
