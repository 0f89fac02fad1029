"""What each statement of the user's gives while a model runs, as Python itself has it when the statement is done."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.errors import is_user_file
from cnncalc.source.recorder import Recorder
from cnncalc.source.tensor import Tensor

_PASSED_OVER = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Statement(NamedTuple):
    """A statement that holds no others, and stands alone on its lines."""

    last: int  # its last line
    names: tuple[str, ...]  # the variables that it sets
    returns: bool


class Run(NamedTuple):
    """A statement that has run once."""

    file: str
    line: int  # the last of the statement
    shapes: tuple[Shape, ...]  # of the tensors that it gives; none where it gives none, or that is not certain
    values: tuple[int, ...]  # the first value of each layer that it has added


class Statements:
    """The runs of the statements of a model, in the order in which they ended."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.called: set[tuple[str, int]] = set()  # the functions that ran, by file and line
        self.now: Recorder | None = None
        self._files: dict[str, dict[int, Statement]] = {}

    def layers(self, run: Run) -> list[int]:
        """The places in the graph of the layers that a run has added."""
        assert self.now is not None
        return [self.now.final[value] for value in run.values]

    @contextmanager
    def watching(self, now: Recorder) -> Iterator[None]:
        """Watch what runs, and forget what ran before."""
        self.runs.clear()
        self.called.clear()
        self.now = now
        before = sys.gettrace()
        sys.settrace(self._entered)
        try:
            yield
        finally:
            sys.settrace(before)

    def of_file(self, file: str) -> dict[int, Statement]:
        """The statements of a file of the user's by each of their lines."""
        if file not in self._files:
            found: dict[int, Statement] = {}
            if is_user_file(file):
                try:
                    with open(file, "rb") as opened:
                        found = statements(opened.read())
                except (OSError, SyntaxError, ValueError):
                    pass
            self._files[file] = found
        return self._files[file]

    def _entered(self, frame: FrameType, event: str, value: Any) -> Any:
        code = frame.f_code
        if code.co_name.startswith("<") or code.co_flags & _PASSED_OVER:
            return None
        known = self.of_file(code.co_filename)
        if not known:
            return None
        self.called.add((code.co_filename, code.co_firstlineno))
        return _Call(self, code.co_filename, known).event


class _Call:
    """A function of the user's that runs."""

    def __init__(self, watch: Statements, file: str, known: dict[int, Statement]) -> None:
        self.watch = watch
        self.file = file
        self.known = known
        self.running: Statement | None = None
        self.start = 0

    def event(self, frame: FrameType, event: str, value: Any) -> Any:
        if event == "line":
            found = self.known.get(frame.f_lineno)
            if found is None and self.running is not None and self.running.returns:
                pass  # what a `with` does before it is left
            elif found is not self.running:
                self.done(frame, None)
                self.running = found
                self.start = self.count()
        elif event == "return":
            self.done(frame, value)
        elif event == "exception":
            self.running = None
        return self.event

    def count(self) -> int:
        assert self.watch.now is not None
        return len(self.watch.now.graph.nodes)

    def done(self, frame: FrameType, value: Any) -> None:
        """The statement that runs has come to its end."""
        if self.running is None:
            return
        assert self.watch.now is not None
        given = value if self.running.returns else [frame.f_locals.get(name) for name in self.running.names]
        values = tuple(node.first for node in self.watch.now.graph.nodes[self.start :])
        self.watch.runs.append(Run(self.file, self.running.last, shapes_in(given), values))
        self.running = None


def shapes_in(value: Any, depth: int = 4) -> tuple[Shape, ...]:
    """The shapes of the tensors that a value is made of, down to some depth, as a list may hold itself."""
    if isinstance(value, Tensor):
        return (tuple(value._shape),)
    kind = type(value)
    if issubclass(kind, dict):
        value = list(value.values())
    if depth and issubclass(kind, list | tuple | dict):
        return tuple(shape for item in value for shape in shapes_in(item, depth - 1))
    return ()


def statements(data: bytes) -> dict[int, Statement]:
    """The statements of a file by each of their lines, without those that share a line with others.

    >>> statements(b"y = f(\\n    x)\\nif y: z = 1\\n")
    {1: Statement(last=2, names=('y',), returns=False), 2: Statement(last=2, names=('y',), returns=False)}
    """
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    found = {}
    for node in ast.walk(ast.parse(data)):
        if not isinstance(node, ast.stmt) or hasattr(node, "body") or hasattr(node, "cases"):
            continue
        last = node.end_lineno or node.lineno
        before = lines[node.lineno - 1][: node.col_offset]
        after = lines[last - 1][node.end_col_offset or 0 :].strip()
        if before.strip(b" \t\f\xef\xbb\xbf") or (after and not after.startswith(b"#")):
            continue
        one = Statement(last, tuple(names_set(node)), isinstance(node, ast.Return))
        found.update(dict.fromkeys(range(node.lineno, last + 1), one))
    return found


def names_set(node: ast.stmt) -> list[str]:
    """The variables that a statement sets; attributes and items are not looked at, as that would run code."""
    if isinstance(node, ast.Assign):
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        target = node.target
    else:
        return []
    return [name.id for name in ast.walk(target) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]
