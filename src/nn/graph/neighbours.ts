// What layers that look at each neighbour alone share. Node i has the neighbour j where A[i, j] is not
// 0, in each of the three forms. Segment ops want the axis of nodes or edges in front.

import { range } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { notEqual } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/broadcast.ts";
import { expandDims, moveAxis } from "../../ops/structural.ts";
import type { Edges } from "./edges.ts";

/**
 * A tensor [..., nodes, trailing…] with its nodes, or edges, in front, and behind them axes of size 1
 * up to a rank: what has fewer leading axes is the same for all of those.
 */
export const inFront = (x: Tensor, trailing: number, rank: number): Tensor => {
  const moved = moveAxis(x, x.shape.length - trailing - 1, 0);
  const [first, ...others] = moved.shape;
  const missing = range(rank - moved.shape.length).map(() => 1);
  return reshape([first as number, ...missing, ...others])(moved); // it has trailing + 1 axes or more
};

/** The inverse: the axis in front back before the trailing ones. */
export const behindLeading = (x: Tensor, trailing: number): Tensor =>
  moveAxis(x, 0, x.shape.length - trailing - 1);

/** Which edges there are, bool [edges, ..., 1]: those of weight other than 0. */
export const presence = ({ weights }: Edges, rank: number): Tensor =>
  inFront(expandDims(-1)(notEqual(weights, 0)), 1, rank);
