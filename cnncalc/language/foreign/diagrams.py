"""Diagrams of a chain: Mermaid, Graphviz, boxes with arrows between them."""

from __future__ import annotations

import re
from itertools import pairwise

_EDGE = re.compile(r"(?:-->|->|==>|-\.->|---)(?:\|[^|]*\|)?")
_NODE = re.compile(r"^\s*(\w+)\s*(?:[\[({>]+\"?(.*?)\"?[\])}]+)?\s*;?\s*$")
_BOX = re.compile(r"[┌┐└┘├┤┬┴┼─━═╔╗╚╝║╭╮╰╯+]|(?<![\w)\]])-{2,}|(?:^|(?<=\s))[|│┃v▼↓⬇^](?=\s|$)", re.MULTILINE)


def chain(text: str) -> str:
    """A diagram as a text with a layer on each line; any other text as it is."""
    if re.match(r"\s*(?:```\w*\s*)?(?:graph|flowchart)\s+(?:LR|TD|TB|RL|BT)\b", text):
        return "\n".join(linear(*mermaid(text)) or [text])
    if re.match(r"\s*(?:strict\s+)?digraph\b", text):
        return "\n".join(linear(*dot(text)) or [text])
    if re.search(r"[┌└╔╭]|^\s*[|│↓▼v⬇]\s*$|\+-{3,}\+", text, re.MULTILINE):
        plain = _BOX.sub(" ", text)
        lines = [re.sub(r"^[\[(](.*)[\])]$", r"\1", line.strip(" |│┃║")).strip() for line in plain.splitlines()]
        lines = [line for line in lines if line]
        return "\n".join(lines) if lines and not any(re.search(r"\S\s{3,}\S", line) for line in lines) else text
    return text


def mermaid(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The labels of nodes, and the arrows between them."""
    labels: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    for line in re.split(r"[\n;]", text)[1:]:
        nodes = [_NODE.match(part) for part in _EDGE.split(line) if part.strip()]
        if not nodes or any(node is None for node in nodes):
            continue
        names = [node[1] for node in nodes if node]
        labels |= {node[1]: node[2] for node in nodes if node and node[2]}
        edges += pairwise(names)
    return labels, edges


def dot(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    labels = dict(re.findall(r"\b(\w+)\s*\[[^\]]*label\s*=\s*\"([^\"]*)\"", text))
    edges: list[tuple[str, str]] = []
    for line in re.split(r"[\n;]", re.sub(r"\[[^\]]*\]", "", text)):
        names = [part.strip(' "{}') for part in line.split("->")]
        if len(names) > 1:
            edges += pairwise(names)
    return labels, edges


def linear(labels: dict[str, str], edges: list[tuple[str, str]]) -> list[str]:
    """The labels in their order, where each node has one arrow in and one out; none where it has more."""
    after = dict(edges)
    firsts = [a for a, _ in edges if a not in {b for _, b in edges}]
    if len(after) != len(edges) or len({b for _, b in edges}) != len(edges) or len(firsts) != 1:
        return []
    names = [firsts[0]]
    while names[-1] in after:
        names.append(after[names[-1]])
    found = [re.sub(r"<br\s*/?>|\\n", " ", labels.get(name, name)) for name in names]
    return [label for label in found if label.lower() not in ("output", "out", "end", "logits")]
