"""Optimisers: the parameters of a small network after each of 50 updates by PyTorch's own."""

import math

import torch
from record import normal

STEPS = 50


def add_cases(family):
    """Adds the family's cases: plain SGD, and AdamW with PyTorch's defaults, with others, and with a schedule."""
    problem = [normal(6, 3), normal(6, 2), normal(3, 2), normal(2)]
    fixed = range(len(problem))
    for name, options in (
        ("SGD", {"optimizer": "sgd", "learningRate": 0.3}),
        ("AdamW", {"optimizer": "adamW", "learningRate": 0.02}),
        ("AdamW, other constants", {"optimizer": "adamW", "learningRate": 0.05, "b1": 0.8, "b2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1}),
        ("AdamW, warm-up and cosine", {"optimizer": "adamW", "schedule": {"peak": 0.05, "steps": 40, "warmup": 8, "floor": 0.01}}),
    ):
        family.case(name, "trajectory", {**options, "steps": STEPS}, problem, lambda *given: trajectory(options, *given), constant=fixed)


def trajectory(options, x, y, w, b):
    """Minimises the mean squared error of tanh(x w + b); f64 [steps, parameters]."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    optimizer = make_optimizer(options, [w, b])
    path = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, options)
        optimizer.zero_grad()
        (torch.tanh(x @ w + b) - y).square().mean().backward()
        optimizer.step()
        path.append(torch.cat([w.detach().reshape(-1), b.detach()]))
    return torch.stack(path)


def make_optimizer(options, parameters):
    """The optimiser of PyTorch that the options name."""
    if options["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, lr=1.0)
    known = {"b1": 0.9, "b2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01, **options}
    return torch.optim.AdamW(parameters, lr=1.0, betas=(known["b1"], known["b2"]), eps=known["epsilon"], weight_decay=known["weightDecay"])


def rate_at(step, options):
    """The learning rate: constant, or linear up to the peak and half a cosine down from it."""
    if "schedule" not in options:
        return options["learningRate"]
    peak, steps, warmup, floor = (options["schedule"][name] for name in ("peak", "steps", "warmup", "floor"))
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    progress = min((step - warmup) / (steps - warmup), 1)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
