"""What is not there, and is refused where its value is asked for and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NoReturn

from cnncalc.source.errors import Unknown, is_user_file, unknown
from cnncalc.source.sizes import user_line

importing = [0]
"""How many files are being imported: what is not known is refused when it is used, and not while a file is read."""


class Absent:
    """A value that is not there, which is refused when it is used: a name of torch's that is not known here, or of a
    package that is not installed, or what a statement would have given that has failed."""

    def __init__(self, path: str, refuse: Callable[[str], NoReturn] = unknown) -> None:
        self.__dict__.update(_path=path, _how=refuse)

    def _more(self, what: str) -> Absent:
        return Absent(f"{self._path}{what}", self._how)

    def refuse(self) -> NoReturn:
        how: Callable[[str], NoReturn] = self._how
        how(self._path.removesuffix("()"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._more(f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        pass

    def __call__(self, *args: Any, **named: Any) -> Any:
        if importing[0]:
            only = args[0] if len(args) == 1 and not named else None
            return only if is_code(only) else self._more("()")  # a decorator leaves what it is given
        self.refuse()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        first = next(base for base in bases if type(base) is Absent)
        if first is not self:
            return ()
        return (type("Base", (Base,), {"_absent": self}),)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __instancecheck__(self, other: object) -> bool:
        return False

    def __subclasscheck__(self, other: object) -> bool:
        return False

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __or__

    def __getitem__(self, at: Any) -> Any:
        return self._more("[...]")

    def __setitem__(self, at: Any, value: Any) -> None:
        pass

    def _made(self, *_: Any) -> Any:
        """Of a value that is not there another one, while files are read."""
        if importing[0]:
            return self._more("()")
        self.refuse()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _made
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = _made

    def _asked(self, guess: Any) -> Any:
        """What a package goes by while it is imported; for the user's own files nothing is guessed."""
        if importing[0] and not by_user():
            return guess
        self.refuse()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._asked(()))

    def __bool__(self) -> bool:
        return bool(self._asked(not self._path.endswith("()")))

    def __len__(self) -> int:
        return int(self._asked(0))

    def __index__(self) -> int:
        self.refuse()

    __int__ = __index__

    def __float__(self) -> float:
        self.refuse()

    def __contains__(self, item: Any) -> bool:
        return bool(self._asked(False))

    def _compared(self, other: Any) -> bool:
        return bool(self._asked(False))

    __lt__ = __gt__ = __le__ = __ge__ = _compared

    def __eq__(self, other: object) -> bool:
        return self is other or self._compared(other)

    def __ne__(self, other: object) -> bool:
        return self is not other and self._compared(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return self._path  # type: ignore[no-any-return]


def by_user() -> bool:
    """Is it the user's own file that asks?"""
    line = user_line()
    return line is not None and is_user_file(line.file)


class Base:
    """What a class is derived from where its own base class is not known."""

    _absent: Any

    def __new__(cls, *_: Any, **__: Any) -> Any:
        if importing[0]:
            return object.__new__(cls)
        cls._absent.refuse()


class Missing(ModuleType):
    """A package that is not installed. What is asked of it is refused when it is used."""

    __path__: list[str] = []
    __all__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}", missing)


def missing(name: str) -> NoReturn:
    """Refuse a name of a package that is not installed."""
    top = name.partition(".")[0]
    raise Unknown("missing-module", f"there is no Python module {top}", f"pip install {top}, if it is that package")


def is_code(value: Any) -> bool:
    return (
        callable(value)
        and not hasattr(value, "_shape")
        and (hasattr(value, "__code__") or isinstance(value, type) or hasattr(value, "_parameters"))
    )
