"""Which of the languages a spec is written in, and its graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed
from cnncalc.graph import Graph
from cnncalc.language.endings import ending_of, read_file
from cnncalc.language.run.builder import deep_calls
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.inputs import input_shape
from cnncalc.language.run.interpreter import Interpreter
from cnncalc.language.run.scope import Key, check_open_name, fail, is_open_name
from cnncalc.language.text import synonyms
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import files_beside, locate
from cnncalc.language.text.tree import Several
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.kinds import Value
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import Dim

# Compiled where they are needed, as none is for most specs.
_CODE = r"(?:\s*(?:import\s[^\n]*|from\s[^\n]*|#[^\n]*)\n)*\s*(?:[^\W\d]\w*\s*=\s*(?=[\w.]*Sequential\b))?"


_YAML_KEY = r"(?m)^[a-z_]+:(?:\s|$)"


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
    unknowns: Mapping[Key, Value] | None = None,
) -> Graph:
    """The graph of a text that has been read. `path` says by its name what it is; `beside` reads a file beside it."""
    limits = limits or Limits()
    given = [read_input(text) for text in inputs]
    values = {name: Source("--set", f"{name}={value}") for name, value in (settings or {}).items()}

    def as_it_is(source: Source, ending: str, final: bool = False) -> Graph:
        if ending:
            from cnncalc.language.read.given import Options

            options = Options(tuple(given), values, batch, limits, beside, unknowns=unknowns)
            return read_file(ending, source, options)
        return read_text(source, given, values, batch, limits, final=final, unknowns=unknowns)

    with deep_calls():
        ending = form_of(source, path)
        yaml = ending == "yaml"
        try:
            return as_it_is(source, ending)
        except CnncalcError as error:
            elsewhere = isinstance(error, UsageError) and error.diagnostics[0].code != "bad-shape"
            own = ending not in ("", "yaml")  # in a language of its own
            if unknowns is not None or elsewhere or own or source.name.startswith("zoo:"):
                raise
            from cnncalc.language.foreign.propose import with_proposal

            def again(text: str, others: list[str], explained: bool) -> Graph:
                if text.startswith("zoo:"):
                    name, shapes, own = with_options(text)
                    return read(name, inputs=shapes, settings=own, limits=limits)
                given[:] = [read_input(other) for other in others]
                return as_it_is(Source(source.name, text), ending if "\n" in text else "", final=not explained)

            raise with_proposal(error, source, yaml, list(inputs), again, limits) from None


def with_options(command: str) -> tuple[str, list[str], dict[str, str]]:
    """A spec, its inputs and its settings.

    >>> with_options("zoo:resnet18 -i 3x64x64 --set num_classes=10")
    ('zoo:resnet18', ['3x64x64'], {'num_classes': '10'})
    """
    spec, *options = re.split(r" (?=--set |-i )", command)
    given = [option.removeprefix("-i ") for option in options if option.startswith("-i ")]
    settings = (option.removeprefix("--set ").partition("=") for option in options if option.startswith("--set "))
    return spec, given, {name: value for name, _, value in settings}


def form_of(source: Source, path: Path | None) -> str:
    """The ending of the files in whose language a text is: by its own file's name, else `yaml` by its first key.

    Empty for a line of the language, and for the text of other tools.
    """
    return ending_of(path) or ("yaml" if _looks_like_yaml(source) else "")


def _looks_like_yaml(source: Source) -> bool:
    if "\n" not in source.text.strip():
        return source.text.lstrip().startswith("{")
    first = re.search(_YAML_KEY, source.text)
    return first is not None and not source.text[: first.start()].replace("---", "").strip(" \n#")


def names_a_value(text: str) -> bool:
    """Is the first word the name of what comes after `=`?"""
    name, equals, _ = text.partition("=")
    return bool(equals) and name.strip().replace("_", "a").isalnum()


def read_input(text: str) -> tuple[str | None, Source]:
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
    unknowns: Mapping[Key, Value] | None = None,
) -> Graph:
    """A line of the language, or PyTorch's text. `final`: an error is not looked into further."""
    from cnncalc.language.text import torch_text

    text = source.text
    if not text.strip():
        raise CnncalcError(Diagnostic("empty-spec", "the spec is empty", span=Span(source, 0, 0)))
    torch_text.refuse_repr(source)
    several: dict[str, Several] = {}
    if names_a_value(text):
        parser = Parser(source, 0, len(text), limits)
        several = parser.named_shapes()
    if several:
        shape, chain = None, parser.whole_chain()
    else:
        torch_text.refuse_code(source, [text.text for _, text in given])
        code = re.match(_CODE, text) if not text.lstrip()[:1].isdecimal() else None
        parser = Parser(source, code.end() if code else 0, len(text), limits)
        shape, chain = parser.whole()
    builder = Interpreter(None, limits, unknowns=unknowns)
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
    names = [name for name, _ in given if name is not None]
    if several or (shape is None and len(names) == len(given) and names not in ([], ["input"])):
        named_inputs(builder, several, given, batch)
    elif given:
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
    if dims is None and not builder.graph.inputs:
        hint = 'write "3x224x224 -> ...", or -i 3x224x224'
        word = text.strip()
        if word.lower() in synonyms.COMMANDS:
            hint = f"did you mean `cnncalc {synonyms.COMMANDS[word.lower()]}`?"
        if text.strip() in zoo_names():
            hint = f"write zoo:{text.strip()} for the network of the zoo"
        if re.match(r"(?i)inputs?\b", word):
            hint = "the shape of the input starts the line: 3x224x224 -> ..."
        place = Span(source, parser.tokens[0].start, parser.tokens[0].end)
        raise fail("no-input", "the spec does not say what comes in", place, hint)
    if dims is not None:
        builder.add_input("input", input_shape(dims, span, batch), span)
    try:
        builder.chain(chain)
        return builder.finished()
    except CnncalcError as error:
        if final or unknowns is not None:
            raise
        from cnncalc.language.read.smallest import with_smallest_input

        raise with_smallest_input(
            error, builder.graph, lambda shapes: read_text(source, shapes, settings, batch, limits, final=True)
        ).reached(builder.graph) from None


def named_inputs(
    builder: Interpreter, written: Mapping[str, Several], given: Sequence[tuple[str | None, Source]], batch: Dim | None
) -> None:
    """Add the inputs of a line that names them, `a=10x512, b=20x512 -> ...`, or those that the caller names."""
    from cnncalc.language.read.given import shape_text_value

    shapes: dict[str, tuple[tuple[Value, ...], Span]] = {
        name: (tuple(evaluate(item, builder.scope) for item in shape.items), shape.span)
        for name, shape in written.items()
    }
    names = list(shapes)
    for at, (name, source) in enumerate(given):
        span = Span(source, 0, len(source.text))
        key = name or (names[at] if at < len(names) else None)
        if key is None or (written and key not in shapes):
            hint = f"it has {listed(names)}" if names else "-i NAME=3x224x224"
            raise UsageError(
                Diagnostic("unknown-input", f"there is no input {key or span.text}", "error", span, (), hint)
            )
        dims = shape_text_value(source, builder)
        builder.replace(shapes[key][0] if key in shapes else (), dims, span)
        shapes[key] = (dims, span)
    for key, (dims, span) in shapes.items():
        builder.add_input(key, input_shape(tuple(map(builder.put_in, dims)), span, batch), span)
