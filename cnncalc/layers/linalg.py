"""Linear algebra on matrices, or on stacks of them (torch.linalg).

How much a decomposition multiplies depends on the method and on the values: its MACs are uncounted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_shape
from cnncalc.layers.kinds import Bool, Choice, Either, Int, Ints, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.merge import broadcast, drawn_near
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ANY, SAME, Reach, Reaches
from cnncalc.symbolic.expr import Dim, least, product

if TYPE_CHECKING:
    from random import Random


def with_diagonal(zeros: Any) -> Any:
    """Matrices of zeros with 1 on the diagonal, which can be inverted."""
    if zeros.dim() > 1:
        zeros.diagonal(dim1=-2, dim2=-1).fill_(1)
    return zeros


def whole_matrices(x: Shape, y: Shape) -> Reach:
    """Each matrix as a whole; those of a stack by themselves."""
    return {a: (a, SAME) if a < len(x) - 2 else (a if a < len(y) else None, ANY) for a in range(len(x))}


def square(site: Site, name: str, x: Shape) -> None:
    """Refuse what is no square matrix, or a stack of them."""
    message = f"{name} takes square matrices, but {shape_text(x, batch=True)} arrives"
    if len(x) < 2:
        site.refuse("wrong-rank", message)
    if x[-1] != x[-2]:
        site.unequal(x[-2], x[-1], "shape-mismatch", message)


class _Matrices(Layer):
    """torch.linalg's function of this name."""

    status = "uncounted"
    example = "3x8x8 -> {name}"

    @classmethod
    def fed(cls, at: int, zeros: Any) -> Any:
        return with_diagonal(zeros)

    def function(self, torch: Any) -> Any:
        return getattr(torch.linalg, self.name.removeprefix("linalg_"))

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(*xs)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [whole_matrices(x, ys[0]) for x in xs]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        size = draw.choice([1, 2, 3, 5])
        shape = (*draw.choice([(), (2,), (2, 3)]), size, size)
        return {}, [shape if draw.random() < 0.85 else drawn_near(draw, drawn_shape(draw))]


class _Square(_Matrices):
    """Of square matrices, as large as they are."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        square(site, self.name, xs[0])
        return xs[0]


SQUARE = {
    "linalg_cholesky": "The triangle whose product with itself is the matrix",
    "linalg_inv": "The inverse of each matrix",
    "linalg_matrix_exp": "The exponential of each matrix",
}

for _name, _text in SQUARE.items():
    scope = {"__doc__": f"{_text}. Source: torch.{_name.replace('_', '.', 1)}."}
    type(f"_Square_{_name}", (_Square,), scope, name=_name)


class MatrixPower(_Square, name="linalg_matrix_power"):
    """Each matrix times itself, `n` times.

    MACs are those of the products by repeated squares; what an inverse costs is not counted.
    Source: torch.linalg.matrix_power.
    """

    status = "lower-bound"
    example = "3x8x8 -> linalg_matrix_power 2"

    n: int = arg(Int(), help="how often; negative: the inverse so often")

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        times = abs(self.n)
        products = max(0, times.bit_length() - 1 + times.bit_count() - 1)
        return products * product(ys[0]) * xs[0][-1]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(xs[0], self.n)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"n": draw.choice([-2, 0, 1, 2, 5])}, super().drawn(draw)[1]


class Det(_Matrices, name="linalg_det"):
    """The determinant of each matrix. Source: torch.linalg.det."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        square(site, self.name, xs[0])
        return xs[0][:-2]


class Slogdet(_Matrices, name="linalg_slogdet"):
    """The sign of each determinant, and the logarithm of its size. Source: torch.linalg.slogdet."""

    output_names = ("sign", "logabsdet")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        square(site, self.name, xs[0])
        return [xs[0][:-2]] * 2


class Eigh(_Matrices, name="linalg_eigh"):
    """The eigenvalues and the eigenvectors of symmetric matrices. Source: torch.linalg.eigh."""

    output_names = ("eigenvalues", "eigenvectors")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        square(site, self.name, xs[0])
        return [xs[0][:-1], xs[0]]


