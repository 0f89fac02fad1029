"""Layers as data: lists of tables in YAML and JSON, the JSON that Keras writes, and dicts as mm-libraries have them."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.call import KERNEL, OUT, Foreign
from cnncalc.language.foreign.layers import is_layer, layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.shapes import shape_of as shape_in
from cnncalc.language.text.synonyms import find

KIND = ("type", "layer", "op", "class", "class_name", "kind", "layer_type", "module", "op_type", "operation", "block")
INSIDE = ("params", "config", "args", "kwargs", "parameters", "arguments", "options", "hyperparameters", "cfg", "attrs",
          "attributes", "settings", "spec")  # fmt: skip
BODY = ("layers", "body", "model", "network", "architecture", "modules", "net", "nodes", "blocks", "features", "config",
        "sequence", "stages", "conv_layers", "convs", "conv", "convolutional_layers", "encoder", "backbone", "stem",
        "trunk", "structure", "graph", "operations", "ops")  # fmt: skip
THEN = ("classifier", "head", "fc", "fc_layers", "dense_layers", "dense", "fully_connected", "mlp", "linear_layers",
        "decoder", "neck", "top", "output_layers")  # fmt: skip
DENSE = ("classifier", "head", "fc", "fc_layers", "dense_layers", "dense", "fully_connected", "mlp", "linear_layers",
         "top", "hidden_layers", "hidden")  # fmt: skip
INPUT = ("input", "input_shape", "in_shape", "shape", "input_size", "input_dim", "inputs", "image_size", "image",
         "input_channels", "img_size", "input_image")  # fmt: skip
ABOUT = {"name", "class_name", "backend", "keras_version", "version", "title", "description", "notes", "source",
         "batch_size", "module", "registered_name", "build_config", "compile_config", "trainable", "dtype", "id",
         "build_input_shape", "training", "optimizer", "loss", "epochs", "learning_rate", "lr", "framework", "type",
         "task", "author", "dataset", "metrics", "format", "data_format", "comment", "batch"}  # fmt: skip
SIZES = ("in_channels", "channels", "height", "width", "num_classes", "classes", "output", "outputs", "n_classes",
         "output_shape")  # fmt: skip
POOLS = {"max": "maxpool", "ave": "avgpool", "avg": "avgpool", "average": "avgpool", "mean": "avgpool"}
MERGES = {
    "add": "add",
    "sum": "add",
    "concat": "cat",
    "cat": "cat",
    "concatenate": "cat",
    "mul": "mul",
    "multiply": "mul",
}
SIDES = ("branches", "parallel", "paths", "split")


def network_of(data: Any) -> Network:
    """The network of a list of layers, or of a table that holds one. Raises Unclear."""
    net = Network()
    tool = ""
    if isinstance(data, dict):
        if data.get("class_name") not in (None, "Sequential"):
            raise Unclear
        if isinstance(data.get("type"), str) and is_layer(data["type"]):
            data = {"layers": [data]}
        net.channels_last = "class_name" in data
        tool = "keras" if net.channels_last else ""
        tables = levels(data)
        shape = input_of({key: value for table in reversed(tables) for key, value in table.items()})
        if shape is not None:
            start(net, shape)
        for name, layers in bodies(tables):
            for item in layers:
                Item(net, tool, name).add(item)
        return net
    if not isinstance(data, list) or not data:
        raise Unclear
    for item in data:
        Item(net, tool).add(item)
    return net


def levels(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables around the layers, from the outermost: `{model: {layers: [...]}}`."""
    found = [data]
    while True:
        inner = [v for k, v in found[-1].items() if k in BODY and isinstance(v, dict) and not is_named_layers(v)]
        if len(inner) != 1 or len(found) > 4:
            return found
        found.append(inner[0])


def is_named_layers(table: Any) -> bool:
    """Does a table have a layer under each of its names?"""
    if not isinstance(table, dict) or not table:
        return False
    return all(
        isinstance(value, dict) and any(isinstance(value.get(key), str) for key in KIND) for value in table.values()
    )


