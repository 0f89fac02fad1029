"""Files that are written whole or not at all: baselines, reports, and whatever `-o` names."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cnncalc.diagnostics import Diagnostic, UsageError

_STREAM = re.compile(r"/dev/(?:(stdout|stderr)|fd/(\d{1,9}))|/proc/self/fd/(\d{1,9})")


def write_whole(path: Path, text: str | bytes | Iterable[str], *, make_folder: bool = False) -> None:
    """Put a text, or what its pieces make, in place of a file in one step.

    Raises UsageError if that fails, with the file as it was. With `make_folder` the folder is made where there is none.

    A link stays, and the file that it leads to is written; a file keeps its mode. What holds nothing that could be
    lost is written to as it is: a terminal, a pipe, `/dev/null`, and an open stream such as `/dev/stdout`.
    """
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        stream = _open_stream(path)
        if stream is not None:
            sys.stdout.flush()
            with os.fdopen(stream, "wb") as file:
                file.writelines(_pieces(text))
        else:
            _replace(path.resolve(), _pieces(text))
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise _cannot_write(path, error) from None


def refuse_to_lose(path: Path, force: bool) -> None:
    """Raises UsageError if a file is there and `force` does not allow to write over it, or if it cannot be written.

    For a command to ask before it starts to work.
    """
    if _STREAM.fullmatch(str(path)):
        return
    try:
        mode = _mode(path)
        if mode is None and not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError as error:
        raise _cannot_write(path, error) from None
    if mode is not None and stat.S_ISREG(mode) and not force:
        raise UsageError(Diagnostic("file-exists", f"{path} is there already", hint="--force writes over it"))


def _cannot_write(path: Path, error: OSError | ValueError) -> UsageError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    hint = f"make the folder {path.parent} first" if not path.parent.exists() else None
    return UsageError(Diagnostic("cannot-write", f"{path} cannot be written: {reason}", hint=hint))


def _mode(path: Path) -> int | None:
    """What kind of file is there; None if there is none. Raises OSError for what no text belongs in."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise OSError(errno.EINVAL, "it is a device" if stat.S_ISBLK(mode) else "it is a socket")
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return mode


def _open_stream(path: Path) -> int | None:
    """A descriptor to write to, for what is no file that could be replaced; None for a file. Raises OSError."""
    if named := _STREAM.fullmatch(str(path)):
        # Opened anew by its name, a file behind the stream would be cut off, or replaced under whoever holds it.
        return os.dup({"stdout": 1, "stderr": 2}.get(named[1]) or int(named[2] or named[3]))
    mode = _mode(path)
    return None if mode is None or stat.S_ISREG(mode) else os.open(path, os.O_WRONLY)


def _pieces(text: str | bytes | Iterable[str]) -> Iterable[bytes]:
    if isinstance(text, bytes):
        return (text,)
    return (piece.encode("utf-8") for piece in ((text,) if isinstance(text, str) else text))


def _replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file beside, and move it to its place when all of it is on the disk. Raises OSError."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        os.chmod(part, mode)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
