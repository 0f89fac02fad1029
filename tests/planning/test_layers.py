"""A few drawn questions about one layer; `python -m tests.planning.layers` asks a thousand."""

from __future__ import annotations

from random import Random

from tests.planning.layers import difference, drawn


def test_solutions_are_those_of_torch() -> None:
    draw = Random(11)
    assert [difference(drawn(draw)) for _ in range(12)] == [None] * 12
