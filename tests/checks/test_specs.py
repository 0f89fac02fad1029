"""Files that are no specs are passed over in a folder, with a word, and where a hook hands them over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from cnncalc.checks.specs import is_library, is_spec
from tests.checks.repository import SMALL, write
from tests.command import cnncalc

OTHERS = {
    "conda.yaml": "name: env\nchannels: [conda-forge]\ndependencies: [pytorch]\n",
    "hydra.yaml": "model: resnet50\nlr: 0.1\ndata: {batch: 32}\n",
    "compose.yml": "services:\n  web:\n    image: nginx\n",
    "action.yml": "name: A\ndescription: an action\ninputs:\n  a: {default: ''}\nruns: {using: composite}\n",
    "form.yml": "name: Bug\ndescription: a form\nbody:\n  - type: markdown\n",
    "yolo.yaml": "nc: 80\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead: []\n",
    "helm.yaml": "{{- if .Values.on }}\nkind: Pod\n{{- end }}\n",
    "empty.yaml": "",
}
SPECS = {
    "small": SMALL,
    "typos": "inptu: 3x8x8\nboddy: conv 8 k3\n",
    "of other habits": "input_shape: 3x8x8\nlayers:\n  - conv 8 k3\n",
    "given its input": "body: conv 8 k3\n",
    "an unknown key": "input: 3x8x8\nbody: conv 8 k3\nowner: vision\n",
    "json": '{"input": "3x8x8", "body": ["conv 8 k3"]}',
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_files_of_other_tools(name: str) -> None:
    assert not is_spec(OTHERS[name])


@pytest.mark.parametrize("name", SPECS)
def test_specs(name: str) -> None:
    assert is_spec(SPECS[name])


def test_every_network_of_the_zoo_is_a_spec() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "cnncalc/zoo").glob("*.yaml")]
    assert [text for text in texts if not is_spec(text) and not is_library(text)] == []


def test_a_folder_says_what_it_passes_over(tmp_path: Path) -> None:
    write(tmp_path, {"nets/small.yaml": SMALL, "nets/blocks.yaml": "blocks:\n  b(c): conv c k3\n", **OTHERS})
    result = cnncalc("check", ".", cwd=tmp_path)
    assert (result.code, result.out) == (
        0,
        "✓ nets/small.yaml  1x32x32 → 10  6,582 params  361,600 MACs  computes\n"
        "\n"
        "passed over 9 files: action.yml (no spec), compose.yml (no spec), conda.yaml (no spec), "
        "empty.yaml (no spec), and 5 more\n"
        "1 network as expected\n",
    )


def test_what_a_hook_hands_over(tmp_path: Path) -> None:
    (hook, _) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    command = hook["entry"].split()[1:]
    write(tmp_path, {"small.yaml": SMALL, **OTHERS})
    found = json.loads(cnncalc(*command, "--json", "small.yaml", "conda.yaml", cwd=tmp_path).out)
    assert [target["name"] for target in found["targets"]] == ["small.yaml"]
    assert found["passed_over"] == [{"file": "conda.yaml", "why": "no spec"}]
    alone = cnncalc(*command, "conda.yaml", cwd=tmp_path)
    assert (alone.code, alone.out) == (0, "\npassed over 1 file: conda.yaml (no spec)\nnothing to check\n")
    named = cnncalc("check", "conda.yaml", cwd=tmp_path)
    assert (named.code, "a spec has no key channels" in named.out) == (1, True)
