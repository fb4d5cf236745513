"""Schedules: the rates of PyTorch's schedulers at every step, in one vector."""

import torch
from torch.optim import lr_scheduler as schedulers

STEPS = 30


def add_cases(family):
    """Adds a case for each scheduler; the options are ours, `kind` names the function."""
    steps = torch.arange(STEPS, dtype=torch.float64)
    for name, options, base, make in (
        ("constant", {"kind": "constant", "value": 0.5}, 0.5, lambda o: schedulers.ConstantLR(o, factor=1.0)),
        ("linear", {"kind": "linear", "from": 0.5, "to": 0.1, "steps": 20}, 0.5, lambda o: schedulers.LinearLR(o, 1.0, 0.2, 20)),
        ("polynomial", {"kind": "polynomial", "from": 2, "to": 0, "steps": 20, "power": 2.5}, 2.0, lambda o: schedulers.PolynomialLR(o, 20, 2.5)),
        ("exponential", {"kind": "exponential", "from": 2, "rate": 0.9}, 2.0, lambda o: schedulers.ExponentialLR(o, 0.9)),
        ("exponential, staircase", {"kind": "exponential", "from": 2, "rate": 0.5, "steps": 7, "staircase": True}, 2.0, lambda o: schedulers.StepLR(o, 7, 0.5)),
        ("cosine", {"kind": "cosine", "from": 2, "to": 0.5, "steps": STEPS}, 2.0, lambda o: schedulers.CosineAnnealingLR(o, STEPS, 0.5)),
        ("restarts", {"kind": "cosineRestarts", "peak": 2, "floor": 0.5, "period": 7}, 2.0, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 7, 1, 0.5)),
        ("restarts, each twice as long", {"kind": "cosineRestarts", "peak": 2, "floor": 0.5, "period": 3, "factor": 2}, 2.0, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 3, 2, 0.5)),
        ("restarts, each three times as long", {"kind": "cosineRestarts", "peak": 2, "period": 2, "factor": 3}, 2.0, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 2, 3)),
        ("one cycle", {"kind": "oneCycle", "peak": 2, "steps": STEPS}, 2.0, lambda o: schedulers.OneCycleLR(o, 2.0, STEPS, cycle_momentum=False)),
        ("one cycle, linear", {"kind": "oneCycle", "peak": 2, "steps": STEPS, "rising": 0.4, "divide": 10, "finalDivide": 100, "shape": "linear"}, 2.0,
         lambda o: schedulers.OneCycleLR(o, 2.0, STEPS, pct_start=0.4, anneal_strategy="linear", cycle_momentum=False, div_factor=10, final_div_factor=100)),
        ("piecewise constant", {"kind": "piecewiseConstant", "boundaries": [5, 12], "values": [2, 1, 0.5]}, 2.0, lambda o: schedulers.MultiStepLR(o, [5, 12], 0.5)),
        ("warm-up and exponential", {"kind": "warmUp", "steps": 8, "from": 0.5, "then": {"kind": "exponential", "from": 2, "rate": 0.8}}, 2.0,
         lambda o: schedulers.SequentialLR(o, [schedulers.LinearLR(o, 0.25, 1.0, 8), schedulers.ExponentialLR(o, 0.8)], [8])),
    ):
        family.case(name, "schedule", options, [steps], lambda _: rates(base, make), constant=[0])


def rates(base, make):
    """The learning rate before each step; f64 [STEPS]."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = make(optimizer)
    found = []
    for step in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < STEPS - 1:
            scheduler.step()
    return torch.tensor(found, dtype=torch.float64)
