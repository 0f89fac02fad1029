"""The zoo as a table, with figures that are computed each time."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.trace import plain, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed, nearest
from cnncalc.layers.base import dims_text
from cnncalc.render.formats.table import figure
from cnncalc.render.style import styled
from cnncalc.spec.limits import Limits
from cnncalc.spec.read import load, read, zoo_file, zoo_names
from cnncalc.symbolic.expr import Dim


class Entry(NamedTuple):
    """A network with its figures at its own input size."""

    name: str
    family: str
    year: int
    input: str
    params: Dim
    macs: Dim
    source: str


SORTS = ("family", "name", "params", "macs", "year")


def entries(family: str | None, sort: str) -> list[Entry]:
    """The networks, of one family or all. Raises UsageError for what there is not."""
    from cnncalc.spec.yaml_file import Document, Options

    if sort not in SORTS:
        near = nearest(sort, SORTS)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(SORTS))}"
        raise UsageError(Diagnostic("unknown-option", f"the zoo does not sort by {sort}", hint=hint))
    names = zoo_names()
    families = sorted({path.stem for path, _ in names.values()})
    if family is not None and family not in families:
        near = nearest(family, families)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(families)}"
        raise UsageError(Diagnostic("unknown-family", f"the zoo has no family {family}", hint=hint))
    found = []
    limits = Limits()
    documents: dict[str, Document] = {}
    for name, (path, variant) in names.items():
        if family is not None and path.stem != family:
            continue
        if path.stem not in documents:
            documents[path.stem] = Document(load(path, limits), Options())
        document = documents[path.stem]
        year, source = int(document.about("year", variant) or 0), document.about("source", variant) or ""
        report = trace(read(f"zoo:{name}"))
        shapes = ", ".join(dims_text(shape) for shape in report.inputs.values())
        found.append(Entry(name, path.stem, year, shapes, report.totals.params, report.totals.macs, source))
    keys = {
        "family": lambda e: (e.family,),
        "name": lambda e: (e.name,),
        "params": lambda e: (e.params,),
        "macs": lambda e: (e.macs,),
        "year": lambda e: (e.year, e.family),
    }
    return sorted(found, key=keys[sort])


def entries_text(found: list[Entry], width: int, colour: bool) -> str:
    """The networks as a table."""
    titles = ("name", "input", "params", "MACs", "year", "source")
    rows = [(e.name, e.input, figure(e.params), figure(e.macs), str(e.year), e.source) for e in found]
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(5)]
    lines = []
    for row in [titles, *rows]:
        cells = [text.rjust(w) if i in (2, 3) else text.ljust(w) for i, (text, w) in enumerate(zip(row, widths))]
        line = "  ".join([*cells, row[5]])
        line = line if len(line) <= width else line[: width - 4].rstrip() + " ..."
        lines.append(styled(line.rstrip(), "bold", colour) if row is titles else line.rstrip())
    lines += ["", "cnncalc zoo NAME shows the spec, and zoo:NAME stands wherever a spec does."]
    return "\n".join(lines) + "\n"


def entries_json(found: list[Entry]) -> str:
    """The networks as a JSON list."""
    from json import dumps

    return (
        "["
        + ",\n ".join(dumps({k: plain(v) for k, v in e._asdict().items()}, ensure_ascii=False) for e in found)
        + "]\n"
    )


def spec_text(name: str) -> str:
    """The YAML of a network, as it stands in the zoo: by a network's name, or by its family's."""
    families = {path.stem: path for path, _ in zoo_names().values()}
    try:
        path, _ = zoo_file(name.removeprefix("zoo:"))
    except CnncalcError as error:
        if name not in families:
            raise UsageError(*error.diagnostics) from None
        path = families[name]
    return path.read_text(encoding="utf-8")
