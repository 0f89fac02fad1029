"""What a caller gives over what a spec says: values, and shapes of inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cnncalc.diagnostics import CnncalcError, Source, Span
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.scope import Key, Scope, fail
from cnncalc.language.text.expressions import Expressions
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from cnncalc.language.read.document import Document
    from cnncalc.language.run.builder import Builder, Known


class Options(NamedTuple):
    """What a caller sets, over what the spec says."""

    inputs: tuple[tuple[str | None, Source], ...] = ()
    settings: Mapping[str, Source] = {}
    batch: Dim | None = None
    limits: Limits = Limits()
    beside: Callable[[str], Source] | None = None  # reads a file beside the spec
    final: bool = False  # an error is not looked into further
    shared: dict[str, Document] | None = None  # documents beside the spec that have been read
    known: Known | None = None  # what several graphs share
    unknowns: Mapping[Key, Value] | None = None  # what is tried for the unknowns of the text


def value_start(source: Source) -> int:
    """Where the value starts in what a caller gives, NAME=VALUE or a value alone."""
    return source.text.find("=") + 1


def set_value(source: Source, limits: Limits) -> Value:
    """A value that a caller gives, NAME=VALUE: a number, a list, a word."""
    parser = Expressions(source, value_start(source), len(source.text), limits)
    if parser.next.kind == "end":
        name = source.text.rstrip("= ")
        raise fail(
            "bad-argument", f"{name} is set to nothing", Span(source, 0, len(source.text)), f"--set {name}=VALUE"
        )
    node = parser.value()
    if parser.next.kind == "," and parser.peek(2).kind == "=":
        first, _, rest = source.text.partition(",")
        place = Span(source, parser.next.start, len(source.text))
        hint = f"each has its own: --set {first.strip()} --set {rest.strip()}"
        raise fail("bad-argument", "one --set is one argument", place, hint)
    if parser.next.kind != "end":
        parser.unexpected("the end of the value")
    value = evaluate(node, Scope(limits, {}))
    return value in TRUE if isinstance(value, Word) and value in TRUE | FALSE else value


def other_rank(name: str, written: tuple[Value, ...], given: tuple[Value, ...], span: Span) -> CnncalcError:
    """The error for a shape with other axes than the spec was written for."""
    hint = "a shape of a sample has its channels in front, and no batch"
    if given[1:] and len(given) == len(written) + 1:
        one = "x".join(map(str, given[1:]))
        hint = f"the batch is no part of a shape: -i {one}, and --batch for its number"
    axes = f"{len(given)} {'axis' if len(given) == 1 else 'axes'}"
    message = f"{name} has {len(written)} axes in the spec, {'x'.join(map(str, written))}, but {axes} here"
    return fail("wrong-rank", message, span, hint)


def shape_hint(text: str) -> str:
    """How a shape is written; the one that may have been meant, where that is plain."""
    sizes = re.findall(r"[^\s,x×X*()\[\]]+", text)
    if len(sizes) > 2 and sizes[0] == BATCH_NAME:
        return f"write {'x'.join(sizes[1:])}, without the batch"
    if len(sizes) == 4 and sizes[0] == "1" and sizes[1] in ("1", "3", "4") and "," in text:
        return f"write {'x'.join(sizes[1:])}, without the batch; {'x'.join(sizes)} is a volume"
    if len(sizes) > 1 and all(re.fullmatch(r"\d+|[A-Z]\d*", size) for size in sizes) and not set("+-/%") & set(text):
        return f"write {'x'.join(sizes)}"
    return "a shape is 3x224x224 or (3, 2*H, W); () is one number"


def shape_text_value(source: Source, builder: Builder) -> tuple[Value, ...]:
    """A shape that a caller gives."""
    start = value_start(source)
    parser = Parser(source, start, len(source.text), builder.limits)
    shape = parser.input_shape()
    if shape is None or parser.next.kind != "end":
        span = Span(source, start, len(source.text))
        message = f"{span.text} is no shape" if span.text.strip() else "the shape is empty"
        raise fail("bad-shape", message, span, shape_hint(span.text))
    return tuple(evaluate(item, builder.scope) for item in shape.items)
