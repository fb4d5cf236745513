// The state of an optimiser, of which every worker has a part, as one and in parts again. A leaf is the same in all parts where it does not
// belong to parameters (a count of steps); else it is whole in one of them, or its rows lie in several, one after the other.

import { allocate, type Dtype, itemsFor, type TypedArray } from "../../core/dtype.ts";
import { type Shape, sameShape, sizeOf } from "../../core/shape.ts";

/** A leaf as plain data. */
export interface PlainLeaf {
  readonly path: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** As the dtype is stored. */
  readonly values: TypedArray;
}

/** A leaf without its values. */
export type LeafKind = Omit<PlainLeaf, "values">;

/** A leaf put together from the parts of all workers. */
export const gatherLeaf = (
  whole: LeafKind,
  parts: readonly (readonly PlainLeaf[])[],
): PlainLeaf => {
  const found = parts.flatMap((leaves) => leaves.filter(({ path }) => path === whole.path));
  const complete = found.find(({ shape }) => sameShape(shape, whole.shape));
  if (complete !== undefined) return complete;
  const values = allocate(whole.dtype, sizeOf(whole.shape));
  let at = 0;
  for (const part of found) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { ...whole, values };
};

/** A worker's part of whole leaves, in the order of its own leaves; `kinds` are those of all workers. */
export const scatterLeaves = (
  whole: readonly PlainLeaf[],
  kinds: readonly (readonly LeafKind[])[],
  worker: number,
): readonly PlainLeaf[] => {
  const byPath = new Map(whole.map((leaf) => [leaf.path, leaf]));
  return (kinds[worker] ?? []).map((kind) => {
    const leaf = byPath.get(kind.path) as PlainLeaf; // the state of a shard has no leaves but those of the whole
    if (sameShape(kind.shape, leaf.shape)) return leaf;
    const before = kinds
      .slice(0, worker)
      .flatMap((leaves) => leaves.filter(({ path }) => path === kind.path));
    const start = before.reduce((sum, { shape }) => sum + itemsFor(kind.dtype, sizeOf(shape)), 0);
    return {
      ...kind,
      values: leaf.values.slice(start, start + itemsFor(kind.dtype, sizeOf(kind.shape))),
    };
  });
};
