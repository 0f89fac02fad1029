"""The modules that torch's own attention and transformer blocks hold."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from cnncalc.source.containers import ModuleList
from cnncalc.source.errors import unknown
from cnncalc.source.families import type_of

Maker = Callable[..., Any]
"""Makes a module of torch's own from its name and arguments."""


def _attention_parts(self: Any, made: Maker) -> None:
    self.head_dim = self.embed_dim // self.num_heads
    self._qkv_same_embed_dim = self.kdim == self.embed_dim and self.vdim == self.embed_dim
    self.out_proj = made("Linear", self.embed_dim, self.embed_dim, bias=self._bias)


def _block_parts(self: Any, made: Maker) -> None:
    own = self.__dict__
    width, heads, inner, p = own["d_model"], own["nhead"], own["dim_feedforward"], own.pop("dropout")
    eps, first, bias = own["layer_norm_eps"], own["batch_first"], own["_bias"]
    crossed = type_of(self).name == "transformerdecoderlayer"
    function = own.pop("activation")
    self.self_attn = made("MultiheadAttention", width, heads, dropout=p, batch_first=first, bias=bias)
    if crossed:
        self.multihead_attn = made("MultiheadAttention", width, heads, dropout=p, batch_first=first, bias=bias)
    self.linear1 = made("Linear", width, inner, bias=bias)
    self.dropout = made("Dropout", p)
    self.linear2 = made("Linear", inner, width, bias=bias)
    for i in range(1, 4 if crossed else 3):
        setattr(self, f"norm{i}", made("LayerNorm", width, eps=eps, bias=bias))
    for i in range(1, 4 if crossed else 3):
        setattr(self, f"dropout{i}", made("Dropout", p))
    own["activation"] = _Named(function) if isinstance(function, str) else function


class _Named:
    """An activation by its name."""

    def __init__(self, name: str) -> None:
        self.__name__ = name


def _stack_parts(self: Any, made: Maker) -> None:
    own = self.__dict__
    layer = own.get("_encoder_layer") or own.get("_decoder_layer")
    for key in ("_encoder_layer", "_decoder_layer"):
        own.pop(key, None)
    if layer is None:
        unknown(type(self).__name__, "without a layer")
    self.layers = ModuleList([copy.deepcopy(layer) for _ in range(own["num_layers"])])
    self.norm = own.pop("_norm", None)


def _transformer_parts(self: Any, made: Maker) -> None:
    own = self.__dict__
    encoder, decoder = own.pop("_custom_encoder", None), own.pop("_custom_decoder", None)
    names = ("dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first", "norm_first")
    shared = {name: own[name] for name in names} | {"bias": own["_bias"]}
    width, heads = own["d_model"], own["nhead"]
    for name, custom, kind in (("encoder", encoder, "Encoder"), ("decoder", decoder, "Decoder")):
        if custom is None:
            layer = made(f"Transformer{kind}Layer", width, heads, **shared)
            norm = made("LayerNorm", width, eps=own["layer_norm_eps"], bias=own["_bias"])
            custom = made(f"Transformer{kind}", layer, own[f"num_{name}_layers"], norm)
        setattr(self, name, custom)


PARTS: dict[str, Callable[[Any, Maker], None]] = {
    "multiheadattention": _attention_parts,
    "transformerencoderlayer": _block_parts,
    "transformerdecoderlayer": _block_parts,
    "transformerencoder": _stack_parts,
    "transformerdecoder": _stack_parts,
    "transformer": _transformer_parts,
}
