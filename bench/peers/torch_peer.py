#!/usr/bin/env python3
"""Times one benchmark case in PyTorch and prints one JSON line.

    python3 bench/peers/torch_peer.py --case tgcn_train --threads 1 [--repeat N] [--budget-s 60]

{"name", "ms", "min", "firstMs", "peakMB", "runs", "threads"}, or {"name", "error"}. Milliseconds, ms is the median. The protocol is
that of bench/measure.ts: a first call, warm-up, then repetitions within the budget.
"""

import argparse
import json
import math
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch_models import Gpt, SegNet, Tgcn, mlp


def product(n):
    """A square matrix product."""
    a, b = torch.randn(n, n), torch.randn(n, n)
    return lambda: a @ b


def convolve():
    """A 3×3 convolution, 64 channels to 64."""
    x, w = torch.randn(4, 64, 64, 64), torch.randn(64, 64, 3, 3)
    return lambda: F.conv2d(x, w, padding=1)


def on_vector(f):
    """A function of 2^22 numbers."""
    x = torch.randn(1 << 22)
    return lambda: f(x)


def on_rows(f):
    """A function of a 4096 × 512 matrix."""
    x = torch.randn(4096, 512)
    return lambda: f(x)


def transposition():
    """A transposed copy."""
    x = torch.randn(2048, 2048)
    return lambda: x.t().contiguous()


def training(model, loss_of):
    """A whole step: forward, backward, AdamW; gives the loss."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step():
        optimiser.zero_grad()
        loss = loss_of(model)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def tgcn(nodes, hidden, batch, time=12, ahead=3):
    """T-GCN with the mean squared error."""
    x, y = torch.rand(batch, time, nodes), torch.rand(batch, nodes, ahead)
    return training(Tgcn(nodes, hidden, ahead), lambda model: F.mse_loss(model(x), y))


def gpt(symbols=65, width=128, layers=4, heads=4, time=64, batch=12):
    """A language model with cross-entropy."""
    words, following = torch.randint(0, symbols, (2, batch, time))
    model = Gpt(symbols, width, layers, heads, time)
    return training(model, lambda model: F.cross_entropy(model(words).flatten(0, 1), following.flatten()))


def segnet():
    """Segmentation with cross-entropy per pixel."""
    x, labels = torch.rand(4, 3, 96, 128), torch.randint(0, 11, (4, 96, 128))
    return training(SegNet((32, 64, 128), 11), lambda model: F.cross_entropy(model(x), labels))


def tiny_mlp():
    """A multilayer perceptron so small that overhead is what is measured."""
    x, y = torch.rand(32, 32), torch.rand(32, 1)
    return training(mlp(32, 64), lambda model: F.mse_loss(model(x), y))


CASES = {
    "matmul256": lambda: product(256),
    "matmul512": lambda: product(512),
    "matmul1024": lambda: product(1024),
    "conv3x3_64": convolve,
    "chain4M": lambda: on_vector(lambda x: torch.tanh(torch.exp(0.2 * x + 1))),
    "softmax4096x512": lambda: on_rows(lambda x: torch.softmax(x, -1)),
    "layernorm4096x512": lambda: on_rows(lambda x: F.layer_norm(x, (512,))),
    "sum4M": lambda: on_vector(torch.sum),
    "transpose2048": transposition,
    "tgcn_train": lambda: tgcn(156, 64, 32),
    "tgcn_small_train": lambda: tgcn(20, 16, 8),
    "gpt_train": gpt,
    "segnet_train": segnet,
    "mlp_tiny_train": tiny_mlp,
}


def timed(run):
    """Milliseconds of one call, and its result."""
    start = time.perf_counter()
    result = run()
    return (time.perf_counter() - start) * 1e3, result


def peak_mb():
    """Peak resident memory of this process in MiB; ru_maxrss can be that of the program which started it, VmHWM is its own."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(run, repeat, budget_ms):
    """First call, warm-up of 3 calls and 1000 ms, then the repetitions that the budget allows, nine or more when it can."""
    first, result = timed(run)
    if not bool(torch.isfinite(result).all()):
        raise ArithmeticError("the result is not finite")
    spent, count = first, 1
    while (count < 3 or spent < 1000) and spent < budget_ms / 5:
        spent, count = spent + timed(run)[0], count + 1
    typical = timed(run)[0]
    wanted = repeat or min(51, max(11, math.floor(1500 / typical)))
    runs = repeat or max(1, min(wanted, math.floor(budget_ms / typical)))
    samples = [timed(run)[0] for _ in range(runs)]
    return {"ms": statistics.median(samples), "min": min(samples), "firstMs": first, "runs": runs}


def main():
    """Parses the options, runs the case, prints the line."""
    parser = argparse.ArgumentParser(description="times one benchmark case in PyTorch")
    parser.add_argument("--case", choices=CASES, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=0)
    parser.add_argument("--budget-s", type=float, default=60)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    try:
        line = measure(CASES[options.case](), options.repeat, options.budget_s * 1e3)
        line |= {"threads": options.threads, "peakMB": peak_mb()}
        line = {key: round(value, 3) for key, value in line.items()}
    except Exception as error:  # the harness must hear of any failure
        line = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
    print(json.dumps({"name": options.case, **line}), flush=True)


main()
