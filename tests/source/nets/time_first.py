"""Reductions over the first axis, which is not the batch here."""

import torch
from torch import nn


# cnncalc: input 8x16
class TimeFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = x.transpose(0, 1)
        mean = self.fc(x.mean(0))
        return mean + self.fc(x.sum(dim=0)) + self.fc(torch.mean(x, 0)) + self.fc(x.amax(0)) + self.fc(x.prod(0))
