"""What is done with a text of each kind, and what must hold whatever it is.

Each function takes the texts of one case. It returns where a mistake was found, and else after a whole report was
written in every way that there is. Anything but a CnncalcError that escapes is a fault, and so is a message that
shows a character raw that a terminal, a log or an editor acts on.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from unittest.mock import patch
from xml.etree import ElementTree

import cnncalc
from cnncalc.analysis.trace import trace
from cnncalc.checks.project import read_project
from cnncalc.checks.run import Run, run
from cnncalc.checks.targets import RunSettings, is_module, of_word, targets
from cnncalc.diagnostics import Diagnostic
from cnncalc.language.text.limits import Limits
from cnncalc.planning import search
from cnncalc.render import Options, format_names, render
from cnncalc.render.diagnostics import diagnostics_text
from cnncalc.render.explanation import explanations_text
from cnncalc.render.reports import report, report_names
from cnncalc.source.reading import read_model
from cnncalc.source.target import parsed
from tests.fuzz import drawing

LIMITS = {"layers": 300, "steps": 3_000, "depth": 20}
"""Lower than usual for most, as what is drawn is small; one case in a hundred has the usual ones."""
OPTIONS = Options(width=80)
RAW = {"Cc", "Cs", "Zl", "Zp"}  # controls, lone surrogates, and separators of lines
TURNS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # change the direction of text


class Kind:
    """A kind of texts: how they are drawn, how they are tried, and how many of a hundred are of it."""

    def __init__(self, draw: Callable[[Random], list[str]], attempt: Callable[[list[str]], None], share: int) -> None:
        self.draw = draw
        self.attempt = attempt
        self.share = share


def limits_for(text: str) -> dict[str, int] | None:
    return None if hash_of(text) % 100 == 0 else LIMITS


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return sum(map(ord, text[:200])) + len(text)


def try_line(case: list[str]) -> None:
    (text,) = case
    finish(lambda: cnncalc.calc(text, limits=limits_for(text)), text)


def try_yaml(case: list[str]) -> None:
    text, beside = case
    with folder() as at:
        (at / "net.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        (at / "other.yaml").write_bytes(beside.encode("utf-8", "surrogatepass"))
        finish(lambda: cnncalc.calc(str(at / "net.yaml"), limits=limits_for(text)), text)


def try_bytes(case: list[str]) -> None:
    data, suffix = case
    with folder() as at:
        (at / f"net{suffix}").write_bytes(data.encode("latin-1", "replace"))
        finish(lambda: cnncalc.calc(str(at / f"net{suffix}"), limits=LIMITS), data)


def try_setting(case: list[str]) -> None:
    """What a caller gives beside a spec. A batch is what Python's own numbers can be."""
    spec, option, given = case
    name, _, value = given.partition("=")
    with folder() as at:
        source = spec
        if "body:" in spec:
            source = str(at / "net.yaml")
            Path(source).write_bytes(spec.encode("utf-8", "surrogatepass"))
        if option == "--set":
            finish(lambda: cnncalc.calc(source, set={name: value}, limits=LIMITS), given)
        elif option == "--input":
            finish(lambda: cnncalc.calc(source, input=given, limits=LIMITS), given)
        else:
            batch: object = [0, -1, 2, 1.5, True, None, "3", 10**20, (), float("nan")][hash_of(given) % 10]
            finish(lambda: cnncalc.calc(source, batch=batch, limits=LIMITS), given)  # type: ignore[arg-type]


def try_expectation(case: list[str]) -> None:
    from cnncalc.analysis.wanted import conditions

    spec, text = case
    try:
        expected = conditions([text], None, {})
    except cnncalc.CnncalcError as error:
        check_diagnostics(error.diagnostics)
        return
    asked = RunSettings(expected=expected, limits=LIMITS)
    check_run(run(of_word(spec, asked), asked))


