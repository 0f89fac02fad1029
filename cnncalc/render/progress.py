"""How far long work is, on one line of a terminal; nothing where the stream is none."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO


class Bar:
    """A line that is written over, and gone at the end."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shown = stream.isatty()
        self._percent = -1

    def __enter__(self) -> Bar:
        return self

    def show(self, done: int, of: int, what: str) -> None:
        """Write how much is done, when a percent has been added."""
        percent = 100 * done // of if of else 100
        if self.shown and percent != self._percent:
            self._percent = percent
            self.stream.write(f"\r\x1b[K{percent}% of {of:,} {what}")
            self.stream.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
