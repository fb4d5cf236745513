"""Pooling, unpooling by indices, global pooling and resizing of NHWC images."""

import torch.nn.functional as F
from record import distinct, normal

WINDOWS = (
    ({"size": 2}, (4, 6)),
    ({"size": 2}, (5, 5)),  # the last row and column belong to no window
    ({"size": 3, "stride": 2}, (7, 6)),
    ({"size": 3, "stride": 1, "pad": 1}, (4, 4)),
    ({"size": [2, 3], "stride": [2, 1], "pad": [1, 1]}, (4, 5)),
)
SIZES = ((7, 9), (2, 3), (6, 2), (4, 5), (1, 1))  # from [4, 5]: up, down, mixed, equal, one pixel


def channels_first(x):
    """NHWC to NCHW."""
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    """NCHW to NHWC."""
    return x.permute(0, 2, 3, 1)


def window(options):
    """PyTorch's names of our pooling options."""
    names = {"size": "kernel_size", "stride": "stride", "pad": "padding"}
    return {names[key]: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def max_pool(x, options):
    """Maxima and, per channel, their indices h·width + w in the plane of x."""
    values, indices = F.max_pool2d(channels_first(x), **window(options), return_indices=True)
    return channels_last(values), channels_last(indices)


def max_unpool(values, indices, size):
    """The values at their indices in a plane of the given size, zeros elsewhere. (A direct scatter: PyTorch 1.13's
    max_unpool2d is this, except that it asks for a pooling window to check the size with.)"""
    n, _, _, c = values.shape
    flat = values.new_zeros(n, size[0] * size[1], c)
    return flat.scatter(1, indices.reshape(n, -1, c), values.reshape(n, -1, c)).reshape(n, *size, c)


def resize(x, size, **how):
    """F.interpolate on NHWC."""
    return channels_last(F.interpolate(channels_first(x), size=size, **how))


def add_cases(family):
    """Adds the family's cases."""
    for options, (h, w) in WINDOWS:
        words = f"{options}, image {h}×{w}".replace("'", "")
        family.case(f"maxPool2d {words}", "maxPool2d", options, [distinct(2, h, w, 2)], lambda x: max_pool(x, options)[0])
        family.case(f"maxPoolWithIndices2d {words}", "maxPoolWithIndices2d", options, [distinct(1, h, w, 2)], lambda x: max_pool(x, options))
        family.case(
            f"avgPool2d {words}", "avgPool2d", options, [normal(2, h, w, 2)],
            lambda x: channels_last(F.avg_pool2d(channels_first(x), **window(options))),
        )
    for size in ((4, 6), (5, 7)):
        _, indices = max_pool(distinct(2, *size, 2), {"size": 2})
        values = normal(*indices.shape)
        if size == (4, 6):  # where the window tiles the plane, PyTorch's own function must agree
            own = F.max_unpool2d(channels_first(values), channels_first(indices).contiguous(), 2)
            assert own.equal(channels_first(max_unpool(values, indices, size)))
        family.case(
            f"maxUnpool2d to {size[0]}×{size[1]}", "maxUnpool2d", {"size": list(size)}, [values, indices],
            lambda v, i: max_unpool(v, i, size),
        )
    family.case("globalAvgPool2d", "globalAvgPool2d", {}, [normal(2, 3, 4, 3)], lambda x: F.adaptive_avg_pool2d(channels_first(x), 1)[:, :, 0, 0])
    family.case("globalMaxPool2d", "globalMaxPool2d", {}, [distinct(2, 3, 4, 3)], lambda x: F.adaptive_max_pool2d(channels_first(x), 1)[:, :, 0, 0])
    for size in SIZES:
        to = f"4×5 to {size[0]}×{size[1]}"
        family.case(f"resizeNearest {to}", "resizeNearest", {"size": list(size)}, [normal(1, 4, 5, 2)], lambda x: resize(x, size, mode="nearest"))
        for corners in (False, True):
            family.case(
                f"resizeBilinear {to}, alignCorners {corners}", "resizeBilinear", {"size": list(size), "alignCorners": corners},
                [normal(1, 4, 5, 2)], lambda x: resize(x, size, mode="bilinear", align_corners=corners),
            )
