#!/usr/bin/env python3
"""Makes the PyTorch files of these examples; needs PyTorch. The weights are random, from a seed.

segment.pt2   a small net in the manner of DeepLab: an encoder, parallel dilated convolutions, and a mask of
              21 classes in the size of the image; saved with torch.export.save
finish.pt     finishes a sentence of token numbers: a traced predictor inside a scripted loop, which ends at
              a token or at a length; saved with torch.jit.save
"""
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(7)


class Segment(nn.Module):
    def __init__(self, classes=21):
        super().__init__()

        def block(i, o, stride=1, dilation=1):
            return nn.Sequential(
                nn.Conv2d(i, o, 3, stride=stride, padding=dilation, dilation=dilation, bias=False),
                nn.BatchNorm2d(o), nn.ReLU())

        self.encoder = nn.Sequential(block(3, 8, 2), block(8, 16, 2), block(16, 24))
        self.branches = nn.ModuleList([block(24, 8, dilation=d) for d in (1, 2, 4)])
        self.head = nn.Conv2d(24, classes, 1)

    def forward(self, image):
        x = self.encoder(image)
        x = torch.cat([b(x) for b in self.branches], dim=1)
        x = F.interpolate(self.head(x), size=image.shape[-2:], mode="bilinear", align_corners=False)
        return x.argmax(1)


class Predictor(nn.Module):
    """The next token after a fragment: embedding, one step of attention, a linear layer."""

    def __init__(self, tokens=50, width=32):
        super().__init__()
        self.word = nn.Embedding(tokens, width)
        self.place = nn.Embedding(64, width)
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, tokens)

    def forward(self, sentence):
        x = self.word(sentence) + self.place(torch.arange(sentence.shape[0]))
        q, k, v = self.mix(x).chunk(3, dim=-1)
        x = x + torch.softmax(q[-1:] @ k.transpose(0, 1) / 5.65, dim=-1) @ v
        return torch.argmax(self.out(F.gelu(x[-1:])), dim=-1)


class Finish(nn.Module):
    def __init__(self, predictor, end):
        super().__init__()
        self.predictor = predictor
        self.end = torch.tensor([end])
        self.any = torch.tensor([0])

    def forward(self, fragment):
        sentence = fragment
        token = self.any
        steps = 0
        while token != self.end and steps < 12:
            token = self.predictor(sentence)
            sentence = torch.cat((sentence, token))
            steps += 1
        return sentence


def main():
    net = Segment().eval()
    program = torch.export.export(net, (torch.rand(1, 3, 64, 64),)).run_decompositions({})
    torch.export.save(program, "segment.pt2")
    fragment = torch.tensor([3, 14, 15, 9])
    predictor = torch.jit.trace(Predictor().eval(), fragment, check_trace=False)
    torch.jit.save(torch.jit.script(Finish(predictor, 2)), "finish.pt")


if __name__ == "__main__":
    main()
