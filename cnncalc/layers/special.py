"""Functions of single values that few networks have (torch.lgamma, torch.hypot, torch.sinc and relatives).
They cost no MACs.
"""

from __future__ import annotations

from typing import Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.elementwise import Function, OfTwo, _OfBits, _OrNumber
from cnncalc.layers.kinds import Number

UNARY = {
    "acosh": "The inverse of the hyperbolic cosine",
    "asinh": "The inverse of the hyperbolic sine",
    "atanh": "The inverse of the hyperbolic tangent",
    "deg2rad": "Degrees as radians",
    "digamma": "The derivative of the logarithm of the gamma function",
    "erfinv": "The inverse of the error function",
    "frac": "What comes after the point",
    "i0": "The modified Bessel function of order 0",
    "isneginf": "Is the value less than any number?",
    "isposinf": "Is the value more than any number?",
    "isreal": "Has the value no imaginary part?",
    "lgamma": "The logarithm of the gamma function",
    "rad2deg": "Radians as degrees",
    "sgn": "-1, 0 or 1; of a complex number, one of length 1",
    "signbit": "Is the value's sign a minus?",
    "sinc": "`sin(pi*x) / (pi*x)`",
}

OR_NUMBER = {
    "copysign": "The size of the first, with the sign of the second",
    "xlogy": "`x*log(y)`, and 0 where x is",
}

TWO_INPUTS = {
    "fmax": "The larger of both, or the one that is a number",
    "fmin": "The smaller of both, or the one that is a number",
    "heaviside": "0 where the first is negative, 1 where it is positive, and the second where it is 0",
    "hypot": "The length of a point",
    "logaddexp": "`log(exp(x) + exp(y))`",
    "logaddexp2": "`log2(2**x + 2**y)`",
    "nextafter": "The next number on the way from the first to the second",
}

BITWISE = {
    "bitwise_left_shift": "Whole numbers with their bits so many places further up",
    "bitwise_right_shift": "Whole numbers with their bits so many places further down",
}

TRUTHS = ("isneginf", "isposinf", "isreal", "signbit")
KEEP_TYPE = ("frac", "sgn")
KEEPS: dict[str, tuple[str, ...] | None] = {
    **dict.fromkeys(("deg2rad", "frac", "rad2deg", *TRUTHS), ()),
    **dict.fromkeys(("acosh", "asinh", "atanh", "digamma", "i0", "lgamma", "sinc"), ("input",)),
    "erfinv": ("output",),
    "hypot": ("inputs", "output"),
}
"""What autograd keeps; of others that is not known."""

for _base, _table in ((Function, UNARY), (_OrNumber, OR_NUMBER), (OfTwo, TWO_INPUTS), (_OfBits, BITWISE)):
    for _name, _text in _table.items():
        _gives = "bool" if _name in TRUTHS else "like" if _name in KEEP_TYPE or _base is not Function else "decimal"
        type(
            f"{_base.__name__}_{_name}",
            (_base,),
            {"__doc__": f"{_text}. Source: torch.{_name}.", "keeps": KEEPS.get(_name), "gives": _gives},
            name=_name,
        )


class Logit(Function, name="logit"):
    """`log(x / (1 - x))`, of values that are not nearer to 0 and 1 than `eps`. Source: torch.logit."""

    keeps = ("input",)
    gives = "decimal"

    eps: float | None = arg(Number(), None, help="how near to 0 and 1 a value may be")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.logit(xs[0], None if self.eps is None else float(self.eps))
