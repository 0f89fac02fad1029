"""A written name with its arguments becomes a layer: positions, short letters, kinds, did-you-mean."""

from __future__ import annotations

import re
from typing import NoReturn

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, listed, nearest
from cnncalc.graph import Place
from cnncalc.language.run.scope import Scope, Tap, describe, unknown_name
from cnncalc.language.text import synonyms
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Argument as Written
from cnncalc.language.text.tree import Call, Name
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers import Found, Layer, names
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import (
    FALSE,
    TRUE,
    Bool,
    Either,
    Int,
    Ints,
    Kind,
    Sides,
    Sizes,
    Value,
    Word,
    Wrong,
    is_fraction,
)
from cnncalc.layers.layer import WAYS
from cnncalc.layers.shapes import BATCH_NAME, Shapes
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Expr, symbols

WAY = "as"  # the argument of every layer that says how torch's code calls it
SHORT = re.compile(r"([a-z])(\d+(?:x\d+)*)")
LITERAL = r"(?i)-?[\d.]+(?:e[+-]?\d+)?|\d+(?:x\d+)+|['\"(\[].*|None|True|False|true|false|on|off"  # for errors alone


class Given(NamedTuple):
    """An argument with its value and place."""

    key: str | None
    value: Value
    span: Span
    key_span: Span | None


class Bound(NamedTuple):
    """A layer as it is called."""

    layer: Layer
    names: tuple[str, ...]  # for each value in the call, the argument that takes it
    way: str = ""  # how torch's code calls it, where that is not how it usually does


def family_of(call: Call) -> Found:
    """The layers that a call's name stands for, or an error with what was meant."""
    found = find(call.name)
    if found is None:
        raise CnncalcError(unknown_layer(call.name, call.name_span))
    return found


def unknown_layer(name: str, span: Span, more: tuple[str, ...] = ()) -> Diagnostic:
    """The diagnostic for a layer that there is not."""
    bare = name.rpartition(".")[2]
    letters = re.fullmatch(r"([a-z]+?)(\d+(?:x\d+)*)", bare)
    if name.startswith("self."):
        hint = "save the class that has it as net.py, which `cnncalc net.py:Net -i 3x224x224` reads"
        return Diagnostic("unknown-layer", f"{name} is made where the text does not show it", span=span, hint=hint)
    if said := synonyms.explained(name):
        return Diagnostic("unknown-layer", f"there is no layer called {name}", span=span, hint=said)
    if bare in zoo_names():
        hint = f"zoo:{bare} is a whole network, and no layer of another"
        return Diagnostic("unknown-layer", f"there is no layer called {name}", span=span, hint=hint)
    classes = bare[:1].isupper() or name.startswith(("nn.", "torch.nn."))
    near = nearest(bare, sorted([*more, *names()], key=lambda other: other[0].isupper() != classes), 2)
    if near and near[0].lower() == bare.lower():
        near = near[:1]
    hint = f"did you mean {' or '.join(near)}?" if near else "`cnncalc layers` lists all"
    meant = find(letters[1]) if letters and find(bare) is None else None
    if letters and meant:
        member = meant.family.members[0]
        first = positions(member, meant._replace(torch_style=False))[:1]
        hint = f"with a space: {letters[1]} {letters[2]}"
        alone = re.match(r"\s*(?:->|$)", span.source.text[span.end :]) is not None
        if (
            alone
            and getattr(member.arguments.get("kernel_size"), "default", None) is REQUIRED
            and first[0].short != "k"
        ):
            hint = f"with a space, and its kernel: {letters[1]} {letters[2]} k3"
        a_kernel = "x" in letters[2] or int(letters[2][:3]) < 12
        if a_kernel and "kernel_size" in member.arguments and first != [member.arguments["kernel_size"]]:
            hint = f"the kernel is an argument: {letters[1]} {first[0].name} k{letters[2]}"
    return Diagnostic("unknown-layer", f"there is no layer called {name}", span=span, hint=hint)


