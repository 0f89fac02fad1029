"""How fast cnncalc is, as ratios measured in one run: python tests/bench/bench.py [--runs N] [--quick]

Processes are compared by their CPU time (user and system, median of the runs), as it moves less than
the clock when the machine has other work. cnncalc with its extra `test` has to be installed in
the Python that runs this, and not as editable, whose import hook costs 25 ms.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CNNCALC = str(Path(sys.executable).with_name("cnncalc"))  # the installed command, not the sources beside this file
LINE = "3x224x224 -> conv 64 k7 s2 p3 -> bn -> relu -> maxpool 3 s2 p1"
CHECKED = 100  # networks

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def main(name: str = "x") -> None:
    pass
app()
"""

TORCHINFO = """
import torch, torchinfo
from torch import nn
model = nn.Sequential(
    nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)
)
torchinfo.summary(model, input_size=(1, 3, 224, 224))
"""


BESIDE = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "beside")}  # where torchvision can be imported


def cpu_time(command: list[str]) -> float:
    """CPU seconds of a whole process. It has to succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = BESIDE if any("torch" in word for word in command) else None
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=tempfile.gettempdir(), env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """The median CPU time of each command; all take turns, so that a slow moment meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            times[name].append(cpu_time(command))
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def median_time(function: Callable[[], object], runs: int) -> float:
    """The median CPU time of a call in this process, after one to warm up."""
    function()
    times = []
    for _ in range(runs):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def row(what: str, measured: float, unit: str, target: str) -> None:
    print(f"{what:<66} {measured:>8.2f} {unit:<4} {target}", flush=True)


