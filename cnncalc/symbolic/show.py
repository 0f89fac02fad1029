"""A size as text: Python that reads back to the same value, the text for a table, and LaTeX."""

from __future__ import annotations

from cnncalc.symbolic.expr import Atom, Dim, Expr, Extreme, Floor, Monomial, Sym


def python_text(value: Dim) -> str:
    """Text that Python computes to the same value.

    >>> from cnncalc.symbolic.expr import symbol
    >>> python_text(-((symbol("H") + 31)//32))
    '-((H + 31)//32)'
    """
    return _text(value, _PYTHON)


def unicode_text(value: Dim) -> str:
    """Text for people.

    >>> from cnncalc.symbolic.expr import symbol
    >>> print(unicode_text(64*((symbol("H") + 31)//32)))
    64·⌊(H + 31)/32⌋
    """
    return _text(value, _UNICODE)


def latex_text(value: Dim) -> str:
    r"""LaTeX.

    >>> from cnncalc.symbolic.expr import symbol
    >>> print(latex_text((symbol("H1") + 31)//32))
    \left\lfloor \frac{H_{1} + 31}{32} \right\rfloor
    """
    return _text(value, _LATEX)


class _Style:
    def __init__(self, times: str, power: str, floor: str) -> None:
        self.times = times  # comes between two factors
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
        # A minus in front binds tighter than //: `-(H//2)` is not `-H//2`.
        term = _term(mono, abs(coefficient), style, leads=not parts and coefficient < 0)
        sign = "-" if coefficient < 0 else "+"
        parts.append(f" {sign} {term}" if parts else f"-{term}" if coefficient < 0 else term)
    return "".join(parts)


def _order(item: tuple[Monomial, int]) -> tuple[int, list[tuple[str, int]]]:
    """High degrees first, then by name; the constant comes last."""
    mono, _ = item
    return -sum(power for _, power in mono), [(atom.key, -power) for atom, power in mono]


def _term(mono: Monomial, coefficient: int, style: _Style, leads: bool) -> str:
    # A floor goes last: `3*(H//2)` would need its brackets, and `2*H//3` would be another value.
    factors = [str(coefficient)] if coefficient != 1 or not mono else []
    alone = not leads and not factors and len(mono) == 1 and mono[0][1] == 1
    for atom, power in mono:
        base = _atom(atom, style, alone)
        factors.append(style.power.format(base=base, power=power) if power > 1 else base)
    return style.times.join(factors)


def _atom(atom: Atom, style: _Style, alone: bool) -> str:
    if isinstance(atom, Sym):
        return _latex_name(atom.key) if style is _LATEX else atom.key
    if isinstance(atom, Extreme):
        values = ", ".join(str(value) if style is _PYTHON else _text(value, style) for value in atom.values)
        return rf"\{atom.name}\left({values}\right)" if style is _LATEX else f"{atom.name}({values})"
    if style.floor:
        num = _text(atom.num, style)
        if style is _UNICODE and isinstance(atom.num, Expr) and not _is_product(atom.num):
            num = f"({num})"
        den = _text(atom.den, style) if style is _LATEX else _operand(atom.den, style)
        return style.floor.format(num=num, den=den)
    text = f"{_operand(atom.num, style)}//{_operand(atom.den, style)}"
    return text if alone else f"({text})"


def _latex_name(name: str) -> str:
    r"""`H`, `H_{1}`, `\mathrm{in\_h}`: letters side by side would read as a product."""
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    if len(letters) > 1:
        letters = rf"\mathrm{{{letters.replace('_', chr(92) + '_')}}}"
    return f"{letters}_{{{digits}}}" if digits else letters


def _operand(value: Dim, style: _Style) -> str:
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    # An expression keeps its Python text, so that a deep one is not written out at every level again.
    text = str(value) if style is _PYTHON else _text(value, style)
    return text if stands_alone(value) else f"({text})"


def stands_alone(value: Expr) -> bool:
    """Is it a name, or a minimum or maximum, with brackets of its own?"""
    (mono, coefficient), *rest = value.terms.items()
    return not rest and coefficient == 1 and len(mono) == 1 and mono[0][1] == 1 and not isinstance(mono[0][0], Floor)


def _is_product(value: Expr) -> bool:
    ((_, coefficient), *rest) = value.terms.items()
    return not rest and coefficient > 0
