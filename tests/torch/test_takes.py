"""The arguments that torch's functions take, and calls that torch refuses for them."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import types
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional

from cnncalc.layers.arguments import REQUIRED
from cnncalc.operators.names import ARGUMENTS, layer_for
from cnncalc.source import creation, load, places, takes
from cnncalc.source.signatures import signature
from cnncalc.torch_bridge.drawing.draw import layers

REAL: dict[str, Any] = {"torch": torch, "torch.nn.functional": torch.nn.functional, "torch.Tensor": torch.Tensor}
LETTERS = {
    "Tensor": "T",
    "torch.Tensor": "T",
    "Number": "n",
    "_complex": "n",
    "_int": "i",
    "int": "i",
    "SymInt": "i",
    "torch.SymInt": "i",
    "_float": "f",
    "float": "f",
    "torch.SymFloat": "f",
    "_bool": "b",
    "bool": "b",
    "str": "s",
    "_dtype": "d",
    "_size": "I",
    "Sequence[_int]": "I",
    "Sequence[int]": "I",
    "Sequence[_int | SymInt]": "I",
    "list[Tensor]": "L",
    "tuple[Tensor, ...]": "L",
}
"""The kinds of arguments by what torch's stubs write; all others are taken as they are."""
DISPATCHED = ("max_pool1d", "max_pool2d", "max_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d")
DISPATCHED += ("adaptive_max_pool3d", "fractional_max_pool2d", "fractional_max_pool3d")
"""Functions of torch.nn.functional that hand their arguments on to one whose name has a `_`."""


BY_HAND = {
    "tensor": "(data ., *, dtype d?=, device .=, requires_grad b=, pin_memory b=)",
    "gelu": "(input T, *, approximate s=)",
    "interpolate": "python (input T, size iI?=, scale_factor .=, mode s=, align_corners b?=, "
    "recompute_scale_factor b?=, antialias b=)",
}
"""Functions whose stubs take by position what torch takes by name alone."""


def stubs(file: str, cls: str = "") -> dict[str, list[ast.FunctionDef]]:
    """The functions of one of torch's stubs, or of a class in it."""
    tree = ast.parse(Path(torch.__file__).with_name("_C").joinpath(file).read_text(encoding="utf-8"))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls) if cls else tree.body
    found = defaultdict(list)
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found[node.name].append(node)
    return found


def kinds(annotation: str) -> str:
    """What an annotation asks for, in the table's letters."""
    text, parts, depth = annotation, [""], 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    wanted = [part.strip() for part in parts]
    none = "?" if "None" in wanted else ""
    letters = [LETTERS.get(part) for part in wanted if part != "None"]
    return "." if None in letters or not letters else "".join(dict.fromkeys(map(str, letters))) + none


def stubbed(node: ast.FunctionDef, method: bool) -> str:
    """One way to call a function, as the stubs have it."""
    given = node.args.posonlyargs + node.args.args
    defaults: list[ast.expr | None] = [None] * (len(given) - len(node.args.defaults)) + list(node.args.defaults)
    parts = [part(one, default) for one, default in zip(given, defaults)][method:]
    if not method and parts and parts[0] == "self T":  # which the stubs of methods that are functions too have
        parts[0] = "input T"
    if node.args.vararg:
        parts.append("*" + part(node.args.vararg, None))
    elif node.args.kwonlyargs:
        parts.append("*")
    parts += [part(one, default) for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults)]
    return f"({', '.join(parts)})"


def part(argument: ast.arg, default: ast.expr | None) -> str:
    wanted = kinds(ast.unparse(argument.annotation)) if argument.annotation else "."
    if default is not None and ast.unparse(default) == "None" and wanted != "." and "?" not in wanted:
        wanted += "?"
    return f"{argument.arg} {wanted}{'=' if default is not None else ''}"


def handed_on(nodes: list[ast.FunctionDef]) -> dict[str, str]:
    """What the functions of a name ask of their arguments."""
    found: dict[str, str] = {}
    for node in nodes:
        for one in (*node.args.args, *node.args.kwonlyargs):
            wanted = kinds(ast.unparse(one.annotation)) if one.annotation else "."
            found[one.arg] = "".join(dict.fromkeys(found.get(one.arg, "") + wanted))
    return {name: "." if "." in wanted else wanted for name, wanted in found.items()}


