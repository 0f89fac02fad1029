"""What torch's functions take: the names of their arguments, and what has to be given as each.

`torch_takes.txt` has them by the torch that is installed; `CNNCALC_OVERWRITE=1 python -m pytest
tests/torch/test_takes.py` writes it anew. A call that fits none of the ways in which torch takes a function's arguments
is refused, as torch does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cnncalc.diagnostics import listed, nearest
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.dtypes import dtype
from cnncalc.source.errors import NoTensor
from cnncalc.source.sizes import OpenReal, OpenSize
from cnncalc.source.tensor import Tensor

TABLE = Path(__file__).with_name("torch_takes.txt")

KINDS = {
    "T": "a tensor",
    "L": "a list of tensors",
    "n": "a number",
    "i": "a whole number",
    "f": "a number",
    "I": "whole numbers in brackets",
    "O": "whole numbers in brackets",
    "b": "True or False",
    "s": "a word",
    "d": "a type of numbers",
}
"""What can be asked of an argument, by the letters of the table; `.` asks nothing, `?` takes None too, and `=` may be
left out."""

ALSO = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}
"""numpy's names, which torch takes beside its own in the functions that are not written in Python."""


class Argument(NamedTuple):
    """One argument of a function."""

    name: str
    kinds: str
    may_be_none: bool
    optional: bool


class Way(NamedTuple):
    """One of the ways in which a function can be called."""

    positional: tuple[Argument, ...]
    named: tuple[Argument, ...]
    rest: Argument | None  # what all further values are
    plain: bool  # is it written in Python, so that numpy's names are not taken?


@cache
def rows(place: str) -> dict[str, str]:
    """The text of each function of a place of torch's."""
    found: dict[str, str] = {}
    here = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line[1:-1]
        elif here == place:
            names, _, text = line.partition(": ")
            found.update(dict.fromkeys(names.split(), text))
    return found


@cache
def ways(place: str, name: str) -> tuple[Way, ...]:
    """The ways in which a function can be called; none for one whose arguments are not known."""
    text = rows(place).get(name)
    return () if text is None else tuple(map(parsed, text.split(" | ")))


def parsed(text: str) -> Way:
    plain = text.startswith("python ")
    positional: list[Argument] = []
    named: list[Argument] = []
    rest: Argument | None = None
    into = positional
    for part in filter(None, text.removeprefix("python ").strip("()").split(", ")):
        if part == "*":
            into = named
            continue
        name, _, kinds = part.partition(" ")
        one = Argument(name.lstrip("*"), kinds.rstrip("=").rstrip("?"), "?" in kinds, kinds.endswith("="))
        if name.startswith("*"):
            rest, into = one, named
        else:
            into.append(one)
    return Way(tuple(positional), tuple(named), rest, plain)


def checked(place: str, name: str, args: Sequence[Any], named: dict[str, Any]) -> None:
    """Refuse a call that torch refuses for what it is given. Raises NoTensor."""
    every = ways(place, name)
    if not every:
        return
    wrong = []
    for way in every:
        found = misfit(name, way, args, named)
        if found is None:
            return
        wrong.append(found)
    # the way in which most fits is the one that was meant
    best = max(wrong, key=lambda one: one.after)
    raise NoTensor(f"{name}() {best.message}", best.hint, best.given)


class Misfit(NamedTuple):
    """Why a call does not fit, and how many arguments are right before that."""

    after: int
    message: str
    hint: str | None = None
    given: Any = ()


