"""Files that do more than define a network: training scripts whose packages and data are not here."""

from __future__ import annotations

import os
import random
import textwrap
import time
from pathlib import Path

import pytest

import cnncalc
from cnncalc.source import load
from cnncalc.source.errors import TooLong
from tests.command import cnncalc as command

TUTORIAL = """
import torch
import torchvision_is_not_here as torchvision
import matplotlib_is_not_here.pyplot as plt
from torchvision_is_not_here import transforms

transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
trainset = torchvision.datasets.CIFAR10(root="./data", train=True, transform=transform)
loader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True)
width = 6
names = ["plane"]
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def show(image):
    plt.imshow(image.numpy())


images, labels = next(iter(loader))
show(torchvision.utils.make_grid(images))
names.extend(trainset.classes)
outputs = 10

import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, outputs)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))))


class Named(Net):
    def forward(self, x):
        return F.linear(super().forward(x), torch.ones(len(names), 10))


net = Net().to(device)
for epoch in range(2):
    for inputs, labels in loader:
        net(inputs)
"""


def written(folder: Path, text: str) -> str:
    file = folder / "train.py"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(file)


def test_a_script_without_its_packages_and_data(tmp_path: Path) -> None:
    found = cnncalc.calc(f"{written(tmp_path, TUTORIAL)}:Net", input="3x32x32")
    assert (found.totals.params, found.output) == (62006, (10,))  # as PyTorch's tutorial has it


def test_what_a_failed_statement_has_changed_is_not_known(tmp_path: Path) -> None:
    """`names` would have one name too few."""
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(f"{written(tmp_path, TUTORIAL)}:Named", input="3x32x32")
    assert caught.value.diagnostics[0].code == "unknown-torch"


@pytest.mark.parametrize(
    "statement",
    [
        "sizes.append(missing())",
        "sizes[0] = missing()",
        "for size in missing(): sizes.append(size)",
        "list.extend(sizes, missing())",
        "shared()",
    ],
)
def test_values_behind_a_failure_are_refused(tmp_path: Path, statement: str) -> None:
    text = f"""
    from torch import nn

    sizes = [3, 4]


    def missing():
        raise OSError("no data")


    def shared():
        global sizes
        sizes = [1]
        missing()


    def build():
        return nn.Linear(*sizes)


    {statement}
    """
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(f"{written(tmp_path, text)}:build", input="3")
    assert "OSError: no data" in caught.value.diagnostics[0].message


def test_nothing_is_run_behind_a_failure(tmp_path: Path) -> None:
    text = f"""
    import os
    from torch import nn

    class Net(nn.Linear):
        pass

    raise SystemExit
    os.mkdir({str(tmp_path / "made")!r})
    if True:
        os.mkdir({str(tmp_path / "made")!r})
    width = os.mkdir({str(tmp_path / "made")!r})
    """
    found = cnncalc.calc(f"{written(tmp_path, text)}:Net", input="3", kwargs={"in_features": 3, "out_features": 4})
    assert found.output == (4,)
    assert not (tmp_path / "made").exists()


def test_an_import_that_is_tried_fails_as_in_python(tmp_path: Path) -> None:
    text = """
    from torch import nn
    try:
        import there_is_no_such_package as package
    except ImportError:
        package = None

    def build():
        return nn.Linear(3, 4 if package is None else 5)
    """
    assert cnncalc.calc(f"{written(tmp_path, text)}:build", input="3").output == (4,)


def test_code_that_catches_what_stops_it() -> None:
    """It can catch the first; the second stops what catches it too."""
    caught: list[BaseException] = []

    def stubborn() -> None:
        while len(caught) < 100:
            try:
                time.sleep(0.001)
            except BaseException as error:
                caught.append(error)

    with pytest.raises(TooLong), load.bounded(0.2):
        stubborn()
    assert len(caught) < 5


def test_settings_of_the_process_stay_as_they_were(tmp_path: Path) -> None:
    text = """
    import os
    import torch
    from torch import nn

    os.environ["CNNCALC_LEFT"] = "1"
    torch.set_default_dtype(torch.float64)

    def build():
        assert torch.zeros(1).dtype is torch.float64
        return nn.Linear(3, 4)
    """
    cnncalc.calc(f"{written(tmp_path, text)}:build", input="3")
    assert "CNNCALC_LEFT" not in os.environ
    plain = """
    import torch
    from torch import nn

    def build():
        assert torch.zeros(1).dtype is torch.float32
        return nn.Linear(3, 4)
    """
    cnncalc.calc(f"{written(tmp_path, plain)}:build", input="3")


def test_random_numbers_are_drawn_as_if_no_file_had_set_a_seed(tmp_path: Path) -> None:
    (tmp_path / "sown.py").write_text(
        "import random\n\nfrom torch import nn\n\nrandom.seed(7)\n\n\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        return x + random.random()\n"
    )
    random.seed(3)
    wanted = [random.random() for _ in range(3)]
    random.seed(3)
    got = [random.random()]
    cnncalc.from_source(f"{tmp_path}/sown.py:Net", "8")
    assert [*got, random.random(), random.random()] == wanted


def test_an_exit_ends_the_code_and_not_the_process(tmp_path: Path) -> None:
    exits = os._exit
    (tmp_path / "ends.py").write_text(
        "import os\n\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n"
        "        if os.fork() == 0:\n            os._exit(0)\n        os.wait()\n        os._exit(3)\n"
    )
    with pytest.raises(cnncalc.CnncalcError, match="ends the program"):
        cnncalc.from_source(f"{tmp_path}/ends.py:Net", "8")
    assert os._exit is exits


def test_numbers_of_64_bits_go_through_a_network_of_such(tmp_path: Path) -> None:
    text = """
    import torch
    from torch import nn

    torch.set_default_dtype(torch.float64)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 4)
            self.weight = nn.Parameter(torch.randn(4, 2))

        def forward(self, x):
            return self.fc(x) @ self.weight
    """
    assert cnncalc.calc(f"{written(tmp_path, text)}:Net", input="3").totals.params == 3 * 4 + 4 + 4 * 2


TUPLES = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self, depths, kinds):
        assert isinstance(depths, tuple) and isinstance(kinds, list)
        super().__init__(*[nn.Linear(4, 4) for _ in range(sum(depths) + len(kinds))])
"""


@pytest.mark.parametrize("torch", [(), ("--torch",)])
def test_tuples_and_lists_arrive_as_they_are_given(torch: tuple[str, ...], tmp_path: Path) -> None:
    spec = f"{written(tmp_path, TUPLES)}:Net"
    given = {"depths": (1, 2), "kinds": [1]}
    assert cnncalc.calc(spec, input="4", kwargs=given, torch=bool(torch)).totals.params == 4 * 20
    for words in (("--kwargs", str(given)), ("--set", "depths=(1, 2)", "--set", "kinds=[1]")):
        found = command(spec, "-i", "4", *words, *torch, "--json", cwd=tmp_path)
        assert '"params": 80' in found.out, found.err
    wrong = command(spec, "-i", "4", "--kwargs", '{"depths": [1, 2], "kinds": [1]}', *torch, cwd=tmp_path)
    assert wrong.code == 1
    assert "assert isinstance(depths, tuple)" in wrong.err
