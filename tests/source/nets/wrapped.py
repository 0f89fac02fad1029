"""What people keep in a network beside its layers, and other ways to put tensors together."""

import torch
import torch.nn.functional as F
from torch import nn


# cnncalc: input 6
class Stacks(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        row = x.flatten()
        side = torch.hstack([x, x])
        rows = torch.vstack((self.fc(side), self.fc(side)))
        deep = torch.dstack([x, x])
        columns = torch.column_stack([row, row])
        return rows, deep, columns, torch.hstack([row, row]), torch.vstack([row, row]), torch.atleast_2d(row)


# cnncalc: input 3x32x32, 10
class WithLoss(nn.Module):
    """A network that computes its own loss, with classes that are weighted."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
        self.criterion = nn.MSELoss()
        self.weighted = nn.CrossEntropyLoss(weight=torch.ones(10))
        self.unused = nn.BCEWithLogitsLoss(pos_weight=torch.ones([3]))

    def forward(self, x, target):
        out = self.net(x)
        return out, self.criterion(out, target), F.l1_loss(out, target, reduction="none")


# cnncalc: input 3x16x16
class Parallel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.DataParallel(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))

    def forward(self, x):
        return self.net(x)


# cnncalc: input 3x8x8
class Scaled(nn.Module):
    """Parameters made of numbers and of sizes."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.Tensor([1.0, 0.5, 0.25]))
        self.shift = nn.Parameter(torch.FloatTensor(3, 1, 1))
        self.names = nn.Embedding.from_pretrained(torch.zeros(7, 2))

    def forward(self, x):
        return x * self.scale.view(1, -1, 1, 1) + self.shift


# cnncalc: input 1x16x16
class Replaced(nn.Module):
    """A layer in another's place, which it keeps."""

    def __init__(self):
        super().__init__()
        net = nn.Module()
        net.stem, net.norm, net.head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 10)
        net.stem = nn.Conv2d(1, 8, 3)
        self.body = nn.Sequential(*list(net.children())[:-1])

    def forward(self, x):
        return self.body(x)


class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("positions", torch.arange(64).unsqueeze(0), persistent=False)
        self.words = nn.Embedding(100, 8, padding_idx=0)
        self.places = nn.Embedding(64, 8)

    def forward(self, ids, positions):
        return self.words(ids) + self.places(positions)


# cnncalc: input 12:int64
class Read(nn.Module):
    """A buffer of a module that is read before the module runs, and a check of values that are known."""

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings()

    def forward(self, ids):
        positions = self.embeddings.positions[:, : ids.shape[1]]
        steps = torch.diff(positions, prepend=positions[:, :1] - 1, dim=-1)
        if not (steps == 1).all():
            positions = positions * 0
        return self.embeddings(ids, positions)
