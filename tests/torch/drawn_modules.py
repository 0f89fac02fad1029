"""PyTorch modules drawn at random: pieces of many kinds, put together in the ways that models are."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

Tensor = Any  # torch.Tensor, whose stubs are not strict
Shape = tuple[int, ...]
Piece = Callable[[random.Random, Shape], nn.Module]


class Drawn(NamedTuple):
    """A module with the shapes of one sample that it takes, and their types."""

    module: nn.Module
    inputs: list[str]


def divisor(r: random.Random, number: int) -> int:
    return r.choice([d for d in range(1, number + 1) if number % d == 0])


# Feature maps: N, C, H, W


def conv(r: random.Random, shape: Shape) -> nn.Module:
    out = r.choice([2, 4, 6, 8])
    groups = r.choice([g for g in (1, 2, 3) if shape[0] % g == 0 and out % g == 0])
    kernel: Any = r.choice([1, 3, (3, 1), 2])
    padding: Any = r.choice([0, 1, "same"])
    stride = 1 if padding == "same" else r.choice([1, 1, 2])
    return nn.Conv2d(shape[0], out, kernel, stride, padding, groups=groups, bias=r.random() < 0.7)


def conv_block(r: random.Random, shape: Shape) -> nn.Module:
    out = r.choice([4, 6, 8])
    last = r.choice([nn.ReLU(), nn.ReLU(inplace=True), nn.SiLU(), nn.GELU(), nn.Hardswish(), nn.PReLU(), nn.ELU(0.5)])
    norm = r.choice([nn.BatchNorm2d(out), nn.GroupNorm(2, out), nn.InstanceNorm2d(out, affine=True), nn.Identity()])
    return nn.Sequential(nn.Conv2d(shape[0], out, 3, padding=1, bias=False), norm, last)


class FunctionalConv(nn.Module):
    """Weights of its own, and torch's functions on them."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, channels, 3, 3))
        self.scale = nn.Parameter(torch.ones(out, 1, 1, 1))
        self.offset = nn.Parameter(torch.zeros(out))

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(x, self.weight * self.scale, self.offset, padding=1)
        return F.leaky_relu(F.max_pool2d(x, 2, ceil_mode=True), 0.2)


