#!/usr/bin/env python3
"""Trains a Transformer from given weights on given batches with PyTorch, as nanoGPT does, and prints the loss before each update, one a line.

    /usr/bin/python3 test/golden/curve.py FOLDER [f32 | f64]

The folder has weights.safetensors (parameters by our names), batches.safetensors (`tokens` and `following`, i32 [updates, batch, time]) and
settings.json: { config, learningRate, lastRate, warmup, iterations, weightDecay, b1, b2, clip }. curve.ts writes it."""

import json
import math
import pathlib
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the repository

import safetensors_file
import torch
from torch_transformer import logits, loss

folder = pathlib.Path(sys.argv[1])
dtype = {"f32": torch.float32, "f64": torch.float64}[(sys.argv[2:] or ["f32"])[0]]
settings = json.loads((folder / "settings.json").read_text())
params = {name: x.to(dtype).requires_grad_() for name, x in safetensors_file.read(folder / "weights.safetensors").items()}
batches = safetensors_file.read(folder / "batches.safetensors")


def rate(update):
    """nanoGPT's: up linearly, then half a cosine down to the last rate."""
    peak, last, warmup = settings["learningRate"], settings["lastRate"], settings["warmup"]
    if update < warmup:
        return peak * (update + 1) / (warmup + 1)
    share = min(1, (update - warmup) / (settings["iterations"] - warmup))
    return last + 0.5 * (1 + math.cos(math.pi * share)) * (peak - last)


optimizer = torch.optim.AdamW(
    [
        {"params": [x for x in params.values() if x.dim() >= 2], "weight_decay": settings["weightDecay"]},
        {"params": [x for x in params.values() if x.dim() < 2], "weight_decay": 0.0},
    ],
    lr=settings["learningRate"],
    betas=(settings["b1"], settings["b2"]),
)
for update, (tokens, following) in enumerate(zip(batches["tokens"].long(), batches["following"].long())):
    for group in optimizer.param_groups:
        group["lr"] = rate(update)
    optimizer.zero_grad(set_to_none=True)
    found = loss(logits(settings["config"], params, tokens), following)
    found.backward()
    torch.nn.utils.clip_grad_norm_(params.values(), settings["clip"])
    optimizer.step()
    print(f"{found.item():.9g}", flush=True)
