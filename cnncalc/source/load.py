"""The user's files, run with the stand-in as torch; afterwards the process is as it was."""

from __future__ import annotations

import builtins
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NoReturn

from cnncalc.layers.site import Finding
from cnncalc.named_tuples import NamedTuple
from cnncalc.source import absent, creation, kinds, names
from cnncalc.source.errors import ShapeError, TooLong, is_ours, is_user_file
from cnncalc.source.open_builtins import REPLACED

SECONDS = 60.0
"""How long a model may take to be built and run."""

OFTEN = 0.05
"""Seconds between attempts to stop code that catches the exception which stops it."""

MEMORY = 8 << 30
"""Bytes that a model's code may take."""

_CALLS = re.compile(rb"\b(?:" + "|".join(REPLACED).encode() + rb")\s*\(")
_PREFIX = "__open_"
_STANDARD = frozenset(sys.stdlib_module_names) | {"cnncalc", "__main__", "typer", "click", "yaml", "pytest", "_pytest"}


def refuse_input(*_: Any) -> str:
    message = "the code asks for an answer by input(), and there is nobody who gives one"
    raise ShapeError(Finding("source-failed", message, None, (), None))


BUILTINS: dict[str, Any] = {
    **vars(builtins),
    **{f"{_PREFIX}{name}__": function for name, function in REPLACED.items()},
    "input": refuse_input,
}
"""The builtins of the user's files."""


_codes: dict[
    str, tuple[bytes, CodeType]
] = {}  # of files that have been read, as a model is read many times in a search


