"""How a command ends: the exit codes, and a pipe that nobody reads any more."""

from __future__ import annotations

import os
from typing import TextIO

FINE, WRONG_SPEC, WRONG_USAGE, TORCH_DISAGREES = 0, 1, 2, 3


def leave_pipe(stream: TextIO) -> None:
    """Write to nowhere from now on, so that nothing complains about what is left to write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
