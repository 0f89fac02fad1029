"""Two networks of the zoo; `python -m tests.planning.maps NAME...` scans every size."""

from __future__ import annotations

import pytest

from tests.planning.maps import difference


@pytest.mark.parametrize("name", ["alexnet", "resnet18"])
def test_solved_sizes_are_those_of_a_scan(name: str) -> None:
    assert difference(name, 300, 7) is None
