"""Where a spec comes from: a line of text, a file, standard input, or the zoo."""

from __future__ import annotations

import os
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, nearest
from cnncalc.language.endings import suffixes
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.zoo_files import ZOO, zoo_file

_MODEL = r"(?:[\w./\\-]+\.py|[^\W\d][\w.]+):[^\W\d][\w.]*"  # MODULE:ATTR or FILE.py:ATTR
_WEIGHTS = r"(?i)\.(?:onnx|pth?|pb|h5|keras|tflite|safetensors|caffemodel)$"
_OTHERS = r"(?i)\.(?:txt|py|json|md|prototxt|cfg|csv)$"


def names_file(text: str) -> bool:
    """Does a text end as a file does that can be read as a spec?"""
    return bool(re.search(_OTHERS, text)) or text.lower().endswith(suffixes())


def files_beside(path: Path, limits: Limits) -> Callable[[str], Source]:
    """What reads a file beside a spec; those of the zoo are called as its networks are."""

    def beside(name: str) -> Source:
        there = path.parent / name
        return load(there, limits, f"zoo:{there.stem}" if there.parent == ZOO else None)

    return beside


def locate(spec: str, settings: dict[str, str], limits: Limits) -> tuple[Source, Path | None]:
    """The text that a spec names, and its file. A zoo name sets its variant."""
    if spec == "-":
        return Source("<stdin>", decoded(sys.stdin.buffer.read(limits["bytes"] + 1), "standard input", limits)), None
    typed = Span(Source("<spec>", spec), 0, len(spec))
    if spec.startswith("zoo:"):
        if "->" in spec or "\n" in spec:
            message = f"the zoo has no {spec[4:]}"
            hint = "zoo:NAME is a whole spec, to which a line adds no layers"
            raise CnncalcError(Diagnostic("unknown-zoo-name", message, span=typed, hint=hint))
        path, variant = zoo_file(spec[4:])
        if variant:
            settings.setdefault("variant", variant)
        return load(path, limits, f"zoo:{path.stem}"), path
    if not spec.strip():
        raise CnncalcError(
            Diagnostic("empty-spec", "the spec is empty", span=typed, hint='try "3x224x224 -> conv 64 k7 s2 p3"')
        )
    if "\n" not in spec and "->" not in spec and "(" not in spec and len(spec) < 1000:
        path = Path(spec)
        try:
            exists = path.exists()
        except (OSError, ValueError):
            exists = False
        base, mark, variant = spec.rpartition("#")
        if not exists and mark and variant and names_file(base):
            settings.setdefault("variant", variant)
            return load(Path(base), limits), Path(base)
        if not exists and (ending := re.search(_WEIGHTS, spec)):
            hint = f"cnncalc import MODULE:ATTR reads a PyTorch model; of {ending[0]} files it reads none"
            raise CnncalcError(Diagnostic("missing-file", f"there is no file {spec}", span=typed, hint=hint))
        if not exists and re.fullmatch(_MODEL, spec):
            hint = f"cnncalc import {spec} -i 3x224x224 makes a spec of a model"
            raise CnncalcError(
                Diagnostic("model-as-spec", f"{spec} names a PyTorch model, which is no spec", hint=hint)
            )
        if not exists and not names_file(spec) and " " not in spec and "/" in spec:
            hint = 'a line starts with its input shape: "3x224x224 -> ..."'
            raise CnncalcError(Diagnostic("missing-file", f"there is no file {spec}", span=typed, hint=hint))
        if exists and (ending := re.search(_WEIGHTS, spec)):
            hint = "cnncalc import MODULE:ATTR reads a PyTorch model, and writes it as a spec"
            raise CnncalcError(Diagnostic("not-text", f"{spec} is a {ending[0]} file, which is no spec", hint=hint))
        if exists or names_file(spec):
            return load(path, limits), path
    if len(spec) > limits["bytes"]:
        raise limits.exceeded("bytes", f"the spec has {len(spec):,} characters", None)
    return Source("<spec>", spec), None


def load(path: Path, limits: Limits, name: str | None = None) -> Source:
    """A file as a source. Raises CnncalcError where there is none, or no text in it."""
    shown = str(path)
    try:
        kind = path.stat().st_mode
        if S_ISDIR(kind):
            every = f"`cnncalc check {shown}` checks every spec in it"
            raise CnncalcError(Diagnostic("missing-file", f"{shown} is a folder, not a spec", hint=every))
        if not S_ISREG(kind):
            # A pipe is read only once somebody writes to it, and a device may never end.
            message = f"{shown} is no regular file, but a pipe or a device"
            raise CnncalcError(Diagnostic("missing-file", message, hint="a spec on standard input is -"))
        with path.open("rb") as file:
            # A number of bytes to read would be taken from the memory at once, however short the file is.
            long = os.fstat(file.fileno()).st_size > limits["bytes"]
            data = file.read(limits["bytes"] + 1) if long else file.read()
    except FileNotFoundError:
        near = nearest(path.name, _some_names(path.parent))
        hint = f"did you mean {path.parent / near[0]}?" if near else None
        raise CnncalcError(Diagnostic("missing-file", f"there is no file {shown}", hint=hint)) from None
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CnncalcError(Diagnostic("missing-file", f"{shown} cannot be read: {reason}")) from None
    return Source(name or shown, decoded(data, shown, limits))


def _some_names(folder: Path) -> list[str]:
    """Names in a folder, for a hint."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, 1000)]
    except OSError:
        return []


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


# The zoo
