"""Networks of the zoo by the names that other libraries give them: `models.resnet50()`, `create_model('vgg16')`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from cnncalc.language.foreign import asked, lines, transformers
from cnncalc.language.foreign.network import Contradiction, Unclear
from cnncalc.language.foreign.plain import plain, split
from cnncalc.language.foreign.shapes import shape_of, without_lead
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.zoo_files import zoo_names

_MODEL = re.compile(
    r"(?i)^(?:\w+\s*=\s*|zoo\s+)?(?:[\w.]*\b(?:models?|applications)\.(?:\w+\.)?)?"
    r"(?:\w+->\s*)?([a-z]+[-_ ]?[\w.-]*\d[\w.]*)(?:\((.*)\))?$",
    re.DOTALL,
)
_FACTORY = re.compile(r"\b(?:create_model|hub\.load|get_model)\(")
_OF_KERAS = re.compile(r"^(?:\w+\s*=\s*)?(?:[\w.]*\.)?[A-Z]\w*\(")
"""Keras' applications are functions in capitals; torchvision's functions are in small letters."""
KERAS_DIFFERS = {
    "resnet50": "whose convolutions have biases",
    "resnet101": "whose convolutions have biases",
    "resnet152": "whose convolutions have biases",
    "inception_v3": "which has no second classifier",
}
"""What makes other figures of Keras' applications (keras.applications.resnet, inception_v3)."""
KERAS_USUAL = {
    "include_top": True,
    "input_tensor": None,
    "input_shape": None,
    "pooling": None,
    "classifier_activation": "softmax",
}
NO_MATTER = {
    "pretrained", "weights", "weights_backbone", "progress", "checkpoint_path", "drop_rate", "drop_path_rate",
    "dropout", "init_weights", "transform_input", "memory_efficient", "force_reload", "trust_repo", "verbose",
    "cache_dir", "zero_init_residual",
}  # fmt: skip
"""Arguments of other libraries on which no figure depends."""
BACKBONE = {
    "num_stages": (4,),
    "in_channels": (3,),
    "base_channels": (64,),
    "stem_channels": (64,),
    "expansion": (None,),
    "strides": ((1, 2, 2, 2),),
    "dilations": ((1, 1, 1, 1),),
    "style": ("pytorch",),
    "deep_stem": (False,),
    "avg_down": (False,),
    "conv_cfg": (None,),
    "dcn": (None,),
    "plugins": (None,),
}
"""What the arguments of a ResNet of an mm library have to be for it to be the zoo's."""
BACKBONE_NO_MATTER = {
    "type", "depth", "out_indices", "frozen_stages", "norm_eval", "init_cfg", "pretrained", "with_cp",
    "zero_init_residual", "drop_path_rate",
}  # fmt: skip
NORMS = ("BN", "SyncBN", "BN2d")


def of_zoo(text: str, yaml: bool, tries: Tries) -> Iterator[tuple[str, list[str]]]:
    """The name of a published network, with what its call says of it. Raises Contradiction for what it cannot be."""
    try:
        yield from transformers.of_zoo(text, tries)
    except Contradiction:
        raise
    except Unclear:  # numbers that are no sizes of a transformer
        pass
    names = {re.sub(r"[\W_]", "", name.lower()): name for name in zoo_names()}
    if re.search(r"dict\(\s*type\s*=\s*['\"]([A-Za-z]+)['\"],\s*depth\s*=\s*(\d+)", text):
        yield from of_config(text, names)
        return
    if _FACTORY.search(text):
        yield from made(text, names, tries)
        return
    yield from asked.of_zoo(text, names, tries)
    if at := re.fullmatch(r"(.*?)\s+(?:at|on|with|for|@)\s+(\d+)(?:x\2)?", text.strip()):
        text = f"3x{at[2]}x{at[2]} -> {at[1]}"
    text = re.sub(r"(?<=\d)\s+(?=[A-Za-z]{3})", " -> ", text) if "->" not in text else text
    parts = split(plain(text), lines.ARROW)
    if not 1 <= len(parts) <= 2 or "\n" in text.strip():
        return
    match = _MODEL.match(parts[-1])
    if match is None or (name := names.get(re.sub(r"[\W_]", "", match[1].lower()))) is None:
        return
    call = call_in(f"f({match[2] or ''})")
    sizes, notes = of_keras(call, name, match[1]) if _OF_KERAS.match(parts[-1]) else ([], [])
    options = [*options_of(call, name, tries), *([] if tries.given or tries.shape else sizes)]
    if len(parts) == 2 and (shape := shape_of(without_lead(parts[0]))):
        options.append(f"-i {'x'.join(shape[0])}")
    yield " ".join([f"zoo:{name}", *options]), notes


