"""What docs/ci.md shows of other tools' files fits the action, the hooks and the entries that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from cnncalc.checks.project import KEYS
from cnncalc.render.reports import report_names

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def shown(name: str) -> Any:
    match = re.search(rf"^# file: {re.escape(name)}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert match
    return yaml.safe_load(match[1])


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_workflow_gives_inputs_that_the_action_has() -> None:
    steps = shown(".github/workflows/check.yaml")["jobs"]["networks"]["steps"]
    (own,) = [step for step in steps if step.get("uses", "").startswith("OWNER/")]
    assert own["with"].keys() <= read("action.yml")["inputs"].keys()
    assert [*read("action.yml")["outputs"]] == re.findall(r"`([a-z-]+)`", DOCUMENT.split("its outputs are")[1])[:3]


def test_the_hooks_are_those_of_the_manifest() -> None:
    (repository,) = shown(".pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in read(".pre-commit-hooks.yaml")]


def test_the_tables_are_whole() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT, re.MULTILINE)
    assert [name for name, _ in rows if name in KEYS] == [*KEYS]
    assert sorted(name for name, _ in rows if name not in KEYS) == report_names()
