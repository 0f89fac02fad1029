"""Which part imports which, and what a query loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "cnncalc"
# Each part imports from those before it.
ORDER = [
    "named_tuples",
    "symbolic",
    "diagnostics",
    "fixes",
    "discovery",
    "files",
    "codes",
    "given",
    "parameters",
    "layers",
    "padded",
    "graph",
    "flow",
    "operators",
    "language",
    "source",
    "analysis",
    "planning",
    "zoo",
    "",
    "torch_bridge",
    "models",
    "checks",
    "render",
    "pictures",
    "cli",
    "__main__",
]
# What is against the order, and why.
EXCEPTIONS = {
    # A graph keeps its shapes, of which it needs the type alone.
    ("graph.py", "flow"),
    # The hint for the smallest input asks the analysis, on the way to an error only.
    ("language/read/smallest.py", "analysis"),
    # The public functions that need torch load the bridge when they are called.
    ("__init__.py", "torch_bridge"),
    # `Report.draw` loads the pictures when it is called.
    ("analysis/trace.py", "pictures"),
    # A PyTorch model is read by its source, and where that is not enough by torch.
    ("__init__.py", "models"),
    # What Python shows of an error and of a report, which is written when it is asked for.
    ("diagnostics.py", "render"),
    ("analysis/trace.py", "render"),
}

NUMPY = {"planning/grid.py": {"numpy"}}  # if it is installed, and for grids that are worth its start


def part_of(module: str) -> str:
    """The part of `cnncalc.language.text.source` is language; that of `cnncalc` itself is empty."""
    return [*module.split("."), ""][1]


def imports(path: Path) -> list[str]:
    """Every module of the package that a file imports, at its head or later."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_parts_import_those_before_them(path: Path) -> None:
    name = str(path.relative_to(PACKAGE))
    own = "" if name == "__init__.py" else name.split("/")[0].removesuffix(".py")
    for module in imports(path):
        if module == "cnncalc" or module.startswith("cnncalc."):
            other = part_of(module)
            allowed = ORDER.index(other) <= ORDER.index(own) or (name, other) in EXCEPTIONS
            assert allowed, f"{name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_torch_is_imported_in_one_place(path: Path) -> None:
    if "torch_bridge" not in path.parts:
        heavy = {m.split(".")[0] for m in imports(path)} & {"torch", "numpy", "sympy"}
        assert heavy <= NUMPY.get(str(path.relative_to(PACKAGE)), set())


def test_numpy_is_imported_where_it_is_needed() -> None:
    for name in NUMPY:
        heads = ast.parse((PACKAGE / name).read_text(encoding="utf-8")).body
        assert not [node for node in heads if isinstance(node, ast.Import) and node.names[0].name == "numpy"]


def loaded(*arguments: str, before: str = "") -> set[str]:
    """The modules that a query has loaded by its end."""
    code = f"""
import sys
{before}
sys.argv = ['cnncalc', *{arguments!r}]
from cnncalc.cli.main import program
try:
    program()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return {name.split(".")[0] for name in done.stderr.split()}


HEAVY = {"torch", "numpy", "sympy", "rich"}


def test_a_line_loads_nothing_heavy() -> None:
    assert not loaded("3x224x224 -> conv 64 k7 s2 p3 -> bn -> relu") & (HEAVY | {"yaml", "fractions", "json"})


def test_a_network_of_the_zoo_loads_yaml_alone() -> None:
    assert not loaded("zoo:resnet50", "--json") & HEAVY


def test_what_does_not_verify_loads_no_torch() -> None:
    assert "torch" not in loaded("verify", "--help")


def test_explaining_loads_nothing_heavy() -> None:
    assert not loaded("explain", "3x9x9 -> conv 4 k3") & HEAVY


def test_a_query_loads_no_pictures() -> None:
    code = "import sys, cnncalc; cnncalc.calc('3x9x9 -> conv 4 k3'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert "cnncalc.analysis.trace" in done.stdout
    assert "cnncalc.pictures" not in done.stdout


def test_drawing_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded("draw", "3x9x9 -> conv 4 k3", "-o", str(tmp_path / "net.svg")) & (HEAVY | {"yaml"})
    assert (tmp_path / "net.svg").exists()


def test_this_test_can_fail() -> None:
    assert "fractions" in loaded("3x8x8 -> dropout 0.25")
    assert "numpy" in loaded("3x8x8 -> relu", before="import numpy")
