"""Texts of every kind into the readers: `python -m tests.fuzz --texts 1000000 --seed 1`.

Only diagnostics or a whole report may come out, each within 5 s of the processor's time and 500 MB. What fails is made
shorter as long as it fails in the same way, and shown as a line to paste. `--kind yaml` draws one kind alone,
`--case 17` that case alone, and `--workers` uses more than one process.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.running import Job, fuzz
from tests.fuzz.trying import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000, help="how many in all (10,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, action="append", help="of these kinds alone")
    parser.add_argument("--case", type=int, help="the case of this number alone")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    asked = parser.parse_args()
    first, count = (asked.case, 1) if asked.case is not None else (0, asked.texts)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    found = fuzz(Job(asked.seed, tuple(asked.kind or KINDS), first, count), asked.workers)
    print(found.summary(), flush=True)
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
