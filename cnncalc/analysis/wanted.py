"""What a command or a call wants of a network, read from its options: one grammar for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.diagnostics import Diagnostic, Source, Span, UsageError
from cnncalc.graph import Expected

LIMITS = ("params", "macs", "flops", "activations", "memory")
"""The figures that have an option of their own, `--max-params`."""


def condition(text: str, option: str = "--expect") -> Expected:
    """`NAME=VALUE`, `NAME <= VALUE`. Raises UsageError.

    >>> condition("params <= 5M").name, condition("params=<=5M").text, condition("layers.conv1=8x4x4").name
    (('params',), '<=5M', ('layers', 'conv1'))
    """
    name, sign, value = _split(text)
    if not sign or not name:
        message = f"{option} takes NAME=VALUE, not {text}"
        raise UsageError(Diagnostic("bad-option", message, hint=f'{option} "params=<=5M"'))
    start = len(text) - len(value)
    source = Source(option, text)
    return Expected(tuple(name.split(".")), value, Span(source, 0, len(name)), Span(source, start, len(text)))


def conditions(written: Sequence[str], output: str | None, limits: Mapping[str, str | None]) -> tuple[Expected, ...]:
    """The conditions of `--expect`, `--expect-output` and `--max-NAME`. Raises UsageError."""
    found = [condition(text) for text in written]
    shorts = [("--expect-output", ("output",), output, "")]
    shorts += [(f"--max-{name}", (name,), value, "<= ") for name, value in limits.items()]
    for option, path, given, before in shorts:
        if given is not None:
            source = Source(option, given)
            span = Span(source, 0, len(given))
            found.append(Expected(path, before + given, span, span))
    return tuple(found)


def _split(text: str) -> tuple[str, str, str]:
    """`params=<=5M` and `params <= 5M` as name, sign and value."""
    at = next((i for i, char in enumerate(text) if char in "=<>≤≥"), len(text))
    name, rest = text[:at].strip(), text[at:]
    value = rest[1:].lstrip() if rest.startswith("=") and not rest.startswith("==") else rest
    return name, rest[:1], value