def member_of(found: Found, rank: int | None, call: Call, values: tuple[Value, ...]) -> type[Layer]:
    """The class for the number of axes that arrive; after a mistake, for as many as its values are written for."""
    family = found.family
    if not family.dims or found.ndim is not None:
        return family.member(found.ndim)
    if rank is None:
        written = [len(value) for value in values if isinstance(value, tuple) and len(value) in family.dims]
        return family.member(next(iter(written), 2 if 2 in family.dims else family.dims[0]))
    ndim = family.layer.axes_for(rank)
    if ndim not in family.dims:
        raise CnncalcError(
            Diagnostic(
                "wrong-rank",
                f"{call.name} needs channels and {family.dims[0]} to {family.dims[-1]} spatial axes, "
                f"but what arrives has {max(0, rank - 1)} {'axis' if rank == 2 else 'axes'} in all",
                span=call.name_span,
                hint="a shape of an image is 3x224x224; unflatten makes axes of features" if rank <= 2 else None,
            )
        )
    return family.member(ndim)


def bind(call: Call, found: Found, member: type[Layer], written_values: tuple[Value, ...], scope: Scope) -> Bound:
    """The layer of a call, whose arguments have the values. Raises CnncalcError at the first that is wrong."""
    if len(call.arguments) > scope.limits["values"]:
        raise scope.limits.exceeded("values", f"{call.name} is given too many values", call.span)
    taken, takers, way = taken_by(call, found, member, written_values, scope)
    values = {**found.preset}
    for key, given in taken.items():
        try:
            values[key] = _read(member, member.arguments[key], given, scope, found.torch_style)
        except CnncalcError as error:
            raise with_class(error, call, member, key, given) from None
    for key, argument in member.arguments.items():
        read_off = argument.inferred and found.torch_style and not found.lazy and argument.in_torch is None
        missing = argument.default is REQUIRED or read_off
        if missing and key not in values:
            _missing(call, member, key, found)
    for key in found.preset:
        values[key] = member.arguments[key].kind.read(values[key], member.ndim)
    for key, argument in member.arguments.items():
        if key in values:
            continue
        if found.torch_style and argument.in_torch is not None:
            values[key] = argument.kind.read(argument.in_torch, member.ndim)
        elif argument.default is not REQUIRED and argument.default is not None:
            values[key] = member.default_value(key)
    return Bound(member(**values), tuple(takers), "" if way is None else _way(member, way))


def with_class(error: CnncalcError, call: Call, member: type[Layer], key: str, given: Given) -> CnncalcError:
    """The error, with PyTorch's class as its hint where a number stands for yes or no: `fc(64, 10)`."""
    only = error.diagnostics[0]
    infers = any(argument.inferred for argument in member.arguments.values())
    plain = isinstance(given.value, int) and isinstance(member.arguments[key].kind, Bool)
    if only.hint or not (plain and infers and call.bracketed and given.key is None and member.torch):
        return error
    text = call.span.text
    return CnncalcError(only._replace(hint=f"in PyTorch's order it is {member.torch}{text[text.index('(') :]}"))


def taken_by(
    call: Call, found: Found, member: type[Layer], written_values: tuple[Value, ...], scope: Scope
) -> tuple[dict[str, Given], list[str], Given | None]:
    """What each argument is given, for each value of the call the argument that takes it, and how torch calls it."""
    taken: dict[str, Given] = {}
    takers: list[str] = []
    order = positions(member, found)
    shorts = {a.short: a for a in member.arguments.values() if a.short}
    at = 0
    way: Given | None = None
    for written, value in zip(call.arguments, written_values):
        if written.key in synonyms.UNSAID and written.key not in member.arguments:
            takers.append("")
            continue
        given = _given(written, value, scope, shorts)
        if given.key == WAY:
            if way is not None:
                _fail(
                    "duplicate-argument",
                    f"{WAY} of {member.name} is given twice",
                    given.key_span or given.span,
                    "leave one out",
                )
            way = given
            takers.append(WAY)
            continue
        if given.key is None:
            if at >= len(order):
                _too_many(call, member, found, given, order)
            argument = order[at]
            if argument.variadic and (argument.name not in taken or taken[argument.name].key is None):
                _add_variadic(taken, argument, given)
                takers.append(argument.name)
                continue
            at += 1
        else:
            argument = _keyed(call, member, given, shorts, found)
        if argument.name in taken:
            _no_layer(given)
            if given.key is None and isinstance(given.value, Word):
                _stray_word(member, given)
            _fail(
                "duplicate-argument",
                f"{argument.name} of {member.name} is given twice",
                given.key_span or given.span,
                "leave one out",
            )
        taken[argument.name] = given
        takers.append(argument.name)
    return taken, takers, way