class Eigvalsh(_Matrices, name="linalg_eigvalsh"):
    """The eigenvalues of symmetric matrices. Source: torch.linalg.eigvalsh."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        square(site, self.name, xs[0])
        return xs[0][:-1]


class _Oblong(_Matrices):
    """Of matrices that need not be square."""

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = (*draw.choice([(), (2,), (2, 3)]), draw.choice([1, 2, 3, 5]), draw.choice([1, 2, 3, 5]))
        return {}, [shape if draw.random() < 0.9 else (3,)]

    def sides(self, site: Site, x: Shape) -> tuple[Dim, Dim, Dim]:
        """The rows, the columns, and the fewer of both."""
        if len(x) < 2:
            site.refuse("wrong-rank", f"{self.name} takes matrices, but {shape_text(x, batch=True)} arrives")
        rows, columns = x[-2:]
        return rows, columns, least(rows, columns)


class Qr(_Oblong, name="linalg_qr"):
    """Each matrix as one with orthogonal columns times a triangle. Source: torch.linalg.qr."""

    output_names = ("Q", "R")

    mode: str = arg(Choice("reduced", "complete"), "reduced", help="complete: Q is square")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        rows, columns, fewer = self.sides(site, xs[0])
        inner = rows if self.mode == "complete" else fewer
        return [(*xs[0][:-2], rows, inner), (*xs[0][:-2], inner, columns)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(xs[0], self.mode)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"mode": draw.choice(["reduced", "complete"])}, super().drawn(draw)[1]


class Svd(_Oblong, name="linalg_svd"):
    """The singular values of each matrix, between two with orthogonal columns. Source: torch.linalg.svd."""

    output_names = ("U", "S", "Vh")

    full_matrices: bool = arg(Bool(), True, help="U and Vh are square")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        rows, columns, fewer = self.sides(site, xs[0])
        stack = xs[0][:-2]
        left, right = (rows, columns) if self.full_matrices else (fewer, fewer)
        return [(*stack, rows, left), (*stack, fewer), (*stack, right, columns)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(xs[0], self.full_matrices)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"full_matrices": draw.random() < 0.5}, super().drawn(draw)[1]


class Svdvals(_Oblong, name="linalg_svdvals"):
    """The singular values of each matrix. Source: torch.linalg.svdvals."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (*xs[0][:-2], self.sides(site, xs[0])[2])


