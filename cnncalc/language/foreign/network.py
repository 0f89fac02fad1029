"""A network that another tool's text describes, and the line that says the same here."""

from __future__ import annotations

import re

from cnncalc.named_tuples import NamedTuple


class Unclear(Exception):
    """The text does not say what a layer is, or says what has no counterpart here. No text is proposed then."""


class Refused(Unclear):
    """The text is understood, and has a mistake of sizes, which the language names in the line that says the same."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


class Contradiction(Unclear):
    """The text says two things that do not go together."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


# Texts of any kind are looked into: what is no network of another tool fails in any way, and is not proposed.
NOT_UNDERSTOOD = (
    Unclear,
    SyntaxError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)


class Text(str):
    """A value that is a name or an expression, and no quoted text."""

    __slots__ = ()


class Step(NamedTuple):
    """Layers in a row, the first of which reads some values; none for the one before."""

    layers: list[str]
    reads: tuple[str, ...] = ()
    gives: str = ""  # what the text calls the value at their end


class Rules:
    """What holds for all convolutions of a text."""

    def __init__(self) -> None:
        self.pad = ""
        self.bias = ""
        self.kernel = ""
        self.stride = ""
        self.after: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.pad or self.bias or self.kernel or self.stride or self.after)


class Network:
    """The steps of a network, and what is known of the values on the way.

    `layout` of the running value: `map` with the channels first, `sequence` with the features last, `features`.
    """

    def __init__(self) -> None:
        self.inputs: dict[str, tuple[object, ...]] = {}
        self.channels_last = False  # of the shapes of the inputs, as they are written
        self.steps: list[Step] = []
        self.layouts: dict[str, str] = {}
        self.notes: list[str] = []
        self.rules = Rules()
        self.asked = False  # the text asks about one layer, as an exercise does
        self.running = ""  # the name of the running value

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def layout(self) -> str:
        return self.layouts.get(self.running, "")

    @layout.setter
    def layout(self, value: str) -> None:
        self.layouts[self.running] = value

    def start(self, name: str, shape: tuple[object, ...]) -> None:
        """Add an input."""
        self.inputs[name] = shape
        self.running = name
        self.layout = {1: "features", 3: "map", 4: "map"}.get(len(shape), "")

    def add(self, layers: list[str], reads: tuple[str, ...] = (), gives: str = "") -> None:
        """Layers that read the named values, or the running one."""
        layout = self.layouts.get(reads[0], "") if reads else self.layout
        self.steps.append(Step(layers, reads, gives))
        self.running = gives or f"#{len(self.steps)}"
        self.layout = layout

    # The line

    def line(self) -> str:
        """The line of the language. Raises Unclear where it has no layers."""
        if not any(step.layers for step in self.steps):
            raise Unclear
        shapes = {name: self.shape(shape) for name, shape in self.inputs.items()}
        last = next(iter(self.inputs)) if self.inputs else ""
        own = {name: "input" if len(self.inputs) == 1 else name for name in self.inputs}
        texts: list[str] = []
        if len(shapes) > 1:
            texts.append(", ".join(f"{name}={shape}" for name, shape in shapes.items()))
        else:
            texts += shapes.values()
        self._check_used()
        read_later = self._read_later()
        for step in self.steps:
            reads = [own.get(name, name) for name in step.reads]
            if reads == [own.get(last, last)] and step.layers:
                reads = []
            layers = list(step.layers)
            if not layers:  # another name for a value
                own[step.gives] = reads[0] if reads else own.get(last, last)
                last = last if not reads else step.gives
                continue
            if reads:
                layers[0] = reading(layers[0], reads)
            if step.gives in read_later:
                label = step.gives if step.gives not in ("input", "identity") else f"{step.gives}1"
                label = re.sub(r"\W", "_", label)
                if label[:1].isdigit():
                    label = f"v{label}"
                own[step.gives] = label
                chain = " -> ".join(layers)
                layers = [f"{label}: {chain}" if len(layers) == 1 else f"{label}: ({chain})"]
            texts += layers
            last = step.gives or f"#{len(texts)}"
            own.setdefault(last, last)
        return " -> ".join(texts)

    def shape(self, sizes: tuple[object, ...]) -> str:
        """A shape, channels first, or features last for a sequence of them."""
        if self.channels_last and len(sizes) in (3, 4):
            sizes = (sizes[-1], *sizes[:-1])
        if self.channels_last and len(sizes) == 2 and "map" in self.layouts.get("#first", ""):
            sizes = (sizes[1], sizes[0])
        names = iter(("H", "W", "D") if len(sizes) > 2 else ("L", "C"))
        texts = [str(size) if size is not None else next(names) for size in sizes]
        return "x".join(texts)

    def _check_used(self) -> None:
        """Raise Unclear where a value is read by nothing, which would be dropped without a word."""
        read = {name for step in self.steps for name in step.reads}
        for step, then in zip(self.steps, self.steps[1:]):
            if then.reads and step.gives not in read:
                raise Unclear

    def _read_later(self) -> set[str]:
        """The values that a step reads that does not follow them."""
        found: set[str] = set()
        last = next(iter(self.inputs)) if self.inputs else ""
        for step in self.steps:
            if step.reads and list(step.reads) != [last]:
                found |= set(step.reads)
            last = step.gives or "#"
        return found - set(self.inputs)


def reading(layer: str, reads: list[str]) -> str:
    """A layer that reads named values: in second brackets, or in the first for those that merge.

    >>> reading("conv 8 k3", ["a"]), reading("add", ["a", "b"]), reading("relu", ["a"])
    ('conv(8, k3)(a)', 'add(a, b)', 'relu(a)')
    """
    name, _, values = layer.partition(" ")
    if name in ("add", "cat", "mul", "sub", "maximum", "stack", "matmul"):
        return f"{name}({', '.join([*reads, *values.split()])})"
    if not values:
        return f"{name}({', '.join(reads)})"
    if "(" in layer:
        return f"{layer}({', '.join(reads)})" if layer.endswith(")") else layer
    return f"{name}({', '.join(values.split())})({', '.join(reads)})"
