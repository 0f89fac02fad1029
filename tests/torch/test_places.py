"""The stand-in has each function where torch has it, and nowhere else; and it refuses the types that torch refuses."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

import pytest
import torch
import torch.nn.functional

from cnncalc.source import load, methods, names, places
from cnncalc.source.tensor import Tensor

FILE = Path(places.__file__)
REAL = {"torch": torch, "torch.nn.functional": torch.nn.functional, "torch.Tensor": torch.Tensor}


def known(place: str) -> list[str]:
    """The functions of a place of torch's that are known."""
    way = "functional" if place == "torch.nn.functional" else "function"
    found = methods.known_method if place == "torch.Tensor" else partial(names.known_function, way=way)
    every = [name for name in dir(REAL[place]) if not name.startswith("__")]
    return sorted(name for name in every if callable(getattr(REAL[place], name)) and found(name) is not None)


def unknown_methods() -> list[str]:
    """The methods of tensors that are not known."""
    own = {*dir(Tensor), *dir(Tensor()), *known("torch.Tensor")}
    return sorted(name for name in dir(torch.Tensor) if not name.startswith("_") and name not in own)


def written() -> str:
    """The table, as torch says."""
    rows = ""
    every = {place: known(place) for place in REAL} | {"torch.Tensor, not known": unknown_methods()}
    for place, found in every.items():
        text = fill(" ".join(found), 112, break_long_words=False, break_on_hyphens=False)
        rows += f'    "{place}": """\n' + "".join(f"        {line}\n" for line in text.split("\n")) + '    """,\n'
    return "PLACES: dict[str, str] = {\n" + rows + "}\n"


def test_the_table_is_up_to_date() -> None:
    text = FILE.read_text(encoding="utf-8")
    table = re.compile(r"^PLACES.*?\}\n", re.MULTILINE | re.DOTALL)
    if os.environ.get("CNNCALC_OVERWRITE"):
        FILE.write_text(table.sub(lambda _: written(), text, count=1), encoding="utf-8")
        return
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/torch/test_places.py"
    assert table.search(text)[0] == written(), f"write it anew: {again}"  # type: ignore[index]


@pytest.mark.parametrize("name", ["swish", "cat", "maxpool2d", "flatten", "permute", "matmul"])
def test_a_function_that_torch_has_elsewhere(name: str) -> None:
    assert not hasattr(torch.nn.functional, name)
    with pytest.raises(AttributeError):
        names.attribute("torch.nn.functional", name)


@pytest.mark.parametrize("name", ["pad", "interpolate", "silu", "one_hot", "cross_entropy"])
def test_a_function_that_torch_has_in_functional_alone(name: str) -> None:
    assert not hasattr(torch, name)
    with pytest.raises(AttributeError):
        names.attribute("torch", name)


@pytest.mark.parametrize("name", ["silu", "gelu", "interpolate", "cat", "maxpool2d", "softplus"])
def test_a_function_that_is_no_method(name: str) -> None:
    assert not hasattr(torch.Tensor, name)
    assert methods.method(name) is None


TYPES = ("float32", "float64", "int64", "bool")
PRODUCTS = {
    "linear": "F.linear(make(a, 2, 3), make(b, 4, 3))",
    "conv2d": "F.conv2d(make(a, 2, 3, 5, 5), make(b, 4, 3, 3, 3))",
    "conv_transpose2d": "F.conv_transpose2d(make(a, 2, 3, 5, 5), make(b, 3, 4, 3, 3))",
    "matmul": "make(a, 2, 3) @ make(b, 3, 4)",
    "bmm": "torch.bmm(make(a, 2, 2, 3), make(b, 2, 3, 4))",
    "einsum": 'torch.einsum("ij,jk->ik", make(a, 2, 3), make(b, 3, 4))',
    "baddbmm": "torch.baddbmm(make(a, 2, 2, 2), make(b, 2, 2, 3), make(b, 2, 3, 2))",
    "attention": "F.scaled_dot_product_attention(make(a, 2, 2, 3), make(b, 2, 2, 3), make(b, 2, 2, 3))",
    "attention with a mask": "F.scaled_dot_product_attention(*[make(a, 2, 2, 3)] * 3, attn_mask=make('bool', 2, 2))",
    "embedding": "F.embedding(make(a, 2, 3), make(b, 4, 3))",
    "add": "make(a, 2, 3) + make(b, 2, 3)",
    "cat": "torch.cat([make(a, 2, 3), make(b, 2, 3)])",
    "softmax": "F.softmax(make(a, 2, 3), 1)",
    "mean": "make(a, 2, 3).mean(1)",
    "mean in a type": "make(a, 2, 3).mean(1, dtype=torch.float32)",
    "sigmoid": "torch.sigmoid(make(a, 2, 3))",
    "lstm": "nn.LSTM(3, 4).to(torch.float64 if double(b) else torch.float32)(make(a, 2, 2, 3))",
    "batchnorm": "nn.BatchNorm2d(4).to(torch.float64 if double(b) else torch.float32).eval()(make(a, 2, 4, 4, 4))",
    "one_hot": "F.one_hot(make('int64', 3), 5) @ make(b, 5, 2)",
}
CODE = """
import torch
from torch import nn
from torch.nn import functional as F


def make(kind, *sizes):
    return torch.zeros(*sizes).to(getattr(torch, kind))


def double(kind):
    return kind == "float64"


def outcome(a, b):
    try:
        {call}
    except RuntimeError:
        return "refused"
    return "taken"
"""


@pytest.mark.parametrize("call", PRODUCTS.values(), ids=PRODUCTS)
def test_types_are_refused_as_torch_does(call: str, tmp_path: Path) -> None:
    both = [(a, b) for a in TYPES for b in TYPES if (a, b) != ("bool", "bool")]
    real: dict[str, Any] = {}
    exec(CODE.format(call=call), real)
    wanted = {(a, b): taken(lambda a=a, b=b: real["outcome"](a, b)) for a, b in both}
    with load.stand_in(str(tmp_path)):
        ours: dict[str, Any] = {}
        exec(CODE.format(call=call), ours)
        got = {(a, b): taken(lambda a=a, b=b: ours["outcome"](a, b)) for a, b in both}
    assert got == wanted


def taken(run: Callable[[], str]) -> str:
    """What comes of a call; torch has no kernel for some types."""
    try:
        return run()
    except (NotImplementedError, ValueError):
        return "refused"
