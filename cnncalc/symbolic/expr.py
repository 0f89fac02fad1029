"""Integers with names: canonical sums of products of symbols, floor divisions, minima and maxima.

>>> H = symbol("H")
>>> ((H + 1)//2 + 1)//2
Expr('(H + 3)//4')
>>> (7*H + 5)//3
Expr('2*H + (H + 2)//3 + 1')
>>> (2*H + 3)//4
Expr('(H + 1)//2')
>>> H - H
0
>>> least(H + 3, 7), least(H, H + 1)
(Expr('min(H, 4) + 3'), Expr('H'))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import gcd
from typing import TypeAlias, Union

Dim: TypeAlias = Union[int, "Expr"]
"""A size: a plain int, or an expression in open symbols. A constant is always a plain int."""


DEEPEST = 100  # floors within floors
LONGEST = 20_000  # characters of one floor
MOST = 16  # sizes of one minimum that are compared with each other
WIDEST = 128  # sizes of one minimum
TERMS = 5_000  # of one product of sums
BITS = 4_000  # of a product of sizes; three of them together are still as long as Python writes numbers


class TooLarge(OverflowError):
    """A product of sizes is a number that nothing has so many of."""


class Sym:
    """An open integer, 1 or more."""

    __slots__ = ("key",)

    def __init__(self, name: str) -> None:
        self.key = name

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sym) and self.key == other.key

    def __repr__(self) -> str:
        return self.key


class _Nested:
    """What holds sizes. Its key orders factors and decides equality; the symbol ~ in front sorts after names."""

    __slots__ = ("depth", "key")

    def __init__(self, key: str, depth: int, what: str) -> None:
        self.key = f"~{key}"
        self.depth = depth
        # Each level of 3*size//2 doubles the text: size + size//2.
        if depth > DEEPEST or len(self.key) > LONGEST:
            raise OverflowError(f"a size nests too many {what} to be written out")

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Nested) and self.key == other.key

    def __repr__(self) -> str:
        return self.key[1:]


class Floor(_Nested):
    """`num // den`, where den is positive and nothing more can be taken out of the floor."""

    __slots__ = ("den", "num")

    def __init__(self, num: Dim, den: Dim) -> None:
        self.num = num
        self.den = den
        super().__init__(f"({num})//({den})", 1 + max(_depth(num), _depth(den)), "floor divisions")


class Extreme(_Nested):
    """The least or the greatest of several sizes; which of them it is depends on the symbols.

    In canonical form no coefficient within it is negative, and what all sizes have in common is taken out.
    """

    __slots__ = ("name", "range", "values")

    def __init__(self, name: str, values: Iterable[Dim]) -> None:
        self.name = name  # min or max
        self.range: tuple[int | None, int | None] | None = None  # once `bounds` has found it
        self.values = tuple(sorted(values, key=_value_key))
        text = ", ".join(map(str, self.values))
        super().__init__(f"{name}({text})", 1 + max(map(_depth, self.values)), "minima and maxima")


Atom = Sym | Floor | Extreme
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
"""Atoms with their powers (1 or more), in the order of their keys. The empty one is the constant."""


class Expr:
    """An integer polynomial over atoms, in canonical form: no zero coefficient, never a constant.

    `==` means the same form; whether two forms always have the same value is for
    `cnncalc.symbolic.decide` to say.
    """

    __slots__ = ("_hash", "_text", "terms")
    terms: dict[Monomial, int]

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._text: str | None = None

    # Form

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Expr):
            return self is other or self.terms == other.terms
        return False if isinstance(other, int) else NotImplemented

    def __str__(self) -> str:
        if self._text is None:
            from cnncalc.symbolic.show import python_text

            self._text = python_text(self)
        return self._text

    def __repr__(self) -> str:
        return f"Expr({str(self)!r})"

    def __bool__(self) -> bool:
        raise TypeError("an open size has no truth value; ask cnncalc.symbolic.decide")

    @property
    def constant(self) -> int:
        """The term without a symbol."""
        return self.terms.get((), 0)

    # Arithmetic

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return self if other == 0 else _of({**self.terms, (): self.terms.get((), 0) + other})
        if not isinstance(other, Expr):
            return NotImplemented
        terms = dict(self.terms)
        _accumulate(terms, other.terms, 1)
        return _of(terms)

    __radd__ = __add__

    def __neg__(self) -> Expr:
        return Expr({mono: -c for mono, c in self.terms.items()})

    def __sub__(self, other: Dim) -> Dim:
        if not isinstance(other, int | Expr):
            return NotImplemented
        return self + -other

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if other == 0:
                return 0
            return self if other == 1 else Expr({m: c * other for m, c in self.terms.items()})
        if not isinstance(other, Expr):
            return NotImplemented
        if len(self.terms) * len(other.terms) > TERMS:
            raise OverflowError(f"a product of sizes has more than {TERMS:,} terms")
        terms: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                mono = _times(left, right)
                terms[mono] = terms.get(mono, 0) + a * b
        return _of(terms)

    __rmul__ = __mul__

    def __floordiv__(self, other: Dim) -> Dim:
        if not isinstance(other, int | Expr):
            return NotImplemented
        return floor_div(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        if not isinstance(other, int):
            return NotImplemented
        return floor_div(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - other * (self // other)

    def __rmod__(self, other: Dim) -> Dim:
        return other - self * (other // self)

    def __pow__(self, power: int) -> Dim:
        if power < 0:
            raise ValueError(f"a size has the power {power}; a power is 0 or more")
        result: Dim = 1
        for _ in range(power):
            result = result * self
        return result


def symbol(name: str) -> Expr:
    """The open integer `name`, 1 or more."""
    return Expr({((Sym(name), 1),): 1})


def floor_div(num: Dim, den: Dim) -> Dim:
    """`num // den` in canonical form, for a den that is positive."""
    if isinstance(den, Expr):
        return _floor_by_expr(num, den)
    if den <= 0:
        raise ZeroDivisionError(f"a size is divided by {den}; a divisor is 1 or more")
    whole: dict[Monomial, int] = {}  # what is taken out of the floor
    while True:
        if isinstance(num, int):
            return _of(whole) + num // den
        if den == 1:
            _accumulate(whole, num.terms, 1)
            return _of(whole)
        # Whole multiples leave: (q*d*x + r*x + c)//d == q*x + (r*x + c)//d.
        rest: dict[Monomial, int] = {}
        for mono, coefficient in num.terms.items():
            quotient, remainder = divmod(coefficient, den)
            if quotient:
                whole[mono] = whole.get(mono, 0) + quotient
            if remainder:
                rest[mono] = remainder
        constant = rest.pop((), 0)
        if not rest:
            return _of(whole)  # 0 <= constant < den
        # A common factor cancels: (g*u + c)//(g*d) == (u + c//g)//d for g, d > 0.
        common = den
        for coefficient in rest.values():
            common = gcd(common, coefficient)
        if common > 1:
            num, den = _of({m: c // common for m, c in rest.items()}) + constant // common, den // common
            continue
        # Nested floors collapse: (u//b + v)//d == (u + b*v)//(b*d) for b, d > 0 and any integer v.
        nested = [m for m, c in rest.items() if c == 1 and _is_floor(m)]
        if len(nested) == 1:
            inner = nested[0][0][0]
            assert isinstance(inner, Floor)
            if isinstance(inner.den, int):
                del rest[nested[0]]
                num = inner.num + inner.den * (_of(rest) + constant)
                den = inner.den * den
                continue
        rest[()] = constant
        return _of(whole) + _atom(Floor(_of(rest), den))


def _floor_by_expr(num: Dim, den: Expr) -> Dim:
    """Whole multiples of a symbolic divisor leave the floor: (q*d + r)//d == q + r//d."""
    if num == den:
        return 1
    num, cancelled = _cancelled(num, den)
    if not isinstance(cancelled, Expr):
        return floor_div(num, cancelled)
    den = cancelled
    if any(isinstance(atom, Extreme) for atom in atoms(den)):
        from cnncalc.symbolic.bounds import bounds

        if (bounds(num + 1)[0] or 0) > 0 and (bounds(den - num)[0] or 0) > 0:
            return 0
    if len(den.terms) > 1 or isinstance(num, int):
        return 0 if num == 0 else _atom(Floor(num, den))
    ((divisor, factor),) = den.terms.items()
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for mono, coefficient in num.terms.items():
        left = _without(mono, divisor)
        if left is None or coefficient % factor:
            rest[mono] = coefficient
        else:
            whole[left] = whole.get(left, 0) + coefficient // factor
    remaining = _of(rest)
    return _of(whole) if remaining == 0 else _of(whole) + _floor_by_extreme(remaining, den)