def try_project(case: list[str]) -> None:
    with folder() as at:
        (at / "pyproject.toml").write_bytes(case[0].encode("utf-8", "surrogatepass"))
        (at / "net.yaml").write_text("input: 3x32x32\nbody: conv 8 k3\nexpect: {params: 224}\n")
        (at / "nets").mkdir()
        (at / "nets" / "a.yaml").write_text("arguments: {width: 4}\ninput: 3x32x32\nbody: conv width k3\n")
        asked = RunSettings(limits=LIMITS)
        try:
            project = read_project(at / "pyproject.toml")
            found = targets(list(project.entries), project, asked) if project else []
        except cnncalc.CnncalcError as error:
            check_diagnostics(error.diagnostics)
            return
        # A model is code, which would be run, and a baseline elsewhere would be written.
        found = [target for target in found if not target.is_module and not target.verify and target.spec != "-"]
        found = [target for target in found if target.baseline is None or at in target.baseline.resolve().parents]
        check_run(run(found, asked, update=hash_of(case[0]) % 2 == 0))


def try_baseline(case: list[str]) -> None:
    with folder() as at:
        (at / "b.json").write_bytes(case[0].encode("utf-8", "surrogatepass"))
        (at / "net.yaml").write_text("input: 3x8x8\nbody: conv 4 k3 -> relu\n")
        for update in (False, True):
            asked = RunSettings(baseline=at / "b.json", limits=LIMITS)
            check_run(run(of_word(str(at / "net.yaml"), asked), asked, update))