def _way(member: type[Layer], given: Given) -> str:
    """How torch's code calls the layer; empty where it is the usual way."""
    word = given.value
    modules = ("module", "derived")
    can = [way for way in WAYS if way not in modules or member.usual_way in modules]
    if word not in can:
        near = nearest(str(word), can)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(can)}"
        if word in modules:
            message = f"torch has no module for {member.name}"
        else:
            message = f"{WAY} says how torch's code calls {member.name}, and {describe(word)} is no such way"
        _fail("bad-argument", message, given.span, hint)
    return "" if word == member.usual_way else str(word)


def place_of(call: Call, bound: Bound) -> Place:
    """Where a call and the values of its arguments are written."""
    return Place(call.span, bound.names, tuple([argument.value.span for argument in call.arguments]))


def check_arguments(bound: Bound, call: Call, xs: Shapes = ()) -> None:
    """Raises CnncalcError for arguments that no input could satisfy."""
    site = Site()
    try:
        bound.layer.check(site)
    except Refusal as refusal:
        from cnncalc.layers.meant import hint_for

        finding = refusal.finding
        finding = finding._replace(hint=hint_for(bound.layer, finding, xs) or finding.hint)
        place = place_of(call, bound).argument(finding.arg) or call.span
        raise CnncalcError(
            Diagnostic(finding.code, finding.message, span=place, notes=finding.notes, hint=finding.hint)
        ) from None


def positions(member: type[Layer], found: Found) -> list[Argument]:
    """The arguments that bare values fill, in order."""
    if found.torch_style:
        return [a for a in member.arguments.values() if not a.at_call and not (a.inferred and found.lazy)]
    if member.positional is not None:
        return [member.arguments[key] for key in member.positional]
    return [a for a in member.arguments.values() if not a.inferred]


def _given(written: Written, value: Value, scope: Scope, shorts: dict[str, Argument]) -> Given:
    node = written.value
    if written.key is None and isinstance(value, Word) and isinstance(node, Name):
        # k3, k3x5: the short letter with its number.
        match = SHORT.fullmatch(value)
        if match and match[1] in shorts:
            parts = match[2].split("x")
            if any(len(part) > scope.limits["digits"] for part in parts):
                raise scope.limits.exceeded("digits", "this number has too many digits", node.span)
            sizes = tuple(map(int, parts))
            return Given(match[1], sizes if len(sizes) > 1 else sizes[0], written.span, written.span)
    return Given(written.key, value, node.span, written.key_span)


def _add_variadic(taken: dict[str, Given], argument: Argument, given: Given) -> None:
    before = taken.get(argument.name)
    if before is None:
        taken[argument.name] = given._replace(value=listed_value(given.value))
    else:
        both = (*listed_value(before.value), *listed_value(given.value))
        taken[argument.name] = before._replace(value=both, span=before.span.to(given.span))


def listed_value(value: Value) -> tuple[Value, ...]:
    """The value as a list of one or more."""
    return value if isinstance(value, tuple) else (value,)


def _keyed(call: Call, member: type[Layer], given: Given, shorts: dict[str, Argument], found: Found) -> Argument:
    key = given.key or ""
    argument = member.arguments.get(key) or shorts.get(key)
    if argument is None and (meant := synonyms.argument(key, member.arguments)):
        argument = member.arguments[meant]
    if argument is not None and not (argument.at_call and found.torch_style and not call.passed):
        return argument
    if argument is not None:
        message = f"{call.name} takes {key} when it is called, and not when it is made"
        _fail("unknown-argument", message, given.key_span or given.span, f"{member.name} takes it as an argument")
    near = nearest(key, [*member.arguments, *(a for a in shorts if a)])
    hint = synonyms.ARGUMENTS_EXPLAINED.get(key) or (f"did you mean {near[0]}?" if near else None)
    if isinstance(given.value, str) and find(given.value) is not None and hint is not None:
        hint = hint.replace("-> relu", f"-> {given.value}")
    if hint is None:
        hint = f"it has {listed(list(member.arguments))}" if member.arguments else "it takes none"
    _fail("unknown-argument", f"{member.name} has no argument {key}", given.key_span or given.span, hint)


