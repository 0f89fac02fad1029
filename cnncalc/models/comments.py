"""The comments in a user's file that are cnncalc's own: put in, made anew, and taken out again."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.files import write_whole

BEGIN = "  # cnncalc: "
_OWN = re.compile(
    r"[ \t]{0,2}# cnncalc: (?=[\d(]|[A-Z]\b|min\b|max\b|scalar\b|at least \d)"
    r"(?:[^a-z#\r\n]|x|\b(?:min|max|times|scalar|at|least|params|MACs)\b)+$"
)
"""What `BEGIN` and a text of shapes and figures come to: no directive, and no words of people."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")


class File:
    """A file of Python as it is on the disk, with its encoding and its line ends. Raises CnncalcError."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.data = Path(path).read_bytes()
            self.encoding, _ = tokenize.detect_encoding(io.BytesIO(self.data).readline)
            text = self.data.decode(self.encoding)
        except FileNotFoundError:
            raise CnncalcError(Diagnostic("missing-file", f"there is no file {path}")) from None
        except (OSError, SyntaxError, ValueError) as error:
            raise CnncalcError(Diagnostic("missing-file", f"{path} cannot be read: {error}")) from None
        self.lines: list[str] = _LINE.findall(text)

    def bare(self) -> list[str]:
        """The lines without the comments that are cnncalc's own. Raises CnncalcError."""
        lines = list(self.lines)
        try:
            plain = "".join(f"{content(line)}\n" for line in lines)
            tokens = list(tokenize.generate_tokens(io.StringIO(plain).readline))
        except (tokenize.TokenError, SyntaxError) as error:
            raise CnncalcError(Diagnostic("source-failed", f"{self.path} is no Python: {error}")) from None
        for token in tokens:
            if token.type != tokenize.COMMENT:
                continue
            number, column = token.start[0] - 1, token.start[1]
            text = content(lines[number])
            before = text[:column]
            found = _OWN.search(text, max(len(before.rstrip(" \t")), column - 2))
            if found is not None and before.strip():  # a comment on a line of its own is none of ours
                lines[number] = text[: found.start()] + lines[number][len(text) :]
        return lines

    def annotated(self, comments: Mapping[int, str]) -> tuple[bytes, int]:
        """The file with these comments on its lines and no others of cnncalc's, and on how many. Raises CnncalcError.

        Its code is the same, which is checked.
        """
        lines = self.bare()
        for number, comment in comments.items():
            line = lines[number - 1]
            text = content(line)
            if _OWN.fullmatch(f"{BEGIN}{comment}"):  # else it would not be known again
                lines[number - 1] = f"{text}{BEGIN}{comment}{line[len(text) :]}"
        made = "".join(lines).encode(self.encoding)
        if ast.dump(ast.parse(made)) != ast.dump(ast.parse(self.data)):
            message = f"comments would change the code of {self.path}"
            raise CnncalcError(Diagnostic("cannot-write", message, hint="it has been left as it was"))
        return made, sum(a != b for a, b in zip(self.lines, lines))

    def write(self, comments: Mapping[int, str]) -> int:
        """Put the comments into the file, in place of those that it has. The number of lines that changed."""
        made, changed = self.annotated(comments)
        if made != self.data:
            write_whole(Path(self.path), made)
        return changed


def content(line: str) -> str:
    """A line without its end."""
    return line.rstrip("\r\n")
