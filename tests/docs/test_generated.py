"""The documents that a command writes are what it writes. CNNCALC_OVERWRITE=1 writes them anew."""

from __future__ import annotations

import os
import re

import pytest

from cnncalc.analysis.reference import reference
from cnncalc.layers import Family, families, layer_class
from cnncalc.render.layers import usual_member
from cnncalc.render.table_columns import COLUMNS
from tests.command import cnncalc
from tests.docs.test_documents import ROOT


@pytest.mark.parametrize(("name", "command"), [("layers.md", ("layers", "--format", "markdown"))])
def test_document_is_up_to_date(name: str, command: tuple[str, ...]) -> None:
    result = cnncalc(*command)
    assert (result.code, result.err) == (0, "")
    path = ROOT / "docs" / name
    if os.environ.get("CNNCALC_OVERWRITE"):
        path.write_text(result.out, encoding="utf-8")
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/docs/test_generated.py"
    assert path.read_text(encoding="utf-8") == result.out, f"write it anew: {again}"


def test_every_layer_is_in_the_reference_with_an_example() -> None:
    headings = re.findall(r"^### (.+)$", (ROOT / "docs" / "layers.md").read_text(encoding="utf-8"), re.MULTILINE)
    members = [member for family in families() for member in family.members]
    assert sorted(", ".join(headings).split(", ")) == sorted(member.name for member in members)
    assert [member.name for member in members if not member.example] == []


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_formulas_in_names_come_to_the_figures(family: Family) -> None:
    found = reference(usual_member(family))
    assert sum(t.elements for t in found.params if not t.when.startswith("with")) == found.layer.params
    assert sum(t.elements for t in found.buffers if not t.when.startswith("with")) == found.layer.buffers
    assert (found.macs.value if found.macs else 0) == found.layer.macs


def test_what_a_layer_has_is_said_with_what_it_depends_on() -> None:
    # As torch's classes have them: BatchNorm2d(affine=False) has no weight, InstanceNorm2d no buffers by default.
    conv, norm, instance = (reference(layer_class(name)) for name in ("conv2d", "batchnorm2d", "instancenorm2d"))
    assert [(t.name, t.sizes, t.when) for t in conv.params] == [
        ("weight", ("out_channels", "floor(in_channels/groups)", "kernel_height", "kernel_width"), ""),
        ("bias", ("out_channels",), "unless bias=no"),
    ]
    assert [(t.name, t.when) for t in norm.params] == [
        ("weight", "unless affine=no"),
        ("bias", "unless affine=no or bias=no"),
    ]
    assert {t.when for t in instance.buffers} == {"with track_running_stats=yes"}


def test_what_a_layer_refuses_is_refused_on_the_command_line() -> None:
    written = {"kernel_size": "k7", "stride": "s2", "padding": "p3"}
    for refused in reference(layer_class("conv2d")).refused:
        if refused.argument and not refused.shapes:
            rest = [text for key, text in written.items() if key != refused.argument.partition("=")[0]]
            result = cnncalc(f"3x224x224 -> conv2d 64 {' '.join(rest)} {refused.argument}")
            assert result.err.startswith(f"error[{refused.code}]: {refused.message}")


def test_every_column_of_the_table_is_in_the_document() -> None:
    text = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [f"| {name} | {column.meaning} |" in text for name, column in COLUMNS.items()] == [True] * len(COLUMNS)
