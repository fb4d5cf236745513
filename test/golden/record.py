"""Runs a PyTorch function, takes its pullback, and keeps both as one golden case.

Everything here is in f64 and in Pullback's layouts: the function handed to `Family.case` receives and returns tensors in
our layout and permutes inside, so autograd gives the gradients in our layout too. Inputs and cotangents are rounded to
three decimals (still exact f64 numbers), which keeps the files small and readable; results carry 17 digits.
"""

import json
import pathlib

import torch

FOLDER = pathlib.Path(__file__).parent
DTYPES = {torch.float64: "f64", torch.int64: "i32", torch.int32: "i32", torch.bool: "bool"}


def normal(*shape, scale=1.0):
    """Gaussian values with three decimals; f64 [*shape]."""
    return torch.round(torch.randn(shape, dtype=torch.float64) * scale * 1000) / 1000


def distinct(*shape):
    """Values that differ pairwise by at least 0.05, in random order, centred on zero; f64 [*shape]."""
    count = torch.Size(shape).numel()
    order = torch.randperm(count).to(torch.float64)
    return torch.round((order - (count - 1) / 2) * 50 + torch.randint(-12, 13, (count,))).div(1000).reshape(shape)


def integers(below, *shape):
    """Integers in 0 … below − 1; i32 when stored [*shape]."""
    return torch.randint(0, below, shape)


def values(*entries):
    """A vector, or nested lists, of given f64 values."""
    return torch.tensor(entries, dtype=torch.float64)


def stored(tensor, digits=None):
    """The JSON form of a tensor: shape, dtype and flat data in C order (shortest decimals that give the f64 back, or so many digits)."""
    flat = tensor.detach().contiguous().reshape(-1).tolist()
    if tensor.dtype == torch.float64:
        if digits is not None:
            flat = [float(f"{v:.{digits}g}") for v in flat]
        flat = [int(v) if v == int(v) and abs(v) < 1e9 else v for v in flat]
    return {"shape": list(tensor.shape), "dtype": DTYPES[tensor.dtype], "data": flat}


def is_real(tensor):
    """Whether the tensor carries gradients (i32 and bool ones never do)."""
    return tensor.dtype == torch.float64


class Family:
    """The cases of one file, `<name>.json`; its random numbers depend on the name alone. Results of `digits` digits keep large files small."""

    def __init__(self, name, digits=None):
        self.name, self.cases, self.digits = name, [], digits
        torch.manual_seed(sum(ord(letter) * 31**i for i, letter in enumerate(name)) % 2**31)

    def case(self, name, op, options, inputs, run, constant=(), compare=None):
        """Adds a case: `run(*inputs)` gives a tensor or a tuple of them. `constant` lists the inputs whose gradient is not
        wanted; `compare="relative"` asks the reader to compare every entry relative to its own size."""
        leaves = [t.clone().requires_grad_(is_real(t) and i not in constant) for i, t in enumerate(inputs)]
        result = run(*leaves)
        outputs = list(result) if isinstance(result, tuple) else [result]
        cotangents = [normal(*y.shape) if is_real(y) else None for y in outputs]
        case = {"name": name, "op": op, "options": options, "inputs": [stored(t) for t in inputs]}
        if compare:
            case["compare"] = compare
        kept = [None if g is None else stored(g) for g in cotangents]
        if isinstance(result, tuple):
            case |= {"outputs": [stored(y, self.digits) for y in outputs], "cotangents": kept}
        else:
            case |= {"output": stored(result, self.digits), "cotangent": kept[0]}
        case["gradients"] = pullback(leaves, outputs, cotangents, self.digits)
        self.cases.append(case)

    def write(self):
        """Writes the file, one case a line, and returns its size in bytes."""
        assert len({case["name"] for case in self.cases}) == len(self.cases), f"{self.name}: two cases share a name"
        lines = ",\n".join(json.dumps(case, separators=(",", ":"), allow_nan=False, ensure_ascii=False) for case in self.cases)
        return (FOLDER / f"{self.name}.json").write_text(f"[\n{lines}\n]\n")


def pullback(leaves, outputs, cotangents, digits):
    """Gradients of Σ ⟨output, cotangent⟩, one per input, null for inputs that carry none."""
    pairs = [(y, g) for y, g in zip(outputs, cotangents) if g is not None and y.requires_grad]
    wanted = [x for x in leaves if x.requires_grad]
    if not wanted:
        return [None] * len(leaves)
    if not pairs:  # an output that does not depend differentiably on anything: argmax, floor to integers
        return [stored(torch.zeros_like(x)) if x.requires_grad and any(map(is_real, outputs)) else None for x in leaves]
    found = iter(torch.autograd.grad([y for y, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True))
    filled = [next(found) if x.requires_grad else None for x in leaves]
    return [
        None if not x.requires_grad else stored(torch.zeros_like(x) if g is None else g, digits) for x, g in zip(leaves, filled)
    ]
