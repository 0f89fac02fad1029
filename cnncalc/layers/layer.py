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
from cnncalc.layers.memory import (
    COMPLEX_OF,
    DECIMALS,
    GIVES,
    REAL_OF,
    InnerStep,
    Kept,
    MemoryCall,
    MemoryTensor,
    as_images_lie,
    as_they_lie,
    kept_by_name,
    promoted,
    rows,
)
from cnncalc.layers.shapes import Named, Shape, Shapes, rank_hint, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches, Window, broadcast_reach, loosened, unknown
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbols

if TYPE_CHECKING:
    from typing_extensions import Self


class Declaration(NamedTuple):
    """The names that a class of layers is declared under, as its class keywords say."""

    layer: type[Layer]
    name: str  # with {n} for the number of axes, in a family
    torch: str | None
    dims: tuple[int, ...]
    aliases: tuple[str, ...]
    presets: Mapping[str, Mapping[str, Value]]
    lazy: bool


DECLARED: list[Declaration] = []
"""Classes that have been defined, until the registry enters them."""


WAYS = {
    "module": "a module of torch's class, such as nn.ReLU",
    "derived": "a module of a class that is derived from torch's",
    "functional": "a function of torch.nn.functional, such as F.relu",
    "function": "a function of torch, such as torch.relu",
    "method": "a method of a tensor, such as x.relu()",
    "operator": "an operator of Python, such as x + y or x @ y",
}
"""How torch's code can call a layer. No figure depends on it; what other tools count does."""


class Piece(NamedTuple):
    """A layer inside another: where torch keeps it, and what goes in and out."""

    path: str
    layer: Layer
    xs: Shapes
    ys: Shapes


