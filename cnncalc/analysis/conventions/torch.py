"""As torch counts: products and nothing else, and no biases."""

from cnncalc.analysis.conventions import Rules
from cnncalc.layers.layer import Layer

MEANING = "2 FLOPs for each MAC, as torch.utils.flop_counter.FlopCounterMode reports"
RULES: Rules = {Layer: lambda call: call.macs * 2}