def of_python(function: Any, method: bool, nodes: list[ast.FunctionDef]) -> str | None:
    """How a function that is written in Python is called. It asks what that asks which it hands its arguments on to."""
    parts = []
    asked = handed_on(nodes)
    named = False
    for one in list(inspect.signature(function).parameters.values())[method:]:
        if one.kind is one.VAR_KEYWORD or (one.kind is one.VAR_POSITIONAL and one.name == "args"):
            return None
        if one.kind is one.KEYWORD_ONLY and not named:
            parts += ["*"] * (not any(p.startswith("*") for p in parts))
            named = True
        letters = "T" if one.annotation in (torch.Tensor, "torch.Tensor", "Tensor") else asked.get(one.name, ".")
        own = takes.Argument(one.name, letters.strip("?"), True, True)
        if one.default is not one.empty and not takes.fits(own, one.default):  # it hands on something else
            letters = "."
        if letters != "." and one.default is None and "?" not in letters:
            letters += "?"
        letters = (
            "iO?" if one.name == "output_size" and function.__name__.startswith(("adaptive", "_adapt")) else letters
        )
        star = "*" if one.kind is one.VAR_POSITIONAL else ""
        parts.append(f"{star}{one.name} {letters}{'=' if one.default is not one.empty else ''}")
    return f"python ({', '.join(parts)})"


def rows() -> Iterator[tuple[str, str, str]]:
    """The places, names and ways of all functions that are known."""
    variables, own = stubs("_VariableFunctions.pyi"), stubs("_nn.pyi")
    stubbed_of = {"torch": [variables], "torch.nn.functional": [own, variables], "torch.Tensor": []}
    stubbed_of["torch.Tensor"] = [stubs("__init__.pyi", "TensorBase")]
    for place, real in REAL.items():
        names = {*places.names(place), *(creation.MADE if place == "torch" else ())}
        for name in sorted(names):
            function = getattr(real, f"_{name}" if name in DISPATCHED and place != "torch" else name, None)
            method = place == "torch.Tensor"
            nodes = next((found[name] for found in stubbed_of[place] if name in found), [])
            if name in BY_HAND:
                text = BY_HAND[name]
            elif isinstance(function, types.FunctionType):
                text = of_python(function, method, [] if place == "torch" else nodes) or ""
            else:
                text = " | ".join(dict.fromkeys(stubbed(node, method) for node in nodes))
            if text:
                yield place, name, text


def written() -> str:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place, name, text in rows():
        found[place, text].append(name)
    lines = []
    for place in REAL:
        lines += [
            f"[{place}]",
            *(f"{' '.join(names)}: {text}" for (here, text), names in found.items() if here == place),
        ]
    return "\n".join(lines) + "\n"


def test_the_table_is_up_to_date() -> None:
    if os.environ.get("CNNCALC_OVERWRITE"):
        takes.TABLE.write_text(written(), encoding="utf-8")
        return
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/torch/test_takes.py"
    assert takes.TABLE.read_text(encoding="utf-8") == written(), f"write it anew: {again}"


SAID_OTHERWISE = frozenset(
    {"mode", "reduction", "bias", "nan", "num_classes", "padding", "dilation", "padding_idx"}
    | {"stride", "output_padding"}
)
"""Arguments whose defaults torch's operators and layers write otherwise."""


@pytest.mark.parametrize("place", REAL)
def test_what_is_left_out_is_what_torch_takes(place: str) -> None:
    found = {}
    for name in places.names(place):
        cls = layer_for(name)
        known = signature(name)
        for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}") if cls and known else ():
            for one in schema.arguments:
                key = (ARGUMENTS.get(name) or ARGUMENTS.get(cls.name) or {}).get(one.name, one.name)
                if not one.has_default_value() or key not in cls.arguments or key in SAID_OTHERWISE:
                    continue
                own = known.defaults.get(one.name)
                own = cls.arguments[key].default if own is None else own
                if (
                    name != "cross"
                    and own != one.default_value
                    and not (own in (None, ()) and one.default_value in (None, []))
                ):
                    found[name, key] = (own, one.default_value)
    assert {key: value for key, value in found.items() if value[0] is not REQUIRED} == {}