def bodies(tables: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """The lists of layers in their order, each with its key. Raises Unclear where a key says what is not known."""
    found: list[tuple[str, list[Any]]] = []
    for table in tables:
        if is_named_layers(table) and len(table) > 1:
            return [("layers", list(table.values()))]
        for key, value in table.items():
            if key in (*BODY, *THEN) and is_named_layers(value):
                found.append((key, list(value.values())))
            elif key in (*BODY, *THEN) and isinstance(value, list):
                found.append((key, value))
            elif key in THEN and isinstance(value, dict | int):
                found.append((key, [value]))
            elif key in ("hidden_layers", "hidden") and isinstance(value, list):
                found.append((key, value))
            elif key not in (*INPUT, *ABOUT, *SIZES) and value not in tables:
                raise Unclear
    classes = next(
        (t[k] for t in tables for k in ("num_classes", "classes", "n_classes", "output") if type(t.get(k)) is int), None
    )
    named = [table[key] for table in tables for key in ("output", "outputs") if key in table]
    if not found or any(isinstance(name, str | list) for name in named):
        raise Unclear
    if classes is not None and not gives_classes(found[-1][1], classes):
        found.append(("fc", [classes]))
    return found


def gives_classes(layers: list[Any], classes: int) -> bool:
    """Does a list end in a dense layer with so many outputs?"""
    return re.search(rf"(?<!\d){classes}(?!\d)", str(layers[-2:])) is not None


def input_of(table: dict[str, Any]) -> tuple[object, ...] | None:
    """The shape that a table says comes in."""
    shape = next((table[key] for key in INPUT if table.get(key) is not None and key != "input_channels"), None)
    if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], dict):
        shape = shape[0]
    if isinstance(shape, dict):
        inner = next((shape[key] for key in ("shape", "size", "dims", "resolution") if key in shape), None)
        named = {key.lower()[0]: size for key, size in shape.items() if type(size) is int}
        if inner is not None:
            shape = [named["c"], inner, inner] if type(inner) is int and "c" in named else inner
        elif len(shape) == 1:
            shape = next(iter(shape.values()))
        elif {"c", "h", "w"} <= named.keys():
            shape = [named["c"], named["h"], named["w"]]
        else:
            raise Unclear
    channels = next(
        (table[key] for key in ("in_channels", "input_channels", "channels") if type(table.get(key)) is int), None
    )
    if shape is None and channels and type(table.get("height")) is int:
        return (channels, table["height"], table.get("width"))
    if channels and type(shape) is int:
        shape = (channels, shape, shape)
    if channels and isinstance(shape, list) and len(shape) == 2:
        shape = [channels, *shape]
    if type(shape) is int and any(key.startswith(("image", "img")) for key in table):
        shape = (3, shape, shape)
    if shape is None and channels:
        return (channels, "H", "W")
    return None if shape is None else shape_of(shape)


def start(net: Network, shape: tuple[object, ...]) -> None:
    """Add the input, channels first."""
    if not net.channels_last and len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] not in (1, 3, 4):
        shape = (shape[-1], *shape[:-1])
        net.note("channels come first")
    net.start("input", shape)


def shape_of(shape: Any) -> tuple[object, ...]:
    if type(shape) is int:
        return (shape,)
    if isinstance(shape, str):
        found = shape_in(shape)
        if found is None:
            raise Unclear
        return tuple(int(size) if size.isdecimal() else size for size in found[0])
    if isinstance(shape, list | tuple) and all(s is None or type(s) is int for s in shape):
        sizes = tuple(shape)
        return sizes[1:] if len(sizes) == 4 and sizes[0] in (None, 1) else sizes
    raise Unclear