class Loader(SourceFileLoader):
    """A file whose calls of `int`, `len` and others that insist on numbers are calls that keep sizes open.

    The lines and columns stay as they are.
    """

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        data = self.get_data(path)
        if not _CALLS.search(data):
            return super().get_code(fullname)
        known = _codes.get(path)
        if known is not None and known[0] == data:
            return known[1]
        import ast

        code = self.compiled(ast.parse(data, path))
        _codes[path] = data, code
        return code

    def compiled(self, tree: Any) -> CodeType:
        """The code of a file, or of a part of it, with such calls."""
        import ast

        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REPLACED:
                node.func.id = f"{_PREFIX}{node.func.id}__"  # which no class makes its own
        code: CodeType = compile(tree, self.path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = BUILTINS
        with reading():
            super().exec_module(module)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Leave no compiled file behind."""


class Torch:
    """The loader of the stand-in."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return names.namespace(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class NotInstalled:
    """The loader of a package that is not there."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return absent.Missing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def is_wanted_by_user(frame: FrameType | None) -> bool:
    """Is it a plain import of the user's, which does not reckon with what is not there?"""
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib._bootstrap"):
        frame = frame.f_back
    return frame is not None and is_user_file(frame.f_code.co_filename) and not is_tried(frame)


def is_tried(frame: FrameType) -> bool:
    """Is the line that runs in a `try`, or in a `with` that passes over errors?"""
    import ast

    try:
        with open(frame.f_code.co_filename, "rb") as opened:
            tree = ast.parse(opened.read())
    except (OSError, SyntaxError, ValueError):
        return True
    return any(
        part.lineno <= frame.f_lineno <= (part.end_lineno or part.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try | ast.With)
        for part in node.body
    )


class Finder:
    """torch is the stand-in, and files of Python are read by `Loader`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == "torch" or name.startswith("torch."):
            return ModuleSpec(name, Torch(), is_package=True)  # type: ignore[arg-type]
        if name.partition(".")[0] in _STANDARD:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            around = sys.modules.get(name.rpartition(".")[0])
            others = (finder for finder in sys.meta_path if finder is not self)
            if not isinstance(around, absent.Missing) and ("." in name or not is_wanted_by_user(sys._getframe(1))):
                return None
            if any(finder.find_spec(name, path, target) is not None for finder in others):
                return None
            return ModuleSpec(name, NotInstalled(), is_package=True)  # type: ignore[arg-type]
        if type(spec.loader) is SourceFileLoader:
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec

    def invalidate_caches(self) -> None:
        pass


def tops_of(module: ModuleType) -> set[str]:
    """The packages that a module has names from."""
    found = set()
    for value in list(vars(module).values()):
        name = None
        if issubclass(type(value), ModuleType):  # isinstance would ask the value itself
            name = value.__name__
        elif issubclass(type(value), type | FunctionType):
            name = value.__module__
        if isinstance(name, str):
            found.add(name.partition(".")[0])
    return found


def hidden(modules: dict[str, ModuleType]) -> set[str]:
    """Modules that have to be loaded anew beside another torch: those of packages that know the real one."""
    if "torch" not in modules:
        return set()
    uses: dict[str, set[str]] = {}
    for name, module in modules.items():
        top = name.partition(".")[0]
        if top not in _STANDARD and isinstance(module, ModuleType):
            uses.setdefault(top, set()).update(tops_of(module))
    tops = {"torch", "einops"}
    while more := {top for top, used in uses.items() if top not in tops and used & tops}:
        tops |= more
    return {name for name in modules if name.partition(".")[0] in tops}


@contextmanager
def stand_in(*folders: str) -> Iterator[None]:
    """For a while `import torch` finds the stand-in, and files of some folders are found, and those of this one."""
    before = dict(sys.modules)
    path, cwd, argv, dont_write = list(sys.path), os.getcwd(), sys.argv, sys.dont_write_bytecode
    environment, kind = dict(os.environ), creation.default()
    kinds.mixing[0] = False
    for name in hidden(before):
        del sys.modules[name]
    finder = Finder()
    sys.meta_path.insert(0, finder)
    sys.path[:0] = dict.fromkeys((*folders, cwd))
    limit = sys.getrecursionlimit()
    try:
        with redirect_stdout(sys.stderr), seeds_kept(), exits_said():
            yield
    finally:
        sys.setrecursionlimit(limit)
        sys.meta_path.remove(finder)
        sys.path[:] = path
        sys.argv, sys.dont_write_bytecode = argv, dont_write
        creation.set_default(kind)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        if os.getcwd() != cwd:
            os.chdir(cwd)
        restore(before)


@contextmanager
def exits_said() -> Iterator[None]:
    """For a while os._exit raises SystemExit in the code that calls it; a process that the code has forked ends."""
    own, real = os.getpid(), os._exit

    def ends(status: int) -> NoReturn:
        if os.getpid() != own:
            real(status)
        raise SystemExit(status)

    os._exit = ends
    try:
        yield
    finally:
        os._exit = real


@contextmanager
def seeds_kept() -> Iterator[None]:
    """Afterwards random numbers are drawn as if nothing had been drawn or seeded in between."""
    states = {name: state() for name, (state, _, _) in generators().items()}
    try:
        yield
    finally:
        for name, (_, put, sow) in generators().items():
            put(states[name]) if name in states else sow()


def generators() -> dict[str, tuple[Callable[[], Any], Callable[[Any], Any], Callable[[], Any]]]:
    """What draws numbers, of what is loaded: how its state is read, put back, and made anew."""
    found: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], Callable[[], Any]]] = {}
    for name, state, put in (("random", "getstate", "setstate"), ("numpy.random", "get_state", "set_state")):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, put):  # else it is being loaded
            found[name] = (getattr(module, state), getattr(module, put), module.seed)
    return found


def restore(before: dict[str, ModuleType]) -> None:
    """sys.modules as it was, but for parts of Python and of packages that cannot be loaded twice."""
    compiled = {
        name.partition(".")[0]
        for name, module in sys.modules.items()
        if str(getattr(module, "__file__", None) or "").endswith((".so", ".pyd"))
    }
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if before.get(name) is module or top in _STANDARD:
            continue
        if top in compiled and "torch" not in tops_of(module):
            continue
        del sys.modules[name]
    for name, module in before.items():
        if name not in sys.modules:
            sys.modules[name] = module


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Code that has to come to an end, with memory that it may take. Raises TooLong where it comes to none."""
    message = f"the code has not come to an end in {seconds:.0f} seconds"
    hint = 'what trains or loads data comes after `if __name__ == "__main__":`'

    raised = 0

    def stop(_: int, frame: FrameType | None) -> None:
        nonlocal raised
        raised += 1
        if raised == 2:  # the code has caught it, or a file took all of the time, and its model goes on
            signal.setitimer(signal.ITIMER_REAL, OFTEN, OFTEN)
        if not runs_theirs(frame):
            return
        error = TooLong("too-long", message, hint)  # made before lines are traced, of which it has some
        if raised > 1:  # the next line, which may be that of an `except`, is stopped too
            at = frame
            while at is not None:
                at.f_trace, at = trace, at.f_back
            sys.settrace(trace)
        raise error

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and runs_theirs(frame):
            raise TooLong("too-long", message, hint)
        return trace

    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        old, traced = signal.signal(signal.SIGALRM, stop), sys.gettrace()
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        try:
            with limited():
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)
            sys.settrace(traced)
        return
    ended = threading.Event()
    thread = threading.get_ident()

    def watch() -> None:
        if not ended.wait(seconds):
            import ctypes

            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_Ended))

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    except _Ended:
        raise TooLong("too-long", message, hint) from None
    finally:
        ended.set()


