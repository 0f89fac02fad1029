"""As torch counts: products and nothing else, and no biases."""

from cnncalc.analysis.conventions import Rule, Rules
from cnncalc.layers.layer import Layer

MEANING = "2 FLOPs for each MAC, as torch.utils.flop_counter.FlopCounterMode reports"
TOOL = "torch 2.13.0"
PER_MAC = 2
RULES: Rules = {Layer: Rule(lambda call: call.macs * 2, "2 for each MAC")}
