"""The sizes that give a network of the zoo its last map, solved and by computing the network at every size.

python -m tests.planning.maps resnet18 vgg16 --most 600
"""

from __future__ import annotations

import argparse

import cnncalc
from tests.planning.command import solve


def difference(name: str, most: int, step: int = 1) -> str | None:
    """How the solved sizes differ from those of a scan; None where they do not."""
    report = cnncalc.calc(f"zoo:{name}")
    channels = next(iter(report.inputs.values()))[0]
    maps = [layer for layer in report.layers if len(layer.output) == 3 and layer.output[1:] != (1, 1)]
    last = maps[-1]
    code, answer = solve(
        f"zoo:{name}", "-i", f"{channels}xHxH", "--expect", f"layers.{last.path}={'x'.join(map(str, last.output))}"
    )
    if code not in (0, 1) or "solutions" not in answer:
        return f"{name}: {answer['diagnostics']}"
    got: set[int] = set()
    for solution in answer["solutions"]:
        for part in solution["sizes"]["H"]["parts"]:
            end = min(part["to"] or most, most)
            got |= {n for n in range(part["from"], end + 1) if n % part["period"] in part["residues"]}
    for n in range(1, most + 1, step):
        try:
            found = cnncalc.calc(f"zoo:{name}", input=f"{channels}x{n}x{n}")[last.path].output == last.output
        except cnncalc.CnncalcError:
            found = False
        if found != (n in got):
            return f"{name}: {last.path} at {n}: solved {n in got}, computed {found}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--most", type=int, default=600)
    given = parser.parse_args()
    wrong = [found for name in given.networks if (found := difference(name, given.most))]
    print("\n".join(wrong))
    print(f"{len(given.networks)} networks, {len(wrong)} solved differently from a scan")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
