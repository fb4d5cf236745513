// Places in the memory, against a model that looks at every block.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { aligned, Heap } from "../../../../src/core/device/cpu/heap.ts";
import { alignment } from "../../../../src/core/device/cpu/layout.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("Heap");

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

const start = 4096;

/** What is free between blocks, up to an end; in order. */
const gapsBetween = (blocks: readonly Place[], end: number): readonly Place[] => {
  const gaps: Place[] = [];
  let at = start;
  for (const { offset, bytes } of [...blocks].sort((a, b) => a.offset - b.offset)) {
    if (offset > at) gaps.push({ offset: at, bytes: offset - at });
    at = offset + bytes;
  }
  if (end > at) gaps.push({ offset: at, bytes: end - at });
  return gaps;
};

/** Where a block should go: into the smallest gap that is large enough, the first of several; else to the end. */
const bestPlace = (gaps: readonly Place[], bytes: number, end: number): number => {
  const fitting = gaps.filter((gap) => gap.bytes >= bytes);
  const least = Math.min(...fitting.map((gap) => gap.bytes));
  const best = fitting.find((gap) => gap.bytes === least);
  if (best !== undefined) return best.offset;
  const last = gaps.at(-1);
  return last !== undefined && last.offset + last.bytes === end ? last.offset : end;
};

/** Takes a block of some lines, or, for a negative number, gives back the one at that place among those there are. */
const actions = fc.array(fc.integer({ min: -40, max: 20 }), { maxLength: 120 });

test(
  "places never overlap, fit best, and are one gap once all are given back",
  forAll(
    { actions },
    { runs: 300 },
  )(({ actions: list }) => {
    const heap = new Heap(start);
    let blocks: readonly Place[] = [];
    const give = (block: Place): void => {
      heap.give(block.offset, block.bytes);
      blocks = blocks.filter((it) => it !== block);
    };
    for (const action of list) {
      if (action < 0) {
        const block = blocks[-action % Math.max(1, blocks.length)];
        if (block !== undefined) give(block);
      } else {
        const bytes = aligned(alignment * action);
        const wanted = bestPlace(gapsBetween(blocks, heap.end), bytes, heap.end);
        const offset = heap.take(bytes);
        assert.is(offset, wanted);
        assert.ok(
          blocks.every((it) => it.offset + it.bytes <= offset || offset + bytes <= it.offset),
          "overlaps",
        );
        assert.ok(offset >= start && offset + bytes <= heap.end, "outside");
        blocks = [...blocks, { offset, bytes }];
      }
      assert.is(
        heap.used,
        blocks.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    }
    const { end } = heap;
    for (const block of blocks) give(block);
    assert.is(heap.used, 0);
    if (end > start) assert.is(heap.take(end - start), start);
    assert.is(heap.end, end);
  }),
);

test("sizes are whole cache lines, one at least", () => {
  assert.equal([0, 1, 64, 65, 1000].map(aligned), [64, 64, 64, 128, 1024]);
});

test("a block that fits no gap goes over the last one, if that is at the end", () => {
  const heap = new Heap(0);
  const first = heap.take(128);
  const second = heap.take(256);
  heap.give(second, 256);
  assert.is(heap.take(512), 128);
  assert.is(heap.end, 640);
  heap.give(first, 128);
  assert.is(heap.take(256), 640); // the gap at 0 is too small
});

test.run();
