"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cnncalc.diagnostics import Diagnostic, UsageError


def write_whole(path: Path, text: str) -> None:
    """Put a text in place of a file in one step. Raises UsageError where that cannot be done."""
    part, named = None, path
    try:
        path = path.resolve()  # through a link, which stays
        if path.exists() and not path.is_file():  # a terminal or a pipe holds nothing that could be lost
            path.write_text(text, encoding="utf-8")
            return
        mode = path.stat().st_mode & 0o777 if path.exists() else None
        handle, part = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        os.chmod(part, mode)
        os.replace(part, path)
    except BaseException as error:
        if part is not None and os.path.exists(part):
            os.unlink(part)
        if not isinstance(error, OSError):
            raise
        reason = (error.strerror or str(error)).lower()
        hint = f"make the folder {named.parent} first" if not named.parent.exists() else None
        raise UsageError(Diagnostic("cannot-write", f"{named} cannot be written: {reason}", hint=hint)) from None
