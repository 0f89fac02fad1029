"""How a command ends: the exit codes, and a pipe that nobody reads any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn, TextIO

FINE, WRONG_SPEC, WRONG_USAGE, TORCH_DISAGREES = 0, 1, 2, 3


def leave_pipe(stream: TextIO) -> None:
    """Write to nowhere from now on, so that nothing complains about what is left to write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def leave(code: int) -> NoReturn:
    """End the process at once: what it holds goes back to the system whole, and is not freed piece by piece first.

    What a tracer or a profiler has gathered is written at a slow end only.
    """
    if sys.gettrace() is None and sys.getprofile() is None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody reads any more
                stream.flush()
        os._exit(code)
    sys.exit(code)