def whole_processes(runs: int, quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.py")
        empty.write_text(EMPTY)
        commands = {
            "empty": [sys.executable, str(empty)],
            "line": [CNNCALC, LINE],
            "table": [CNNCALC, "zoo:resnet50"],
            "json": [CNNCALC, "zoo:resnet50", "--json"],
        }
        found = in_turn(commands, runs)
        row("an empty Typer program", 1000 * found["empty"], "ms", "")
        row("a one-line query / the empty program", found["line"] / found["empty"], "x", "at most 1.3")
        row("zoo:resnet50 as a table / the empty program", found["table"] / found["empty"], "x", "at most 2")
        row("zoo:resnet50 as JSON / the empty program", found["json"] / found["empty"], "x", "at most 1.6")
        if not quick:
            script = Path(folder, "summary.py")
            script.write_text(TORCHINFO)
            peers = in_turn({"torchinfo": [sys.executable, str(script)], "line": commands["line"]}, runs)
            ratio = peers["torchinfo"] / peers["line"]
            row("the same by a script with torchinfo / a one-line query", ratio, "x", "at least 8")


def imports(runs: int) -> None:
    """torchvision's ResNet-50, imported, beside the import of what its capture needs."""
    commands = {
        "torch": [sys.executable, "-c", "import torch, torch.export"],
        "torchvision": [sys.executable, "-c", "import torch, torch.export, torchvision"],
        "import": [CNNCALC, "import", "torchvision.models:resnet50", "-i", "3x224x224"],
    }
    found = in_turn(commands, runs)
    row("import torch, torch.export", found["torch"], "s", "")
    row("cnncalc import of torchvision's ResNet-50 / that", found["import"] / found["torch"], "x", "at most 2.5")
    row("import torch, torch.export, torchvision / that", found["torchvision"] / found["torch"], "x", "")


def one_process(runs: int) -> None:
    """ResNet-50 by cnncalc and by torchinfo, both with everything loaded."""
    import torchinfo

    import cnncalc
    from cnncalc.torch_bridge.verifying.build import build

    graph = cnncalc.parse("zoo:resnet50")
    model = build(graph)
    summary = median_time(lambda: torchinfo.summary(model, input_size=(1, 3, 224, 224), verbose=0), runs)
    text = median_time(lambda: cnncalc.calc("zoo:resnet50"), 5 * runs)
    parsed = median_time(lambda: cnncalc.trace(graph), 20 * runs)
    row("torchinfo.summary of ResNet-50, already built", 1000 * summary, "ms", "")
    row("torchinfo.summary / cnncalc from the YAML text", summary / text, "x", "at least 20")
    row("torchinfo.summary / cnncalc from the parsed graph", summary / parsed, "x", "at least 100")


def checks(runs: int) -> None:
    """The networks of a folder of specs, computed, and checked against a budget and a baseline."""
    import cnncalc
    from cnncalc.checks.call import expectations
    from cnncalc.checks.run import run
    from cnncalc.checks.targets import RunSettings, targets
    from cnncalc.language.text.zoo_files import ZOO
    from cnncalc.render import Options
    from cnncalc.render.reports import report

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ZOO, Path(folder, "specs"))
        budget = tuple(expectations({"params": "<= 10G"}))
        asked = RunSettings(expected=budget, baseline=Path(folder, "baseline.json"))
        # Files that begin with _ are parts of networks, without inputs.
        found = targets([str(Path(folder, "specs"))], None, asked)
        every = [one for one in found if one.file is not None and not one.file.name.startswith("_")]
        chosen = [every[i * len(every) // CHECKED] for i in range(CHECKED)]

        def check(update: bool = False) -> None:
            done = run(chosen, asked, update)
            assert done.ok, [problem for outcome in done.outcomes for problem in outcome.problems]
            report("text")(done, Options())

        def calc() -> None:
            for one in chosen:
                cnncalc.calc(str(one.file), set=one.settings)

        check(update=True)
        times = [(median_time(calc, 1), median_time(check, 1)) for _ in range(max(3, runs // 3))]
        calcs, checked = (statistics.median(column) for column in zip(*times))
        row(f"calc of {CHECKED} networks of a folder", 1000 * calcs, "ms", "")
        row("their check, with a budget and a baseline / their calc", checked / calcs, "x", "at most 3")


def sweeps(runs: int) -> None:
    """A million points of MobileNetV2: 20 widths, each with all heights and widths of 224 sizes."""
    import cnncalc

    sizes = range(32, 256)
    over = {"width": [round(0.35 + 0.05 * i, 2) for i in range(20)], "H": sizes, "W": sizes}

    def million() -> None:
        found = cnncalc.sweep("zoo:mobilenet_v2", input="3xHxW", over=over)
        assert sum(block.length for block in found.blocks()) == 20 * len(sizes) ** 2

    whole = median_time(million, max(3, runs // 3))
    one = median_time(lambda: cnncalc.calc("zoo:mobilenet_v2", input="3x200x200", set={"width": 0.8}), runs)
    row("1,003,520 points of MobileNetV2's figures", whole, "s", "at most 3")
    row("calc of one point / one point of them", one / (whole / (20 * len(sizes) ** 2)), "x", "at least 1,000")


def memory(runs: int) -> None:
    """ResNet-50 with its memory beside without, both with everything loaded; and a long chain beside a short one."""
    import cnncalc
    from cnncalc.render import Options, report_format

    table = report_format("table")

    def shown(spec: str, mode: str | None) -> str:
        return table.render(cnncalc.calc(spec, memory=mode), Options())

    plain = median_time(lambda: shown("zoo:resnet50", None), runs)
    for mode in ("infer", "train"):
        ratio = median_time(lambda mode=mode: shown("zoo:resnet50", mode), runs) / plain  # type: ignore[misc]
        row(f"zoo:resnet50 as a table with --memory {mode} / without", ratio, "x", "at most 2")
    times = {
        n: median_time(lambda n=n: shown(f"3x64x64 -> {n} * (conv 3 k3 p1)", "train"), 1) for n in (10_000, 100_000)
    }  # type: ignore[misc]
    row("100,000 layers / 10,000 layers, with --memory train", times[100_000] / times[10_000], "x", "at most 11")


def questions(runs: int) -> None:
    """A question with three unknowns beside the start of a query."""
    question = [CNNCALC, "solve", "3x224x224 -> conv 64 k? s? p?", "--expect-output", "64x112x112"]
    found = in_turn({"query": [CNNCALC, LINE], "question": question}, runs)
    row("three unknowns of one layer / a one-line query", found["question"] / found["query"], "x", "at most 3")


def sources(runs: int, quick: bool) -> None:
    """Models in PyTorch's own words, read without torch."""
    nets = Path(__file__).parents[1] / "source" / "nets"
    commands = {
        "query": [CNNCALC, LINE],
        "lenet": [CNNCALC, f"{nets / 'lenet.py'}:LeNet", "-i", "1x28x28"],
        "resnet": [CNNCALC, f"{nets / 'resnet.py'}:resnet50", "-i", "3x224x224"],
        "zoo": [CNNCALC, "zoo"],
    }
    if not quick:
        commands["torch"] = [sys.executable, "-c", "import torch"]
    found = in_turn(commands, runs)
    row("a LeNet in a file of PyTorch / a one-line query", found["lenet"] / found["query"], "x", "at most 2")
    row("a ResNet-50 in a file of PyTorch / a one-line query", found["resnet"] / found["query"], "x", "at most 3")
    if not quick:
        row("import torch / a LeNet in a file of PyTorch", found["torch"] / found["lenet"], "x", "at least 8")
    row("the list of the zoo / a one-line query", found["zoo"] / found["query"], "x", "at most 1.6")


def installed() -> None:
    """What a hook installs: cnncalc and all that it needs."""
    names, sizes = ["cnncalc"], {}
    while names:
        name = names.pop()
        if name in sizes:
            continue
        found = distribution(name)
        sizes[name] = sum(
            path.stat().st_size for file in found.files or () if (path := Path(str(file.locate()))).is_file()
        )
        needed = [text for text in found.requires or () if "extra ==" not in text and not absent(text)]
        names += [re.split(r"[^\w.-]", text)[0] for text in needed]
    row("cnncalc and all that it needs, installed", sum(sizes.values()) / 1e6, "MB", "under 40")


def absent(requirement: str) -> bool:
    """Is it for another Python or system, and not installed here?"""
    try:
        distribution(re.split(r"[^\w.-]", requirement)[0])
    except PackageNotFoundError:
        return True
    return False


def growth(runs: int) -> None:
    """A chain of 10,000 and of 100,000 layers, and the memory of the second."""
    for options in ([], ["--json"]):
        commands = {str(n): [CNNCALC, f"3x64x64 -> {n} * (conv 3 k3 p1)", *options] for n in (10_000, 100_000)}
        found = in_turn(commands, max(3, runs // 3))
        name = options[0] if options else "table"
        row(f"100,000 layers / 10,000 layers ({name})", found["100000"] / found["10000"], "x", "at most 11")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    row("largest process", peak, "MB", "under 500 (torch's own excepted)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="without torch")
    arguments = parser.parse_args()
    os.environ["COLUMNS"] = "80"
    print(f"Python {sys.version.split()[0]}, median of {arguments.runs} runs\n")
    growth(arguments.runs)
    whole_processes(arguments.runs, arguments.quick)
    checks(arguments.runs)
    sweeps(arguments.runs)
    memory(arguments.runs)
    questions(arguments.runs)
    sources(arguments.runs, arguments.quick)
    installed()
    if not arguments.quick:
        imports(max(3, arguments.runs // 3))
        one_process(arguments.runs)


if __name__ == "__main__":
    main()
