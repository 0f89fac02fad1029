"""What a layer is: one class that holds all that cnncalc knows about it.

A layer works on shapes, tuples of sizes (`Dim`) as torch sees them, with the batch in front. Its rules
are ordinary arithmetic, so that one statement gives numbers on ints, closed forms on open sizes, and
the explanation on `cnncalc.symbolic.worked.Worked`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, NoReturn, TypeAlias, TypeVar

from cnncalc.layers.kinds import Kind, Value, said
from cnncalc.symbolic.expr import Dim, Expr, product, substitute, symbols

Shape: TypeAlias = tuple[Dim, ...]
Shapes: TypeAlias = tuple[Shape, ...]
Named: TypeAlias = dict[str, Shape]

REQUIRED: Any = object()
"""The default of an argument that has none."""


class Argument:
    """An argument of a layer, declared once in its class by `arg`."""

    __slots__ = ("at_call", "default", "help", "in_torch", "inferred", "kind", "name", "same_as", "short", "variadic")

    def __init__(
        self,
        kind: Kind,
        default: Value,
        short: str,
        inferred: bool,
        variadic: bool,
        same_as: str,
        in_torch: Value,
        at_call: bool,
        help: str,
    ) -> None:
        self.kind = kind
        self.default = default
        self.short = short  # the one-letter name of the language, such as k for kernel_size
        self.inferred = inferred  # left out, it is read off the input
        self.variadic = variadic  # takes all further values
        self.same_as = same_as  # left out or None, it takes the value of that argument
        self.in_torch = in_torch  # the default under torch's name, where it is another
        self.at_call = at_call  # torch takes it when the layer runs, and not when it is made
        self.help = help
        self.name = ""


def arg(
    kind: Kind,
    default: Value = REQUIRED,
    *,
    short: str = "",
    inferred: bool = False,
    variadic: bool = False,
    same_as: str = "",
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> Any:
    """Declare an argument in the body of a layer class, in the order of torch's signature."""
    default = None if inferred or same_as else default
    return Argument(kind, default, short, inferred, variadic, same_as, in_torch, at_call, help)


# What a layer can say about the sizes that it meets


class Condition(NamedTuple):
    """Two open sizes that have to be equal for the layer to run."""

    left: Dim
    right: Dim


class Finding(NamedTuple):
    """Something to report at the layer, before its place in the text is known."""

    code: str
    message: str
    arg: str | None  # point at this argument, else at the layer
    notes: tuple[str, ...]
    hint: str | None


