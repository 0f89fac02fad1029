"""What a picture says of its own geometry, read back from the SVG: boxes, texts, lines, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree

from cnncalc.pictures.letters import text_width

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TOUCH = 0.6
"""Pixels that may be lost by writing tenths."""


class Area(NamedTuple):
    """A rectangle, and what it is."""

    left: float
    top: float
    right: float
    bottom: float
    name: str

    def meets(self, other: Area, by: float = TOUCH) -> bool:
        """Do two areas lie on each other?"""
        across = min(self.right, other.right) - max(self.left, other.left) > by
        return across and min(self.bottom, other.bottom) - max(self.top, other.top) > by

    def holds(self, other: Area, by: float = TOUCH) -> bool:
        inside = other.left >= self.left - by and other.right <= self.right + by
        return inside and other.top >= self.top - by and other.bottom <= self.bottom + by


class Geometry(NamedTuple):
    """What is drawn."""

    width: float
    height: float
    boxes: list[Area]  # the outlines of stacks and ends
    frames: list[Area]
    texts: list[tuple[Area, Area | None]]  # each with the strip that it is in, if it is one of a layer
    lines: list[Area]  # each straight piece


def area(rect: ElementTree.Element, name: str = "") -> Area:
    x, y, width, height = (float(rect.get(key, "0")) for key in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height, name)


def size_of(kinds: list[str]) -> float:
    return 16 if "h" in kinds else 12 if "n" in kinds else 10 if "s" in kinds else 11


def text_area(text: ElementTree.Element) -> Area:
    """Where a text is, by the metric of `cnncalc.pictures.letters`."""
    kinds = (text.get("class") or "").split()
    size = size_of(kinds)
    words = text.text or ""
    width = text_width(words, size, bool({"n", "b", "h", "w"} & set(kinds)))
    x, y = float(text.get("x", "0")), float(text.get("y", "0"))
    left = (
        x - width if text.get("text-anchor") == "end" else x - width / 2 if text.get("text-anchor") == "middle" else x
    )
    return Area(left, y - 0.75 * size, left + width, y + 0.2 * size, words)


def pieces(path: str) -> Iterator[Area]:
    """The straight pieces of a path that has right angles alone."""
    numbers = [float(text) for text in NUMBER.findall(path)]
    points = list(zip(numbers[::2], numbers[1::2]))
    for (a, b), (c, d) in pairwise(points):
        assert a == c or b == d or abs(a - c) <= 5.01, path
        if a == c or b == d:
            yield Area(min(a, c), min(b, d), max(a, c), max(b, d), path)


def geometry(svg: str) -> Geometry:
    """Read a picture of the graph view."""
    root = ElementTree.fromstring(svg)
    boxes, frames, texts, lines = [], [], [], []
    for rect in root.iter(f"{SVG}rect"):
        kinds = (rect.get("class") or "").split()
        if "o" in kinds or "end" in kinds:
            boxes.append(area(rect, "box"))
        elif "frame" in kinds:
            frames.append(area(rect, "frame"))
    inside = set()
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "layer":
            first = group.find(f"{SVG}rect")
            assert first is not None
            for text in group.findall(f"{SVG}text"):
                texts.append((text_area(text), area(first)))
                inside.add(text)
    texts += [(text_area(text), None) for text in root.iter(f"{SVG}text") if text not in inside]
    for path in root.iter(f"{SVG}path"):
        if path.get("class") == "e":
            lines += pieces(path.get("d", ""))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    return Geometry(width, height, boxes, frames, texts, lines)


def faults(svg: str) -> list[str]:
    """All that is wrong with how a picture is laid out."""
    found = geometry(svg)
    page = Area(0, 0, found.width, found.height, "page")
    wrong = []
    for i, box in enumerate(found.boxes):
        wrong += [f"boxes on each other: {box} {other}" for other in found.boxes[i + 1 :] if box.meets(other)]
        # A frame holds a box, or has nothing to do with it.
        wrong += [
            f"a box across a frame: {box} {frame}"
            for frame in found.frames
            if box.meets(frame) and not frame.holds(box)
        ]
        wrong += [f"a line through a box: {box} {line}" for line in found.lines if _through(line, box)]
    for i, frame in enumerate(found.frames):
        for other in found.frames[i + 1 :]:
            if frame.meets(other) and not frame.holds(other) and not other.holds(frame):
                wrong.append(f"frames across each other: {frame} {other}")
    for text, strip in found.texts:
        if strip is not None and not strip.holds(text):
            wrong.append(f"a text out of its box: {text} {strip}")
        if not page.holds(text):
            wrong.append(f"a text off the page: {text}")
        if strip is None:
            wrong += [
                f"a text on a box: {text} {box}" for box in found.boxes if text.meets(box, 2) and not box.holds(text, 2)
            ]
            heads = [frame for frame in found.frames if frame._replace(bottom=frame.top + 19).holds(text)]
            wrong += [
                f"a line through a text: {text} {line}" for line in found.lines if not heads and _through(line, text)
            ]
    for i, (text, _) in enumerate(found.texts):
        wrong += [f"texts on each other: {text} {other}" for other, _ in found.texts[i + 1 :] if text.meets(other, 1.5)]
    wrong += [f"a line off the page: {line}" for line in found.lines if not page.holds(line)]
    return wrong


def _through(line: Area, box: Area) -> bool:
    """Does a line enter the inside of a box?"""
    if line.left == line.right:
        return box.left + 1 < line.left < box.right - 1 and min(line.bottom, box.bottom) - max(line.top, box.top) > 1
    return box.top + 1 < line.top < box.bottom - 1 and min(line.right, box.right) - max(line.left, box.left) > 1
