"""Which of the languages a spec is written in, and its graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError
from cnncalc.graph import Graph
from cnncalc.language.run.builder import Builder, deep_calls, input_shape
from cnncalc.language.run.evaluate import check_open_name, evaluate, fail, is_open_name
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import files_beside, locate
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.kinds import Value
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import Dim

# Compiled where they are needed, as none is for most specs.
_CODE = r"(?:\s*(?:import\s[^\n]*|from\s[^\n]*|#[^\n]*)\n)*\s*(?:[^\W\d]\w*\s*=\s*(?=[\w.]*Sequential\b))?"


_YAML_KEY = r"(?m)^[a-z]+:(?:\s|$)"


def read(
    spec: str,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: Dim | None = None,
    limits: Limits | None = None,
) -> Graph:
    """The graph of a spec: a line of text, a file, `-` for standard input, or `zoo:NAME`.

    Raises CnncalcError with everything that is wrong.
    """
    limits = limits or Limits()
    settings = dict(settings or {})
    source, path = locate(spec, settings, limits)

    near = files_beside(path, limits) if path else None
    return read_source(source, path, near, inputs=inputs, settings=settings, batch=batch, limits=limits)


def read_source(
    source: Source,
    path: Path | None,
    beside: Callable[[str], Source] | None,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: Dim | None = None,
    limits: Limits | None = None,
) -> Graph:
    """The graph of a text that has been read. `path` says by its name what it is; `beside` reads a file beside it."""
    limits = limits or Limits()
    given = [_input(text) for text in inputs]
    values = {name: Source("--set", f"{name}={value}") for name, value in (settings or {}).items()}
    with deep_calls():
        if is_yaml(source, path):
            from cnncalc.language.read.document import read_yaml
            from cnncalc.language.read.given import Options

            return read_yaml(source, Options(tuple(given), values, batch, limits, beside))
        return read_text(source, given, values, batch, limits)


def is_yaml(source: Source, path: Path | None) -> bool:
    """Is it YAML? By the file's name, else by its first key."""
    if path is not None and path.suffix.lower() in (".yaml", ".yml"):
        return True
    if "\n" not in source.text.strip():
        return bool(re.match(r"\s*\{", source.text))
    first = re.search(_YAML_KEY, source.text)
    return first is not None and not source.text[: first.start()].replace("---", "").strip(" \n#")


def _input(text: str) -> tuple[str | None, Source]:
    """`3x224x224` or `image=3x224x224`."""
    name, equals, _ = text.partition("=")
    if equals and name.strip().isidentifier():
        return name.strip(), Source("--input", text)
    return None, Source("--input", text)


def read_text(
    source: Source,
    given: Sequence[tuple[str | None, Source]],
    settings: Mapping[str, Source],
    batch: Dim | None,
    limits: Limits,
    final: bool = False,
) -> Graph:
    """A line of the language, or PyTorch's text. `final`: an error is not looked into further."""
    from cnncalc.language.text import torch_text

    text = source.text
    if not text.strip():
        raise CnncalcError(Diagnostic("empty-spec", "the spec is empty", span=Span(source, 0, 0)))
    torch_text.refuse_repr(source)
    torch_text.refuse_code(source)
    code = re.match(_CODE, text)
    parser = Parser(source, code.end() if code else 0, len(text), limits)
    shape, chain = parser.whole()
    builder = Builder(None, limits)
    for name, setting in settings.items():
        if not is_open_name(name):
            place = Span(setting, 0, len(name))
            raise fail("unknown-argument", f"a line of text has no argument {name}", place, "open sizes are capitals")
        check_open_name(name, setting, [source, *(shape for _, shape in given)])
        from cnncalc.language.read.given import set_value

        builder.fix(name, set_value(setting, limits))
    if batch is not None:
        builder.fix(BATCH_NAME, batch)
    dims: tuple[Value, ...] | None = None
    span: Span | None = None
    if shape is not None:
        dims, span = tuple(evaluate(item, builder.scope) for item in shape.items), shape.span
    if given:
        if len(given) > 1 or given[0][0] not in (None, "input"):
            stray = given[0] if given[0][0] not in (None, "input") else given[1]
            place = Span(stray[1], 0, len(stray[0] or stray[1].text))
            raise UsageError(
                Diagnostic("unknown-input", "a line of text has one input", "error", place, (), "-i 3x224x224")
            )
        from cnncalc.language.read.given import shape_text_value

        written, dims = dims, shape_text_value(given[0][1], builder)
        span = Span(given[0][1], 0, len(given[0][1].text))
        builder.replace(written or (), dims, span)
    if dims is None:
        hint = 'write "3x224x224 -> ...", or -i 3x224x224'
        if text.strip() in zoo_names():
            hint = f"write zoo:{text.strip()} for the network of the zoo"
        place = Span(source, parser.tokens[0].start, parser.tokens[0].end)
        raise fail("no-input", "the spec does not say what comes in", place, hint)
    builder.add_input("input", input_shape(dims, span, batch), span)
    try:
        builder.chain(chain)
        return builder.finished()
    except CnncalcError as error:
        if final:
            raise
        from cnncalc.language.read.smallest import with_smallest_input

        raise with_smallest_input(
            error, builder.graph, lambda shapes: read_text(source, shapes, settings, batch, limits, final=True)
        ) from None
