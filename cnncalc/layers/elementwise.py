"""Functions of single values (torch.exp, torch.pow, torch.where and relatives). They cost no MACs.

Numbers are in the place of the last input where torch takes them there: `pow 2`, `gt 0`, `clamp 0 1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep, Kept, MemoryCall, made, promoted
from cnncalc.layers.merge import Broadcast, broadcast, scalar
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random

UNARY = {
    "abs": "The distance from 0",
    "acos": "The arc cosine",
    "asin": "The arc sine",
    "atan": "The arc tangent",
    "ceil": "The next whole number above",
    "cos": "The cosine",
    "cosh": "The hyperbolic cosine",
    "erf": "The error function",
    "erfc": "1 less the error function",
    "exp": "e to the power of each value",
    "exp2": "2 to the power of each value",
    "expm1": "`exp(x) - 1`",
    "floor": "The next whole number below",
    "isfinite": "Is the value a number, and not infinite?",
    "isinf": "Is the value infinite?",
    "isnan": "Is the value no number?",
    "log": "The natural logarithm",
    "log10": "The logarithm to base 10",
    "log1p": "`log(1 + x)`",
    "log2": "The logarithm to base 2",
    "logical_not": "True where the value is 0",
    "neg": "The value with the other sign",
    "reciprocal": "`1/x`",
    "round": "The nearest whole number",
    "rsqrt": "`1/sqrt(x)`",
    "sign": "-1, 0 or 1",
    "sin": "The sine",
    "sinh": "The hyperbolic sine",
    "sqrt": "The square root",
    "square": "`x*x`",
    "tan": "The tangent",
    "trunc": "The value without what comes after the point",
}

BINARY = {
    "eq": "True where both are equal",
    "floor_divide": "The quotient, rounded down",
    "fmod": "What a division leaves, with the sign of the first",
    "ge": "True where the first is at least the second",
    "gt": "True where the first is larger",
    "le": "True where the first is at most the second",
    "lt": "True where the first is smaller",
    "ne": "True where both differ",
    "remainder": "What a division leaves, with the sign of the second",
    "rsub": "The second input less the first: `rsub 1` is 1 - x",
}

TWO_INPUTS = {
    "atan2": "The angle of a point",
    "logical_and": "True where both are",
    "logical_or": "True where one of both is",
    "logical_xor": "True where one of both is, and not the other",
    "maximum": "The larger of both",
    "minimum": "The smaller of both",
}


BITWISE = {
    "bitwise_and": "The bits that both whole numbers have",
    "bitwise_or": "The bits that one of both whole numbers has",
    "bitwise_xor": "The bits that one of both whole numbers has, and not the other",
}


KEEP_OUTPUT = ("exp", "exp2", "expm1", "reciprocal", "rsqrt", "sqrt", "tan")
KEEP_NOTHING = ("ceil", "floor", "isinf", "isnan", "logical_not", "neg", "round", "sign", "trunc")
TRUTHS = ("isfinite", "isinf", "isnan", "logical_not", "eq", "ge", "gt", "le", "lt", "ne")
TRUTHS_OF_TWO = ("logical_and", "logical_or", "logical_xor")
KEEP_TYPE = ("abs", "ceil", "floor", "neg", "round", "sign", "square", "trunc")
"""Functions whose derivative is one of their value, or none; and those that give true or false, or the input's type."""

KEEPS_OF_TWO = {
    "atan2": ("inputs",),
    "fmod": ("0:1", "1:1"),
    "maximum": ("inputs",),
    "minimum": ("inputs",),
    "remainder": ("0:1", "1:1"),
}
"""What is kept of two values; of other functions of two, nothing."""


def stated(base: type[Layer], name: str) -> dict[str, Any]:
    """What a function of a table gives and keeps."""
    if base is Function:
        keeps = ("output",) if name in KEEP_OUTPUT else () if name in KEEP_NOTHING else ("input",)
        gives = "bool" if name in TRUTHS else "like" if name in KEEP_TYPE else "decimal"
        return {"keeps": keeps, "gives": gives, "all_within": name != "isfinite"}
    truth = name in TRUTHS or name in TRUTHS_OF_TWO
    return {"keeps": KEEPS_OF_TWO.get(name, ()), "gives": "bool" if truth else "like"}


