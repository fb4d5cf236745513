"""The models of the training cases in PyTorch, as plain modules: the same sizes and equations as bench/cases/."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Tgcn(nn.Module):
    """Graph convolution inside a GRU: the gates see the neighbours' inputs and states. x [batch, time, nodes]."""

    def __init__(self, nodes, hidden, ahead):
        super().__init__()
        self.hidden = hidden
        weights = torch.rand(nodes, nodes)
        self.register_buffer("adjacency", weights / weights.sum(1, keepdim=True))
        self.gates = nn.Linear(1 + hidden, 2 * hidden)
        self.candidate = nn.Linear(1 + hidden, hidden)
        self.head = nn.Linear(hidden, ahead)

    def spread(self, now, state):
        """The adjacency applied to input and state side by side; [batch, nodes, 1 + hidden]."""
        return self.adjacency @ torch.cat([now, state], dim=-1)

    def forward(self, x):
        batch, _, nodes = x.shape
        state = x.new_zeros(batch, nodes, self.hidden)
        for now in x.unsqueeze(-1).unbind(1):
            reset, update = torch.sigmoid(self.gates(self.spread(now, state))).chunk(2, dim=-1)
            proposal = torch.tanh(self.candidate(self.spread(now, reset * state)))
            state = update * state + (1 - update) * proposal
        return self.head(state)


class Layer(nn.Module):
    """A pre-norm transformer layer without biases in its products."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def attend(self, x):
        batch, time, width = x.shape
        parts = self.qkv(x).view(batch, time, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = parts.unbind(0)  # [batch, heads, time, width / heads]
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // self.heads)
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, -1e9).softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, time, width))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    """A small language model whose output weights are its embedding. words [batch, time]."""

    def __init__(self, symbols, width, layers, heads, time):
        super().__init__()
        self.words, self.places = nn.Embedding(symbols, width), nn.Embedding(time, width)
        self.layers = nn.Sequential(*[Layer(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)

    def forward(self, words):
        x = self.words(words) + self.places.weight[: words.shape[1]]
        return self.norm(self.layers(x)) @ self.words.weight.t()


def convolution(inputs, filters):
    """3×3 convolution, batch normalisation, ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU())


class SegNet(nn.Module):
    """Encoder stages end in max pooling; decoder stages begin by unpooling with the indices kept. x [n, 3, h, w]."""

    def __init__(self, widths, classes):
        super().__init__()
        sources = [3, *widths[:-1]]
        self.down = nn.ModuleList(nn.Sequential(convolution(i, w), convolution(w, w)) for i, w in zip(sources, widths))
        targets = [widths[0], *widths[:-1]]
        self.up = nn.ModuleList(
            nn.Sequential(convolution(w, w), convolution(w, t)) for w, t in zip(widths[::-1], targets[::-1])
        )
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        kept = []
        for stage in self.down:
            x = stage(x)
            size = x.shape
            x, indices = F.max_pool2d(x, 2, return_indices=True)
            kept.append((indices, size))
        for stage in self.up:
            indices, size = kept.pop()
            x = stage(F.max_unpool2d(x, indices, 2, output_size=size))
        return self.head(x)


def mlp(inputs, hidden):
    """Three layers with tanh between, one output."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
