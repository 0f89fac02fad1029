"""Networks with open sizes against torch: `python -m tests.torch.open_graphs --graphs 2000 --seed 1`.

Each graph is a chain with small branches, with one to three open sizes. At 20 sizes, among them the smallest that the
report claims, those below it, and both sides of each condition, torch builds and runs it. Closed forms have to be what
torch measures, the conditions have to hold exactly where torch runs, and the smallest input has to run, with nothing
smaller of its kind that does. Every graph has 5 s of the processor's time and 500 MB. `--case 17` draws that graph
alone, and `--spec LINE` tries a line of your own.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import product as combinations
from types import FrameType
from typing import Any, NamedTuple

import torch

import cnncalc
from cnncalc.analysis.solve import SolvedCondition
from cnncalc.analysis.trace import Report
from cnncalc.layers import families
from cnncalc.layers.layer import Layer, put_in
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import Expr, number_at, product, substitute, symbols
from cnncalc.torch_bridge.drawing.draw import inner_case, text
from cnncalc.torch_bridge.drawing.draw_network import feature, token
from cnncalc.torch_bridge.verifying.build import TorchRefused, made, ran
from cnncalc.torch_bridge.verifying.measure import TorchRun, indices, measure, needs_values
from cnncalc.torch_bridge.verifying.sizes import meets, samples
from cnncalc.torch_bridge.verifying.verify import Claims, compared

SECONDS = 5  # of the processor's time, for what cnncalc says of one graph
MEMORY = 500_000_000  # bytes, beside what the process has before it starts
SIZES = 20
LARGE = 3_000_000  # elements that a value may have when torch is run on it
MANY = 43  # samples: more than any size, so that none is stretched to another
BATCH = 50  # graphs of one process

OPEN = ("H", "W", "C", "D", "T")


class TooSlow(BaseException):
    """A graph has used up its time. No `except Exception` takes it."""


# Drawing


def drawn(seed: int, case: int) -> str:
    """The spec of a case, one that cnncalc accepts."""
    draw = random.Random(f"{seed} {case}")
    sizes = inputs(draw)
    spec = "x".join(sizes)
    if len(sizes) == 1:
        spec = f"({sizes[0]},)" if sizes[0].isdigit() else spec
    accepted = f"{spec} -> identity"
    report = fits(accepted)
    assert report is not None, accepted
    wanted = draw.choice([1, 2, 2, 3, 3, 4, 5, 6])
    kept, end = 0, time.process_time() + 2 * SECONDS
    for i in range(6 * wanted):
        if kept == wanted or time.process_time() > end:
            break
        shape = report.output
        part = piece(shape, draw, i)
        longer = f"{spec} -> {part}"
        found = fits(longer)
        if found is not None:
            report, spec, accepted, kept = found, longer, longer, kept + 1
    return accepted


def inputs(draw: random.Random) -> list[str]:
    """The sizes of an input, one to three of them open."""
    rank = draw.choice([1, 2, 2, 3, 3, 3, 3, 4])
    fixed = [str(draw.choice([1, 2, 3, 4, 6, 8, 9, 12])) for _ in range(rank)]
    names = ["T"] if rank == 1 else ["H"] if rank == 2 else ["H", "W"] if rank == 3 else ["D", "H", "W"]
    first = rank - len(names)
    for at, name in enumerate(names, first):
        if draw.random() < 0.8:
            fixed[at] = name
    if rank == 3 and draw.random() < 0.1:
        fixed[1] = fixed[2] = "H"
    if rank > 1 and draw.random() < 0.1:
        fixed[0] = "C"
    if all(size.isdigit() for size in fixed):
        fixed[-1] = names[-1]
    return fixed


def fits(spec: str) -> Report | None:
    """The report of a spec, where cnncalc accepts it and leaves something open in it."""
    try:
        report = cnncalc.calc(spec)
    except cnncalc.CnncalcError:
        return None
    return report if len(report.outputs) == 1 and len(report.output) <= 6 else None


def piece(shape: tuple[Any, ...], draw: random.Random, at: int) -> str:
    """One more layer, or a branch with its merge, for a value of this shape."""
    kind = draw.random()
    axes = len(shape) - 1
    channels = shape[0] if shape and isinstance(shape[0], int) else 4
    if kind < 0.35:
        return rearranged(shape, draw)
    if kind < 0.6:
        return of_registry(shape, draw)
    if kind < 0.75 and 1 <= axes <= 3:
        return feature(channels, axes, f"t{at}", draw).text
    if kind < 0.8 and axes == 1:
        return token(shape[1] if isinstance(shape[1], int) else 4, draw).text
    return branches(shape, draw)


def rearranged(shape: tuple[Any, ...], draw: random.Random) -> str:
    """A layer that cuts, pads, joins or reorders axes, where forms are hardest."""
    rank = len(shape) + 1
    axis = draw.randrange(1, rank) if rank > 1 else 0
    dim = axis - draw.choice([0, 0, rank])
    small, sign = draw.choice([1, 2, 3, 4, 7]), draw.choice([1, 1, -1])
    start, stop = draw.choice([None, 0, 1, 2, -1, -3, 5]), draw.choice([None, None, 1, 4, 7, -1, -2])
    ends = "".join(f", {key}={value}" for key, value in (("start", start), ("stop", stop)) if value is not None)
    step = draw.choice(["", "", ", step=2", ", step=3"])
    own = shape[axis - 1] if rank > 1 else 1
    two = draw.choice([2, 3, 4])
    sizes = ["N", *(str(size) if isinstance(size, int) else "-1" for size in shape)]
    options = [
        f"slice({dim}{ends}{step})",
        f"slice({dim}{ends}{step})",
        f"narrow({dim}, {draw.choice([0, 0, 1, 2, -1, -3])}, {small})",
        f"select({dim}, {draw.choice([0, 1, -1, 3])})",
        f"pad(({', '.join(str(draw.choice([0, 1, 2, 3, -1, -2])) for _ in range(2 * draw.randrange(1, rank)))}))"
        if rank > 1
        else "relu",
        f"diff(dim={dim}{draw.choice(['', ', n=2'])})",
        f"flatten {draw.randrange(1, rank)}" if rank > 1 else "relu",
        f"flatten {draw.choice([1, 2])} {draw.choice([2, 3, -1])}",
        f"unflatten({dim}, ({', '.join(draw.sample(['-1', str(two)], 2))}))",
        f"reshape N {' '.join(draw.sample(['-1', str(two), str(own if isinstance(own, int) else 2)], 3))}",
        f"reshape {' '.join(sizes)} {two}" if sizes.count("-1") == 1 else "flatten 2 -> reshape N -1 2",
        f"flatten 1 -> reshape N {two} -1",
        f"permute 0 {' '.join(map(str, draw.sample(range(1, rank), rank - 1)))}",
        f"roll {sign * small} {dim}",
        f"flip {dim}",
        f"chunk {draw.choice([1, 2])} {dim} -> identity",
        f"cat(chunk 2 {dim}, dim={dim})",
        f"pixelunshuffle({draw.choice([2, 3])})",
        f"pixelshuffle({draw.choice([2, 3])})",
        f"unsqueeze {draw.randrange(1, rank + 1)}",
        f"repeat_interleave {draw.choice([2, 3])} {dim}",
        f"mean {dim} keepdim=yes",
        f"sum {dim}",
        f"topk {small} {dim} -> identity",
        f"unfold {draw.choice([2, 3])} s{draw.choice([1, 2])}",
        f"cumsum {dim}",
        "flatten 2 -> mean 2 -> linear 5",
        "squeeze",
    ]
    return draw.choice(options)


FAMILIES = [
    member
    for family in families()
    for member in family.members
    if member.inputs[0] == 1 and not member.integer_inputs and member.name not in ("opaque", "bincount")
]


def of_registry(shape: tuple[Any, ...], draw: random.Random) -> str:
    """Any layer of one input, with arguments drawn as the self-test draws them."""
    rank = len(shape) + 1
    some = [member for member in FAMILIES if not member.ndim or member.ndim in (rank - 2, rank - 1)]
    for _ in range(20):
        layer = draw.choice(some)
        case = inner_case(layer, draw)
        if len(case.shapes) == 1 and len(case.shapes[0]) == rank:
            break
    given = {key: value for key, value in case.arguments.items() if keep(layer, key, draw)}
    return f"{layer.name}({', '.join(f'{key}={text(value)}' for key, value in given.items())})"


def keep(layer: type[Layer], key: str, draw: random.Random) -> bool:
    """Is a drawn argument written down? What is read off the input seldom fits."""
    argument = layer.arguments[key]
    return not argument.at_call and (not argument.inferred or draw.random() < 0.2)


def branches(shape: tuple[Any, ...], draw: random.Random) -> str:
    """Two ways, and how they come together."""
    rank = len(shape) + 1
    first = draw.choice([rearranged(shape, draw), of_registry(shape, draw), "relu"])
    second = draw.choice([rearranged(shape, draw), "identity", first])
    dim = draw.randrange(1, rank) if rank > 1 else 0
    return draw.choice(
        [
            f"add({first}, {second})",
            f"mul({first}, identity)",
            f"cat({first}, {second}, dim={dim})",
            f"cat(identity, {first}, {second}, dim={dim})",
            "matmul(identity, transpose -1 -2)",
            f"matmul({first}, transpose -1 -2)",
            "scaled_dot_product_attention(identity, identity, identity)",
            f"stack({first}, {second}, dim={dim})",
            f"upsample {draw.choice([2, 3])} -> add(maxpool 2, avgpool 2)",
            f"add(maxpool 2 -> upsample 2, {draw.choice(['identity', 'relu'])})",
            f"sub(slice({dim}, start=1), slice({dim}, stop=-1))",
        ]
    )


# Trying


class Tried(NamedTuple):
    """What came of one graph."""

    spec: str
    faults: list[str]
    points: int  # sizes at which torch ran it
    refused: int  # sizes at which torch refused it
    seconds: float  # of the processor, for what cnncalc says of it
    undecided: bool  # no smallest input was found


def tried(spec: str, seed: int, sizes: int = SIZES) -> Tried:
    """Hold everything that cnncalc says of a spec to what torch does."""
    start = time.process_time()
    report = cnncalc.calc(spec)
    envelope = report.to_dict()
    cnncalc.render_report(report) if hasattr(cnncalc, "render_report") else None
    seconds = time.process_time() - start
    faults: list[str] = []
    if any(BATCH_NAME in names and names != {BATCH_NAME} for names in map(open_in, report.conditions)):
        faults.append(f"a condition holds the batch: {envelope['conditions']}")
    claims = Claims(report)
    runs: dict[tuple[int, ...], bool | None] = {}

    def run(point: dict[str, int]) -> bool | None:
        key = tuple(point.values())
        if key not in runs:
            runs[key] = at(report, claims, point, faults)
        return runs[key]

    draw = random.Random(seed)
    for point in points(report, draw, sizes):
        run(point)
        if len(faults) > 5:
            break
    faults += smallest_faults(report, run)
    counts = Counter(runs.values())
    return Tried(spec, faults, counts[True], counts[False], seconds, report.smallest_input is None)


def open_in(condition: SolvedCondition) -> set[str]:
    return symbols(condition.left) | symbols(condition.right)


def points(report: Report, draw: random.Random, count: int) -> Iterator[dict[str, int]]:
    """Sizes of every kind: the smallest, around it, small ones, and on both sides of what each condition asks for."""
    names = report.symbols
    small = report.smallest_input or dict.fromkeys(names, 1)
    found: dict[tuple[int, ...], None] = {}

    def take(sizes: dict[str, int]) -> None:
        if all(size >= 1 for size in sizes.values()):
            found.setdefault(tuple(sizes[name] for name in names))

    take(small)
    take(dict.fromkeys(names, 1))
    for name in names:
        for by in (-1, 1, 2):
            take({**small, name: small[name] + by})
    asked = [condition.sizes for condition in report.conditions if condition.sizes is not None]
    for _ in range(8 * count):
        if len(found) >= count:
            break
        sizes = {name: draw.choice([draw.randrange(1, 9), draw.randrange(1, 41)]) for name in names}
        if draw.random() < 0.3:
            sizes = dict.fromkeys(names, draw.randrange(1, 41))
        if draw.random() < 0.5:
            for solutions in asked:
                if solutions.name in sizes:
                    sizes[solutions.name] = solutions.smallest(sizes[solutions.name]) or sizes[solutions.name]
        elif draw.random() < 0.5:
            sizes = {name: small[name] + draw.randrange(0, 12) for name in names}
        if max(sizes.values()) < 200:
            take(sizes)
    for numbers in list(found)[:count]:
        yield dict(zip(names, numbers))


def at(report: Report, claims: Claims, sizes: dict[str, int], faults: list[str]) -> bool | None:
    """Does torch run the network at these sizes? None where that is no question: it would be too large, or is
    about values without elements. Faults are added to the list."""
    legal = meets(report, sizes)
    where = ", ".join(f"{name}={size}" for name, size in sizes.items())
    try:
        plain = report.at(**sizes)
    except cnncalc.CnncalcError as error:
        if legal:
            faults.append(f"{where}: legal by the conditions, and refused with numbers: {error}")
        theirs = by_torch(report, sizes, 1)
        # docs/torch-differences.md: samples that torch takes for channels, and pads from what it has just written.
        first = error.diagnostics[0]
        known = first.code == "no-channels" or "after the other side is cropped" in first.message
        # It does not run because one sample is stretched.
        many = ("meta", "cpu") if theirs == "runs" and not known else ()
        if many and all(by_torch(report, sizes, MANY, device) == "runs" for device in many):
            faults.append(f"{where}: torch runs it, and cnncalc refuses it: {error}")
        return None if theirs in ("large", "empty", "typed") else theirs == "runs"
    if not legal:
        if not documented(report, sizes) and by_torch(report, sizes) == "runs":
            faults.append(f"{where}: refused by the conditions, and a plain run takes it")
        return None
    for ours, forms in zip(numbers(plain, {}), numbers(report, sizes)):
        if ours != forms:
            faults.append(f"{where}: the form of {forms[0]} gives {forms[1:]}, and a plain run {ours[1:]}")
            return None
    if any(number_at(product(shape), {BATCH_NAME: 1}) > LARGE for layer in plain.layers for shape in layer.outputs):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            measured, count = measured_at(report, sizes)
        except TorchRefused as refused:
            if by_torch(report, sizes) not in ("empty", "typed") and "scalar type" not in str(refused):
                faults.append(f"{where}: torch refuses it at {refused.path}: {refused}")
            return None
    if measured is None:
        return None
    given = {**sizes, BATCH_NAME: count}
    found = compared(report, claims.at(given), measured, given, {})
    if found and by_torch(report, sizes) == "empty":  # of which torch says something else on the device meta
        measured = measure(report.at(**given), "cpu")
        found = [one for one in compared(report, claims.at(given), measured, given, {}) if one.figure != "flops"]
    for one in found:
        faults.append(f"{where}: {one.path} {one.figure}: cnncalc {one.cnncalc}, torch {one.torch}")
    return True


def measured_at(report: Report, sizes: dict[str, int]) -> tuple[TorchRun | None, int]:
    """What torch says of two samples, and how many they are; of one, where the network is for one alone."""
    every = [
        shape
        for layer in report.layers
        for named in (layer.layer.params(*layer.xs), layer.layer.buffers(*layer.xs))
        for shape in named.values()
    ]
    sizes_of_weights = [dim for shape in every for dim in shape]
    asked = [side for required in report.flow.requirements for side in (required.left, required.right)]
    batch = {BATCH_NAME} & set().union(*map(symbols, sizes_of_weights + asked))
    for count in (1,) if batch else (2, 1):
        if count not in samples(report):
            continue
        try:
            return measure(report.at(**sizes, N=count)), count
        except cnncalc.CnncalcError:
            continue
    return None, 0


def documented(report: Report, sizes: dict[str, int]) -> bool:
    """Is it a size of 1 that torch stretches, or that a squeeze drops, which closed forms leave out?"""
    given = {**sizes, BATCH_NAME: 1}
    squeezed = any(
        node.layer.name == "squeeze" and 1 in at_sizes(report.flow.shapes[node.inputs[0]] or (), given)[1:]
        for node in report.graph.nodes
    )
    broken = [(substitute(c.left, given), substitute(c.right, given)) for c in report.flow.requirements]
    return squeezed or any(left != right and 1 in (left, right) for left, right in broken)


def at_sizes(shape: tuple[Any, ...], given: dict[str, int]) -> list[Any]:
    return [substitute(dim, given) for dim in shape]


def numbers(report: Report, sizes: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """Every figure at some sizes."""
    given = {**sizes, BATCH_NAME: 1}
    for layer in report.layers:
        figures = (layer.params, layer.trainable, layer.buffers, layer.macs, layer.flops, layer.activations)
        shapes = tuple(tuple(substitute(dim, given) for dim in shape) for shape in layer.outputs)
        yield (layer.path, *(substitute(figure, given) for figure in figures), shapes)
    yield ("the total", *(substitute(f, given) for f in report.totals if isinstance(f, int | Expr)))


def by_torch(report: Report, sizes: dict[str, int], count: int | None = None, device: str = "meta") -> str:
    """What torch does with so many samples, told nothing by cnncalc but the layers and their arguments: runs,
    refuses, empty, large, or typed, where it refuses something of its types of numbers. The device meta lets some
    pass, such as other channels than a transposed convolution has."""
    graph = report.graph
    given = {**sizes, BATCH_NAME: count or min(samples(report))}
    whole = indices(graph)
    empty = False
    with warnings.catch_warnings(), torch.device(device), torch.no_grad():
        warnings.simplefilter("ignore")
        values: list[Any] = []
        for value, one in enumerate(graph.inputs):
            shape: Any = put_in(one.shape, given)
            values.append(torch.zeros(shape, dtype=torch.long if value in whole else torch.float32))
        for node in graph.nodes:
            layer = put_in(node.layer, given)
            xs = [values[value] for value in node.inputs]
            try:
                part = made(layer, tuple(tuple(x.shape) for x in xs))
                if isinstance(part, torch.nn.Module):
                    part.eval()
                try:
                    outputs = ran(layer, part, xs)
                except (NotImplementedError, RuntimeError) as error:
                    if not needs_values(error):
                        raise
                    if isinstance(part, torch.nn.Module):
                        part = part.to_empty(device="cpu")
                        for tensor in part.state_dict().values():
                            tensor.zero_()
                    if sum(x.numel() for x in xs) > LARGE:
                        return "large"
                    with torch.device("cpu"):
                        real = [torch.zeros(x.shape, dtype=x.dtype) for x in xs]
                        outputs = [out.to(device) for out in ran(layer, part, real)]
            except Exception:
                if any(not x.is_floating_point() for x in xs):
                    return "typed"
                return "empty" if empty else "refuses"
            if len(outputs) != node.output_count:
                return "refuses"
            empty |= any(0 in out.shape for out in outputs)
            values += outputs
            if any(out.numel() > LARGE * 100 for out in outputs):
                return "large"
    return "empty" if empty else "runs"


def smallest_faults(report: Report, run: Any) -> list[str]:
    """What is wrong with the smallest input: it has to run, and nothing that is no larger in any size."""
    smallest = report.smallest_input
    if smallest is None:
        return []
    faults = []
    if not runs_plainly(report, smallest):
        faults.append(f"the smallest input {smallest} does not run")
    below = [range(max(1, size - 6), size + 1) for size in smallest.values()]
    for below_all in combinations(*below):
        sizes = dict(zip(smallest, below_all))
        if sizes != smallest and meets(report, sizes) and runs_plainly(report, sizes):
            faults.append(f"the smallest input is {smallest}, and {sizes} runs")
            break
    note = getattr(report, "smallest_input_note", None)
    for name, size in smallest.items():
        for less in range(1, min(size, 9)):
            if not note and any(
                meets(report, sizes) and runs_plainly(report, sizes)
                for more in (1, 2, 6, 12, 24, 60)
                for sizes in [{**dict.fromkeys(smallest, more), name: less}]
            ):
                faults.append(f"{name} = {less} runs beside other sizes, and nothing says so: {smallest}")
                return faults
    return faults


def runs_plainly(report: Report, sizes: dict[str, int]) -> bool:
    try:
        report.at(**sizes)
    except cnncalc.CnncalcError:
        return False
    return True


# Running


def stop(signal: int, frame: FrameType | None) -> None:
    raise TooSlow


def guarded(spec: str | None, seed: int, case: int) -> Tried:
    """A case under its bounds."""
    before = spec or "(while it is drawn)"
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, 20 * SECONDS)
    try:
        before = spec or drawn(seed, case)
        found = tried(before, seed)
        if found.seconds > SECONDS:
            found.faults.append(f"takes {found.seconds:.1f} s")
        return found
    except (Exception, TooSlow) as error:
        trace = "".join(traceback.format_exception(error)[-6:])
        return Tried(before, [f"{type(error).__name__}: {error}\n{trace[-1500:]}"], 0, 0, 0.0, False)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def bound_memory() -> None:
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))


def batch(seed: int, cases: range) -> Iterator[tuple[int, Tried]]:
    """The cases in a process of their own; where it dies, the one that it died of is a fault."""
    cases_left = list(cases)
    while cases_left:
        pipe, written = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.close(pipe)
            bound_memory()
            with os.fdopen(written, "wb") as out:
                for case in cases_left:
                    pickle.dump((case, guarded(None, seed, case)), out)
                    out.flush()
            os._exit(0)
        os.close(written)
        with os.fdopen(pipe, "rb") as come:
            while True:
                try:
                    case, found = pickle.load(come)
                except (EOFError, pickle.UnpicklingError):
                    break
                cases_left.remove(case)
                yield case, found
        _, status = os.waitpid(child, 0)
        if status and cases_left:
            case = cases_left.pop(0)
            yield case, Tried("?", [f"the process dies with status {status}"], 0, 0, 0.0, False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torch.open_graphs", description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the number of the first graph")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="the graph of this number alone")
    parser.add_argument("--spec", help="this line alone")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.spec is not None or asked.case is not None:
        found = guarded(asked.spec, asked.seed, asked.case or 0)
        print(found.spec, *found.faults, sep="\n")
        print(f"{found.points} sizes run, {found.refused} are refused, {found.seconds:.2f} s")
        return bool(found.faults)
    start, wrong, ran_at, refused, undecided, slowest = time.time(), 0, 0, 0, 0, (0.0, "")
    for first in range(asked.first, asked.first + asked.graphs, BATCH):
        if first > asked.first:
            print(f"{first - asked.first:,} graphs, {wrong} differences", file=sys.stderr, flush=True)
        for case, found in batch(asked.seed, range(first, min(first + BATCH, asked.first + asked.graphs))):
            ran_at, refused, undecided = ran_at + found.points, refused + found.refused, undecided + found.undecided
            slowest = max(slowest, (found.seconds, found.spec))
            if found.faults:
                wrong += 1
                print(f"\nDIFFERENCE {case}: {found.spec}", *found.faults[:3], sep="\n  ")
                print(f'  again: python -m tests.torch.open_graphs --spec "{found.spec}"', flush=True)
    print(
        f"\n{asked.graphs:,} graphs, {ran_at:,} sizes at which torch runs and {refused:,} at which it refuses: "
        f"{wrong} differences ({time.time() - start:,.0f} s)\n"
        f"without a smallest input: {undecided}; slowest: {slowest[0]:.2f} s ({slowest[1]})"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
