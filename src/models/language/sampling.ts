// From scores of tokens to the next one: the most likely, or drawn from what temperature, top-k and top-p leave of the distribution.

/** How a token is chosen. */
export interface Choice {
  /** What scores are divided by, ≥ 0; 0 takes the most likely token. Default 1. */
  readonly temperature?: number;
  /** Only so many most likely tokens are drawn from; all when absent (Fan et al., 2018). */
  readonly topK?: number;
  /** Only the fewest most likely tokens whose probabilities add up to this are drawn from; in (0, 1] (Holtzman et al., 2020). */
  readonly topP?: number;
}

/** What is wrong with a choice; undefined where nothing is. */
export const problemOf = ({ temperature = 1, topK, topP }: Choice): string | undefined => {
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    return `a temperature of 0 or more expected, got ${temperature}`;
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    return `a top-k of 1 or more expected, got ${topK}`;
  if (topP !== undefined && !(topP > 0 && topP <= 1))
    return `a top-p in (0, 1] expected, got ${topP}`;
  return undefined;
};

/** Tokens from the most to the least likely; of equal ones the smaller first. */
const ranked = (scores: ArrayLike<number>): readonly number[] =>
  Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );

/** A token and its probability. */
export interface Likely {
  readonly token: number;
  readonly probability: number;
}

/**
 * The tokens that may be drawn, the most likely first, with probabilities that add up to 1. Top-k goes before top-p, temperature before both.
 *
 * @example
 * candidates([0, 1, 1], { topK: 2 }) // [{ token: 1, probability: 0.5 }, { token: 2, probability: 0.5 }]
 */
export const candidates = (
  scores: ArrayLike<number>,
  { temperature = 1, topK = scores.length, topP = 1 }: Choice = {},
): readonly Likely[] => {
  const order = ranked(scores).slice(0, temperature === 0 ? 1 : topK);
  const highest = scores[order[0] as number] as number;
  const weights = order.map((token) =>
    temperature === 0 ? 1 : Math.exp(((scores[token] as number) - highest) / temperature),
  );
  const kept = nucleus(weights, topP);
  const total = weights.slice(0, kept).reduce((sum, w) => sum + w, 0);
  return order
    .slice(0, kept)
    .map((token, i) => ({ token, probability: (weights[i] as number) / total }));
};

/** How many of the largest weights make up a share of all. */
const nucleus = (weights: readonly number[], share: number): number => {
  const total = weights.reduce((sum, w) => sum + w, 0);
  let sum = 0;
  for (const [i, w] of weights.entries()) {
    sum += w;
    if (sum >= share * total) return i + 1;
  }
  return weights.length;
};

/**
 * The token that a number in [0, 1) falls on.
 *
 * @example
 * draw([{ token: 7, probability: 0.5 }, { token: 3, probability: 0.5 }], 0.6) // 3
 */
export const draw = (likely: readonly Likely[], at: number): number => {
  let sum = 0;
  for (const { token, probability } of likely) {
    sum += probability;
    if (at < sum) return token;
  }
  return (likely.at(-1) as Likely).token; // rounding
};

/** Logarithms of probabilities: scores less the logarithm of the sum of their exponentials. */
export const logProbabilities = (scores: ArrayLike<number>): Float64Array => {
  const all = Float64Array.from(scores);
  const highest = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logSum = highest + Math.log(all.reduce((sum, x) => sum + Math.exp(x - highest), 0));
  return all.map((x) => x - logSum);
};
