"""Tensors that share memory, and code that goes by how values lie in it."""

import torch
import torch.nn as nn


# cnncalc: input 4
class WrittenOver(nn.Module):
    """A view shows what its tensor is given later, and the other way round."""

    def __init__(self):
        super().__init__()
        whole = torch.zeros(4)
        part = whole[1:3]
        whole[1] = 5
        other = whole.detach()
        whole.add_(1)
        table = torch.arange(4)
        turned = table.view(2, 2).t()
        table += 1
        self.first = nn.Linear(4, 1 + int(part[0]))
        self.second = nn.Linear(4, 1 + int(other[3]))
        self.third = nn.Linear(4, int(turned[0, 1]))

    def forward(self, x):
        return self.first(x), self.second(x), self.third(x)


# cnncalc: input 3x8x8
class ByOrder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Conv2d(3, 4, 1)
        self.others = nn.Conv2d(3, 8, 1)

    def forward(self, x):
        y = x.transpose(2, 3)
        one = self.rows(x) if y.is_contiguous() else self.others(x)
        two = self.rows(x) if y.contiguous().is_contiguous() else self.others(x)
        return one, two, x.new_zeros(y.stride(0) + y[:, :, 0].stride(1), 2)


# cnncalc: input 4x6
class Viewed(nn.Module):
    """Views that need no copy, though axes have changed their order."""

    def forward(self, x):
        y = x.transpose(1, 2)
        last = y.view(y.size(0), 6, 2, 2)
        copied = y.contiguous().view(-1, 24)
        heads = x.view(-1, 4, 2, 3).transpose(1, 2).reshape(-1, 2, 12).view(-1, 24)
        return last, copied, heads, x[:, 1:3].view(-1, 12), x[:, :, None].expand(-1, -1, 5, -1).view(-1, 4, 5, 2, 3)


# cnncalc: input 3x8x8
class Numbers(nn.Module):
    """Numbers that keep or change their type."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 4)

    def forward(self, x):
        halves = torch.div(x.long(), 2, rounding_mode="floor").flatten(1)
        return torch.where(x > 0, 1.0, 0.0) * True, x.sum() * False, self.table(halves)
