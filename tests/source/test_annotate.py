"""`cnncalc annotate`: what lines give, and the comments in the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.cli.commands.annotate import command
from cnncalc.cli.options import Model, Overrides
from cnncalc.diagnostics import UsageError
from cnncalc.models.annotation import annotation
from cnncalc.models.comments import File
from cnncalc.render.annotation import comments_of

LENET = f"{Path(__file__).parent / 'nets' / 'lenet.py'}:LeNet"
HEAD = """\
import torch
from torch import nn
from torch.nn import functional as F


"""
NET = (
    HEAD
    + '''\
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, stride=2, padding=1)

    def forward(self, x):
        y = self.conv(
            x
        )
        return F.relu(y), y


# cnncalc: input 3x32x32
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(3, 8), Block(8, 16), Block(16, 32), Block(32, 32)])
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        for block in self.blocks:
            x, _ = block(x)  # mine
        text = """  # cnncalc: 3x3
        """  # cnncalc: is not this
        first = x; x = torch.flatten(x, 1)
        first = self.first(self.fc(x), x)
        with torch.no_grad():
            return first

    def first(self, a, b):
        if b is a: return b
        return a
'''
)


def options(**more: bool) -> dict[str, object]:
    return {"params": False, "macs": False, "write": False, "remove": False, "json": False, **more}


def run(spec: str, input: tuple[str, ...] = (), **more: bool) -> str:
    overrides = Overrides(list(input), [], None, [])
    return str(command(spec, overrides=overrides, model=Model(None, False, "forward", False), **options(**more)).text)  # type: ignore[arg-type]


def beside(spec: str, params: bool = False, macs: bool = False) -> dict[str, str]:
    """The comments of the named file by the text of their lines."""
    found = annotation(spec)
    name, file = next(iter(found.files.items()))
    return {file.lines[n - 1].strip(): text for n, text in comments_of(found, name, params, macs).items()}


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_bytes(NET.encode())
    return tmp_path / "net.py"


def test_lines_have_the_shapes_of_what_they_give(net: Path) -> None:
    assert beside(f"{net}:Net") == {
        ")": "8x16x16 ... 32x2x2 (4 times)",
        "return F.relu(y), y": "(8x16x16, 8x16x16) ... (32x2x2, 32x2x2) (4 times)",
        "x, _ = block(x)  # mine": "(8x16x16, 8x16x16) ... (32x2x2, 32x2x2) (4 times)",
        "first = self.first(self.fc(x), x)": "10",  # and not 128, though that comes last
        "return first": "10",
        "return a": "10",
    }


def test_figures_are_summed_over_runs(net: Path) -> None:
    params = (3 * 8 + 8 * 16 + 16 * 32 + 32 * 32) * 9 + 8 + 16 + 32 + 32
    macs = 9 * (3 * 8 * 16**2 + 8 * 16 * 8**2 + 16 * 32 * 4**2 + 32 * 32 * 2**2)
    found = beside(f"{net}:Net", params=True, macs=True)
    assert found["x, _ = block(x)  # mine"].endswith(f"; {params:,} params; {macs:,} MACs")
    assert found["first = self.first(self.fc(x), x)"] == "10; 1,290 params; 1,280 MACs"


def test_lenet() -> None:
    found = annotation(LENET)
    assert sum(line.params for line in found.lines) == found.report.totals.params == 61706
    assert found.lines[-1].shapes == (((10,),),)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", "# -*- coding: latin-1 -*-\n# \xe9\n".encode("latin-1")])
def test_comments_come_and_go(net: Path, end: str, head: bytes) -> None:
    before = (head + NET.rstrip("\n").encode()).replace(b"\n", end.encode())
    net.write_bytes(before)
    assert run(f"{net}:Net", write=True).endswith("net.py: 6 lines changed\n")
    once = net.read_bytes()
    assert b"        )  # cnncalc: 8x16x16 ... 32x2x2 (4 times)" + end.encode() in once
    assert b"# mine  # cnncalc: (8x16x16, 8x16x16) ... (32x2x2, 32x2x2) (4 times)" + end.encode() in once
    assert once.endswith(b"return a  # cnncalc: 10")
    assert run(f"{net}:Net", write=True).endswith("net.py: nothing changed\n")
    assert net.read_bytes() == once
    run(f"{net}:Net", write=True, params=True, macs=True)
    assert b"# cnncalc: 10; 1,290 params; 1,280 MACs" in net.read_bytes()
    assert run(f"{net}:Net", remove=True).endswith("net.py: 6 lines changed\n")
    assert net.read_bytes() == before


def test_open_sizes_are_known_again(tmp_path: Path) -> None:
    text = HEAD + "class Net(nn.Module):\n    def forward(self, x):\n        return F.max_pool2d(x, 2), x\n"
    (tmp_path / "net.py").write_text(text)
    for shape in ("3xHxW", "CxH0x7", "3x8x8"):
        run(f"{tmp_path / 'net.py'}:Net", (shape,), write=True)
    assert (tmp_path / "net.py").read_text() == text.replace(", x\n", ", x  # cnncalc: (3x4x4, 3x8x8)\n")
    run(f"{tmp_path / 'net.py'}", remove=True)
    assert (tmp_path / "net.py").read_text() == text


def test_comments_of_others_stay(tmp_path: Path) -> None:
    text = "# cnncalc: 3x3\nx = 1  # cnncalc: input 3x3\ny = 2  # cnncalc: TODO\nz = '  # cnncalc: 3x3'\n"
    (tmp_path / "a.py").write_text(text)
    assert File(str(tmp_path / "a.py")).write({}) == 0
    assert (tmp_path / "a.py").read_text() == text


def test_only_the_named_file_is_written(tmp_path: Path) -> None:
    other = HEAD + "class Head(nn.Module):\n    def forward(self, x):\n        return F.relu(x)\n"
    (tmp_path / "head_of_it.py").write_text(other)
    (tmp_path / "net.py").write_text(
        "import torch\nfrom head_of_it import Head\n\n\n# cnncalc: input 3x8x8\nclass Net(torch.nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.head = Head()\n\n"
        "    def forward(self, x):\n        return self.head(x)\n"
    )
    text = run(f"{tmp_path / 'net.py'}:Net")
    assert "        return F.relu(x)  # 3x8x8\n" in text
    run(f"{tmp_path / 'net.py'}:Net", write=True)
    assert "self.head(x)  # cnncalc: 3x8x8\n" in (tmp_path / "net.py").read_text()
    assert (tmp_path / "head_of_it.py").read_text() == other


def test_refusals(net: Path) -> None:
    with pytest.raises(UsageError, match="--write puts comments in, and --remove takes them out"):
        run(f"{net}:Net", write=True, remove=True)
    for spec in ("zoo:resnet18", "package.module:Net", "3x8x8 -> relu"):
        with pytest.raises(UsageError, match="names no file of Python"):
            run(spec)
