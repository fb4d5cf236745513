"""Matrix products and einsum."""

import torch
from record import normal

MATMULS = (
    ("of vectors", (4,), (4,)), ("of a matrix and a vector", (3, 4), (4,)), ("of a vector and a matrix", (4,), (4, 2)),
    ("of matrices", (3, 4), (4, 5)), ("of batches", (2, 3, 4), (2, 4, 3)), ("of a batch and one matrix", (2, 3, 4), (4, 2)),
    ("of one matrix and a batch", (3, 4), (2, 4, 2)), ("with broadcast batch axes", (2, 1, 3, 2), (3, 2, 2)),
    ("of a batch and a vector", (2, 3, 4), (4,)), ("of a vector and a batch", (3,), (2, 3, 2)),
)
EINSUMS = (
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,kj->ik", (2, 3), (4, 3)), ("bij,bjk->bik", (2, 3, 2), (2, 2, 3)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 2), (2, 2, 4, 2)), ("ij,bjk->bik", (3, 3), (2, 3, 2)), ("i,j->ij", (3,), (4,)),
    ("bij,bij->b", (2, 3, 2), (2, 3, 2)), ("ijk->kij", (2, 3, 4)), ("ij->j", (3, 4)), ("ij->", (2, 3)), ("ii->i", (3, 3)), ("ii->", (3, 3)),
    ("nij,jk,kl->nil", (2, 2, 3), (3, 2), (2, 4)), ("i,i->", (4,), (4,)), ("ij,j->i", (2, 3), (3,)),
)


def add_cases(family):
    """Adds the family's cases."""
    for name, left, right in MATMULS:
        family.case(f"matmul {name}", "matmul", {}, [normal(*left), normal(*right)], torch.matmul)
    family.case("dot of vectors", "dot", {}, [normal(5), normal(5)], torch.dot)
    family.case("outer of vectors", "outer", {}, [normal(3), normal(4)], torch.outer)
    for equation, *shapes in EINSUMS:
        family.case(
            f"einsum {equation}", "einsum", {"equation": equation}, [normal(*shape) for shape in shapes],
            lambda *xs: torch.einsum(equation, *xs),
        )
