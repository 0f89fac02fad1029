"""All of torch.nn is in the registry, by its names and with its signatures."""

from __future__ import annotations

import inspect

import pytest
from torch import nn

from cnncalc.layers import Layer, find
from cnncalc.torch_bridge.drawing.draw import layers

MODULES = [name for name, module in vars(nn).items() if inspect.isclass(module) and issubclass(module, nn.Module)]
NO_LAYERS = {
    "Container": "an old name of Module",
    "DataParallel": "how a module is run, not what it computes",
    "Module": "what all layers are",
    "ModuleDict": "holds modules; a level in the language",
    "ModuleList": "holds modules; a level in the language",
    "ParameterDict": "holds parameters; `parameter` is one",
    "ParameterList": "holds parameters; `parameter` is one",
    "RNNBase": "what RNN, LSTM and GRU share",
    "RNNCellBase": "what RNNCell, LSTMCell and GRUCell share",
    "Sequential": "a chain, which the language reads as it is",
}


def is_loss(name: str) -> bool:
    """Losses end a training and are no layers; this one is a layer too."""
    return "Loss" in name and name != "AdaptiveLogSoftmaxWithLoss"


@pytest.mark.parametrize("name", [name for name in MODULES if not is_loss(name)])
def test_every_module_of_torch_is_a_layer(name: str) -> None:
    found = find(f"nn.{name}")
    assert (found is None) == (name in NO_LAYERS)


@pytest.mark.parametrize("layer", [layer for layer in layers() if layer.torch], ids=lambda layer: layer.torch)
def test_arguments_have_the_names_of_torch(layer: type[Layer]) -> None:
    ours = [name for name, argument in layer.arguments.items() if not argument.at_call]
    signature = inspect.signature(getattr(nn, layer.torch or "").__init__).parameters
    theirs = [name for name in signature if name not in ("self", "args", "kwargs", *OTHER_ARGUMENTS)]
    if layer.torch == "AvgPool1d":  # which lacks an argument of its family, and refuses it
        theirs.append("divisor_override")
    if theirs:  # RNN and its relatives take anything, and say what in their text
        assert ours == theirs


OTHER_ARGUMENTS = frozenset(
    {
        *("device", "dtype"),  # where numbers are kept, and how
        *("_weight", "_freeze", "_random_samples"),  # values
        *("min_value", "max_value"),  # old names of min_val and max_val
        "process_group",  # devices
    }
)
