"""Values that the network makes itself: torch.arange, torch.zeros and relatives. They read no input.

They have no batch, no parameters and no cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Int, Ints, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


class _Made(Layer):
    """A value that depends on no input."""

    keeps = ()

    inputs = (0, 0)
    input_names = ()

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return []


class Arange(_Made, name="arange"):
    """Whole numbers in a row: `arange 8` from 0, `arange 2 8` from 2, `arange 0 8 step=2`. Source: torch.arange."""

    gives = "int64"

    example = "49x32 -> add(identity, arange 32)"

    start: Dim = arg(Int(open=True), help="the first; alone, how many there are")
    end: Dim | None = arg(Int(none=True, open=True), None, help="what comes after the last")
    step: int = arg(Int(), 1, help="the distance between them")

    def ends(self) -> tuple[Dim, Dim]:
        """The first, and what comes after the last."""
        return (0, self.start) if self.end is None else (self.start, self.end)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        first, end = self.ends()
        if self.step == 0:
            site.refuse("bad-argument", "arange needs a step other than 0", arg="step")
        span = (end - first) * (1 if self.step > 0 else -1)
        site.short(span, "bad-argument", f"arange does not come from {first} to {end} in steps of {self.step}")
        return (-(-span // abs(self.step)),)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.arange(*self.ends(), self.step)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {
            "start": draw.randrange(-1, 9),
            "end": draw.choice([None, 3, 9, 10]),
            "step": draw.choice([1, 1, 2, 3, -1, 0]),
        }, []


class Linspace(_Made, name="linspace"):
    """`steps` numbers from `start` to `end`, at one distance. Source: torch.linspace."""

    example = "49x32 -> mul(identity, linspace 0 1 32)"

    start: float = arg(Number(), help="the first")
    end: float = arg(Number(), help="the last")
    steps: Dim = arg(Int(0, open=True), help="how many")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (self.steps,)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.linspace(float(self.start), float(self.end), self.steps)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"start": 0, "end": 1, "steps": draw.choice([-1, 0, 1, 5])}, []


class _Filled(_Made):
    """A value of a shape."""

    example = "49x32 -> add(identity, {name} 49 32)"

    size: tuple[Dim, ...] = arg(Ints(0, open=True), (), variadic=True, help="its sizes; none for a scalar")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return self.size

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(self.size)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"size": tuple(draw.choice([0, 1, 2, 3]) for _ in range(draw.randrange(0, 4)))}, []


FILLED = {
    "empty": "A value that holds anything",
    "ones": "A value that holds 1 everywhere",
    "rand": "A value that holds numbers drawn from 0 to 1",
    "randn": "A value that holds normally distributed numbers",
    "zeros": "A value that holds 0 everywhere",
}

for _name, _text in FILLED.items():
    type(f"_Filled_{_name}", (_Filled,), {"__doc__": f"{_text}. Source: torch.{_name}."}, name=_name)


class Full(_Filled, name="full"):
    """A value that holds one number everywhere. Source: torch.full."""

    example = "49x32 -> add(identity, full (49, 32) 0.5)"

    size: tuple[Dim, ...] = arg(Ints(0, open=True), help="its sizes")
    fill_value: float = arg(Number(), help="the value of every element")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.full(self.size, float(self.fill_value))

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {**super().drawn(draw)[0], "fill_value": 2}, []


class Eye(_Made, name="eye"):
    """1 on the diagonal and 0 elsewhere. Source: torch.eye."""

    example = "49x49 -> add(identity, eye 49)"

    n: Dim = arg(Int(0, open=True), help="rows")
    m: Dim | None = arg(Int(0, open=True, none=True), None, help="columns; as many as rows")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (self.n, self.n if self.m is None else self.m)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.eye(self.n) if self.m is None else torch.eye(self.n, self.m)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"n": draw.choice([0, 1, 3]), "m": draw.choice([None, 0, 2])}, []
