"""Every layer by its names. Classes declare themselves; members of a family are made when asked for.

Most networks need a few families only. The files of the others are loaded when one of their names is asked for, as
`index` says which file has it. A file that the index does not know is loaded when a name is found nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module

from cnncalc.discovery import module_names
from cnncalc.layers.index import INDEX, WITHOUT_LAYERS, module_of
from cnncalc.layers.kinds import Value
from cnncalc.layers.layer import DECLARED, Layer
from cnncalc.named_tuples import NamedTuple


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
_loaded_all = False

COMMON = ("activation", "axes", "conv", "linear", "merge", "norm", "pool")
"""The families that are loaded at once, each a file."""


def _enter_declared() -> None:
    """Enter each class that has been defined under all its names. A name can be taken once."""
    for layer, name, torch, dims, aliases, presets, lazy in DECLARED:
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
    DECLARED.clear()


def _enter(name: str, found: Found) -> None:
    known = _BY_NAME.setdefault(name, found).family
    if known is not found.family:
        first, second = (f"{layer.__module__}.{layer.__name__}" for layer in (known.layer, found.family.layer))
        raise ValueError(f"two layers are named {name}: {first} and {second}")


def _load(modules: Iterable[str]) -> None:
    for module in modules:
        import_module(f"cnncalc.layers.{module}")
    _enter_declared()


def load_common() -> None:
    """Load the families that most networks have."""
    _load(COMMON)


def _load_all() -> None:
    global _loaded_all
    if not _loaded_all:
        _load(sorted(module_names("cnncalc.layers")))
        _loaded_all = True


@cache
def unlisted() -> list[str]:
    """Files of layers that the index does not know yet."""
    return [name for name in module_names("cnncalc.layers") if name not in (*INDEX, *COMMON, *WITHOUT_LAYERS)]


def find(name: str) -> Found | None:
    """What a layer's name means: torch's class names as they are, others without regard to `_` within them."""
    bare = name.rpartition(".")[2] if name.startswith(("nn.", "torch.nn.")) else name
    found = _find(bare)
    if found is None and "_" in bare and not bare.endswith("_"):
        found = _find(bare.replace("_", ""))
    return None if found is None or (bare is not name and not found.torch_style) else found


def loaded(name: str) -> Found | None:
    """What a name means among the families that are loaded already."""
    return _BY_NAME.get(name)


def _find(name: str) -> Found | None:
    if DECLARED:
        _enter_declared()
    if name not in _BY_NAME:
        module = module_of(name)
        _load(unlisted() if module is None else [module])
    return _BY_NAME.get(name)


def families() -> list[Family]:
    """Every family of layers."""
    _load_all()
    return _FAMILIES


def names() -> list[str]:
    """Every name that a layer goes by."""
    _load_all()
    return list(_BY_NAME)


def layer_class(name: str) -> type[Layer]:
    """The class of a layer by its own name, such as `conv2d`."""
    found = find(name)
    assert found is not None, name
    return found.family.member(found.ndim)
