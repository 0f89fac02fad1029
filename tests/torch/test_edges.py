"""Layers at the edge of what torch takes: refusals, shapes and parameters are torch's, both ways."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
import torch
from torch import nn

from cnncalc import calc
from cnncalc.diagnostics import CnncalcError
from cnncalc.layers import layer_class
from cnncalc.torch_bridge.drawing.compare import Figures, by_cnncalc, by_torch
from cnncalc.torch_bridge.drawing.draw import Case


def torch_says(text: str, shapes: list[tuple[int, ...]], indices: tuple[int, ...]) -> Any:
    """The shapes that the module of a text gives and has; None where torch refuses it."""
    try:
        module = eval(text, {"nn": nn}).eval()
        given = [torch.zeros(x, dtype=torch.long if i in indices else torch.float) for i, x in enumerate(shapes)]
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = module(*given)
    except Exception:
        return None
    outputs = list(out) if isinstance(out, tuple) else [out]
    return [tuple(x.shape) for x in outputs], {name: tuple(x.shape) for name, x in module.named_parameters()}


def cnncalc_says(text: str, shapes: list[tuple[int, ...]]) -> Any:
    named = {f"in{i}": f"({', '.join(map(str, shape))},)" if shape else "()" for i, shape in enumerate(shapes)}
    inputs = "".join(f"  {name}: {shape}\n" for name, shape in named.items())
    try:
        report = calc(f"batch: none\ninputs:\n{inputs}body:\n  - {text}({', '.join(named)})\n")
    except CnncalcError:
        return None
    return [tuple(x) for x in report.layers[-1].outputs], dict(report.layers[-1].weights)


MODULES: list[tuple[str, list[tuple[int, ...]]]] = [
    # A decimal is no whole number.
    ("nn.Conv2d(3, 4.0, 3)", [(1, 3, 8, 8)]),
    ("nn.MaxPool2d(2.0)", [(1, 3, 8, 8)]),
    ("nn.MaxPool2d((2.0, 2))", [(1, 3, 8, 8)]),
    ("nn.Embedding(2, 7, 1.0)", [(3,)]),
    ("nn.RNN(4, 1, num_layers=2.0)", [(5, 2, 4)]),
    ("nn.ZeroPad2d(1.0)", [(1, 3, 4, 4)]),
    ("nn.Softmax(1.0)", [(2, 3)]),
    # True and False are numbers, and numbers and None are yes and no, where Python reads them.
    ("nn.LayerNorm(4, True)", [(2, 4)]),
    ("nn.BatchNorm1d(12, False)", [(2, 12)]),
    ("nn.Conv2d(3, 4, 3, bias=None)", [(1, 3, 8, 8)]),
    ("nn.Conv2d(3, 4, 3, bias=0)", [(1, 3, 8, 8)]),
    ("nn.Conv2d(3, 4, 3, bias=1)", [(1, 3, 8, 8)]),
    ("nn.MaxPool2d(2, ceil_mode=1)", [(1, 3, 8, 8)]),
    ("nn.MaxPool2d(2, return_indices=1)", [(1, 3, 8, 8)]),
    ("nn.RNN(4, 3, bias=1)", [(5, 2, 4)]),
    ("nn.RNN(4, 3, batch_first=1)", [(5, 2, 4)]),
    # Lists and tuples.
    ("nn.Upsample(scale_factor=[2.0, 2.0])", [(1, 3, 4, 4)]),
    ("nn.Upsample(scale_factor=(2.0, 2.0))", [(1, 3, 4, 4)]),
    ("nn.Upsample(size=[5, 6])", [(1, 3, 4, 4)]),
    ("nn.Upsample(size=(4,))", [(1, 3, 4, 4)]),
    ("nn.Upsample(size=(4,))", [(1, 3, 4)]),
    ("nn.Upsample(size=4)", [(1, 3, 4, 4)]),
    # Circular padding of fewer or more axes than its class has.
    *((f"nn.CircularPad3d({pad})", [(2,) * rank]) for pad in ((1, 1), (1, 1, 1, 1)) for rank in (3, 4, 5)),
    *((f"nn.CircularPad1d({pad})", [(2,) * rank]) for pad in ((1, 1), (1, 1, 1, 1)) for rank in (2, 3, 4)),
    # One item for several axes.
    ("nn.Conv2d(3, 4, (3,))", [(1, 3, 8, 8)]),
    ("nn.Conv2d(3, 4, 3, stride=(2,))", [(1, 3, 8, 8)]),
    ("nn.MaxPool2d((2,))", [(1, 3, 8, 8)]),
    ("nn.LPPool1d(2, (5,))", [(1, 3, 8)]),
    ("nn.LPPool2d(2, (2,))", [(1, 3, 8, 8)]),
    ("nn.MaxUnpool2d(1, stride=(4,))", [(1, 3, 4, 4), (1, 3, 4, 4)]),
    ("nn.Unfold((2,))", [(1, 3, 8, 8)]),
    ("nn.Unfold(2, stride=(2,))", [(1, 3, 8, 8)]),
    ("nn.AdaptiveAvgPool2d((2,))", [(1, 3, 8, 8)]),
    ("nn.AdaptiveAvgPool2d(None)", [(1, 3, 8, 8)]),
    ("nn.FractionalMaxPool2d((2,), output_size=3)", [(1, 3, 8, 8)]),
    ("nn.Unflatten(1, 4)", [(2, 4)]),
    # Empty ones.
    ("nn.LayerNorm(())", [(2, 4)]),
    ("nn.RMSNorm(())", [(2, 4)]),
    ("nn.MaxPool2d(2, stride=())", [(1, 3, 8, 8)]),
    ("nn.ZeroPad2d(())", [(1, 3, 4, 4)]),
    ("nn.ReflectionPad2d(())", [(1, 3, 4, 4)]),
    ("nn.Unflatten(1, ())", [(2, 1)]),
    # Sides for other axes than the name says.
    ("nn.ZeroPad2d((1, 2))", [(1, 3, 4, 4)]),
    ("nn.ZeroPad2d((1, 2, 3))", [(1, 3, 4, 4)]),
    ("nn.ReflectionPad2d((1, 2))", [(1, 3, 4, 4)]),
    ("nn.ReflectionPad2d((1, 2))", [(3, 4, 4)]),
    # Numbers that a layer divides by or takes a root of.
    ("nn.CELU(alpha=0)", [(2, 3)]),
    ("nn.CosineSimilarity(eps=-1)", [(2, 3), (2, 3)]),
    ("nn.BatchNorm2d(3, eps=-1)", [(1, 3, 4, 4)]),
    ("nn.BatchNorm2d(3, eps=0)", [(1, 3, 4, 4)]),
    ("nn.BatchNorm2d(3, eps=0, track_running_stats=False)", [(1, 3, 4, 4)]),
    ("nn.AdaptiveLogSoftmaxWithLoss(4, 8, [2], div_value=0)", [(2, 4), (2,)]),
    ("nn.AdaptiveLogSoftmaxWithLoss(4, 8, 2)", [(2, 4), (2,)]),
    *((f"nn.{name}(4, 2, dropout={value})", [(5, 3, 4)]) for name in ("RNN", "GRU") for value in (False, 0)),
    ("nn.Dropout(False)", [(2, 3)]),
    # One value has no variance.
    ("nn.SyncBatchNorm(3, track_running_stats=False)", [(1, 3)]),
    ("nn.BatchNorm2d(3, track_running_stats=False)", [(1, 3, 1, 1)]),
    ("nn.BatchNorm2d(3, track_running_stats=False)", [(2, 3, 1, 1)]),
    # Inputs without elements.
    ("nn.ReplicationPad2d(1)", [(2, 3, 0, 4)]),
    ("nn.ReplicationPad2d(1)", [(2, 0, 4, 4)]),
    ("nn.Upsample(size=3)", [(2, 2, 0)]),
    ("nn.Upsample(scale_factor=2)", [(2, 0, 4, 4)]),
    ("nn.AdaptiveMaxPool2d(2)", [(2, 0, 4, 4)]),
    ("nn.AdaptiveAvgPool2d(2)", [(2, 0, 4, 4)]),
    ("nn.PixelUnshuffle(4)", [(0, 8, 12)]),
    ("nn.InstanceNorm2d(3, affine=True)", [(0, 3, 4, 4)]),
    ("nn.EmbeddingBag(5, 3)", [(4, 0)]),
]


@pytest.mark.parametrize(("text", "shapes"), MODULES, ids=[f"{text}-{shapes}" for text, shapes in MODULES])
def test_modules(text: str, shapes: list[tuple[int, ...]]) -> None:
    layer = layer_class(re.findall(r"nn\.(\w+)", text)[0])
    assert cnncalc_says(text, shapes) == torch_says(text, shapes, layer.integer_inputs)


CALLED: list[tuple[str, str]] = [
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "(12, 11)"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "[12, 11]"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "(12, 13)"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "(10, 11)"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "12"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "(12,)"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "None"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2)", "(12, 11.0)"),
    # output_padding is not read where a size is asked for.
    ("nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=5)", "(12, 11)"),
    ("nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=5)", "None"),
]


@pytest.mark.parametrize(("text", "size"), CALLED)
def test_sizes_that_a_call_asks_for(text: str, size: str) -> None:
    x = torch.zeros(1, 3, 5, 5)
    try:
        theirs = tuple(eval(text, {"nn": nn})(x, output_size=eval(size)).shape)
    except Exception:
        theirs = None
    try:
        call = f"{text}(x, output_size={size})"
        ours = calc(f"batch: none\ninputs:\n  x: (1, 3, 5, 5)\nbody:\n  - {call}\n").layers[-1].output
    except CnncalcError:
        ours = None
    assert ours == theirs


FUNCTIONS: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = [
    # A scalar counts as a list of one value.
    *(
        (name, {"dim": (dim,)}, [()])
        for name in ("mean", "amax", "std", "all", "argmax", "max", "norm")
        for dim in (0, -1)
    ),
    *((name, {"dim": (1,)}, [()]) for name in ("sum", "squeeze", "prod")),
    ("squeeze", {"dim": (0,)}, [()]),
    ("flip", {"dims": (-1,)}, [()]),
    ("movedim", {"source": (0,), "destination": (-1,)}, [()]),
    ("transpose", {"dim0": 0, "dim1": -1}, [()]),
    ("tensor_unfold", {"dimension": 0, "size": 1, "step": 1}, [()]),
    ("topk", {"k": 1}, [()]),
    ("topk", {"k": 2}, [()]),
    ("unbind", {"dim": 0}, [()]),
    ("all", {"dim": (0, 1)}, [(2, 3)]),
    ("argmax", {"dim": (0, 1)}, [(2, 3)]),
    ("logsumexp", {"dim": ()}, [(2, 3)]),
    # A scalar has no axis to roll along, and is picked once.
    *(("roll", {"shifts": (2,), "dims": dims}, [()]) for dims in ((), (0,), (-1,))),
    *(("index_select", {"dim": 0, "index": index}, [()]) for index in ((0,), (0, 0), ())),
    *(("index_select", {"dim": 0}, [(), index]) for index in ((), (1,), (3,))),
    # What is an input and a number at once.
    ("index_select", {"dim": 0, "index": (0,)}, [(2, 3), (1,)]),
    *((name, {"q": 0.5}, [(2, 8), q]) for name in ("quantile", "nanquantile") for q in ((), (2,), (2, 2))),
    ("where", {"other": -2}, [(2,), (2,), (2,)]),
    ("lerp", {"weight": 0.5}, [(2,), (2,), (2,)]),
    ("scatter", {"dim": 0, "value": 2}, [(2,), (2,), (2,)]),
    # Parts.
    ("chunk", {"chunks": 4}, [(6, 0, 1, 12)]),
    ("split", {"split_size": 0}, [(6, 2)]),
    ("split", {"split_size": 0}, [(6, 0)]),
    ("tensor_split", {"indices_or_sections": 0}, [(2, 3)]),
    ("tensor_split", {"indices_or_sections": (-1,)}, [(2, 3)]),
    # Padding.
    ("pad", {"pad": (3,)}, [(2, 3)]),
    *(("pad", {"pad": (), "mode": mode}, [()]) for mode in ("constant", "reflect", "replicate", "circular")),
    # Positions of an axis that has none.
    ("gather", {"dim": 1}, [(2, 0), (2, 3)]),
    ("scatter_add", {"dim": 1}, [(2, 0), (2, 3), (2, 3)]),
    ("F.embedding", {}, [(2,), (0, 3)]),
    ("fft", {}, [(0, 4)]),
    *(
        ("multinomial", {"num_samples": n, "replacement": True}, [x])
        for n in (1, 4)
        for x in ((0,), (2, 0), (0, 3), (0, 0))
    ),
    ("F.batch_norm", {"eps": -1}, [(2, 3), (3,), (3,)]),
    # A bias of F.linear: beside one product of two matrices it is stretched to as many rows as there are.
    *(
        ("F.linear", {}, [x, weight, bias])
        for x in ((8,), (2, 8), (2, 4, 8), (2, 2, 4, 8))
        for weight in ((3, 8), (8,), (1, 8))
        for bias in ((), (1,), (3,), (1, 1), (1, 3), (2, 1), (4, 1), (8, 1), (2, 4), (4, 3), (1, 4, 1), (1, 4, 3))
    ),
    # A mask of fewer than two axes: the fused kernel asks for both, and scores take what stretches.
    *(
        ("scaled_dot_product_attention", values, [(*front, 4, 2), (*front, 5, 2), (*front, 5, width), mask])
        for mask in ((5,), ())
        for front, values, width in (((), {}, 2), ((3,), {}, 2), ((2, 3), {}, 2), ((2, 3), {}, 3))
        for values in (values, {"dropout_p": 0.5})
    ),
]


@pytest.mark.parametrize(("name", "values", "shapes"), FUNCTIONS)
def test_functions(name: str, values: dict[str, Any], shapes: list[tuple[int, ...]]) -> None:
    case = Case(layer_class(name), values, shapes, batched=False)
    theirs, ours = by_torch(case), by_cnncalc(case)
    if isinstance(theirs, Figures):
        assert isinstance(ours, Figures), ours
        assert ours.outputs == theirs.outputs
    else:
        assert isinstance(ours, str), theirs


def test_of_nothing_there_are_no_positions() -> None:
    with pytest.raises(CnncalcError, match="unbind gives nothing"):
        calc("batch: none\ninput: (0,)\nbody:\n  - unbind(dim=0)\n")


def test_further_values_beside_a_keyword() -> None:
    with pytest.raises(CnncalcError, match="dims of tile is given twice"):
        calc("3xHxW -> tile dims=max(2,3) max(H,3)")
