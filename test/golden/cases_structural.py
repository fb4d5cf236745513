"""Movement of data: reshaping, padding, slicing, joining, splitting, repeating."""

import torch
import torch.nn.functional as F
from record import normal


def add_cases(family):
    """Adds the family's cases."""
    case = family.case
    case("reshape with an inferred axis", "reshape", {"shape": [4, -1]}, [normal(2, 3, 4)], lambda x: x.reshape(4, -1))
    case("permute of three axes", "permute", {"axes": [2, 0, 1]}, [normal(2, 3, 4)], lambda x: x.permute(2, 0, 1))
    case("transpose swaps the last two", "transpose", {}, [normal(2, 3, 4)], lambda x: x.transpose(-1, -2))
    case("expand of a unit axis and a new one", "expand", {"shape": [2, 3, 4]}, [normal(3, 1)], lambda x: x.expand(2, 3, 4))
    case("expandDims at the end", "expandDims", {"axis": -1}, [normal(2, 3)], lambda x: x.unsqueeze(-1))
    case("squeeze of the middle", "squeeze", {"axis": 1}, [normal(2, 1, 3)], lambda x: x.squeeze(1))
    for value in (0, -1.5):
        case(
            f"pad with {value}", "pad", {"widths": [[1, 2], [0, 1]], "value": value}, [normal(2, 3)],
            lambda x: F.pad(x, (0, 1, 1, 2), value=value),
        )
    case("slice with steps", "slice", {"start": [1, 0], "stop": [6, 5], "step": [2, 3]}, [normal(7, 5)], lambda x: x[1:6:2, 0:5:3])
    case("slice from the end", "slice", {"start": [-3, 1], "stop": [-1, 4]}, [normal(5, 4)], lambda x: x[-3:-1, 1:4])
    case("flip of one axis", "flip", {"axis": 1}, [normal(2, 3)], lambda x: x.flip(1))
    case("flip of two axes", "flip", {"axis": [0, -1]}, [normal(2, 3, 2)], lambda x: x.flip([0, -1]))
    case("concat along axis 1", "concat", {"axis": 1}, [normal(2, 3), normal(2, 1), normal(2, 2)], lambda *xs: torch.cat(xs, 1))
    case("concat along the last axis", "concat", {"axis": -1}, [normal(2, 2, 1), normal(2, 2, 3)], lambda *xs: torch.cat(xs, -1))
    case("stack along a new first axis", "stack", {"axis": 0}, [normal(2, 3), normal(2, 3)], lambda *xs: torch.stack(xs, 0))
    case("stack along a new last axis", "stack", {"axis": -1}, [normal(2, 3), normal(2, 3)], lambda *xs: torch.stack(xs, -1))
    case("split into parts", "split", {"axis": 1, "parts": 2}, [normal(3, 4)], lambda x: tuple(x.split(2, 1)))
    case("split by sizes", "split", {"axis": 0, "sizes": [1, 3, 2]}, [normal(6, 2)], lambda x: tuple(x.split([1, 3, 2], 0)))
    case("tile of both axes", "tile", {"reps": [2, 3]}, [normal(2, 2)], lambda x: x.repeat(2, 3))
