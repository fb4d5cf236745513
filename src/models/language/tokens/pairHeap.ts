// Pairs of tokens by how often they occur: a binary heap (Williams, "Algorithm 232: Heapsort", 1964).

/** A pair of tokens, and how often it was found when it was put in. */
export interface Counted {
  readonly first: number;
  readonly second: number;
  readonly count: number;
}

/** Whether the one goes before the other: the more frequent, and of equally frequent ones that of smaller tokens. */
export const goesBefore = (a: Counted, b: Counted): boolean =>
  a.count !== b.count
    ? a.count > b.count
    : a.first !== b.first
      ? a.first < b.first
      : a.second < b.second;

/** What pairs are put into, and taken from in their order. */
export interface PairHeap {
  readonly put: (pair: Counted) => void;
  /** The next pair, which is gone then; undefined when there is none. */
  readonly take: () => Counted | undefined;
}

/**
 * An empty heap.
 *
 * @example
 * const heap = pairHeap();
 * heap.put({ first: 1, second: 2, count: 3 });
 * heap.put({ first: 0, second: 5, count: 3 });
 * heap.take()?.second // 5
 */
export const pairHeap = (): PairHeap => {
  const items: Counted[] = [];
  const at = (i: number): Counted => items[i] as Counted; // i < length
  const swap = (i: number, j: number): void => {
    [items[i], items[j]] = [at(j), at(i)];
  };
  const rise = (from: number): void => {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!goesBefore(at(i), at(parent))) return;
      swap(i, parent);
      i = parent;
    }
  };
  const sink = (): void => {
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let best = i;
      if (left < items.length && goesBefore(at(left), at(best))) best = left;
      if (right < items.length && goesBefore(at(right), at(best))) best = right;
      if (best === i) return;
      swap(i, best);
      i = best;
    }
  };
  return {
    put: (pair) => {
      items.push(pair);
      rise(items.length - 1);
    },
    take: () => {
      const top = items[0];
      const last = items.pop();
      if (top === undefined || last === undefined || items.length === 0) return top;
      items[0] = last;
      sink();
      return top;
    },
  };
};
