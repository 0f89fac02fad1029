"""Every code in the sources is in docs/errors.md, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A code is the first text of a call that makes or reports a finding.
CALL = re.compile(
    r"\b(?:(?:fail|_fail|refuse|warn|unequal|short|divides|Diagnostic|Finding|Unknown|NeedsData|BatchAsked|TooLong)\(\s*"
    r'(?:[^"()]*(?:\([^"()]*\))?[^"()]*,\s*)??|code = )"([a-z]+(?:-[a-z]+)+|limit)"'
)


def in_sources() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "cnncalc").rglob("*.py")]
    return {code for text in texts for code in CALL.findall(text)} | {"internal"}


def in_document() -> list[str]:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)


def test_every_code_is_documented() -> None:
    assert sorted(set(in_document())) == sorted(in_sources())


def test_the_scan_finds_codes() -> None:
    assert len(in_sources()) > 70
