"""Reading and writing by index, and ordering."""

import torch
import torch.nn.functional as F
from record import distinct, integers, normal


def take(x, indices, axis):
    """The slices of x along the axis at the indices, whose axes replace it."""
    rows = x.index_select(axis, indices.reshape(-1))
    return rows.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])


def scatter_add(updates, indices, size, axis):
    """The adjoint of take: the slices of updates summed into `size` places along the axis."""
    rank = indices.dim()
    flat = updates.reshape(*updates.shape[:axis], -1, *updates.shape[axis + rank :])
    zeros = flat.new_zeros(*flat.shape[:axis], size, *flat.shape[axis + 1 :])
    return zeros.index_add(axis, indices.reshape(-1), flat)


def scatter_add_along(updates, indices, size, axis):
    """The adjoint of takeAlongAxis."""
    shape = list(updates.shape)
    shape[axis] = size
    return updates.new_zeros(shape).scatter_add(axis, indices, updates)


def add_cases(family):
    """Adds the family's cases."""
    add_takes(family)
    add_scatters(family)
    add_orders(family)
    for classes, indices in ((5, integers(5, 6)), (3, integers(3, 2, 4))):
        family.case(
            f"oneHot of {indices.dim()} axes", "oneHot", {"classes": classes}, [indices],
            lambda i: F.one_hot(i, classes).to(torch.float64),
        )


def add_takes(family):
    """take, embedding and takeAlongAxis, with repeated and missing indices."""
    for axis in (0, 1, 2):
        family.case(f"take along axis {axis}", "take", {"axis": axis}, [normal(3, 4, 2), integers(2, 5)], lambda x, i: take(x, i, axis))
    family.case("take with a matrix of indices", "take", {"axis": 1}, [normal(2, 4, 2), integers(4, 2, 3)], lambda x, i: take(x, i, 1))
    family.case("embedding of a batch of words", "embedding", {}, [normal(6, 3), integers(6, 2, 4)], lambda t, i: F.embedding(i, t))
    for axis, shape in ((0, (5, 3)), (1, (4, 2)), (-1, (4, 6))):
        x = normal(4, 3)
        indices = integers(x.shape[axis], *shape)
        if axis != 0:
            indices = indices[:4]
        family.case(f"takeAlongAxis {axis}", "takeAlongAxis", {"axis": axis}, [x, indices], lambda x, i: x.gather(axis, i))


def add_scatters(family):
    """scatterAdd, scatterAddAlongAxis and indexAdd; indices collide."""
    for axis in (0, 1):
        shape = (5, 2) if axis == 0 else (2, 5)
        family.case(
            f"scatterAdd along axis {axis}", "scatterAdd", {"size": 4, "axis": axis}, [normal(*shape), integers(4, 5)],
            lambda u, i: scatter_add(u, i, 4, axis),
        )
        family.case(
            f"scatterAddAlongAxis {axis}", "scatterAddAlongAxis", {"size": 4, "axis": axis}, [normal(*shape), integers(4, *shape)],
            lambda u, i: scatter_add_along(u, i, 4, axis),
        )
        family.case(
            f"indexAdd along axis {axis}", "indexAdd", {"axis": axis}, [normal(4, 4), normal(*(3, 4) if axis == 0 else (4, 3)), integers(4, 3)],
            lambda x, u, i: x.index_add(axis, i, u),
        )
    family.case(
        "scatterAdd with a matrix of indices", "scatterAdd", {"size": 5, "axis": 0}, [normal(2, 3, 2), integers(5, 2, 3)],
        lambda u, i: scatter_add(u, i, 5, 0),
    )


def add_orders(family):
    """sort, argsort and topK of distinct entries."""
    for axis in (0, 1, -1):
        for down in (False, True):
            options = {"axis": axis, "descending": down}
            way = "descending" if down else "ascending"
            family.case(f"sort along {axis}, {way}", "sort", options, [distinct(3, 4, 2)], lambda x: x.sort(axis, down).values)
            family.case(f"argsort along {axis}, {way}", "argsort", options, [distinct(3, 4, 2)], lambda x: x.argsort(axis, down))
    for axis, k in ((-1, 2), (0, 3), (1, 1)):
        family.case(
            f"topK of {k} along {axis}", "topK", {"k": k, "axis": axis}, [distinct(3, 4)],
            lambda x: tuple(x.topk(k, axis, largest=True, sorted=True)),
        )