class Refusal(Exception):
    """The layer cannot run on its input. Carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


class Site:
    """Where a layer meets its input: collects warnings, conditions and needs, or refuses."""

    __slots__ = ("conditions", "needs", "warnings")

    def __init__(self) -> None:
        self.warnings: list[Finding] = []
        self.conditions: list[Condition] = []
        self.needs: list[Dim] = []  # open sizes that have to be 0 or more

    def refuse(
        self,
        code: str,
        message: str,
        *,
        arg: str | None = None,
        notes: Sequence[str] = (),
        hint: str | None = None,
    ) -> NoReturn:
        raise Refusal(Finding(code, message, arg, tuple(notes), hint))

    def warn(self, code: str, message: str, *, arg: str | None = None, hint: str | None = None) -> None:
        self.warnings.append(Finding(code, message, arg, (), hint))

    def unequal(
        self, left: Dim, right: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None
    ) -> None:
        """Two sizes that ought to be equal have other forms: refuse, or keep the condition."""
        difference = left - right
        if isinstance(difference, int):
            if difference:
                self.refuse(code, message, arg=arg, hint=hint)
            return
        from cnncalc.symbolic.decide import bounds

        low, high = bounds(difference)
        if (low is not None and low > 0) or (high is not None and high < 0):
            self.refuse(code, message, arg=arg, hint=hint)
        one = one_sample(difference)
        if isinstance(one, int) and one:
            self.refuse(code, message, arg=arg, notes=(ONE_SAMPLE,), hint=hint or "--batch sets another number")
        self.conditions.append(Condition(left, right))

    def short(self, spare: Dim, code: str, message: str, *, arg: str | None = None) -> None:
        """`spare` has to be 0 or more and is not known to be: refuse, or keep the need."""
        if isinstance(spare, int):
            if spare < 0:
                self.refuse(code, message, arg=arg)
            return
        from cnncalc.symbolic.decide import bounds

        low, high = bounds(spare)
        if high is not None and high < 0:
            self.refuse(code, message, arg=arg)
        one = one_sample(spare)
        if isinstance(one, int) and one < 0:
            self.refuse(code, message, arg=arg, notes=(ONE_SAMPLE,), hint="--batch sets another number")
        if low is None or low < 0:
            self.needs.append(spare)

    def divides(
        self, value: Dim, divisor: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None
    ) -> None:
        """`value` has to be a multiple of `divisor`, which may be 0, and has none then."""
        if divisor == 0:
            self.refuse(code, message, arg=arg, hint=hint)
        if value % divisor != 0:
            self.unequal(value % divisor, 0, code, message, arg=arg, hint=hint)


# Windows

Size = TypeVar("Size", int, Dim)


class Window(NamedTuple):
    """A sliding window along one axis."""

    kernel: int
    stride: int
    left: int
    right: int
    dilation: int = 1
    ceil: bool = False  # a last window may hang over the right end

    def reads(self) -> Steps:
        """Output index t reads `t*stride - left` and on, over the extent."""
        first = -self.left
        return Steps(1, self.stride, ((first, first + self.dilation * (self.kernel - 1)),))


def extent(kernel: Size, dilation: Size) -> Size:
    """Input positions from the first to the last that one window reads: `dilation*(kernel - 1) + 1`."""
    return dilation * (kernel - 1) + 1


def window_out(size: Dim, padding: Dim, reach: Dim, stride: Dim) -> Dim:
    """How many windows fit: `(size + padding - extent)//stride + 1` (torch.nn.Conv2d, "Shape")."""
    return (size + padding - reach) // stride + 1


def window_out_ceil(size: Dim, left: int, padding: int, reach: int, stride: int) -> Dim:
    """The number of windows with `ceil_mode`, where the last may hang over.

    It has to start inside the input or the left padding (ATen/native/Pool.h), which is
    `ceil((size + min(padding - extent + stride, left))/stride)` (the same for all sizes).
    """
    most = padding - reach + stride
    return (size + min(most, left) + stride - 1) // stride


class Steps(NamedTuple):
    """Which input positions an output position reads along one axis, as a repeating pattern.

    Output `period*q + i` reads from `reads[i][0] + step*q` to `reads[i][1] + step*q`; None reads none.
    """

    period: int
    step: int
    reads: tuple[tuple[int, int] | None, ...]


SAME = Steps(1, 1, ((0, 0),))
ALL = Steps(1, 0, (None,))
"""Every output position depends on every input position of the axis."""

Reach: TypeAlias = Mapping[int, tuple[int | None, Steps]]
"""For each axis of an input: the axis of the output it becomes (None where it is gone), and how."""


# The layer


class Layer:
    """One operation. Subclasses declare their arguments by `arg` and override the rules below.

    Class keywords register it: `torch`, the name of torch's class (with `{n}` for the number of axes),
    `name` where torch has no class, `dims` for the members of a family, `aliases`, `presets`, which are
    aliases with arguments, and `lazy` where torch has a Lazy form that infers as well. Each file of
    `cnncalc.layers` is found by itself.
    """

    name: ClassVar[str] = ""  # in small letters, as in the JSON: conv2d
    torch: ClassVar[str | None] = None  # the class in torch.nn: Conv2d
    stem: ClassVar[str] = ""  # what unnamed layers are numbered by: conv1, conv2
    ndim: ClassVar[int | None] = None
    arguments: ClassVar[dict[str, Argument]] = {}
    positional: ClassVar[tuple[str, ...] | None] = None  # order of bare values, where it is not torch's
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)  # fewest and most inputs
    input_names: ClassVar[tuple[str, ...]] = ("input",)
    integer_inputs: ClassVar[tuple[int, ...]] = ()  # which of them hold indices
    output_names: ClassVar[tuple[str, ...]] = ("output",)
    number: ClassVar[str] = ""  # the argument that may stand in place of the last input: add(x, 1)
    parts: ClassVar[bool] = False  # its outputs are the parts of one value, as those of chunk
    takes_layers: ClassVar[bool] = False  # some of its arguments are layers
    example: ClassVar[str] = ""  # a spec that shows it, with {name} and {axes} for the members of a family
    _defaults: ClassVar[dict[str, Value]] = {}
    status: str = "exact"  # or "lower-bound", "uncounted": what its MACs are

    def __init_subclass__(
        cls,
        torch: str | None = None,
        name: str | None = None,
        dims: tuple[int, ...] = (),
        aliases: tuple[str, ...] = (),
        presets: Mapping[str, Mapping[str, Value]] | None = None,
        lazy: bool = False,
        member: bool = False,
    ) -> None:
        if member:
            return
        own = {key: value for key, value in vars(cls).items() if isinstance(value, Argument)}
        if own:
            for key, argument in own.items():
                argument.name = key
            cls.arguments = {k: v for k, v in cls.arguments.items() if k not in own} | own
        canonical = name or (torch or "").lower()
        if canonical:
            from cnncalc.layers.registry import register

            register(cls, canonical, torch, dims, aliases, presets or {}, lazy)

    def __init__(self, **values: Value) -> None:
        """Values are in the normal form of their kinds; `cnncalc.spec.bind` reads written ones."""
        for key, argument in self.arguments.items():
            value = values[key] if key in values else self.default_value(key)
            if value is None and argument.same_as:
                value = getattr(self, argument.same_as)
            setattr(self, key, value)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={said(v)}' for k, v in self.stated().items())})"

    def written(self) -> dict[str, Value]:
        """The arguments that are neither their default nor read off the input."""
        return {
            key: getattr(self, key)
            for key, argument in self.arguments.items()
            if not argument.inferred and differ(getattr(self, key), self.default(key))
        }

    def stated(self) -> dict[str, Value]:
        """The arguments that say which layer this is: `written`, and what is read off the input and given too."""
        inferred = {
            k: getattr(self, k) for k, a in self.arguments.items() if a.inferred and getattr(self, k) is not None
        }
        return inferred | self.written()

    def default(self, key: str) -> Value:
        """The normal form of an argument's default."""
        argument = self.arguments[key]
        return getattr(self, argument.same_as) if argument.same_as else self.default_value(key)

    @classmethod
    def shown_example(cls) -> str:
        """The example, with the name and the spatial axes of this member of the family."""
        return cls.example.format(name=cls.name, axes="x".join(["32"] * (cls.ndim or 2)))

    @classmethod
    def default_value(cls, key: str) -> Value:
        """The normal form of a default that depends on no other argument."""
        argument = cls.arguments[key]
        if argument.default is None or argument.default is REQUIRED or isinstance(argument.default, float):
            return argument.default
        if key not in cls._defaults:
            cls._defaults[key] = argument.kind.read(argument.default, cls.ndim)
        return cls._defaults[key]

    @classmethod
    def axes_for(cls, rank: int) -> int:
        """The number of spatial axes of an input with the batch and the channels in front."""
        return rank - 2

    @classmethod
    def sketch(cls) -> str:
        """The arguments that cannot be left out, as names to fill in."""
        return " ".join(a.name for a in cls.arguments.values() if a.default is REQUIRED)

    # Rules. `xs` are the input shapes and `ys` the output shapes, complete with the batch.

    def check(self, site: Site) -> None:
        """Refuse arguments that no input could satisfy."""

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        """The output shape, or a list of them. Refuses through the site what torch refuses."""
        raise NotImplementedError

    def params(self, *xs: Shape) -> Named:
        """The parameters by torch's names, as shapes."""
        return {}

    def buffers(self, *xs: Shape) -> Named:
        """What torch registers as buffers, as shapes."""
        return {}

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        """Multiply-accumulates of one call."""
        return 0

    def windows(self, x: Shape) -> list[Window]:
        """The sliding window on each spatial axis, for layers that have one."""
        return []

    def arrives(self, *xs: Shape) -> Mapping[str, Any]:
        """What the arguments that are read off the input come to."""
        return {}

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        """The operation on tensors, for the check against torch, which hands itself in.

        `part` holds the parameters: an instance of torch's class, or where there is none a plain module that
        has them, and the buffers, by name.
        """
        return part(*xs)

    @classmethod
    def fed(cls, at: int, zeros: Any) -> Any:
        """A tensor of zeros for input `at` with values that torch takes, where it does not take zeros."""
        return zeros

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        """Which input positions each output position depends on, for each input. Default: its own."""
        rank = len(ys[0])
        return [
            {
                axis: (axis + rank - len(x), SAME if x[axis] != 1 or ys[0][axis + rank - len(x)] == 1 else ALL)
                for axis in range(len(x))
                if axis + rank - len(x) >= 0
            }
            for x in xs
        ]

    # Shared pieces

    def spatial(self, site: Site, x: Shape) -> int:
        """Where the spatial axes of the input begin: 2, or 1 where torch takes it as unbatched."""
        axes = self.ndim or 0
        if len(x) == axes + 2:
            return 2
        if len(x) == axes + 1:
            return 1
        site.refuse(
            "wrong-rank",
            f"{self.name} takes {axes} spatial {'axis' if axes == 1 else 'axes'} behind the channels, "
            f"but {shape_text(x)} arrives",
            hint=rank_hint(self.name, axes, x),
        )

    def expect(self, site: Site, key: str, came: Dim, what: str) -> None:
        """An argument that repeats what comes in has to agree with it."""
        written = getattr(self, key)
        if written is not None and written != came:
            one = what.replace("channels", "channel").replace("features", "feature")
            site.unequal(
                written,
                came,
                "channel-mismatch",
                f"{self.torch or self.name} expects {written} {one if written == 1 else what}, "
                f"but {came} {'arrives' if came == 1 else 'arrive'}",
                arg=key,
                hint=self.instead(key, came),
            )

    def instead(self, key: str, came: Dim) -> str:
        """A hint: this layer with the value that came, in torch's words and in the short ones."""
        exact: list[str] = []
        short: list[str] = []
        for name, argument in self.arguments.items():
            value = came if name == key else getattr(self, name)
            if argument.at_call:
                if differ(value, self.default(name)):
                    short.append(f"{name}={compact_value(value)}")
            elif argument.inferred:
                exact.append(compact_value(value))
            elif argument.default is REQUIRED:
                exact.append(compact_value(value))
                short.append(f"{argument.short if len(short) else ''}{compact_value(value)}")
            else:
                default = self.default(name)
                if differ(value, default if argument.in_torch is None else argument.in_torch):
                    exact.append(f"{name}={compact_value(value)}")
                if differ(value, default):
                    short.append(f"{argument.short or name}={compact_value(value)}")
        infer = " ".join([self.stem, *short])
        return f"write {self.torch or self.name}({', '.join(exact)}), or `{infer}` to infer it"


