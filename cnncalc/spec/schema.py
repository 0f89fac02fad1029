"""The YAML language as a JSON Schema, by which editors complete and check a spec as it is typed.

The keys and their descriptions are those that `cnncalc.spec.yaml_file` reads. A schema sees where lists, tables and
texts stand; what a chain says is checked by `cnncalc` alone. Every legal spec is valid.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from cnncalc.layers import families
from cnncalc.spec.yaml_file import CONTROL, KEYS, OF_VARIANT, PARTS

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}  # a YAML reader makes numbers of some texts
NAMES: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


def part(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def table(of: Schema, **more: Any) -> Schema:
    """Names with values; none at all where nothing stands behind the colon."""
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
    "outputs": {"anyOf": [NAMES, {"type": "object", "additionalProperties": TEXT}]},
    "expect": part("expectations"),
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
            "shape": {"type": ["string", "integer"], "examples": ["3x224x224", "3xHxW", "(3, 2*H, W)"]},
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
                "description": "a name with a chain, or with a list: a level of its own",
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "propertyNames": {"not": {"enum": [*CONTROL, *PARTS]}},
                "additionalProperties": part("body"),
            },
            "variant": table(
                part("value"),
                properties={key: {**FORMS.get(key, TEXT), "description": KEYS[key]} for key in variants()},
            ),
            "expectations": table({"anyOf": [NAMES, part("expectations")]}),
        },
    }


def variants() -> list[str]:
    """The keys that a variant may have beside its arguments, in the order of the language."""
    return [key for key in KEYS if key in OF_VARIANT]


def control(word: str) -> Schema:
    """`for`, `if` and the like, with what stands beside it."""
    return {
        "type": "object",
        "properties": {key: CONTROL_FORMS[key] for key in CONTROL[word]},
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