def _too_many(call: Call, member: type[Layer], found: Found, given: Given, positions: list[Argument]) -> NoReturn:
    if isinstance(given.value, Word) and (match := SHORT.fullmatch(given.value)):
        _no_short(member, match[1], given.span)
    _no_layer(given)
    takes = listed([a.name for a in positions])
    inferred = [a.name for a in member.arguments.values() if a.inferred] if not found.torch_style else []
    hint = f"{listed(inferred)} is read off the input; leave it out" if inferred else None
    bare = sum(argument.key is None for argument in call.arguments)
    came = f"{bare} are given" if bare > 1 else f"the value {describe(given.value)} is given"
    message = f"{call.name} takes {_count(len(positions))}{f' ({takes})' if takes else ''}, but {came}"
    _fail("too-many-values", message, given.span, hint)


def _no_layer(given: Given) -> None:
    """Refuse a layer among the values of another, where an arrow has been forgotten."""
    if isinstance(given.value, Word) and given.key is None and find(given.value) is not None:
        _fail(
            "bad-argument",
            f"{given.value} is a layer, where a value is expected",
            given.span,
            "layers are joined by ->",
        )


def _stray_word(member: type[Layer], given: Given) -> NoReturn:
    """Refuse a bare word that defines nothing, where each argument has its value already."""
    word = given.value
    assert isinstance(word, Word)
    if match := SHORT.fullmatch(word):
        _no_short(member, match[1], given.span)
    shorts = {a.short: a for a in member.arguments.values() if a.short}
    off = word.removeprefix("no").lstrip("_")
    if (named := _named(member, word)) and named not in choices(member.arguments[named].kind):
        _fail("unknown-name", f"nothing here is called {word}", given.span, f"write {named}=VALUE")
    hint = f"the arguments are {listed(list(member.arguments))}"
    if word[0] in shorts and word[1:] in choices(shorts[word[0]].kind):
        hint = f"write {word[0]}={word[1:]}"
    elif off in member.arguments:
        hint = f"write {off}=no" if off != word else f"write {word}=VALUE"
    elif others := _that_take(member, word):
        hint = f"did you mean {others[0]}={word}?"
    _fail("unknown-name", f"nothing here is called {word}", given.span, hint)


def _named(member: type[Layer], word: str) -> str | None:
    """The argument that a bare word names, which needs a = after it."""
    plain = word in ("kernel", "pad", "pads", "strides", "scale")
    return word if word in member.arguments else synonyms.argument(word, member.arguments) if plain else None


def _no_short(member: type[Layer], letter: str, span: Span) -> NoReturn:
    factors = [a for a in member.arguments.values() if a.name in ("scale_factor", "upscale_factor")]
    if factors and letter in "sxk":
        hint = f"write {member.stem} {span.text[1:]} for a factor of {span.text[1:]}"
        _fail("unknown-argument", f"{member.name} has no short argument {letter}", span, hint)
    letters = [f"{a.short} for {a.name}" for a in member.arguments.values() if a.short]
    hint = f"it has {listed(letters)}" if letters else f"it has {listed(list(member.arguments))}"
    _fail("unknown-argument", f"{member.name} has no short argument {letter}", span, hint)


def _count(n: int) -> str:
    return "no values" if n == 0 else "one value" if n == 1 else f"{n} values"


