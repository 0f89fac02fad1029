"""The sizes that solve a condition on one symbol: residue classes, exceptions, and words for them."""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm

from cnncalc.named_tuples import NamedTuple

MOST = 100_000  # members that are looked at one by one


class Solutions(NamedTuple):
    """The n >= 1 that are among the points, or `start` or more with one of the residues.

    `Solutions.of` makes the normal form, in which equal sets are equal tuples.

    >>> even = Solutions.of("H", 4, [0, 2])
    >>> even.words(), 6 in even, even.smallest(7)
    ('H is even', True, 8)
    """

    name: str
    period: int = 1
    residues: frozenset[int] = frozenset()  # each from 0 to period - 1
    start: int = 1
    points: frozenset[int] = frozenset()  # what the residues leave out

    @classmethod
    def of(
        cls, name: str, period: int = 1, residues: Iterable[int] = (), start: int = 1, points: Iterable[int] = ()
    ) -> Solutions:
        """The same set with the least period, the least start and no point twice."""
        classes = frozenset(n % period for n in residues)
        rest, prime = period, 2
        while rest > 1:  # over the prime factors of the period
            prime = rest if prime * prime > rest else prime
            if rest % prime:
                prime += 1
                continue
            rest //= prime
            fewer = frozenset(n % (period // prime) for n in classes)
            if len(fewer) * prime == len(classes):
                period, classes = period // prime, fewer
        if not classes:
            period = start = 1
        extra = {n for n in points if n >= 1 and not (n >= start and n % period in classes)}
        while start > 1 and (start - 1 in extra or (start - 1) % period not in classes):
            start -= 1
        extra -= {n for n in extra if n >= start and n % period in classes}
        return cls(name, period, classes, start, frozenset(extra))

    def __contains__(self, n: object) -> bool:
        if not isinstance(n, int) or n < 1:
            return False
        return n in self.points or (n >= self.start and n % self.period in self.residues)

    def smallest(self, least: int = 1) -> int | None:
        """The smallest member from `least` on."""
        base = max(least, self.start)
        later = [n for n in self.points if n >= least]
        return min([base + (n - base) % self.period for n in self.residues] + later, default=None)

    def both(self, other: Solutions) -> Solutions | None:
        """The sizes in both sets of one symbol; None where their pattern is too long.

        >>> Solutions.of("H", 4, [0, 1]).both(Solutions.of("H", 2, [0])).words()
        'H is a multiple of 4'
        """
        period, start = lcm(self.period, other.period), max(self.start, other.start)
        if period > MOST or start > MOST:
            return None
        residues = [n for n in range(period) if n % self.period in self.residues and n % other.period in other.residues]
        early = {*range(1, start), *self.points, *other.points}
        return Solutions.of(self.name, period, residues, start, [n for n in early if n in self and n in other])

    def words(self) -> str:
        """The set in plain English.

        >>> Solutions.of("H", 16, [0]).words(), Solutions.of("H", points=range(33, 65)).words()
        ('H is a multiple of 16', 'H is 33 to 64')
        """
        if not self.residues:
            return f"{self.name} {_points(sorted(self.points))}" if self.points else f"no {self.name}"
        if self.period == self.start == 1:
            return f"any {self.name}"
        text = f"{self.name} {self._classes()}"
        if self.start > 1 and self.period > 1:
            text += f", from {min(self.start + (n - self.start) % self.period for n in self.residues)} on"
        if self.points:
            text += f", or {_points(sorted(self.points))}"
        return text

    def _classes(self) -> str:
        period, residues = self.period, sorted(self.residues)
        multiple = f"a multiple of {period}"
        if period == 1:
            return f"is {self.start} or more"
        if period == 2:
            return "is odd" if residues == [1] else "is even"
        if residues == [0]:
            return f"is {multiple}"
        if residues == [period - 1]:
            return f"is 1 less than {multiple}"
        others = [n for n in range(period) if n not in self.residues]
        if len(others) == 1:
            return f"is not {f'{others[0]} more than ' if others[0] else ''}{multiple}"
        if _runs(residues) > 6:
            return f"divided by {period} leaves {', '.join(map(str, residues[:4]))} or one of {len(residues) - 4} more"
        return f"is {_list(residues)} more than {multiple}"


def _points(points: list[int]) -> str:
    *_, last = points
    if len(points) > 3 and last <= 10_000 and points == [n for n in range(1, last + 1) if last % n == 0]:
        return f"divides {last}"
    if _runs(points) > 6:
        return f"is one of {len(points)} sizes from {points[0]} to {last}"
    return f"is {_list(points)}"


def _spans(numbers: list[int]) -> list[list[int]]:
    spans: list[list[int]] = []
    for n in numbers:
        if spans and spans[-1][1] == n - 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return spans


def _runs(numbers: list[int]) -> int:
    return len(_spans(numbers))


def _list(numbers: list[int]) -> str:
    """`1, 2 or 5 to 8`."""
    parts: list[str] = []
    for first, last in _spans(numbers):
        parts += [f"{first} to {last}"] if last - first > 1 else [str(n) for n in range(first, last + 1)]
    return " or ".join([*([", ".join(parts[:-1])] if parts[1:] else []), parts[-1]])
