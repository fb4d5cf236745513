// In which order the gradients of micro-batches are added. The order is that of a binary tree over the micro-batches, which does not
// depend on who computes which: a worker adds what lies whole within its share, and the rest is added where shares meet. So a
// sum has the same bits for any number of workers.

/** Micro-batches from `from` up to, not including, `to`: a node of the tree if `partsOf` leads to it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const sizeOf = ({ from, to }: Range): number => to - from;

/** All micro-batches: the root. */
export const wholeOf = (microBatches: number): Range => ({ from: 0, to: microBatches });

/**
 * The two nodes below a node of two micro-batches or more: the left one is as large as a power of two can be.
 *
 * @example
 * partsOf({ from: 0, to: 6 }) // [{ from: 0, to: 4 }, { from: 4, to: 6 }]
 */
export const partsOf = ({ from, to }: Range): readonly [Range, Range] => {
  const middle = from + 2 ** Math.ceil(Math.log2(to - from) - 1);
  return [
    { from, to: middle },
    { from: middle, to },
  ];
};

/**
 * The micro-batches of each worker: as even as can be, and in their order.
 *
 * @example
 * sharesOf(4, 3) // [{ from: 0, to: 1 }, { from: 1, to: 2 }, { from: 2, to: 4 }]
 */
export const sharesOf = (microBatches: number, workers: number): readonly Range[] => {
  const start = (worker: number): number => Math.floor((worker * microBatches) / workers);
  return Array.from({ length: workers }, (_, i) => ({ from: start(i), to: start(i + 1) }));
};

/**
 * The largest nodes that lie within a share, in their order: what its worker adds by itself.
 *
 * @example
 * nodesIn({ from: 1, to: 4 }, 4) // [{ from: 1, to: 2 }, { from: 2, to: 4 }]
 */
export const nodesIn = (share: Range, microBatches: number): readonly Range[] => {
  const below = (node: Range): readonly Range[] => {
    if (node.to <= share.from || node.from >= share.to) return [];
    if (node.from >= share.from && node.to <= share.to) return [node];
    return partsOf(node).flatMap(below);
  };
  return below(wholeOf(microBatches));
};

/** An addition: the sum in one slot becomes itself plus that in another. */
export interface Addition {
  readonly into: number;
  readonly from: number;
}

/**
 * What is left to add when every worker has put its nodes into slots, one after the other in the order of the micro-batches. The
 * sum of all ends in slot 0.
 *
 * @example
 * additionsOf([{ from: 0, to: 1 }, { from: 1, to: 2 }, { from: 2, to: 4 }], 4)
 * // [{ into: 0, from: 1 }, { into: 0, from: 2 }]
 */
export const additionsOf = (slots: readonly Range[], microBatches: number): readonly Addition[] => {
  const additions: Addition[] = [];
  /** The slot in which the sum of a node ends. */
  const gather = (node: Range): number => {
    const slot = slots.findIndex(({ from }) => from === node.from);
    if (sizeOf(slots[slot] as Range) === sizeOf(node)) return slot; // slots cover everything, and each is a node
    const [into, from] = partsOf(node).map(gather) as [number, number];
    additions.push({ into, from });
    return into;
  };
  gather(wholeOf(microBatches));
  return additions;
};

/** The sum over a node of what `at` gives for its micro-batches, one after the other, in the order of the tree. */
export const sumOver = async <A>(
  node: Range,
  at: (microBatch: number) => Promise<A>,
  add: (a: A, b: A) => A,
): Promise<A> => {
  if (sizeOf(node) === 1) return at(node.from);
  const [left, right] = partsOf(node);
  const first = await sumOver(left, at, add);
  return add(first, await sumOver(right, at, add));
};
