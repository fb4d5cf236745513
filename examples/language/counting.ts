// What a model pays that only counts: how frequent tokens are, by themselves or behind the token before. What a network has to be better than.

/** Two parts of a text in tokens 0…symbols − 1. */
export interface Counted {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly symbols: number;
}

/**
 * Mean of −ln p over all tokens of the validation text but the first: p is the share of a token among those of the training text, or with `order` 1 among those
 * behind the same token. Every count is one more than it was (Laplace), so that none is 0.
 */
export const countingLoss = ({ train, validation, symbols }: Counted, order: 0 | 1): number => {
  const counts = new Float64Array(symbols ** (order + 1)).fill(1);
  const rowAt = (tokens: Int32Array, i: number): number =>
    order === 0 ? 0 : (tokens[i - 1] as number) * symbols; // i is 1 or more
  for (let i = 1; i < train.length; i++) {
    const place = rowAt(train, i) + (train[i] as number);
    counts[place] = (counts[place] as number) + 1;
  }
  const totals = Float64Array.from({ length: counts.length / symbols }, (_, row) =>
    counts.subarray(row * symbols, (row + 1) * symbols).reduce((a, b) => a + b, 0),
  );
  let paid = 0;
  for (let i = 1; i < validation.length; i++) {
    const row = rowAt(validation, i);
    const share =
      (counts[row + (validation[i] as number)] as number) / (totals[row / symbols] as number);
    paid -= Math.log(share);
  }
  return paid / (validation.length - 1);
};
