"""What a layer is: one class that holds all that cnncalc knows about it.

A layer works on shapes, tuples of sizes (`Dim`) as torch sees them, with the batch in front. Its rules
are ordinary arithmetic, so that one statement gives numbers on ints, closed forms on open sizes, and
the explanation on `cnncalc.symbolic.worked.Worked`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, overload

from cnncalc.layers.arguments import REQUIRED, Argument, compact_value, differ, exact
from cnncalc.layers.kinds import Value, said
from cnncalc.layers.shapes import Named, Shape, Shapes, rank_hint, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches, Window, broadcast_reach, loosened, unknown
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbols

if TYPE_CHECKING:
    from typing_extensions import Self


class Layer:
    """One operation with its arguments. Subclasses declare the arguments by `arg` and override the rules below.

    A layer is a value: two of one class with equal arguments are equal, and neither can be changed.

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
    alike: ClassVar[bool] = False  # further outputs depend on nothing else than the first one does
    takes_layers: ClassVar[bool] = False  # some of its arguments are layers
    rearranges: ClassVar[bool] = False  # its outputs are values of its inputs, at different positions
    view: ClassVar[bool] = False  # its outputs are in the memory of its inputs, if torch can lay them out so
    example: ClassVar[str] = ""  # a spec that shows it, with {name} and {axes} for the members of a family
    _defaults: ClassVar[dict[str, Value]]  # normal forms of defaults, each class's own
    _hash: int  # worked out when it is asked for
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
        cls._defaults = {}
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
        """Values are in the normal form of their kinds; `cnncalc.language.run.bind` reads written ones."""
        own = vars(self)
        for key, argument in self.arguments.items():
            value = values[key] if key in values else self.default_value(key)
            if value is None and argument.same_as:
                value = own[argument.same_as]
            own[key] = value

    @classmethod
    def unchecked(cls, values: Mapping[str, Any]) -> Self:
        """A layer that has these values as they are, such as sizes that write their sums down."""
        made = object.__new__(cls)
        vars(made).update(values)
        return made

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a layer is a value: make another {self.name}, with another {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a layer is a value, and keeps its {name}")

    def _identity(self) -> tuple[Value, ...]:
        """What equal layers have in common. A decimal is the same as the float that torch makes of it."""
        own = vars(self)
        if "_equal_by" not in own:
            own["_equal_by"] = tuple([exact(own[key], a.default) for key, a in self.arguments.items()])
        found: tuple[Value, ...] = own["_equal_by"]
        return found

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = vars(self)["_hash"] = hash((type(self), self._identity()))
            return found

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

    @property
    def in_place(self) -> bool:
        """Does it write its output over its input?"""
        return bool(vars(self).get("inplace", False))

    @property
    def trainable(self) -> bool:
        """Can its parameters be trained? Whole numbers have no gradients."""
        return True

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

    def inner(self, xs: Shapes, ys: Shapes) -> Dim:
        """Elements of what the layers inside of it give, without its own outputs."""
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

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        """Which input positions each position of the first output depends on. Default: its own."""
        return [broadcast_reach(x, ys[0]) for x in xs]

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        """The same for all outputs. Default: further ones may depend on anything, unless they are `alike`."""
        first = self.reach(xs, ys)
        further = list(map(loosened, first)) if self.alike else list(map(unknown, xs))
        return [first, *[further] * (len(ys) - 1)]

    def beside(self, xs: Shapes, ys: Shapes) -> int | None:
        """The axis of the output along which the inputs are side by side, so that each value is of one of them."""
        return None

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


@overload
def put_in(value: Layer, sizes: Mapping[str, int]) -> Layer: ...
@overload
def put_in(value: Shape, sizes: Mapping[str, int]) -> Shape: ...
@overload
def put_in(value: Value, sizes: Mapping[str, int]) -> Value: ...
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
