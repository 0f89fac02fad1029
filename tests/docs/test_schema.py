"""The JSON Schema of the YAML language: every legal spec is valid, and what is in the wrong form is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cnncalc.language.read.body import CONTROL
from cnncalc.language.read.document import KEYS
from cnncalc.language.text.zoo_files import ZOO
from cnncalc.layers import families
from cnncalc.render.schema import CONTROL_FORMS, FORMS, NEEDED, schema
from tests.command import cnncalc
from tests.docs.test_documents import BLOCK, DOCUMENTS, FILE
from tests.errors.test_errors import CASES

VALIDATOR = jsonschema.Draft202012Validator(schema())


class Core(yaml.SafeLoader):
    """YAML as editors read it: the core schema of YAML 1.2, in which `no` and `1:30` are texts."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", list("-+.0123456789")),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(yaml.load(text, Core)))


@pytest.mark.parametrize("path", sorted(ZOO.glob("*.yaml")), ids=lambda path: path.name)
def test_the_zoo_is_valid(path: Path) -> None:
    VALIDATOR.validate(yaml.load(path.read_text(encoding="utf-8"), Core))


def test_the_specs_of_the_documents_are_valid() -> None:
    seen = 0
    for document in DOCUMENTS:
        for language, body in BLOCK.findall(document.read_text(encoding="utf-8")):
            if language == "yaml" and (named := FILE.match(body)) and not named[1].startswith("."):  # CI's own files
                VALIDATOR.validate(yaml.load(body[named.end() :], Core))
                seen += 1
    assert seen >= 3


# Wrong specs, by the title of their case in tests/errors, that the schema refuses. The others are in the right form.
REFUSED = {
    "a folder",  # in it a file that has no body
    "an empty file",
    "an alias that explodes",  # under keys of its own
    "an unknown key",
    "a key of another tool",
    "no body",
    "two names for one item",
    "a list in a list",
    "a loop without do",
    "expectations that are a list",
    "an expectation by another name",
    "an expectation that is a list of lists",
    "a requirement with a list as its sentence",
}


def yaml_files(text: str) -> list[str]:
    return re.findall(r"^```yaml \S+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


WRONG = [case for case in CASES if yaml_files(case.text)]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.title)
def test_wrong_specs_are_refused_where_their_form_is_wrong(case: Any) -> None:
    try:
        answers = [valid(text) for text in yaml_files(case.text)]
    except yaml.YAMLError:
        assert "[bad-yaml]" in case.output or "[not-text]" in case.output
        return
    assert all(answers) == (case.title not in REFUSED)


def test_the_cases_that_are_refused_are_there() -> None:
    assert {case.title for case in WRONG} >= REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "input: 3x32x32\nbody: {a: relu, b: relu}",
        "input: 3x32x32\nbody: [{if: no}]",
        "input: 3x32x32\nbody: [{then: relu}]",
        "input: 3x32x32\nbody: [{tap: a, b: relu}]",
        "input: 3x32x32\nbody: []\nblocks: [relu]",
        "input: 3x32x32\ninputs: {a: 3x32x32}\nbody: []",
        "input: 3x32x32\narguments: {a: {b: 1}}\nbody: []",
        "input: 3x32x32\nbody:\n  -\n",
        "- relu",
    ],
)
def test_other_forms_that_cnncalc_and_the_schema_refuse(text: str, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(text, encoding="utf-8")
    assert cnncalc(str(spec)).code == 1
    assert not valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "input: 400\nbody: linear 10",
        "input: [3, 32, 32]\nbody: [relu]",
        "input: 3x32x32\nbody: [{Conv2d: [3, 64, 7]}, {conv: {filters: 8, k: [3, 3]}}, {flatten: null}, {linear: 10}]",
        "inputs:\ninput: 3x32x32\nbody: {a: relu}",
        "input: 3x32x32\nbody: {for: i in range(2), do: [relu, {tap: 'x{i}'}]}",
        "input: 3x32x32\nbody: [{if: yes, then: {a: relu}, else: relu}]",
        "name: 1989\nyear: 1989\nbatch: none\nsymbols: K\ninput: 1x3xK\nbody: ['left, right: chunk 3']",
        "input: 3x32x32\nbody: [{'a, b, c': chunk 3}]\noutputs: {x: a}",
        "symbols: {T: 128, K: }\ninput: TxK\nbody: relu",
        "input: 3x32x32\narguments: {a: , b: [[1, 2], [yes, 0.5]]}\nvariants:\n  small:\n    a: 3\nbody: [conv 3 k3]",
    ],
)
def test_other_forms_that_are_legal(text: str) -> None:
    assert valid(text)


def test_every_layer_stands_in_the_schema_with_its_arguments() -> None:
    found = schema()["$defs"]["layers"]["properties"]
    members = [member for family in families() for member in family.members]
    assert {name: list(form["properties"]) for name, form in found.items()} == {
        member.name: list(member.arguments) for member in members
    }
    # As torch.nn.Conv2d has them.
    conv = found["conv2d"]
    assert (conv["title"], conv["required"]) == ("torch.nn.Conv2d", ["out_channels", "kernel_size"])
    defaults = {key: conv["properties"][key]["default"] for key in ("stride", "groups", "bias")}
    assert defaults == {"stride": [1, 1], "groups": 1, "bias": True}
    assert conv["properties"]["padding_mode"]["enum"] == ["zeros", "reflect", "replicate", "circular"]


def test_the_schema_has_what_the_language_has() -> None:
    assert json.loads(cnncalc("schema").out) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())
    properties = schema()["properties"]
    assert {key: form["description"] for key, form in properties.items()} == KEYS
    assert all({*needed} <= {*CONTROL[word]} for word, needed in NEEDED.items())
    assert {key for parts in CONTROL.values() for key in parts} == {*CONTROL_FORMS}
    assert {*FORMS} <= {*KEYS}
