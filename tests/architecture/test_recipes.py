"""The recipes of docs/architecture.md: one file, put into a copy of the package, is seen wherever it should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Int
from cnncalc.layers.layer import Layer
from cnncalc.layers.site import Site

PACKAGE = Path(__file__).parents[2] / "cnncalc"

FILES = {
    "layers/maxout.py": '''
        """Layers that take the largest of several sums."""

        from __future__ import annotations

        from cnncalc.layers.arguments import arg
        from cnncalc.layers.kinds import Int
        from cnncalc.layers.layer import Layer
        from cnncalc.symbolic.expr import product


        class Maxout(Layer, name="maxout"):
            """The largest of several weighted sums."""

            example = "400 -> maxout 120 3"

            out_features = arg(Int(1), help="features that go out")
            sums = arg(Int(1), 2, help="sums of which the largest goes out")

            def forward(self, site, x):
                return (*x[:-1], self.out_features)

            def params(self, x):
                return {"weight": (self.out_features * self.sums, x[-1])}

            def macs(self, xs, ys):
                return product(ys[0]) * self.sums * xs[0][-1]
        ''',
    "layers/another.py": '''
        """A name that is taken."""

        from cnncalc.layers.layer import Layer


        class Another(Layer, name="an" + "other", aliases=("re" + "lu",)):
            """The input as it is."""

            example = "3 -> another"

            def forward(self, site, x):
                return x
        ''',
    "render/formats/org.py": '''
        """An Org table."""


        def render(report, options):
            return "".join(f"| {layer.path} | {layer.params} |\\n" for layer in report.layers)
        ''',
    "cli/commands/balance.py": '''
        """`cnncalc balance SPEC`."""

        from cnncalc.cli.command import Result
        from cnncalc.cli.options import SPEC, Overrides

        PANEL = "Figures"


        def command(spec: str = SPEC, *, overrides: Overrides) -> Result:
            """MACs for each parameter.

            cnncalc balance zoo:resnet18
            """
            totals = overrides.report(spec).totals
            return Result(f"{totals.macs // totals.params}\\n")
        ''',
    "analysis/conventions/outputs.py": '''
        """One for each element of the output."""

        from cnncalc.analysis.conventions import Rule
        from cnncalc.analysis.counting import gave
        from cnncalc.layers.layer import Layer

        MEANING = "1 for each element that a layer gives"
        RULES = {Layer: Rule(gave, "1 for each output element")}
        ''',
    "language/endings/chain.py": '''
        """A JSON list: the input, and each layer as a text."""

        import json

        from cnncalc.diagnostics import Source
        from cnncalc.language.read.reader import read_text

        TAKES = ("inputs",)


        def read(source, options):
            line = Source(source.name, " -> ".join(json.loads(source.text)))
            return read_text(line, options.inputs, {}, None, options.limits)
        ''',
}


class Copy:
    """A package of its own with one file more, and links to all else."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        opened = {PACKAGE / parent for name in names for parent in Path(name).parents}
        self._linked(PACKAGE, opened)
        for name in names:
            (folder / "cnncalc" / name).write_text(dedent(FILES[name]).lstrip(), encoding="utf-8")

    def _linked(self, folder: Path, opened: set[Path]) -> None:
        there = self.folder / folder.relative_to(PACKAGE.parent)
        there.mkdir(parents=True)
        for path in folder.iterdir():
            if path in opened:
                self._linked(path, opened)
            else:
                (there / path.name).symlink_to(path)

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command line says, on standard output or of what is wrong."""
        start = "import sys; from cnncalc.cli.main import run; run()"
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"}
        command = [sys.executable, "-c", start, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", cwd=self.folder)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout


def test_a_layer(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "layers/maxout.py")
    totals = json.loads(copy.run("4x400 -> maxout 120 3", "--json"))["totals"]
    assert (totals["params"], totals["macs"]) == (3 * 120 * 400, 4 * 3 * 120 * 400)
    assert "sums of which the largest goes out" in copy.run("layers", "maxout")


def test_a_format(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "render/formats/org.py")
    assert copy.run("3x8x8 -> conv 4 k3", "--format", "org") == f"| conv1 | {3 * 4 * 9 + 4} |\n"


def test_a_command(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "cli/commands/balance.py")
    assert copy.run("balance", "3x8x8 -> conv 4 k3 bias=no") == f"{6 * 6}\n"
    assert "MACs for each parameter." in copy.run("--help")


def test_a_convention(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "analysis/conventions/outputs.py")
    totals = json.loads(copy.run("3x8x8 -> conv 4 k3 -> relu", "--convention", "outputs", "--json"))["totals"]
    assert totals["flops"] == 2 * 4 * 6 * 6


def test_a_reader(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "language/endings/chain.py")
    (tmp_path / "net.chain").write_text('["3xHx8", "conv 4 k3"]', encoding="utf-8")
    assert json.loads(copy.run("net.chain", "-i", "3x9x8", "--json"))["totals"]["macs"] == 4 * 7 * 6 * 3 * 9
    assert "1 network as expected" in copy.run("check", ".", "--max-params", "112")
    assert copy.run("solve", "net.chain", "--expect-output", "4x6x6") == "H is 8\n"
    assert "there is no file other.chain" in copy.run("other.chain", code=1)
    assert "net.chain is a .chain file, which takes no --batch" in copy.run("net.chain", "--batch", "2", code=2)


def test_a_name_that_is_taken_says_by_whom(tmp_path: Path) -> None:
    said = Copy(tmp_path, "layers/another.py").run("layers", code=1)
    assert "two layers are named relu: " in said
    assert "cnncalc.layers.another.Another" in said


def test_what_a_layer_forgot_is_said() -> None:
    with pytest.raises(TypeError, match="Heap has an argument `pieces`, and Layer has a member of that name"):
        type("Heap", (Layer,), {"pieces": arg(Int(1), 2)})
    bare: type[Layer] = type("Bare", (Layer,), {})
    with pytest.raises(NotImplementedError, match="Bare has no `forward`"):
        bare().forward(Site())
    with pytest.raises(TypeError, match="Bare has no `example`"):
        bare.shown_example()