class Standardised(nn.Conv2d):
    """A convolution whose weight is normalised each time."""

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight
        mean = weight.mean(dim=(1, 2, 3), keepdim=True)
        weight = (weight - mean) / (weight.std(dim=(1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Scaled(nn.Module):
    """Two convolutions whose weights are worked out, one after the other: parameters among layers of no name."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(F.conv2d(x, self.conv1.weight * 2, self.conv1.bias))
        return x + F.conv2d(y, self.conv2.weight * 2, self.conv2.bias, padding=1)


class NormAct(nn.BatchNorm2d):
    """torch's norm in a class of its own, with what follows it."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.1, 1e-3))


class Grouped(nn.Module):
    """torch's norms on parameters that are elsewhere."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.gain = nn.Parameter(torch.ones(channels))
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        x = F.group_norm(x, self.groups, self.gain * 2, self.offset)
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.gain.shape, self.gain + 1)
        return F.rms_norm(x, self.gain.shape, self.gain).permute(0, 3, 1, 2)


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = nn.Linear(channels, max(1, channels // 2))
        self.up = nn.Linear(max(1, channels // 2), channels)

    def forward(self, x: Tensor) -> Tensor:
        n, c, _, _ = x.shape
        gate = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))
        return x * gate.view(n, c, 1, 1)


class Shuffle(nn.Module):
    """Views and transposes written by hand."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.size()
        x = x.view(n, self.groups, c // self.groups, h, w)
        return torch.transpose(x, 1, 2).contiguous().view(n, -1, h, w)


class ChannelScale(nn.Module):
    """Arithmetic with parameters and buffers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(1))
        self.register_buffer("mean", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean[:, None, None]) * self.gamma[:, None, None] + 2 * self.beta


class HalfByHalf(nn.Module):
    """Chunks, of which one is passed on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.Conv2d(channels - channels // 2, channels - channels // 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        keep = x.shape[1] // 2
        left, right = x[:, :keep], x[:, keep:]
        return torch.cat([left, self.inner(right)], dim=1)


class Pyramid(nn.Module):
    """Resized maps that are added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.side = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        small = F.avg_pool2d(x, 3, stride=2, padding=1)
        up = F.interpolate(self.side(small), size=x.shape[-2:], mode="bilinear", align_corners=False)
        return x + up


class ShapeDependent(nn.Module):
    """What runs depends on the sizes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(channels, channels, (1, 3), padding=(0, 1))
        self.tall = nn.Conv2d(channels, channels, (3, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Tensor:
        x = self.wide(x) if x.shape[-1] >= x.shape[-2] else self.tall(x)
        while x.shape[-1] > 6:
            x = F.max_pool2d(x, (1, 2))
        if x.shape[-1] % 2:
            x = F.pad(x, (0, 1))
        return x


class Stages(nn.Module):
    """A list of modules in a loop, with what each gives kept."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()) for _ in range(count)]
        )

    def forward(self, x: Tensor) -> Tensor:
        kept = [x]
        for stage in self.stages:
            kept.append(stage(sum(kept)))
        return torch.cat(kept, 1)


class Twice(nn.Module):
    """One module called more than once."""

    def __init__(self, inner: nn.Module, times: int) -> None:
        super().__init__()
        self.inner = inner
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = self.inner(x)
        return x


class InPlace(nn.Module):
    """Operators that write over what they read."""

    def forward(self, x: Tensor) -> Tensor:
        x = x * 1.5
        x.add_(1).mul_(2).clamp_(min=0)
        x += x.mean()
        return F.relu_(x)


class Statistics(nn.Module):
    """Reductions of several kinds, as channels."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=1, keepdim=True)
        most, _ = x.max(dim=1, keepdim=True)
        least = x.amin(1, keepdim=True)
        return torch.cat((mean, most, least, x.var(1, keepdim=True), x.norm(dim=1, keepdim=True)), dim=1)


class Fourier(nn.Module):
    """A filter with complex weights."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, height, width // 2 + 1, 2))

    def forward(self, x: Tensor) -> Tensor:
        spectrum = torch.fft.rfft2(x, norm="ortho")
        spectrum = spectrum * torch.view_as_complex(self.weight)
        return torch.fft.irfft2(spectrum, s=x.shape[-2:], norm="ortho")


class Coordinates(nn.Module):
    """Channels that say where a pixel is."""

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        ys = torch.linspace(-1, 1, h, device=x.device).view(1, 1, h, 1).expand(n, 1, h, w)
        xs = torch.arange(w, device=x.device, dtype=x.dtype).view(1, 1, 1, w).expand(n, 1, h, w)
        return torch.cat([x, ys, xs], 1)


class SpaceToDepth(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        x = F.pad(x, (0, w % 2, 0, h % 2))
        x = x.reshape(n, c, x.shape[2] // 2, 2, x.shape[3] // 2, 2).permute(0, 1, 3, 5, 2, 4)
        return x.reshape(n, c * 4, x.shape[4], x.shape[5])


class Patches(nn.Module):
    """torch's im2col and its inverse."""

    def forward(self, x: Tensor) -> Tensor:
        columns = F.unfold(x, 3, padding=1)
        return F.fold(columns, x.shape[-2:], 3, padding=1) / 9


class Windows(nn.Module):
    """Sliding windows by unfold of a tensor, and roll."""

    def forward(self, x: Tensor) -> Tensor:
        x = torch.roll(x, shifts=(1, -1), dims=(2, 3))
        return x.unfold(2, 2, 1).mean(-1).unfold(3, 2, 2).amax(-1)


def tied_convs(r: random.Random, shape: Shape) -> nn.Module:
    """Two convolutions that have one weight."""
    first = nn.Conv2d(shape[0], shape[0], 3, padding=1)
    second = nn.Conv2d(shape[0], shape[0], 3, padding=1)
    second.weight = first.weight
    return nn.Sequential(first, nn.ReLU(), second)


def transposed(r: random.Random, shape: Shape) -> nn.Module:
    return nn.ConvTranspose2d(shape[0], r.choice([2, 4]), r.choice([2, 3]), stride=2, bias=r.random() < 0.5)


def pool(r: random.Random, shape: Shape) -> nn.Module:
    return r.choice(
        [
            nn.MaxPool2d(2, ceil_mode=r.random() < 0.5),
            nn.AvgPool2d(3, stride=2, padding=1),
            nn.AdaptiveAvgPool2d(r.choice([1, 3, (2, None)])),
            nn.AdaptiveMaxPool2d(2),
            nn.LPPool2d(2, 2),
            nn.Upsample(scale_factor=2, mode=r.choice(["nearest", "bilinear"])),
            nn.ZeroPad2d((1, 2, 0, 1)),
            nn.ReflectionPad2d(1),
        ]
    )


def weight_norm(r: random.Random, shape: Shape) -> nn.Module:
    return nn.utils.parametrizations.weight_norm(nn.Conv2d(shape[0], 4, 3, padding=1))


class Transformer(nn.Module):
    """A spatial transformer: a map sampled where it says itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.locate = nn.Linear(channels, 6)

    def forward(self, x: Tensor) -> Tensor:
        theta = self.locate(x.mean((2, 3))).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(x.size()), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


MAPS: list[Piece] = [
    lambda r, shape: Scaled(shape[0]),
    lambda r, shape: nn.Sequential(*(Scaled(shape[0]) for _ in range(3))),
    lambda r, shape: NormAct(shape[0]),
    lambda r, shape: Grouped(shape[0], divisor(r, shape[0])),
    lambda r, shape: Transformer(shape[0]),
    conv,
    conv,
    conv_block,
    conv_block,
    pool,
    pool,
    transposed,
    tied_convs,
    weight_norm,
    lambda r, shape: FunctionalConv(shape[0], r.choice([3, 4])),
    lambda r, shape: Standardised(shape[0], 4, 3, padding=1, groups=1, bias=r.random() < 0.5),
    lambda r, shape: SqueezeExcite(shape[0]),
    lambda r, shape: Shuffle(divisor(r, shape[0])),
    lambda r, shape: ChannelScale(shape[0]),
    lambda r, shape: HalfByHalf(shape[0]),
    lambda r, shape: Pyramid(shape[0]),
    lambda r, shape: ShapeDependent(shape[0]),
    lambda r, shape: Stages(shape[0], r.choice([1, 2, 3])),
    lambda r, shape: Twice(nn.Sequential(nn.Conv2d(shape[0], shape[0], 3, padding=1), nn.ReLU()), r.choice([2, 3])),
    lambda r, shape: Twice(nn.Conv2d(shape[0], shape[0], 3, padding=1), 2),
    lambda r, shape: InPlace(),
    lambda r, shape: Statistics(),
    lambda r, shape: Fourier(*shape),
    lambda r, shape: Coordinates(),
    lambda r, shape: SpaceToDepth(),
    lambda r, shape: Patches(),
    lambda r, shape: Windows(),
]


# Sequences: N, T, D


class Attention(nn.Module):
    """Attention by hand: one projection, heads by views, a softmax of products."""

    def __init__(self, features: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads = heads
        self.fused = fused
        self.qkv = nn.Linear(features, 3 * features, bias=False)
        self.out = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if self.fused:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)
            mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
            scores = scores.masked_fill(~mask, float("-inf"))
            mixed = scores.softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(n, t, d))


class Relative(nn.Module):
    """Attention with a table of biases that is read by indices."""

    def __init__(self, features: int, heads: int, length: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(features, features) for _ in range(3))
        self.table = nn.Parameter(torch.zeros(2 * length - 1, heads))
        where = torch.arange(length)
        self.register_buffer("where", (where[:, None] - where[None, :] + length - 1).flatten(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        t = x.shape[1]
        q, k, v = (f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        bias = self.table[self.where].view(t, t, -1).permute(2, 0, 1)
        scores = torch.einsum("nhid,nhjd->nhij", q, k) + bias.unsqueeze(0)
        return torch.einsum("nhij,nhjd->nhid", scores.softmax(-1), v).transpose(1, 2).flatten(2)


class Rotary(nn.Module):
    """Rotations, as complex numbers or as halves."""

    def __init__(self, features: int, complex: bool) -> None:
        super().__init__()
        self.complex = complex
        self.register_buffer("freq", 1 / (10000 ** (torch.arange(0, features, 2).float() / features)))

    def forward(self, x: Tensor) -> Tensor:
        t = x.shape[1]
        angles = torch.outer(torch.arange(t, device=x.device).float(), self.freq)
        if self.complex:
            turned = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2).contiguous())
            return torch.view_as_real(turned * torch.polar(torch.ones_like(angles), angles)).flatten(2)
        left, right = x.chunk(2, dim=-1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1)


class Gated(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.wi = nn.Linear(features, 2 * hidden, bias=False)
        self.wo = nn.Linear(hidden, features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.wi(x).chunk(2, -1)
        return self.wo(F.silu(a) * b)


class PreNorm(nn.Module):
    """A residual around something, scaled by a parameter."""

    def __init__(self, features: int, inner: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.inner = inner
        self.gamma = nn.Parameter(torch.full((features,), 1e-4))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gamma * self.inner(self.norm(x))


class RootMeanSquare(nn.Module):
    """A norm by hand."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class ClassToken(nn.Module):
    def __init__(self, features: int, length: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, features))
        self.position = nn.Parameter(torch.zeros(1, length + 1, features))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
        return x + self.position


class Recurrent(nn.Module):
    """A recurrent layer whose last state is read, too."""

    def __init__(self, features: int, hidden: int, kind: str, both: bool) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(features, hidden, batch_first=True, bidirectional=both, num_layers=2)

    def forward(self, x: Tensor) -> Tensor:
        out, state = self.rnn(x)
        last = state[0] if isinstance(state, tuple) else state
        return out + last[-1].mean(-1)[:, None, None]


class Cell(nn.Module):
    """A cell in a loop over time."""

    def __init__(self, features: int, hidden: int, kind: str) -> None:
        super().__init__()
        self.cell = getattr(nn, kind)(features, hidden)
        self.hidden = hidden

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_zeros(x.shape[0], self.hidden)
        memory = x.new_zeros(x.shape[0], self.hidden)
        outs = []
        for step in x.unbind(1):
            if isinstance(self.cell, nn.LSTMCell):
                state, memory = self.cell(step, (state, memory))
            else:
                state = self.cell(step, state)
            outs.append(state)
        return torch.stack(outs, dim=1)


class Mixer(nn.Module):
    """Linear layers over time and over features."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(length, 7), nn.GELU(), nn.Linear(7, length))
        self.features = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.time(x.mT).transpose(1, 2)
        return x + self.features(x)


class Experts(nn.Module):
    """Weights of several experts in one parameter, mixed."""

    def __init__(self, features: int, experts: int) -> None:
        super().__init__()
        self.router = nn.Linear(features, experts)
        self.weights = nn.Parameter(torch.zeros(experts, features, features))

    def forward(self, x: Tensor) -> Tensor:
        gates = F.softmax(self.router(x), dim=-1)
        each = torch.einsum("ntd,edf->ntef", x, self.weights)
        return (gates.unsqueeze(-1) * each).sum(dim=2)


class Scan(nn.Module):
    """Sums that run, sorted values, and comparisons."""

    def forward(self, x: Tensor) -> Tensor:
        running = torch.cumsum(x, dim=1) / torch.arange(1, x.shape[1] + 1, device=x.device)[:, None]
        top = torch.topk(x, k=2, dim=1).values.mean(1, keepdim=True)
        return torch.where(running > top, running, x).flip(1)


class Convolved(nn.Module):
    """A convolution over time, causal by its padding."""

    def __init__(self, features: int, depthwise: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(features, features, 3, groups=features if depthwise else 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.glu(torch.cat([self.conv(F.pad(x.transpose(1, 2), (2, 0))).transpose(1, 2), x], -1))


class LowRank(nn.Linear):
    """A subclass of torch's layer with more weights."""

    def __init__(self, features: int, rank: int) -> None:
        super().__init__(features, features)
        self.down = nn.Parameter(torch.zeros(rank, features))
        self.up = nn.Parameter(torch.zeros(features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 0.5 * (x @ self.down.T @ self.up.T)


class Positions(nn.Module):
    """Waves at powers of a number, cut between tensors, with steps of positions and picks by several indices."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("low", torch.full((features,), -1.0))
        self.register_buffer("high", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        n, length, features = x.shape
        steps = torch.diff(torch.arange(length), prepend=torch.zeros(1, dtype=torch.int64))
        waves = torch.sin(torch.cumsum(steps, 0)[:, None] / 10000 ** (torch.arange(features) / features))
        x = torch.clamp(x + waves, self.low, self.high).masked_fill(x > 3, torch.finfo(x.dtype).min)
        ends = (x.amax(-1).argmax(-1) - 1).clamp_min(0)
        last = x[torch.arange(n), ends]
        largest = x.max() + x.amin() + x.prod() + x.argmax() + x.any() + x.min(1).values.min() + x.median()
        x = torch.nan_to_num(x, nan=0.5) + x.cummax(1).values.logcumsumexp(1) + torch.empty_like(x).exponential_()
        return torch.max(x, last[:, None]) / (x.norm() + 1e-20) + largest


class Orthogonal(nn.Module):
    """An operator that no layer is."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.linalg.qr(x)[0].sum((1, 2), keepdim=True)


SEQUENCES: list[Piece] = [
    lambda r, shape: Orthogonal(),
    lambda r, shape: Positions(shape[1]),
    lambda r, shape: Attention(shape[1], divisor(r, shape[1]), r.random() < 0.5),
    lambda r, shape: Relative(shape[1], divisor(r, shape[1]), shape[0]),
    lambda r, shape: Rotary(shape[1], r.random() < 0.5) if shape[1] % 2 == 0 else nn.Tanh(),
    lambda r, shape: Gated(shape[1], r.choice([5, 8])),
    lambda r, shape: PreNorm(shape[1], Gated(shape[1], 6)),
    lambda r, shape: PreNorm(shape[1], Attention(shape[1], divisor(r, shape[1]), False)),
    lambda r, shape: RootMeanSquare(shape[1]),
    lambda r, shape: ClassToken(shape[1], shape[0]),
    lambda r, shape: Recurrent(shape[1], r.choice([4, 6]), r.choice(["LSTM", "GRU", "RNN"]), r.random() < 0.5),
    lambda r, shape: Cell(shape[1], 6, r.choice(["LSTMCell", "GRUCell", "RNNCell"])),
    lambda r, shape: Mixer(*shape),
    lambda r, shape: Experts(shape[1], 3),
    lambda r, shape: Scan(),
    lambda r, shape: Convolved(shape[1], r.random() < 0.5),
    lambda r, shape: LowRank(shape[1], 2),
    lambda r, shape: nn.TransformerEncoderLayer(shape[1], divisor(r, shape[1]), 12, batch_first=True),
    lambda r, shape: nn.Sequential(nn.Linear(shape[1], 8), nn.Dropout(0.1), nn.Softplus()),
    lambda r, shape: nn.utils.parametrizations.spectral_norm(nn.Linear(shape[1], 6)),
    lambda r, shape: Twice(PreNorm(shape[1], nn.Linear(shape[1], shape[1])), 2),
]


# Whole modules


class Whole(nn.Module):
    """Pieces one after the other, between kinds of values, with outputs of several forms."""

    def __init__(self, pieces: Sequence[nn.Module], way: str, outputs: str) -> None:
        super().__init__()
        self.way = way
        self.outputs = outputs
        if way == "named":
            for i, piece in enumerate(pieces):
                setattr(self, f"part{i}", piece)
            self.count = len(pieces)
        elif way == "dict":
            self.parts: Any = nn.ModuleDict({f"p{i}": piece for i, piece in enumerate(pieces)})
        else:
            self.body: Any = nn.Sequential(*pieces) if way == "sequential" else nn.ModuleList(pieces)

    def forward(self, x: Tensor) -> Any:
        if self.way == "sequential":
            kept = [self.body(x)]
        else:
            kept = []
            parts = {
                "named": lambda: [getattr(self, f"part{i}") for i in range(self.count)],
                "dict": lambda: self.parts.values(),
                "list": lambda: self.body,
            }[self.way]()
            for part in parts:
                x = part(x)
                kept.append(x)
        if self.outputs == "list":
            return kept
        if self.outputs == "dict":
            return {"last": kept[-1], "mean": kept[-1].mean((1, 2))}
        return kept[-1]


class Residual(nn.Module):
    """A piece with the running value added where it has its shape."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        y = self.inner(x)
        return x + y if x.shape == y.shape else y


class Fork(nn.Module):
    """Two pieces on one value, their means put side by side."""

    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        super().__init__()
        self.left = left
        self.right = right

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.left(x), self.right(x)
        return x * (a.mean() + b.flatten(1).mean(1).view(-1, *[1] * (x.dim() - 1)))


class ToSequence(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


def draw(seed: int) -> Drawn:
    """The module of a seed."""
    r = random.Random(seed)
    torch.manual_seed(seed)
    if r.random() < 0.2:
        return r.choice(SEVERAL)(r)
    shape: Shape = (r.choice([2, 3, 4]), r.randint(7, 11), r.randint(7, 11))
    if r.random() < 0.4:
        shape = (r.randint(4, 7), r.choice([4, 6, 8]))
    first = shape
    pieces: list[nn.Module] = []
    for _ in range(r.randint(1, 4)):
        if len(shape) == 3 and r.random() < 0.1:
            piece: nn.Module = ToSequence()
        else:
            piece = drawn_piece(r, shape)
        after = shape_after(piece, shape)
        if after is None or 0 in after or len(after) not in (2, 3) or max(after) > 64:
            continue
        if len(after) == 3 and min(after[1:]) < 5 and len(shape) == 3:
            continue
        pieces.append(piece)
        shape = after
    pieces = pieces or [nn.Conv2d(first[0], 3, 1) if len(first) == 3 else nn.Linear(first[1], 3)]
    whole = Whole(pieces, r.choice(["sequential", "named", "dict", "list"]), r.choice(["one", "one", "list", "dict"]))
    return Drawn(whole, ["x".join(map(str, first))])


def drawn_piece(r: random.Random, shape: Shape) -> nn.Module:
    """A piece that takes a value of this shape, alone or in something around it."""
    pieces = MAPS if len(shape) == 3 else SEQUENCES
    piece = r.choice(pieces)(r, shape)
    chance = r.random()
    if chance < 0.15:
        return Residual(piece)
    if chance < 0.25:
        return Fork(piece, r.choice(pieces)(r, shape))
    return piece


def shape_after(piece: nn.Module, shape: Shape) -> Shape | None:
    """What a piece gives, None where it does not run."""
    try:
        with torch.no_grad():
            return tuple(piece.eval()(torch.zeros(2, *shape)).shape[1:])
    except (RuntimeError, ValueError, IndexError):
        return None


# Several inputs, and indices


class Pair(nn.Module):
    """Two towers that are one, and a distance."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(features, 8), nn.ReLU(), nn.Linear(8, 4))

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.tower(left), self.tower(right)
        return F.cosine_similarity(a, b), torch.abs(a - b)


class Language(nn.Module):
    """Tokens in, and logits with the weight of the embedding out."""

    def __init__(self, words: int, features: int, length: int, tied: bool) -> None:
        super().__init__()
        self.tokens = nn.Embedding(words, features)
        self.positions = nn.Embedding(length, features)
        self.block = nn.ModuleList([PreNorm(features, Gated(features, 8)) for _ in range(2)])
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, words, bias=False)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))
        for block in self.block:
            x = block(x)
        return self.head(self.norm(x))


class FreeTie(nn.Module):
    """The same by a product with the weight, without a layer."""

    def __init__(self, words: int, features: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(words, features)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, ids: Tensor) -> Tensor:
        x = F.normalize(self.tokens(ids), dim=-1) * self.scale.exp()
        return x @ self.tokens.weight.t()


class Cross(nn.Module):
    """A sequence that reads another, with a mask."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(features, 2, batch_first=True)
        self.norm = nn.LayerNorm(features)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        mixed, _ = self.attend(x, memory, memory, need_weights=False)
        return self.norm(x + mixed)


class Conditioned(nn.Module):
    """A map that a vector shifts and scales; the outputs a dictionary with a list in it."""

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 6, 3, padding=1)
        self.film = nn.Linear(features, 12)

    def forward(self, image: Tensor, code: Tensor) -> dict[str, Any]:
        scale, shift = self.film(code).split(6, dim=1)
        x = self.conv(image) * (1 + scale[..., None, None]) + shift[..., None, None]
        return {"map": x, "levels": [F.avg_pool2d(x, 2), F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1)]}


class Graphs(nn.Module):
    """Messages over an adjacency matrix, and nodes that are picked."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.own = nn.Linear(features, 5)
        self.other = nn.Linear(features, 5, bias=False)

    def forward(self, nodes: Tensor, adjacency: Tensor, picked: Tensor) -> Tensor:
        degree = adjacency.sum(-1, keepdim=True).clamp(min=1)
        x = F.relu(self.own(nodes) + torch.bmm(adjacency, self.other(nodes)) / degree)
        return torch.gather(x, 1, picked.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


class Causal(nn.Module):
    """A mask for padding and for what comes later, put together from positions; a bias from a table."""

    def __init__(self, words: int, features: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(words, features)
        self.table = nn.Embedding(7, 1)

    def forward(self, ids: Tensor) -> Tensor:
        n, length = ids.shape
        kept = torch.ones(n, length).cumsum(1) > 0
        if not torch.compiler.is_compiling() and not kept.all():  # a look at values, which shapes do not have
            return self.tokens(ids)
        at = torch.arange(length)
        seen = (at[None, None, None, :] <= at[None, None, :, None]) & kept[torch.arange(n)[:, None, None, None], at]
        far = torch.min(at[:, None] - at, torch.tensor(3)).clamp(min=-3) + 3
        bias = self.table(far.float().long())[..., 0]
        x = self.tokens(ids)
        flat = x.view(n, 1, length, -1)
        scores = torch.baddbmm(bias.expand(n, -1, -1), x, x.mT, beta=0.5, alpha=0.25).unsqueeze(1)
        scores = scores.masked_fill(~seen, torch.finfo(x.dtype).min)
        return scores.softmax(-1) @ flat


class OneHot(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.out = nn.Linear(classes + 3, 4)

    def forward(self, ids: Tensor, features: Tensor) -> Tensor:
        hot = F.one_hot((ids.float() / 2).long(), self.classes).to(features.dtype)
        return self.out(torch.cat([hot, features], dim=-1)).log_softmax(-1)


SEVERAL: list[Callable[[random.Random], Drawn]] = [
    lambda r: Drawn(Pair(5), ["5", "5"]),
    lambda r: Drawn(Language(20, 6, 9, r.random() < 0.5), ["9:int64"]),
    lambda r: Drawn(FreeTie(r.choice([11, 20]), 6), ["7:int64"]),
    lambda r: Drawn(Causal(20, 6), ["8:int64"]),
    lambda r: Drawn(Cross(6), ["5x6", f"{r.choice([4, 5])}x6"]),
    lambda r: Drawn(Conditioned(3, 7), ["3x8x9", "7"]),
    lambda r: Drawn(Graphs(4), ["6x4", "6x6", "3:int64"]),
    lambda r: Drawn(OneHot(r.choice([5, 6])), ["7:int64", "7x3"]),
    lambda r: Drawn(nn.Bilinear(4, 5, 6), ["4", "5"]),
]
