"""Networks of a collection one after the other, as lines of JSON: by the stand-in, or by torch.

Run by the command of this folder in processes of their own, since what has been imported with the stand-in cannot be
imported with torch.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from cnncalc.diagnostics import CnncalcError
from tests.source.collections.lists import COLLECTIONS, Network

BATCH = 2


def chosen(collection: str, names: list[str]) -> list[Network]:
    found = {one.name: one for one in COLLECTIONS[collection]()}
    return [found[name] for name in names]


def say(**values: Any) -> None:
    print(json.dumps(values), file=sys.__stdout__, flush=True)


# By the stand-in


def names(collection: str) -> None:
    from cnncalc.source import load

    with load.stand_in(os.getcwd()):
        say(names=[one.name for one in COLLECTIONS[collection]()])


def ours(collection: str, wanted: list[str]) -> None:
    from cnncalc.source import load

    with contextlib.ExitStack() as stack:
        stack.enter_context(load.stand_in(os.getcwd()))
        networks = chosen(collection, wanted)
        if any(one.folder for one in networks):  # whose modules have names that others have too
            stack.close()
        for one in networks:
            start = time.process_time()
            with load.stand_in(one.folder) if one.folder else contextlib.nullcontext():
                try:
                    found = figures(one)
                except CnncalcError as error:
                    found = refusal(error)
            say(name=one.name, seconds=round(time.process_time() - start, 2), **found)


def figures(one: Network) -> dict[str, Any]:
    """What the stand-in finds, of two samples where their number is open."""
    from cnncalc.analysis.trace import trace
    from cnncalc.language.text.limits import Limits
    from cnncalc.layers.shapes import BATCH_NAME
    from cnncalc.source import load, reading, target
    from cnncalc.symbolic.expr import symbols
    from tests.source.figures import figures_of

    wanted = target.parsed(one.spec)
    assert wanted is not None
    with load.bounded(600), reading.collected_later():
        read = reading.run(wanted, one.inputs, target.set_values({}, Limits()), dict(one.kwargs))
        report = trace(read.graph)
    open_batch = any(BATCH_NAME in symbols(dim) for given in read.graph.inputs for dim in given.shape)
    found = figures_of(report, {BATCH_NAME: BATCH})
    return {"batch": BATCH if open_batch else 1, "status": report.totals.status, **found}


def refusal(error: CnncalcError) -> dict[str, Any]:
    first = error.diagnostics[0]
    where = (
        f"{first.span.source.name}:{first.span.source.position(first.span.start)[0]}" if first.span is not None else ""
    )
    return {"refused": first.code, "message": first.message, "where": where}


# By torch


def theirs(collection: str, wanted: dict[str, int]) -> None:
    import torch

    if collection == "torchvision":
        sys.path.append(os.path.join("tests", "beside"))
        import sitecustomize  # noqa: F401
    from cnncalc.torch_bridge.importing.capture import counted, without_data
    from cnncalc.torch_bridge.importing.importer import read_shape
    from cnncalc.torch_bridge.importing.target import load

    torch.set_num_threads(1)
    for one in chosen(collection, list(wanted)):
        unseen: list[str] = []
        with beside(one.folder):
            try:
                module = without_data(load(one.spec, dict(one.kwargs)))
                given = [read_shape(text, False) for text in one.inputs]
                found = counted(module, given, {"N": wanted[one.name]}, unseen)
                say(name=one.name, unseen=sorted(set(unseen)), **found._asdict())
            except Exception as error:
                say(name=one.name, failed=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


@contextlib.contextmanager
def beside(folder: str) -> Iterator[None]:
    """The modules of a folder can be imported for a while."""
    before, path = set(sys.modules), list(sys.path)
    if folder:
        sys.path.insert(0, folder)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before if folder else ():
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
            del sys.modules[name]


if __name__ == "__main__":
    way, name = sys.argv[1:3]
    if way == "names":
        names(name)
    else:
        {"ours": ours, "theirs": theirs}[way](name, json.loads(sys.stdin.read()))