CALLS = {
    (2, 4): """
        F.softmax(x, axis=1)
        torch.softmax(x, axis=1)
        x.softmax(axis=1)
        F.log_softmax(x, axis=1)
    """,
    (2, 8): """
        x.split(4, axis=1)
        torch.split(x, 4, axis=1)
        x.chunk(2, axis=1)
        torch.cat([x, x], axis=1)
        torch.stack([x, x], axis=1)
        x.sum(axis=1)
        x.mean(axis=1, keepdims=True)
        x.sum(1, keepdims=True)
        x.amax(axis=1)
        x.max(axis=1)[0]
        x.argmax(axis=1)
        torch.argmax(x, axis=1)
        x.squeeze(axis=1)
        x.unsqueeze(axis=1)
        x.cumsum(axis=1)
        x.prod(axis=1)
        x.std(axis=1)
        x.var(axis=1)
        x.norm(axis=1)
        torch.norm(x, axis=1)
        torch.linalg.norm(x, axis=1)
        F.normalize(x, axis=1)
        x.flip(axis=1)
        torch.repeat_interleave(x, 2, axis=1)
        x.unbind(axis=1)[0]
        x.sort(axis=1)[0]
        x.topk(2, axis=1)[0]
        x.index_select(axis=1, index=torch.tensor([0]))
        x.logsumexp(axis=1)
        x.median(axis=1)[0]
        x.any(axis=1)
        x.all(axis=1)
        F.glu(x, axis=1)
        x.roll(1, axis=1)
        torch.roll(x, 1, dims=1)
        torch.relu(input=x)
        F.relu(x=x)
        F.relu(self=x)
        torch.add(x, y=x)
        torch.add(x, other=x)
        torch.add(x1=x, x2=x)
        torch.add(x, x2=x)
        torch.matmul(x, other=torch.rand(8, 3))
        torch.matmul(x, mat2=torch.rand(8, 3))
        torch.mm(x, mat2=torch.rand(8, 3))
        torch.mm(x, other=torch.rand(8, 3))
        F.softmax(x, 1, dtype=torch.float64)
        F.relu(x, inplace=True)
        torch.relu(x, inplace=True)
        torch.sigmoid(x, inplace=True)
        F.gelu(x, inplace=True)
        F.silu(x, inplace=True)
        F.dropout(x, 0.5, self.training)
        F.leaky_relu(x, 0.1, True)
        F.leaky_relu(x, slope=0.1)
        F.leaky_relu(x, alpha=0.1)
        F.elu(x, alpha=0.1)
        x.sum(True)
        x.sum(1, 2)
        x.sum(1, keepdim=1)
        x.sum(1, keepdim="yes")
        x.sum((1,))
        x.sum([1])
        x.sum("1")
        x.sum(1.0)
        x.mean(1.0)
        x.mean(None)
        x.mean(dim=None, keepdim=True)
        x.view(-1, 2.0)
        x.view("8")
        x.view(None)
        x.view([2, -1])
        x.view((2, -1))
        x.view(torch.Size([2, 8]))
        x.view(x.size(0), -1)
        x.view(torch.tensor([2, 8]))
        x.reshape([2], -1)
        torch.reshape(x, 2, -1)
        torch.reshape(x, (2, -1))
        torch.permute(x, 1, 0)
        torch.flip(x, 0)
        torch.flip(x, [0])
        x.flip(0)
        x.flip((0, 1))
        torch.tile(x, 2)
        torch.tile(x, (2,))
        x.repeat(2)
        x.repeat(1, 2)
        x.repeat([1, 2])
        x.expand(3, 2, 8)
        x.squeeze()
        x.unsqueeze()
        x.unsqueeze(1, 2)
        x.unsqueeze([1])
        torch.stack(x)
        torch.stack(x, x)
        torch.stack([x, 1])
        torch.cat([x, None], 1)
        torch.cat((x, [1]), 1)
        torch.cat([x, x], "1")
        torch.matmul(x, 2)
        torch.matmul(x, None)
        x @ 2
        x + None
        x + "a"
        x + [1]
        x * (1, 2)
        torch.add(x, None)
        torch.add(1, x)
        torch.mul(2, x)
        torch.sub(1, x)
        torch.div(1, x)
        torch.pow(2, x)
        torch.maximum(x, 0)
        torch.max(x, 0)[0]
        torch.max(x, 0.0)
        torch.minimum(x, torch.tensor(0.))
        torch.clamp(x, 0)
        torch.clamp(x, "0")
        torch.clamp(x)
        torch.where(x, x, x)
        torch.where(x > 0, x, None)
        torch.where(x > 0, 1, 0)
        torch.where(x > 0, 1., x)
        x.masked_fill(x > 0, None)
        x.masked_fill(x > 0, "a")
        x.masked_fill(True, 0)
        F.relu([x])
        F.relu(None)
        F.relu(3)
        torch.relu(3)
        torch.sigmoid(2.0)
        torch.exp(1.0)
        torch.sqrt(8)
        torch.tanh(None)
        torch.abs(-1)
        F.softmax(x, dim="1")
        F.softmax(x)
        torch.softmax(x)
        x.softmax()
        F.softmax(x, dim=1.0)
        F.softmax(x, dim=(1,))
        F.dropout(x, "a")
        F.dropout(x, 2)
        F.dropout(x, training=False)
        F.layer_norm(x, 8)
        F.layer_norm(x, (8,))
        F.layer_norm(x, [8])
        F.layer_norm(x, x.shape[1:])
        F.group_norm(x, 2.0)
        F.group_norm(x, 2)
        F.normalize(x, 2)
        F.normalize(x, dim=-1)
    """,
    (2, 8, 4): """
        x.transpose(axis0=1, axis1=2)
        x.permute(axes=(0, 2, 1))
        torch.flatten(x, start_axis=1)
    """,
    (2, 3, 8, 8): """
        F.max_pool2d(x, kernel=2)
        F.max_pool2d(x, kernel_size=2)
        F.avg_pool2d(x, 2, count_include_pad=False)
        F.interpolate(x, scale=2)
        F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        F.pad(x, pad=(1, 1))
        F.pad(x, padding=(1, 1))
        x.view(size=(2, -1))
        x.view(shape=(2, -1))
        x.reshape(shape=(2, -1))
        x.reshape(size=(2, -1))
        x.expand(size=(2, 3, 8, 8))
        x.repeat(sizes=(1, 1, 1, 1))
        x.repeat(repeats=(1, 1, 1, 1))
        x.flatten(start_dim=1)
        x.flatten(dim=1)
        torch.flatten(x, dim=1)
        x.mean(dims=(2, 3))
        x.sum(dims=(2, 3))
        x.permute(dims=(0, 2, 3, 1))
        x.clamp(lower=0)
        x.clamp(a_min=0)
        x.clip(0, max=1)
        x.pow(p=2)
        x.pow(exponent=2)
        x.split(split_size=1, dim=1)[0]
        torch.split(x, split_size_or_sections=1, dim=1)[0]
        torch.split(x, split_size=1, dim=1)[0]
        torch.chunk(x, num=2, dim=1)[0]
        torch.chunk(input=x, chunks=3, dim=1)[0]
        torch.cat(tensors=[x, x], dim=1)
        torch.cat(inputs=[x, x], dim=1)
        torch.where(x > 0, x, other=0)
        torch.where(condition=x > 0, self=x, other=x)
        torch.where(condition=x > 0, input=x, other=x)
        F.conv2d(x, 3)
        F.conv2d(x, 3, 8, 3)
        F.conv2d(x, torch.rand(4, 3, 3, 3), padding="same")
        F.conv2d(x, torch.rand(4, 3, 3, 3), stride=2.0)
        F.conv2d(x, torch.rand(4, 3, 3, 3), stride=(2, 2.))
        F.conv2d(x, torch.rand(4, 3, 3, 3), None, 1, (1, 1))
        F.max_pool2d(x, 2.0)
        F.max_pool2d(x, "2")
        F.max_pool2d(x)
        F.max_pool2d(x, (2, 2), (1, 1))
        F.avg_pool2d(x, 2, 2, 0, True)
        F.avg_pool2d(x, None)
        F.adaptive_avg_pool2d(x)
        F.adaptive_avg_pool2d(x, 1.0)
        F.adaptive_avg_pool2d(x, (1, None))
        F.adaptive_avg_pool2d(x, (1, 1, 1))
        F.interpolate(x, (16, 16))
        F.interpolate(x, 16.0)
        F.interpolate(x, scale_factor="2")
        F.interpolate(x)
        F.interpolate(x, 16, 2)
        F.pad(x, 1)
        F.pad(x, (1, 1))
        F.pad(x, [1, 1, 1, 1])
        F.pad(x, (1.0, 1))
        F.pad(x, (1, 1), 0)
        F.pad(x, (1, 1), "reflect")
        F.pad(x, (1, 1), "constant", 1)
        torch.flatten(x, "1")
        torch.flatten(x, 1, 2)
        torch.flatten(x, 1, 2, 3)
        x.permute(0, 2, 3, 1.0)
        x.permute([0, 2, 3, 1])
        x.transpose(1)
        x.transpose((1, 2))
        x.transpose(1, 2, 3)
        x.size(1, 2)
        x.split(1.0, 1)
        x.split([1, 2], 1)[0]
        x.split((1, 2), 1)[0]
        x.chunk(3.0, 1)
        x.chunk([3], 1)
        x.narrow(1, 0, 2)
        x.narrow(1, 0)
        x.roll((1, 1), (2, 3))
        x.roll(1.0, 2)
        x.norm()
        x.norm(2, 1)
        x.norm(dim=1)
        x.topk(2)
        x.topk(2.0)
        x.std(1)
        x.std(1, True)
        x.std(1, unbiased=False)
        x.var(dim=(2, 3), keepdim=True, unbiased=False)
        x.var(True)
        x.cumsum()
        x.to("cpu")
        x.to(torch.float16)
        x.type(torch.float32)
        x.float(1)
        x.new_zeros(2, 3)
        x.new_zeros((2, 3))
        x.new_zeros(2.0)
        torch.zeros(2, 3)
        torch.zeros((2, 3))
        torch.zeros(2, "3")
        torch.zeros(2.0, 3)
        torch.zeros(2, 3, dtyp=torch.float32)
        torch.zeros(size=(2, 3))
        torch.zeros(shape=(2, 3))
        torch.zeros(2, 3, x.device)
        torch.zeros(2, 3, device=x.device, dtype=x.dtype)
        torch.zeros(*x.shape)
        torch.zeros(x.shape)
        torch.zeros(x)
        torch.zeros_like(x, dtype=torch.long)
        torch.zeros_like(3)
        torch.ones(())
        torch.full((2, 3), 1)
        torch.full(2, 1)
        torch.full((2, 3))
        torch.full((2, 3), "a")
        torch.arange(8)
        torch.arange("8")
        torch.arange(x)
        torch.arange(0, 8, dtype=torch.float32)
        torch.arange(0, 8, 2, torch.float32)
        torch.linspace(0, 1, 5)
        torch.linspace(0, 1)
        torch.linspace(0, 1, 5.0)
        torch.linspace(0, 1, num=5)
        torch.eye(3)
        torch.eye((3, 3))
        torch.rand(2, 3)
        torch.randn([2, 3])
        torch.randn(2.5)
        torch.randint(0, 5, (2, 3))
        torch.randint(5, (2, 3))
        torch.randint(0, 5)
        torch.randperm(5)
        torch.tensor(3)
        torch.tensor([1, 2], torch.float32)
        torch.tensor([1, 2], dtype="float32")
        torch.tensor(1, 2)
        torch.einsum("bchw,bchw->bc", x, x)
        torch.einsum(x, x, "bchw,bchw->bc")
        torch.einsum("bchw,bchw->bc", [x, x])
        x.clamp(0, 1)
        x.clamp(min=0., max=1)
        x.clamp_(0)
        x.add_(1)
        x.add(x, alpha=2)
        x.mul(2.0)
        x.mul("2")
        x.matmul(x)
        x.bmm(x)
        x[0].bmm(x[0])
        torch.bmm(x[0], x[0], x[0])
        x.gather(1)
        x.index_select(1, [0, 1])
        x.index_select(1, torch.tensor([0, 1]))
        x.unfold(2, 2, 1)
        F.unfold(x, 2)
        F.unfold(x, (2, 2), stride=2)
        F.fold(x, 2)
        F.one_hot(torch.tensor([1, 2]), 3)
        F.one_hot(torch.tensor([1, 2]), num_classes=3)
        F.one_hot(3, 5)
        F.cosine_similarity(x, x)
        F.cosine_similarity(x, x, 1)
        F.pixel_shuffle(x, 1.0)
        F.grid_sample(x, torch.zeros(2, 4, 4, 2))
        F.scaled_dot_product_attention(x, x, x)
        F.scaled_dot_product_attention(x, x, x, is_causal=True)
        F.scaled_dot_product_attention(x, x, x, mask=None)
        F.scaled_dot_product_attention(x, x, x, None, 0.1)
        F.gelu(x, "tanh")
        F.gelu(x, approximate="tanh")
        F.gelu(x, approximate="tan")
        F.gelu(x, approximate=True)
        F.leaky_relu(x, "0.1")
        F.leaky_relu(x, 0.1)
        F.leaky_relu(x, negative_slope=0.1, inplace=True)
        F.threshold(x, 0, 1)
        F.hardtanh(x, 0, 6)
        F.relu6(x, True)
        F.batch_norm(x, None, None)
        F.batch_norm(x, torch.zeros(3), torch.ones(3))
        F.instance_norm(x)
        F.mse_loss(x)
        F.mse_loss(x, x)
        F.cross_entropy(x, torch.zeros(2, 8, 8, dtype=torch.long))
        F.embedding(torch.tensor([1, 2]), torch.rand(4, 5))
        F.embedding(torch.rand(4, 5), torch.tensor([1, 2]))
        F.embedding([1, 2], torch.rand(4, 5))
    """,
}
"""Calls on a tensor `x` of these sizes, of which torch takes some and refuses others."""

