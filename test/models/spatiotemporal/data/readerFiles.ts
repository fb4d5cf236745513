// Good files, small and in all sizes, that the readers are tried on and that are then damaged.

import fc from "fast-check";

/** Names of nodes, some of which try the decoder. */
export const names = ["web", "db", "cache", "é", "a queue"] as const;
/** Numbers of at least 0, as files may write them. */
export const numbers = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }).map((n) => String(n / 100)),
  fc.constantFrom("0", "1e-3", ".5", "12.", "+3", "1E2", "123456789012345"),
);
/** The same, or nothing. */
export const maybe = fc.oneof({ weight: 5, arbitrary: numbers }, fc.constant(""));
/** How many steps and nodes. */
export const sizes = fc.record({
  steps: fc.integer({ min: 2, max: 4 }),
  nodes: fc.integer({ min: 1, max: 4 }),
});
/** A file of these rows. */
export const csv = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((fields) => `${fields.join(",")}\n`).join("");
/** So many of what an arbitrary makes. */
export const many = <T>(arbitrary: fc.Arbitrary<T>, n: number): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: n, maxLength: n });
/** Pairs of names, each once. */
export const pairs = (from: readonly string[]) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...from), fc.constantFrom(...from)), {
    maxLength: 5,
    selector: String,
  });

/** A table with a row for each time and node, some of them lost if need be. */
export const longRows = (
  cell: fc.Arbitrary<string>,
  columns: number,
  clock: (step: number) => string | number,
  hasGaps: boolean,
) =>
  sizes.chain(({ steps, nodes }) =>
    fc
      .record({
        values: many(many(cell, columns), steps * nodes),
        kept: many(
          hasGaps ? fc.integer({ min: 0, max: 9 }).map((n) => n > 0) : fc.constant(true),
          steps * nodes,
        ),
      })
      .map(({ values, kept }) =>
        values
          .map((row, k) => [clock(Math.floor(k / nodes)), names[k % nodes], ...row])
          .filter((_, k) => kept[k]),
      ),
  );

/** The time of a step, a minute after the one before. */
export const isoMinute = (step: number): string => `2023-03-19 17:4${step}:00`;
