"""Anything at all into the readers: only diagnostics come out.

CNNCALC_EXAMPLES=5000 tries more than the few hundred that suit a test run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.checks.call import check as check_expectation
from cnncalc.language.text.zoo_files import ZOO
from cnncalc.render import Options, render
from cnncalc.render.diagnostics import diagnostics_text
from tests.fuzz import running
from tests.fuzz.running import Job, fuzz
from tests.fuzz.trying import KINDS, Kind, check_shown

EXAMPLES = int(os.environ.get("CNNCALC_EXAMPLES", "300"))
LIMITS = {"layers": 300, "steps": 3000, "depth": 20}
TRY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

WORDS_TEXT = """
    -> -> -> -> , ( ) [ ] { } = : * + - / // % ** == < if else and not or in for 0 1 2 3 7 64 0.5 1e3 -1
    3x8x8 HxW 3xHxW N H W k3 k=3 s2 p1 d2 g2 p=same bias=no conv Conv2d nn.Conv2d bn relu maxpool
    avgpool gap flatten linear Linear upsample add cat mul matmul identity input channels size max
    make_divisible range len chunk split reshape permute slice mean squeeze parameter Sequential
    OrderedDict convtranspose lppool instancenorm groupnorm prelu dropout softmax pixelshuffle 'same'
    "x" a b a: None True yes ceil_mode=yes adaptiveavgpool bilinear glu 合 #
"""
WORDS = st.sampled_from(WORDS_TEXT.split())
LINES = st.lists(WORDS, max_size=25).map(" ".join)
YAML_WORDS_TEXT = """
    input: inputs: body: blocks: arguments: variants: use: outputs: shared: symbols: batch: none name:
    for: if: then: else: do: index: tap: - - - [ ] { } , : a b c(x): c(1) c i in range(3) 3x8x8 3xHxW
    {i} "{i}": a, b: chunk conv 8 k3 relu add(a, b) linear 10 flatten 0 1 true no ~ | > & * ! ? %
"""
YAML_WORDS = st.sampled_from(YAML_WORDS_TEXT.split())


def check(spec: str) -> None:
    """Read, render, or fail with diagnostics that can be shown."""
    try:
        report = cnncalc.calc(spec, limits=LIMITS)
    except cnncalc.CnncalcError as error:
        diagnostics = error.diagnostics
    else:
        for format in ("table", "json", "csv", "markdown"):
            assert render(report, format, Options())
        return
    assert diagnostics
    for diagnostic in diagnostics:
        assert diagnostic.message
        assert diagnostic.code
        if diagnostic.span:
            assert 0 <= diagnostic.span.start <= len(diagnostic.span.source.text)
        assert diagnostic.to_dict()
    assert diagnostics_text(diagnostics)


def check_file(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        check(str(path))


@TRY
@given(LINES)
def test_soups_of_tokens(text: str) -> None:
    check(f"3x8x8 -> {text}")


@TRY
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(f"3x8x8 -> {text}")
    check_file(text.encode("utf-8", "surrogatepass"), "net.txt")


@TRY
@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    check_file(data, "net.yaml")
    check_file(data, "net.txt")


@TRY
@given(st.lists(st.tuples(st.integers(0, 4), st.lists(YAML_WORDS, min_size=1, max_size=6)), max_size=14))
def test_soups_of_yaml(lines: list[tuple[int, list[str]]]) -> None:
    text = "\n".join("  " * depth + " ".join(words) for depth, words in lines)
    check_file(f"input: 3x8x8\n{text}\n".encode(), "net.yaml")


SPECS = [path.read_text(encoding="utf-8") for path in sorted(ZOO.glob("*.yaml"))]


@TRY
@given(st.data())
def test_mutated_networks(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SPECS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 20))
        text = text[:start] + data.draw(st.one_of(WORDS, YAML_WORDS, st.just(""))) + text[end:]
    check_file(text.encode(), "net.yaml")


def test_every_kind_of_text() -> None:
    """The short form of `python -m tests.fuzz`; a fault is printed with what to paste."""
    found = fuzz(Job(seed=20, kinds=tuple(KINDS), first=0, count=4_000))
    assert sum(found.counts.values()) == 4_000
    assert not found.faults


@pytest.mark.parametrize("text", ["t(\n(1):Conv2d()\n\x85o", "t(\n(1): Sequential(\n\n", "t(\n(1): ReLU()\n\n)\n"])
def test_printed_modules_with_empty_lines(text: str) -> None:
    KINDS["printed"].attempt([text])


def test_error_an_expectation_of_a_million_characters() -> None:
    (problem,) = check_expectation("3x8x8 -> relu", expect={"output": "x".join(["8"] * 300_000)}).outcomes[0].problems
    assert problem.message == "a form is read up to 100,000 characters, and this has 599,999"


MANY = " ".join(["99999999999"] * 400)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (f"3xHxW -> reshape {MANY} -1", "sizes are multiplied to a number of more than 1,200 digits"),
        (f"3x8x8 -> reshape {MANY} -1", "sizes are multiplied to a number of more than 1,200 digits"),
        ("3x8xH" + " -> repeat 1 1 1 99999999999" * 400, "this size has too many digits"),
    ],
)
def test_error_numbers_that_are_too_long_to_be_written(spec: str, message: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=message):
        cnncalc.calc(spec)


@pytest.mark.parametrize(
    ("attempt", "what"),
    [
        (lambda case: 1 // 0, "ZeroDivisionError"),
        (lambda case: bytearray(10**9), "MemoryError"),
        (lambda case: [None for _ in iter(int, 1)], "TooSlow"),
        (lambda case: os._exit(3), "the process dies"),
        (lambda case: check_shown("a\x1b[31m"), "AssertionError"),
    ],
    ids=["error", "memory", "time", "end", "control"],
)
def test_a_fault_is_found(attempt: Callable[[list[str]], None], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "line", Kind(lambda random: ["x"], attempt, 1))
    monkeypatch.setattr(running, "SECONDS", 0.3)
    monkeypatch.setattr(running, "SHORTENING", 0)
    said: list[str] = []
    found = fuzz(Job(0, ("line",), 0, 3), say=said.append)
    assert [fault.startswith(what) for fault in found.faults] == [True]
    assert "again: python -m tests.fuzz --seed 0 --kind line --case 0" in said[0]
