// The last part of a worker's step: the optimiser's step on its shard. No other worker has the optimiser's state for it.

import { bytesFor } from "../../core/dtype.ts";
import { evaluate } from "../../core/run/evaluate.ts";
import { sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf } from "../../core/tree.ts";
import { type Programs, release } from "./compute.ts";
import type { LeafKind, PlainLeaf } from "./gather.ts";
import { hostOf } from "./gradients.ts";
import { type Piece, piecesOf } from "./layout.ts";
import type { Assignment } from "./messages.ts";
import type { FloatArray } from "./shared.ts";
import type { ParallelTask } from "./task.ts";

/** A shard of the parameters, with the optimiser's state for it. */
export interface Shard {
  /** Takes a step for the gradients in slot 0 times a factor, and writes the new parameters where all workers see them. */
  readonly update: (factor: number) => void;
  /** The leaves of the state. */
  readonly kinds: () => readonly LeafKind[];
  /** The same with a copy of their values. */
  readonly state: () => readonly PlainLeaf[];
  readonly restore: (leaves: readonly PlainLeaf[]) => void;
  /** Bytes of the state. */
  readonly bytes: () => number;
}

/** The leaves of a tree without their values. */
export const kindsOf = (tree: unknown): readonly LeafKind[] => {
  const { leaves, structure } = flattenTree(tree, "dataParallel");
  return (leaves as readonly Tensor[]).map(({ shape, dtype }, i) => ({
    path: structure.paths[i] as string,
    shape,
    dtype,
  })); // no numbers among them
};

const bytesOf = ({ shape, dtype }: LeafKind): number => bytesFor(dtype, sizeOf(shape));

/** The shard of a worker, with the state to begin with. */
export const shardOf = (
  { optimizer }: ParallelTask,
  { memory, places, dtype, shard, skeleton }: Assignment,
  programs: Programs,
): Shard => {
  const { structure } = flattenTree(skeleton, "dataParallel", true);
  const pieces = piecesOf(places, shard);
  const own = pieces.filter((piece) => piece !== undefined);
  /** The tree of the pieces in a vector; null where the shard has none of a leaf. */
  const within = (vector: FloatArray | Float32Array | Float64Array): unknown => {
    const pieceOf = ({ from, to, shape }: Piece): Tensor =>
      fromTypedArray(shape, dtype, vector.subarray(from, to));
    return structure.rebuild(pieces.map((piece) => (piece === undefined ? null : pieceOf(piece))));
  };
  // A state may be parameters themselves, so it is made of a copy of them.
  let state = evaluate(optimizer.init(within(memory.params.slice())));
  return {
    update: (factor) => {
      const [sum] = memory.slots as readonly [FloatArray]; // one for each sum, hence one at least
      const after = programs.update(within(memory.params), within(sum), state, factor);
      state = after.state;
      for (const [i, param] of leavesOf(after.params).entries())
        memory.params.set(hostOf(param), own[i]?.from);
      release(after.params);
    },
    kinds: () => kindsOf(state),
    state: () => {
      const leaves = leavesOf(state);
      const valuesOf = (i: number) => hostOf(leaves[i] as Tensor).slice();
      return kindsOf(state).map((kind, i) => ({ ...kind, values: valuesOf(i) }));
    },
    restore: (leaves) => {
      const tree = flattenTree(state, "dataParallel").structure;
      state = tree.rebuild(leaves.map((x) => fromTypedArray(x.shape, x.dtype, x.values)));
    },
    bytes: () => kindsOf(state).reduce((sum, kind) => sum + bytesOf(kind), 0),
  };
};
