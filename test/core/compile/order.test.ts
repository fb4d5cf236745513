// Laws of the order of a plan's steps, over random graphs of steps: nothing is read before it is made, and no more is alive than in the order
// that was given.

import fc from "fast-check";
import * as assert from "uvu/assert";
import type { LoweredNode } from "../../../src/core/compile/lower.ts";
import { freeingFirst } from "../../../src/core/compile/order.ts";
import type { Tensor } from "../../../src/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

/** Steps in an order that can be run: what each reads of those before it, the bytes that it makes, and whether that is an output. */
interface Steps {
  readonly reads: readonly (readonly number[])[];
  readonly bytes: readonly number[];
  readonly isKept: readonly boolean[];
}

const randomSteps: fc.Arbitrary<Steps> = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(), { maxLength: 3 }),
      bytes: fc.integer({ min: 1, max: 8 }),
      isKept: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((steps) => ({
    reads: steps.map(({ reads }, at) => (at === 0 ? [] : reads.map((n) => n % at))),
    bytes: steps.map(({ bytes }) => bytes),
    // What nobody reads is an output, or it would not be there.
    isKept: steps.map(
      ({ isKept }, at) =>
        isKept ||
        !steps.some(({ reads }, later) => later > at && reads.some((n) => n % later === at)),
    ),
  }));

/** The same steps as a plan sees them, and their order as numbers. */
const ordered = ({ reads, bytes, isKept }: Steps): readonly number[] => {
  const nodes = bytes.map((_, at) => ({ at }) as unknown as Tensor); // only their identity matters
  const steps = reads.map((from, at) => ({
    node: nodes[at],
    inputs: from.map((n) => nodes[n]),
  })) as unknown as readonly LoweredNode[]; // kernels are not looked at
  const indexOf = (node: Tensor): number => nodes.indexOf(node);
  return freeingFirst(steps, {
    bytesOf: (node) => (isKept[indexOf(node)] ? 0 : (bytes[indexOf(node)] as number)),
    isKept: (node) => isKept[indexOf(node)] as boolean,
  }).map(({ node }) => indexOf(node));
};

/** The most bytes of temporaries that are still wanted after some step. */
const mostAlive = ({ reads, bytes, isKept }: Steps, order: readonly number[]): number => {
  const after = order.map((_, done) => {
    const later = new Set(order.slice(done + 1).flatMap((at) => reads[at] as readonly number[]));
    return order
      .slice(0, done + 1)
      .filter((at) => !isKept[at] && later.has(at))
      .reduce((sum, at) => sum + (bytes[at] as number), 0);
  });
  return Math.max(...after);
};

const test = suite("order of steps");

test(
  "has every step once, behind what it reads, and outputs in the order that was given",
  forAll(randomSteps)((steps) => {
    const order = ordered(steps);
    const place = new Map(order.map((at, n) => [at, n]));
    assert.is(place.size, steps.bytes.length);
    steps.reads.forEach((from, at) => {
      for (const n of from) assert.ok((place.get(n) as number) < (place.get(at) as number));
    });
    const kept = order.filter((at) => steps.isKept[at]);
    assert.equal(
      kept,
      [...kept].sort((a, b) => a - b),
    );
  }),
);

test(
  "keeps no more bytes alive than the order that was given",
  forAll(randomSteps)((steps) => {
    const given = steps.bytes.map((_, at) => at);
    assert.ok(mostAlive(steps, ordered(steps)) <= mostAlive(steps, given));
  }),
);

test("looks at each step a few times, however many steps read one value", () => {
  const count = 400;
  const shared = {} as Tensor; // only its identity matters
  const steps = [
    { node: shared, inputs: [] },
    ...Array.from({ length: count }, () => ({ node: {}, inputs: [shared] })),
  ] as unknown as readonly LoweredNode[]; // kernels are not looked at
  let looks = 0;
  const order = freeingFirst(steps, {
    bytesOf: () => 1,
    isKept: () => {
      looks++;
      return false;
    },
  });
  assert.is(order.length, count + 1);
  assert.ok(looks <= 4 * count, String(looks));
});

test("frees what is large before something else is made", () => {
  // 0 is large and only wanted by 2, which is small; 1 is large as well.
  const steps: Steps = {
    reads: [[], [], [0], [1, 2]],
    bytes: [8, 8, 1, 1],
    isKept: [false, false, false, true],
  };
  assert.equal(ordered(steps), [0, 2, 1, 3]);
  assert.is(mostAlive(steps, [0, 1, 2, 3]), 16);
  assert.is(mostAlive(steps, [0, 2, 1, 3]), 9);
});

test.run();
