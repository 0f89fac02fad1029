"""Whatever writes a file writes it by one rule: whole or not at all, through links, and never over what is no file."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.diagnostics import UsageError
from cnncalc.files import refuse_to_lose, write_whole
from tests.command import cnncalc

SPEC = "3x8x8 -> conv 4 k3"
MODEL = "from torch import nn\nnet = nn.Conv2d(3, 4, 3)\n"


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        write_whole(path, "new")
    (problem,) = error.value.diagnostics
    assert problem.code == "cannot-write"
    return problem.message


def test_a_link_stays_and_leads_to_the_new_text(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    for name, to in (("link", "real"), ("far", "link"), ("dangling", "made")):
        (tmp_path / name).symlink_to(to)
    write_whole(tmp_path / "far", "new")
    write_whole(tmp_path / "dangling", "made")
    assert [(tmp_path / name).is_symlink() for name in ("real", "link", "far")] == [False, True, True]
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "made").read_text() == "made"


def test_a_file_keeps_its_mode_and_a_new_one_has_the_usual(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_whole(tmp_path / "new", "new")
    (tmp_path / "usual").touch()
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_lines_end_alike_everywhere(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", "a\nb\u00e9\n")
    assert (tmp_path / "file").read_bytes() == b"a\nb\xc3\xa9\n"


def test_what_is_no_file_is_refused_as_it_is(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} cannot be written: is a directory"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert refused(tmp_path / "socket") == f"{tmp_path / 'socket'} cannot be written: it is a socket"
    assert stat.S_ISSOCK((tmp_path / "socket").stat().st_mode)
    (tmp_path / "loop").symlink_to("loop")
    assert "loop cannot be written: " in refused(tmp_path / "loop")
    assert "cannot be written: not a directory" in refused(Path(__file__) / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everything")
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o444)
    assert refused(path) == f"{path} cannot be written: permission denied"
    assert path.read_text() == "old"


def test_a_pipe_and_the_null_device_take_what_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        write_whole(tmp_path / "pipe", "new\n")
        assert reader.communicate(timeout=10)[0] == "new\n"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    write_whole(Path("/dev/null"), "new")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("piped", [True, False])
def test_an_open_stream_goes_on_where_it_is(tmp_path: Path, name: str, piped: bool) -> None:
    code = f"from cnncalc.files import *; print('before'); write_whole(Path({name!r}), 'report\\n'); print('after')"
    path = tmp_path / "out"
    path.write_text("earlier\n")
    if piped:
        out = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert out == "before\nreport\nafter\n"
    else:
        with path.open("a") as file:
            subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
        assert path.read_text() == "earlier\nbefore\nreport\nafter\n"


def test_what_is_there_is_kept_unless_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    refuse_to_lose(path, force=False)
    path.write_text("old")
    with pytest.raises(UsageError) as error:
        refuse_to_lose(path, force=False)
    assert error.value.diagnostics[0].code == "file-exists"
    refuse_to_lose(path, force=True)
    for stream in ("/dev/null", "/dev/stdout"):
        refuse_to_lose(Path(stream), force=False)
    for wrong in (tmp_path, tmp_path / "none" / "file"):
        with pytest.raises(UsageError) as error:
            refuse_to_lose(wrong, force=True)
        assert error.value.diagnostics[0].code == "cannot-write"


@pytest.mark.parametrize("writer", ["import", "report", "baseline"])
def test_every_command_writes_by_this_rule(tmp_path: Path, writer: str) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nbody: [conv 4 k3]\n")

    def run(out: str) -> tuple[int, str]:
        words = {
            "import": ("import", "model:net", "-i", "3x8x8", "--force", "-o", out),
            "report": ("check", "net.yaml", "--report", f"json={out}"),
            "baseline": ("check", "net.yaml", "--update", "--baseline", out),
        }
        result = cnncalc(*words[writer], cwd=tmp_path)
        return result.code, result.out + result.err

    assert run("link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_size > 20
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    code, said = run("net.yaml/file")
    assert code == 2
    assert "error[cannot-write]: net.yaml/file cannot be written: " in said


def test_a_spec_on_standard_output_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    result = cnncalc("import", "model:net", "-i", "3x8x8", "-o", "/dev/stdout", cwd=tmp_path)
    assert result.code == 0, result.err
    assert result.out == cnncalc("import", "model:net", "-i", "3x8x8", cwd=tmp_path).out
    report = cnncalc("check", SPEC, "--report", "json=/dev/stdout", cwd=tmp_path)
    assert json.loads(report.out[report.out.index("{") :])["ok"] is True
