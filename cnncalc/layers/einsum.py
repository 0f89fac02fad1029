"""Sums of products by an equation (torch.einsum)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Kind, Value
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, FIRST, SAME, Reach, Reaches, Steps, To
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, least, product

if TYPE_CHECKING:
    from random import Random


class Equation(Kind[str]):
    """An equation in quotes, such as "bqd,bkd->bqk"."""

    text = 'an equation in quotes, such as "bqd,bkd->bqk"'

    def read(self, value: Value, ndim: int | None) -> Value:
        if not isinstance(value, str):
            raise self.refuse(value)
        return "".join(value.split(" "))


class Terms(NamedTuple):
    """An equation for inputs of given ranks. Axes that `...` stands for are labelled 0, 1, 2, as torch aligns them."""

    inputs: list[list[str | int]]  # the label of each axis of each input
    output: list[str | int]


def labels(text: str, covered: range) -> list[str | int]:
    """The label of each axis; `...` stands for the axes that it covers."""
    before, dots, behind = text.partition("...")
    return [*before, *(covered if dots else ()), *behind]


def read_terms(site: Site, equation: str, xs: Shapes) -> Terms:
    """The labels of every axis. Refuses what is no equation for these inputs."""
    left, arrow, right = equation.partition("->")
    texts = left.split(",")

    def refuse(message: str) -> None:
        site.refuse("bad-argument", message, arg="equation")

    for text in (*texts, right):
        bare = text.replace("...", "", 1)
        wrong = next((letter for letter in bare if not (letter.isascii() and letter.isalpha())), None)
        if wrong is not None:
            refuse(f"an equation has letters, commas, ... and an arrow, not {wrong}")
    if len(texts) != len(xs):
        site.refuse(
            "wrong-count", f"the equation {equation} has {len(texts)} inputs, but {len(xs)} arrive", arg="equation"
        )
    covered = []
    for text, x in zip(texts, xs):
        count = len(text.replace("...", ""))
        if count > len(x) or (count < len(x) and "..." not in text):
            refuse(f"{text or 'nothing'} in {equation} names {count} axes, but {shape_text(x)} arrives, of {len(x)}")
        covered.append(len(x) - count if "..." in text else 0)
    most = max(covered)
    inputs = [labels(text, range(most - count, most)) for text, count in zip(texts, covered)]
    if arrow:
        output = labels(right, range(most))
    else:
        letters = [letter for letter in left if letter.isalpha()]
        output = [*range(most), *sorted(letter for letter in set(letters) if letters.count(letter) == 1)]
    for label in output:
        if output.count(label) > 1:
            refuse(f"{label} occurs twice in what {equation} gives")
        if not any(label in axes for axes in inputs):
            refuse(f"{label} is in what {equation} gives, and in no input")
    return Terms(inputs, output)


def _sums(sizes: list[Dim]) -> Dim:
    """1, or 0 where all sizes are 1, so that nothing is summed. Those that are numbers are larger."""
    values = [getattr(size, "value", size) for size in sizes]  # of a worked size
    return least(1, sum(values) - len(values)) if all(isinstance(value, Expr) for value in values) else 1


class Einsum(Layer, name="einsum"):
    """Products of inputs, summed over the axes that the equation does not give.

    Inputs are taken together from left to right. MACs as torch counts them: where two inputs share an axis that is
    summed, one for each position of all axes of the two; products without a sum, or with one over a single position,
    cost none.
    Source: torch.einsum without opt_einsum, ATen/native/Linear.cpp.
    """

    numbers = "one type"

    inputs = (1, None)
    example = '49x32 -> einsum(identity, identity, equation="bqd,bkd->bqk")'

    equation: str = arg(Equation(), help="the labels of the axes of each input, and after -> those that go out")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        terms = read_terms(site, self.equation, xs)
        sizes: dict[str | int, Dim] = {}
        for axes, x in zip(terms.inputs, xs):
            own: dict[str | int, Dim] = {}
            for label, size in zip(axes, x):
                self._same(site, label, own.setdefault(label, size), size)
            for label, size in own.items():
                known = sizes.setdefault(label, size)
                if known == 1:
                    sizes[label] = size
                elif size != 1:
                    self._same(site, label, known, size)
        return tuple(sizes[label] for label in terms.output)

    def _same(self, site: Site, label: str | int, left: Dim, right: Dim) -> None:
        if left != right:
            name = f"axis {label} of ..." if isinstance(label, int) else label
            site.unequal(
                left, right, "shape-mismatch", f"{name} in {self.equation} is {left} and {right}", arg="equation"
            )

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        terms = read_terms(Site(), self.equation, xs)
        given = [dict(zip(axes, x)) for axes, x in zip(terms.inputs, xs)]
        total: Dim = 0
        running = {label: size for label, size in given[0].items() if size != 1}
        for place, following in enumerate(given[1:], 1):
            other = {label: size for label, size in following.items() if size != 1}
            later = {label for each in given[place + 1 :] for label, size in each.items() if size != 1}
            kept = later | set(terms.output)
            shared = [label for label in running if label in other and label not in kept]
            # An axis of one of the two alone, that nothing later has, is summed before.
            running = {label: size for label, size in running.items() if label in kept or label in other}
            other = {label: size for label, size in other.items() if label in kept or label in running}
            joined = running | other
            if shared:
                total = total + product(list(joined.values())) * _sums([running[label] for label in shared])
            running = {label: size for label, size in joined.items() if label in kept}
        return total

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        terms = read_terms(Site(), self.equation, xs)
        found: list[Reach] = []
        for axes, x in zip(terms.inputs, xs):
            reach: dict[int, tuple[To, Steps]] = {}
            for axis, label in enumerate(axes):
                gone = label not in terms.output
                to = None if gone else terms.output.index(label)
                reach[axis] = (to, ALL if to is None else FIRST if x[axis] == 1 and ys[0][to] != 1 else SAME)
            found.append(reach)
        return found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.einsum(self.equation, *xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        sizes = {letter: draw.choice([1, 2, 3, 4]) for letter in "abcdE"}
        texts, shapes = [], []
        dots = [draw.choice([1, 2, 3]) for _ in range(draw.choice([0, 0, 1, 2]))]
        for _ in range(draw.choice([1, 2, 2, 2, 3, 3])):
            letters = [draw.choice("abcdE") for _ in range(draw.randrange(0, 4))]
            shape = [sizes[letter] if draw.random() < 0.97 else 1 for letter in letters]
            if dots and draw.random() < 0.7:
                at, covered = draw.randrange(len(letters) + 1), dots[draw.randrange(len(dots)) :]
                letters.insert(at, "...")
                shape[at:at] = covered
            texts.append("".join(letters))
            shapes.append(tuple(shape))
        used = sorted({letter for text in texts for letter in text if letter != "."})
        right = draw.sample(used, draw.randrange(len(used) + 1))
        if any("..." in text for text in texts) and draw.random() < 0.8:
            right.insert(draw.randrange(len(right) + 1), "...")
        if draw.random() < 0.04:
            right.append(draw.choice("az"))
        left = ",".join(texts)
        return {"equation": left if draw.random() < 0.15 else f"{left}->{''.join(right)}"}, shapes
