"""Sparse products and reductions over the edges of a graph."""

import torch
from record import distinct, normal

SEGMENTS = torch.tensor([2, 0, 1, 0, 2, 2, 3])  # unsorted; every segment of 4 has an edge
ROW_STARTS, COLUMNS, SHAPE = [0, 2, 2, 3, 6], [0, 2, 1, 0, 1, 4], [4, 5]  # row 1 is empty


def csr_matmul(values, x):
    """The product of the dense form of the matrix; gradients reach the stored values only."""
    rows = torch.repeat_interleave(torch.arange(SHAPE[0]), torch.tensor(ROW_STARTS).diff())
    dense = values.new_zeros(SHAPE).index_put((rows, torch.tensor(COLUMNS)), values)
    return dense @ x


def segment_reduce(x, ids, how):
    """Sums, means or maxima of the rows of x with the same id."""
    places = ids.reshape(-1, *[1] * (x.dim() - 1)).expand_as(x)
    return x.new_zeros(4, *x.shape[1:]).scatter_reduce(0, places, x, how, include_self=False)


def segment_softmax(x, ids):
    """softmax among the rows with the same id, column by column."""
    out = torch.zeros_like(x)
    for segment in range(4):
        rows = (ids == segment).nonzero()[:, 0]
        out = out.index_add(0, rows, torch.softmax(x[rows], 0))
    return out


def add_cases(family):
    """Adds the family's cases."""
    options = {"rowStarts": ROW_STARTS, "columns": COLUMNS, "shape": SHAPE}
    family.case("csrMatmul with an empty row", "csrMatmul", options, [normal(6), normal(5, 3)], csr_matmul)
    tied = distinct(7, 2)
    tied[0] = tied[4]  # edges 0 and 4 belong to segment 2
    segments = {"segments": 4}
    family.case("segmentSum of vectors", "segmentSum", segments, [normal(7, 3), SEGMENTS], lambda x, i: x.new_zeros(4, 3).index_add(0, i, x))
    family.case("segmentSum of numbers", "segmentSum", segments, [normal(7), SEGMENTS], lambda x, i: x.new_zeros(4).index_add(0, i, x))
    family.case(
        "segmentSum with empty segments", "segmentSum", {"segments": 6}, [normal(7, 2), SEGMENTS], lambda x, i: x.new_zeros(6, 2).index_add(0, i, x)
    )
    family.case("segmentMean of vectors", "segmentMean", segments, [normal(7, 3), SEGMENTS], lambda x, i: segment_reduce(x, i, "mean"))
    family.case("segmentMax of vectors", "segmentMax", segments, [distinct(7, 3), SEGMENTS], lambda x, i: segment_reduce(x, i, "amax"))
    family.case("segmentMax shares ties", "segmentMax", segments, [tied, SEGMENTS], lambda x, i: segment_reduce(x, i, "amax"))
    family.case("segmentSoftmax of numbers", "segmentSoftmax", segments, [normal(7), SEGMENTS], segment_softmax)
    family.case("segmentSoftmax of vectors", "segmentSoftmax", segments, [normal(7, 2), SEGMENTS], segment_softmax)
