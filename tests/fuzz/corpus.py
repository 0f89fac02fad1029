"""Texts that mean something, for the fuzzer to mutate: from the zoo, the documents, the tests, and the layers."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cnncalc
from cnncalc.layers import families

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST = 6_000  # characters of a text to start from, as longer ones are slow to compute and nothing new

TORCH = (
    "nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.Conv2d(20, 64, 5), nn.ReLU())",
    "nn.Sequential(OrderedDict([('conv1', nn.Conv2d(1, 20, 5)), ('relu1', nn.ReLU())]))",
    "nn.Sequential(OrderedDict({'a': nn.Conv2d(3, 8, kernel_size=3, padding=1), 'b': nn.BatchNorm2d(8)}))",
    "import torch.nn as nn\nnet = nn.Sequential(\n    nn.Conv2d(3, 8, 3, stride=(2, 1)),  # a\n    nn.MaxPool2d(2),\n"
    "    nn.Flatten(),\n    nn.Linear(392, 10),\n)\n",
    "torch.nn.Sequential(*[nn.Linear(8, 8), nn.ReLU()], nn.Sequential(nn.LSTM(8, 4), nn.ReLU()))",
    "nn.Sequential(nn.Embedding(100, 16), nn.TransformerEncoderLayer(16, 4, dim_feedforward=32, batch_first=True))",
    "nn.Sequential(nn.ConvTranspose2d(3, 4, 4, 2, 1, output_padding=0), nn.PixelShuffle(2), nn.GELU())",
)
PRINTED = (
    "Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n  (1): ReLU(inplace=True)\n"
    "  (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n)",
    "Sequential(\n  (stem): Sequential(\n    (0): Conv2d(3, 8, kernel_size=(7, 7), stride=(2, 2), bias=False)\n"
    "    (1): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n  )\n"
    "  (head): Linear(in_features=8, out_features=10, bias=True)\n)",
    "Net(\n  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))\n  (fc): Linear(in_features=256)\n)",
)
TOMLS = (
    '[tool.cnncalc.check.small]\ntarget = "net.yaml"\ninput = "3x32x32"\nexpect.params = "<=5M"\nbaseline = "b.json"\n',
    '[tool.cnncalc.check.all]\ntarget = "nets"\nbaseline = "nets/baseline.json"\n\n'
    '[tool.cnncalc.check.two]\ntarget = "nets/a.yaml"\nset = {width = 8}\nbatch = 4\n'
    'expect = {output = [8, 30, 30], layers = {conv1 = "8x30x30", "relu1.params" = 0}}\n',
    '[project]\nname = "x"\n[tool.cnncalc.check."a b"]\ntarget = "3x8x8 -> conv 4 k3"\nverify = false\n'
    'input = {input = "3x16x16"}\nexpect.macs = "1k +- 5%"\nexpect.receptive_field = [3, 3]\n',
    '[tool.cnncalc.check]\na = {target = "zoo:lenet5", expect = {params = ">= 60k", smallest_input = "1x1"}}\n',
)
EXPECTATIONS = (
    *("params=<=5M", "macs=4.09G +- 1%", "output=1000", "output=64x56x56", "output=(64, (H + 1)//2, W)", "params=1"),
    *("layers.conv1.output=64x112x112", "layers.conv1.params=9408", "receptive_field=7x7", "smallest_input=32x32"),
    *("flops<2*10**9", "activations=1e6..2e6", "buffers=0", "trainable=1,000", "outputs.output=10", "macs=100k-200k"),
)
SHAPES = (
    *("3x224x224", "3xHxW", "1x28x28", "784", "CxHxW", "input=3x8x8", "(3, 2*H, W)", "()", "(3,)", "N", "x=3xH"),
    *("0x8x8", "3x32x32x32", "16x128", "512xT", "[3, 8, 8]", "1x999999999999x8", "image=3x8x8", "3x-1x8", "3x8.5"),
)
SETTINGS = (
    *("width=8", "H=224", "C=3", "variant=small", "act=relu", "width=0.75", "stages=[(1, 2), (3, 4)]", "N=3", "x=yes"),
    *("=3", "H=-1", "H=1.5", "H=", "W=W", "H=H + 1", "classes=()", "a=None", "kernel=(3, 5)", "H=10**30", "b='same'"),
)


class Corpus(NamedTuple):
    """Texts by their kind."""

    lines: tuple[str, ...]
    yamls: tuple[str, ...]
    torch: tuple[str, ...]
    printed: tuple[str, ...]
    tomls: tuple[str, ...]
    baselines: tuple[str, ...]
    expectations: tuple[str, ...]
    shapes: tuple[str, ...]
    settings: tuple[str, ...]


@cache
def corpus() -> Corpus:
    """Every text that there is to start from, in an order that is always the same."""
    lines = {layer.shown_example(): None for family in families() for layer in family.members if layer.example}
    yamls = {path.read_text(encoding="utf-8"): None for path in sorted((ROOT / "cnncalc" / "zoo").glob("*.yaml"))}
    torch, printed = dict.fromkeys(TORCH), dict.fromkeys(PRINTED)
    for text in (*written_in_documents(), *written_in_tests()):
        if "body:" in text:
            yamls[text] = None
        elif re.search(r"\n\s*\(\w+\): ", text):
            printed[text] = None
        elif "Sequential(" in text:
            torch[text] = None
        elif "->" in text and "```" not in text and "-->" not in text and "$ " not in text:
            lines[text] = None
    small = [[text for text in texts if len(text) < LONGEST] for texts in (lines, yamls, torch, printed)]
    return Corpus(
        *map(tuple, small),
        TOMLS,
        tuple(baselines()),
        EXPECTATIONS,
        SHAPES,
        SETTINGS,  # type: ignore[arg-type]
    )


def written_in_documents() -> list[str]:
    """Specs in the blocks and commands of the documents and of the cases of errors."""
    found = []
    folders = (ROOT, ROOT / "docs", ROOT / "tests" / "errors", ROOT / "tests" / "checks")
    for path in (path for folder in folders for path in sorted(folder.glob("*.md"))):
        for _, body in BLOCK.findall(path.read_text(encoding="utf-8")):
            found.append(body)
            for line in body.splitlines():
                if re.match(r"(\$ )?cnncalc ", line):
                    try:
                        found += shlex.split(line)
                    except ValueError:
                        found.append(line)
    return found


def written_in_tests() -> list[str]:
    """Every text in the code of the tests."""
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def baselines() -> list[str]:
    """Baselines of small networks."""
    from cnncalc.analysis.record import record
    from cnncalc.checks.baseline_file import baseline_text

    specs = {
        "net.yaml": "3x8x8 -> conv 4 k3 -> relu",
        "b.yaml#small": "3xHxW -> conv 4 k3 s2 -> chunk 2",
        "zoo:x": "4 -> linear 3",
    }
    records = {name: record(cnncalc.calc(spec)) for name, spec in specs.items()}
    return [baseline_text({name: records[name]}) for name in specs] + [baseline_text(records)]
