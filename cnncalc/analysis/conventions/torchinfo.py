"""As torchinfo counts: the parameters of each module, times sizes of its output.

Source: torchinfo/layer_info.py, `calculate_macs`; modules with parts of their own are left out (model_statistics.py).
"""

from __future__ import annotations

from cnncalc.analysis.conventions import CountedCall, Rule, Rules
from cnncalc.analysis.counting import hooked, nothing
from cnncalc.layers.adaptive_softmax import AdaptiveLogSoftmaxWithLoss
from cnncalc.layers.attention import MultiheadAttention
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.embedding import Embedding, EmbeddingBag
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Bilinear, Linear
from cnncalc.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim, product

MEANING = "the mult-adds of torchinfo: parameters times sizes of the output, of modules alone"
TOOL = "torchinfo 1.8.0"


def weights(positions: bool = False) -> Rule:
    """The weight and the bias, for each sample, and for each position of a convolution."""

    def count(call: CountedCall) -> Dim:
        out = call.outputs[0]
        used: Shape = (*out[:1], *out[2:]) if positions else out[:1]
        found: Dim = 0
        for name, shape in call.params.items():
            if name in ("weight", "bias"):
                found = found + product(used) * product(shape)
            elif "weight" in name or "bias" in name:
                found = found + product(out[:2]) * product(shape)
        return found

    words = (
        "its weight and bias, times samples and output positions" if positions else "its parameters, for each sample"
    )
    return Rule(hooked(count), f"{words}; as a function nothing")


AXES = "the other axes of the input are left out"
RULES: Rules = {
    Layer: weights(),
    Conv: weights(positions=True),
    ConvTranspose: weights(positions=True)._replace(
        wrong="each input position is multiplied, not each output position"
    ),
    Linear: weights()._replace(missed=AXES),
    Bilinear: weights()._replace(missed=AXES),
    Embedding: weights()._replace(wrong="a row is looked up, and nothing multiplied"),
    EmbeddingBag: weights()._replace(wrong="rows are looked up, and nothing multiplied"),
    **{
        kind: weights()._replace(
            words="all its parameters at each step; as a function nothing", wrong="biases are multiplied by nothing"
        )
        for kind in (RNN, GRU, LSTM)
    },
    **{
        kind: weights()._replace(
            words="its parameters, times the elements of the state", wrong="each weight is used once for each sample"
        )
        for kind in (RNNCell, GRUCell, LSTMCell)
    },
    MultiheadAttention: Rule(nothing, "nothing, as it has a module in it"),
    AdaptiveLogSoftmaxWithLoss: Rule(nothing, "nothing, as it has modules in it"),
}
