// Several makers as one: each has pictures of its own, and a batch is put together from what they make at the same time.

import * as E from "fp-ts/lib/Either.js";
import type { Size } from "./fitTo.ts";
import { type Examples, emptyExamples, type Failure, type Maker, type Opened } from "./maker.ts";

/** What one maker makes of a batch: at these positions are its examples. */
interface Share {
  readonly maker: Maker;
  readonly positions: readonly number[];
}

/**
 * Makers of the same pictures as one, which gives what each of them would. Picture i belongs to maker i modulo their number, so that it is
 * decoded and kept once. Of several failures in a batch the first by position is named.
 */
export const teamOf = (members: readonly [Opened, ...Opened[]], size: Size): Opened => {
  const [{ classes, names, maker: first }] = members;
  const makerOf = (index: number): Maker => members[index % members.length]?.maker ?? first;
  return {
    classes,
    names,
    maker: {
      examples: async ({ indices, epoch }) => {
        const shares = sharesOf(indices.map(makerOf));
        const parts = await Promise.all(
          shares.map(({ maker, positions }) =>
            maker.examples({ indices: positions.map((at) => indices[at] as number), epoch }),
          ),
        );
        return joined(shares, parts, indices.length, size);
      },
      survey: (index) => makerOf(index).survey(index),
    },
    close: async () => {
      await Promise.all(members.map(({ close }) => close()));
    },
  };
};

/** For each maker the positions of its examples, ascending. */
const sharesOf = (makers: readonly Maker[]): readonly Share[] =>
  [...new Set(makers)].map((maker) => ({
    maker,
    positions: makers.flatMap((other, position) => (other === maker ? [position] : [])),
  }));

/** The parts of a batch as one, or what is wrong with the first of its examples that could not be made. */
const joined = (
  shares: readonly Share[],
  parts: readonly E.Either<Failure, Examples>[],
  count: number,
  size: Size,
): E.Either<Failure, Examples> => {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only; // all positions, in order
  const whole = emptyExamples(count, size);
  const failures: Failure[] = [];
  for (const [i, { positions }] of shares.entries()) {
    const part = parts[i] as E.Either<Failure, Examples>; // as many as shares
    if (E.isLeft(part)) {
      const position = positions[part.left.position] as number;
      failures.push({ ...part.left, position });
      continue;
    }
    deal(part.right.images, whole.images, positions);
    deal(part.right.labels, whole.labels, positions);
  }
  const [failure] = failures.sort((a, b) => a.position - b.position);
  return failure === undefined ? E.right(whole) : E.left(failure);
};

/** Copies examples that lie one behind the other to their positions. */
const deal = (part: Uint8Array, whole: Uint8Array, positions: readonly number[]): void => {
  const length = part.length / positions.length;
  for (const [i, position] of positions.entries())
    whole.set(part.subarray(i * length, (i + 1) * length), position * length);
};
