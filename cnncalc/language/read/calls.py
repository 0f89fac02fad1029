"""Items of YAML that hold a call: `- conv: [64, k7]`, `- conv: {out_channels: 64, kernel_size: 7}`, `- cat: [a, b]`.

A key in front of chains is the name of a level. Where it is the name of a layer and what it holds are values, no chain
could be meant, and the item is the layer with these arguments. Where both could be meant, it is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.language.run.bind import SHORT, family_of, member_of
from cnncalc.language.text.inline import takes_layers
from cnncalc.language.text.synonyms import argument, find
from cnncalc.language.text.tree import Argument, Call, Chain, Name, Several
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree
from cnncalc.layers.kinds import FALSE, TRUE

if TYPE_CHECKING:
    from cnncalc.language.read.texts import Texts
    from cnncalc.language.run.builder import Builder

RUNNING = ("identity", "input")  # names of values that are in merges without having been given


def call_of(texts: Texts, builder: Builder, key: Scalar, tree: Tree) -> Call | None:
    """The call that an item says; None where its key is the name of a layer or of a level.

    Raises CnncalcError where it could be either.
    """
    name = key.text
    if key.span.text.startswith("'"):
        return None
    own = name in builder.blocks or name in builder.shared
    found = None if own else find(name)
    if found is None and not own:
        return None
    fewest, most = found.family.layer.inputs if found else (1, 1)
    merges = fewest > 1 or most is None
    if isinstance(tree, Scalar):
        return _of_text(texts, key, tree, merges, own)
    if isinstance(tree, Table):
        return _of_table(texts, builder, key, tree, own)
    values = [_is_value(texts, builder, item) for item in tree.items]
    if merges and (not all(values) or not tree.items):
        _refuse_either(key, tree)
    if not any(values):
        return None
    if not all(values):
        if any(
            isinstance(item, Scalar) and not re.fullmatch(r"[^\W\d][\w.]*", item.text)
            for item in (item for item, value in zip(tree.items, values) if value)
        ):
            _refuse_either(key, tree)
        return None
    if merges:
        branches = [texts.chain(item) for item in tree.items if isinstance(item, Scalar)]
        return Call(name, key.span, [], branches, key.span.to(tree.span), True)
    arguments = [_argument(texts, item, takes_layers(name)) for item in tree.items]
    return Call(name, key.span, arguments, [], key.span.to(tree.span), True)


def _of_text(texts: Texts, key: Scalar, scalar: Scalar, merges: bool, own: bool) -> Call | None:
    """`- conv: 64 k7`, `- cat: a, b`, `- flatten:`"""
    if not scalar.text:
        return Call(key.text, key.span, [], [], key.span, False)
    parser = texts.parser(scalar)
    arguments: list[Argument] = []
    branches: list[Chain] = []
    try:
        while parser.next.kind != "end":
            if merges and parser.chain_ahead():
                branches.append(parser.chain())
            else:
                arguments.append(parser.argument(takes_layers(key.text)))
            if parser.next.kind == ",":
                parser.take()
            elif branches:
                break
    except CnncalcError:
        return None
    if parser.next.kind != "end":
        return None
    return Call(key.text, key.span, arguments, branches, key.span.to(scalar.span), False)


def _of_table(texts: Texts, builder: Builder, key: Scalar, table: Table, own: bool) -> Call | None:
    """`- conv: {out_channels: 64, kernel_size: 7}`, where all keys are arguments and all values are values"""
    if own:
        names = (
            {parameter.name for parameter in builder.blocks[key.text].parameters}
            if key.text in builder.blocks
            else set()
        )
    else:
        call = Call(key.text, key.span, [], [], key.span, False)
        found = family_of(call)
        shape = builder.shape(None)
        member = member_of(found, None if shape is None else len(shape), call, ())
        names = {*member.arguments, *(a.short for a in member.arguments.values() if a.short)}
    if not table.entries or not all(k.text in names or (not own and argument(k.text, names)) for k, _ in table.entries):
        return None
    if not all(_is_value(texts, builder, value) for _, value in table.entries):
        return None
    arguments = []
    for k, value in table.entries:
        given = _argument(texts, value, takes_layers(key.text))
        arguments.append(Argument(k.text, k.span, given.value, k.span.to(value.span)))
    return Call(key.text, key.span, arguments, [], key.span.to(table.span), True)


def _is_value(texts: Texts, builder: Builder, tree: Tree) -> bool:
    """Is this a value among arguments, and no chain of layers?"""
    if isinstance(tree, List):
        return all(_is_value(texts, builder, item) for item in tree.items)
    if isinstance(tree, Table) or not tree.text:
        return False
    parser = texts.parser(tree)
    try:
        given = parser.argument()
    except CnncalcError:
        return False
    if parser.next.kind != "end":
        return False
    if given.key is not None or not isinstance(given.value, Name):
        return not isinstance(given.value, Call) and not _is_call(given.value, builder)
    name = given.value.text
    if name in RUNNING or name in TRUE | FALSE or name == "None" or SHORT.fullmatch(name):
        return True
    if name in builder.blocks or name in builder.shared:
        return False
    return name in builder.locals or builder.level.find(name)[1] or find(name) is None


def _is_call(node: object, builder: Builder) -> bool:
    """Does an expression such as `double(64)` call a layer or a block, and no function?"""
    name = getattr(node, "name", None)
    return isinstance(name, str) and (name in builder.blocks or find(name) is not None)


def _argument(texts: Texts, tree: Tree, layers: bool) -> Argument:
    if isinstance(tree, List):
        items = [_argument(texts, item, layers).value for item in tree.items]
        return Argument(None, None, Several(items, tree.span, square=True), tree.span)
    assert isinstance(tree, Scalar)
    return texts.parser(tree).argument(layers)


def _refuse_either(key: Scalar, tree: List) -> None:
    name = key.text
    texts = [item.span.text for item in tree.items if isinstance(item, Scalar)]
    whole = len(texts) == len(tree.items) > 0 and not any("\n" in text for text in texts)
    call = f"write {name}({', '.join(texts)}) for the layer" if whole else f"{name}(...) is the layer"
    message = f"{name} is the name of a layer, and is used here as that of a level, whose items run one after the other"
    raise CnncalcError(
        Diagnostic("ambiguous-name", message, span=key.span, hint=f"{call}, or '{name}': in quotes for the level")
    )
