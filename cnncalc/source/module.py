"""torch.nn.Module and its containers, with torch's own semantics of attributes."""

from __future__ import annotations

import itertools
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from typing import Any

from cnncalc.layers.site import Finding
from cnncalc.source.errors import NoModule, NotCalled, NotMade
from cnncalc.source.recorder import recorder
from cnncalc.source.tensor import Parameter, Tensor

_Incompatible = namedtuple("_Incompatible", ["missing_keys", "unexpected_keys"])
_numbers = itertools.count()


class Handle:
    """What a hook is taken off by."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self.hooks, self.id = hooks, next(_numbers)

    def remove(self) -> None:
        self.hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Buffer(Tensor):
    """torch.nn.Buffer."""

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        made = object.__new__(cls)
        made._set(data._shape, data.dtype, None, data._data)
        made._within(data)
        made.persistent = persistent  # type: ignore[attr-defined]
        return made

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        pass


def _refused(value: object, kind: str, name: str, expected: str) -> TypeError:
    return TypeError(f"cannot assign '{type(value).__name__}' {kind} '{name}' ({expected})")


def not_made(module: Any, name: Any = None) -> NotMade:
    """The error for a module whose `super().__init__()` has not run."""
    kind = type(module).__name__
    before = f"sets {name}" if name else "is called"
    message = f"{kind} {before} before `super().__init__()` has run"
    hint = f"write `super().__init__()` as the first line of {kind}.__init__"
    return NotMade(Finding("source-failed", message, None, (), hint))


class Module:
    """torch.nn.Module."""

    training: bool
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _version = 1
    dump_patches = False
    call_super_init = False

    def __init__(self, *args: Any, **named: Any) -> None:
        if args or named:
            given = args[0] if args else next(iter(named))
            raise TypeError(f"{type(self).__name__}.__init__() got an unexpected argument {given!r}")
        own = self.__dict__
        own["training"] = True
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}
        own["_non_persistent_buffers_set"] = set()
        own["_forward_hooks"], own["_forward_pre_hooks"], own["_backward_hooks"] = {}, {}, {}

    # Attributes

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        parameters = own.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise not_made(self, name)
            self._drop(name, "_parameters")
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise _refused(value, "as parameter", name, "torch.nn.Parameter or None expected")
            parameters[name] = None
        elif isinstance(value, Module):
            if own.get("_modules") is None:
                raise not_made(self, name)
            self._drop(name, "_modules")
            self._modules[name] = value
        elif parameters is not None and name in self._modules:
            if value is not None:
                raise _refused(value, "as child module", name, "torch.nn.Module or None expected")
            self._modules[name] = None
        elif isinstance(value, Buffer):
            if parameters is None:
                raise not_made(self, name)
            self._drop(name, "_buffers")
            self.register_buffer(name, value, value.persistent)
        elif parameters is not None and name in self._buffers:
            if value is not None and not isinstance(value, Tensor):
                raise _refused(value, "object to buffer", name, "torch.Tensor or None required")
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _drop(self, name: str, but: str) -> None:
        """Take a name away from all but one kind, in which it keeps its place."""
        own = self.__dict__
        own.pop(name, None)
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind != but:
                own[kind].pop(name, None)
        own["_non_persistent_buffers_set"].discard(name)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            held = own.get(kind)
            if held is not None and name in held:
                return held[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for held in (self._parameters, self._buffers, self._modules):
            if name in held:
                del held[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._parameters, *self._buffers, *self._modules]

    def register_parameter(self, name: str, param: Any) -> None:
        self._refuse_name(name, self._parameters, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{type(param).__name__}' object to parameter '{name}'")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        self._refuse_name(name, self._buffers, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{type(tensor).__name__}' object to buffer '{name}'")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        if module is not None and not isinstance(module, Module):
            kind = getattr(module, "__qualname__", None) if callable(module) else None
            raise NoModule(f"{kind or type(module).__name__} is not a Module subclass", module)
        self._refuse_name(name, self._modules, "module")
        self._modules[name] = module

    register_module = add_module

    def _refuse_name(self, name: Any, held: dict[str, Any], kind: str) -> None:
        if "_parameters" not in self.__dict__:
            raise not_made(self, name)
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in held and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # Walks

    def named_modules(self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True) -> Iterator[Any]:
        memo = set() if memo is None else memo
        if self not in memo:
            if remove_duplicate:
                memo.add(self)
            yield prefix, self
            for name, module in list(self._modules.items()):
                if module is not None:
                    yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[Any]:
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        for _, module in self.named_children():
            yield module

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[Any]:
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, held in list(getattr(module, kind).items()):
                if held is None or id(held) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(held))
                yield f"{path}.{name}" if path else name, held

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[Any]:
        yield from self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        for _, held in self.named_parameters(recurse=recurse):
            yield held

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[Any]:
        yield from self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        for _, held in self.named_buffers(recurse=recurse):
            yield held

    def get_submodule(self, target: str) -> Any:
        found: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(found, name):
                raise AttributeError(f"{type(found).__name__} has no attribute `{name}`")
            found = getattr(found, name)
            if not isinstance(found, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return found

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        around, _, name = target.rpartition(".")
        setattr(self.get_submodule(around), name, module)

    def get_parameter(self, target: str) -> Any:
        around, _, name = target.rpartition(".")
        return getattr(self.get_submodule(around), name)

    get_buffer = get_parameter

    def apply(self, fn: Callable[[Any], Any]) -> Any:
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # Modes and types

    def train(self, mode: bool = True) -> Any:
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        pass

    def _same(self, *_: Any, **__: Any) -> Any:
        return self

    cuda = cpu = to_empty = share_memory = compile = ipu = xpu = _same

    def to(self, *args: Any, **named: Any) -> Any:
        from cnncalc.source.dtypes import dtype

        kinds = [a for a in (*args, *named.values()) if isinstance(a, dtype)]
        return self._cast(kinds[0]) if kinds else self

    def _cast(self, kind: Any) -> Any:
        for _, held in itertools.chain(self.named_parameters(), self.named_buffers()):
            if held.dtype.is_floating_point:
                held.dtype = kind
        return self

    def type(self, kind: Any) -> Any:
        return self._cast(kind)

    def float(self) -> Any:
        from cnncalc.source.dtypes import DTYPES

        return self._cast(DTYPES["float32"])

    def double(self) -> Any:
        from cnncalc.source.dtypes import DTYPES

        return self._cast(DTYPES["float64"])

    def half(self) -> Any:
        from cnncalc.source.dtypes import DTYPES

        return self._cast(DTYPES["float16"])

    def bfloat16(self) -> Any:
        from cnncalc.source.dtypes import DTYPES

        return self._cast(DTYPES["bfloat16"])

    # State

    def state_dict(self, *_: Any, prefix: str = "", keep_vars: bool = False, **__: Any) -> Any:
        found: dict[str, Any] = OrderedDict()
        for path, module in self.named_modules(remove_duplicate=False):
            around = f"{prefix}{path}." if path else prefix
            for name, held in module._parameters.items():
                if held is not None:
                    found[around + name] = held
            for name, held in module._buffers.items():
                if held is not None and name not in module._non_persistent_buffers_set:
                    found[around + name] = held
        return found

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        return _Incompatible([], [])

    def get_extra_state(self) -> Any:
        return None

    # Hooks

    def register_forward_hook(self, hook: Any, **named: Any) -> Handle:
        handle = Handle(self._forward_hooks)
        self._forward_hooks[handle.id] = (hook, named.get("with_kwargs", False))
        return handle

    def register_forward_pre_hook(self, hook: Any, **named: Any) -> Handle:
        handle = Handle(self._forward_pre_hooks)
        self._forward_pre_hooks[handle.id] = (hook, named.get("with_kwargs", False))
        return handle

    def _no_hook(self, *_: Any, **__: Any) -> Handle:
        return Handle({})

    register_full_backward_hook = register_backward_hook = register_full_backward_pre_hook = _no_hook
    register_state_dict_pre_hook = register_load_state_dict_post_hook = _no_hook
    register_load_state_dict_pre_hook = _register_load_state_dict_pre_hook = _register_state_dict_hook = _no_hook

    def _load_from_state_dict(self, *_: Any, **__: Any) -> None:
        pass

    # Running

    def forward(self, *_: Any, **__: Any) -> Any:
        raise NotCalled(self)

    def __call__(self, *args: Any, **named: Any) -> Any:
        if "_parameters" not in self.__dict__:
            raise not_made(self)
        now = recorder()
        entered = now is not None and now.enter(self)
        try:
            for hook, with_kwargs in list(self._forward_pre_hooks.values()):
                result = hook(self, args, named) if with_kwargs else hook(self, args)
                if result is not None:
                    args, named = result if with_kwargs else (result if isinstance(result, tuple) else (result,), named)
            found = self.forward(*args, **named)
            for hook, with_kwargs in list(self._forward_hooks.values()):
                result = hook(self, args, named, found) if with_kwargs else hook(self, args, found)
                if result is not None:
                    found = result
            return found
        finally:
            if entered:
                assert now is not None
                now.frames.pop()

    def extra_repr(self) -> str:
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'({n})' for n in self._modules)})"
