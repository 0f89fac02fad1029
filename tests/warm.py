"""A process that has loaded what commands load, and forks for each: `python -m tests.warm [MODULE ...]`.

A suite of thousands of commands waits for Python and the imports more than for anything else. A forked process is as
real as a started one: it has its own streams, folder, environment and exit code. Requests are lines of JSON on
standard input; for each, the process's number is answered, then its exit code.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import pkgutil
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

TIMEOUT = 120  # seconds
OF_TORCH = ("cnncalc.torch_bridge", "cnncalc.models.beside", "cnncalc.models.by_torch")  # what imports it


class Server:
    """The process, from outside."""

    def __init__(self, modules: Sequence[str], path: str) -> None:
        env = {**os.environ, "PYTHONPATH": path}
        command = [sys.executable, "-m", "tests.warm", *modules]
        root = Path(__file__).parents[1]
        # Without a buffer, as `select` does not see what a buffer holds.
        self.process = subprocess.Popen(
            command, cwd=root, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        atexit.register(self.end)

    def run(
        self, arguments: Sequence[str], stdin: str | None, cwd: Path | None, env: dict[str, str]
    ) -> tuple[int, str, str]:
        """The exit code of a command, and what it writes. Raises subprocess.TimeoutExpired."""
        with tempfile.TemporaryDirectory() as folder:
            streams = [os.path.join(folder, name) for name in ("in", "out", "err")]
            for stream in streams:
                Path(stream).write_text((stdin or "") if stream.endswith("in") else "", encoding="utf-8")
            request = {"arguments": arguments, "streams": streams, "cwd": str(cwd or os.getcwd()), "env": env}
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            child = self.answer(None)
            code = self.answer(child)
            texts = [Path(stream).read_text(encoding="utf-8") for stream in streams[1:]]
        return code, texts[0], texts[1]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def answer(self, child: int | None) -> int:
        assert self.process.stdout is not None
        if child is not None and not select.select([self.process.stdout], [], [], TIMEOUT)[0]:
            os.kill(child, 9)
            self.process.stdout.readline()
            raise subprocess.TimeoutExpired("cnncalc", TIMEOUT)
        return int(self.process.stdout.readline())


@cache
def server(modules: tuple[str, ...], path: str) -> Server:
    return Server(modules, path)


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            run()
        os.write(1, b"%d\n" % child)
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def become(request: dict[str, Any]) -> None:
    """Take the streams, the folder, the environment and the words of a command."""
    for number, (path, how) in enumerate(zip(request["streams"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY))):
        opened = os.open(path, how)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv = [str(Path(import_module("cnncalc").__file__ or "").with_name("__main__.py")), *request["arguments"]]
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")  # type: ignore[misc]
    for name, number, errors in (("stdout", 1, "strict"), ("stderr", 2, "backslashreplace")):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", errors, line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def run() -> None:
    """Run the command as `python -m cnncalc` does, and end."""
    from cnncalc.cli.main import run as main

    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def warm() -> None:
    """Load what commands load, and fill what they keep for the next."""
    import cnncalc

    for _, module, _ in pkgutil.walk_packages(cnncalc.__path__, "cnncalc."):
        if not module.startswith(OF_TORCH) and not module.endswith("__main__"):
            import_module(module)
    assert "torch" not in sys.modules, "a command that needs no torch would find it loaded"
    for spec in ("3x8x8 -> conv 4 k3 -> relu -> flatten -> linear 5", "3x8x8 -> cnov 4 k3 -> ad a"):
        try:
            cnncalc.calc(spec).to_dict()
        except cnncalc.CnncalcError as error:
            str(error)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    warm()
    for name in sys.argv[1:]:
        import_module(name)
    serve()
