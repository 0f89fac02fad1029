"""The values that a range stands for, written out, and what is no range."""

from __future__ import annotations

import pytest

from cnncalc.diagnostics import UsageError
from cnncalc.planning.ranges import Range, decimal_text, read_free


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8", "8"),
        ("1:4", "1 2 3 4"),
        ("128:256:32", "128 160 192 224 256"),
        ("128:250:32", "128 160 192 224"),
        ("1,3, 5 ,7", "1 3 5 7"),
        ("1:3,8", "1 2 3 8"),
        ("1,1,2", "1 2"),
        ("0.25:0.4:0.05", "0.25 0.3 0.35 0.4"),
        ("0.1:0.3:0.1", "0.1 0.2 0.3"),
        ("0.5,1.0", "0.5 1"),
        ("-2:1", "-2 -1 0 1"),
        ("relu,silu", "relu silu"),
        ("(2,2),(3,4)", "(2,2) (3,4)"),
    ],
)
def test_values(text: str, values: str) -> None:
    found = Range.read(text)
    assert " ".join(map(decimal_text, found)) == values
    assert found.count == len(values.split())
    assert all(value in found for value in found)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("k=8:1", "a range goes up, and 8:1 goes down", "write 1:8"),
        ("k=8:1:-1", "a range goes up, and the step of 8:1:-1 is -1", "write 1:8:1"),
        ("k=1:8:0", "a range goes up, and the step of 1:8:0 is 0", "write 1:8:1"),
        ("k=0.5:1", "0.5:1 is a range of decimals, and has no step", "write 0.5:1:0.05"),
        ("k=1:", "1: is no range of numbers", None),
        ("k=1:2:3:4", "1:2:3:4 is no range of numbers", None),
        ("k=1,,2", "a value is missing in this range", None),
        ("k=", "a value is missing in this range", None),
        ("=1", "--free takes NAME or NAME=RANGE, not =1", None),
        ("k=1:99999999999999999999999", "99999999999999999999999"[:12] + "... has too many digits", None),
    ],
)
def test_error_no_range(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as error:
        read_free(text)
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("bad-range", message)
    assert hint is None or found.hint == hint
    assert found.span is not None
    assert found.span.source.name == "--free"


def test_the_caret_is_under_the_part_that_is_wrong() -> None:
    with pytest.raises(UsageError) as error:
        read_free("kernel=1, 3:x ,5")
    span = error.value.diagnostics[0].span
    assert span is not None
    assert (span.text, span.start) == ("3:x", 10)


def test_a_range_of_any_length_is_counted_at_once() -> None:
    values = Range.read("1:1000000000000")
    assert values.count == 10**12
    assert 999_999_999_999 in values
    assert 10**12 + 1 not in values
