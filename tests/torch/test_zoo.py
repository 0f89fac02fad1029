"""Every network of the zoo against real torch, at its own size and at drawn ones.

One network of each family here; CNNCALC_ZOO=all verifies all of them.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

import cnncalc
from cnncalc.language.text.zoo_files import zoo_names

ALL = os.environ.get("CNNCALC_ZOO") == "all"


@cache
def smallest_of_each_family() -> list[str]:
    """The network with the fewest parameters in each file."""
    found: dict[str, tuple[int, str]] = {}
    for name, (path, _) in zoo_names().items():
        params = cnncalc.calc(f"zoo:{name}").totals.params
        assert isinstance(params, int)
        found[path.stem] = min(found.get(path.stem, (params, name)), (params, name))
    return [name for _, name in found.values()]


NAMES = list(zoo_names()) if ALL else smallest_of_each_family()


def opened(name: str) -> cnncalc.Report | None:
    """The network with its picture's height and width open, or the length of its text."""
    shape = next(iter(cnncalc.calc(f"zoo:{name}").inputs.values()))
    if len(shape) not in (1, 3):
        return None
    try:
        if len(shape) == 1:
            return cnncalc.calc(f"zoo:{name}", input=["S", "T"] if name.startswith("transformer") else "T")
        return cnncalc.calc(f"zoo:{name}", input=f"{shape[0]}xHxW")
    except cnncalc.CnncalcError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_at_its_own_size(name: str) -> None:
    found = cnncalc.verify(f"zoo:{name}", trials=2 if ALL else 1)
    assert found.differences == []
    assert found.totals.not_compared is None


@pytest.mark.parametrize("name", NAMES)
def test_at_drawn_sizes(name: str) -> None:
    report = opened(name)
    if report is None:
        pytest.skip("its sizes are fixed")
    assert cnncalc.verify(report, trials=5 if ALL else 2, seed=1).differences == []
