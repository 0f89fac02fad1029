"""A call of an operator, while its layer is looked for. Each reader of PyTorch has its own kind of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.values import value_for


class Inexpressible(Exception):
    """An operator that no layer of the registry is."""


class Holder(NamedTuple):
    """A module that has the tensors of a call under their own names, and no modules within."""

    module: Any
    path: str
    tensors: tuple[str, ...]  # the names of all its parameters and buffers, complete


class Call:
    """A call of an operator. A reader's own class says what its values are and how a layer is added."""

    name: str  # torch's, without `_` where it writes in place
    args: dict[str, Any]  # by the names of torch's schema
    defaults: Mapping[str, Any] = {}  # of the arguments that have some

    # Reading

    def is_value(self, raw: Any) -> bool:
        """Is it a tensor that the network works on?"""
        raise NotImplementedError

    def value(self, raw: Any) -> Any:
        """The value of a tensor, or a list of those of several."""
        raise NotImplementedError

    def number(self, raw: Any) -> Any:
        """The value of what has to be one tensor. Raises Inexpressible."""
        raise NotImplementedError

    def shape(self, value: Any) -> Shape:
        """The shape of a value."""
        raise NotImplementedError

    def raw_shape(self, raw: Any) -> Shape | None:
        """The shape of an argument that is a tensor."""
        raise NotImplementedError

    def may_be_tensor(self, key: str) -> bool:
        """Does torch take a tensor for the argument?"""
        raise NotImplementedError

    def reaches_end(self, stop: Any, size: Any) -> bool:
        """Is a position at the end of an axis, or after it?"""
        raise NotImplementedError

    def uses(self, index: int) -> bool:
        """Does something read a tensor of the list that the operator gives?"""
        raise NotImplementedError

    def tensor(self, key: str) -> Any:
        """The value of an argument that is a tensor."""
        return self.number(self.args[key])

    def tensors(self) -> list[Any]:
        """The values of all tensors among the arguments, in their order."""
        found: list[Any] = []
        for value in self.args.values():
            for item in value if isinstance(value, list | tuple) else [value]:
                if self.is_value(item):
                    given = self.value(item)
                    found += [v for v in (given if isinstance(given, list) else [given]) if v is not None]
        return found

    # Adding

    def fits(self, layer: Layer, inputs: Sequence[Any]) -> bool:
        """Does the layer run on these values, and give the shapes that torch gives?"""
        raise NotImplementedError

    def add_layer(self, layer: Layer, inputs: list[Any], path: str = "", named: str | None = None) -> Any:
        """Add a layer, at the next free path of the level where none is given; its first value."""
        raise NotImplementedError

    def given(self, first: Any) -> Any:
        """What the operator gives, its first value being that of the layer added last: a value, or a list of them."""
        raise NotImplementedError

    def holder(self, given: Mapping[str, Any]) -> Holder | None:
        """The module whose own the tensors of a call are, if they are all of one."""
        raise NotImplementedError

    def own(self, holder: Holder, layer: Layer, inputs: list[Any]) -> Any:
        """Add a layer that has the tensors of a module as its own; None where another has one of them."""
        raise NotImplementedError

    def own_kind(self, module: Any, cls: type[Layer]) -> bool:
        """May a module be this layer? torch's own are the layer that they are, whoever else reads their weights."""
        raise NotImplementedError

    def add(self, name: str, inputs: list[Any], values: Mapping[str, Any] | None = None, path: str = "") -> Any:
        """A layer by its name with its arguments, at the next free path of the level; its first value."""
        cls = layer_class(name)
        read = {key: value_for(cls.arguments[key], raw, cls.ndim) for key, raw in (values or {}).items()}
        return self.add_layer(cls(**read), inputs, path)
