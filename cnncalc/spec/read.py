"""Where a spec comes from, and which of the languages it is written in."""

from __future__ import annotations

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed, nearest
from cnncalc.graph import Graph
from cnncalc.layers.base import BATCH_NAME
from cnncalc.layers.kinds import Value
from cnncalc.spec.build import Builder, deep_calls, input_shape
from cnncalc.spec.evaluate import check_open_name, evaluate, fail, is_open_name
from cnncalc.spec.inline import Parser
from cnncalc.spec.limits import Limits
from cnncalc.symbolic.expr import Dim

ZOO = Path(__file__).parent.parent / "zoo"
# Compiled where they are needed, as none is for most specs.
_CODE = r"(?:\s*(?:import\s[^\n]*|from\s[^\n]*|#[^\n]*)\n)*\s*(?:[^\W\d]\w*\s*=\s*(?=[\w.]*Sequential\b))?"
_YAML_KEY = r"(?m)^[a-z]+:(?:\s|$)"
_MODEL = r"(?:[\w./\\-]+\.py|[^\W\d][\w.]+):[^\W\d][\w.]*"  # MODULE:ATTR or FILE.py:ATTR
_FILE = r"(?i)\.(?:ya?ml|txt|py|json|md)$"


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


def files_beside(path: Path, limits: Limits) -> Callable[[str], Source]:
    """What reads a file beside a spec; those of the zoo are called as its networks are."""

    def beside(name: str) -> Source:
        there = path.parent / name
        return load(there, limits, f"zoo:{there.stem}" if there.parent == ZOO else None)

    return beside


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
            from cnncalc.spec.yaml_file import Options, read_yaml

            return read_yaml(source, Options(tuple(given), values, batch, limits, beside))
        return read_text(source, given, values, batch, limits)


def locate(spec: str, settings: dict[str, str], limits: Limits) -> tuple[Source, Path | None]:
    """The text that a spec names, and its file. A zoo name sets its variant."""
    if spec == "-":
        return Source("<stdin>", decoded(sys.stdin.buffer.read(limits["bytes"] + 1), "standard input", limits)), None
    if spec.startswith("zoo:"):
        path, variant = zoo_file(spec[4:])
        if variant:
            settings.setdefault("variant", variant)
        return load(path, limits, f"zoo:{path.stem}"), path
    if not spec.strip():
        raise CnncalcError(Diagnostic("empty-spec", "the spec is empty", hint='try "3x224x224 -> conv 64 k7 s2 p3"'))
    if "\n" not in spec and "->" not in spec and "(" not in spec and len(spec) < 1000:
        path = Path(spec)
        try:
            exists = path.exists()
        except (OSError, ValueError):
            exists = False
        if not exists and re.fullmatch(_MODEL, spec):
            hint = f"cnncalc import {spec} -i 3x224x224 makes a spec of a model"
            raise CnncalcError(
                Diagnostic("model-as-spec", f"{spec} names a PyTorch model, which is no spec", hint=hint)
            )
        if exists or re.search(_FILE, spec) or (" " not in spec and "/" in spec):
            return load(path, limits), path
    if len(spec) > limits["bytes"]:
        raise limits.exceeded("bytes", f"the spec has {len(spec):,} characters", None)
    return Source("<spec>", spec), None


def load(path: Path, limits: Limits, name: str | None = None) -> Source:
    """A file as a source. Raises CnncalcError where there is none, or no text in it."""
    shown = str(path)
    try:
        if path.is_dir():
            every = f"`cnncalc check {shown}` checks every spec in it"
            raise CnncalcError(Diagnostic("missing-file", f"{shown} is a folder, not a spec", hint=every))
        with path.open("rb") as file:
            data = file.read(limits["bytes"] + 1)
    except FileNotFoundError:
        near = nearest(path.name, [p.name for p in path.parent.glob("*")][:1000]) if path.parent.is_dir() else []
        hint = f"did you mean {path.parent / near[0]}?" if near else None
        raise CnncalcError(Diagnostic("missing-file", f"there is no file {shown}", hint=hint)) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CnncalcError(Diagnostic("missing-file", f"{shown} cannot be read: {reason}")) from None
    return Source(name or shown, decoded(data, shown, limits))


def decoded(data: bytes, name: str, limits: Limits) -> str:
    """The text of a file, without a byte order mark. Raises CnncalcError where it is no text, or too long."""
    if len(data) > limits["bytes"]:
        raise limits.exceeded("bytes", f"{name} has more than {limits['bytes']:,} bytes", None)
    try:
        text = data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CnncalcError(
            Diagnostic("not-text", f"{name} is not UTF-8 text: byte 0x{data[error.start]:02X} in line {line}")
        ) from None
    if "\0" in text:
        raise CnncalcError(Diagnostic("not-text", f"{name} is not text: it has zero bytes"))
    return text.replace("\r\n", "\n")


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
    from cnncalc.spec import torch_text

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
        from cnncalc.spec.yaml_file import set_value

        builder.fix(name, set_value(setting, limits))
    if batch is not None:
        builder.fix(BATCH_NAME, batch)
    dims: tuple[Value, ...] | None = None
    span: Span | None = None
    if shape is not None:
        dims, span = tuple(evaluate(item, builder.scope) for item in shape.items), shape.span
    if given:
        if len(given) > 1 or given[0][0] not in (None, "input"):
            raise UsageError(Diagnostic("unknown-input", "a line of text has one input", hint="-i 3x224x224"))
        from cnncalc.spec.yaml_file import shape_text_value

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
        from cnncalc.spec.smallest import with_smallest_input

        raise with_smallest_input(
            error, builder.graph, lambda shapes: read_text(source, shapes, settings, batch, limits, final=True)
        ) from None


# The zoo


def zoo_names() -> dict[str, tuple[Path, str | None]]:
    """Every name in the zoo, with its file and its variant there."""
    return {name: place for path in sorted(ZOO.glob("*.yaml")) for name, place in names_in(path).items()}


def names_in(path: Path) -> dict[str, tuple[Path, str | None]]:
    """The names in a file of the zoo: its variants, or its own where it has none. Reads its text, not its YAML."""
    variants = variant_names(path.read_text(encoding="utf-8"))
    if variants or path.stem.startswith("_"):
        return {name: (path, name) for name in variants}
    return {path.stem: (path, None)}


def variant_names(text: str) -> list[str]:
    """The keys under `variants:`, which stand at the same depth."""
    match = re.search(r"^variants:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", text, re.MULTILINE)
    return re.findall(r"^ {2}(\w+):", match[1], re.MULTILINE) if match else []


def zoo_file(name: str) -> tuple[Path, str | None]:
    """The file of a zoo name, and its variant there."""
    for path in sorted(ZOO.glob("*.yaml"), key=lambda path: not name.startswith(path.stem)):  # the likely ones first
        if place := names_in(path).get(name):
            return place
    near = nearest(name, list(zoo_names()), 3)
    hint = f"did you mean {listed(near, 'or')}?" if near else "`cnncalc zoo` lists all"
    raise CnncalcError(Diagnostic("unknown-zoo-name", f"the zoo has no {name}", hint=hint))
