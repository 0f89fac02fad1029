"""Python code of other frameworks, and lists of PyTorch's layers, as a network. It is parsed and never run."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

from cnncalc.language.foreign.call import Foreign
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Text, Unclear
from cnncalc.language.text.synonyms import find

SHAPES = ("input_shape", "batch_input_shape", "input_dim", "input_size", "batch_shape")
ABOUT = ("compile", "summary", "fit", "build", "evaluate", "predict", "initialize", "hybridize", "to", "cuda", "eval")
FLAX = re.compile(r"\bflax\b|linen|\bhaiku\b|\bhk\.|nn\.compact|\bnn\.Conv\(|\bnn\.Dense\(features")
KERAS = re.compile(
    r"\bkeras\b|\btf\.|tensorflow|slim\.|\b(Dense|Conv[123]D|(Max|Average)Pooling[123]D|BatchNormalization|"
    r"Conv[23]DTranspose|UpSampling[123]D|Global(Average|Max)Pooling[123]D|SeparableConv2D|DepthwiseConv2D|"
    r"ZeroPadding[123]D|LSTM\((?!\d+\s*,\s*\d))\b"
)


def tool_of(text: str) -> str:
    """Which framework a code is written for, as far as its names tell."""
    if re.search(r"\b(paddle|chainer)\b", text):
        raise Unclear
    if re.search(r"\b(lasagne|Conv2DLayer|DenseLayer|InputLayer\(shape)\b", text):
        return "lasagne"
    if FLAX.search(text):
        return "flax"
    if re.search(r"\bslim\.", text):
        return "slim"
    if re.search(r"\b(mxnet|gluon|HybridSequential|name_scope|nn\.Dense)\b|\bnn\.\w+[123]D\(", text):
        return "gluon"
    return "keras" if KERAS.search(text) else ""


def network_of(text: str) -> Network:
    """The network of a text in Python. Raises Unclear or SyntaxError."""
    text = re.sub(r"(?m)^(>>> |\.\.\. ?)", "", text).strip()
    reader = Reader(tool_of(text))
    reader.body(parsed(text))
    return reader.net


def parsed(text: str) -> list[ast.stmt]:
    """The statements of a text in Python, of which Python itself has nothing to say. Raises Unclear or SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text).body
        except (ValueError, MemoryError, RecursionError):  # a zero byte, or brackets without end
            raise Unclear from None


