// A user's program, for .ci/pack-check: type-checked against the packed types, compiled and run.
import { grad, mul, sum, type Tensor, tensor, toArray } from "pullback";

const squares = (x: Tensor): Tensor => sum(mul(x, x));
const slope: Tensor = grad(squares)(tensor([1, 2, 3]));
const printed = JSON.stringify(toArray(slope));
if (printed !== "[2,4,6]") throw new Error(`[2,4,6] expected, got ${printed}`);
