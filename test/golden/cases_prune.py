"""Masks of torch.nn.utils.prune, one pruning after the other, in Pullback's layout [in, out]."""

import torch
from record import distinct
from torch.nn.utils import prune

HALF = {"kind": "magnitude", "sparsity": 0.5}
COLUMNS = {"kind": "structured", "axis": 1, "sparsity": 0.4, "norm": 2}
ROWS = {"kind": "structured", "axis": 0, "sparsity": 0.3, "norm": 1}


def masks(steps):
    """A function from weights to their masks after all steps; a global step sees all weights, others the first."""

    def run(*weights):
        modules = [torch.nn.Module() for _ in weights]
        for module, weight in zip(modules, weights):
            module.w = torch.nn.Parameter(weight.detach().clone())
        for step in steps:
            if step["kind"] == "structured":
                prune.ln_structured(modules[0], "w", step["sparsity"], n=step["norm"], dim=step["axis"])
            elif step.get("scope") == "global":
                pairs = [(module, "w") for module in modules]
                prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=step["sparsity"])
            else:
                prune.l1_unstructured(modules[0], "w", step["sparsity"])
        return tuple(module.w_mask.bool() for module in modules)

    return run


def add_cases(family):
    """Adds the family's cases."""
    everywhere = {"kind": "magnitude", "sparsity": 0.3, "scope": "global"}
    sequences = {
        "half": [HALF],
        "half of what half has left": [HALF, HALF],
        "a share that is rounded to even": [{"kind": "magnitude", "sparsity": 0.5}, {"kind": "magnitude", "sparsity": 0.1}],
        "columns": [COLUMNS],
        "columns, twice": [COLUMNS, COLUMNS],
        "rows, then half": [ROWS, HALF],
        "half, then columns": [HALF, COLUMNS],
        "half, then rows, then columns": [HALF, ROWS, COLUMNS],
    }
    for name, steps in sequences.items():
        family.case(name, "prune", {"steps": steps}, [distinct(6, 5)], masks(steps), constant=(0,))
    for name, steps in (("all together", [everywhere]), ("all together, twice", [everywhere, everywhere])):
        family.case(name, "prune", {"steps": steps}, [distinct(4, 5), distinct(3, 7)], masks(steps), constant=(0, 1))
