"""Norms that few networks have (torch.nn.SyncBatchNorm, torch.nn.CrossMapLRN2d). They cost no MACs."""

from __future__ import annotations

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Int, Number
from cnncalc.layers.norm import BatchNorm, LocalResponseNorm
from cnncalc.layers.shapes import Shape, Shapes, dims_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ANY, Reaches, along


class SyncBatchNorm(BatchNorm, torch="SyncBatchNorm"):
    """Batch normalisation whose mean and variance are those of all devices together; any number of axes.

    Parameters and buffers as those of batch normalisation. Source: torch.nn.SyncBatchNorm.
    """

    example = "64x56x56 -> syncbatchnorm"
    stem = "syncbatchnorm"

    def channel_axis(self, site: Site, x: Shape) -> int:
        if len(x) < 2:
            site.refuse("wrong-rank", f"syncbatchnorm needs channels after the batch, but {dims_text(x)} arrives")
        site.filled([x[1]], "syncbatchnorm needs a channel to work on, but none arrives")
        return 1


class CrossMapLRN2d(LocalResponseNorm, torch="CrossMapLRN2d"):
    """The local response norm of Caffe and Lua torch, which scales alpha another way. It runs on a CPU only.

    Source: torch.nn.CrossMapLRN2d.
    """

    example = "96x55x55 -> crossmaplrn2d 5"

    size: int = arg(Int(1), help="neighbouring channels")
    alpha: float = arg(Number(), 1e-4, help="factor of the sum")
    beta: float = arg(Number(), 0.75, help="exponent")
    k: float = arg(Number(), 1, help="added to the sum")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) != 4:
            site.refuse("wrong-rank", f"crossmaplrn2d takes channels and two axes, but {dims_text(x)} arrives")
        site.filled([x[1]], "crossmaplrn2d needs a channel to work on, but none arrives")
        return x

    def within(self, training: bool, *xs: Shape) -> None:
        """Torch's own function, whose memory is not known."""

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [1], ANY)]  # torch adds the squares up from the first channel on, and keeps some of them
