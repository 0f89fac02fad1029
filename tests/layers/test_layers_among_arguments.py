"""Layers that are among the arguments of others: their open sizes, and how they are written."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.language.write.writer import write

ENCODER = "10xE -> transformerencoder(transformerencoderlayer(4, dim_feedforward=F), num_layers=2, norm={norm})"


def test_their_open_sizes_are_those_of_the_network() -> None:
    found = cnncalc.calc(ENCODER.format(norm="layernorm(eps=0.5)"))
    assert found.symbols == ["E", "F"]
    # nn.TransformerEncoderLayer(32, 4, 3) has 4,579 parameters, nn.LayerNorm(32) has 64.
    at = found.at(E=32, F=3)
    assert at.symbols == []
    assert at.totals.params == 2 * 4579 + 64
    assert found.at(F=3).symbols == ["E"]


@pytest.mark.parametrize("norm", ["None", "layernorm(eps=0.5)", "nn.RMSNorm(E)"])
def test_they_are_written_as_they_are_read(norm: str) -> None:
    found = cnncalc.calc(ENCODER.format(norm=norm))
    again = cnncalc.calc(write(found.graph))
    assert again.totals == found.totals
    assert again.to_dict()["layers"] == found.to_dict()["layers"]
    assert write(again.graph) == write(found.graph)


def test_they_stand_in_the_json_as_they_are_written() -> None:
    layer = cnncalc.calc(ENCODER.format(norm="rmsnorm(eps=0.25)")).to_dict()["layers"][0]
    assert layer["args"] == {
        "encoder_layer": "transformerencoderlayer(nhead=4, dim_feedforward=F)",
        "num_layers": 2,
        "norm": "rmsnorm(eps=0.25)",
    }
