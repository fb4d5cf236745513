"""Reductions, normalised exponentials and running sums; ties, zeros and large arguments included."""

import torch
from record import distinct, normal, values


def add_cases(family):
    """Adds the family's cases."""
    add_sums(family)
    add_extremes(family)
    add_products(family)
    add_exponentials(family)


def add_sums(family):
    """sum, mean, variance and cumsum over the usual choices of axes."""
    for axis, keep in ((None, False), (0, False), (-1, True), ([0, 2], False), ([1, 2], True), ([0, 1, 2], True)):
        options = {"keepDims": keep} | ({} if axis is None else {"axis": axis})
        dims = [0, 1, 2] if axis is None else axis
        where = f"axis {axis}, keepDims {keep}"
        family.case(f"sum over {where}", "sum", options, [normal(2, 3, 4)], lambda x: x.sum(dims, keepdim=keep))
        family.case(f"mean over {where}", "mean", options, [normal(2, 3, 4)], lambda x: x.mean(dims, keepdim=keep))
        for correction in (0, 1):
            family.case(
                f"variance over {where}, correction {correction}", "variance", options | {"correction": correction},
                [normal(2, 3, 4)], lambda x: torch.var(x, dims, correction=correction, keepdim=keep),
            )
    for axis in (0, 1, -1):
        family.case(f"cumsum along axis {axis}", "cumsum", {"axis": axis}, [normal(2, 3, 4)], lambda x: x.cumsum(axis))
    truth = torch.tensor([[True, False, True], [True, True, True]])
    family.case("any over axis 0", "any", {"axis": 0}, [truth], lambda x: x.any(0))
    family.case("all over axis 1, keepDims", "all", {"axis": 1, "keepDims": True}, [truth], lambda x: x.all(1, keepdim=True))


def add_extremes(family):
    """max, min, argmax, argmin; tied extremes share the gradient equally."""
    tied = values([1.0, 3.0, 3.0, -2.0], [5.0, 5.0, 5.0, 0.0], [-1.0, -4.0, 2.0, -4.0])
    for op, run in (("max", torch.amax), ("min", torch.amin)):
        for axis, keep in (([0, 1], False), (0, False), (-1, True)):
            options = {"axis": axis, "keepDims": keep}
            family.case(f"{op} over {axis} with ties, keepDims {keep}", op, options, [tied], lambda x: run(x, axis, keepdim=keep))
        family.case(f"{op} over two of three axes", op, {"axis": [0, 2]}, [distinct(2, 3, 4)], lambda x: run(x, [0, 2]))
    for op, run in (("argmax", torch.argmax), ("argmin", torch.argmin)):
        for axis, keep in ((0, False), (1, True), (-1, False)):
            options = {"axis": axis, "keepDims": keep}
            family.case(f"{op} along {axis}, keepDims {keep}", op, options, [distinct(3, 4, 2)], lambda x: run(x, axis, keepdim=keep))


def add_products(family):
    """prod, whose gradient must not divide by the entry."""
    zeros = values([2.0, -1.5, 3.0], [0.0, 4.0, -2.0], [0.0, 7.0, 0.0])  # no zero, one zero, two zeros
    family.case("prod of rows with zeros", "prod", {"axis": 1}, [zeros], lambda x: x.prod(1))
    family.case("prod of all without zeros", "prod", {}, [normal(2, 3) + 2], torch.prod)
    family.case("prod of all with one zero", "prod", {}, [values(1.5, 0.0, -2.0)], torch.prod)
    family.case("prod along axis 0, keepDims", "prod", {"axis": 0, "keepDims": True}, [normal(3, 2)], lambda x: x.prod(0, keepdim=True))


def add_exponentials(family):
    """softmax, logSoftmax and logSumExp, also where a naive exponential overflows."""
    large = values([1000.0, 1001.0, 999.0], [-1000.0, -1000.0, -1000.0])
    for op, run in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        for axis in (0, 1, -1):
            family.case(f"{op} along {axis}", op, {"axis": axis}, [normal(2, 3, 4)], lambda x: run(x, axis))
        family.case(f"{op} of large values", op, {"axis": -1}, [large], lambda x: run(x, -1))
    for axis, keep in (([0, 1, 2], False), (1, True), ([0, 2], False)):
        options = {"axis": axis, "keepDims": keep}
        family.case(f"logSumExp over {axis}, keepDims {keep}", "logSumExp", options, [normal(2, 3, 4)], lambda x: x.logsumexp(axis, keepdim=keep))
    family.case("logSumExp of large values", "logSumExp", {"axis": -1}, [large], lambda x: x.logsumexp(-1))
