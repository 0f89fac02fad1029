"""cnncalc against torch on drawn layers and drawn networks, legal and illegal."""

from __future__ import annotations

import multiprocessing
import random
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import torch

from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, nearest
from cnncalc.layers import Layer, find, names
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.drawing.compare import outcome
from cnncalc.torch_bridge.drawing.dependence import network_disagreement
from cnncalc.torch_bridge.drawing.draw import case, layers
from cnncalc.torch_bridge.drawing.draw_network import DrawnNetwork, network
from cnncalc.torch_bridge.verifying.verify import Difference, verify

CHUNK = 250  # cases that a process takes at once
NETWORK = "network"


class Tally(NamedTuple):
    """What came of the cases of one layer, or of the networks."""

    legal: int = 0  # by torch
    refused: int = 0

    @property
    def cases(self) -> int:
        return self.legal + self.refused


class SelfTest(NamedTuple):
    """What came of all cases."""

    torch: str  # its version
    seed: int
    counts: dict[str, Tally]  # for each layer, and for `network`
    differences: tuple[str, ...]  # each with lines in both languages to try it

    @property
    def ok(self) -> bool:
        return not self.differences

    @property
    def total(self) -> Tally:
        """All cases of layers."""
        own = [count for name, count in self.counts.items() if name != NETWORK]
        return Tally(sum(count.legal for count in own), sum(count.refused for count in own))

    @property
    def kinds(self) -> int:
        """How many different layers were drawn."""
        return sum(name != NETWORK for name in self.counts)

    @property
    def networks(self) -> int:
        return self.counts[NETWORK].cases if NETWORK in self.counts else 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "torch": self.torch,
            "seed": self.seed,
            "cases": self.total.cases,
            "legal": self.total.legal,
            "refused": self.total.refused,
            "networks": self.networks,
            "layers": {name: count._asdict() for name, count in self.counts.items() if name != NETWORK},
            "differences": list(self.differences),
        }


class Task(NamedTuple):
    """Some cases of one kind, each with a seed of its own: `SEED NAME INDEX`."""

    name: str
    seed: int
    indices: range


class Answer(NamedTuple):
    """What came of a task."""

    name: str
    first: int
    tally: Tally
    differences: list[str]


def self_test(
    *,
    trials: int = 10_000,
    networks: int = 0,
    seed: int = 0,
    layer: str | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> SelfTest:
    """Draw `trials` layers over all there are, or of one, and `networks` networks, and compare each with torch.

    Layers are drawn legal and illegal: torch has to refuse what cnncalc refuses and nothing else. The same seed
    draws the same cases, whatever `jobs`, the number of processes, is. Raises UsageError for an unknown layer.
    """
    chosen = layers() if layer is None else named(layer)
    tasks = list(planned([member.name for member in chosen], trials, networks, seed))
    everything = sum(len(task.indices) for task in tasks)
    answers: list[Answer] = []
    done = 0
    for answer in answered(tasks, jobs):
        answers.append(answer)
        done += answer.tally.cases
        progress(done, everything)
    answers.sort(key=lambda answer: (answer.name, answer.first))
    counts: dict[str, Tally] = {}
    for answer in answers:
        before = counts.get(answer.name, Tally())
        counts[answer.name] = Tally(before.legal + answer.tally.legal, before.refused + answer.tally.refused)
    version = torch.__version__.partition("+")[0]
    return SelfTest(version, seed, counts, tuple(text for answer in answers for text in answer.differences))


def named(name: str) -> list[type[Layer]]:
    """The layers that a name stands for: one, or the members of a family."""
    found = find(name)
    if found is None:
        near = nearest(name, names())
        hint = f"did you mean {near[0]}?" if near else "`cnncalc layers` lists all"
        raise UsageError(Diagnostic("unknown-layer", f"there is no layer called {name}", hint=hint))
    return found.family.members if found.ndim is None else [found.family.member(found.ndim)]


def planned(chosen: list[str], trials: int, networks: int, seed: int) -> Iterator[Task]:
    """The cases in chunks, as many of each layer."""
    for i, name in enumerate(chosen):
        count = trials // len(chosen) + (i < trials % len(chosen))
        for start in range(0, count, CHUNK):
            yield Task(name, seed, range(start, min(count, start + CHUNK)))
    for start in range(0, networks, CHUNK // 5):
        yield Task(NETWORK, seed, range(start, min(networks, start + CHUNK // 5)))


def answered(tasks: list[Task], jobs: int) -> Iterator[Answer]:
    """Each task done, in any order."""
    if jobs == 1:
        yield from map(answer, tasks)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            for future in as_completed([pool.submit(answer, task) for task in tasks]):
                yield future.result()
        except BrokenProcessPool:
            hint = "PYTHONFAULTHANDLER=1 and --jobs 1 show where"
            message = "torch ended the process of a case, and the self-test with it"
            raise CnncalcError(Diagnostic("torch-crash", message, hint=hint)) from None


@contextmanager
def one_thread() -> Iterator[None]:
    """The tensors are small, and what several positions write to one place comes out the same each time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def answer(task: Task) -> Answer:
    """Draw and compare the cases of a task."""
    legal = refused = 0
    differences: list[str] = []
    for index in task.indices:
        draw = random.Random(f"{task.seed} {task.name} {index}")
        if task.name == NETWORK:
            found = network_difference(draw)
            legal += 1
        else:
            came = outcome(case(layer_of(task.name), draw))
            found = came.difference
            legal += came.legal
            refused += not came.legal
        if found:
            differences.append(found)
    return Answer(task.name, task.indices.start, Tally(legal, refused), differences)


def layer_of(name: str) -> type[Layer]:
    found = find(name)
    assert found is not None, name
    return found.family.member(found.ndim)


def network_field_difference(drawn: DrawnNetwork, sizes: dict[str, int], seed: int) -> str | None:
    """What the values of a drawn network depend on differently at some sizes."""
    report = drawn.report.at(**sizes) if sizes else drawn.report
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        wrong = network_disagreement(report, random.Random(seed))
    if wrong is None:
        return None
    return f'cnncalc "{drawn.spec}" --json\ncnncalc.build("{drawn.spec}")\nreceptive field at {sizes} of {wrong}'


def network_difference(draw: random.Random) -> str | None:
    """What a drawn network differs in, with lines in both languages to try it."""
    while True:
        drawn = network(draw)
        seed = draw.randrange(10**6)
        try:
            found = verify(drawn.report, trials=2, seed=seed)
            break
        except UsageError:  # its conditions contradict each other, so that no sizes are legal
            continue
    if found.ok:
        return network_field_difference(drawn, found.trials[-1], seed)
    first: Difference = found.differences[0]
    return (
        f'cnncalc verify "{drawn.spec}" --trials 2 --seed {seed}\n'
        f'cnncalc.build("{drawn.spec}")\n'
        f"{first.path} {first.figure} at {first.sizes}\ntorch:   {first.torch}\ncnncalc: {first.cnncalc}"
    )
