"""Live pages held against cnncalc: networks of the zoo and drawn ones, moved to drawn sizes in a real browser.

    python -m tests.pictures.pages --networks 40 --drawn 20 --moves 4 --seed 1

Every row of the table, every total and every refusal on a page is what `cnncalc` gives for the command on it.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import cnncalc
from cnncalc import Report
from cnncalc.cli.commands.draw import live_page
from cnncalc.cli.options import Model, Overrides
from cnncalc.layers.shapes import dims_text
from cnncalc.pictures.look import Look
from cnncalc.render.columns import figure
from cnncalc.render.rows import depth_of, hierarchy, unfolded, written
from cnncalc.zoo.catalog import entries
from tests.pictures.browser import Browser

READ = """
(() => {
  for (let i = 0; i < 30; i += 1) document.getElementById("more").click();
  const text = (node) => node.textContent;
  const cells = (row) => [...row.children].map(text);
  const refusal = document.getElementById("refusal");
  return {
    command: text(document.getElementById("command")),
    refusal: refusal.hidden ? null : text(refusal),
    flow: text(document.getElementById("flow")),
    totals: Object.fromEntries([...document.querySelectorAll("[id^=total-]")].map((n) => [n.id.slice(6), text(n)])),
    rows: [...document.querySelectorAll("#rows tr")].map(cells),
  };
})()
"""


NO_MODEL = Model(None, False, "forward", False)


class Shown(NamedTuple):
    """What a page shows."""

    command: str
    refusal: str | None
    flow: str
    totals: dict[str, str]
    rows: list[list[str]]


def write_page(spec: str, folder: Path, **given: Any) -> Path:
    """The page of a spec, as the command line writes it."""
    overrides = Overrides(given.get("input", []), given.get("set", []), given.get("batch"), [])
    path = folder / "page.html"
    path.write_text(live_page(spec, overrides, NO_MODEL, "graph", Look()), encoding="utf-8")
    return path


def moved(browser: Browser, sizes: dict[str, int | None]) -> Shown:
    """What the page shows at other sizes, which are given by its address."""
    pairs = "&".join(f"{name}={'' if size is None else size}" for name, size in sizes.items())
    browser.run(f"location.hash = {json.dumps('#' + pairs)}")
    # The page answers to the change of its address, and draws in the next frame.
    browser.run("new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done)), 20))")
    return Shown(**browser.run(READ))


def calculated(command: str) -> Report:
    """What the command comes to. Raises CnncalcError."""
    words = iter(shlex.split(command)[1:])
    spec = next(words)
    given: dict[str, Any] = {"input": [], "set": {}}
    for option in words:
        value = next(words)
        if option == "-i":
            given["input"].append(value)
        elif option == "--set":
            name, _, text = value.partition("=")
            given["set"][name] = text
        else:
            assert option == "--batch"
            given["batch"] = int(value)
    return cnncalc.calc(spec, **given)


def wrong(shown: Shown) -> list[str]:
    """Where a page shows something else than its command gives."""
    try:
        report = calculated(shown.command)
    except cnncalc.CnncalcError as error:
        if shown.refusal is None:
            return [f"{shown.command}: not refused: {error.diagnostics[0].message}"]
        return []
    if shown.refusal is not None:
        return [f"{shown.command}: refused: {shown.refusal}"]
    found = []

    def hold(what: str, got: object, want: object) -> None:
        if got != want:
            found.append(f"{shown.command}: {what} is {got} on the page, and {want}")

    ins, outs = (", ".join(map(dims_text, side.values())) for side in (report.inputs, report.outputs))
    hold("the flow", shown.flow, f"{ins} → {outs}")
    totals = report.totals
    for name, text in shown.totals.items():
        value = getattr(totals, name)
        if name in ("macs", "flops") and totals.status != "exact":
            want = "not counted" if totals.status == "uncounted" and value == 0 else f"at least {figure(value)}"
        else:
            want = figure(value)
        hold(name, text, want)
    top = hierarchy(report)
    rows = unfolded(top, depth_of(top))
    hold("the number of rows", len(shown.rows), len(rows))
    for got, row in zip(shown.rows, rows):
        kind = f"{row.type_text} {written(row.layer)}".rstrip() if row.layer else row.type_text
        # What is built for training alone does not run where the input is too small for it, and has no size then.
        shape = got[2] if "–" in got[2] and row.last.node.train_only else dims_text(row.output)
        want_row = [row.label, kind, shape, figure(row.params), row.macs_text]
        # Equal numbers of a tuple are written once where they are always equal.
        hold(row.path, [got[0], once(got[1]), *got[2:]], [want_row[0], once(kind), *want_row[2:]])
    return found[:5]


def once(text: str) -> str:
    """Arguments with equal numbers of a tuple once: `p0x0` as `p0`."""
    return re.sub(r"\((-?\d+)(?:, \1)+\)", r"\1", re.sub(r"\b([a-z]?)(\d+)(?:x\2)+\b", r"\1\2", text))


def same_reason(shown: Shown) -> bool:
    """Does the page give the reason of the command line? It says it of one sample."""
    try:
        calculated(shown.command.partition(" --batch")[0])
    except cnncalc.CnncalcError as error:
        return any(one.message in (shown.refusal or "") for one in error.diagnostics)
    return True


def drawn_sizes(draw: Random, browser: Browser) -> dict[str, int | None]:
    """Sizes for what a page has open: near where it started, small, or past what a float holds."""
    found: dict[str, int | None] = {}
    far = draw.random() < 0.25
    started = browser.run('JSON.parse(document.getElementById("data").textContent).sizes')
    for size in started:
        if size["kind"] == "batch":
            found["batch"] = draw.choice([None, None, 1, draw.randint(2, 64), 10**12 + draw.randint(1, 99)])
        elif size["kind"] == "argument":
            found[size["name"]] = max(1, int(size["start"]) * draw.choice([1, 1, 1, 2, 3]) + draw.choice([0, 0, 0, 1]))
        elif far:
            found[size["name"]] = int(size["start"]) * draw.randint(10**9, 10**10)
        else:
            near = int(size["start"])
            found[size["name"]] = draw.choice([near, 2 * near, draw.randint(1, 3 * near), draw.randint(1, near)])
    return found


def drawn_spec(draw: Random) -> str:
    """A line of layers with open sizes."""
    channels = draw.choice([1, 3, 8])
    parts = [f"{channels}x{draw.choice(['HxW', 'HxH', '64x96', 'HxW'])}"]
    for _ in range(draw.randint(1, 6)):
        kernel = draw.randint(1, 5)
        parts.append(
            draw.choice(
                [
                    f"conv {draw.choice([4, 8, 12])} k{kernel} s{draw.randint(1, 3)} p{draw.randint(0, kernel // 2)}",
                    f"conv {draw.choice([4, 8])} k3 d2 p2",
                    f"maxpool {draw.randint(2, 3)} s2",
                    "maxpool 3 s2 p1 ceil_mode=yes",
                    "avgpool 2",
                    f"convtranspose {draw.choice([4, 6])} k3 s2 p1",
                    "bn -> relu",
                    "upsample 2",
                    "add(conv 8 k3 p1, conv 8 k1)",
                    "cat(conv 4 k3 p1, maxpool 3 s1 p1)",
                    "pad 1",
                ]
            )
        )
    parts.append(
        draw.choice(["gap -> flatten -> linear 10", "flatten", "conv 2 k1", "adaptiveavgpool 7 -> flatten -> linear 5"])
    )
    return " -> ".join(parts)


def specs(networks: int, drawn: int, draw: Random) -> Iterator[str]:
    """Networks of the zoo, spread over it, and drawn ones."""
    names = [f"zoo:{entry.name}" for entry in entries()]
    yield from draw.sample(names, min(networks, len(names)))
    found = 0
    while found < drawn:
        spec = drawn_spec(draw)
        try:
            cnncalc.parse(spec)
        except cnncalc.CnncalcError:
            continue
        found += 1
        yield spec


def main() -> int:
    """Draw, compare, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--drawn", type=int, default=20)
    parser.add_argument("--moves", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    draw = Random(asked.seed)
    moves = refused = other = wrong_ones = 0
    with Browser() as browser, tempfile.TemporaryDirectory() as folder:
        for spec in specs(asked.networks, asked.drawn, draw):
            start = time.perf_counter()
            path = write_page(spec, Path(folder))
            made = time.perf_counter() - start
            problems: list[str] = []
            browser.open(path)
            for _ in range(asked.moves):
                shown = moved(browser, drawn_sizes(draw, browser))
                moves += 1
                refused += shown.refusal is not None
                if shown.refusal is not None and not same_reason(shown):
                    other += 1
                    print(f"  other words: {shown.command}: {shown.refusal}")
                problems += wrong(shown)
            asks = [url for url in browser.requests if not re.match(r"file://.*/page\.html(#.*)?$", url)]
            problems += [f"{spec}: asks for {url}" for url in asks]
            problems += [f"{spec}: {text}" for text in browser.problems]
            browser.problems.clear()
            wrong_ones += len(problems)
            size = path.stat().st_size // 1000
            print(
                "\n".join([f"{spec}: made in {made:.1f} s, {size} kB, {len(problems)} problems", *problems]), flush=True
            )
    print(f"{moves} moves, {refused} refused, {other} in other words; {wrong_ones} problems")
    return 1 if wrong_ones else 0


if __name__ == "__main__":
    sys.exit(main())
