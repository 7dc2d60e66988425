"""Networks for `make bench`: nets.py FOLDER saves them both ways, with random weights.

resnet18: images of 224 x 224. t768, t64: twelve layers of a transformer, 768 and 64 wide. large: 400 MB.
"""
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.a, self.na = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.b, self.nb = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.skip = (nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if i != o
                     else nn.Identity())

    def forward(self, x):
        return F.relu(self.nb(self.b(F.relu(self.na(self.a(x))))) + self.skip(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (64, 64, 128, 256, 512)
        layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        for k in range(4):
            layers += [Block(widths[k], widths[k + 1], 2 if k else 1), Block(widths[k + 1], widths[k + 1], 1)]
        self.body = nn.Sequential(*layers)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        return self.fc(self.body(x).mean((2, 3)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.o = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, n, w = x.shape
        q, k, v = (t.reshape(b, n, self.heads, -1).transpose(1, 2) for t in self.qkv(self.n1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, w)
        x = x + self.o(y)
        return x + self.down(F.gelu(self.up(self.n2(x))))


def transformer(width, layers=12):
    return nn.Sequential(*[Layer(width, 4) for _ in range(layers)])


def save(folder, name, net, example):
    torch.manual_seed(1)
    net = net.eval()
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(net, example, check_trace=False), f"{folder}/{name}.pt")
        torch.export.save(torch.export.export(net, (example,)).run_decompositions({}), f"{folder}/{name}.pt2")


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    save(folder, "resnet18", ResNet18(), torch.rand(1, 3, 224, 224))
    save(folder, "t768", transformer(768), torch.rand(1, 32, 768))
    save(folder, "t64", transformer(64), torch.rand(1, 32, 64))
    save(folder, "large", nn.Sequential(*[nn.Linear(4096, 4096) for _ in range(6)]), torch.rand(1, 4096))


if __name__ == "__main__":
    main()
