"""Which rows and columns of a table are shown, what is above a mistake, and where sentences are cut."""

from __future__ import annotations

import csv
import io
import os
import pty
import subprocess
import sys

import pytest

import cnncalc as api
from cnncalc.render import Options
from cnncalc.render.columns import sentence
from cnncalc.render.formats import table
from cnncalc.render.selection import Selection
from cnncalc.render.table_columns import COLUMNS
from tests.command import cnncalc

NET = "3x32x32 -> a: conv 8 k3 p1 -> b: conv 8 k3 p1 -> add(b, a) -> relu -> maxpool 2 -> flatten -> linear 10"


def cells(text: str) -> list[list[str]]:
    """The head and the rows of a table, its cells parted by two spaces."""
    lines = text.split("\n\n")[1].splitlines()
    return [[cell for cell in line.split("  ") if cell.strip()] for line in [lines[0], *lines[2:]]]


def test_arguments_come_before_bars() -> None:
    head = cells(cnncalc("zoo:resnet18").out)
    assert head[1][1].split() == ["conv2d", "64", "k7", "s2", "p3", "bias=no"]


def test_what_a_merge_reads() -> None:
    lines = cnncalc(NET).out.splitlines()
    assert next(line for line in lines if line.startswith("add1")).split()[1:4] == ["add", "(b,", "a)"]
    assert "(" not in next(line for line in lines if line.startswith("b "))  # it reads the row above


def test_a_folded_level_reads_what_its_layers_read_from_outside() -> None:
    lines = cnncalc("zoo:unet_padded", "--depth", "1", "--columns", "layer,reads").out.splitlines()
    assert "up4     bottom, down4" in [line.rstrip() for line in lines]


def test_columns_by_name_and_beside_the_usual() -> None:
    named = cells(cnncalc(NET, "--columns", "layer,flops,activations").out)
    assert [cell.strip() for cell in named[0]] == ["layer", "FLOPs", "activations"]
    usual = cnncalc(NET, "--columns=+status,-type").out.splitlines()[2]
    assert "status" in usual
    assert "type" not in usual


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_shown_in_every_table(name: str) -> None:
    report = api.calc(NET)
    shown = Options(selection=Selection(columns=f"path,{name}"))
    from cnncalc.render import format_names, report_format

    for format in format_names():
        if format != "json":
            assert report_format(format).render(report, shown)


def test_rows_by_type_path_and_figure_in_an_order() -> None:
    out = cnncalc("zoo:resnet18", "--filter", "conv", "--sort", "-params", "--top", "2", "--columns", "path,params").out
    # By hand: 512 * 512 * 9; of equals the first.
    assert cells(out)[1:3] == [["layer4.0.conv2", "2,359,296"], ["layer4.1.conv1", "2,359,296"]]
    assert f"2 rows of {len(api.calc('zoo:resnet18').layers)} layers; the totals are of all" in out
    some = cnncalc("zoo:resnet18", "--filter", "layer1", "--filter", "params>=1k", "--format", "csv").out
    paths = [row["path"] for row in csv.DictReader(io.StringIO(some))]
    assert paths == [f"layer1.{block}.conv{i}" for block in (0, 1) for i in (1, 2)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--columns", "layr"], "there is no column layr"),
        (["--columns", "layer,+flops"], "--columns takes all columns by name, or those to add and to leave out"),
        (["--sort", "size"], "rows cannot be sorted by size"),
        (["--filter", "parms>=3"], "--filter knows no figure parms"),
        (["--filter", "params>=x"], "--filter takes a figure, not x"),
        (["--json", "--sort", "params"], "are for tables; JSON has everything"),
    ],
)
def test_what_cannot_be_shown_is_refused(options: list[str], message: str) -> None:
    result = cnncalc(NET, *options)
    assert result.code == 2
    assert message in result.err + result.out


def test_closed_forms_stand_behind_the_numbers_that_rows_are_sorted_by() -> None:
    out = cnncalc("3xHxW -> conv 8 k3 -> relu -> gap -> flatten -> linear 10", "--sort", "macs").out
    rows = [row[0].strip() for row in cells(out)[1:] if len(row) > 1]
    assert rows.index("linear1") < rows.index("conv1")


def test_the_field_of_a_sequence_is_along_its_positions() -> None:
    for spec, size in (("9x4 -> lstm 3", 9), ("9x4 -> linear 3", 1), ("9 -> embedding 5 4 -> mha 2", 9)):
        field = api.calc(spec).receptive_field
        assert field is not None
        assert field.size == (size,)


def test_rows_that_worked_stand_above_a_mistake() -> None:
    text = in_terminal("1x28x28 -> conv 6 k5 -> maxpool 2 -> flatten -> Linear(100, 10)", width=80)
    assert text.startswith(
        "path      type       arguments  output   params\n"
        "───────────────────────────────────────────────\n"
        "conv1     conv2d     6 k5       6x24x24     156\n"
        "maxpool1  maxpool2d  k2         6x12x12       0\n"
        "flatten1  flatten               864           0\n"
        "\n"
        "error[channel-mismatch]: Linear expects 100 input features, but 864 arrive\n"
    )
    assert in_terminal("1x28x28 -> Linear(100, 10)", width=80).startswith("error")  # where none did, none do
    assert cnncalc("1x28x28 -> conv 6 k5 -> Linear(100, 10)").err.startswith("error")  # in a pipe messages stand alone


# Sentences


def test_sentences_are_cut_at_words() -> None:
    text = "a stride of 5 leaves pixels"
    assert sentence("note: ", text, 26) == ["note: a stride of 5 leaves", "      pixels"]
    assert sentence("note: ", text, 16) == ["note: a stride", "of 5 leaves", "pixels"]  # without room for a margin
    assert sentence("note: ", "one", None) == ["note: one"]
    assert all(len(line) <= 40 for line in sentence("", "word " * 40, 40))


def in_terminal(*arguments: str, width: int) -> str:
    """What a terminal of some width is sent."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", *arguments],
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": str(width), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    )
    os.close(theirs)
    read = b""
    try:
        while part := os.read(ours, 65536):
            read += part
    except OSError:  # the terminal is closed at its other end
        pass
    done.wait(60)
    os.close(ours)
    return read.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["3x32x32 -> conv 16 k3 -> bn -> relu -> conv 8 k3 s3"],
        ["3xHxW -> conv 8 k3 s2 p1 -> convtranspose 3 k2 s2 -> add(identity, input)"],
        ["3x32x32 -> conv 8 k3 -> flatten -> Linear(256, 10)"],
    ],
)
def test_a_terminal_cuts_no_word(arguments: list[str]) -> None:
    for width in (60, 80):
        lines = in_terminal(*arguments, width=width).splitlines()
        assert lines
        assert all(len(line) <= width for line in lines), [line for line in lines if len(line) > width]


def test_a_pipe_has_each_sentence_on_one_line() -> None:
    out = cnncalc("3x32x32 -> conv 16 k3 -> bn", COLUMNS="40").out
    assert "the bias of conv1 has no effect, as bn1 takes the mean away after it" in out


def test_the_usual_columns_fit() -> None:
    for spec in ("zoo:resnet18", "zoo:mobilenet_v2", NET):
        report = api.calc(spec)
        for width in (60, 80, 110, 160):
            lines = table.render(report, Options(width=width)).split("\n\n")[1].splitlines()
            assert max(map(len, lines)) <= width
