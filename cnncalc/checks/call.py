"""A check from Python, as the fixture of the pytest plugin makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cnncalc.analysis.memory.report import meant
from cnncalc.checks.levels import Named, levels
from cnncalc.checks.run import Run, run
from cnncalc.checks.targets import RunSettings, of_word
from cnncalc.diagnostics import Source, Span
from cnncalc.graph import Expected


def expectations(table: Mapping[str, Any], names: tuple[str, ...] = ()) -> list[Expected]:
    """`{"params": "<= 5M", "layers": {"conv1": "64x112x112"}}` as expectations."""
    found: list[Expected] = []
    for name, value in table.items():
        path = (*names, name)
        if isinstance(value, Mapping):
            found += expectations(value, path)
            continue
        several = isinstance(value, list | tuple)
        text = f"({', '.join(map(str, value))},)" if several else str(value)
        head = f"{'.'.join(path)}: "
        source = Source("expect", head + text)
        found.append(Expected(path, text, Span(source, 0, len(head) - 2), Span(source, len(head), len(source.text))))
    return found


def _named(codes: str | Sequence[str], by: str) -> list[Named]:
    return [Named(code, by) for code in ([codes] if isinstance(codes, str) else codes)]


def check(
    target: object,
    *,
    input: str | Sequence[Any] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    kwargs: Mapping[str, Any] | None = None,
    expect: Mapping[str, Any] | None = None,
    baseline: str | Path | None = None,
    verify: bool = False,
    update: bool = False,
    deny: str | Sequence[str] = (),
    ignore: str | Sequence[str] = (),
    memory: str | None = None,
    dtype: str | None = None,
    optimizer: str | None = None,
) -> Run:
    """Check a spec, a folder, `zoo:NAME`, `FILE.py:NAME` or a `torch.nn.Module`.

    >>> check("zoo:resnet18", expect={"params": "<= 12M", "output": 1000}).ok
    True
    """
    asked = RunSettings(
        (input,) if isinstance(input, str) else tuple(input),
        {name: str(value) for name, value in (set or {}).items()},
        batch,
        None if kwargs is None else dict(kwargs),
        tuple(expectations(expect or {})),
        None if baseline is None else Path(baseline),
        verify,
        levels=levels(_named(deny, "deny"), _named(ignore, "ignore")),
        memory=meant(memory, dtype, optimizer),
    )
    if isinstance(target, str | Path):
        return run(of_word(str(target), asked), asked, update)
    name = type(target).__name__
    (named,) = of_word(f"({name})", asked)
    return run([named._replace(name=name, spec=name, module=target)], asked, update)
