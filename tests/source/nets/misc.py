import copy
from collections import OrderedDict
from functools import partial
import torch
from torch import nn
import torch.nn.functional as F


# cnncalc: input 1x105x105, 1x105x105
class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 64, 10),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 7),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 128, 4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 256, 4),
            nn.ReLU(),
        )
        self.liner = nn.Sequential(nn.Linear(9216, 4096), nn.Sigmoid())
        self.out = nn.Linear(4096, 1)

    def forward_one(self, x):
        x = self.conv(x)
        x = x.view(x.size()[0], -1)
        return self.liner(x)

    def forward(self, x1, x2):
        dis = torch.abs(self.forward_one(x1) - self.forward_one(x2))
        return self.out(dis)


class SE(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.fc = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // r, 1), nn.SiLU(), nn.Conv2d(c // r, c, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.fc(x)


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, expand):
        super().__init__()
        hidden = int(round(inp * expand))
        self.use_res = stride == 1 and inp == oup
        layers = OrderedDict()
        if expand != 1:
            layers["expand"] = nn.Conv2d(inp, hidden, 1, bias=False)
            layers["bn0"] = nn.BatchNorm2d(hidden)
            layers["act0"] = nn.Hardswish()
        layers["dw"] = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False)
        layers["bn1"] = nn.BatchNorm2d(hidden)
        layers["se"] = SE(hidden)
        layers["project"] = nn.Conv2d(hidden, oup, 1, bias=False)
        self.body = nn.Sequential(layers)

    def forward(self, x):
        return x + self.body(x) if self.use_res else self.body(x)


# cnncalc: input 3x64x64
class Mobile(nn.Module):
    def __init__(self, width=1.0):
        super().__init__()
        c = int(16 * width)
        blocks = []
        for e, o, s in [(1, 16, 1), (4, 24, 2), (3, 24, 1), (4, 40, 2)]:
            blocks.append(InvertedResidual(c, int(o * width), s, e))
            c = int(o * width)
        self.stem = nn.Conv2d(3, int(16 * width), 3, 2, 1)
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(c, 5)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        x = x.mean([2, 3])
        return self.head(x)


REGISTRY = {}


def register(name):
    def wrap(cls):
        REGISTRY[name] = cls
        return cls

    return wrap


@register("mlp")
class MLP(nn.Module):
    def __init__(self, sizes=(32, 64, 10), act=nn.ReLU):
        super().__init__()
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers.append(nn.Linear(a, b))
            layers.append(act())
        self.net = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.net(x)


# cnncalc: input 32
def build(name="mlp", **kw):
    return REGISTRY[name](**kw)


# cnncalc: input 3x32x32
class Choice(nn.Module):
    def __init__(self, act="lrelu"):
        super().__init__()
        self.convs = nn.ModuleDict([["a", nn.Conv2d(3, 8, 3)], ["b", nn.Conv2d(8, 8, 3)]])
        self.acts = nn.ModuleDict({"lrelu": nn.LeakyReLU(), "prelu": nn.PReLU()})
        self.act = act
        self.scale = nn.ParameterList([nn.Parameter(torch.ones(1, 8, 1, 1)) for _ in range(2)])
        self.register_parameter("gamma", nn.Parameter(torch.zeros(8)))

    def forward(self, x):
        for i, key in enumerate(self.convs):
            x = self.acts[self.act](self.convs[key](x)) * self.scale[i]
        n, c, h, w = x.shape
        x = x + self.gamma.view(1, -1, 1, 1)
        return x.reshape(n, c, h * w).permute(0, 2, 1).softmax(-1)


# cnncalc: input 3x32x32
class ViT(nn.Module):
    def __init__(self, image=32, patch=8, dim=48, depth=2, heads=3):
        super().__init__()
        n = (image // patch) ** 2
        self.patch_embed = nn.Conv2d(3, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, n + 1, dim) * 0.02)
        dpr = [x.item() for x in torch.linspace(0, 0.1, depth)]
        norm = partial(nn.LayerNorm, eps=1e-6)
        self.blocks = nn.ModuleList()
        for i in range(depth):
            self.blocks.append(
                nn.ModuleList(
                    [
                        norm(dim),
                        nn.MultiheadAttention(dim, heads, dropout=dpr[i], batch_first=True),
                        norm(dim),
                        nn.Sequential(nn.Linear(dim, dim * 4), nn.GELU(), nn.Linear(dim * 4, dim)),
                    ]
                )
            )
        self.norm = norm(dim)
        self.head = nn.Linear(dim, 10)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def forward(self, x):
        B = x.shape[0]
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(B, -1, -1), x), dim=1)
        x = x + self.pos_embed
        for n1, attn, n2, mlp in self.blocks:
            y = n1(x)
            x = x + attn(y, y, y, need_weights=False)[0]
            x = x + mlp(n2(x))
        return self.head(self.norm(x)[:, 0])


# cnncalc: input 3x17x19
class Inception(nn.Module):
    def __init__(self, c=3):
        super().__init__()
        self.b1 = nn.Conv2d(c, 8, 1)
        self.b2 = nn.Sequential(
            nn.Conv2d(c, 8, 1), nn.Conv2d(8, 16, (1, 3), padding=(0, 1)), nn.Conv2d(16, 16, (3, 1), padding=(1, 0))
        )
        self.b3 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(c, 4, 1))
        self.twin = copy.deepcopy(self.b1)

    def forward(self, x):
        outs = [branch(x) for branch in (self.b1, self.b2, self.b3, self.twin)]
        out = torch.cat(outs, 1)
        return F.adaptive_max_pool2d(out, (1, 1)).flatten(1)


# cnncalc: input 64
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(64, 16)
        self.bias = nn.Parameter(torch.zeros(64))
        self.step = nn.Linear(16, 16)

    def forward(self, x):
        z = torch.tanh(self.enc(x))
        for _ in range(3):
            z = z + F.relu(self.step(z))
        return F.linear(z, self.enc.weight.t(), self.bias)


if __name__ == "__main__":
    net = ViT()
    print(net(torch.randn(1, 3, 32, 32)).shape)