def misfit(name: str, way: Way, args: Sequence[Any], named: dict[str, Any]) -> Misfit | None:
    """Why a call does not fit one way; None where it does."""
    pairs = list(zip(way.positional, args))
    if len(args) > len(way.positional):
        further = args[len(way.positional) :]
        if way.rest is None:
            most = len(way.positional)
            return Misfit(most, f"takes {counted(most)}, but {len(args)} are given")
        pairs += [(way.rest, one) for one in further]
    known = {one.name: one for one in (*way.positional, *way.named)}
    if way.rest is not None:
        known[way.rest.name] = way.rest._replace(kinds=way.rest.kinds.replace("i", "I"))
    seen = {one.name for one in way.positional[: len(args)]}
    right = len(pairs)
    for key, value in named.items():
        own = key if way.plain or key in known else ALSO.get(key, key)
        if own not in known:
            names = [one for one in known if not one.startswith("_")]
            meant = [one for one in (ALSO.get(key), *nearest(key, names)) if one in known]
            hint = f"did you mean {meant[0]}=?" if meant else None
            return Misfit(right, f"takes {listed(names)}, not {key}", hint)
        if own in seen:
            return Misfit(right, f"is given {own} twice")
        seen.add(own)
        pairs.append((known[own], value))
    rest = "" if way.rest is None else way.rest.name
    missing = [one.name for one in known.values() if one.name not in {*seen, rest} and not one.optional]
    for i, (argument, value) in enumerate(pairs):
        if not fits(argument, value):
            wanted = " or ".join(dict.fromkeys(KINDS[kind] for kind in argument.kinds))
            if argument.name != "tensors":
                wanted += f" as {argument.name}"
            hint = f"torch.{name}([a, b], ...) has the tensors in brackets" if argument.kinds == "L" else None
            if letter(value) == "m":
                hint = "a layer gives a tensor where it is called, as in self.layer(x)"
            if letter(value) == "i" and {*argument.kinds} <= {*"IO"}:
                hint = "F.pad(x, (1, 1, 1, 1)) pads two axes" if name == "pad" else f"({value},) is a list of one"
            hint = "// divides without a fraction" if letter(value) == "f" and "i" in argument.kinds else hint
            return Misfit(i, f"takes {wanted}, not {shown(value)}", hint, value)
    if missing:
        return Misfit(len(pairs), f"needs {listed(missing)}")
    return None


def counted(count: int) -> str:
    return f"{count} argument{'s' if count != 1 else ''}"


def fits(argument: Argument, value: Any) -> bool:
    """Does torch take a value for an argument? What is not known to be refused is taken."""
    if argument.kinds == "." or not argument.kinds:
        return True
    kind = letter(value)
    if kind == "?":
        return True
    if kind == "0":
        return argument.may_be_none
    return any(kind in FITTING[wanted] for wanted in argument.kinds) or (
        kind == "l" and any(map(fitting_list(value), argument.kinds))
    )


FITTING = {
    "T": "Tt",
    "L": "",
    "n": "bifct",
    "i": "it",
    "f": "bift",
    "I": "",
    "O": "",
    "b": "b",
    "s": "s",
    "d": "d",
}
"""The letters of values that fit those of an argument; `t` is a tensor of one value without axes."""


def fitting_list(value: Any) -> Any:
    letters = {letter(one) for one in value}
    return lambda wanted: letters <= {*LISTED.get(wanted, "")} and wanted in LISTED


LISTED = {"L": "Tt?", "I": "it?", "O": "it?0"}
"""The letters of values that fit a list."""


def letter(value: Any) -> str:
    """What a value is, as a letter; `?` where nothing is known of it."""
    if isinstance(value, Tensor):
        return "T" if value._shape else "t"
    if value is None:
        return "0"
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int | OpenSize):
        return "i"
    if isinstance(value, float | OpenReal):
        return "f"
    if isinstance(value, complex):
        return "c"
    if isinstance(value, str):
        return "s"
    if isinstance(value, dtype):
        return "d"
    if isinstance(value, list | tuple):
        return "l"
    return "m" if hasattr(type(value), "named_parameters") else "?"


def shown(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, Tensor):
        return "a tensor"
    if isinstance(value, list | tuple):
        return "a list" if isinstance(value, list) else "a tuple"
    return f'"{value}"' if isinstance(value, str) else "a module" if letter(value) == "m" else str(value)