class Function(Layer):
    """torch's function of this name on one value."""

    layout = "input"

    example = "64x32x32 -> {name}"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(*xs)


class OfTwo(Broadcast):
    """torch's function of this name on two values."""

    inputs = (2, 2)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(*self.operands(xs))


class _OrNumber(OfTwo):
    """A number can take the place of the second."""

    inputs = (1, 2)
    number_argument = "other"
    example = "64x32x32 -> {name} 2"

    other: Any = scalar()


class _OfBits(_OrNumber):
    """On whole numbers, or on what is true and what is not."""

    integer_inputs = (0, 1)
    example = "64x32x32 -> {name}(gt 0, lt 1)"

    other: Dim | None = arg(Int(open=True), None, help="a number in place of the last input")

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (promoted(given),) * count


for _base, _table in ((Function, UNARY), (_OrNumber, BINARY), (OfTwo, TWO_INPUTS), (_OfBits, BITWISE)):
    for _name, _text in _table.items():
        type(
            f"{_base.__name__}_{_name}",
            (_base,),
            {"__doc__": f"{_text}. Source: torch.{_name}.", **stated(_base, _name)},
            name=_name,
        )


class BitwiseNot(Function, name="bitwise_not"):
    """Whole numbers with every bit the other way; of what is true, what is not. Source: torch.bitwise_not."""

    keeps = ()

    integer_inputs = (0,)
    example = "64x32x32 -> gt 0 -> bitwise_not"

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (promoted(given),) * count


class Pow(OfTwo, name="pow"):
    """Each value to a power: a number, or a second input. Source: torch.pow."""

    keeps = ("0:01", "1:01", "output:1")

    inputs = (1, 2)
    number_argument = "exponent"
    example = "64x32x32 -> pow 2"

    exponent: Any = scalar("a number in place of the second input")


class Clamp(Function, name="clamp", aliases=("clip",)):
    """Each value, cut to `min` and `max`. Source: torch.clamp."""

    keeps = ("input",)

    example = "64x32x32 -> clamp 0 1"

    min: float | None = arg(Number(none=True), None, help="smallest output; None: no limit")
    max: float | None = arg(Number(none=True), None, help="largest output; None: no limit")

    def check(self, site: Site) -> None:
        if self.min is None and self.max is None:
            site.refuse("bad-argument", "clamp takes min, max or both, but neither is given", hint="write `clamp 0 1`")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        low, high = (None if end is None else float(end) for end in (self.min, self.max))
        return torch.clamp(xs[0], low, high)


class Fill(OfTwo, name="fill"):
    """A value as large as the input that is the same everywhere: a number, or a second input without axes.

    Source: torch.fill.
    """

    keeps = ()

    inputs = (1, 2)
    input_names = ("input", "value")
    number_argument = "value"
    example = "64x32x32 -> fill 0"

    value: Any = scalar("a number in place of the second input")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        self._counted(site, len(xs))
        if xs[1:] and xs[1]:
            site.refuse("wrong-rank", f"fill takes a value without axes, but {shape_text(xs[1])} arrives")
        return xs[0]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [None, *({} for _ in xs[1:])]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        values, shapes = super().drawn(draw)
        return values, [*shapes[:1], *(draw.choice([(), (), (1,)]) for _ in shapes[1:])]


class NanToNum(Function, name="nan_to_num"):
    """Each value, with numbers in place of what is no number or has no end. Source: torch.nan_to_num."""

    keeps = ("input",)

    example = "64x32x32 -> nan_to_num"

    nan: float = arg(Number(), 0, help="in place of what is no number")
    posinf: float | None = arg(
        Number(none=True), None, help="in place of what has no end; None: the type's largest number"
    )
    neginf: float | None = arg(
        Number(none=True), None, help="the same on the other side; None: the type's smallest number"
    )

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        ends = [None if end is None else float(end) for end in (self.posinf, self.neginf)]
        return torch.nan_to_num(xs[0], float(self.nan), *ends)


