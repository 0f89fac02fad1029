"""The files of the zoo, and the names of the networks in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, listed, nearest

ZOO = Path(__file__).parents[2] / "zoo"


@cache
def zoo_names() -> dict[str, tuple[Path, str | None]]:
    """Every name in the zoo, with its file and its variant there."""
    return {name: place for path in sorted(ZOO.glob("*.yaml")) for name, place in names_in(path).items()}


def names_in(path: Path) -> dict[str, tuple[Path, str | None]]:
    """The names in a file of the zoo: its variants, or its own where it has none. Reads its text, not its YAML."""
    variants = variant_names(path.read_text(encoding="utf-8"))
    if variants or path.stem.startswith("_"):
        return {name: (path, name) for name in variants}
    return {path.stem: (path, None)}


def variant_names(text: str) -> list[str]:
    """The keys under `variants:`, which are at the same depth."""
    match = re.search(r"^variants:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", text, re.MULTILINE)
    return re.findall(r"^ {2}(\w+):", match[1], re.MULTILINE) if match else []


def zoo_file(name: str) -> tuple[Path, str | None]:
    """The file of a zoo name, and its variant there."""
    for path in sorted(ZOO.glob("*.yaml"), key=lambda path: not name.startswith(path.stem)):  # the likely ones first
        if place := names_in(path).get(name):
            return place
    near = nearest(name, list(zoo_names()), 3)
    hint = f"did you mean {listed(near, 'or')}?" if near else "`cnncalc zoo` lists all"
    raise CnncalcError(Diagnostic("unknown-zoo-name", f"the zoo has no {name}", hint=hint))
