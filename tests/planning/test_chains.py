"""A few drawn chains with open sizes; `python -m tests.planning.chains` draws two hundred."""

from __future__ import annotations

from random import Random

from tests.planning.chains import difference


def test_solved_sizes_are_those_at_which_torch_gives_what_is_wanted() -> None:
    draw = Random(5)
    assert [difference(draw) for _ in range(10)] == [None] * 10