def of_keras(call: ast.Call, name: str, written: str) -> tuple[list[str], list[str]]:
    """The input of a call of Keras' applications, and what tells it from the zoo. Its classes become torchvision's."""
    sizes: list[str] = []
    kept = []
    for keyword in call.keywords:
        value = value_of(keyword.value)
        if keyword.arg == "input_shape" and value is not None:
            if not isinstance(value, tuple) or len(value) != 3 or not all(type(size) is int for size in value):
                raise Unclear
            sizes = [f"-i {value[2]}x{value[0]}x{value[1]}"]
        elif keyword.arg == "classes":
            kept.append(ast.keyword("num_classes", keyword.value))
        elif keyword.arg not in KERAS_USUAL or value != KERAS_USUAL[keyword.arg]:
            kept.append(keyword)
    call.keywords = kept
    if name not in KERAS_DIFFERS:
        return sizes, []
    return sizes, [f"zoo:{name} is torchvision's; Keras' {written}, {KERAS_DIFFERS[name]}, has other figures"]


def call_in(text: str) -> ast.Call:
    """The call that a text is, after imports. Raises Unclear where more is done with what it gives."""
    try:
        found = [each for each in ast.parse(text.strip()).body if not isinstance(each, ast.Import | ast.ImportFrom)]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Unclear from None
    first = found[0] if found else None
    value = first.value if isinstance(first, ast.Assign | ast.Expr) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Call):
        if value.func.attr not in ("eval", "cuda", "to", "train", "cpu"):
            raise Unclear
        value = value.func.value  # models.resnet18().eval()
    if len(found) != 1 or not isinstance(value, ast.Call):
        raise Unclear
    return value


def made(text: str, names: dict[str, str], tries: Tries) -> Iterator[tuple[str, list[str]]]:
    """`timm.create_model('resnet50', num_classes=10)`"""
    call = call_in(plain(text))
    words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    for word in words:
        if (name := names.get(re.sub(r"[\W_]", "", word.lower()))) is not None:
            call.args = [each for each in call.args if not (isinstance(each, ast.Constant) and each.value in words)]
            yield " ".join([f"zoo:{name}", *options_of(call, name, tries)]), []
            return


def options_of(call: ast.Call, name: str, tries: Tries) -> list[str]:
    """The options that say what a call says. Raises Contradiction for what the zoo's network has no argument for."""
    if any(not (isinstance(each, ast.Constant) and type(each.value) is bool) for each in call.args):  # pretrained
        raise Unclear
    options = []
    for keyword in call.keywords:
        key, value = keyword.arg, value_of(keyword.value)
        if key in NO_MATTER:
            continue
        if key == "num_classes" and type(value) is int and value > 0:
            options.append(f"--set num_classes={value}")
        elif key in ("in_chans", "in_channels") and type(value) is int:
            options += channels(value, tries)
        else:
            written = ast.unparse(keyword)
            raise Contradiction(
                f"zoo:{name} has no argument for {written}", f"zoo:{name} is the network without {written}"
            )
    if options and "num_classes" in options[0] and not tries.runs(f"zoo:{name} {options[0]}"):
        raise Unclear
    return [*options, f"-i {tries.shape}"] if tries.shape else options


def channels(count: int, tries: Tries) -> list[str]:
    """The option for the channels that come in, where the caller gives no shape with as many."""
    shapes = [tries.shape] if tries.shape else list(tries.inputs)
    if not shapes:
        return [f"-i {count}x224x224"] if count != 3 else []
    given = re.match(r"(?:\w+=)?(\d+)x", shapes[0])
    if len(shapes) != 1 or given is None:
        raise Unclear
    if int(given[1]) != count:
        raise Contradiction(f"the network takes {count} channels, but {shapes[0]} has {given[1]}", None)
    return []


def value_of(tree: ast.expr) -> object:
    """A value as data, lists as tuples; the tree itself where it is none."""
    try:
        value = ast.literal_eval(tree)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return tree
    return tuple(value) if isinstance(value, list) else value


# Configs of mm libraries


