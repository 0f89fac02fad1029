"""Whole collections of networks through the stand-in for torch, and what it refuses, by cause.

    python -m tests.source.collections COLLECTION [--torch] [--only TEXT] [--every N] [--at FIRST:LAST] [--keep FILE]

With --torch each is compared with torch's own run on shapes: parameters, buffers, output shapes and MACs. It ends with
1 where a figure is wrong. `--keep` adds what was found to a file, and leaves out what stands there already.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.source.collections.lists import COLLECTIONS

AT_ONCE = 24
"""Networks of one process."""

FIGURES = ("params", "buffers", "outputs", "macs")


def lines(*words: str, given: Any = None) -> list[dict[str, Any]]:
    """What a process that reads networks says. Its last network has failed where it ends early."""
    command = [sys.executable, "-m", "tests.source.collections.read", *words]
    log = None if os.environ.get("SHOW") else subprocess.DEVNULL
    done = subprocess.run(command, input=json.dumps(given), stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def read(collection: str, names: list[str], with_torch: bool) -> dict[str, dict[str, Any]]:
    """What both find of some networks, by name."""
    found: dict[str, dict[str, Any]] = {}
    left = list(names)
    while left:
        some = lines("ours", collection, given=left)
        found |= {one.pop("name"): one for one in some}
        left = left[len(some) :]
        if left:  # the process ended
            found[left.pop(0)] = {"refused": "crash", "message": "the process ended", "where": ""}
    if with_torch:
        left = [name for name in names if "refused" not in found[name]]
        while left:
            some = lines("theirs", collection, given={name: found[name]["batch"] for name in left})
            for one in some:
                found[one["name"]]["torch"] = one
            left = left[len(some) :]
            if left:
                found[left.pop(0)]["torch"] = {"failed": "the process ended"}
    return found


def verdict(one: dict[str, Any]) -> str:
    """equal, refused, uncompared, or which figures differ."""
    if "refused" in one:
        return "refused"
    judge = one.get("torch")
    if judge is None or "failed" in judge:
        return "uncompared"
    wrong = [name for name in FIGURES if one[name] != judge[name]]
    if wrong == ["macs"] and (judge["unseen"] or (one["status"] != "exact" and one["macs"] < judge["macs"])):
        return "equal but for MACs that one of both does not count"
    return f"wrong in {', '.join(wrong)}" if wrong else "equal"


def cause(one: dict[str, Any]) -> str:
    """A refusal without what is the network's own."""
    return re.sub(r"\b\d[\dx]*\b", "#", f"{one['refused']}: {one['message']}")[:150]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", choices=list(COLLECTIONS))
    parser.add_argument("--torch", action="store_true", help="compare with torch")
    parser.add_argument("--only", default="", help="names that match this")
    parser.add_argument("--every", type=int, default=1, help="each N-th of them")
    parser.add_argument("--at", default=":", help="from which to which")
    parser.add_argument("--keep", type=Path, help="a file of what has been found")
    asked = parser.parse_args()
    (listed,) = lines("names", asked.collection)
    first, _, last = asked.at.partition(":")
    names = [name for name in listed["names"] if re.search(asked.only, name)][int(first or 0) : int(last or 10**6)]
    names = names[:: asked.every]
    kept: dict[str, Any] = {}
    if asked.keep and asked.keep.exists():
        kept = json.loads(asked.keep.read_text())
    new = [name for name in names if name not in kept or (asked.torch and verdict(kept[name]) == "uncompared")]
    for at in range(0, len(new), AT_ONCE):
        kept |= read(asked.collection, new[at : at + AT_ONCE], asked.torch)
        if asked.keep:
            asked.keep.write_text(json.dumps(kept, indent=1))
    found = {name: kept[name] for name in names}
    verdicts = Counter(verdict(one) for one in found.values())
    for name, one in found.items():
        word = verdict(one)
        if word != "equal":
            judge = one.get("torch") or {}
            detail = cause(one) + f"  {one['where']}" if word == "refused" else judge.get("failed", "")
            if word.startswith("wrong"):
                detail = "; ".join(f"{f} {one[f]} and torch {judge[f]}" for f in FIGURES if one[f] != judge[f])[:300]
            print(f"{name}: {word} {detail}".rstrip())
    print(f"\n{len(found)} networks of {asked.collection}")
    for word, count in verdicts.most_common():
        print(f"{count:5} {word}")
    print("\nrefused, by cause")
    for word, count in Counter(cause(one) for one in found.values() if "refused" in one).most_common():
        print(f"{count:5} {word}")
    return 1 if any(word.startswith("wrong") for word in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
