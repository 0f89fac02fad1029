"""Published tables: the figures that a page prints, held against the networks that its rows speak of.

No row passes in silence: what was not compared is counted and named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

from cnncalc.analysis.expectations import FIGURES as CALLED
from cnncalc.analysis.expectations import Verdict
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks.run import Outcome, with_warning
from cnncalc.checks.source import read_target
from cnncalc.checks.specs import SUFFIXES
from cnncalc.checks.tables import (
    EMPTY,
    FIGURES,
    Cell,
    Column,
    Table,
    as_printed,
    column,
    looks_like_figures,
    printed,
    tables,
)
from cnncalc.checks.targets import RunSettings, Target, of_word
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, listed, nearest
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.shapes import shape_text
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple


class Compared(NamedTuple):
    """What came of one file."""

    outcomes: list[Outcome]  # of the file, then of each row that was compared
    said: list[str]


class TableRow(NamedTuple):
    """A row with its network."""

    cells: dict[str, Cell]  # by what their columns hold
    heads: dict[str, str]  # and what is above them
    target: Target
    report: Report


def published(file: Path, targets: Sequence[Target], asked: RunSettings) -> Compared:
    """Compare the tables of a Markdown file. Raises CnncalcError where it cannot be read."""
    source = load(file, Limits(asked.limits), shown(file))
    page = _Page(file, targets, asked)
    others = sum(not page.table(table) for table in tables(source))
    if others:
        page.said.append(f"{shown(file)}: {others} table{' has' if others == 1 else 's have'} no figures of networks")
    return page.compared(Span(source, 0, 0))


class _Page:
    """One file of Markdown."""

    def __init__(self, file: Path, targets: Sequence[Target], asked: RunSettings) -> None:
        self.file, self.asked = file, asked
        self.named: dict[str, list[Target]] = {}
        for target in targets:
            if not target.passed_over and target.problem is None:
                for name in _names(target):
                    self.named.setdefault(name, []).append(target)
        self.zoo: dict[str, list[str]] = {}
        for name in zoo_names():
            self.zoo.setdefault(_normal(name), []).append(name)
        self.rows: list[Outcome] = []
        self.count = 0
        self.warnings: list[Diagnostic] = []
        self.said: list[str] = []

    def warn(self, message: str, span: Span, hint: str | None = None) -> None:
        self.warnings.append(Diagnostic("not-compared", message, "warning", span, hint=hint))

    def table(self, table: Table) -> bool:
        """Compare one table; False where it is none of networks."""
        found = [column(cell.text) for cell in table.header]
        for cell, one in zip(table.header, found):
            if one is None and looks_like_figures(cell.text):
                self.warn(
                    f"the column {cell.text} is not understood", cell.span, "such as Params (M), MACs (G) or GFLOPs"
                )
        figures = [one for one in found if one is not None and one.kind in FIGURES]
        if not figures:
            return any(looks_like_figures(cell.text) for cell in table.header)
        twice = [kind for kind, count in Counter(one.kind for one in figures).items() if count > 1]
        if twice:
            self.warn(f"the table has two columns of {CALLED[twice[0]]}", table.header[0].span)
            return True
        if not any(one is not None and one.kind == "name" for one in found) and found[0] is None:
            found[0] = Column("name")
        columns = {one.kind: one for one in found if one is not None}
        heads = {one.kind: cell.text for cell, one in zip(table.header, found) if one is not None}
        rows = [row for cells in table.rows if (row := self.row(cells, found, heads)) is not None]
        flops = self.reading(rows, columns.get("flops"))
        for row in rows:
            self.compare(row, columns, flops)
        compared = [
            f"{CALLED[one.kind]}{' as MACs' if one.kind == 'flops' and flops == 'macs' else ''}" for one in figures
        ]
        others = [cell.text for cell, one in zip(table.header, found) if one is None]
        rest = f"; not {listed(others)}" if others else ""
        self.said.append(f"{shown(self.file)}:{table.line}: compared {listed(compared)}{rest}")
        return True

    def row(self, cells: list[Cell], columns: Sequence[Column | None], heads: dict[str, str]) -> TableRow | None:
        """A row with the figures of its network; None where it has none that is known."""
        self.count += 1
        held = {one.kind: cell for cell, one in zip(cells, columns) if one is not None}
        name = held.get("name", cells[0])
        if not any(held[kind].text.lower() not in EMPTY for kind in FIGURES if kind in held):
            self.warn(f"the row {name.text} has no figure", name.span)
            return None
        try:
            target = self.network(name, cells)
            if target is None:
                return None
            report = self.report(target, held.get("input"))
        except CnncalcError as error:
            first = error.diagnostics[0]
            self.warn(f"{name.text} does not compute: {first.message}", name.span, first.hint)
            return None
        return TableRow({**held, "name": name}, heads, target, report) if report is not None else None

    def network(self, name: Cell, cells: Iterable[Cell]) -> Target | None:
        """The network of a row: of a link, of code, of a target that is called so, or of the zoo."""
        for cell in (name, *cells):
            for link in cell.links:
                base, _, variant = unquote(link).partition("#")
                path = self.file.parent / base
                if base.endswith(SUFFIXES) and path.is_file():
                    word = shown(path) + (f"#{variant}" if variant else "")
                    found = [one for one in of_word(word, self.own) if one.name == word]
                    if len(found) == 1:
                        return found[0]
                if re.fullmatch(r"zoo:\w+", link):
                    return of_word(link, self.own)[0]
        key = _normal(name.text)
        several = self.named.get(key, [])
        if len({(one.name, one.spec) for one in several}) == 1:
            return several[0]
        if not several and len(self.zoo.get(key, [])) == 1:
            return of_word(f"zoo:{self.zoo[key][0]}", self.own)[0]
        near = nearest(key, [*self.named, *self.zoo])
        hint = "a link to its spec, or `zoo:NAME`, says which is meant"
        if several:
            self.warn(f"{name.text} is the name of several networks", name.span, hint)
        else:
            close = (self.zoo.get(near[0]) or [self.named[near[0]][0].name])[0] if near else None
            self.warn(f"no network is called {name.text}", name.span, f"did you mean {close}?" if close else hint)
        return None

    @property
    def own(self) -> RunSettings:
        return self.asked._replace(inputs=(), settings={}, batch=None, expected=(), baseline=None, verify=False)

    def report(self, target: Target, size: Cell | None) -> Report | None:
        """The figures at the input that the row gives, else at the network's own."""
        target = target._replace(expected=(), baseline=None, batch=None)
        text = re.sub(r"\s|px|pixels", "", size.text.lower()).replace("×", "x").replace("*", "x") if size else ""
        text = re.sub(r"²|\^2$", "", text)
        if size is None or text in EMPTY:
            return trace(read_target(target, self.asked).graph, chosen=self.asked.convention)
        sizes = re.fullmatch(r"\(?(\d+)(?:[x,](\d+))?(?:[x,](\d+))?\)?", text)
        if sizes is None:
            self.warn(f"the input {size.text} cannot be read", size.span, "such as 224, 224x224 or 3x224x224")
            return None
        dims = [int(one) for one in sizes.groups() if one]
        if len(dims) < 3:
            own = trace(read_target(target, self.asked).graph, chosen=self.asked.convention)
            shape = next(iter(own.inputs.values()))
            if len(own.inputs) > 1 or len(shape) < 2 or len(dims) not in (1, len(shape) - 1):
                self.warn(f"the input {size.text} does not fit {shape_text(shape)}", size.span)
                return None
            spatial = dims * (len(shape) - 1) if len(dims) == 1 else dims
            if list(shape[1:]) == spatial:
                return own
            text = "x".join(map(str, [shape[0], *spatial]))
        target = target._replace(inputs=(text.strip("()").replace(",", "x"),))
        return trace(read_target(target, self.asked).graph, chosen=self.asked.convention)

    def reading(self, rows: Sequence[TableRow], flops: Column | None) -> str:
        """What a column of FLOPs counts: many tables print MACs there. It is one of both for all of its rows."""
        if flops is None or self.asked.convention != "torch":
            return "flops"
        right = dict.fromkeys(("flops", "macs"), 0)
        for row in rows:
            cell = row.cells.get("flops")
            value = printed(cell.text, flops.power) if cell else None
            for kind in right:
                actual = getattr(row.report.totals, kind)
                right[kind] += value is not None and isinstance(actual, int) and value.holds(actual)
        return "macs" if right["macs"] > right["flops"] else "flops"

    def compare(self, row: TableRow, columns: dict[str, Column], flops: str) -> None:
        """Hold the cells of a row against its network."""
        name, verdicts = row.cells["name"], []
        for kind in FIGURES:
            cell = row.cells.get(kind)
            if cell is None or cell.text.lower() in EMPTY:
                continue
            actual = getattr(row.report.totals, flops if kind == "flops" else kind)
            value = printed(cell.text, columns[kind].power)
            what = CALLED["macs" if kind == "flops" and flops == "macs" else kind]
            if value is None:
                self.warn(f"{cell.text} of {name.text} is no figure that can be read", cell.span)
            elif not isinstance(actual, int):
                self.warn(
                    f"the {what} of {name.text} depend on open sizes", cell.span, "a column Input size gives them"
                )
            elif kind in ("macs", "flops") and row.report.totals.status != "exact":
                self.warn(f"the {what} of {name.text} are not counted in full", cell.span)
            else:
                problems: tuple[Diagnostic, ...] = ()
                if not value.holds(actual):
                    under = row.heads[kind]
                    message = f"{name.text} has {cell.text} under {under}, and its {what} are {actual:,}"
                    hint = f"write {as_printed(actual, value, columns[kind].power, cell.text)}"
                    problems = (Diagnostic("table-disagrees", message, span=cell.span, hint=hint),)
                verdicts.append(Verdict(kind, cell.text, f"{actual:,}", problems))
        if verdicts:
            line = name.span.source.position(name.span.start)[0]
            called = f"{shown(self.file)}:{line} {name.text}"
            target = row.target._replace(name=called, file=None, baseline=None, levels=())
            self.rows.append(Outcome(target, row.report, tuple(verdicts), place=name.span))

    def compared(self, place: Span) -> Compared:
        """All of it: the file with what was not compared, then its rows."""
        few = len(self.rows)
        words = f"{few} of {self.count} row{'' if self.count == 1 else 's'} compared"
        problems: tuple[Diagnostic, ...] = ()
        if not few:
            message = f"{shown(self.file)} has no row of a table that could be compared"
            hint = "its header has a column such as Params (M), and its first column names networks"
            problems = (Diagnostic("no-table", message, span=place, hint=hint),)
        target = Target(shown(self.file), shown(self.file), levels=(self.asked.levels,), is_table=True)
        verdicts = [Verdict("table", "rows", words, problems)]
        if any(level.deny for level in target.levels):
            verdicts.append(Verdict("warnings", "no warnings", "no warnings"))
        outcome = Outcome(target, None, tuple(verdicts), place=place)
        for warning in self.warnings:
            outcome = with_warning(outcome, warning)
        return Compared([outcome, *self.rows], self.said)


def _normal(name: str) -> str:
    """A name as tables and files write it alike: `ResNet-50`, `resnet_50` and `resnet50`."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _names(target: Target) -> set[str]:
    """What a target can be called."""
    stem = Path(target.spec).stem if target.file is not None else target.spec.rpartition(":")[2]
    names = {target.name, target.name.rpartition("#")[2] if "#" in target.name else stem}
    return {_normal(name) for name in names}
