"""torch.nn's containers: modules and parameters in sequences and by names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cnncalc.source.module import Module
from cnncalc.source.tensor import Parameter, Tensor


class Sequential(Module):
    """torch.nn.Sequential."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return type(self)(OrderedDict(list(self._modules.items())[at]))
        return list(self._modules.values())[_position(at, len(self))]

    def __setitem__(self, at: int, module: Any) -> None:
        setattr(self, list(self._modules)[_position(at, len(self))], module)

    def __delitem__(self, at: Any) -> None:
        names = list(self._modules)
        for name in names[at] if isinstance(at, slice) else [names[_position(at, len(self))]]:
            delattr(self, name)
        self.__dict__["_modules"] = {str(i): m for i, m in enumerate(self._modules.values())}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def __add__(self, other: Any) -> Any:
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Any:
        return self.extend(other)

    def append(self, module: Any) -> Any:
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Any) -> Any:
        found = list(self._modules.values())
        found.insert(index, module)
        self.__dict__["_modules"] = {str(i): m for i, m in enumerate(found)}
        return self

    def pop(self, at: Any) -> Any:
        found = self[at]
        del self[at]
        return found


def _position(at: Any, length: int) -> int:
    position = int(at.__index__())
    if not -length <= position < length:
        have = f"{length} modules, 0 to {length - 1}" if length else "none"
        raise IndexError(f"index {position} is out of range: there {'is' if length == 1 else 'are'} {have}")
    return position % length


class ModuleList(Module):
    """torch.nn.ModuleList."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, at: Any) -> Any:
        found = list(self._modules.values())
        return type(self)(found[at]) if isinstance(at, slice) else found[_position(at, len(self))]

    def __setitem__(self, at: int, module: Any) -> None:
        setattr(self, str(_position(at, len(self))), module)

    __delitem__ = Sequential.__delitem__
    __len__ = Sequential.__len__

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    append: Any = Sequential.append
    pop = Sequential.pop

    def insert(self, index: int, module: Any) -> None:
        Sequential.insert(self, index, module)  # type: ignore[arg-type]

    def extend(self, modules: Iterable[Any]) -> Any:
        if not hasattr(modules, "__iter__"):
            raise TypeError("ModuleList.extend should be called with an iterable")
        for module in list(modules):
            self.append(module)
        return self

    def __iadd__(self, modules: Iterable[Any]) -> Any:
        return self.extend(modules)

    def __add__(self, other: Iterable[Any]) -> Any:
        return ModuleList([*self, *other])

    def __contains__(self, module: Any) -> bool:
        return any(module is one for one in self)


class ModuleDict(Module):
    """torch.nn.ModuleDict."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Any) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._modules))

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        self._modules.clear()

    def pop(self, key: str) -> Any:
        return self._modules.pop(key)

    def keys(self) -> Any:
        return self._modules.keys()

    def items(self) -> Any:
        return self._modules.items()

    def values(self) -> Any:
        return self._modules.values()

    def get(self, key: str, default: Any = None) -> Any:
        return self._modules.get(key, default)

    def update(self, modules: Any) -> None:
        pairs = modules.items() if isinstance(modules, Mapping | ModuleDict) else modules
        for key, module in pairs:
            self[key] = module


class ParameterList(Module):
    """torch.nn.ParameterList."""

    def __init__(self, values: Any = None) -> None:
        super().__init__()
        self.__dict__["_size"] = 0
        for value in values or ():
            self.append(value)

    def append(self, value: Any) -> Any:
        is_plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, str(self._size), Parameter(value) if is_plain else value)
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        for value in values:
            self.append(value)
        return self

    def __len__(self) -> int:
        return int(self.__dict__["_size"])

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return ParameterList([self[i] for i in range(len(self))[at]])
        return getattr(self, str(_position(at, len(self))))

    def __setitem__(self, at: int, value: Any) -> None:
        setattr(self, str(_position(at, len(self))), value)

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)


class ParameterDict(Module):
    """torch.nn.ParameterDict."""

    def __init__(self, values: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if values is not None:
            self.update(values)

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        is_plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, key, Parameter(value) if is_plain else value)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def update(self, values: Any) -> None:
        for key, value in values.items() if isinstance(values, Mapping | ParameterDict) else values:
            self[key] = value

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._keys))

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Any:
        return self._keys.keys()

    def values(self) -> Any:
        return [self[key] for key in self._keys]

    def items(self) -> Any:
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._keys else default
