"""Every layer by its names. Classes register themselves; members of a family are made when asked for.

Most networks need a few families only. The files of the others are loaded when one of their names is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

from cnncalc.layers.kinds import Value
from cnncalc.layers.layer import Layer


class Family:
    """A layer class and its members: conv1d, conv2d and conv3d; or the class alone."""

    __slots__ = ("_members", "aliases", "dims", "layer", "name", "presets", "torch")

    def __init__(
        self,
        layer: type[Layer],
        name: str,
        torch: str | None,
        dims: tuple[int, ...],
        aliases: tuple[str, ...],
        presets: Mapping[str, Mapping[str, Value]],
    ) -> None:
        self.layer = layer
        self.name = name
        self.torch = torch
        self.dims = dims
        self.aliases = aliases
        self.presets = presets
        self._members: dict[int | None, type[Layer]] = {}

    def member(self, ndim: int | None) -> type[Layer]:
        """The class for a number of spatial axes; None for a layer that has no family."""
        if ndim not in self._members:
            name = self.name.format(n=ndim)
            torch = self.torch.format(n=ndim) if self.torch else None
            stem = self.layer.stem or self.name.removesuffix("{n}d")
            scope: dict[str, object] = {
                "name": name,
                "torch": torch,
                "ndim": ndim,
                "stem": stem,
                "__doc__": self.layer.__doc__,
            }
            made = type(torch or self.layer.__name__, (self.layer,), scope, member=True)
            self._members[ndim] = made
        return self._members[ndim]

    @property
    def members(self) -> list[type[Layer]]:
        return [self.member(n) for n in self.dims] if self.dims else [self.member(None)]


class Found(NamedTuple):
    """What a written name means."""

    family: Family
    ndim: int | None  # None: by the input's rank, where the family has several
    torch_style: bool  # takes torch's exact signature
    preset: Mapping[str, Value]
    lazy: bool = False  # and without the arguments that are read off the input


_BY_NAME: dict[str, Found] = {}
_FAMILIES: list[Family] = []
_missed = {"input"}  # names that have been looked for in the files, and a word that many of them quote
_waiting: list[tuple[str, bytes]] | None = None  # files that are not loaded, and their texts in small letters

COMMON = ("activation", "axes", "conv", "linear", "merge", "norm", "pool")
"""The families that are loaded at once, each a file."""
OTHERS = frozenset(
    {"__init__", "arguments", "drawing", "kinds", "layer", "registry", "shapes", "site", "window"}
)  # files that hold no layers


def register(
    layer: type[Layer],
    name: str,
    torch: str | None,
    dims: tuple[int, ...],
    aliases: tuple[str, ...],
    presets: Mapping[str, Mapping[str, Value]],
    lazy: bool,
) -> None:
    """Enter a layer class under all its names. A name can be taken once."""
    family = Family(layer, name, torch, dims, aliases, presets)
    _FAMILIES.append(family)
    for n in dims or (None,):
        _enter(name.format(n=n), Found(family, n, False, {}))
        if torch:
            _enter(torch.format(n=n), Found(family, n, True, {}))
            if lazy:
                _enter(f"Lazy{torch.format(n=n)}", Found(family, n, True, {}, lazy=True))
    stem = name.removesuffix("{n}d")
    if dims and stem not in _BY_NAME:  # dropout is a layer of its own beside dropout2d
        _enter(stem, Found(family, None, False, {}))
    for alias in aliases:
        _enter(alias, Found(family, None, False, {}))
        for n in dims:
            _enter(f"{alias}{n}d", Found(family, n, False, {}))
    for alias, preset in presets.items():
        _enter(alias, Found(family, None, False, preset))


def _enter(name: str, found: Found) -> None:
    if _BY_NAME.setdefault(name, found).family is not found.family:
        raise ValueError(f"two layers are called {name}")


def load_common() -> None:
    """Load the families that most networks have."""
    for module in COMMON:
        import_module(f"cnncalc.layers.{module}")


def _load(name: str | None) -> None:
    """Load the files that may define a name; all of them for None.

    A class is registered under quoted names, so that a file whose text does not quote a name cannot define it.
    Reading the texts takes a fraction of the time that loading the files would.
    """
    global _waiting
    if _waiting is None:
        _waiting = []
        folder = os.path.dirname(__file__)
        for file in sorted(os.listdir(folder)):
            module, ending = os.path.splitext(file)
            if ending == ".py" and module not in OTHERS and module not in COMMON:
                with open(os.path.join(folder, file), "rb") as opened:
                    _waiting.append((module, opened.read().lower()))
    found = [module for module, _ in _waiting]
    if name is not None:
        whole = name.lower()
        stem = re.sub(r"[123]d$", "", whole)
        start = f'"{stem}'.encode(errors="surrogatepass")  # which a name that was typed can hold
        near = [(module, text) for module, text in _waiting if start in text]
        sought = [f'"{quoted}"'.encode(errors="surrogatepass") for quoted in {whole, stem, f"{stem}{{n}}d"}]
        found = [module for module, text in near if any(quoted in text for quoted in sought)]
    _waiting = [entry for entry in _waiting if entry[0] not in found]
    for module in found:
        import_module(f"cnncalc.layers.{module}")


def find(name: str) -> Found | None:
    """What a layer's name means: torch's class names as they are, others without regard to `_`."""
    bare = name.rpartition(".")[2] if name.startswith(("nn.", "torch.nn.")) else name
    found = _find(bare)
    if found is None and "_" in bare:
        found = _find(bare.replace("_", ""))
    return None if found is None or (bare is not name and not found.torch_style) else found


def _find(name: str) -> Found | None:
    if name not in _BY_NAME and name not in _missed:
        _load(name)
        _missed.add(name)
    return _BY_NAME.get(name)


def families() -> list[Family]:
    """Every family of layers."""
    _load(None)
    return _FAMILIES


def names() -> list[str]:
    """Every name that a layer goes by."""
    _load(None)
    return list(_BY_NAME)


def layer_class(name: str) -> type[Layer]:
    """The class of a layer by its own name, such as `conv2d`."""
    found = find(name)
    assert found is not None, name
    return found.family.member(found.ndim)