class Reader:
    """Goes through statements, and keeps what names stand for."""

    def __init__(self, tool: str) -> None:
        self.tool = tool
        self.net = Network()
        self.net.channels_last = tool in ("keras", "flax", "slim")
        self.names: dict[str, Any] = {}  # numbers, lists and layers
        self.tensors: dict[str, str] = {}  # the value that a variable holds, by its name in the network
        self.whole = ""  # the name of a chain that holds all layers so far
        self.count = 0
        self.began = False

    # Statements

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            return
        if isinstance(node, ast.ClassDef) and self.tool == "flax":
            calls = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__call__"]
            if len(calls) == 1:
                self.function(calls[0])
                return
        if isinstance(node, ast.ClassDef) and self.tool == "keras":
            self.keras_class(node)
            return
        made = isinstance(node, ast.FunctionDef) and (self.tool in ("keras", "flax") or not node.args.args)
        if isinstance(node, ast.FunctionDef) and made and not node.decorator_list:
            self.function(node)
            return
        if isinstance(node, ast.Return) and node.value is not None:
            self.returned(node.value)
            return
        if isinstance(node, ast.Expr):
            self.expression(node.value)
            return
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self.assigned(node.targets[0].id, node.value)
            return
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        own = isinstance(target, ast.Attribute) and not self.tensors
        if isinstance(node, ast.Assign) and own and self.chain_of(node.value) is None:  # self.fc = ...
            self.names[name_of(node.targets[0])] = self.value(node.value)
            return
        if isinstance(node, ast.Assign) and isinstance(target, ast.Tuple) and isinstance(target.elts[0], ast.Name):
            if not self.recurrent(node.value):  # out, _ = self.rnn(x)
                raise Unclear
            self.tensors[target.elts[0].id] = self.tensor(node.value, "")
            return
        if isinstance(node, ast.Assign) and self.chain_of(node.value):  # init, apply = stax.serial(...)
            self.expression(node.value)
            return
        if isinstance(node, ast.With):
            self.body(node.body)
            return
        raise Unclear

    def keras_class(self, node: ast.ClassDef) -> None:
        """A model with its layers in `__init__` and what it does in `call`."""
        methods = {f.name: f for f in node.body if isinstance(f, ast.FunctionDef)}
        if "call" not in methods or "__init__" not in methods:
            raise Unclear
        for line in methods["__init__"].body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Attribute):
                self.names[name_of(line.targets[0])] = self.value(line.value)
        self.function(methods["call"])

    def function(self, node: ast.FunctionDef) -> None:
        """A function whose first argument is what comes in."""
        names = [a.arg for a in node.args.args if a.arg != "self"]
        if not names:
            self.body(node.body)
            return
        self.tensors[names[0]] = ""
        self.body(node.body)

    def returned(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name):
            if node.id in self.tensors and self.tensors[node.id] != self.net.running and self.net.steps:
                raise Unclear
            return
        if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] in ("Model", "Sequential"):
            self.assigned("model", node)
            return
        if (chain := self.chain_of(node)) is not None:
            for layer in chain:
                self.appended(layer)
            return
        self.tensor(node, "")

    def expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):  # a docstring
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("add", "append") and node.args and isinstance(node.func.value, ast.Name):
                for each in node.args:
                    self.appended(each)
                return
            if node.func.attr in ABOUT and isinstance(node.func.value, ast.Name):
                return
            if node.func.attr in ABOUT:
                self.expression(node.func.value)
                return
        if isinstance(node, ast.Call) and name_of(node.func) in ("print", "summary"):
            return
        if (chain := self.chain_of(node)) is not None:
            for layer in chain:
                self.appended(layer)
            return
        alone = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
        if alone and isinstance(node, ast.Call) and isinstance(node.func, ast.Call):  # nn.Conv(64, (3, 3))(x)
            self.tensor(node, "")
            return
        if isinstance(node, ast.Call):
            self.appended(node)
            return
        raise Unclear

    def assigned(self, name: str, node: ast.expr) -> None:
        if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] == "Model":
            given = [*node.args, *(key.value for key in node.keywords)]
            several = [n.elts if isinstance(n, ast.List | ast.Tuple) else [n] for n in given[1:]]
            outs = [n for each in several for n in each if isinstance(n, ast.Name)]
            for out in outs:
                if self.tensors.get(out.id, self.net.running) != self.net.running:
                    raise Unclear
            return
        if (chain := self.chain_of(node)) is not None:
            for layer in chain:
                self.appended(layer)
            self.whole = name
            return
        applied = isinstance(node, ast.Call) and isinstance(node.func, ast.Call)  # Conv2D(64, 3)(x)
        if self.reads_tensor(node) or self.is_function(node) or applied:
            self.tensors[name] = self.tensor(node, name)
            self.names.pop(name, None)
            return
        if isinstance(node, ast.Call) and name_of(node.func) == "tf.reshape" and len(node.args) == 2:
            self.given_shape(name, self.value(node.args[1]), batch=True)  # of what has no shape before
            self.tensors[name] = name
            return
        made = self.value(node)
        if (
            isinstance(made, Foreign)
            and made.key in ("randn", "rand", "zeros", "ones")
            and made.name.startswith("torch")
        ):
            sizes = made.keys.pop("size", made.values)
            sizes = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], list) else sizes
            if self.net.steps:
                return  # made after the network, to run it
            self.given_shape(name, sizes, batch=len(sizes) > 1)
            self.tensors[name] = name
        elif isinstance(made, Foreign) and made.key in ("input", "inputlayer", "placeholder"):
            self.input(name, made)
            self.tensors[name] = name
        else:
            self.names[name] = made

    def recurrent(self, node: ast.expr) -> bool:
        """Is it a call of a recurrent layer, which gives its states too?"""
        layer = self.names.get(name_of(node.func)) if isinstance(node, ast.Call) else None
        return isinstance(layer, Foreign) and layer.key in ("lstm", "gru", "rnn")

    def is_function(self, node: ast.expr) -> bool:
        """Is it a function of a value, as `tf.layers.conv2d(x, 32, 3)`, and no class?"""
        named = isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name)
        return bool(named) and name_of(node.func).rpartition(".")[2].islower()  # type: ignore[attr-defined]

    def reads_tensor(self, node: ast.expr) -> bool:
        return any(isinstance(n, ast.Name) and n.id in self.tensors for n in ast.walk(node))

    def chain_of(self, node: ast.expr) -> list[ast.expr] | None:
        """The layers of a list, a Sequential, or an OrderedDict in one; None where it is none."""
        if isinstance(node, ast.List | ast.Tuple) and not all(isinstance(n, ast.Constant) for n in node.elts):
            return [inner for item in node.elts for inner in self.chain_of(item) or [item]]
        if not isinstance(node, ast.Call):
            return None
        bare = name_of(node.func).rpartition(".")[2]
        if bare not in ("Sequential", "HybridSequential", "serial", "OrderedDict", "Chain", "ModuleList"):
            return None
        found: list[ast.expr] = []
        given = [*node.args, *(key.value for key in node.keywords if key.arg in ("layers", None))]
        for item in given:
            if bare == "OrderedDict" and isinstance(item, ast.List | ast.Tuple):
                pairs = [pair.elts[1] for pair in item.elts if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]
                found += [inner for pair in pairs for inner in self.chain_of(pair) or [pair]]
            else:
                found += self.chain_of(item) or [item]
        return found

    # Layers

    def appended(self, node: ast.expr) -> None:
        """The next layer of a chain."""
        if (inner := self.chain_of(node)) is not None:
            for each in inner:
                self.appended(each)
            return
        if isinstance(node, ast.Name) and node.id not in self.names:
            self.add(Foreign(node.id, [], {}, self.tool_for(node.id)), ())
            return
        if isinstance(node, ast.Attribute):
            self.add(Foreign(name_of(node), [], {}, self.tool_for(name_of(node))), ())
            return
        call = self.value(node)
        if not isinstance(call, Foreign):
            raise Unclear
        if call.key in ("input", "inputlayer"):
            self.input("input", call)
            return
        self.add(call, ())

    def input(self, name: str, call: Foreign) -> None:
        shape = call.take(["shape", "input_shape", "batch_shape", "batch_input_shape"], 0)
        self.given_shape(name, shape)

    def given_shape(self, name: str, shape: Any, batch: bool = False) -> None:
        if isinstance(shape, int):
            shape = (shape,)
        if not isinstance(shape, list | tuple) or not all(s is None or type(s) is int for s in shape):
            raise Unclear
        if batch or (len(shape) == 4 and (shape[0] is None or (shape[0] == 1 and self.net.channels_last))):
            shape = shape[1:]
        self.net.start(name, tuple(shape))

    def add(self, call: Foreign, reads: tuple[str, ...], gives: str = "") -> None:
        keep = (call.key == "embedding", call.tool)
        for key in SHAPES:
            if key in call.keys and not (keep[0] and key == "input_dim"):
                shape = call.keys.pop(key)
                if not self.net.inputs and not self.net.steps:
                    self.given_shape("input", shape, key.startswith("batch"))
        if call.keys.pop("data_format", None) in ("channels_first", "NCHW"):
            self.net.channels_last = False
        if not self.net.steps and not self.began:
            self.began = True
            if len(next(iter(self.net.inputs.values()), ())) == 2:
                first = "conv1d" in call.key or "pooling1d" in call.key
                self.net.layouts["#first"] = "map" if first else "sequence"
                self.net.layout = "map" if first else "sequence"
        self.net.add(layers_of(self.net, call), reads, gives)

    def tool_for(self, name: str) -> str:
        if self.tool:
            return self.tool
        found = find(name.rpartition(".")[2])
        return "torch" if found is not None and found.torch_style else ""

    # Values of the network

    def tensor(self, node: ast.expr, name: str) -> str:
        """Add what an expression does with values; returns the name of what it gives."""
        if isinstance(node, ast.Name):
            if node.id not in self.tensors:
                if self.net.steps or self.net.inputs or self.tensors or node.id in self.names:
                    raise Unclear
                self.tensors[node.id] = ""  # what comes in
            return self.tensors[node.id]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
            kind = "add" if isinstance(node.op, ast.Add) else "mul"
            return self.merged(kind, (self.tensor(node.left, ""), self.tensor(node.right, "")))
        if isinstance(node, ast.Subscript) and re.fullmatch(r"\w+\[:, -1(, :)?\]", ast.unparse(node)):  # the last step
            self.tensor(node.value, "")
            self.count += 1
            self.net.add(["select 1 -1"], (), f"x{self.count}")
            return f"x{self.count}"
        if not isinstance(node, ast.Call):
            raise Unclear
        if name_of(node.func) == "slim.repeat" and len(node.args) > 2:  # x, how often, a layer and its values
            read, times = self.tensor(node.args[0], ""), self.value(node.args[1])
            for _ in range(times if times < 50 else 0):
                values = [self.value(each) for each in node.args[3:]]
                keys = {key.arg: self.value(key.value) for key in node.keywords if key.arg}
                read = self.one(Foreign(name_of(node.args[2]), values, keys, self.tool), read)
            return read
        flattened = self.flattened(node)
        if flattened is not None:
            read = self.tensor(flattened, "")
            return self.one(Foreign("flatten", [], {}, self.tool), read)
        only = node.args[0] if len(node.args) == 1 else None
        if self.whole and name_of(node.func) == self.whole and isinstance(only, ast.Name):
            if self.tensors.get(only.id, ""):
                raise Unclear
            return self.net.running
        if isinstance(node.func, ast.Call):  # Layer(...)(x)
            layer = self.value(node.func)
            read_from = node.args
        elif isinstance(self.names.get(name_of(node.func)), Foreign):
            layer = self.names[name_of(node.func)]
            layer = Foreign(layer.name, layer.values, layer.keys, layer.tool)
            read_from = node.args
        else:
            called = name_of(node.func)
            read_from = node.args[:1] or [k.value for k in node.keywords if k.arg in ("inputs", "input", "x")]
            given = [self.value(a) for a in node.args[1:]]
            keys = {k.arg: self.value(k.value) for k in node.keywords if k.arg and k.value not in read_from}
            layer = Foreign(called, given, keys, self.tool_for(called))
            if not read_from and isinstance(node.func, ast.Attribute):
                read_from = [node.func.value]
            if layer.tool == "torch":
                raise Unclear
        if not isinstance(layer, Foreign) or not read_from:
            raise Unclear
        if isinstance(read_from[0], ast.List | ast.Tuple):
            reads = tuple(self.tensor(each, "") for each in read_from[0].elts)
            made = layers_of(self.net, layer)
            return self.merged(made[0], reads)
        return self.one(layer, self.tensor(read_from[0], ""))

    def one(self, layer: Foreign, read: str) -> str:
        self.count += 1
        gives = f"x{self.count}"
        reads = (read,) if read and read != self.net.running else ()
        if reads:
            self.net.running = read
        before = len(self.net.steps)
        self.add(layer, reads, gives)
        if not self.net.steps[before].layers:  # a layer that does nothing
            del self.net.steps[before]
            self.net.running = read
            return read
        return gives

    def merged(self, kind: str, reads: tuple[str, ...]) -> str:
        self.count += 1
        gives = f"x{self.count}"
        if "" in reads:
            raise Unclear
        self.net.add([kind], reads, gives)
        return gives

    def flattened(self, node: ast.Call, running: str = "") -> ast.expr | None:
        """What is flattened by the ways in which code says it: `x.reshape((x.shape[0], -1))`."""
        if not isinstance(node.func, ast.Attribute):
            return None
        text = ast.unparse(node)
        if match := re.fullmatch(r"(\w+)\.(view|reshape)\(\(?(\1\.(shape\[0\]|size\(0\)), )?-1\)?\)", text):
            return ast.Name(match[1]) if match[3] else None
        if re.fullmatch(r"tf\.reshape\(\w+, \[-1, \d+( \* \d+)*\]\)", text):
            return node.args[0]
        if re.fullmatch(
            r"(torch|tf|jnp|np)\.(flatten\(\w+, 1\)|reshape\((\w+), [(\[](-1|\3\.shape\[0\]), -1[)\]]\))", text
        ):
            return node.args[0]
        return None

    # Values of Python

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Tuple | ast.List):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.value(node.operand)
            if isinstance(inner, int | float):
                return -inner
            raise Unclear
        if isinstance(node, ast.Dict):
            return {self.value(k): self.value(v) for k, v in zip(node.keys, node.values) if k is not None}
        if isinstance(node, ast.Name):
            if node.id in self.names:
                return self.names[node.id]
            return Text(node.id)
        if isinstance(node, ast.Attribute):
            return Text(ast.unparse(node))
        if isinstance(node, ast.BinOp):
            left, right = self.value(node.left), self.value(node.right)
            if type(left) is int and type(right) is int:
                if isinstance(node.op, ast.Mult):
                    return left * right
                if isinstance(node.op, ast.Add):
                    return left + right
                if isinstance(node.op, ast.Sub):
                    return left - right
                if isinstance(node.op, ast.FloorDiv) and right:
                    return left // right
            raise Unclear
        if isinstance(node, ast.Call):
            if any(isinstance(argument, ast.Starred) for argument in node.args) or None in [
                k.arg for k in node.keywords
            ]:
                raise Unclear
            name = name_of(node.func)
            return Foreign(
                name,
                [self.value(a) for a in node.args],
                {k.arg: self.value(k.value) for k in node.keywords if k.arg},
                self.tool_for(name),
            )
        raise Unclear


def data_of(text: str) -> object:
    """The last of the tables and lists that a text in Python holds, `dict(...)` among them; None where it has none."""
    found: object = None
    for statement in parsed(text):
        if isinstance(statement, ast.Assign | ast.Expr):
            try:
                made = plain_data(statement.value)
            except Unclear:
                continue
            found = made if isinstance(made, dict | list) and made else found
    return found


def plain_data(node: ast.expr) -> Any:
    """The value of an expression that holds data alone. Raises Unclear."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [plain_data(item) for item in node.elts]
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return {plain_data(key): plain_data(value) for key, value in zip(node.keys, node.values) if key is not None}
    if isinstance(node, ast.Call) and name_of(node.func) == "dict" and not node.args:
        return {key.arg: plain_data(key.value) for key in node.keywords}
    if isinstance(node, ast.UnaryOp | ast.BinOp):
        return Reader("").value(node)
    raise Unclear


def name_of(node: ast.expr) -> str:
    """`layers.Conv2D`; empty for what is called by no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name | ast.Attribute):
            return f"{name_of(node.value)}.{node.attr}"
        return node.attr
    return ""
