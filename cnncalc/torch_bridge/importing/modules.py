"""Which layer a module of torch's own is."""

from __future__ import annotations

import torch
from torch import nn

from cnncalc.operators.modules import Modules

_MODULES = Modules(nn, torch.Tensor)
layer_class_of = _MODULES.layer_class_of
arguments_of = _MODULES.arguments_of
