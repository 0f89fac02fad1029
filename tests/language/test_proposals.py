"""Texts of other tools, of papers and of chats, and the text of the language that is proposed for each.

They are in `proposals.txt`, each with what is proposed after `=>` and `%%` at its end; an input that is given beside
the text comes in front, as `-i 224px RGB`. After `==` are the parameters and where they are from: `arithmetic` is the
sum that the writer of a text worked out layer by layer, before it was read here. That a proposal is what was meant was
judged by hand, pair by pair; that it runs is tried here once more.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.diagnostics import CnncalcError
from cnncalc.language.foreign import tries
from cnncalc.language.read.reader import with_options


class Case(NamedTuple):
    text: str
    inputs: tuple[str, ...]
    proposed: str
    params: int | None


def case(pair: str) -> Case:
    text, _, proposed = pair.partition("\n=> ")
    proposed, _, figures = proposed.partition("\n== ")
    given = re.match(r"-i (.*)\n", text)
    return Case(
        text[given.end() :] if given else text,
        (given[1],) if given else (),
        proposed,
        int(figures.partition(";")[0].replace(",", "")) if figures else None,
    )


PROPOSED = [
    case(pair) for pair in (Path(__file__).parent / "proposals.txt").read_text(encoding="utf-8").split("\n%%\n") if pair
]


def run(proposed: str, inputs: tuple[str, ...]) -> cnncalc.Report:
    """The report of a proposal: a spec with its shape in front or beside it, or a network of the zoo with options."""
    spec, given, settings = with_options(proposed) if proposed.startswith("zoo:") else (proposed, [], {})
    begins = given or re.match(r"[\dA-Z]+(x[\dA-Z]+)* -> |\w+=\d|.*\n", proposed)
    return cnncalc.calc(spec, input=given if begins else inputs, set=settings)


@pytest.mark.parametrize(("text", "inputs", "proposed", "params"), PROPOSED)
def test_what_was_meant_is_proposed(text: str, inputs: tuple[str, ...], proposed: str, params: int | None) -> None:
    with pytest.raises(CnncalcError) as caught:
        cnncalc.calc(text, input=inputs)
    hint = caught.value.diagnostics[0].hint or ""
    assert re.sub(r'^write "?|"$', "", hint) == proposed
    if proposed.startswith("- "):  # one line of a file
        number = caught.value.diagnostics[0].to_dict()["line"]
        assert isinstance(number, int)
        lines = text.split("\n")
        lines[number - 1] = f"  {proposed}"
        proposed = "\n".join(lines)
    report = run(proposed, inputs)
    assert report.output
    if params is not None:
        assert report.totals.params == params


def test_there_are_as_many_as_were_collected() -> None:
    assert len(PROPOSED) >= 285


@pytest.mark.parametrize("separator", [", ", "; ", "\n", " > "])
def test_what_ran_is_not_read_again_for_each_layer_after_it(separator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plainly = tries.Tries.read

    def counted(self: tries.Tries, text: str, alone: bool = False) -> object:
        if text not in self.known:
            read.append(text.count("->"))
        return plainly(self, text, alone)

    monkeypatch.setattr(tries.Tries, "read", counted)
    layers = 90
    text = separator.join(["3x32x32", *["conv 16 3x3 p1"] * layers])
    with pytest.raises(CnncalcError) as caught:
        cnncalc.calc(text)
    hint = caught.value.diagnostics[0].hint or ""
    assert cnncalc.calc(re.sub(r'^write "?|"$', "", hint)).output == (16, 32, 32)
    assert sum(read) < 5 * layers  # each by itself, and all of them once or twice