def _cancelled(num: Dim, den: Expr) -> tuple[Dim, Dim]:
    """Both sides of a floor division in lowest terms: (g*u + c)//(g*d) == (u + c//g)//d for g > 0, whatever c is."""
    shared = gcd(*den.terms.values(), *(c for mono, c in _terms(num).items() if mono))
    if constant := _terms(num).get((), 0) % shared:
        num = num - constant
    lower, lowest = in_lowest_terms(num, den)
    return _cancelled(lower, lowest) if isinstance(lowest, Expr) and lowest != den else (lower, lowest)


def in_lowest_terms(num: Dim, den: Dim) -> tuple[Dim, Dim]:
    """Both without the symbols and the number that divide every term of both.

    A symbol is 1 or more, and divides out. Floors are kept, so that a divisor that can be 0 stays one.

    >>> H, N = symbol("H"), symbol("N")
    >>> in_lowest_terms(6*N*H, 4*N)
    (Expr('3*H'), 2)
    """
    monos = [*_terms(num), *_terms(den)]
    common = {atom: power for atom, power in monos[0] if isinstance(atom, Sym)} if monos else {}
    for mono in monos[1:]:
        powers = dict(mono)
        common = {atom: min(power, powers[atom]) for atom, power in common.items() if atom in powers}
        if not common:
            break
    number = gcd(*_terms(num).values(), *_terms(den).values())
    if number < 2 and not common:
        return num, den
    factor: Monomial = tuple(sorted(common.items(), key=_factor_key))
    top, bottom = (_of({_without(m, factor) or (): c // number for m, c in _terms(v).items()}) for v in (num, den))
    return top, bottom


def _terms(value: Dim) -> dict[Monomial, int]:
    return value.terms if isinstance(value, Expr) else {(): value} if value else {}


def _floor_by_extreme(num: Dim, den: Expr) -> Dim:
    """Division by the least of positive sizes gives the greatest of the quotients: x//min(a, b) == max(x//a, x//b)."""
    ((divisor, factor),) = den.terms.items()
    if len(divisor) == divisor[0][1] == 1 and isinstance(extreme := divisor[0][0], Extreme):
        from cnncalc.symbolic.bounds import bounds

        low, high = bounds(num)
        if all((bounds(value)[0] or 0) > 0 for value in extreme.values):
            quotients = [floor_div(num, value * factor) for value in extreme.values]
            if low is not None and low >= 0:
                return greatest(*quotients) if extreme.name == "min" else least(*quotients)
            if high is not None and high < 0:
                return least(*quotients) if extreme.name == "min" else greatest(*quotients)
    return _atom(Floor(num, den))


def least(*values: Dim) -> Dim:
    """The least of the sizes, in canonical form."""
    return _extreme("min", values)


def greatest(*values: Dim) -> Dim:
    """The greatest of the sizes, in canonical form."""
    return _extreme("max", values)


def _extreme(name: str, values: Iterable[Dim]) -> Dim:
    values = tuple(values)
    for value in values:
        if not isinstance(value, int | Expr):  # a size that writes its sum down
            worked: Dim = value.extreme(name, values)
            return worked
    within = [inner for value in values for inner in _opened(name, value)]
    if len(within) > WIDEST:
        raise OverflowError(f"a size is the {name}imum of more than {WIDEST} others")
    found = _undominated(name, within)
    if len(found) == 1:
        return found[0]
    # What all have in common is taken out: min(x + a, x + b) == x + min(a, b), and so does a factor.
    terms: list[dict[Monomial, int]] = [v.terms if isinstance(v, Expr) else {(): v} for v in found]
    common: dict[Monomial, int] = {}
    monomials: dict[Monomial, None] = {mono: None for each in terms for mono in each}
    for mono in monomials:
        if coefficient := min(each.get(mono, 0) for each in terms):
            common[mono] = coefficient
    if common:
        shared = _of(common)
        return shared + _extreme(name, [value - shared for value in found])
    factor = gcd(*(coefficient for each in terms for coefficient in each.values()))
    if factor > 1:
        return factor * _extreme(name, [_of({m: c // factor for m, c in each.items()}) for each in terms])
    return _atom(Extreme(name, found))


def _opened(name: str, value: Dim) -> list[Dim]:
    """The sizes within: min(a, b) + x gives a + x and b + x, for the minimum of these and others."""
    if isinstance(value, int):
        return [value]
    inner = [
        (mono, coefficient)
        for mono, coefficient in value.terms.items()
        if len(mono) == 1 and isinstance(mono[0][0], Extreme) and mono[0][0].name == name
    ]
    if len(inner) != 1 or inner[0][0][0][1] != 1 or inner[0][1] < 0:
        return [value]
    ((mono, coefficient),) = inner
    extreme = mono[0][0]
    assert isinstance(extreme, Extreme)
    rest = value - Expr({mono: coefficient})
    return [more for one in extreme.values for more in _opened(name, coefficient * one + rest)]


def _undominated(name: str, values: list[Dim]) -> list[Dim]:
    """The values that may be the least (the greatest) where every symbol is 1 or more."""
    from cnncalc.symbolic.bounds import bounds

    values = list(dict.fromkeys(values))
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) > 1:
        best = min(numbers) if name == "min" else max(numbers)
        values = [value for value in values if not isinstance(value, int) or value == best]
    if len(values) > MOST:
        return values
    kept = list(values)
    for value in sorted(values, key=_value_key):  # in a fixed order: of two that are always equal, the first is dropped
        for other in kept:
            if other is not value:
                low, high = bounds(value - other)
                if (low is not None and low >= 0) if name == "min" else (high is not None and high <= 0):
                    kept.remove(value)
                    break
    return kept


def _of(terms: dict[Monomial, int]) -> Dim:
    """The canonical form of a dictionary of terms, which the caller hands over."""
    if 0 in terms.values():
        terms = {m: c for m, c in terms.items() if c}
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Expr(terms)


def _accumulate(terms: dict[Monomial, int], more: Mapping[Monomial, int], times: int) -> None:
    for mono, coefficient in more.items():
        terms[mono] = terms.get(mono, 0) + times * coefficient


def _atom(atom: Atom) -> Expr:
    return Expr({((atom, 1),): 1})


def _depth(value: Dim) -> int:
    if isinstance(value, int):
        return 0
    return max([atom.depth for mono in value.terms for atom, _ in mono if not isinstance(atom, Sym)], default=0)


def _value_key(value: Dim) -> tuple[bool, str]:
    """Numbers come after expressions."""
    return isinstance(value, int), str(value)


def _is_floor(mono: Monomial) -> bool:
    return len(mono) == 1 and mono[0][1] == 1 and isinstance(mono[0][0], Floor)


def _times(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=_factor_key))


def _factor_key(factor: tuple[Atom, int]) -> str:
    return factor[0].key


def _without(mono: Monomial, divisor: Monomial) -> Monomial | None:
    """`mono` divided by `divisor`, or None where it is no factor."""
    powers = dict(mono)
    for atom, power in divisor:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        if left:
            powers[atom] = left
        else:
            del powers[atom]
    return tuple(powers.items())


def remainder(num: Dim, den: Dim) -> Dim:
    """`num % den`, where what -x leaves is written as what x lacks: d*ceil(x/d) - x reads better than x + d*(-x//d).

    >>> H = symbol("H")
    >>> remainder(-H, 7), -H % 7
    (Expr('-H + 7*((H + 6)//7)'), Expr('6*H - 7*((6*H)//7)'))
    """
    if isinstance(num, Expr) and all(coefficient < 0 for mono, coefficient in num.terms.items() if mono):
        return num + den * ((den - 1 - num) // den)
    return num % den


class Total:
    """A running sum of dims that costs one pass over each term, however many are added."""

    __slots__ = ("_number", "_terms")

    def __init__(self) -> None:
        self._number = 0
        self._terms: dict[Monomial, int] = {}

    def add(self, value: Dim) -> None:
        if isinstance(value, int):
            self._number += value
        else:
            _accumulate(self._terms, value.terms, 1)

    @property
    def value(self) -> Dim:
        return _of(dict(self._terms)) + self._number if self._terms else self._number


# Looking inside


def atoms(value: Dim) -> Iterator[Atom]:
    """Every atom in the value, outer ones first, the insides of floors, minima and maxima included."""
    if isinstance(value, Expr):
        for mono in value.terms:
            for atom, _ in mono:
                yield atom
                if isinstance(atom, Floor):
                    yield from atoms(atom.num)
                    yield from atoms(atom.den)
                elif isinstance(atom, Extreme):
                    for inner in atom.values:
                        yield from atoms(inner)


def symbols(value: Dim) -> set[str]:
    """The names that are open in the value."""
    if isinstance(value, int):
        return set()
    return {atom.key for atom in atoms(value) if isinstance(atom, Sym)}


def product(dims: tuple[Dim, ...] | list[Dim]) -> Dim:
    """The product of the dims, 1 for none. Raises TooLarge."""
    number = 1
    result: Expr | None = None
    for dim in dims:
        if isinstance(dim, int):
            number *= dim
        elif result is None:
            result = dim
        else:
            result = result * dim  # type: ignore[assignment]  # no product of expressions is a number
    if number.bit_length() > BITS:
        raise TooLarge(f"sizes are multiplied to a number of more than {BITS * 3 // 10:,} digits")
    return number if result is None else result * number


def number_at(value: Dim, values: Mapping[str, int]) -> int:
    """The number that a size comes to with numbers for its symbols. Raises ValueError where some stay open.

    >>> number_at((symbol("H") + 31)//32, {"H": 224})
    7
    """
    found = substitute(value, values)
    if isinstance(found, int):
        return found
    raise ValueError(f"{found} is open")


def substitute(value: Dim, values: Mapping[str, Dim]) -> Dim:
    """The value with sizes put in for some of its symbols.

    >>> substitute((symbol("H") + 31)//32, {"H": 224})
    7
    """
    if isinstance(value, int):
        return value

    def put_in(atom: Atom) -> Dim:
        if isinstance(atom, Sym):
            return values.get(atom.key, _atom(atom))
        return remade(atom, lambda inner: substitute(inner, values))

    return rebuild(value, put_in)


def remade(atom: Floor | Extreme, change: Callable[[Dim], Dim]) -> Dim:
    """The atom with its insides changed."""
    if isinstance(atom, Floor):
        return change(atom.num) // change(atom.den)
    return _extreme(atom.name, map(change, atom.values))


def rebuild(value: Expr, atom_value: Callable[[Atom], Dim]) -> Dim:
    """The value with each of its outermost atoms replaced."""
    total = Total()
    for mono, coefficient in value.terms.items():
        term: Dim = coefficient
        for atom, power in mono:
            inner = atom_value(atom)
            for _ in range(power):
                term = term * inner
        total.add(term)
    return total.value