class Item:
    """Adds the items of a list to a network. `key`: what the list is called."""

    def __init__(self, net: Network, tool: str, key: str = "layers") -> None:
        self.net = net
        self.tool = tool
        self.key = key

    def add(self, item: Any) -> None:
        """One item. Raises Unclear."""
        if type(item) is int and self.key in DENSE:
            self.call("linear", [item], {})
        elif type(item) is int and self.key in ("conv_layers", "convs", "conv", "convolutional_layers", "features"):
            raise Unclear  # no kernel
        elif isinstance(item, str):
            self.text(item.strip())
        elif isinstance(item, list):
            self.row(item)
        elif isinstance(item, dict):
            self.table(dict(item))
        else:
            raise Unclear

    def call(self, name: str, values: list[Any], table: dict[str, Any]) -> None:
        self.net.add(layers_of(self.net, Foreign(name, values, table, self.tool)))

    def text(self, text: str) -> None:
        """`conv 64 k3`, `Conv 3x3, 64`, `relu`"""
        for part in text.split("->"):
            part = part.strip()
            if find(part.split()[0] if part else "") is not None and (" " in part or "(" in part):
                words = part.split()
                if not any(re.fullmatch(r"\d+x\d+", word) for word in words):
                    self.net.add([part])
                    continue
            try:
                self.call(part, [], {})
            except Unclear:
                self.net.add(papers.layers_in(self.net, part))

    def row(self, item: list[Any]) -> None:
        """`[conv, 64, 3]`"""
        if item and isinstance(item[0], str) and find(item[0]) is not None:
            values = item[1:]
            keys = values.pop() if values and isinstance(values[-1], dict) else {}
            self.call(item[0], values, keys)
            return
        for each in item:  # a level
            self.add(each)

    def inner(self, items: Any) -> list[str]:
        """The layers of a list inside of an item."""
        net = Network()
        net.running, net.layout = "x", self.net.layout
        for item in items if isinstance(items, list) else [items]:
            Item(net, self.tool, self.key).add(item)
        if any(step.reads for step in net.steps):
            raise Unclear
        return [layer for step in net.steps for layer in step.layers]

    def table(self, table: dict[str, Any]) -> None:
        repeats = next(
            (
                table.pop(key)
                for key in ("repeat", "repeats", "times", "n", "count", "num_blocks")
                if type(table.get(key)) is int
            ),
            1,
        )
        if self.structured(table, repeats):
            return
        kinds = [key for key in KIND if isinstance(table.get(key), str)]
        values: list[Any] | None = None
        if kinds:
            name = table.pop(kinds[0])
            for key in INSIDE:
                if isinstance(table.get(key), dict):
                    table |= table.pop(key)
                elif isinstance(table.get(key), list) and find(name) is not None:
                    values = table.pop(key)
        elif len(table) == 1:
            name, inner = next(iter(table.items()))
            if isinstance(inner, list) and find(name) is None:
                self.level(inner)
                return
            table = dict(inner) if isinstance(inner, dict) else {}
            if not isinstance(inner, dict | type(None)):
                values = inner if isinstance(inner, list) else [inner]
                if isinstance(inner, str) and not is_layer(name):  # - stem: conv 64 k7
                    self.text(inner)
                    return
        elif table and is_layer(next(iter(table))) and not isinstance(next(iter(table.values())), dict | list):
            name = next(iter(table))  # {conv: 16, kernel: 3}
            first = table.pop(name)
            values = [] if first is None else [first]
        elif any(key in table for key in OUT) and (
            any(key in table for key in KERNEL) or self.key in ("stages", "conv_layers", "convs", "conv")
        ):
            name = "conv"
            if not any(key in table for key in KERNEL):
                raise Unclear
        elif any(key in table for key in OUT) and self.key in DENSE:
            name = "linear"
        else:
            raise Unclear
        gives = next((str(table.pop(key)) for key in ("name", "id", "label") if key in table), "")
        reads = self.reads(table)
        for key in ("batch_input_shape", "input_shape", "batch_shape", "output", "output_shape", "comment"):
            if key in table and not (key == "output" and not isinstance(table[key], list | str)):
                shape = table.pop(key)
                if key.startswith(("batch", "input")) and not self.net.inputs and not self.net.steps:
                    start(self.net, shape_of(shape))
        if name.lower() in ("inputlayer", "input"):
            if not self.net.inputs:
                shape = input_of(table) or (shape_of(values[0] if len(values) == 1 else values) if values else None)
                if shape:
                    self.net.start(gives or "input", shape)
            return
        pool_behind = table.pop("pool", None) if name == "conv" or "conv" in name.lower() else None
        drop = table.pop("dropout", None) if not name.lower().startswith(("lstm", "gru", "rnn")) else None
        name, table = pooled(name, table)
        if values is not None:
            made = [layers_of(self.net, Foreign(name, values, table, self.tool))]
        elif name.lower() in MERGES:
            made = [[MERGES[name.lower()]]]
            for key in ("axis", "dim"):
                table.pop(key, None)
        else:
            made = [layers_of(self.net, Foreign(name, [], dict(table), self.tool)) for _ in range(repeats)]
        for at, layers in enumerate(made):
            self.net.add(layers, reads if at == 0 else (), gives if at == len(made) - 1 else "")
        if pool_behind:
            self.add(
                {"pool": pool_behind}
                if not isinstance(pool_behind, int) or pool_behind is True
                else {"maxpool": pool_behind}
            )
        if isinstance(drop, float):
            self.net.add([f"dropout {drop}"])

    def reads(self, table: dict[str, Any]) -> tuple[str, ...]:
        """The values that an item says it reads; none where it is the one before."""
        key = next(
            (
                key
                for key in ("inputs", "from", "input", "bottom", "in", "inbound", "source", "sources")
                if key in table and isinstance(table[key], str | list)
            ),
            None,
        )
        if key is None:
            return ()
        value = table.pop(key)
        names = [value] if isinstance(value, str) else value
        if not all(isinstance(name, str) for name in names):
            raise Unclear
        given = {step.gives for step in self.net.steps}
        if len(self.net.inputs) == 1:
            own = next(iter(self.net.inputs))
            names = [
                name if name in given else own if name.lower() in ("input", "x", "image", "data", own) else name
                for name in names
            ]
        elif not self.net.inputs and not self.net.steps:
            return ()
        if any(name not in given and name not in self.net.inputs for name in names):
            raise Unclear
        return () if names == [self.net.running] else tuple(names)

    def level(self, items: list[Any]) -> None:
        before = self.key
        for item in items:
            self.add(item)
        self.key = before

    def structured(self, table: dict[str, Any], repeats: int) -> bool:
        """Branches, residual blocks and repeated levels: `{branches: [[...], [...]], merge: concat}`."""
        name = next((table[key] for key in KIND if isinstance(table.get(key), str)), "")
        sides = next((table[key] for key in SIDES if isinstance(table.get(key), list)), None)
        if sides is None and len(table) == 1 and isinstance(next(iter(table.values())), dict):
            inner = next(iter(table.values()))
            if any(isinstance(inner.get(key), list) for key in SIDES):
                return self.structured({KIND[0]: next(iter(table)), **inner}, repeats)
        if sides is not None:
            how = next(
                (
                    table[key]
                    for key in ("merge", "mode", "join", "aggregate", "combine", "reduce", "op", "merge_mode")
                    if isinstance(table.get(key), str)
                ),
                name,
            )
            if str(how).lower() not in MERGES:
                raise Unclear
            chains = [" -> ".join(self.inner(side)) or "identity" for side in sides]
            self.net.add([f"{MERGES[str(how).lower()]}({', '.join(chains)})"])
            return True
        nested = next(
            (table[key] for key in ("layers", "body", "block", "main", "blocks") if isinstance(table.get(key), list)),
            None,
        )
        residual = re.match(r"(?i)res(idual)?|skip|shortcut", name) is not None
        if len(table) == 1 and re.match(r"(?i)res(idual)?|skip", next(iter(table))):
            nested, residual = next(iter(table.values())), True
        if not isinstance(nested, list):
            return False
        chain = " -> ".join(self.inner(nested))
        text = f"add({chain}, identity)" if residual else chain if repeats == 1 else f"({chain})"
        if not residual and name and not re.match(r"(?i)seq|block|stage|group|module|repeat|level", name):
            raise Unclear
        self.net.add([text if repeats == 1 else f"{repeats} * {text}"])
        return True


def pooled(name: str, table: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`pool` with a key that says which: `{type: max}`, `{pool: MAX}`, `{mode: avg}`."""
    if name.lower() not in ("pool", "pooling", "pool2d", "pooling2d"):
        return name, table
    key = next((k for k in ("type", "pool", "mode", "method", "kind", "pool_type") if k in table), None)
    if key is None or str(table[key]).lower().removesuffix("pool") not in POOLS:
        raise Unclear
    rest = {k: v for k, v in table.items() if k != key}
    name = POOLS[str(table[key]).lower().removesuffix("pool")]
    if rest.pop("global_pooling", False) in (True, "true"):
        return f"global{name}", {}
    return name, rest
