"""Elementwise functions, their options, and their awkward places (tiny arguments, negative bases, halves, ties)."""

import math

import torch
import torch.nn.functional as F
from record import normal, values

UNARY = {
    "neg": torch.neg, "exp": torch.exp, "expm1": torch.expm1, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "erf": torch.erf, "abs": torch.abs, "sign": torch.sign, "floor": torch.floor,
    "ceil": torch.ceil, "square": torch.square, "reciprocal": torch.reciprocal, "relu": F.relu, "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "softplus": F.softplus,
}
POSITIVE = {"log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt}
BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum, "minimum": torch.minimum}
COMPARE = {
    "equal": torch.eq, "notEqual": torch.ne, "less": torch.lt, "lessEqual": torch.le, "greater": torch.gt,
    "greaterEqual": torch.ge,
}


def add_cases(family):
    """Adds the family's cases."""
    for op, run in UNARY.items():
        family.case(f"{op} of normal values", op, {}, [normal(3, 5, scale=2)], run)
    for op, run in POSITIVE.items():
        family.case(f"{op} of positive values", op, {}, [normal(3, 5).abs() + 0.05], run)
    tiny = values(1e-300, 1e-20, -1e-20, 1e-12, -1e-12, 3e-9, -3e-9, 1e-5, -1e-5, 0.0)
    family.case("expm1 of tiny values", "expm1", {}, [tiny], torch.expm1, compare="relative")
    family.case("log1p of tiny values", "log1p", {}, [tiny], torch.log1p, compare="relative")
    family.case("erf from tiny to saturated", "erf", {}, [values(1e-9, -1e-4, 0.3, 0.84375, 1.0, -1.25, 2.4, 2.9, -3.5, 5.9, -7.0)], torch.erf)
    family.case("tanh of tiny and large values", "tanh", {}, [values(1e-12, -1e-6, 0.0, 19.0, -25.0, 400.0)], torch.tanh)
    family.case("sigmoid of large values", "sigmoid", {}, [values(-800.0, -40.0, 0.0, 40.0, 800.0)], torch.sigmoid)
    family.case("round takes halves to even", "round", {}, [values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -3.6)], torch.round)
    family.case("relu has slope 0 at 0", "relu", {}, [values(-1.0, 0.0, 2.0)], F.relu)
    add_options(family)
    add_pairs(family)


def add_options(family):
    """Functions with options."""
    x = values(-3.0, -1.2, -0.4, 0.3, 1.1, 2.7)
    family.case("clamp on both sides", "clamp", {"min": -1, "max": 1.5}, [x], lambda x: x.clamp(-1, 1.5))
    family.case("clamp from below", "clamp", {"min": -0.5}, [x], lambda x: x.clamp(min=-0.5))
    family.case("clamp from above", "clamp", {"max": 0.5}, [x], lambda x: x.clamp(max=0.5))
    for alpha in (1.0, 0.4):
        family.case(f"elu with alpha {alpha}", "elu", {"alpha": alpha}, [x], lambda x: F.elu(x, alpha))
    for slope in (0.01, 0.2):
        family.case(f"leakyRelu with slope {slope}", "leakyRelu", {"slope": slope}, [x], lambda x: F.leaky_relu(x, slope))
    signed = values(-2.5, -1.0, -0.3, 0.7, 1.0, 3.0)
    for exponent in (2, 3, -1, -2, 0):
        family.case(
            f"pow of signed values to the {exponent}", "powScalar", {"exponent": exponent}, [signed],
            lambda x: torch.pow(x, exponent),
        )
    for exponent in (0, 1, 2, 3):
        family.case(
            f"pow of zero to the {exponent}", "powScalar", {"exponent": exponent}, [values(0.0, 2.0)],
            lambda x: torch.pow(x, exponent),
        )
    family.case("pow of positive values to 0.5", "powScalar", {"exponent": 0.5}, [values(0.2, 1.0, 4.0)], torch.sqrt)
    family.case("pow of positive values to -1.5", "powScalar", {"exponent": -1.5}, [values(0.2, 1.0, 4.0)], lambda x: x**-1.5)


def add_pairs(family):
    """Functions of two or three tensors, with broadcasting."""
    for op, run in BINARY.items():
        family.case(f"{op} of equal shapes", op, {}, [normal(3, 4), normal(3, 4)], run)
        family.case(f"{op} broadcasts both ways", op, {}, [normal(4, 1, 3), normal(2, 1)], run)
    tied, other = values(1.0, 2.0, -1.0), values(1.0, 0.5, -1.0)
    family.case("maximum shares ties", "maximum", {}, [tied, other], torch.maximum)
    family.case("minimum shares ties", "minimum", {}, [tied, other], torch.minimum)
    for op, run in COMPARE.items():
        family.case(f"{op} with ties", op, {}, [tied, other], run)
    family.case("mod of positive values", "mod", {}, [values(5.5, 7.25, 0.3), values(2.0, 0.75, 1.0)], torch.remainder)
    family.case("pow of tensors", "pow", {}, [normal(2, 3).abs() + 0.1, normal(2, 3)], torch.pow)
    family.case(
        "pow of negative bases to integer exponents", "pow", {},
        [values(-2.0, -0.5, -1.5, 2.0, -3.0), values(3.0, 2.0, -1.0, -2.0, 0.0)], torch.pow, constant=(1,),
    )
    keep = torch.tensor([[True, False, True], [False, False, True]])
    family.case("where chooses by entry", "where", {}, [keep, normal(2, 3), normal(2, 3)], torch.where)
    family.case("where broadcasts", "where", {}, [keep, normal(3), normal(2, 1)], torch.where)
    family.case("erf-based gelu equals x Φ(x)", "gelu", {}, [values(-3.0, 0.0, 3.0)], lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))))
