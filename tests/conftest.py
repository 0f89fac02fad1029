"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

SHOWN_OTHERWISE = {
    *("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PY_COLORS"),  # pytest's own
    *("GITHUB_ACTIONS", "GITHUB_WORKSPACE"),  # what reports are relative to
    *("COLUMNS", "LINES", "TERMINAL_WIDTH", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
    *("TTY_COMPATIBLE", "TTY_INTERACTIVE"),  # rich's
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "PRE_COMMIT"),  # set inside a hook
    *("PYTHONWARNINGS", "CNNCALC_DEBUG"),
}
"""Variables by which programs, pytest among them, show or find something else than on a developer's terminal."""


@pytest.fixture(scope="session", autouse=True)
def _the_same_everywhere() -> Iterator[None]:
    """No process that a test starts sees where the tests run: by hand, in a hook, on a server."""
    kept = {name: os.environ.pop(name) for name in SHOWN_OTHERWISE if name in os.environ}
    yield
    os.environ.update(kept)
