"""docs/zoo.md: each network of the zoo beside the published figures. CNNCALC_OVERWRITE=1 writes it anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import cnncalc
from cnncalc.language.read.document import Document
from cnncalc.language.read.given import Options
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.language.text.zoo_files import ZOO
from cnncalc.layers.shapes import Shape, dims_text
from cnncalc.render.columns import figure
from cnncalc.zoo.catalog import Entry, entries
from tests.docs.test_documents import ROOT
from tests.published import test_papers_table as papers
from tests.published.test_torchvision import ROWS
from tests.zoo.test_closed_forms import report

PATH = ROOT / "docs" / "zoo.md"
HEAD = """\
# The zoo

{count} networks, each a spec in `cnncalc/zoo/`. `cnncalc zoo` lists them with filters, `cnncalc zoo NAME` shows a spec,
and `zoo:NAME` works wherever a spec does. This page is written by `tests/docs/test_zoo_document.py`; every figure on
it is computed, and held to the published one by a test.

- **torchvision** stands for torchvision 0.28, built and counted with `torch.utils.flop_counter`, at each input size
  that it has weights for: {equal} of {rows} rows are equal to the integer in parameters and MACs. *printed* is the
  GFLOPS column of its documentation, which are MACs.
- **smallest** is the smallest input, height and width, that the network takes, as derived from its closed forms; of a
  text the number of words. After it is the `min_size` that torchvision prints, where that is another.
- **Papers** and projects print rounded figures. Ours become these rounded, or cut after the last digit; where they
  do not, a remark says why, or that it is not known. After a source that could not be read is *source not read*:
  the figure is as others quote it.
"""


def document() -> str:
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        found.setdefault(entry.family, []).append(entry)
    figures = [(int(row["params"]), int(row["macs"])) for row in ROWS]
    equal = sum(ours(row["model"], row["input"]) == figure for row, figure in zip(ROWS, figures))
    lines = [HEAD.format(count=sum(map(len, found.values())), equal=equal, rows=len(ROWS))]
    lines.append(f"Families: {', '.join(f'[{family}](#{family})' for family in found)}.")
    for family, members in found.items():
        lines += ["", f"## {family}", "", *about(family), *networks(members), *printed({e.name for e in members})]
    return "\n".join(lines) + "\n"


@cache
def ours(name: str, batched: str) -> tuple[object, object]:
    """Parameters and MACs at an input of torchvision's table."""
    totals = cnncalc.calc(f"zoo:{name}", input=batched.removeprefix("1x")).totals
    return totals.params, totals.macs


def about(family: str) -> Iterator[str]:
    """The notes of a family's file."""
    notes = Document(load(ZOO / f"{family}.yaml", Limits()), Options()).text("notes")
    if notes:
        yield f"{' '.join(notes.split())}\n"


def networks(members: list[Entry]) -> Iterator[str]:
    yield "| network | input | params | torchvision | MACs | torchvision | printed | smallest | year | source |"
    yield "|---|---|---:|---:|---:|---:|---:|---|---|---|"
    for entry in members:
        rows = [row for row in ROWS if row["model"] == entry.name]
        if not rows:
            inputs = ", ".join(map(dims_text, entry.inputs.values()))
            cells = [entry.name, inputs, figure(entry.params), "", figure(entry.macs), "", ""]
            yield f"| {' | '.join([*cells, smallest(entry.name, ''), str(entry.year), entry.source])} |"
        for i, row in enumerate(rows):
            params, macs = (f"{value:,}" for value in ours(entry.name, row["input"]))
            cells = [entry.name, row["input"].removeprefix("1x"), params, f"{int(row['params']):,}"]
            cells += [macs, f"{int(row['macs']):,}", row["published_gmacs"]]
            cells += (
                ["", "", ""] if i else [smallest(entry.name, row["published_min_size"]), str(entry.year), entry.source]
            )
            yield f"| {' | '.join(cells)} |"


def smallest(name: str, published: str) -> str:
    """The smallest input of a network that takes any size, and what torchvision prints where that is another."""
    found = report(name)
    if found is None or found.smallest_input is None:
        return ""
    sizes: Shape = tuple(found.smallest_input.values())
    if not sizes:
        return ""
    if len(found.inputs) > 1:
        return ", ".join(map(str, sizes))
    text = published.strip("()").replace(",", "x").replace(" ", "")
    return f"{dims_text(sizes)} ({text})" if text and text != dims_text(sizes) else dims_text(sizes)


def printed(names: set[str]) -> Iterator[str]:
    """The rows of papers.csv for these networks."""
    rows = [row for row in papers.ROWS if row["model"] in names]
    if not rows:
        return
    yield "\n| network | with | input | figure | computed | printed | | source |"
    yield "|---|---|---|---|---:|---:|---|---|"
    for row in rows:
        remark = row["note"] or ("" if row["how"] == "rounded" else row["how"])
        setting = f"`{row['set']}`" if row["set"] else ""
        kind = {"params": "params", "macs": "MACs", "flops": "FLOPs"}.get(row["figure"], row["figure"])
        value = figure(papers.computed(row))
        cells = [row["model"], setting, row["input"], kind, value, row["published"], remark, row["source"]]
        yield f"| {' | '.join(cells)} |"


def test_the_document_is_up_to_date() -> None:
    text = document()
    if os.environ.get("CNNCALC_OVERWRITE"):
        PATH.write_text(text, encoding="utf-8")
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/docs/test_zoo_document.py"
    assert PATH.read_text(encoding="utf-8") == text, f"write it anew: {again}"


def test_other_smallest_inputs_than_torchvisions_are_explained() -> None:
    for entry in entries():
        for row in ROWS:
            if row["model"] == entry.name and "(" in smallest(entry.name, row["published_min_size"]):
                assert "smallest" in " ".join(about(entry.family)), entry.name
