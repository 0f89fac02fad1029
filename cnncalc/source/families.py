"""torch's base classes of its own modules, and the layer that a module is."""

from __future__ import annotations

from typing import Any

from cnncalc.layers import Layer
from cnncalc.source.module import Module


class Family(Module):
    """What torch's modules are of, by the base class that torch has for them."""


BASES: dict[str, tuple[str, ...]] = {
    "_ConvTransposeNd": ("ConvTranspose",),
    "_ConvNd": ("Conv",),
    "_BatchNorm": ("BatchNorm", "SyncBatchNorm"),
    "_InstanceNorm": ("InstanceNorm",),
    "RNNBase": ("RNN", "LSTM", "GRU"),
    "RNNCellBase": ("RNNCell", "LSTMCell", "GRUCell"),
    "_DropoutNd": ("Dropout", "AlphaDropout", "FeatureAlphaDropout"),
    "_MaxPoolNd": ("MaxPool",),
    "_AvgPoolNd": ("AvgPool",),
    "_AdaptiveAvgPoolNd": ("AdaptiveAvgPool",),
    "_AdaptiveMaxPoolNd": ("AdaptiveMaxPool",),
}
_UNDER = {"_ConvTransposeNd": "_ConvNd", "_BatchNorm": "_NormBase", "_InstanceNorm": "_NormBase"}
_bases: dict[str, type] = {}


def base(name: str) -> type | None:
    """torch's base class of a family by its name."""
    if name not in BASES and name not in _UNDER.values():
        return None
    if name not in _bases:
        under = base(_UNDER[name]) if name in _UNDER else Family
        assert under is not None
        _bases[name] = type(name, (under,), {"__module__": "torch.nn"})
    return _bases[name]


def base_of(cls: type[Layer]) -> type:
    stem = (cls.torch or "").rstrip("123d") if cls.ndim else cls.torch or ""
    return next((b for name, stems in BASES.items() if stem in stems and (b := base(name))), Family)


def type_of(self: Any) -> type[Layer]:
    """The layer of a module of torch's, or of a class that is derived from one."""
    cls: type[Layer] = type(self)._layer[1]
    return cls
