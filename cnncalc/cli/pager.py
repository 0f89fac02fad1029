"""Long texts on a terminal, page by page."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys


def paged(text: str) -> bool:
    """Show a text in the reader's pager, if it is longer than the terminal. Was it shown?

    `PAGER` names another than `less`; empty or `cat`, there is none. Colours are kept, and the screen is left as it is.
    """
    if not (sys.stdout.isatty() and sys.stdin.isatty()) or os.environ.get("TERM") == "dumb":
        return False
    if text.count("\n") < shutil.get_terminal_size().lines:
        return False
    command = shlex.split(os.environ.get("PAGER", "less"))
    if not command or command[0] == "cat" or shutil.which(command[0]) is None:
        return False
    environment = {"LESS": "FRX", "LESSCHARSET": "utf-8", **os.environ}
    try:
        subprocess.run(command, input=text.encode("utf-8", "backslashreplace"), env=environment, check=False)
    except (OSError, KeyboardInterrupt):
        return False
    return True
