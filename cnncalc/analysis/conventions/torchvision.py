"""As torchvision counts what its documentation calls GFLOPS: MACs of products and convolutions.

Source: test/common_extended_utils.py in torchvision's repository, `flop_mapping`.
"""

from cnncalc.analysis.conventions import Rule, Rules
from cnncalc.analysis.counting import macs, nothing
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Bilinear
from cnncalc.layers.products import Baddbmm, Dot, Mv

MEANING = "the GFLOPS of torchvision's documentation: 1 for each MAC"
TOOL = "torchvision 0.28"
LEFT_OUT = Rule(nothing, "nothing")
RULES: Rules = {Layer: Rule(macs, "1 for each MAC"), **dict.fromkeys((Baddbmm, Mv, Dot, Bilinear), LEFT_OUT)}