class Chosen(Broadcast):
    """The second input where the first is true, else the third, or a number: `where` once its condition is a truth."""

    keeps = ("0",)
    inputs = (2, 3)
    number_argument = "other"
    other: Any = scalar()

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return broadcast(site, "where", xs)

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return super().types(given[1:], decimals, count)

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        kept = super().saved(call)
        return kept if kept is None or self.other is None else [*kept, made("passing", (), call.ys[0].type)]


class Filled(Chosen):
    """The second input where the first is false: `masked_fill` once its mask is a truth."""


class Where(Broadcast, name="where"):
    """The second input where the first, a condition, holds, else the third, or a number.

    Source: torch.where.
    """

    inputs = (2, 3)
    input_names = ("condition", "input", "other")
    number_argument = "other"
    example = "64x32x32 -> where(gt 0, identity, other=0)"

    other: Any = scalar("a number in place of the third input")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if (len(xs) == 3) == (self.other is not None):
            came = "neither is given here" if self.other is None else "both are given here"
            site.refuse("wrong-count", f"where takes a third input or a number as other, but {came}")
        return broadcast(site, self.name, xs)

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return super().types(given[1:], decimals, count)

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        chosen = Chosen() if self.other is None else Chosen(other=self.other)
        return [InnerStep(To(dtype="bool"), (0,)), InnerStep(chosen, (len(xs), *range(1, len(xs))))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        # One other, an input or a number: torch refuses two as it refuses none.
        return torch.where(xs[0].bool(), *xs[1:], *([] if self.other is None else [float(self.other)]))


class MaskedFill(Broadcast, name="masked_fill"):
    """The first input, with `value` where the second, a mask, holds. Source: torch.Tensor.masked_fill."""

    inputs = (2, 2)
    input_names = ("input", "mask")
    numbers = "a mask"
    example = "8x49x49 -> masked_fill(identity, eq 0, value=-100)"

    value: float = arg(Number(), help="the value where the mask holds")

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return super().types(given[:1], decimals, count)

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return [InnerStep(To(dtype="bool"), (1,)), InnerStep(Filled(), (2, 0))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].masked_fill(xs[1].bool(), float(self.value))


class _OfThree(Broadcast):
    """torch's function of this name on three values."""

    inputs = (3, 3)
    input_names = ("input", "tensor1", "tensor2")
    example = "64x32x32 -> {name}(identity, sigmoid, relu)"

    value: float = arg(Number(), 1.0, help="factor of what is added")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(*xs, value=float(self.value))


class Addcmul(_OfThree, name="addcmul"):
    """`input + value*tensor1*tensor2`. Source: torch.addcmul."""

    keeps = ("1:2", "2:1")


class Addcdiv(_OfThree, name="addcdiv"):
    """`input + value*tensor1/tensor2`. Source: torch.addcdiv."""

    keeps = ("1:2", "2:12")


class Lerp(Broadcast, name="lerp"):
    """Between two values: `input + weight*(end - input)`, with a number or a third input as weight.

    Source: torch.lerp.
    """

    keeps = ("0:2", "1:2", "2:01")

    inputs = (2, 3)
    input_names = ("input", "end", "weight")
    number_argument = "weight"
    example = "64x32x32 -> lerp(identity, relu, weight=0.9)"

    weight: Any = scalar("a number in place of the third input")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if (len(xs) == 3) == (self.weight is not None):
            came = "neither is given here" if self.weight is None else "both are given here"
            site.refuse("wrong-count", f"lerp takes a third input or a number as weight, but {came}")
        return broadcast(site, self.name, xs)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        # One weight, an input or a number: torch refuses two as it refuses none.
        return torch.lerp(*xs, *(() if self.weight is None else (float(self.weight),)))


class To(Function, name="to"):
    """The input as another type, which changes no figure. Source: torch.Tensor.to."""

    keeps = ()

    example = "64x32x32 -> to float16"

    dtype: str = arg(
        Choice("float32", "float64", "float16", "bfloat16", "int64", "int32", "bool"), help="the type that goes out"
    )

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (self.dtype,) * count

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        return given[0] == self.dtype

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].to(getattr(torch, self.dtype))