class Layer:
    """One operation with its arguments. Subclasses declare the arguments by `arg` and override the rules below.

    A layer is a value: two of one class with equal arguments are equal, and neither can be changed.

    Class keywords register it: `torch`, the name of torch's class (with `{n}` for the number of axes),
    `name` where torch has no class, `dims` for the members of a family, `aliases`, `presets`, which are
    aliases with arguments, and `lazy` where torch has a Lazy form that infers as well. The registry finds
    the class in whichever file of `cnncalc.layers` it is.
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
    number_argument: ClassVar[str] = ""  # the argument that may take the place of the last input: add(x, 1)
    parts: ClassVar[bool] = False  # its outputs are the parts of one value, as those of chunk
    alike: ClassVar[bool] = False  # further outputs depend on nothing else than the first one does
    takes_layers: ClassVar[bool] = False  # some of its arguments are layers
    rearranges: ClassVar[bool] = False  # its outputs are values of its inputs, at different positions
    features_last: ClassVar[bool] = False  # reads a sequence, whose positions come in front of their features
    view: ClassVar[bool] = False  # its outputs are in the memory of its inputs, if torch can lay them out so
    usual_way: ClassVar[str] = "function"  # of WAYS, how code calls it: "module" where torch has a class
    numbers: ClassVar[str] = "any"  # the values that it takes: or "indices", "decimals", "one type", "a mask"
    gives: ClassVar[str | tuple[str, ...]] = "like"  # the type of its outputs, or of each
    layout: ClassVar[str] = "rows"  # how a new output lies in memory
    keeps: ClassVar[tuple[str, ...] | None] = None  # what autograd keeps of a call; None: that is not known
    all_within: ClassVar[bool] = True  # is all memory known that it needs while it runs?
    picks: ClassVar[int | None] = None  # the input of which it reads as much as it gives: what is looked up
    picks_weights: ClassVar[bool] = False  # is its weight a table in which it looks up?
    copied_in_place: ClassVar[bool] = False  # autograd keeps a copy of an input that is written over
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
                if hasattr(Layer, key):
                    raise TypeError(f"{cls.__name__} has an argument `{key}`, and Layer has a member of that name")
                argument.name = key
            cls.arguments = {k: v for k, v in cls.arguments.items() if k not in own} | own
        if "usual_way" not in vars(cls) and (name or torch):
            cls.usual_way = "module" if torch else "functional" if str(name).startswith("F.") else cls.usual_way
        canonical = name or (torch or "").lower()
        if canonical:
            DECLARED.append(Declaration(cls, canonical, torch, dims, aliases, presets or {}, lazy))

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
        if not cls.example:
            raise TypeError(f"{cls.__name__} has no `example`, a spec that shows it")
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
        raise NotImplementedError(f"{type(self).__name__} has no `forward`, which gives its output shape")

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

    def pieces(self, *xs: Shape) -> Sequence[Piece]:
        """The layers that it is made of, in the order of torch's attributes; none for one of its own."""
        return ()

    def windows(self, x: Shape) -> list[Window]:
        """The sliding window on each spatial axis, for layers that have one."""
        return []

    def arrives(self, *xs: Shape) -> Mapping[str, Any]:
        """What the arguments that are read off the input come to."""
        return {}

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        """The operation on tensors, for the check against torch; `torch` is the module.

        `part` holds the parameters: an instance of torch's class, or where there is none a plain module that
        has them, and the buffers, by name.
        """
        return part(*xs)

    @classmethod
    def fed(cls, at: int, zeros: Any) -> Any:
        """The tensor for input `at`: `zeros` as it is, or values that torch takes where it takes no zeros."""
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
        """The axis of the output along which the inputs lie side by side, as in `cat`; None for all other layers."""
        return None

    # Memory, see `cnncalc.layers.memory`.

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        """The types of `count` outputs from those of the inputs, where parameters are of the type `decimals`."""
        stated = (self.gives,) if isinstance(self.gives, str) else self.gives
        return tuple([self.type_of(stated[min(i, len(stated) - 1)], given, decimals) for i in range(count)])

    def type_of(self, stated: str, given: Sequence[str], decimals: str) -> str:
        """The type that a word of `gives` comes to."""
        if stated not in GIVES:
            return stated
        common = promoted([one for at, one in enumerate(given) if at not in self.integer_inputs])
        if stated == "like":
            return common or decimals
        if stated == "decimal":
            return common if common in DECIMALS or common in REAL_OF else decimals
        real = REAL_OF.get(common, common if common in DECIMALS else decimals)
        return COMPLEX_OF[real] if stated == "complex" else real

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        """Is its output in the memory of its input?"""
        return self.view or self.in_place

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        """The strides of a view of the input; None where torch can lay it out in a copy alone."""
        return x.strides if len(x.shape) == len(y) else None

    def laid(self, xs: Sequence[MemoryTensor], y: Shape) -> Shape:
        """The strides of a new output."""
        if self.layout == "input" and xs:
            return as_they_lie(xs, y)
        return as_images_lie(xs[0], y) if self.layout == "image" and xs else rows(y)

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        """What autograd keeps of a call for the backward pass; None where that is not known."""
        return None if self.keeps is None else kept_by_name(self.keeps, call)

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        """The layers that torch runs in place of it, the last of which gives its outputs; None where it is one."""
        return None

    def run_as(self, training: bool, xs: Sequence[MemoryTensor], needs: Sequence[bool]) -> list[InnerStep] | None:
        """What is `within`, where it depends on types, and on which inputs need a gradient."""
        return self.within(training, *[x.shape for x in xs])

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
            f"{self.name} takes {axes} spatial {'axis' if axes == 1 else 'axes'} after the channels, "
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
        for name, argument in self.arguments.items():
            value = came if name == key else getattr(self, name)
            if argument.at_call:
                continue
            if argument.inferred or argument.default is REQUIRED:
                exact.append(compact_value(value))
            else:
                default = self.default(name)
                if differ(value, default if argument.in_torch is None else argument.in_torch):
                    exact.append(f"{name}={compact_value(value)}")
        return f"write {self.torch or self.name}({', '.join(exact)}), or `{written_short(self)}` to infer it"


def written_short(layer: Layer) -> str:
    """The layer as a line of the language, without what is read off the input: `conv 16 k3 p=1`."""
    short: list[str] = []
    for name, argument in layer.arguments.items():
        value = getattr(layer, name)
        if argument.inferred:
            continue
        if argument.default is REQUIRED and not short:
            short.append(compact_value(value))
        elif argument.default is REQUIRED or differ(value, layer.default(name)):
            text = compact_value(value)
            short.append(
                f"{argument.short}{text}" if argument.short and text.isdecimal() else f"{argument.short or name}={text}"
            )
    return " ".join([layer.stem, *short])


def open_sizes(value: Value) -> set[str]:
    """The open sizes in an argument of a layer, or in a layer itself."""
    if isinstance(value, Expr):
        return symbols(value)
    if isinstance(value, Layer):
        value = tuple(getattr(value, key) for key in value.arguments)
    return {name for item in value for name in open_sizes(item)} if isinstance(value, tuple) else set()


def is_open(value: Value) -> bool:
    """Has an argument of a layer, or a layer, an open size?"""
    if isinstance(value, Expr):
        return bool(symbols(value))
    if isinstance(value, Layer):
        return any(is_open(getattr(value, key)) for key in value.arguments)
    return isinstance(value, tuple) and any(map(is_open, value))


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
