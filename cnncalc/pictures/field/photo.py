"""A picture of the user's, to draw a field on: bytes that are known by the first of them, and stay as they are."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.named_tuples import NamedTuple

MOST_BYTES = 5_000_000
MOST_SIDE = 16_384
KINDS = "PNG, JPEG, GIF or WebP"


class Photo(NamedTuple):
    """A picture that can be in an SVG."""

    name: str
    width: int
    height: int
    data: str  # as a URI


def photo(name: str) -> Photo:
    """A picture in a file. Raises UsageError where it cannot be read, is none, or is too large."""
    path = Path(name)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            message = f"{name} has {size / 1e6:.1f} MB, and a picture may have {MOST_BYTES // 10**6}"
            raise UsageError(Diagnostic("bad-image", message, hint="make it smaller: it is drawn with 280 pixels"))
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UsageError(Diagnostic("bad-image", f"{name} cannot be read: {reason}")) from None
    kind = _kind(data)
    if kind is None:
        raise UsageError(Diagnostic("bad-image", f"{name} is no picture", hint=f"a picture is {KINDS}"))
    sides = _sides(kind, data)
    if sides is None or not all(1 <= side <= MOST_SIDE for side in sides):
        said = "broken" if sides is None else f"{sides[0]}x{sides[1]} pixels large"
        hint = None if sides is None else f"a picture may have 1 to {MOST_SIDE} pixels along a side"
        raise UsageError(Diagnostic("bad-image", f"the picture {name} is {said}", hint=hint))
    return Photo(path.name, *sides, f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}")


def _kind(data: bytes) -> str | None:
    """What kind of picture it is, by its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _sides(kind: str, data: bytes) -> tuple[int, int] | None:
    """The width and the height that the file says; None where it breaks off before."""
    try:
        if kind == "png":
            return struct.unpack(">II", data[16:24])
        if kind == "gif":
            return struct.unpack("<HH", data[6:10])
        return _jpeg(data) if kind == "jpeg" else _webp(data)
    except struct.error:
        return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """From the segment that starts the frame (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """From the first chunk (RFC 9649)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return (width, height) if len(data) >= 30 else None
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
