"""A few lines cannot ask for unbounded time or memory: 5 s and 500 MB, and a message that names the limit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import cnncalc

DEEP = 400
SPECS: dict[str, tuple[str, str]] = {
    # name -> the text, and the limit that has to be named ("" where the text is legal and quick)
    "nested repeats.txt": ("3x8x8 -> 1000 * (1000 * (1000 * (1000 * (relu))))", "layers"),
    "repeats of nothing.yaml": (
        "input: 3\nbody:\n  - for: i in range(900000)\n    do:\n      - for: j in range(900000)\n        do: []\n",
        "steps",
    ),
    "a huge range.yaml": ("input: 3\nbody:\n  - for: i in range(10**15)\n    do: relu\n", "steps"),
    "a range past all indices.yaml": ("input: 3\nbody:\n  - for: i in range(10**36)\n    do: relu\n", "steps"),
    "a huge count.txt": ("3 -> 999999999999 * (relu)", "layers"),
    "blocks that call each other.yaml": (
        "input: 3\nblocks:\n  a: b -> b\n  b: a -> a\nbody:\n  - a\n",
        "depth",
    ),
    "blocks that double.yaml": (
        "input: 3\nblocks:\n"
        + "".join(f"  b{i}: b{i + 1} -> b{i + 1}\n" for i in range(40))
        + "  b40: relu\nbody:\n  - b0\n",
        "steps",
    ),
    "a billion laughs.yaml": (
        "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)),
        "anchors",
    ),
    "a long number.txt": (f"3x{'9' * 5000}x8 -> relu", "digits"),
    "a long exponent.txt": ("3x8x8 -> dropout 1e999999999", "digits"),
    "numbers that grow.yaml": (
        "input: 3\nblocks:\n"
        + "".join(f"  b{i}(x): b{i + 1}(x*x)\n" for i in range(50))
        + "  b50(x): linear x\nbody:\n  - b0(9)\n",
        "digits",
    ),
    "a power.txt": ("3 -> linear 999999999999999999**64", "digits"),
    "sizes that grow.txt": ("3x9x9 -> 500 * (upsample 1000000)", "digits"),
    "deep brackets.txt": (f"3 -> {'(' * DEEP}relu{')' * DEEP}", "depth"),
    "deep values.txt": (f"3 -> linear {'(' * DEEP}3{')' * DEEP}", "depth"),
    "deep signs.txt": (f"3 -> linear ({'-' * DEEP}3)", "depth"),
    "deep conditions.yaml": (f"input: 3\nbody:\n  - if: {'not ' * DEEP}yes\n    then: relu\n", "depth"),
    "deep labels.txt": (f"3 -> {'a: ' * DEEP}relu", "depth"),
    "deep merges.txt": (f"3 -> {'add(relu, ' * DEEP}relu{')' * DEEP}", "depth"),
    "deep lists.yaml": (f"input: 3\nbody: {'[' * DEEP}relu{']' * DEEP}\n", "depth"),
    "deep tables.yaml": (f"input: 3\nbody: {'{a: ' * DEEP}relu{'}' * DEEP}\n", "depth"),
    "many branches.txt": (f"3 -> cat({', '.join(['identity'] * 60000)})", ""),
    "many chunks.txt": ("900000000x8x8 -> chunk 900000000", "parts"),
    "many parts.txt": ("900000000x8x8 -> split 1", "parts"),
    "many mistakes.txt": (f"3 -> {' -> '.join(['lineer 3'] * 20000)}", "unknown-layer"),
    "many open sizes.txt": (
        "3xHxW -> " + " -> ".join(f"conv 8 k{i % 5 + 1} s{i % 3 + 1} p{i % 2}" for i in range(300)),
        "",
    ),
    "floors in floors.txt": ("3xHxW -> 400 * (upsample 3 -> maxpool 2)", "limit"),
    "slices of open sizes.txt": (
        "4xDxHxW -> "
        + " -> ".join(
            f"cat(slice({i % 3 + 2}, start=-{i % 5 + 2}, stop={i % 4 + 3}), identity, dim={i % 3 + 2}) -> maxpool 2 p1"
            for i in range(40)
        ),
        "limit",
    ),
    "sums that multiply.txt": (
        "4xHxW -> 12 * (cat(identity, slice(2, start=-5, stop=4), dim=2) -> flatten 1 3 -> unsqueeze 1 -> unsqueeze 3"
        " -> mul(identity, transpose 2 3))",
        "limit",
    ),
    "products of sizes.txt": ("1xHxWxDxE -> 30 * (add(identity, flatten 1 2 -> reshape N 1 H W D E))", ""),
    "conditions.txt": (
        "3xHxW -> " + " -> ".join(f"add(conv 3 k{2 * i + 1} s{i % 7 + 1}, maxpool {i % 7 + 1})" for i in range(1, 40)),
        "",
    ),
    "a long line.txt": ("3x8x8 -> relu" + " " * 900_000, ""),
    "blocks that branch.yaml": (
        "input: 3\nblocks:\n  a(n):\n    - if: n > 0\n      then: a(n-1) -> a(n-1)\nbody:\n  - a(50)\n",
        "steps",
    ),
    "a long sum.txt": (f"3 -> linear {'1 + ' * 90_000}3", "values"),
    "many values.txt": (f"3 -> reshape {'1 ' * 90_000}", "values"),
    "many axes.txt": ("3x8x8 -> 3000 * (unsqueeze 1)", "axes"),
    "periods of fields.txt": (f"3xHxW -> cat({', '.join(f'maxpool {i} -> upsample {i}' for i in range(2, 40))})", ""),
    "long periods of fields.txt": ("3x4x4 -> 2 * (convtranspose 3 k64 s64) -> 100 * (conv 3 k4095 p2047)", ""),
    "a long name.txt": (f"3 -> {'x' * 900_000}", "unknown-layer"),
    "very deep brackets.txt": ("3x8x8 -> " + "(" * 100_000 + "relu" + ")" * 100_000, "depth"),
    "brackets that stay open.txt": ("3x8x8 -> add(" + "(" * 100_000, "depth"),
    "powers of powers.txt": ("3x8x8 -> linear 3" + "**3" * 100_000, "depth"),
    "repeats without brackets.txt": ("3x8x8 -> " + "3 * " * 100_000 + "relu", "depth"),
    "labels of labels.txt": ("3x8x8 -> " + "a: " * 100_000 + "relu", "depth"),
    "items of items.txt": ("3x8x8 -> linear a" + "[0]" * 100_000, "depth"),
    "empty lines.txt": ("3x8x8 -> relu" + "\n" * 900_000, ""),
    "a class of one letter.txt": ("class a" + "a" * 900_000, ""),
    "a product of repeats.txt": ("2x6x6 -> 1000 * (1000 * (1000 * (relu)))", "layers"),
    "a mistake in repeats.txt": ("3x8x8 -> 1000 * (10 * (1000 * (F.conv3drelu)))", "unknown-layer"),
    "a mistake in a loop.yaml": ("input: 3x8\nbody:\n  - for: i in range(20000)\n    do: reluu\n", "unknown-layer"),
    "a size in a loop.yaml": ("input: 3x8\nbody:\n  - for: i in range(20000)\n    do: conv 8 k30\n", "kernel"),
    "a block that is wrong.yaml": (
        "input: 3x8\nblocks: {b: reluu}\nbody: [" + "b, " * 20_000 + "b]\n",
        "unknown-layer",
    ),
    "a long loop.yaml": (
        "input: 3x8\nbody:\n  - for: i in range(20000)\n    do: [c{i}: conv 8 k3 p1]\n".replace(
            "[c{i}: conv 8 k3 p1]", "['c{i}': conv 8 k3 p1]"
        ),
        "",
    ),
    "many later calls.yaml": ("input: 3x8\nbody:\n  - relu\n" + "  - again: relu1\n" * 40_000, ""),
    "a loop over spaces.yaml": (f"input: 3x8\nbody:\n  - for: i{' ' * 900_000}x\n    do: relu\n", "bad-spec"),
    "a path of spaces.yaml": (f"input: 3x8\nbody:\n  - again: i{' ' * 900_000}x\n", "unknown-path"),
    "an expectation of spaces.yaml": (f"input: 3x8\nbody: relu\nexpect: {{params: '0{' ' * 900_000}x'}}\n", ""),
    "lists of one list.yaml": (
        "input: 3x8\nblocks:\n"
        + "".join(f"  b{i}(x): b{i + 1}((x, x))\n" for i in range(40))
        + "  b40(x): linear 3\nbody: b0(1)\n",
        "steps",
    ),
    "chunks of an open size.txt": ("CxH -> chunk 900000000", "parts"),
    "kernels without number.txt": ("3x8x8 -> convtranspose 4 k900000000000 s2", ""),
    "strides without number.txt": ("3x8x8 -> convtranspose 4 k2 s=900000000000", ""),
    "windows without number.txt": ("3x7x7 -> adaptiveavgpool 999999999999", ""),
    "a label that grows.yaml": ("input: 3\nbody:\n  - 'a{" + "1" * 200 + "}': relu\n", "digits"),
}


# A process inherits the peak of the one that starts it, which may have torch loaded; this one has nothing.
MEASURE = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    file.write(f"{used.ru_maxrss} {used.ru_utime + used.ru_stime}")
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("name", SPECS)
def test_bounded(name: str, tmp_path: Path) -> None:
    text, limit = SPECS[name]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    check_work([sys.executable, "-m", "cnncalc", str(path), "--json"], name, limit, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_many_outputs_are_written_in_time(format: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cnncalc", "9999x8 -> split 1", "--format", format]
    check_work(command, format, "", tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("spec", ["pipe.yaml", "folder", "uses.yaml", "/dev/zero"])
def test_what_is_no_file_is_refused(spec: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    os.mkfifo(tmp_path / "folder" / "pipe.yaml")
    (tmp_path / "uses.yaml").write_text("input: 3\nuse: {pipe.yaml: [a]}\nbody: a\n")
    done = cnncalc("check", spec, cwd=tmp_path)
    assert done.code == 1
    assert "no regular file" in done.out


def check_work(command: list[str], name: str, limit: str, tmp_path: Path) -> None:
    """Run a command, which ends in time, and names the limit."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "used"), *command],
        stdout=(tmp_path / "out").open("w"),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    )
    code = done.returncode
    errors = done.stderr + ((tmp_path / "out").read_text(encoding="utf-8") if code else "")
    assert "Traceback" not in errors
    assert "internal" not in errors, errors
    if limit:
        assert code == 1
        assert limit in errors, errors
    else:
        assert code in (0, 1), errors
    memory, seconds = map(float, (tmp_path / "used").read_text().split())
    print(f"{name}: {seconds:.1f} s")
    assert memory < 500_000  # kB
    # The bound is 5 s of the processor's time, which other work on the machine can double.
    assert seconds < 10
