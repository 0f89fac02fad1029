"""No file imports one that needs it, in any roundabout way; what types alone are imported for does not count."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "cnncalc"
# Circles that are there, as edges without which none is left, and why.
EXPECTED = {
    # The canonical form of a minimum depends on which of its values can be the smallest.
    ("cnncalc.symbolic.expr", "cnncalc.symbolic.bounds"),
    # An atom is known by its text.
    ("cnncalc.symbolic.expr", "cnncalc.symbolic.show"),
    # A translation goes from operator to operator; what one of them is may be a network to be translated itself.
    ("cnncalc.torch_bridge.importing.translate", "cnncalc.torch_bridge.importing.express"),
    # The operators of a tensor are functions on tensors, as in torch.
    ("cnncalc.source.tensor", "cnncalc.source.creation"),
    ("cnncalc.source.tensor", "cnncalc.source.functions"),
    ("cnncalc.source.tensor", "cnncalc.source.indexing"),
    ("cnncalc.source.tensor", "cnncalc.source.methods"),
    # What Python shows of an error and of a report is written when it is asked for.
    ("cnncalc.diagnostics", "cnncalc.render.diagnostics"),
    ("cnncalc.analysis.trace", "cnncalc.render.formats.table"),
    ("cnncalc.analysis.trace", "cnncalc.render.html"),
    ("cnncalc.analysis.trace", "cnncalc.render.table_columns"),
}


def modules(package: Path) -> dict[str, Path]:
    """Every module of a package, by name."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(node: ast.AST) -> Iterator[str]:
    """What is imported at the head of a file or later, but for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            yield from imported(child)


def imports(files: Mapping[str, Path]) -> dict[str, set[str]]:
    """Which modules of the package each imports."""
    packages = {name for name, path in files.items() if path.name == "__init__.py"}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        names = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
        inside = {other for other in names if other in files and other != name}
        # A package is meant itself only where a name is taken from it that is no module of it.
        found[name] = {
            o for o in inside if o not in packages or not any(n.startswith(f"{o}.") and n in files for n in names)
        }
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """A circle of modules, each imported by the next; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    return imports(modules(PACKAGE))


def test_there_are_no_circles_but_those_expected(graph: dict[str, set[str]]) -> None:
    without = {name: {o for o in others if (name, o) not in EXPECTED} for name, others in graph.items()}
    assert circle(without) == []


@pytest.mark.parametrize("edge", sorted(EXPECTED))
def test_what_is_expected_is_there(graph: dict[str, set[str]], edge: tuple[str, str]) -> None:
    start, reached = edge[0], {edge[1]}
    assert edge[1] in graph[start]
    while start not in reached:
        further = {other for name in reached for other in graph[name]} - reached
        assert further, f"{edge} is in no circle any more"
        reached |= further


def test_a_circle_is_found(tmp_path: Path) -> None:
    for name, text in {
        "__init__": "",
        "a": "from p import b",
        "b": "def late():\n    import p.c",
        "c": "from p.a import x",
        "d": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.e",
        "e": "import p.d",
    }.items():
        (tmp_path / "p").mkdir(exist_ok=True)
        (tmp_path / "p" / f"{name}.py").write_text(text)
    assert {*circle(imports(modules(tmp_path / "p")))} == {"p.a", "p.b", "p.c"}