CODE = """
import torch
from torch import nn
from torch.nn import functional as F

x = torch.rand(*SIZES)


def outcome(call):
    try:
        y = eval(call, {**globals(), "x": x.clone(), "self": nn.Module()})
    except BaseException:
        return "refused"
    return [tuple(one.shape) for one in (y if isinstance(y, (tuple, list)) else [y])]
"""


@pytest.mark.parametrize("sizes", CALLS)
def test_calls_are_refused_as_torch_does(sizes: tuple[int, ...], tmp_path: Path) -> None:
    calls = [line.strip() for line in CALLS[sizes].strip().splitlines()]
    code = CODE.replace("*SIZES", ", ".join(map(str, sizes)))
    real: dict[str, Any] = {}
    exec(code, real)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = {call: real["outcome"](call) for call in calls}
    with load.stand_in(str(tmp_path)):
        ours: dict[str, Any] = {}
        exec(code, ours)
        got = {call: ours["outcome"](call) for call in calls}
    assert got == wanted


MODULES = sorted({layer.torch for layer in layers() if layer.torch})
BEYOND = frozenset(
    {"_weight", "_freeze", "args", "kwargs", "process_group"} | {"min_value", "max_value", "_random_samples"}
)
"""Arguments of torch's modules that are for themselves alone, or no more."""


def test_modules_say_what_they_take(tmp_path: Path) -> None:
    wanted = {name: [*inspect.signature(getattr(torch.nn, name).__init__).parameters] for name in MODULES}
    with load.stand_in(str(tmp_path)):
        stand_in = importlib.import_module("torch.nn")
        found = {name: [*inspect.signature(getattr(stand_in, name).__init__).parameters] for name in MODULES}
    assert {name: {*names} - BEYOND - {*found[name]} for name, names in wanted.items()} == {
        name: set() for name in MODULES
    }
