"""What a self-test found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import styled

if TYPE_CHECKING:
    from cnncalc.torch_bridge.drawing.self_test import SelfTest

MOST = 20  # differences that are shown; --json has all


def self_test_text(found: SelfTest, colour: bool) -> str:
    """How many cases there were, and each difference with lines to try it."""
    total = found.total
    lines = [
        f"torch {found.torch}, seed {found.seed}",
        f"layers    {total.cases:>9,}  drawn over {count(found.kinds, 'layer')}: torch ran {total.legal:,} "
        f"and refused {total.refused:,}",
        f"networks  {found.networks:>9,}",
    ]
    for difference in found.differences[:MOST]:
        lines += ["", difference]
    if len(found.differences) > MOST:
        lines += ["", f"and {len(found.differences) - MOST:,} more; --json lists all"]
    if found.ok:
        verdict = styled(
            "0 differences in shapes, parameters, buffers, FLOPs, receptive fields and refusals", "green", colour
        )
    else:
        verdict = styled(count(len(found.differences), "difference"), "error", colour)
    return "\n".join([*lines, "" if found.differences else verdict, *([verdict] if found.differences else [])]) + "\n"


def self_test_json(found: SelfTest) -> str:
    """Everything."""
    return envelope_text(found.ok, {"self_test": found.to_dict()})


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