def _read(member: type[Layer], argument: Argument, given: Given, scope: Scope, torch_style: bool) -> Value:
    value = given.value
    if isinstance(value, Tap):
        _fail("wrong-kind", f"{argument.name} of {member.name} is {argument.kind.text}, not a layer", given.span)
    kind = argument.kind
    if isinstance(kind, Int) and not kind.batch and isinstance(value, Expr) and BATCH_NAME in symbols(value):
        _fail(
            "bad-argument",
            f"{argument.name} of {member.name} cannot be {value}, as N is the batch",
            given.span,
            "another capital is an open size, such as C",
        )
    if argument.same_as and (value is None or value == "None"):
        return None
    if argument.default is None and not argument.inferred and (value is None or value == "None"):
        return None
    if is_fraction(value) and _takes_whole(argument.kind) and value.denominator != 1:
        _fail(
            "bad-argument",
            f"{argument.name} of {member.name} is {argument.kind.text}, not {describe(value)}",
            given.span,
            "int(...), round(...) and ceil(...) make whole numbers",
            worked_out(given),
        )
    try:
        return (kind.read_torch if torch_style else kind.read)(value, member.ndim)
    except Wrong as wrong:
        words = choices(argument.kind)
        if isinstance(value, Word) and (match := SHORT.fullmatch(value)):
            _no_short(member, match[1], given.span)
        _no_layer(given)
        if isinstance(value, Word) and not words and value not in TRUE | FALSE and not isinstance(argument.kind, Bool):
            _no_name(member, argument, given, scope)
        message = f"{argument.name} of {member.name} {wrong}"
        hint = None
        if isinstance(value, str):
            hint = _word_hint(member, argument, value, words)
            if not isinstance(value, Word) and not words:
                message = f"{argument.name} of {member.name} is {argument.kind.text}, not the text {value!r}"
                hint = "leave the quotes out"
        _fail("bad-argument", message, given.span, hint, worked_out(given))


def worked_out(given: Given) -> tuple[str, ...]:
    """A note on what the text of an argument comes to, where the text does not say it itself."""
    text, came = given.span.text, describe(given.value)
    if text == came or re.fullmatch(LITERAL, text) or SHORT.fullmatch(text) or "\n" in text:
        return ()
    return (f"{text} is {came} here",)


def _word_hint(member: type[Layer], argument: Argument, value: str, words: tuple[str, ...]) -> str | None:
    """The word that may have been meant, or the argument."""
    if near := nearest(value, words):
        return f"did you mean {near[0]}?"
    others = _that_take(member, value, argument)
    return f"did you mean {others[0]}={value}?" if others else None


def _that_take(member: type[Layer], word: str, but: Argument | None = None) -> list[str]:
    """The arguments that a word is a value of."""
    return [a.name for a in member.arguments.values() if a is not but and word in choices(a.kind)]


def _no_name(member: type[Layer], argument: Argument, given: Given, scope: Scope) -> NoReturn:
    """A bare name that nothing defines, where a number is wanted."""
    letter = next((a for a in member.arguments.values() if a.short == given.value), None)
    takes_open = getattr(getattr(argument.kind, "item", argument.kind), "open", False)
    diagnostic = unknown_name(str(given.value), given.span, scope, opens=takes_open).diagnostics[0]
    if given.key is None and (named := _named(member, str(given.value))):
        diagnostic = diagnostic._replace(hint=f"write {named}=VALUE")
    if letter is not None and given.key is None:
        diagnostic = diagnostic._replace(hint=f"{given.value}3, without a space, makes {letter.name} 3")
    elif others := _that_take(member, str(given.value), argument):
        diagnostic = diagnostic._replace(hint=f"did you mean {others[0]}={given.value}?")
    raise CnncalcError(diagnostic._replace(notes=worked_out(given))) from None


def choices(kind: Kind[object]) -> tuple[str, ...]:
    """The words that an argument can be."""
    if isinstance(kind, Either):
        return tuple(word for each in kind.kinds for word in choices(each))
    return tuple(getattr(kind, "words", ()))


def _takes_whole(kind: Kind[object]) -> bool:
    return isinstance(kind, Int | Ints | Sides | Sizes)


def _missing(call: Call, member: type[Layer], key: str, found: Found) -> NoReturn:
    style = call.name if found.torch_style else member.name
    order = ", ".join(a.name for a in positions(member, found) if a.default is REQUIRED or a.inferred)
    hint = f"PyTorch writes {call.name}({order})" if found.torch_style else None
    if key == "kernel_size" and not found.torch_style and call.arguments and not call.bracketed:
        hint = f"add its kernel: {call.span.text} {'k2 s2' if 'transpose' in member.name else 'k3'}"
    elif not found.torch_style:
        hint = f"for example `{member.example.rpartition('-> ')[2].format(name=call.name)}`"
    _fail("missing-argument", f"{style} needs {key}", call.span, hint)


def _fail(code: str, message: str, span: Span, hint: str | None = None, notes: tuple[str, ...] = ()) -> NoReturn:
    raise CnncalcError(Diagnostic(code, message, span=span, notes=notes, hint=hint))