class Pinv(_Oblong, name="linalg_pinv"):
    """The pseudoinverse of each matrix. Source: torch.linalg.pinv."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        rows, columns, _ = self.sides(site, xs[0])
        return (*xs[0][:-2], columns, rows)


class Solve(_Matrices, name="linalg_solve"):
    """What each square matrix has to be multiplied with to give the second input: a vector, or a matrix.

    Source: torch.linalg.solve.
    """

    inputs = (2, 2)
    input_names = ("A", "B")
    example = "3x8x8 -> linalg_solve(identity, identity)"

    left: bool = arg(Bool(), True, help="the matrix is on the left of what is looked for")

    def vectors(self, matrices: Shape, given: Shape) -> bool:
        """Is the second input a vector, or one for each matrix? (torch.linalg.solve, "B has shape")"""
        return len(given) == 1 or (len(given) == len(matrices) - 1 and given == matrices[:-1])

    def forward(self, site: Site, *xs: Shape) -> Shape:
        matrices, given = xs
        square(site, self.name, matrices)
        came = f"{shape_text(matrices, batch=True)} and {shape_text(given, batch=True)} arrive"
        vectors = self.vectors(matrices, given)
        if not given or (vectors and not self.left):
            site.refuse("wrong-rank", f"{self.name} needs matrices on both sides, but {came}")
        inner = given[-1] if vectors or not self.left else given[-2]
        if inner != matrices[-1]:
            message = f"{self.name} needs as many values as its matrices have rows, {matrices[-1]}, but {came}"
            site.unequal(inner, matrices[-1], "shape-mismatch", message)
        held = 1 if vectors else 2
        stack = broadcast(site, self.name, (matrices[:-2], given[:-held]))
        return (*stack, *given[-held:])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [dict.fromkeys(range(len(x)), (None, ANY)) for x in xs]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(*xs, left=self.left)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        size, columns = draw.choice([1, 2, 3]), draw.choice([1, 2, 4])
        stack = draw.choice([(), (2,), (2, 3)])
        left = draw.random() < 0.7
        given = draw.choice([(*stack, size), (size,), (*stack, size, columns), (size, columns), (4, columns), (1, 4)])
        if not left and draw.random() < 0.6:
            given = (*stack, columns, size)
        return {"left": left}, [(*stack, size, size if draw.random() < 0.95 else 4), given]


class Cross(Layer, name="linalg_cross"):
    """The product of vectors with 3 values that is at a right angle to both. Source: torch.linalg.cross."""

    inputs = (2, 2)
    input_names = ("input", "other")
    example = "16x3 -> linalg_cross(identity, sin)"

    dim: int = arg(Int(), -1, help="the axis of the 3 values, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        came = " and ".join(shape_text(x, batch=True) for x in xs)
        if len(xs[0]) != len(xs[1]):
            site.refuse("wrong-rank", f"linalg_cross needs inputs with as many axes, but {came} arrive")
        (axis,) = axes_of(site, [self.dim], len(xs[0]))
        for x in xs:
            if x[axis] != 3:
                message = f"linalg_cross takes 3 values along axis {axis}, but {came} arrive"
                site.unequal(x[axis], 3, "shape-mismatch", message)
        return broadcast(site, self.name, xs)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        found = [dict(reach or {}) for reach in super().reach(xs, ys)]
        axis = self.dim % len(ys[0])
        return [reach | {axis: (axis, ANY)} for reach in found]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.linalg.cross(*xs, dim=self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = [*drawn_shape(draw)]
        axis = draw.randrange(-len(shape), len(shape)) if draw.random() < 0.95 else 5
        if axis < len(shape) and draw.random() < 0.9:
            shape[axis] = 3
        other = [draw.choice([size, size, size, 1]) if size != 3 else 3 for size in shape]
        return {"dim": axis}, [tuple(shape), tuple(other[draw.random() < 0.05 :])]


class MatrixNorm(_Oblong, name="linalg_matrix_norm"):
    """The size of each matrix. Source: torch.linalg.matrix_norm."""

    ord: str | float = arg(
        Either[str | float](Choice("fro", "nuc"), Number()), "fro", help="which: fro, nuc, 1, -1, 2, -2"
    )
    dim: tuple[int, ...] = arg(Ints(), (-2, -1), help="the axes of the rows and the columns")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def check(self, site: Site) -> None:
        if not isinstance(self.ord, str) and abs(self.ord) not in (1, 2):
            site.refuse("bad-argument", f"ord of {self.name} is fro, nuc, 1, -1, 2 or -2, not {self.ord}", arg="ord")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(self.dim) != 2 or len(x) < 2:
            site.refuse("wrong-rank", f"{self.name} takes two axes, but {shape_text(x, batch=True)} arrives", arg="dim")
        gone = axes_of(site, self.dim, len(x))
        return tuple(1 if a in gone else size for a, size in enumerate(x) if self.keepdim or a not in gone)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        (x,) = xs
        gone = [dim % len(x) for dim in self.dim]
        to = {a: a if self.keepdim else a - sum(g < a for g in gone) for a in range(len(x))}
        return [{a: (to[a] if self.keepdim else None, ANY) if a in gone else (to[a], SAME) for a in range(len(x))}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(xs[0], self.ord, self.dim, self.keepdim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = super().drawn(draw)[1][0]
        dims = draw.sample(range(len(shape)), 2) if len(shape) > 1 and draw.random() < 0.8 else [-1, 3]
        ord = draw.choice(["fro", "nuc", 1, 2, 3])
        return {"ord": ord, "dim": tuple(dims), "keepdim": draw.random() < 0.5}, [shape]