def open_sizes(value: Value) -> set[str]:
    """The open sizes in an argument of a layer, or in a layer itself."""
    if isinstance(value, Expr):
        return symbols(value)
    if isinstance(value, Layer):
        value = tuple(getattr(value, key) for key in value.arguments)
    return {name for item in value for name in open_sizes(item)} if isinstance(value, tuple) else set()


def put_in(value: Value, sizes: Mapping[str, int]) -> Value:
    """The argument, or the layer itself, with numbers for open sizes; the same object where it has none of them."""
    if isinstance(value, Expr):
        return substitute(value, sizes)
    if isinstance(value, tuple):
        return tuple(put_in(item, sizes) for item in value)
    if isinstance(value, Layer):
        given = {key: getattr(value, key) for key in value.arguments}
        found = {key: put_in(item, sizes) for key, item in given.items()}
        return value if found == given else type(value)(**found)
    return value


def differ(value: Value, default: Value) -> bool:
    """Has a value been written that is not the default? Written decimals are exact, defaults are floats."""
    return bool((float(value) if isinstance(default, float) and value is not None else value) != default)


def compact_value(value: Value) -> str:
    """An argument as short as it can be written: (3, 3) as 3."""
    if isinstance(value, tuple) and value and all(v == value[0] for v in value):
        value = value[0]
    return said(value)


