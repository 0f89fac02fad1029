"""A file in which a statement fails, such as a script whose data are not here.

What comes after is defined and not run: imports, functions, classes and plain values. Whatever else the file would
have set is refused, with the failure, when a model uses it.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NoReturn

from cnncalc.source.absent import Absent
from cnncalc.source.errors import Halted
from cnncalc.source.module import Module
from cnncalc.source.names import Namespace
from cnncalc.source.tensor import Tensor

HARMLESS = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "range", "len", "int", "float", "str", "bool", "max", "min", "sum"}
    | {"sorted", "zip", "enumerate", "reversed", "round", "abs", "getattr", "isinstance"}
)
"""Builtins that do nothing but give a value."""

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
PLAIN = (type, FunctionType, ModuleType, Module, Tensor, str, int, float, tuple, type(None))
"""What a call does not change, or changes no figure of."""


def define_rest(module: ModuleType, error: BaseException, compiled: Callable[[ast.Module], CodeType]) -> None:
    """Define what a file defines after the statement that has failed."""
    path = str(module.__file__)
    with open(path, "rb") as opened:
        statements = ast.parse(opened.read(), path).body
    line, written = failed_at(error, path)
    at = next((i for i, one in enumerate(statements) if (one.end_lineno or one.lineno) >= line), len(statements))
    names = vars(module)

    def refuse(name: str) -> NoReturn:
        raise Halted(error)

    def unset(changed: set[str]) -> None:
        names.update({name: Absent(name, refuse) for name in changed})

    for statement in statements[at : at + 1]:
        unset(changed_by(statement, names) | written)
    for statement in statements[at + 1 :]:
        if not is_definition(statement, names):
            unset(changed_by(statement, names))
            continue
        try:
            exec(compiled(ast.Module([statement], [])), names)
        except KeyboardInterrupt:
            raise
        except BaseException:
            unset(changed_by(statement, names))


def failed_at(error: BaseException, path: str) -> tuple[int, set[str]]:
    """The line of a file's own level at which it failed, and the names that functions on the way write there."""
    line, written = 0, set()
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == path:
            if code.co_name == "<module>":
                line = trace.tb_lineno
            written |= {str(one.argval) for one in dis.get_instructions(code) if one.opname == "STORE_GLOBAL"}
        trace = trace.tb_next
    return line, written


def root(node: ast.AST) -> str | None:
    """`a` of a.b[c].d"""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changed_by(statement: ast.stmt, names: dict[str, Any]) -> set[str]:
    """The names that a statement binds, and those of values that it may have changed."""
    found: set[str | None] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(root(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {one.asname or one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.Call):
            given = [*node.args, *(one.value for one in node.keywords), *receiver(node)]
            found |= {name for one in given if not isinstance(names.get(name := root(one) or ""), PLAIN)}
    return {name for name in found if name}


def receiver(call: ast.Call) -> Iterator[ast.expr]:
    """`a` of a.append(b)"""
    if isinstance(call.func, ast.Attribute):
        yield call.func.value


def is_definition(statement: ast.stmt, names: dict[str, Any]) -> bool:
    """Does a statement define something, and nothing more?"""
    if isinstance(statement, DEFINITIONS):
        return True
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return all(is_harmless(node, names) for node in ast.walk(statement) if isinstance(node, ast.Call))
    if isinstance(statement, ast.Try | ast.If):
        calls = (
            [n for n in ast.walk(statement.test) if isinstance(n, ast.Call)] if isinstance(statement, ast.If) else []
        )
        handlers = [one for h in getattr(statement, "handlers", ()) for one in h.body]
        inner = [*statement.body, *handlers, *statement.orelse, *getattr(statement, "finalbody", ())]
        return not calls and all(is_definition(one, names) for one in inner)
    return False


def is_harmless(call: ast.Call, names: dict[str, Any]) -> bool:
    """Does a call give a value, and nothing more?"""
    name = root(call.func)
    value = names.get(name or "")
    if isinstance(call.func, ast.Name) and name in HARMLESS and value is None:
        return True
    return isinstance(value, Namespace) or hasattr(value, "__dataclass_fields__")
