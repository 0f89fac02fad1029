"""The YAML language as a JSON Schema, by which editors complete and check a spec as it is typed.

The keys and their descriptions are those that `cnncalc.language.read.document` reads. A schema sees where lists,
tables and texts are; what a chain says is checked by `cnncalc` alone, and the layers with their arguments are under
`$defs` for those who write tools. Every legal spec is valid.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

from cnncalc.analysis.costs import plain
from cnncalc.analysis.expectations import NAMES as EXPECTED
from cnncalc.analysis.expectations import OF_LAYER, SHAPES
from cnncalc.language.read.body import CONTROL, MARKS, PARTS
from cnncalc.language.read.document import KEYS
from cnncalc.language.read.frozen import ADD_NOTHING
from cnncalc.language.read.running import OF_VARIANT
from cnncalc.layers import Layer, families
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import Bool, Choice, Int, Number

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}  # a YAML reader makes numbers of some texts
NAMES: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


def part(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def table(of: Schema, **more: Any) -> Schema:
    """Names with values; none at all where nothing comes after the colon."""
    return {"type": ["object", "null"], "additionalProperties": of, **more}


FORMS: dict[str, Schema] = {
    "input": part("shape"),
    "inputs": table(part("shape")),
    "batch": {"type": ["string", "integer"], "examples": ["none", 1]},
    "symbols": {"anyOf": [NAMES, {"type": "object", "additionalProperties": TEXT, "examples": [{"T": 128}]}]},
    "arguments": table(part("value")),
    "variants": table(part("variant")),
    "require": part("conditions"),
    "use": table(NAMES),
    "blocks": table(part("body")),
    "shared": table(part("chain")),
    "body": part("body"),
    "frozen": NAMES,
    "checkpoint": NAMES,
    "outputs": {"anyOf": [NAMES, {"type": "object", "additionalProperties": TEXT}]},
    "expect": part("expectations"),
    "allow": table({"type": "string", "minLength": 1}, examples=[{"dropped-pixels": "the last row is black"}]),
}
"""What each key holds; those that are not here hold a text."""

CONTROL_FORMS: dict[str, Schema] = {
    "for": {"type": "string", "description": "names in a list", "examples": ["i in range(3)", "t, c, n, s in stages"]},
    "index": {"type": "string", "description": "a name that counts the rounds from 0"},
    "do": {**part("body"), "description": "what is repeated"},
    "if": {**TEXT, "description": "a condition on arguments and sizes", "examples": ["stride != 1"]},
    "then": {**part("body"), "description": "where the condition holds"},
    "else": {**part("body"), "description": "where it does not"},
    "tap": {"type": "string", "description": "a name for the running value"},
    "again": {"type": "string", "description": "the path of what is called once more, with the same parameters"},
    "require": {**part("conditions"), "description": "conditions on the arguments of a block, and on sizes"},
    "train_only": {**part("body"), "description": "what is built and not run, such as an auxiliary classifier"},
}
OF_MARKS: dict[str, Schema] = {
    "frozen": {**TEXT, "description": "`yes`: the parameters of what it adds are not trained"},
    "checkpoint": {**TEXT, "description": "`yes`: what it adds is computed again for the backward pass, and not kept"},
}
NEEDED = {"for": ["for", "do"], "if": ["if", "then"]}


def schema() -> Schema:
    """The JSON Schema, draft 2020-12."""
    said: Schema = {"anyOf": [TEXT, {"type": "object", "additionalProperties": TEXT}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc",
        "description": "A neural network as cnncalc reads it from YAML.",
        "type": "object",
        "properties": {key: {**FORMS.get(key, TEXT), "description": meaning} for key, meaning in KEYS.items()},
        "additionalProperties": False,
        "anyOf": [{"required": [key]} for key in ("body", "blocks", "use")],
        "not": {"required": ["input", "inputs"], "properties": {"inputs": {"type": "object", "minProperties": 1}}},
        "$defs": {
            "shape": {
                "examples": ["3x224x224", "3xHxW", "(3, 2*H, W)"],
                "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": TEXT, "minItems": 1}],
            },
            "value": {"anyOf": [TEXT, {"type": "array", "items": part("value")}]},
            "conditions": {
                "examples": [{"width > 0": "channels are multiplied by it"}, ["depth in (18, 34, 50)"]],
                "anyOf": [TEXT, {"type": "object", "additionalProperties": TEXT}, {"type": "array", "items": said}],
            },
            "chain": {"type": "string", "minLength": 1, "examples": calls()},
            "body": {"anyOf": [part("chain"), {"type": "array", "items": part("item")}, part("part")]},
            "item": {"anyOf": [part("chain"), part("part")]},
            "part": {"anyOf": [*(control(word) for word in CONTROL), part("labelled")]},
            "labelled": {
                "description": "a name with a chain, or with a list: a level of its own; or a layer with its arguments",
                "type": "object",
                "minProperties": 1,
                "maxProperties": 3,
                "properties": OF_MARKS,
                "propertyNames": {"not": {"enum": [word for word in (*CONTROL, *PARTS) if word not in MARKS]}},
                "additionalProperties": {"anyOf": [part("body"), part("given")]},
                "if": {"required": list(MARKS)},
                "then": {"minProperties": 3},
                "else": {
                    "if": {"anyOf": [{"required": [mark]} for mark in MARKS]},
                    "then": {"minProperties": 2, "maxProperties": 2},
                    "else": {"maxProperties": 1},
                },
            },
            "given": {
                "description": "the arguments of the layer whose name comes in front",
                "examples": [[64, "k7", "s2"], {"out_channels": 64, "kernel_size": 7}],
                "anyOf": [part("value"), {"type": "object", "additionalProperties": part("value")}],
            },
            "variant": table(
                part("value"),
                properties={key: {**FORMS.get(key, TEXT), "description": KEYS[key]} for key in variants()},
            ),
            "expectations": expectations(EXPECTED),
            "expectations_of_layer": expectations({name: f"of this layer: {name}" for name in OF_LAYER}),
            "layers": {
                "type": "object",
                "description": "every layer with its arguments, for tools: a spec writes them in chains",
                "properties": {member.name: layer(member) for family in families() for member in family.members},
            },
        },
    }


def expectations(names: Mapping[str, str]) -> Schema:
    """What can be expected, with a figure or a shape for each."""
    holds: dict[str, Schema] = {
        "layers": table({"anyOf": [NAMES, part("expectations_of_layer")]}),
        "outputs": table(NAMES),
    }
    found = {name: {**holds.get(name, NAMES if name in SHAPES else TEXT), "description": names[name]} for name in names}
    return {"type": ["object", "null"], "properties": found, "additionalProperties": False}


def layer(member: type[Layer]) -> Schema:
    """A layer as an object: its arguments with their kinds and defaults."""
    text = (inspect.getdoc(member) or "").partition("\n")[0]
    found: Schema = {
        "type": "object",
        "description": text,
        "properties": {key: argument(member, one) for key, one in member.arguments.items()},
        "additionalProperties": False,
        "required": [key for key, one in member.arguments.items() if one.default is REQUIRED],
    }
    return found | ({"title": f"torch.nn.{member.torch}"} if member.torch else {})


def argument(member: type[Layer], one: Argument) -> Schema:
    """What an argument may be, as far as a schema can say it; the description says the rest."""
    found: Schema = {"description": f"{one.help} ({one.kind.text})"}
    if isinstance(one.kind, Choice):
        found["enum"] = [*one.kind.words, *([None] if one.default is None else [])]
    elif isinstance(one.kind, Bool) and one.default is not None:
        found["type"] = "boolean"
    elif isinstance(one.kind, Int) and not one.kind.open and not one.kind.none and one.default is not None:
        found |= {"type": "integer"} | ({} if one.kind.least is None else {"minimum": one.kind.least})
    elif isinstance(one.kind, Number) and not one.kind.none and one.default is not None:
        found["type"] = "number"
    if one.default is not REQUIRED and not one.inferred and not one.same_as:
        found["default"] = plain(member.default_value(one.name))
    return found


def variants() -> list[str]:
    """The keys that a variant may have beside its arguments, in the order of the language."""
    return [key for key in KEYS if key in OF_VARIANT]


def control(word: str) -> Schema:
    """`for`, `if` and the like, with what is beside it."""
    return {
        "type": "object",
        "properties": {key: CONTROL_FORMS[key] for key in CONTROL[word]} | ({} if word in ADD_NOTHING else OF_MARKS),
        "required": NEEDED.get(word, [word]),
        "additionalProperties": False,
    }


def calls() -> list[str]:
    """A chain with each layer, from its example."""
    found = []
    for family in families():
        member = family.members[0]
        found.append(member.shown_example().partition("-> ")[2])
    return sorted(dict.fromkeys(filter(None, found)))
