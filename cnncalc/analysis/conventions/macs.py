"""As papers on networks for images mostly count: their FLOPs are MACs."""

from cnncalc.analysis.conventions import Rules
from cnncalc.layers.layer import Layer

MEANING = "1 FLOP for each MAC, as the ResNet, MobileNet and EfficientNet papers count"
RULES: Rules = {Layer: lambda call: call.macs}
