"""Convolutions and their transposes, over every option and several combinations."""

import torch.nn.functional as F
from record import normal

# options, image [h, w], kernel [kh, kw], channels, filters
CONV2D = (
    ({}, (5, 6), (3, 3), 2, 3),
    ({"pad": 1}, (4, 5), (3, 3), 2, 2),
    ({"stride": 2}, (7, 6), (3, 2), 2, 2),
    ({"stride": 2, "pad": 1}, (6, 5), (3, 3), 1, 2),
    ({"dilation": 2}, (7, 6), (3, 2), 2, 2),
    ({"dilation": 2, "pad": 2}, (4, 4), (3, 3), 1, 2),
    ({"groups": 2, "pad": 1}, (4, 4), (3, 3), 4, 6),
    ({"groups": 4}, (4, 5), (2, 3), 4, 4),
    ({"stride": [2, 1], "pad": [1, 0], "dilation": [1, 2]}, (5, 7), (3, 3), 2, 2),
    ({"stride": [3, 2], "pad": [2, 1], "dilation": [2, 1], "groups": 2}, (8, 7), (3, 2), 2, 4),
    ({"stride": 3}, (8, 8), (2, 2), 1, 2),  # the last row and column are never read
    ({"pad": "same"}, (4, 5), (3, 3), 1, 2),
    ({"pad": "same", "dilation": 2}, (5, 4), (2, 3), 1, 1),  # an even kernel: the odd padding goes behind
    ({}, (3, 4), (1, 1), 3, 4),
)
CONV1D = (
    ({}, 7, 3, 2, 3), ({"stride": 2, "pad": 1}, 8, 3, 2, 2), ({"dilation": 3, "pad": 2}, 9, 3, 1, 2),
    ({"groups": 2, "stride": 2, "dilation": 2, "pad": 1}, 9, 2, 4, 2), ({"pad": "same"}, 6, 4, 1, 1),
)
# options, map [h, w], kernel [kh, kw], channels of the result, filters (the channels of the argument)
TRANSPOSE2D = (
    ({}, (3, 4), (3, 3), 2, 3),
    ({"stride": 2}, (3, 3), (2, 3), 2, 2),
    ({"stride": 2, "pad": 1}, (3, 4), (3, 3), 2, 1),
    ({"stride": 2, "pad": 1, "outputPad": 1}, (3, 2), (3, 3), 1, 2),
    ({"dilation": 2, "pad": 1}, (3, 3), (3, 2), 2, 2),
    ({"groups": 2, "stride": 2}, (2, 3), (3, 3), 4, 2),
    ({"stride": [3, 2], "pad": [1, 0], "outputPad": [2, 1], "dilation": [1, 2], "groups": 2}, (3, 2), (3, 2), 2, 4),
)
TRANSPOSE1D = (
    ({}, 4, 3, 2, 2), ({"stride": 2, "pad": 1, "outputPad": 1}, 4, 3, 2, 1), ({"stride": 3, "dilation": 2, "groups": 2}, 3, 2, 2, 4),
)


def to_torch(options):
    """PyTorch's names of our options."""
    names = {"stride": "stride", "pad": "padding", "dilation": "dilation", "groups": "groups", "outputPad": "output_padding"}
    return {names[key]: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def conv2d(x, w, options):
    """NHWC convolution with filters [kh, kw, c/groups, f]."""
    return F.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), **to_torch(options)).permute(0, 2, 3, 1)


def conv1d(x, w, options):
    """[n, w, c] convolution with filters [k, c/groups, f]."""
    return F.conv1d(x.permute(0, 2, 1), w.permute(2, 1, 0), **to_torch(options)).permute(0, 2, 1)


def conv_transpose2d(y, w, options):
    """[n, h, w, f] with filters [kh, kw, c/groups, f] to [n, h', w', c]."""
    return F.conv_transpose2d(y.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), **to_torch(options)).permute(0, 2, 3, 1)


def conv_transpose1d(y, w, options):
    """[n, w, f] with filters [k, c/groups, f] to [n, w', c]."""
    return F.conv_transpose1d(y.permute(0, 2, 1), w.permute(2, 1, 0), **to_torch(options)).permute(0, 2, 1)


def named(op, options):
    """A case's name: the op and its options in words."""
    words = ", ".join(f"{key} {value}" for key, value in options.items())
    return f"{op}, {words or 'no options'}"


def add_cases(family):
    """Adds the family's cases."""
    for options, (h, w), (kh, kw), c, f in CONV2D:
        name = named(f"conv2d {kh}×{kw}", options)
        weights = normal(kh, kw, c // options.get("groups", 1), f)
        family.case(name, "conv2d", options, [normal(2, h, w, c), weights], lambda x, k: conv2d(x, k, options))
    for options, width, k, c, f in CONV1D:
        weights = normal(k, c // options.get("groups", 1), f)
        family.case(named(f"conv1d {k}", options), "conv1d", options, [normal(2, width, c), weights], lambda x, k: conv1d(x, k, options))
    for options, (h, w), (kh, kw), c, f in TRANSPOSE2D:
        name = named(f"convTranspose2d {kh}×{kw}", options)
        weights = normal(kh, kw, c // options.get("groups", 1), f)
        family.case(name, "convTranspose2d", options, [normal(2, h, w, f), weights], lambda y, k: conv_transpose2d(y, k, options))
    for options, width, k, c, f in TRANSPOSE1D:
        name = named(f"convTranspose1d {k}", options)
        weights = normal(k, c // options.get("groups", 1), f)
        family.case(name, "convTranspose1d", options, [normal(2, width, f), weights], lambda y, k: conv_transpose1d(y, k, options))