def shape_text(shape: Shape, batch: bool = False) -> str:
    """A shape as it is written: `3x224x224`. A leading open batch is left out unless asked for."""
    dims = shape[1:] if not batch and shape and is_batch(shape[0]) else shape
    return dims_text(dims)


def dims_text(dims: Sequence[Dim]) -> str:
    """`64x112x112`; where a size is more than a name, `64 x (H + 1)//2 x W`; `scalar` for none."""
    if not dims:
        return "scalar"
    texts = [str(d) for d in dims]
    plain = all(isinstance(d, int) or t.isidentifier() for d, t in zip(dims, texts))
    if plain:
        return "x".join(texts)
    held = [f"({t})" if isinstance(d, Expr) and len(d.terms) > 1 else t for d, t in zip(dims, texts)]
    return " x ".join(held if len(held) > 1 else texts)


BATCH_NAME = "N"


def is_batch(dim: Dim) -> bool:
    """Is this the open batch?"""
    return isinstance(dim, Expr) and str(dim) == BATCH_NAME


def one_sample(dim: Dim) -> Dim:
    """The size for a batch of one, which figures are for while the batch is open."""
    return substitute(dim, {BATCH_NAME: 1}) if BATCH_NAME in symbols(dim) else dim


ONE_SAMPLE = "figures are for one sample, N = 1, while the batch is open"


