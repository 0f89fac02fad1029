"""What a layer reads, in brackets of its own, as PyTorch calls a module."""

from __future__ import annotations

import pytest

import cnncalc

STATES = """
inputs: {x: 12x10, h: 2x20, c: 2x20}
batch: none
body:
  - before: x -> unsqueeze 1
  - first: h -> unsqueeze 1
  - second: c -> unsqueeze 1
  - CALL
"""


@pytest.mark.parametrize(
    ("torch", "ours"),
    [
        ("nn.LSTM(10, 20, 2)(before, (first, second))", "lstm(before, first, second, 20, 2, batch_first=no)"),
        ("nn.LSTM(10, 20, 2)(before)", "before -> nn.LSTM(10, 20, 2)"),
        ("nn.GRU(10, 20, 2)(before, first)", "gru(before, first, 20, num_layers=2, batch_first=no)"),
        ("nn.Linear(10, 3)(before)", "before -> linear 3"),
        ("add(2)(before)", "add(before, 2)"),
        ("cat(dim=0)(first, (second))", "cat(first, second, dim=0)"),
    ],
)
def test_second_brackets_hold_what_is_read(torch: str, ours: str) -> None:
    found, same = (cnncalc.calc(STATES.replace("CALL", f"out: {text}")) for text in (torch, ours))
    assert found["out"].to_dict() == same["out"].to_dict()


def test_arguments_of_the_call_stand_in_them() -> None:
    found = cnncalc.calc("12x64 -> nn.MultiheadAttention(64, 4)(identity, identity, identity, need_weights=False)")
    assert len(found.layers[-1].outputs) == 1


def test_layers_with_layers_stand_in_the_first() -> None:
    decoder = "nn.TransformerDecoder(nn.TransformerDecoderLayer(64, 8, 100, batch_first=True), 2)(identity, identity)"
    ours = "transformerdecoder(identity, identity, transformerdecoderlayer(8, dim_feedforward=100), 2)"
    assert cnncalc.calc(f"12x64 -> {decoder}").totals.params == 2 * 46_628  # nn.TransformerDecoderLayer(64, 8, 100)
    with pytest.raises(cnncalc.CnncalcError):  # where all are in one bracket, layers are values that are read
        cnncalc.calc(f"12x64 -> {ours}")
