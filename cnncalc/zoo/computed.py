"""The figures of the zoo, computed from its specs, and the file that stores them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from cnncalc.analysis.costs import Costs, plain
from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import Source
from cnncalc.language.read.document import Document
from cnncalc.language.read.given import Options
from cnncalc.language.read.running import Running
from cnncalc.language.run.builder import Known, deep_calls
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import files_beside, load
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.shapes import dims_text
from cnncalc.zoo.catalog import COLUMNS, Entry


def written_entries() -> list[tuple[Entry, Running]]:
    """What is written about each network, without its figures; and how they come about."""
    limits = Limits()
    options = Options(limits=limits, shared={}, known=Known())
    documents: dict[str, Document] = {}
    found = []
    for name, (path, variant) in zoo_names().items():
        document = documents.get(path.stem)
        if document is None:
            source, beside = load(path, limits, f"zoo:{path.stem}"), files_beside(path, limits)
            document = documents[path.stem] = Document(source, options._replace(beside=beside))
        year, about = document.about("year", variant), document.about("source", variant)
        settings = {} if variant is None else {"variant": Source("--set", f"variant={variant}")}
        running = Running(document, options._replace(settings=settings))
        found.append((Entry(name, path.stem, int(year or 0), {}, 0, 0, about or ""), running))
    return found


def computed() -> list[Entry]:
    """Every network with its figures at its own input size, worked out anew."""
    costs: Costs = {}
    return [_computed(*written, costs) for written in written_entries()]


def stored_text(found: Iterable[Entry]) -> str:
    """Networks as `figures.csv` has them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in found:
        inputs = " ".join(f"{name}={dims_text(shape)}" for name, shape in entry.inputs.items())
        writer.writerow(
            [entry.name, entry.family, entry.year, inputs, plain(entry.params), plain(entry.macs), entry.source]
        )
    return text.getvalue()


def _computed(entry: Entry, running: Running, costs: Costs) -> Entry:
    with deep_calls():
        report = trace(running.graph(), costs=costs)
    return entry._replace(inputs=report.inputs, params=report.totals.params, macs=report.totals.macs)
