"""torch's modules that are no layers: losses, and what a module is wrapped in to run on several devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.source import functions
from cnncalc.source.errors import unknown
from cnncalc.source.module import Module

LOSSES: Mapping[str, str] = {
    "L1Loss": "l1_loss",
    "MSELoss": "mse_loss",
    "HuberLoss": "huber_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "KLDivLoss": "kl_div",
    "NLLLoss": "nll_loss",
    "NLLLoss2d": "nll_loss",
    "CrossEntropyLoss": "cross_entropy",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CTCLoss": "ctc_loss",
    "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "HingeEmbeddingLoss": "hinge_embedding_loss",
    "MarginRankingLoss": "margin_ranking_loss",
    "MultiMarginLoss": "multi_margin_loss",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "TripletMarginLoss": "triplet_margin_loss",
    "TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
}
"""Modules of losses, and the function that each runs."""

WEIGHTED = frozenset({"NLLLoss", "NLLLoss2d", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss"})
"""Losses whose first argument is a weight that they keep as a buffer."""


class Loss(Module):
    """A loss. Many networks keep one that their forward does not run."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__()
        if type(self).__name__ in WEIGHTED:
            self.register_buffer("weight", args[0] if args else named.pop("weight", None))
        if type(self).__name__ == "BCEWithLogitsLoss":
            self.register_buffer("pos_weight", args[4] if len(args) > 4 else named.pop("pos_weight", None))
        elif "weight" in named:
            self.register_buffer("weight", named.pop("weight"))
        self.reduction = named.get("reduction", "mean")
        for name, value in named.items():
            setattr(self, name, value)

    def forward(self, *args: Any, **named: Any) -> Any:
        name = LOSSES[type(self).__name__]
        if not functions.is_function(name) or any(held is not None for held in self._buffers.values()):
            unknown(f"the value of nn.{type(self).__name__}")
        return functions.call(name, args, {**named, "reduction": self.reduction})


class DataParallel(Module):
    """torch.nn.DataParallel and its like, which run the module that they hold."""

    def __init__(self, module: Any, *_: Any, **__: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **named: Any) -> Any:
        return self.module(*args, **named)


_made: dict[str, type] = {}


def loss(name: str) -> type | None:
    """The module of a loss by its name; None for another name."""
    if name not in LOSSES:
        return None
    return _made.setdefault(name, type(name, (Loss,), {"__module__": "torch.nn"}))


NAMES: Mapping[str, Any] = {
    "torch.nn.DataParallel": DataParallel,
    "torch.nn.parallel.DataParallel": DataParallel,
    "torch.nn.parallel.DistributedDataParallel": DataParallel,
    "torch.nn.parallel.data_parallel": lambda module, inputs, *_, **__: module(inputs),
}
