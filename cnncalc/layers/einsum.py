"""Sums of products by an equation (torch.einsum)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.attended import Several, Steps
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Kind, Value
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep, MemoryTensor
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, FIRST, SAME, Reach, Reaches, To
from cnncalc.layers.window import Steps as Pattern
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
            reach: dict[int, tuple[To, Pattern]] = {}
            for axis, label in enumerate(axes):
                gone = label not in terms.output
                to = None if gone else terms.output.index(label)
                reach[axis] = (to, ALL if to is None else FIRST if x[axis] == 1 and ys[0][to] != 1 else SAME)
            found.append(reach)
        return found

    def run_as(self, training: bool, xs: Sequence[MemoryTensor], needs: Sequence[bool]) -> list[InnerStep] | None:
        shapes = tuple([x.shape for x in xs])
        terms = read_terms(Site(), self.equation, shapes)
        if any(len(set(axes)) < len(axes) for axes in terms.inputs):
            return None  # a diagonal is taken
        return contracted(terms, shapes)

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


# What torch runs in its place (sumproduct_pair and einsum in ATen/native/Linear.cpp). While inputs are taken together,
# each has all axes, those of the output first, and 1 for what it has not, or has no more.


def contracted(terms: Terms, xs: Shapes) -> list[InnerStep]:
    """Permutations, sums, and products of matrices, from left to right."""
    steps = Steps(len(xs))
    letters = {label for axes in terms.inputs for label in axes} - {*terms.output}
    gone = [*sorted(label for label in letters if isinstance(label, int)), *sorted(map(str, letters))]
    order = [*terms.output, *(label for label in gone if label in letters)]
    kept = len(terms.output)
    values = [aligned(steps, place, axes, x, order) for place, (axes, x) in enumerate(zip(terms.inputs, xs))]
    counts = [sum(sizes[dim] != 1 for _, sizes in values) for dim in range(len(order))]
    (value, sizes), *others = values
    for other, further in others:
        summed: list[int] = []
        alone: tuple[list[int], list[int]] = ([], [])
        for dim in range(kept, len(order)):
            in_both = sizes[dim] != 1 and further[dim] != 1
            counts[dim] -= in_both
            if counts[dim] == 1 and (in_both or sizes[dim] != 1 or further[dim] != 1):
                (summed if in_both else alone[sizes[dim] == 1]).append(dim)
                counts[dim] = 0
        value, sizes = without(steps, value, sizes, alone[0])
        other, further = without(steps, other, further, alone[1])
        value, sizes = multiplied(steps, (value, sizes), (other, further), summed)
    if len(order) > kept and others:
        steps.reshape(value, *sizes[:kept])
    elif len(order) > kept:
        steps.add(layer_class("sum")(dim=tuple(range(kept, len(order)))), value)
    elif not others:
        steps.reshape(value, *sizes)
    return steps.found


def aligned(steps: Steps, place: int, axes: list[str | int], x: Shape, order: list[str | int]) -> tuple[int, Shape]:
    """An input with its axes in some order, and axes of 1 for those that it has not."""
    value = place
    own = [label for label in order if label in axes]
    if own != axes:
        value = steps.add(layer_class("permute")(dims=tuple(axes.index(label) for label in own)), value)
    for at, label in enumerate(order):
        if label not in axes:
            value = steps.add(layer_class("unsqueeze")(dim=at), value)
    return value, tuple([x[axes.index(label)] if label in axes else 1 for label in order])


def without(steps: Steps, value: int, sizes: Shape, dims: list[int]) -> tuple[int, Shape]:
    """A value summed over some axes, which stay as 1."""
    if dims:
        value = steps.add(layer_class("sum")(dim=tuple(dims), keepdim=True), value)
    return value, tuple([1 if dim in dims else size for dim, size in enumerate(sizes)])


def multiplied(steps: Steps, left: tuple[int, Shape], right: tuple[int, Shape], summed: list[int]) -> tuple[int, Shape]:
    """Two values multiplied, and summed over axes that both have: a product of matrices."""
    (one, a), (other, b) = left, right
    joined = tuple([1 if dim in summed else y if x == 1 else x for dim, (x, y) in enumerate(zip(a, b))])
    if not summed:
        return steps.add(layer_class("mul")(), one, other), joined
    rest = [dim for dim in range(len(a)) if dim not in summed]
    both = [dim for dim in rest if a[dim] != 1 and b[dim] != 1]
    first = [dim for dim in rest if a[dim] != 1 and b[dim] == 1]
    second = [dim for dim in rest if a[dim] == 1]
    if first and second and second[-1] < first[0]:
        (one, a), (other, b), first, second = (other, b), (one, a), second, first

    def size(sizes: Shape, dims: list[int]) -> Dim:
        return product([sizes[dim] for dim in dims])

    rows = steps.add(layer_class("permute")(dims=(*both, *first, *summed, *second)), one)
    rows = steps.reshape(rows, size(a, both), size(a, first), size(a, summed))
    columns = steps.add(layer_class("permute")(dims=(*both, *summed, *second, *first)), other)
    columns = steps.reshape(columns, size(a, both), size(a, summed), size(b, second))
    found = steps.add(layer_class("bmm")(), rows, columns)
    steps.add(Several(), one, other, outputs=2)  # which are still there
    lying = [*both, *first, *summed, *second]
    found = steps.reshape(found, *(joined[dim] for dim in lying))
    return steps.add(layer_class("permute")(dims=tuple(lying.index(dim) for dim in range(len(a)))), found), joined
