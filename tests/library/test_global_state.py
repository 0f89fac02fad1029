"""Importing and calling the library changes nothing that belongs to the whole process."""

from __future__ import annotations

import subprocess
import sys

STATE = """
import gc, locale, os, signal, sys, threading, warnings

def state():
    return {
        "gc": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "recursion": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits() if hasattr(sys, "get_int_max_str_digits") else None,
        "streams": (id(sys.stdout), sys.stdout.errors, id(sys.stderr), sys.stderr.errors),
        "hooks": (sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile(), threading.excepthook),
        "path": (list(sys.path), list(sys.meta_path), list(sys.path_hooks)),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "warnings": list(warnings.filters),
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "mask": os.umask(os.umask(0o22)),
        "locale": locale.setlocale(locale.LC_ALL),
    }

before = state()
"""
CALLS = """
import cnncalc
cnncalc.calc("zoo:resnet18", input="3xHxW").at(H=64, W=64).to_dict()
deep = cnncalc.parse("input: 3x8x8\\nblocks: {a: b -> relu, b: relu}\\nbody: a")
cnncalc.write(deep)
for wrong in ("3x8x8 -> reluu", "3 -> " + "(" * 100, "3x8x8 -> 9999 * (9999 * (relu))"):
    try:
        cnncalc.calc(wrong)
    except cnncalc.CnncalcError:
        pass
    else:
        raise SystemExit(f"{wrong} is taken")
"""
COMPARE = "\nafter = state()\nprint([key for key in before if before[key] != after[key]])\n"


def changed(calls: str) -> str:
    done = subprocess.run([sys.executable, "-c", STATE + calls + COMPARE], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_global_changes() -> None:
    assert changed(CALLS) == "[]"


def test_a_change_is_seen() -> None:
    assert changed("gc.disable(); sys.setrecursionlimit(20_000)") == "['gc', 'recursion']"
