"""Networks as formulas: `f(x) = conv3x3(64) -> relu`, `y = relu(x + f(x))`, `d = concat(upconv2x2(m, 128), e3)`."""

from __future__ import annotations

import ast
import re

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.plain import split
from cnncalc.language.foreign.python_code import Reader, name_of, parsed
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.synonyms import find

MERGES = {
    "concat": "cat",
    "cat": "cat",
    "concatenate": "cat",
    "add": "add",
    "sum": "add",
    "mul": "mul",
    "multiply": "mul",
}
_FUNCTION = re.compile(r"^\s*(\w+)\(\s*(\w+)\s*\)\s*[:=]=?\s*(.+)$")
_VALUE = re.compile(r"^\s*(?:return\s+|([A-Za-z]\w*)\s*=\s*)([^=].*)$")
_ARROW = re.compile(r"[-–]+>|→|∘")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of formulas; None where the text is none. Raises Unclear or SyntaxError."""
    lines = [line for line in re.split(r"[\n;]", re.sub(r"#.*|//.*", "", text)) if line.strip()]
    lines = [re.sub(r"^\s*(\w)\s*:\s*(\S.*)$", r"\1 = \1 -> \2", line) for line in lines]
    if not lines or not all(_FUNCTION.match(line) or _VALUE.match(line) for line in lines):
        return None
    if re.search(r"\bself\.|\bnn\.|\btf\.|\bkeras\b|layers\.|\bL\.|\bF\.|lasagne|slim|\bdict\(|['\"]", text):
        return None
    if re.search(r"(?m)=\s*\[|=\s*[\d.]+\s*$", text):
        return None
    reader = Formulas()
    for line in lines:
        if function := _FUNCTION.match(line):
            reader.functions[function[1]] = (function[2], function[3].strip())
            reader.last = function[1]
        elif value := _VALUE.match(line):
            reader.line(value[1] or "", value[2].strip())
    if not reader.net.steps and reader.last:  # functions alone: the last one is the network
        reader.applied(reader.last, "input")
    return reader.net


class Formulas(Reader):
    """Reads formulas whose calls are layers in words."""

    def __init__(self) -> None:
        super().__init__("")
        self.net.running = "input"
        self.net.layout = "map"
        self.functions: dict[str, tuple[str, str]] = {}
        self.last = ""

    def line(self, name: str, text: str) -> None:
        self.tensors[name] = self.of_text(text)

    def of_text(self, text: str) -> str:
        """The value of an expression, or of a chain with arrows."""
        text = re.sub(r"(?<=[\w)])\s*[⊙∗·×]\s*(?=[\w(])", " * ", text).replace("⊕", "+").replace("σ(", "sigmoid(")
        parts = split(text, _ARROW)
        running = self.net.running
        try:
            first = parsed(parts[0])
        except SyntaxError:
            first = []
        if len(first) == 1 and isinstance(first[0], ast.Expr) and self.is_value(first[0].value):
            running, parts = self.value_of(first[0].value), parts[1:]
        for part in parts:
            running = self.layer(part, running)
        return running

    def is_value(self, node: ast.expr) -> bool:
        """Is it a value of the network, and not a layer that reads the running one?"""
        if isinstance(node, ast.Name):
            return node.id in self.tensors or (find(node.id) is None and not self.net.steps and len(node.id) < 3)
        return any(self.is_value(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))

    def value_of(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            if node.id not in self.tensors:
                if self.net.steps or any(value == "input" for value in self.tensors.values()):
                    raise Unclear
                self.tensors[node.id] = "input"
            return self.tensors[node.id]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
            kind = "add" if isinstance(node.op, ast.Add) else "mul"
            return self.meeting(kind, [self.value_of(node.left), self.value_of(node.right)])
        if not isinstance(node, ast.Call):
            raise Unclear
        values = [each for each in node.args if self.is_value(each)]
        if isinstance(node.func, ast.Call):  # DoubleConv(32, 64)(x)
            if len(values) != 1 or len(node.args) != 1:
                raise Unclear
            return self.layer(ast.unparse(node.func), self.value_of(values[0]))
        name = name_of(node.func)
        if name.lower() in MERGES:
            items = node.args[0].elts if isinstance(node.args[0], ast.List | ast.Tuple) else node.args
            return self.meeting(MERGES[name.lower()], [self.value_of(each) for each in items])
        if len(values) != 1:
            raise Unclear
        read = self.value_of(values[0])
        if name in self.functions:
            return self.applied(name, read)
        rest = [ast.unparse(each) for each in node.args if each is not values[0]]
        rest += [f"{key.arg}={ast.unparse(key.value)}" for key in node.keywords]
        return self.layer(f"{name}({', '.join(rest)})" if rest else name, read)

    def applied(self, name: str, read: str) -> str:
        """What a function that the text defines gives for a value."""
        argument, body = self.functions[name]
        kept = dict(self.tensors)
        self.tensors[argument] = read
        self.net.running = read
        made = self.of_text(body)
        self.tensors = kept
        return made

    def layer(self, text: str, read: str) -> str:
        """A layer in words on a value."""
        self.count += 1
        gives = f"x{self.count}"
        reads = () if read == self.net.running else (read,)
        self.net.running = read
        self.net.add(papers.layers_in(self.net, text.strip()), reads, gives)
        return gives

    def meeting(self, kind: str, reads: list[str]) -> str:
        """A merge. A vector that scales a map gets its two axes of 1."""
        layouts = [self.net.layouts.get(read, "map") for read in reads]
        if kind == "mul" and sorted(layouts) == ["features", "map"]:
            at = layouts.index("features")
            step = next(step for step in self.net.steps if step.gives == reads[at])
            before = [layer for each in self.net.steps[: self.net.steps.index(step) + 1] for layer in each.layers]
            width = next(layer.split()[1] for layer in reversed(before) if layer.startswith("linear"))
            step.layers.append(f"reshape N {width} 1 1")
        self.count += 1
        gives = f"x{self.count}"
        self.net.add([kind], tuple(reads), gives)
        self.net.layout = "map"
        return gives
