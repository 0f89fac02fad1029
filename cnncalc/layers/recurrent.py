"""Recurrent layers and their cells (torch.nn.RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall, made
from cnncalc.layers.sequence import batch_axis, batch_first, same_shape
from cnncalc.layers.shapes import Named, Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, ANY, SAME, Reach, Reaches, along, unknown, up_to
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


class _Recurrent(Layer):
    """Layers that go through a sequence step by step. Each weight is used once for each step and sample."""

    numbers = "decimals"

    features_last = True
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1  # how many there are: h, or h and c
    inputs = (1, 2)
    input_names: ClassVar[tuple[str, ...]] = ("input", "h_0")
    output_names: ClassVar[tuple[str, ...]] = ("output", "h_n")

    input_size: Dim | None
    hidden_size: Dim
    num_layers: int
    bias: bool
    batch_first: bool
    bidirectional: bool
    proj_size: int = 0

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def out(self) -> Dim:
        """The size of what a step gives in one direction."""
        return self.proj_size or self.hidden_size

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        x = xs[0]
        batch = batch_axis(site, self, x, self.batch_first)
        self.expect(site, "input_size", x[-1], "input features")
        time = x[0 if batch != 0 else 1]
        site.short(time - 1, "empty-output", f"{self.name} needs one step at least, but {shape_text(x)} arrives")
        samples = () if batch is None else (x[batch],)
        layers = self.num_layers * self.directions
        states: list[Shape] = [(layers, *samples, self.out), (layers, *samples, self.hidden_size)][: self.states]
        if len(xs) == 2 and self.states == 2:
            site.refuse("wrong-count", f"{self.name} takes both its states, h_0 and c_0, or none")
        for name, came, want in zip(self.input_names[1:], xs[1:], states):
            same_shape(site, came, want, f"{name} of {self.name}")
        return [(*x[:-1], self.directions * self.out), *states]

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"input_size": xs[0][-1]}

    def params(self, *xs: Shape) -> Named:
        rows = self.gates * self.hidden_size
        found: Named = {}
        for layer in range(self.num_layers):
            arrive = xs[0][-1] if layer == 0 else self.directions * self.out
            for end in ("", "_reverse")[: self.directions]:
                found[f"weight_ih_l{layer}{end}"] = (rows, arrive)
                found[f"weight_hh_l{layer}{end}"] = (rows, self.out)
                if self.bias:
                    found[f"bias_ih_l{layer}{end}"] = (rows,)
                    found[f"bias_hh_l{layer}{end}"] = (rows,)
                if self.proj_size:
                    found[f"weight_hr_l{layer}{end}"] = (self.proj_size, self.hidden_size)
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0][:-1]) * weights(self.params(*xs))

    def inner(self, xs: Shapes, ys: Shapes) -> Dim:
        """What each layer but the last gives at each step. The last states of all are outputs."""
        return (self.num_layers - 1) * product(ys[0])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        features = len(x) - 1
        batch = None if features == 1 else 0 if self.batch_first else 1
        time = 1 if batch == 0 else 0
        steps = up_to(x[time])
        if self.bidirectional:
            # Each direction gives features of its own.
            steps = ALL if self.num_layers > 1 else ALL._replace(spread=(features,))
        first: Reach = {**along(x, [features]), time: (time, steps)}
        state: Reach = {len(x) - 1: (features, ALL)} if batch is None else {1: (batch, SAME), 2: (features, ALL)}
        cell = {axis: (to, ANY if axis == len(x) - 1 else steps) for axis, (to, steps) in state.items()}
        return [first, state, cell][: len(xs)]

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        features = len(xs[0]) - 1
        batch = None if features == 1 else 0 if self.batch_first else 1
        last = [dict(unknown(x)) for x in xs]
        if batch is not None:
            for i, reach in enumerate(last):
                reach[1 if i else batch] = (1, SAME)
        return [self.reach(xs, ys), *[last] * (len(ys) - 1)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        states = xs[1:] if len(xs) == 3 else xs[1] if len(xs) == 2 else None
        out, after = part(xs[0], states)
        return [out, *after] if isinstance(after, tuple) else [out, after]

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        features, hidden = draw.randrange(1, 7), draw.randrange(1, 7)
        values: dict[str, Any] = {"input_size": features, "hidden_size": hidden}
        for key, some in _DRAWN.items():
            if key in cls.arguments and draw.random() < 0.4:
                values[key] = draw.choice(some)
        if "proj_size" in cls.arguments and draw.random() < 0.4:
            values["proj_size"] = draw.randrange(0, hidden)
        if draw.random() < 0.1:
            wrong = draw.choice(["proj_size", "input_size", "hidden_size", "num_layers"])
            if wrong != "proj_size" or wrong in cls.arguments:
                values[wrong] = {"proj_size": hidden, "input_size": features + 1}.get(wrong, 0)
        batch = draw.randrange(1, 4)
        first = values.get("batch_first", False)
        steps = draw.choice([1, 2, 3, 5])
        x: tuple[int, ...] = (batch, steps, features) if first else (steps, batch, features)
        if draw.random() < 0.2:
            x = (steps, features)
        shapes: list[tuple[int, ...]] = [x if draw.random() < 0.96 else (2, *x)]
        if draw.random() < 0.3:
            layers = values.get("num_layers", 1) * (2 if values.get("bidirectional") else 1)
            samples = (batch,) if len(x) == 3 else ()
            out = values.get("proj_size") or hidden
            states: list[tuple[int, ...]] = [(layers, *samples, out), (layers, *samples, hidden)]
            if draw.random() < 0.1:
                states[0] = draw.choice([(layers, out), (layers, *samples, out + 1), (layers, 3, out)])
            shapes += states[: cls.inputs[1] - 1 if cls.inputs[1] else 0]
        return values, shapes


_DRAWN: dict[str, list[Any]] = {
    "num_layers": [1, 2, 3],
    "nonlinearity": ["tanh", "relu"],
    "bias": [True, False],
    "batch_first": [True, False],
    "dropout": [0, 0.5],
    "bidirectional": [True, False],
}


def weights(params: Named) -> Dim:
    """The elements of the weights, without the biases."""
    total: Dim = 0
    for name, shape in params.items():
        if name.startswith("weight"):
            total = total + product(shape)
    return total


class RNN(_Recurrent, torch="RNN"):
    """An Elman network: at each step, what comes in and the state before give the new state.

    Outputs: `output` with the last layer's state at each step, and `h_n`, each layer's last state. A further input
    is the first state (layers*directions, batch, hidden_size). Each weight is used once for each step and sample;
    there are two biases. `rnn` has the batch in front, `nn.RNN` time unless batch_first=True.
    Source: torch.nn.RNN, "Inputs", "Outputs" and "Attributes".
    """

    example = "35x300 -> rnn 128"

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in at each step")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the state")
    num_layers: int = arg(Int(1), 1, help="layers, each on the output of the one before")
    nonlinearity: str = arg(Choice("tanh", "relu"), "tanh", help="the activation")
    bias: bool = arg(Bool(exact=True), True, help="two learned biases for each layer and direction")
    batch_first: bool = batch_first(exact=True)
    dropout: float = arg(Number(least=0, most=1, exact=True), 0.0, help="dropout between layers")
    bidirectional: bool = arg(Bool(exact=True), False, help="go through the sequence from its end too")


class LSTM(_Recurrent, torch="LSTM"):
    """Long short-term memory: four gates (input, forget, cell, output) say what the cell keeps and gives.

    Outputs: `output` with the last layer's state at each step, `h_n` and `c_n`, each layer's last state and cell.
    Two further inputs are the first state and cell. Each weight is used once for each step and sample; there are
    two biases. `lstm` has the batch in front, `nn.LSTM` time unless batch_first=True.
    Source: torch.nn.LSTM, "Inputs", "Outputs" and "Attributes"; proj_size: Sak et al. 2014.
    """

    example = "35x300 -> lstm 128 bidirectional=yes"
    gates = 4
    states = 2
    inputs = (1, 3)
    input_names: ClassVar[tuple[str, ...]] = ("input", "h_0", "c_0")
    output_names: ClassVar[tuple[str, ...]] = ("output", "h_n", "c_n")

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in at each step")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the cell")
    num_layers: int = arg(Int(1), 1, help="layers, each on the output of the one before")
    bias: bool = arg(Bool(exact=True), True, help="two learned biases for each layer and direction")
    batch_first: bool = batch_first(exact=True)
    dropout: float = arg(Number(least=0, most=1, exact=True), 0.0, help="dropout between layers")
    bidirectional: bool = arg(Bool(exact=True), False, help="go through the sequence from its end too")
    proj_size: int = arg(Int(0), 0, help="the state is projected to this many features; 0: it is not")

    def check(self, site: Site) -> None:
        message = f"proj_size has to be smaller than hidden_size, but is {self.proj_size} of {self.hidden_size}"
        site.short(self.hidden_size - self.proj_size - 1, "bad-argument", message, arg="proj_size")


class GRU(_Recurrent, torch="GRU"):
    """Gated recurrent units: three gates (reset, update, new) say how the state changes.

    Outputs: `output` with the last layer's state at each step, and `h_n`, each layer's last state. A further input
    is the first state (layers*directions, batch, hidden_size). Each weight is used once for each step and sample;
    there are two biases. `gru` has the batch in front, `nn.GRU` time unless batch_first=True.
    Source: torch.nn.GRU, "Inputs", "Outputs" and "Attributes".
    """

    example = "35x300 -> gru 128"
    gates = 3

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in at each step")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the state")
    num_layers: int = arg(Int(1), 1, help="layers, each on the output of the one before")
    bias: bool = arg(Bool(exact=True), True, help="two learned biases for each layer and direction")
    batch_first: bool = batch_first(exact=True)
    dropout: float = arg(Number(least=0, most=1, exact=True), 0.0, help="dropout between layers")
    bidirectional: bool = arg(Bool(exact=True), False, help="go through the sequence from its end too")


class _Cell(Layer):
    """One step of a recurrent layer."""

    numbers = "decimals"

    alike = True
    gates: ClassVar[int] = 1
    keeps_state: ClassVar[bool] = False  # is the state before it multiplied by something that is worked out?
    inputs = (1, 2)
    input_names: ClassVar[tuple[str, ...]] = ("input", "hx")
    output_names: ClassVar[tuple[str, ...]] = ("hx",)

    input_size: Dim | None
    hidden_size: Dim
    bias: bool

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        x = xs[0]
        if len(x) not in (1, 2):
            site.refuse(
                "wrong-rank",
                f"{self.name} takes the features of one step, but {shape_text(x)} arrives",
                hint=f"{self.name.removesuffix('cell')} goes through a sequence",
            )
        self.expect(site, "input_size", x[-1], "input features")
        state = (*x[:-1], self.hidden_size)
        if len(xs) == 2 and len(self.output_names) == 2:
            site.refuse("wrong-count", f"{self.name} takes both its states, hx and cx, or none")
        for name, came in zip(self.input_names[1:], xs[1:]):
            same_shape(site, came, state, f"{name} of {self.name}")
        return [state, state] if len(self.output_names) == 2 else state

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"input_size": xs[0][-1]}

    def params(self, *xs: Shape) -> Named:
        rows = self.gates * self.hidden_size
        found: Named = {"weight_ih": (rows, xs[0][-1]), "weight_hh": (rows, self.hidden_size)}
        return found | {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0][:-1]) * weights(self.params(*xs))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        features = [len(xs[0]) - 1]
        return [along(xs[0], features), along(xs[0], features), along(xs[0])][: len(xs)]

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        """As a CPU runs it, one operation after the other (ATen/native/RNN.cpp)."""
        state, type = call.ys[0].shape, call.xs[0].type
        kept = [Kept("input", place) for place in range(min(2, len(call.xs))) if call.trained]
        if len(call.xs) == 1:
            kept.append(made("inner" if call.trained or self.keeps_state else "passing", state, type))  # zeros
        return [*kept, *self.within_step(call, (*state[:-1], self.gates * self.hidden_size))]

    def within_step(self, call: MemoryCall, gates: Shape) -> list[Kept]:
        """What is kept of a step, and what else it needs, beside its input and state."""
        raise NotImplementedError

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return part(xs[0], xs[1:] if len(xs) == 3 else xs[1] if len(xs) == 2 else None)

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        features, hidden = draw.randrange(1, 7), draw.randrange(1, 7)
        values: dict[str, Any] = {"input_size": features, "hidden_size": hidden}
        for key, some in _DRAWN.items():
            if key in cls.arguments and draw.random() < 0.4:
                values[key] = draw.choice(some)
        if draw.random() < 0.08:
            values["input_size"] = features + 1
        samples = (draw.randrange(1, 4),) if draw.random() < 0.7 else ()
        shapes: list[tuple[int, ...]] = [(*samples, features)]
        if draw.random() < 0.05:
            shapes = [(2, *samples, 2, features)]
        if draw.random() < 0.4:
            state = (*samples, hidden) if draw.random() < 0.9 else (*samples, hidden + 1)
            shapes += [state] * (len(cls.input_names) - 1)
        return values, shapes


class RNNCell(_Cell, torch="RNNCell"):
    """One step of an Elman network: the new state from what comes in and the state before.

    The state is a further input; without it, it is 0. Source: torch.nn.RNNCell, "Shape" and "Variables".
    """

    example = "300 -> rnncell 128"

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the state")
    bias: bool = arg(Bool(), True, help="two learned biases")
    nonlinearity: str = arg(Choice("tanh", "relu"), "tanh", help="the activation")

    def within_step(self, call: MemoryCall, gates: Shape) -> list[Kept]:
        return [Kept("output", 0), *[made("passing", gates, call.xs[0].type)] * 2]


class LSTMCell(_Cell, torch="LSTMCell"):
    """One step of an LSTM: the new state and cell from what comes in, the state and the cell before.

    State and cell are two further inputs; without them, they are 0.
    Source: torch.nn.LSTMCell, "Outputs" and "Variables".
    """

    example = "300 -> lstmcell 128"
    gates = 4
    keeps_state = True
    inputs = (1, 3)
    input_names: ClassVar[tuple[str, ...]] = ("input", "hx", "cx")
    output_names: ClassVar[tuple[str, ...]] = ("hx", "cx")

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the state and the cell")
    bias: bool = arg(Bool(), True, help="two learned biases")

    def within_step(self, call: MemoryCall, gates: Shape) -> list[Kept]:
        state, type = call.ys[0].shape, call.xs[0].type
        kept = [made("inner", gates, type), made("inner", state, type)]  # and the tanh of the cell
        if len(call.xs) > 1:
            kept.append(Kept("input", 2))
        return [*kept, made("passing", state, type)]


class GRUCell(_Cell, torch="GRUCell"):
    """One step of a GRU: the new state from what comes in and the state before.

    The state is a further input; without it, it is 0. Source: torch.nn.GRUCell, "Shape" and "Variables".
    """

    example = "300 -> grucell 128"
    gates = 3

    input_size: Dim | None = arg(Int(1, open=True), inferred=True, help="features that come in")
    hidden_size: Dim = arg(Int(1, open=True), help="features of the state")
    bias: bool = arg(Bool(), True, help="two learned biases")

    def within_step(self, call: MemoryCall, gates: Shape) -> list[Kept]:
        state, type = call.ys[0].shape, call.xs[0].type
        written_over = [made("inner", state, type, training=True)] * 2  # autograd copies what is multiplied in place
        return [made("inner", gates, type), made("inner", state, type), *written_over, made("passing", gates, type)]
