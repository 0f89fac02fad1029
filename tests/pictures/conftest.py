"""The browser in which the tests of a file open their pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pictures.browser import Browser, found_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if found_browser() is None:
        pytest.skip("there is no chromium here to open a page with")
    with Browser() as browser:
        yield browser