def rank_hint(name: str, axes: int, x: Shape) -> str | None:
    """The member of the family that fits, or what is missing."""
    arrives = len(x) - 2
    if name.endswith(f"{axes}d") and 1 <= arrives <= 3:
        other = f"for {arrives} spatial {'axis' if arrives == 1 else 'axes'} write {name[:-2]}{arrives}d"
        return f"a shape stands without the batch; {other}" if arrives == axes + 1 and is_batch(x[0]) else other
    if arrives < 1:
        return "there is no spatial axis left to work on"
    return None


def elements(shapes: Mapping[str, Shape]) -> Dim:
    """The number of elements of named shapes together."""
    total: Dim = 0
    for shape in shapes.values():
        total = total + product(shape)
    return total


def axes_of(site: Site, dims: Sequence[int], rank: int, arg: str = "dim") -> list[int]:
    """Axes counted from the front, refusing what the rank does not have."""
    found = []
    for dim in dims:
        if not -rank <= dim < rank:
            site.refuse(
                "no-such-axis",
                f"there is no axis {dim} among the {rank} that arrive, of which the batch is axis 0",
                arg=arg,
                hint=f"axes are 0 to {rank - 1}, or {-rank} to -1 from the end",
            )
        axis = dim % rank
        if axis in found:
            site.refuse("no-such-axis", f"axis {dim} stands twice in {arg}", arg=arg)
        found.append(axis)
    return found


def keep_axes(kept: Sequence[int], rank: int) -> Iterator[int]:
    """The axes of a rank that are not in `kept`."""
    return (axis for axis in range(rank) if axis not in kept)
