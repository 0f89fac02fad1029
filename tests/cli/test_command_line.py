"""The command line through real processes: what is asked for, what comes out, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc as api
from cnncalc.language.text.synonyms import COMMANDS
from cnncalc.layers import Layer, families
from cnncalc.render import Options
from cnncalc.render.explanation import explanations_text
from tests.command import cnncalc, figures

LINE = "3x224x224 -> conv 64 k7 s2 p3 bias=no -> bn -> relu -> maxpool 3 s2 p1"
GOLDEN = Path(__file__).parent / "golden"


# The first examples of the tutorial: filters, convolution, pooling, as PyTorch takes them.


def test_the_weight_of_a_first_convolution() -> None:
    text = "1x28x28 -> nn.Conv2d(in_channels = 1, out_channels = 20, kernel_size = 5, stride = 1, padding=1)"
    (layer,) = figures(text)["layers"]
    assert layer["params"] == 520
    assert api.calc(text).layers[0].weights == {"weight": (20, 1, 5, 5), "bias": (20,)}
    explained = cnncalc("explain", text).out
    assert "20*1*5*5" in explained
    assert "500 + 20 = 520" in explained


def test_a_padding_of_1_keeps_the_size() -> None:
    text = "3x295x295 -> Conv2d(3, 10, 3, padding=1)"
    assert figures(text)["outputs"] == {"output": [10, 295, 295]}
    explained = cnncalc("explain", text).out
    assert "floor((295 + 2*1 - 3)/1) + 1 = floor(294/1) + 1 = 295" in explained


def test_a_pool_that_drops_a_row_and_a_column() -> None:
    found = figures("3x295x295 -> MaxPool2d(2, 2)")
    assert found["outputs"] == {"output": [3, 147, 147]}
    (warning,) = found["diagnostics"]
    assert warning["severity"] == "warning"
    assert warning["message"] == "no window of maxpool2d reaches the last row and column of its 295x295 input"
    assert "1 pixel" in cnncalc("explain", "3x295x295 -> MaxPool2d(2, 2)").out


# The contract of the JSON


def test_the_envelope() -> None:
    found = figures("3x295x295 -> conv 10 k3 p1")
    assert found["cnncalc"] == 1
    assert found["ok"] is True
    assert found["name"] is None
    assert (found["symbols"], found["conditions"], found["diagnostics"]) == ([], [], [])
    assert found["inputs"] == {"input": [3, 295, 295]}
    assert found["outputs"] == {"output": [10, 295, 295]}
    assert found["totals"] == {
        "params": 280,
        "trainable": 280,
        "buffers": 0,
        "macs": 23496750,
        "flops": 46993500,
        "activations": 870250,
        "convention": "torch",
        "status": "exact",
    }
    assert found["layers"] == [
        {
            "path": "conv1",
            "type": "conv2d",
            "args": {"out_channels": 10, "kernel_size": [3, 3], "padding": [1, 1]},
            "inputs": ["input"],
            "output": [10, 295, 295],
            "params": 280,
            "trainable": 280,
            "buffers": 0,
            "macs": 23496750,
            "flops": 46993500,
            "receptive_field": {"size": [3, 3], "jump": [1, 1], "start": [-1, -1], "kind": ["exact", "exact"]},
            "status": "exact",
        }
    ]


def test_a_failure_has_the_same_envelope() -> None:
    result = cnncalc("1x28x28 -> flatten -> Linear(256, 10)", "--json")
    assert result.code == 1
    assert result.err == ""
    found = json.loads(result.out)
    assert found["ok"] is False
    (diagnostic,) = found["diagnostics"]
    assert diagnostic == {
        "code": "channel-mismatch",
        "severity": "error",
        "message": "Linear expects 256 input features, but 784 arrive",
        "file": "<spec>",
        "line": 1,
        "column": 30,
        "end_line": 1,
        "end_column": 33,
        "notes": ["784 = 1 * 28 * 28, from `input` through `flatten1`"],
        "hint": "write Linear(784, 10), or `linear 10` to infer it; an input of 1x16x16 fits",
    }


def test_open_sizes_are_python_text() -> None:
    found = figures("3xHxW -> conv 8 k3 s2 p1")
    height = found["layers"][0]["output"][1]
    assert eval(height, {"H": 224}) == 112
    assert found["smallest_input"] == {"H": 1, "W": 1}


def test_a_condition_on_the_batch_alone() -> None:
    found = figures("2x3 -> permute 1 0 2 -> reshape 2 3")
    assert [c["text"] for c in found["conditions"]] == ["6 == 6*N"]
    assert found["legal_sizes"] == ["N is 1"]
    assert "N is 1" in cnncalc("2x3 -> permute 1 0 2 -> reshape 2 3").out


def test_a_starred_list_of_a_sequential() -> None:
    starred = figures("nn.Sequential(*[nn.Conv2d(3, 6, 5), nn.ReLU()], nn.Flatten())", "-i", "3x32x32")
    assert starred == figures("nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten())", "-i", "3x32x32")


def test_several_outputs() -> None:
    (layer,) = figures("64x8x8 -> chunk 2")["layers"]
    assert layer["outputs"] == [[32, 8, 8], [32, 8, 8]]
    assert layer["output"] == [32, 8, 8]


# Warnings about what is legal and looks like a mistake


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1x3x32x32 -> conv 8 k3", "conv1 reads 1x3x32x32 as a volume of depth 3, as the shape has four axes"),
        ("224x224x3 -> conv 8 k3", "conv1 reads 224x224x3 as 224 channels, as the channels of a shape come first"),
        ("3x32x32 -> conv 8 k3 -> bn", "the bias of conv1 has no effect, as bn1 takes the mean away after it"),
        ("3x32x32 -> conv 8 k3 -> linear 10", "linear1 works on the last axis of 8x30x30 alone, the width"),
        ("1x3x32x32 -> conv3d 8 k3", None),
        ("1x16x112x112 -> conv 8 k3", None),
        ("64x32x3 -> conv 8 k3", None),
        ("3x32x32 -> conv 8 k3 bias=no -> bn -> flatten -> linear 10", None),
    ],
)
def test_suspicions(text: str, message: str | None) -> None:
    found = figures(text)["diagnostics"]
    assert [d["message"] for d in found] == ([] if message is None else [message])


def test_what_is_not_counted_is_said_of_the_figures_that_lack_it() -> None:
    totals = cnncalc("3xHxW -> conv 8 k1 bias=no -> rfft2").out.partition("\nparams")[2].splitlines()[1:-3]
    lacking = "without the layers marked *, which are not counted"
    assert [line.strip() for line in totals] == [
        "MACs         24·H·W",
        lacking,
        "FLOPs        48·H·W",
        lacking,
        "activations  8·H·W + 8·H·⌊W/2⌋ + 8·H",
    ]


def test_yes_has_its_name_beside_it() -> None:
    assert re.search(r"^relu1 +relu +inplace=yes +3x8x8", cnncalc("3x8x8 -> nn.ReLU(inplace=True)").out, re.MULTILINE)


# Formats and options


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc(LINE, "--format", "csv").out)))
    assert [row["path"] for row in rows] == ["conv1", "bn1", "relu1", "maxpool1", "total"]
    assert rows[0]["output"] == "64x112x112"
    assert sum(int(row["macs"]) for row in rows[:-1]) == int(rows[-1]["macs"])


def test_markdown_is_a_table() -> None:
    lines = cnncalc(LINE, "--format", "markdown").out.splitlines()
    assert lines[0] == "| layer | type | output | params | MACs |"
    assert all(line.count("|") == 6 for line in lines)


def test_warnings_do_not_spoil_a_csv() -> None:
    result = cnncalc("3x295x295 -> maxpool 2", "--format", "csv")
    assert "warning" not in result.out
    assert "dropped-pixels" in result.err
    assert result.code == 0


def test_depth_folds() -> None:
    folded = cnncalc("zoo:resnet18", "--depth", "1").out
    assert "layer1 " in folded
    assert "bn1" in folded
    assert "downsample" not in folded
    assert "downsample" in cnncalc("zoo:resnet18", "--depth", "3").out


def test_set_input_batch_convention() -> None:
    small = figures("zoo:mobilenet_v2", "--set", "width=0.5", "--set", "num_classes=10")
    assert small["outputs"] == {"output": [10]}
    assert figures("zoo:resnet18", "-i", "3x32x32")["inputs"] == {"input": [3, 32, 32]}
    one, many = figures(LINE)["totals"], figures(LINE, "--batch", "32")
    assert many["totals"]["macs"] == 32 * one["macs"]
    assert many["totals"]["params"] == one["params"]
    assert many["inputs"] == {"input": [32, 3, 224, 224]}
    assert figures(LINE, "--convention", "macs")["totals"]["flops"] == one["macs"]
    assert figures("3xHxW -> conv 8 k3", "--set", "H=9", "--set", "W=7")["outputs"] == {"output": [8, 7, 5]}


def test_standard_input() -> None:
    assert cnncalc("-", stdin="3x8x8 -> conv 4 k3\n").out == cnncalc("3x8x8 -> conv 4 k3").out
    assert cnncalc("-", stdin="input: 3x8x8\nbody:\n  - conv 4 k3\n").code == 0


def test_options_before_the_spec() -> None:
    assert cnncalc("--json", LINE).out == cnncalc(LINE, "--json").out
    assert cnncalc("calc", LINE).out == cnncalc(LINE).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["3x8x8 -> relu", "--frmat", "json"], "--frmat"),
        (["3x8x8 -> relu", "--batch", "0"], "--batch"),
        (["calc"], "SPEC"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str) -> None:
    result = cnncalc(*arguments)
    assert result.code == 2
    assert words in result.err
    assert result.out == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["zoo:resnet18", "--jsn", "--json"], "bad-option"),
        (["calc", "--json"], "bad-option"),
        (["calc", "zoo:resnet18", "--batch", "x", "--format", "json"], "bad-option"),
        (["diff", "zoo:resnet18", "--format=json"], "bad-option"),
        (["check", "zoo:resnet18", "--report", "json", "--max-params"], "bad-option"),
        (["chekc", "zoo:resnet18", "--json"], "unknown-command"),
        (["3x8x8", "->", "conv 4 k3", "--json"], "several-words"),
        (["layers", "nothing", "--json"], "unknown-layer"),
    ],
)
def test_wrong_usage_is_json_where_json_is_asked_for(arguments: list[str], code: str) -> None:
    result = cnncalc(*arguments)
    assert (result.code, result.err) == (2, "")
    found = json.loads(result.out)
    assert (found["cnncalc"], found["ok"]) == (1, False)
    assert [problem["code"] for problem in found["diagnostics"]] == [code]


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b" not in cnncalc(LINE).out
    forced = cnncalc(LINE, NO_COLOR="", FORCE_COLOR="1")
    assert "\x1b[36mconv2d" in forced.out
    assert "\x1b" not in cnncalc(LINE, NO_COLOR="1", FORCE_COLOR="1").out


def test_a_terminal_without_block_characters() -> None:
    result = cnncalc(LINE, PYTHONIOENCODING="ascii", COLUMNS="110")
    assert result.code == 0
    assert result.out.isascii()
    assert "####" in result.out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("'3x8x8 -> 20000 * (relu)' --json", "0"),
        ("zoo", "0"),
        ("--help", "0"),
        ("calc --help", "0"),
        ("'3x5x5 -> conv 8 k7' 2>&1", "1"),  # nobody reads, and the spec is still wrong
        ("'3x5x5 -> relu' --frmat json 2>&1", "2"),
    ],
)
def test_a_closed_pipe_is_no_error(arguments: str, code: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m cnncalc {arguments} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.stderr, done.stdout) == ("", f"{code}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="streams of a POSIX shell")
@pytest.mark.parametrize(("spec", "code"), [("3x5x5 -> relu", 0), ("3x5x5 -> conv 8 k7", 1)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_take_nothing(spec: str, code: int, closed: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m cnncalc '{spec}' {closed}"], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == code
    assert "internal" not in done.stderr
    assert bool(done.stdout) == (closed == "2>&-" and code == 0)
    assert bool(done.stderr) == (closed == ">&-" and code == 1)


def test_a_profiler_sees_the_end(tmp_path: Path) -> None:
    profile = [sys.executable, "-m", "cProfile", "-o", str(tmp_path / "profile"), "-m", "cnncalc", LINE]
    subprocess.run(profile, check=True, stdout=subprocess.PIPE)
    assert (tmp_path / "profile").stat().st_size > 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is full")
@pytest.mark.parametrize("arguments", [[LINE], ["check", LINE], ["diff", LINE, LINE, "--json"], ["layers"]])
def test_a_disk_that_is_full_is_said(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", *arguments], stdout=full, stderr=subprocess.PIPE, encoding="utf-8"
        )
    assert done.returncode == 2
    assert done.stderr == "error[cannot-write]: the output cannot be written: no space left on device\n"


def test_help_is_a_word_too(tmp_path: Path) -> None:
    assert cnncalc("help").out == cnncalc("--help").out
    assert cnncalc("help", "check").out == cnncalc("check", "--help").out
    (tmp_path / "help").write_text("3x8x8 -> conv 4 k3", encoding="utf-8")
    assert cnncalc("help", cwd=tmp_path).out.startswith("3x8x8 → 4x6x6\n")  # a file of that name is a spec


# Lists


def test_layers_as_json() -> None:
    entries = json.loads(cnncalc("layers", "--json").out)["layers"]
    assert all(set(entry) == {"name", "aliases", "torch", "arguments"} for entry in entries)
    by_name = {entry["name"]: entry for entry in entries}
    assert by_name["conv2d"]["torch"] == "Conv2d"
    assert "conv" in by_name["conv2d"]["aliases"]
    assert [a["name"] for a in by_name["linear"]["arguments"]] == ["in_features", "out_features", "bias"]
    assert by_name["add"]["torch"] is None


def test_every_layer_can_be_shown() -> None:
    names = {entry["name"] for entry in json.loads(cnncalc("layers", "--json").out)["layers"]}
    assert {"conv1d", "conv3d", "lppool2d", "rmsnorm", "channelshuffle", "parameter"} <= names
    assert "kernel_size (k)" in cnncalc("layers", "conv").out
    assert cnncalc("layers", "nothing").code == 2


@pytest.mark.parametrize("member", [m for f in families() for m in f.members], ids=lambda m: m.name)
def test_every_example_can_be_explained(member: type[Layer]) -> None:
    report = api.calc(member.shown_example())
    explained = explanations_text(report.layers, Options())
    assert len(re.findall(r" → |^\S+  as \S+$", explained, re.MULTILINE)) >= len(report.layers)


def test_what_has_no_sum_is_explained_without() -> None:
    assert "3x9x9 → 3x11x11" in cnncalc("explain", "3x9x9 -> upsample scale_factor=1.3").out
    assert "too wide" not in cnncalc("explain", "3x100000000x9 -> conv 3 k3 s2").out  # and in no time


def test_the_zoo() -> None:
    listed = json.loads(cnncalc("zoo", "--family", "resnet", "--sort", "params", "--json").out)["networks"]
    assert listed[0]["name"] == "resnet18"
    assert cnncalc("zoo", "resnet50").out.startswith("# Deep Residual Learning")


# Whole tables


@pytest.mark.parametrize("width", ["80", "160"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("line", [LINE]),
        ("resnet18", ["zoo:resnet18"]),
        ("open", ["zoo:unet_padded", "-i", "1xHxW", "--depth", "1"]),
        ("long", ["3xHxW -> conv 16 k3 -> maxpool 2 -> conv 32 k3 -> maxpool 2 -> flatten -> linear 10"]),
        ("explain", ["explain", "3x32x32 -> conv 8 k5 s3 p1 d2 -> maxpool 2 ceil_mode=yes -> flatten -> linear 10"]),
    ],
)
def test_whole_text(name: str, arguments: list[str], width: str) -> None:
    path = GOLDEN / f"{name}-{width}.txt"
    got = cnncalc(*arguments, COLUMNS=width).out
    if os.environ.get("CNNCALC_OVERWRITE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(got, encoding="utf-8")
    assert got == path.read_text(encoding="utf-8")
    assert all(
        len(line) <= int(width) for line in got.splitlines() if "warning" not in line and "condition" not in line
    )


def test_n_is_the_batch_that_is_set(tmp_path: Path) -> None:
    assert figures("16x5x5 -> reshape N 400", "--batch", "2")["outputs"] == {"output": [2, 400]}
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 3xHxW\nblocks:\n  rows(c): conv c k3 -> reshape N c*(H - 2) W - 2\nbody:\n  - rows(8)\n")
    assert figures(str(spec), "--batch", "4", "--set", "H=10", "-i", "3xHx12")["outputs"] == {"output": [4, 64, 10]}
    assert figures(str(spec), "--set", "W=7")["outputs"] == {"output": ["8*H - 16", 5]}


@pytest.mark.parametrize("word", sorted({said: word for word, said in COMMANDS.items()}.values()))
def test_a_command_of_another_tool_is_said_as_one_that_there_is(word: str) -> None:
    told = cnncalc(word, "zoo:lenet5", "--json")
    diagnostic = json.loads(told.out)["diagnostics"][0]
    assert diagnostic["code"] == "unknown-command"
    written = re.fullmatch(r"write `cnncalc (.*)`", diagnostic["hint"])
    assert written is not None
    there = cnncalc(*shlex.split(written[1]))
    assert "bad-option" not in there.err
    assert "unknown-" not in there.err
