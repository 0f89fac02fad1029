"""As thop counts: modules of torch's own classes, by a hook for each.

Source: thop/profile.py, the table of classes; thop/vision/basic_hooks.py, thop/vision/calc_func.py, thop/rnn_hooks.py.
"""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.conventions import CountedCall, Rule, Rules
from cnncalc.analysis.counting import affine, as_module, came, gave, groups, macs, nothing, window
from cnncalc.layers.activation import PReLU, Softmax
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Linear
from cnncalc.layers.norm import BatchNorm, InstanceNorm, LayerNorm
from cnncalc.layers.pool import AdaptiveAvgPool, AvgPool
from cnncalc.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from cnncalc.layers.resize import Upsample
from cnncalc.symbolic.expr import Dim, product

MEANING = "the MACs of thop: 1 for each MAC of torch's own modules, and some for norms, pools, softmax and resizing"
TOOL = "thop 0.1.1.post2209072238"

RESIZED = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}
"""For each output element, by the mode."""

GATES = {"rnn": (1, 0), "gru": (3, 4), "lstm": (4, 4)}
"""Of each cell: its gates, and the operations on elements of the state after them."""


def slid(call: CountedCall) -> Dim:
    """Output elements, times the kernel and what it sees of the channels; of a transposed convolution too."""
    return gave(call) * (call.inputs[0][1] // groups(call)) * window(call)


def softmaxed(call: CountedCall) -> Dim:
    """An exponential, a sum and a division of each."""
    axis = getattr(call.layer, "dim")  # noqa: B009
    size = call.inputs[0][-1 if axis is None else axis]
    return came(call) // size * (3 * size - 1)


def averaged(call: CountedCall) -> Dim:
    """One for each input and each output, as floating point numbers round it."""
    x, y = call.inputs[0], call.outputs[0]
    sizes = (*x, *y)
    if not all(isinstance(size, int) for size in sizes):
        return came(call) + gave(call)
    ratio = 1.0
    for before, after in zip(x[2:], y[2:]):
        ratio *= float(before) / float(after)  # type: ignore[arg-type]
    return int((ratio + 1) * gave(call))  # type: ignore[operator]


def cell(call: CountedCall, kind: str, features: Dim) -> Dim:
    """One step of one sample."""
    layer: Any = call.layer
    hidden = layer.hidden_size
    gates, more = GATES[kind]
    found: Dim = gates * hidden * (features + hidden + 1 + (2 if layer.bias else 0)) + more * hidden
    return found


def stepped(kind: str) -> Rule:
    """All steps of all layers, projections left out."""

    def count(call: CountedCall) -> Dim:
        layer: Any = call.layer
        ways: int = layer.directions
        first = cell(call, kind, call.inputs[0][-1])
        later: int = layer.num_layers - 1
        behind = cell(call, kind, ways * layer.hidden_size)
        return product(call.inputs[0][:2]) * ways * (first + later * behind)

    return Rule(as_module(count), "1 for each MAC, and for each operation on elements of the state")


def once(kind: str) -> Rule:
    """One step of each sample."""
    return Rule(
        as_module(lambda call: call.inputs[0][0] * cell(call, kind, call.inputs[0][-1])),
        "1 for each MAC, and for each operation on elements of the state",
    )


NORM = Rule(
    as_module(lambda call: came(call) * (4 if affine(call) else 2)),
    "4 for each input element, 2 without a weight; nothing of a derived class or a function",
)
RULES: Rules = {
    Layer: Rule(nothing, "nothing"),
    Conv: Rule(as_module(slid), "1 for each MAC; nothing of a derived class or a function"),
    ConvTranspose: Rule(
        as_module(slid),
        "output elements times the kernel times the channels that it sees",
        "each input position is multiplied, not each output position",
    ),
    Linear: Rule(as_module(macs), "1 for each MAC; nothing of a derived class or a function"),
    **dict.fromkeys((BatchNorm, InstanceNorm, LayerNorm), NORM),
    PReLU: Rule(as_module(came), "1 for each input element"),
    Softmax: Rule(as_module(softmaxed), "3 for each input element, less 1 for each sum; as a function nothing"),
    AvgPool: Rule(as_module(gave), "1 for each output element; as a function nothing"),
    AdaptiveAvgPool: Rule(as_module(averaged), "1 for each input and each output element; as a function nothing"),
    Upsample: Rule(
        as_module(lambda call: gave(call) * RESIZED.get(getattr(call.layer, "mode"), 0)),  # noqa: B009
        "1, 5, 11 or 259 for each output element, by the mode; as a function nothing",
    ),
    RNN: stepped("rnn"),
    GRU: stepped("gru"),
    LSTM: stepped("lstm"),
    RNNCell: once("rnn"),
    GRUCell: once("gru"),
    LSTMCell: once("lstm"),
}
