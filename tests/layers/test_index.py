"""The table of which file each layer is in is what the files say; and what it does not know is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import reload
from pathlib import Path
from textwrap import fill
from zipfile import ZipFile

import pytest

import cnncalc
from cnncalc.discovery import module_names
from cnncalc.layers import find, index, names
from cnncalc.layers.registry import COMMON

PACKAGE = Path(cnncalc.__file__).parent
FILE = PACKAGE / "layers" / "index.py"


def written() -> str:
    """The table, as the classes themselves say where they are defined."""
    files: dict[str, list[str]] = {}
    for name in names():
        found = find(name)
        assert found
        files.setdefault(found.family.layer.__module__.rpartition(".")[2], []).append(name)
    rows = []
    for module in sorted(files.keys() - {*COMMON}):
        text = fill(" ".join(sorted(files[module])), 112, break_long_words=False, break_on_hyphens=False)
        lines = text.split("\n")
        if len(lines) == 1 and len(module) + len(text) < 108:
            rows.append(f'    "{module}": "{text}",\n')
        else:
            rows.append(f'    "{module}": """\n' + "".join(f"        {line}\n" for line in lines) + '    """,\n')
    return "INDEX: dict[str, str] = {\n" + "".join(rows) + "}\n"


def test_the_index_is_up_to_date() -> None:
    text = FILE.read_text(encoding="utf-8")
    table = re.compile(r"^INDEX.*?\}\n", re.MULTILINE | re.DOTALL)
    if os.environ.get("CNNCALC_OVERWRITE"):
        FILE.write_text(table.sub(lambda _: written(), text, count=1), encoding="utf-8")
        reload(index)
        return
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/layers/test_index.py"
    assert table.search(text)[0] == written(), f"write it anew: {again}"  # type: ignore[index]


def test_every_file_has_layers_or_is_said_to_have_none() -> None:
    assert sorted(module_names("cnncalc.layers")) == sorted({*index.INDEX, *COMMON, *index.WITHOUT_LAYERS})


def run(folder: Path, spec: str) -> str:
    """What a query says where the package is on `folder` alone."""
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import cnncalc
print(cnncalc.calc(sys.argv[2]).totals.params, cnncalc.__file__)
"""
    done = subprocess.run([sys.executable, "-c", code, str(folder), spec], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    params, _, file = done.stdout.strip().partition(" ")
    assert file.startswith(str(folder))
    return params


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "cnncalc.zip"
    with ZipFile(path, "w") as archive:
        for file in sorted(PACKAGE.rglob("*")):
            if file.suffix in (".py", ".yaml"):
                archive.write(file, f"cnncalc/{file.relative_to(PACKAGE)}")
    return path


# torch.nn.LSTM(8, 4): 4*4*8 + 4*4*4 + 2*4*4
def test_layers_are_found_in_a_zip(zipped: Path) -> None:
    assert run(zipped, "10x8 -> lstm 4") == "224"


def test_layers_are_found_without_source_files(zipped: Path, tmp_path: Path) -> None:
    with ZipFile(zipped) as archive:
        archive.extractall(tmp_path)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", str(tmp_path)], check=True)
    for file in tmp_path.rglob("*.py"):
        file.unlink()
    assert run(tmp_path, "10x8 -> lstm 4") == "224"


def test_a_new_file_is_found_by_itself(zipped: Path, tmp_path: Path) -> None:
    with ZipFile(zipped) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "cnncalc" / "layers" / "thrice.py").write_text(
        "from cnncalc.layers.layer import Layer\n\n\n"
        'class Thrice(Layer, name="thr" + "ice"):\n'
        '    """Three weights."""\n\n'
        "    def forward(self, site, x):\n"
        "        return x\n\n"
        "    def params(self, x):\n"
        '        return {"weight": (3,)}\n'
    )
    assert run(tmp_path, "10x8 -> thrice") == "3"