def of_config(text: str, names: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """`dict(backbone=dict(type='ResNet', depth=50), head=...)`. Raises Contradiction for what the zoo's is not."""
    try:
        tree = ast.parse(plain(text))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Unclear from None
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    tables = [{each.arg: each.value for each in call.keywords if each.arg} for call in calls]
    backbone = next(table for table in tables if {"type", "depth"} <= table.keys())
    kind, depth = value_of(backbone["type"]), value_of(backbone["depth"])
    name = names.get(f"{kind}{depth}".lower())
    if name is None or not isinstance(kind, str) or not isinstance(depth, int):
        return
    of_detector(text, kind, depth)
    check_backbone(backbone, kind, depth)
    parts = {key: value for table in tables for key, value in table.items()}
    neck, head = (table_of(parts.get(key)) for key in ("neck", "head"))
    classes = check_head(neck, head, kind, depth)
    yield (
        f"zoo:{name}{f' --set num_classes={classes}' if classes else ''}",
        [f"{kind} of depth {depth} is the network of the zoo with this name, with its head"],
    )


def table_of(tree: ast.expr | None) -> dict[str, object]:
    """The values of `dict(...)` by their names; empty where there is none. Raises Unclear for another value."""
    if tree is None or (isinstance(tree, ast.Constant) and tree.value is None):
        return {}
    if not isinstance(tree, ast.Call):
        raise Unclear
    return {each.arg: value_of(each.value) for each in tree.keywords if each.arg}


def check_backbone(backbone: dict[str, ast.expr], kind: str, depth: int) -> None:
    """Raise Contradiction for an argument that makes another network of a backbone."""
    for key, tree in backbone.items():
        value = value_of(tree)
        if key == "norm_cfg" and kind == "ResNet" and table_of(tree).get("type") in NORMS:
            continue
        if key in BACKBONE_NO_MATTER or (kind == "ResNet" and value in BACKBONE.get(key, ())):
            continue
        if key == "style" and depth < 50:  # where the stride of a bottleneck is
            continue
        written = f"{key}={ast.unparse(tree)}"
        message = f"the {kind} of depth {depth} of the zoo has no argument for {written}"
        raise Contradiction(message, f"zoo:{kind.lower()}{depth} is the network without {written}")


def check_head(neck: dict[str, object], head: dict[str, object], kind: str, depth: int) -> int | None:
    """The classes of a linear head behind a global pool. Raises Contradiction where it does not fit the backbone."""
    for table, known in ((neck, "GlobalAveragePooling"), (head, "LinearClsHead")):
        if table and table.get("type") != known:
            message = f"this is a config of an mm library with {table.get('type')}, for which no layers are known here"
            raise Contradiction(message, f"zoo:{kind.lower()}{depth} is the backbone with the head of a classifier")
    takes, gives = head.get("in_channels"), 512 if depth < 50 else 2048
    if kind == "ResNet" and takes is not None and takes != gives:
        raise Contradiction(
            f"the head takes {takes} channels, but a ResNet of depth {depth} gives {gives}", f"in_channels={gives}"
        )
    classes = head.get("num_classes")
    if classes is not None and not isinstance(classes, int):
        raise Unclear
    return classes


def of_detector(text: str, kind: str, depth: int) -> None:
    """Raise Contradiction for a config whose backbone goes into more than a classifier."""
    whole = re.search(r"=\s*dict\(\s*type\s*=\s*['\"](?:\w+\.)?(\w+)['\"]\s*,(?=.*\bbackbone\b)", text, re.DOTALL)
    other = re.search(r"\b(FPN|PAFPN|BFPN|rpn_head|bbox_head|roi_head|decode_head|mask_head)\b", text)
    if other is None and whole and whole[1] != "ImageClassifier":
        other = whole
    if other is None:
        return
    gives = [64, 128, 256, 512] if depth < 50 else [256, 512, 1024, 2048]
    takes = re.search(r"FPN['\"]\s*,\s*in_channels\s*=\s*\[([\d,\s]+)\]", text)
    if takes and kind == "ResNet" and (wanted := [int(number) for number in re.findall(r"\d+", takes[1])]) != gives:
        raise Contradiction(
            f"the FPN takes {wanted} channels, but a ResNet of depth {depth} gives {gives}", f"in_channels={gives}"
        )
    message = f"this is a config of an mm library with {other[1]}, of which the backbone alone is known here"
    raise Contradiction(message, f"zoo:{kind.lower()}{depth} is the backbone with the head of a classifier")
