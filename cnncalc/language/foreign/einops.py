"""Rearrangements as einops writes them, as reshapes and permutations."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Contradiction, Unclear

CALL = re.compile(
    r"(?:[\w.]*\.)?(rearrange|reduce)\(\s*(?:\w+\s*,\s*)?(['\"])(?P<pattern>[^'\"]*)\2(?P<rest>.*)\)$", re.IGNORECASE
)
_GROUP = re.compile(r"\([^()]*\)|[\w.]+")


def layers_of(text: str, shape: tuple[object, ...]) -> list[str]:
    """The layers of one call on a value of a shape, which has no batch. Raises Unclear."""
    match = CALL.match(text.strip())
    if match is None or "->" not in match["pattern"]:
        raise Unclear
    left, right = (
        [group.strip("()").split() for group in _GROUP.findall(side)] for side in match["pattern"].split("->")
    )
    sizes = {name: int(size) for name, size in re.findall(r"(\w+)\s*=\s*(\d+)", match["rest"])}
    if len(left) != len(shape) + 1 or len(left[0]) != 1 or right[:1] != left[:1] or "..." in str(left):
        raise Unclear
    for names, size in zip(left[1:], shape):
        if not isinstance(size, int):
            raise Unclear
        unknown = [name for name in names if name not in sizes and not name.isdecimal()]
        known = 1
        for name in names:
            known *= sizes.get(name, 1)
        if len(unknown) == 1 and size % known:
            message = f"{match[1]} cuts an axis of {size} into groups of {known}, which do not divide it"
            raise Contradiction(message, f"{size + known - size % known} and {size - size % known} can be cut so")
        if len(unknown) > 1 or (not unknown and known != size):
            raise Unclear
        if unknown:
            sizes[unknown[0]] = size // known
    before, after = [name for group in left[1:] for name in group], [name for group in right[1:] for name in group]
    if match[1].lower() == "reduce":
        return reduced(match["rest"], left, right)
    if sorted(before) != sorted(after):
        raise Unclear
    made = []
    if any(len(group) != 1 for group in left[1:]):
        made.append(f"reshape N {' '.join(str(sizes[name]) for name in before)}")
    order = [before.index(name) + 1 for name in after]
    if order != sorted(order):
        made.append(f"permute 0 {' '.join(map(str, order))}")
    if any(len(group) != 1 for group in right[1:]):
        made.append(f"reshape N {' '.join(merged(group, sizes) for group in right[1:])}")
    return made or ["identity"]


def merged(group: list[str], sizes: dict[str, int]) -> str:
    return "*".join(str(sizes[name]) for name in group) or "1"


def reduced(rest: str, left: list[list[str]], right: list[list[str]]) -> list[str]:
    """A mean, sum or maximum over the axes that are left out."""
    how = re.search(r"['\"](mean|sum|max|min)['\"]", rest)
    kept = [group for group in left if group in right]
    axes = [at for at, group in enumerate(left) if group not in right]
    if how is None or how[1] in ("max", "min") or kept != right or not axes:
        raise Unclear
    return [f"{how[1]} {axes[0] if len(axes) == 1 else tuple(axes)}"]