def runs_theirs(frame: FrameType | None) -> bool:
    """Does code run that is not this package's, and none of its own on the way out?"""
    while frame is not None and not frame.f_code.co_filename.endswith(os.path.join("cnncalc", "source", "reading.py")):
        if not is_ours(frame) and not frame.f_code.co_filename.startswith("<"):
            return True
        frame = frame.f_back
    return False


@contextmanager
def limited() -> Iterator[None]:
    """A bound for the memory of this process, where the system keeps one."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as opened:
            now = int(opened.read().split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError, ValueError):  # another system
        yield
        return
    least = [limit for limit in (soft, hard, now + MEMORY) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(least), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class _Ended(BaseException):
    """Raised in a thread whose time is over."""


def package_of(path: str) -> tuple[str, str]:
    """The name that a file has as a module, and the folder from which it has it."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    parts = [] if name == "__init__" else [name]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, around = os.path.split(folder)
        parts.insert(0, around)
        if not around:
            break
    return ".".join(parts), folder


class Loaded(NamedTuple):
    """The module of a file, and what it failed with where it is not whole."""

    module: ModuleType
    failure: BaseException | None


def load_file(path: str) -> Loaded:
    """The module of a file. What comes after a statement that fails is defined alone.

    Raises what it raises where nothing of it can be had: a file of a package, or one that is no Python.
    """
    name, folder = package_of(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if "." in name:
        return Loaded(load_module(name), None)
    own = name if name.isidentifier() and name not in _STANDARD and name not in sys.modules else f"_{name}_as_source"
    loader = Loader(own, path)
    spec = spec_from_file_location(own, path, loader=loader)
    assert spec is not None
    module = ModuleType(own)
    module.__spec__, module.__loader__, module.__file__ = spec, loader, path
    module.__package__ = ""
    sys.modules[own] = module
    sys.argv = [path]
    try:
        loader.exec_module(module)
    except (KeyboardInterrupt, SyntaxError):
        raise
    except BaseException as error:
        from cnncalc.source.halted import define_rest

        with reading():
            define_rest(module, error, loader.compiled)
        return Loaded(module, error)
    return Loaded(module, None)


@contextmanager
def reading() -> Iterator[None]:
    """While a file is read, what is not there is refused only where its value is asked for."""
    absent.importing[0] += 1
    try:
        yield
    finally:
        absent.importing[0] -= 1


def load_module(name: str) -> ModuleType:
    return import_module(name)
