// Data sets as a length and a function from indices to a batch, and the stream of batches of a training run, made ahead of their use.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { leavesOf, mapTree } from "../../core/tree.ts";
import { tensor } from "../../ops/create.ts";
import { batchesPerEpoch, type Dealing, deal } from "./dealing.ts";
import { gatherRows } from "./rows.ts";

/** Examples by index. B is the batch, a tree of tensors of the same shapes each time. */
export interface Dataset<B> {
  /** How many examples there are. */
  readonly length: number;
  /**
   * The examples with these indices as one batch. Async where they come from a file or the network. A run says which batch it is, so that
   * what is drawn anew in every epoch, as augmentation is, is the same however the run came there.
   */
  readonly batch: (indices: readonly number[], at?: Place) => B | Promise<B>;
}

/**
 * The data set of the rows of tensors: example i is row i of every leaf. Leaves have the same first size, and are computed when the first
 * batch is made.
 *
 * @example
 * const data = datasetOf({ x: tensor([[1, 2], [3, 4], [5, 6]]), y: tensor([0, 1, 2]) });
 * data.length // 3
 * toArray((await data.batch([2, 0])).x) // [[5, 6], [1, 2]]
 */
export const datasetOf = <B>(rows: B): Dataset<B> => {
  const lengths = [...new Set(leavesOf(rows, "datasetOf").map(({ shape }) => shape[0]))];
  const [length] = lengths;
  if (lengths.length !== 1 || length === undefined)
    return fail(
      "datasetOf",
      "ShapeMismatch",
      "tensors of one first size expected",
      lengths.map(String).join(", "),
    );
  return { length, batch: async (indices) => mapTree(rows, await gatherRows(rows, indices)) };
};

/** Where a run stands in its data: the next batch is number `position` of `epoch`, both from 0. */
export interface Place {
  readonly epoch: number;
  readonly position: number;
}

/** One batch, with its place. */
export interface Dealt<B> extends Place {
  readonly batch: B;
  /** Which examples are real and not there to fill the batch up, bool [batch]. */
  readonly isReal: Tensor;
  /** Whether the epoch ends with this batch. */
  readonly isLast: boolean;
}

/** Which batches, and how many of them are made ahead. */
export interface StreamOptions extends Omit<Dealing, "length"> {
  readonly epochs: number;
  /** Where to begin; default: at the beginning. */
  readonly from?: Place;
  /** How many batches are made ahead of the one that is taken; default 1. */
  readonly ahead?: number;
}

/**
 * The batches of all epochs, from any place on. While one is used, the next are made: those of an async data set at the same time, others
 * when the next is asked for, so ask before you wait for the device. An error of the data set comes where its batch would have.
 *
 * @example
 * const data = datasetOf(tensor([10, 11, 12, 13]));
 * for await (const { batch, epoch } of batches(data, { size: 2, epochs: 1 })) console.log(epoch, toArray(batch));
 */
export async function* batches<B>(
  data: Dataset<B>,
  { epochs, from = { epoch: 0, position: 0 }, ahead = 1, ...dealing }: StreamOptions,
): AsyncGenerator<Dealt<B>, void> {
  const made: Promise<Dealt<B>>[] = [];
  for (const start of starts(data, { ...dealing, length: data.length }, from, epochs)) {
    const coming = start();
    coming.catch(() => undefined); // it may never be asked for
    made.push(coming);
    if (made.length > ahead) yield made.shift() as Promise<Dealt<B>>; // more than none
  }
  yield* made;
}

/** For each batch from a place on what begins to make it. */
function* starts<B>(
  data: Dataset<B>,
  dealing: Dealing,
  from: Place,
  epochs: number,
): Generator<() => Promise<Dealt<B>>> {
  const count = batchesPerEpoch(dealing);
  const all = maskOf(dealing.size, dealing.size);
  let { epoch, position } = from;
  for (; epoch < epochs; epoch++, position = 0) {
    const dealt = deal(dealing, epoch);
    for (; position < count; position++) {
      const { indices, filled } = dealt.at(position);
      const at = { epoch, position };
      const place = { ...at, isLast: position === count - 1 };
      const isReal = filled === dealing.size ? all : maskOf(filled, dealing.size);
      yield async () => ({ ...place, isReal, batch: await data.batch(indices, at) });
    }
  }
}

const maskOf = (filled: number, size: number): Tensor =>
  tensor(Array.from({ length: size }, (_, i) => i < filled));
