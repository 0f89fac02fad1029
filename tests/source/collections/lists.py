"""The networks of each collection: what is run of it, and on which shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = "tests.source.collections"


class Network(NamedTuple):
    """A network of a collection."""

    name: str
    spec: str  # MODULE:NAME or FILE.py:NAME
    inputs: tuple[str, ...]
    kwargs: Mapping[str, Any] = {}
    folder: str = ""  # of its repository


# torchvision

SIZES = {
    "inception_v3": "3x299x299",
    "r3d_18": "3x16x112x112",
    "mc3_18": "3x16x112x112",
    "r2plus1d_18": "3x16x112x112",
    "s3d": "3x16x224x224",
    "mvit_v1_b": "3x16x224x224",
    "mvit_v2_s": "3x16x224x224",
    "swin3d_t": "3x16x224x224",
    "swin3d_s": "3x16x224x224",
    "swin3d_b": "3x16x224x224",
    "vit_h_14": "3x224x224",
}


def torchvision() -> Iterator[Network]:
    """All but the quantized ones, which are modules of a kind of their own, and detection, which goes by values."""
    import torchvision

    for name in torchvision.models.list_models():
        builder = torchvision.models.get_model_builder(name)
        if ".quantization." in builder.__module__ or ".detection." in builder.__module__:
            continue
        size = SIZES.get(name, "3x224x224")
        shapes = ("3x128x128", "3x128x128") if name.startswith("raft") else (size,)
        around = {"weights_backbone": None} if ".segmentation." in builder.__module__ else {}  # else it is downloaded
        yield Network(name, f"{builder.__module__}:{name}", shapes, around)


# timm


def timm() -> Iterator[Network]:
    """The first model of each family, as the names up to the first underscore tell them."""
    import timm as package

    families: dict[str, str] = {}
    for name in package.list_models():
        families.setdefault(name.partition("_")[0], name)
    for name in families.values():
        channels, *size = package.get_pretrained_cfg(name).input_size
        yield Network(name, "timm:create_model", ("x".join(map(str, (channels, *size))),), {"model_name": name})


# transformers


def transformers() -> Iterator[Network]:
    from tests.source.collections.architectures import ARCHITECTURES

    for name, one in ARCHITECTURES.items():
        yield Network(name, f"{HERE}.architectures:build", one.inputs, {"name": name})


# Repositories


def repositories() -> Iterator[Network]:
    from tests.source.collections.repositories import NETWORKS, folder

    for one in NETWORKS:
        around = folder() / one.repository.rpartition("/")[2]
        spec = one.spec if ".py" not in one.spec else str(around / one.spec)
        path = around / one.root
        if path.is_dir():
            yield Network(f"{one.repository} {one.name}", spec, one.inputs, one.kwargs, str(path))


# What is written for the tests


def written() -> Iterator[Network]:
    """The networks of tests/source/nets."""
    from tests.source.test_written import ALL

    for one in ALL:
        yield Network(f"{one.file.stem}.{one.name}", one.spec, one.inputs, {}, str(Path(one.file).parent))


COLLECTIONS: Mapping[str, Callable[[], Iterator[Network]]] = {
    "torchvision": torchvision,
    "timm": timm,
    "transformers": transformers,
    "repositories": repositories,
    "written": written,
}
