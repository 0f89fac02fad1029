"""Expressions as JavaScript, run by node or by a browser, against Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from random import Random

import pytest

from cnncalc.symbolic.expr import Dim, Expr
from cnncalc.symbolic.javascript import function
from tests.symbolic.trees import NAMES, SYMBOLS, Tree, compute

FLOOR = """
(num, den) => {
  const whole = num / den;
  return num < 0n && num % den !== 0n ? whole - 1n : whole;
}
"""


def drawn(draw: Random, depth: int = 4) -> Tree:
    """A tree of + - * // min and max."""
    if depth == 0 or draw.random() < 0.15:
        return draw.choice([*NAMES, *NAMES, draw.randint(-9, 12)])
    operator = draw.choice(["+", "-", "*", "//", "//", "min", "max"])
    right = draw.randint(1, 8) if operator == "//" else drawn(draw, depth - 1)
    return (operator, drawn(draw, depth - 1), right)


def run(program: str) -> str:
    """What a program writes by `say`."""
    if shutil.which("node"):
        command = ["node", "-e", f"const say = (text) => process.stdout.write(text);\n{program}"]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    from tests.pictures.browser import Browser, found_browser

    if found_browser() is None:
        pytest.skip("there is neither node nor chromium here to run JavaScript with")
    with Browser() as browser:
        return str(
            browser.run(
                f"(() => {{ let said = ''; const say = (text) => (said += text);\n{program}\nreturn said; }})()"
            )
        )


def test_javascript_computes_what_python_does() -> None:
    draw = Random(5)
    trees: list[Tree] = []
    values: list[Dim] = []
    while len(values) < 300:
        tree = drawn(draw)
        value = compute(tree, SYMBOLS)
        if isinstance(value, Expr):
            trees.append(tree)
            values.append(value)
    sizes = [dict.fromkeys(NAMES, 1)]
    sizes += [{name: draw.randint(1, 40) for name in NAMES} for _ in range(10)]
    sizes += [{name: draw.randint(2**53, 2**90) for name in NAMES} for _ in range(5)]
    given = json.dumps([{name: str(size) for name, size in one.items()} for one in sizes])
    program = f"""
const compute = {function(values)};
const big = (sizes) => Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, BigInt(size)]));
const floor = {FLOOR};
say(JSON.stringify({given}.map((sizes) => compute(big(sizes), floor).map(String))));
"""
    got = json.loads(run(program))
    want = [[str(compute(tree, one)) for tree in trees] for one in sizes]
    assert got == want


def test_a_name_is_text() -> None:
    from cnncalc.symbolic.expr import symbol

    text = function([symbol('a"];</script><script>alert(1)//') + 1])
    assert "</script>" not in text
    assert run(f"say(String(({text})({{'a\"];</script><script>alert(1)//': 4n}}, null)[0]))") == "5"
