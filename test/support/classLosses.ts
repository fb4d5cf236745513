// What losses of classes are held to: rows of logits with labels, of which some are ignored, in plain
// numbers, and the laws that all of them have.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { item, type Tensor, tensor, valueAndGrad, values } from "../../src/index.ts";
import { forAll } from "./property.ts";
import type { Suite } from "./suite.ts";

/** The label that stands for "do not count" in all of these; no class. */
export const ignoreIndex = 255;

/** Rows of logits, each with its label: a class or `ignoreIndex`. */
export interface Rows {
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** A loss of logits [rows, classes] and labels [rows]. */
export type ClassLoss = (logits: Tensor, labels: Tensor) => Tensor;

/** A loss with a number in 0…1 for each class, its weights or factors. */
export type WeightedLoss = (weights: readonly number[]) => ClassLoss;

const eighths = (limit: number): fc.Arbitrary<number> =>
  fc.integer({ min: -8 * limit, max: 8 * limit }).map((k) => k / 8);

const list = <T>(of: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength: length, maxLength: length });

/** Rows with probabilities from about 1e−7 to almost 1, and a weight for each class. */
export const problems: fc.Arbitrary<Rows & { readonly weights: readonly number[] }> = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), classes: fc.integer({ min: 2, max: 4 }) })
  .chain(({ rows, classes }) =>
    fc.record({
      logits: list(list(eighths(8), classes), rows),
      labels: list(
        fc.oneof(fc.nat(classes - 1), fc.nat(classes - 1), fc.constant(ignoreIndex)),
        rows,
      ),
      weights: list(fc.constantFrom(0.125, 0.5, 0.75, 1), classes),
    }),
  );

/** Logits as a tensor. */
export const logitsOf = (
  rows: readonly (readonly number[])[],
  dtype: "f32" | "f64" = "f64",
): Tensor =>
  tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0]?.length ?? 0], dtype });

/** Labels as a tensor. */
export const labelsOf = (labels: readonly number[]): Tensor => tensor(Int32Array.from(labels));

/** The value of a loss, and its gradient row by row. */
export const outcomeOf = (loss: ClassLoss, { logits, labels }: Rows) => {
  const [value, gradient] = valueAndGrad((z: Tensor) => loss(z, labelsOf(labels)))(
    logitsOf(logits),
  );
  const [flat, width] = [Array.from(values(gradient)), logits[0]?.length ?? 0];
  return {
    value: item(value) as number,
    gradient: logits.map((_, i) => flat.slice(i * width, (i + 1) * width)),
  };
};

/** −log p and −log(1 − p) for the softmax of a row, each from sums of exponentials of what it is about. */
export const costsOf = (row: readonly number[]) => {
  const logSum = (zs: readonly number[]): number => {
    const largest = Math.max(...zs);
    return largest + Math.log(zs.reduce((sum, z) => sum + Math.exp(z - largest), 0));
  };
  return row.map((z, c) => {
    const others = logSum(row.filter((_, k) => k !== c));
    return { own: logSum([0, others - z]), not: logSum([0, z - others]) };
  });
};

/** Fails unless |a − b| ≤ tolerance · (1 + |b|), or both are NaN. */
export const assertNear = (a: number, b: number, what: string, tolerance = 1e-12): void => {
  const isNear = Object.is(a, b) || Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
  assert.ok(isNear, `${what}: ${a}, ${b} expected`);
};

const assertSame = (a: ReturnType<typeof outcomeOf>, b: ReturnType<typeof outcomeOf>): void => {
  assertNear(a.value, b.value, "value");
  a.gradient.flat().forEach((g, i) => {
    assertNear(g, b.gradient.flat()[i] as number, `gradient at ${i}`);
  });
};

/** Declares the laws of a loss that ignores 255: of the order of rows and classes, of shifts, and of what is ignored. */
export const declareLaws = (test: Suite, lossOf: WeightedLoss): void => {
  test(
    "does not depend on the order of rows",
    forAll(problems)(({ logits, labels, weights }) => {
      const loss = lossOf(weights);
      const [backward, forward] = [
        outcomeOf(loss, { logits: logits.toReversed(), labels: labels.toReversed() }),
        outcomeOf(loss, { logits, labels }),
      ];
      assertSame({ ...backward, gradient: backward.gradient.toReversed() }, forward);
    }),
  );

  test(
    "does not depend on the order of classes, weights along",
    forAll(problems)(({ logits, labels, weights }) => {
      const last = weights.length - 1;
      const turned = outcomeOf(lossOf(weights.toReversed()), {
        logits: logits.map((row) => row.toReversed()),
        labels: labels.map((label) => (label === ignoreIndex ? label : last - label)),
      });
      const gradient = turned.gradient.map((row) => row.toReversed());
      assertSame({ ...turned, gradient }, outcomeOf(lossOf(weights), { logits, labels }));
    }),
  );

  test(
    "does not change when a number is added to the logits of a row",
    forAll(problems)(({ logits, labels, weights }) => {
      const loss = lossOf(weights);
      const shifted = logits.map((row, i) => row.map((z) => z + 64 * (i - 1)));
      assertSame(outcomeOf(loss, { logits: shifted, labels }), outcomeOf(loss, { logits, labels }));
    }),
  );

  test(
    "is that of the rows that are not ignored, whatever the others hold",
    forAll({
      problem: problems,
      junk: fc.constantFrom(1e30, Number.NaN, Number.POSITIVE_INFINITY, -1e300),
    })(({ problem: { logits, labels, weights }, junk }) => {
      const isCounted = (_: unknown, i: number): boolean => labels[i] !== ignoreIndex;
      const kept = { logits: logits.filter(isCounted), labels: labels.filter(isCounted) };
      if (kept.labels.length === 0) return;
      const spoilt = logits.map((row, i) =>
        isCounted(row, i) ? row : row.map((z, k) => (k === 0 ? junk : z)),
      );
      const { value, gradient } = outcomeOf(lossOf(weights), { logits: spoilt, labels });
      const ignored = gradient.filter((_, i) => !isCounted(_, i)).flat();
      assert.ok(
        ignored.every((g) => g === 0),
        `gradients of 0 where ignored: ${ignored}`,
      );
      assertSame({ value, gradient: gradient.filter(isCounted) }, outcomeOf(lossOf(weights), kept));
    }),
  );
};
