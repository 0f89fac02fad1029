"""A size as text: Python that reads back to the same value, the text for a table, and LaTeX."""

from __future__ import annotations

from cnncalc.symbolic.expr import Atom, Dim, Expr, Monomial, Sym


def python_text(value: Dim) -> str:
    """Text that Python computes to the same value: `(H + 31)//32`."""
    return _text(value, _PYTHON)


def unicode_text(value: Dim) -> str:
    """Text for people: `⌊(H + 31)/32⌋`, `64·H·W`."""
    return _text(value, _UNICODE)


def latex_text(value: Dim) -> str:
    r"""LaTeX: `\left\lfloor \frac{H + 31}{32} \right\rfloor`."""
    return _text(value, _LATEX)


class _Style:
    def __init__(self, times: str, power: str, floor: str) -> None:
        self.times = times  # stands between two factors
        self.power = power  # with {base} and {power}
        self.floor = floor  # with {num} and {den}, or empty where Python's // is to be written


_PYTHON = _Style("*", "{base}**{power}", "")
_UNICODE = _Style("·", "{base}^{power}", "⌊{num}/{den}⌋")
_LATEX = _Style(" ", "{base}^{{{power}}}", r"\left\lfloor \frac{{{num}}}{{{den}}} \right\rfloor")


def _text(value: Dim, style: _Style) -> str:
    if isinstance(value, int):
        return str(value)
    parts: list[str] = []
    for mono, coefficient in sorted(value.terms.items(), key=_order):
        term = _term(mono, abs(coefficient), style)
        sign = "-" if coefficient < 0 else "+"
        parts.append(f" {sign} {term}" if parts else f"-{term}" if coefficient < 0 else term)
    return "".join(parts)


def _order(item: tuple[Monomial, int]) -> tuple[int, list[tuple[str, int]]]:
    """High degrees first, then by name; the constant comes last."""
    mono, _ = item
    return -sum(power for _, power in mono), [(atom.key, -power) for atom, power in mono]


def _term(mono: Monomial, coefficient: int, style: _Style) -> str:
    # A floor goes last: `3*(H//2)` would need its brackets, and `2*H//3` would be another value.
    factors = [str(coefficient)] if coefficient != 1 or not mono else []
    alone = not factors and len(mono) == 1 and mono[0][1] == 1
    for atom, power in mono:
        base = _atom(atom, style, alone)
        factors.append(style.power.format(base=base, power=power) if power > 1 else base)
    return style.times.join(factors)


def _atom(atom: Atom, style: _Style, alone: bool) -> str:
    if isinstance(atom, Sym):
        return atom.key
    if style.floor:
        num = _text(atom.num, style)
        if style is _UNICODE and isinstance(atom.num, Expr) and not _is_product(atom.num):
            num = f"({num})"
        return style.floor.format(num=num, den=_operand(atom.den, style))
    text = f"{_operand(atom.num, style)}//{_operand(atom.den, style)}"
    return text if alone else f"({text})"


def _operand(value: Dim, style: _Style) -> str:
    text = _text(value, style)
    return text if isinstance(value, int) or _is_name(value) else f"({text})"


def _is_name(value: Expr) -> bool:
    (mono, coefficient), *rest = value.terms.items()
    return not rest and coefficient == 1 and len(mono) == 1 and mono[0][1] == 1 and isinstance(mono[0][0], Sym)


def _is_product(value: Expr) -> bool:
    ((_, coefficient), *rest) = value.terms.items()
    return not rest and coefficient > 0
