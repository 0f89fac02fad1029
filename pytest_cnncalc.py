"""The pytest plugin of cnncalc.

`pytest --cnncalc` collects specs (YAML files with a `body`), and the entries `[tool.cnncalc.check.NAME]` of the
project's `pyproject.toml`, as tests. The fixture `cnncalc_check` checks a network within a test.

It is beside the package and not in it, so that a run of pytest that has no use for it imports no more than this
file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.checks.run import Run
    from cnncalc.checks.targets import Target

SUFFIXES = (".yaml", ".yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cnncalc", "networks held to what is expected of them")
    group.addoption(
        "--cnncalc", action="store_true", help="Collect specs, and the entries of pyproject.toml, as tests."
    )
    group.addoption("--cnncalc-update", action="store_true", help="Write what is found as the baselines.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not parent.config.getoption("--cnncalc"):
        return None
    if file_path.name == "pyproject.toml":
        return ProjectFile.from_parent(parent, path=file_path)
    if file_path.suffix.lower() not in SUFFIXES:
        return None
    try:
        text = file_path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    from cnncalc.checks.specs import is_spec  # other tools have YAML files too

    return SpecFile.from_parent(parent, path=file_path) if is_spec(text) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the project's entries where nothing names what to run, as `testpaths` seldom holds the file itself."""
    file = config.rootpath / "pyproject.toml"
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if config.getoption("--cnncalc") and not named and file.is_file():
        there = {item.nodeid for item in items}
        own = ProjectFile.from_parent(session, path=file).collect()
        items.extend(item for item in own if item.nodeid not in there)


class CheckFailed(Exception):
    """A check failed; its text is the report."""


class SpecFile(pytest.File):
    """A spec, with a test for each of its variants."""

    def collect(self) -> Iterator[pytest.Item]:
        from cnncalc.checks.project import find_project
        from cnncalc.checks.targets import RunSettings, targets

        for target in targets([str(self.path)], find_project(self.path.parent), RunSettings()):
            yield SpecItem.from_parent(self, name=_variant(target), target=target)


class ProjectFile(pytest.File):
    """A pyproject.toml, with a test for each of its entries."""

    def collect(self) -> Iterator[pytest.Item]:
        from cnncalc.checks.project import read_project
        from cnncalc.diagnostics import CnncalcError
        from cnncalc.render.diagnostics import diagnostics_text

        try:
            project = read_project(self.path)
        except CnncalcError as error:
            raise pytest.UsageError(diagnostics_text(error.diagnostics)) from None
        for name in project.entries if project else ():
            yield EntryItem.from_parent(self, name=name)


def _variant(target: Target) -> str:
    """What tells the tests of one file apart: the variant, or the file's own name."""
    return target.name.rpartition("#")[2] if "#" in target.name else Path(target.spec).stem


class CheckItem(pytest.Item):
    """A test that is a check."""

    def checked(self, update: bool) -> Run:
        raise NotImplementedError

    def runtest(self) -> None:
        found = self.checked(bool(self.config.getoption("--cnncalc-update")))
        if not found.ok:
            raise CheckFailed(report(found))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"cnncalc {self.name}"


class SpecItem(CheckItem):
    """A spec, or one of its variants."""

    def __init__(self, *, target: Target, **rest: Any) -> None:
        super().__init__(**rest)
        self.target = target

    def checked(self, update: bool) -> Run:
        from cnncalc.checks.run import run
        from cnncalc.checks.targets import RunSettings

        return run([self.target], RunSettings())


class EntryItem(CheckItem):
    """An entry of pyproject.toml."""

    def checked(self, update: bool) -> Run:
        from cnncalc.checks.project import read_project
        from cnncalc.checks.run import run
        from cnncalc.checks.targets import RunSettings, targets

        project = read_project(self.path)
        return run(targets([self.name], project, RunSettings()), RunSettings(), update)


@pytest.fixture
def cnncalc_check(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a network: `cnncalc_check(target, input="3x224x224", expect={"params": "<= 5M"}, baseline="net.json")`.

    `target` is a spec, `zoo:NAME`, `MODULE:ATTR` or a `torch.nn.Module`. The test fails where something is not as
    expected; else the call gives the network's report, or of a folder a list of them.
    """

    def check(target: object, **options: Any) -> Any:
        __tracebackhide__ = True
        from cnncalc.checks.call import check as checked

        root = request.config.rootpath
        if isinstance(target, str) and (root / target).exists():
            target = root / target
        if options.get("baseline") is not None:
            options["baseline"] = root / options["baseline"]
        found = checked(target, update=bool(request.config.getoption("--cnncalc-update")), **options)
        if not found.ok:
            said = report(found).replace('-i 3x224x224, or input = "3x224x224" in pyproject.toml', 'input="3x224x224"')
            pytest.fail(said, pytrace=False)
        reports = [outcome.report for outcome in found.outcomes]
        several = len(reports) > 1 or any(outcome.target.within is not None for outcome in found.outcomes)
        return reports if several else reports[0]

    return check


def report(found: Run) -> str:
    """What failed, as text, whose hints name the option of pytest."""
    from cnncalc.render import Options
    from cnncalc.render.reports import report
    from cnncalc.render.style import terminal_width

    text = report("text")(found, Options(width=terminal_width())).rstrip("\n")
    return text.replace(" --update ", " --cnncalc-update ")
