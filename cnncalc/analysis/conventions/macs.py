"""As papers on networks for images mostly count: their FLOPs are MACs."""

from cnncalc.analysis.conventions import Rule, Rules
from cnncalc.layers.layer import Layer

MEANING = "1 FLOP for each MAC, as the ResNet, MobileNet and EfficientNet papers count"
RULES: Rules = {Layer: Rule(lambda call: call.macs, "1 for each MAC")}