def try_command(case: list[str]) -> None:
    """Words of the command line, in this process."""
    from cnncalc.cli.main import app, called

    if "-" in case or case[0] in ("annotate", "import") or any("verify" in word or is_module(word) for word in case):
        return  # standard input, and code that would be run
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in range(2))
    # A search may take a minute where it is asked for one; here it stops early, as the rest does.
    fewer = (patch.object(search, "MOST_NODES", 10_000), patch.object(search, "MOST_AT_A_LAYER", 10_000))
    with fewer[0], fewer[1], folder(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            called(app, case)
        except SystemExit:
            pass
        except Exception as error:
            if type(error).__name__ not in ("Exit", "Abort"):
                raise
    if "--json" not in case:
        err.flush()
        out.flush()
        check_shown((err.buffer.getvalue() + out.buffer.getvalue()).decode())  # type: ignore[attr-defined]


NET = """import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.inner = nn.Linear(8, size)

    def forward(self, x):
        return F.relu(self.inner(x))


class Broken(nn.Module):
    def forward(self, x):
        return x.nothing()


def build(size):
    return Net(size)


class make:
    net = Net(3)


net, size = build(2), 3
"""


def try_name(case: list[str]) -> None:
    """A name in a file of Python code, which is read without torch."""
    with folder() as at:
        (at / "net.py").write_text(NET)
        spec, limits = f"{at / 'net.py'}:{case[0]}", Limits(LIMITS)
        if parsed(spec) is not None:  # torch is not asked, which takes more memory than a case may have
            finish(lambda: trace(read_model(spec, inputs=["8"], limits=limits).graph), case[0])


KINDS = {
    "line": Kind(drawing.draw_line, try_line, 22),
    "torch": Kind(drawing.draw_torch, try_line, 12),
    "printed": Kind(drawing.draw_printed, try_line, 8),
    "yaml": Kind(drawing.draw_yaml, try_yaml, 23),
    "bytes": Kind(drawing.draw_bytes, try_bytes, 4),
    "setting": Kind(drawing.draw_setting, try_setting, 9),
    "expectation": Kind(drawing.draw_expectation, try_expectation, 6),
    "project": Kind(drawing.draw_project, try_project, 5),
    "baseline": Kind(drawing.draw_baseline, try_baseline, 5),
    "command": Kind(drawing.draw_command, try_command, 1),
    "planning": Kind(drawing.draw_planning, try_command, 4),
    "name": Kind(drawing.draw_name, try_name, 1),
}


def finish(calculate: Callable[[], cnncalc.Report], text: str) -> None:
    """Calculate, and write the report in every way, or see that what is wrong is said properly."""
    try:
        found = calculate()
        check_report(found, Random(hash_of(text)))
    except cnncalc.CnncalcError as error:
        check_diagnostics(error.diagnostics)


def check_report(found: cnncalc.Report, random: Random) -> None:
    """Everything that can be asked of a report."""
    json.dumps(found.to_dict(), allow_nan=False).encode()
    few = len(found.graph.nodes) <= LIMITS["layers"]  # of the largest, one format is enough
    for name in format_names() if few else [random.choice(format_names())]:
        written = render(found, name, OPTIONS)
        assert written
        if name in ("table", "markdown"):
            check_shown(written)
        elif name == "json":
            json.loads(written)
    if not few:
        return
    check_shown(explanations_text(found.layers, OPTIONS))
    assert repr(found)
    assert found.output == next(iter(found.outputs.values()))
    check_diagnostics(found.warnings, some=False)
    names = [*found.symbols, *(["N"] if found.graph.batched else [])]
    for _ in range(2 if names else 0):
        sizes = {name: random.choice((0, 1, 2, 5, 16, 17, 224)) for name in names}
        sizes[random.choice(names)] = random.choice((-1, 1, 3, 8, 10**20))
        with contextlib.suppress(cnncalc.CnncalcError):
            at = found.at(**sizes)
            json.dumps(at.to_dict(), allow_nan=False)
            negative(at)
    if found.graph.inputs:
        with contextlib.suppress(cnncalc.CnncalcError):
            cnncalc.write(found.graph).encode()


def negative(found: cnncalc.Report) -> None:
    """No figure is below 0, and none is a fraction."""
    figures = found.totals[:6]
    assert all(not isinstance(figure, int) or figure >= 0 for figure in figures), figures
    assert not any(isinstance(figure, float | bool) for figure in figures), figures


def check_diagnostics(diagnostics: Sequence[Diagnostic], some: bool = True) -> None:
    """Each is a sentence with its place inside the text, in every form."""
    assert diagnostics or not some
    for diagnostic in diagnostics:
        assert diagnostic.message
        assert diagnostic.code
        assert diagnostic.code != "internal", diagnostic.message
        assert all(note.strip(" ()") for note in diagnostic.notes), diagnostic.notes
        assert diagnostic.hint is None or diagnostic.hint
        for text in (diagnostic.message, *diagnostic.notes, diagnostic.hint or ""):
            check_shown(text, lines=False)
        if diagnostic.span:
            assert 0 <= diagnostic.span.start <= len(diagnostic.span.source.text)
        json.dumps(diagnostic.to_dict())
    check_shown(diagnostics_text(diagnostics))


def check_run(done: Run) -> None:
    """A check, in every report."""
    for outcome in done.outcomes:
        check_diagnostics(outcome.problems, some=False)
    for kind in report_names():
        written = report(kind)(done, OPTIONS)
        if kind == "json" or kind == "sarif":
            json.loads(written)
        elif kind == "junit":
            ElementTree.fromstring(written)
            check_shown(written)
        else:
            check_shown(written)
        if kind == "github":
            assert all(line.startswith(("::error ", "::warning ")) for line in written.splitlines()), written


def check_shown(text: str, lines: bool = True) -> None:
    """A text has nothing in it that is acted on and not shown, but for the ends of its own lines."""
    if text.isascii() and text.isprintable():
        return
    for char in set(text):
        raw = unicodedata.category(char) in RAW or char in TURNS
        assert not raw or (lines and char == "\n"), f"raw {char!r} in {text[:200]!r}"


@contextlib.contextmanager
def folder():  # type: ignore[no-untyped-def]
    """A new folder, in which the case runs."""
    before = os.getcwd()
    # In memory, where there is such a place: most of the time is files otherwise.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if sys.platform == "linux" else None) as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)
