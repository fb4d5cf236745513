// What becomes of values in the memory: results that were forgotten, read, donated or moved away, and copies of what the host has.

import * as assert from "uvu/assert";
import { Block, CpuMemory } from "../../../../src/core/device/cpu/memory.ts";
import { deviceName, Residency } from "../../../../src/core/device/cpu/residency.ts";
import { giveAway, hostValues } from "../../../../src/core/device/transfer.ts";
import type { Storage } from "../../../../src/core/tensor.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("Residency");
const mebibyte = 2 ** 20;

const make = () => {
  const memory = new CpuMemory(false);
  const residency = new Residency(memory);
  /** A result of so many f32, the first and the last of them as given. */
  const result = (size: number, value: number): Storage => {
    const block = new Block(memory, 4 * size);
    const floats = new Float32Array(memory.memory.buffer, block.offset, size);
    floats[0] = value;
    floats[size - 1] = value;
    return residency.adopt(block, "f32", size);
  };
  return { memory, residency, result };
};

const values = (storage: Storage): readonly number[] => [...hostValues(storage)];

test("a small result leaves the memory when it is read", () => {
  const { memory, residency, result } = make();
  const storage = result(2, 7);
  assert.is(memory.heap.used, 64);
  assert.equal(values(storage), [7, 7]);
  assert.is(memory.heap.used, 0);
  assert.is(residency.find(storage), undefined);
  assert.equal([...hostValues({ fetch: storage.fetch } as Storage)], [7, 7]); // and can be read again
});

test("a large result stays where it is when it is read", () => {
  const { memory, residency, result } = make();
  const storage = result(5000, 7);
  const block = residency.find(storage);
  assert.is(hostValues(storage)[4999], 7);
  assert.is(residency.find(storage), block);
  assert.is(memory.heap.used, (block as Block).bytes);
  storage.resident?.release();
  storage.resident?.release(); // once more does nothing
  assert.is(memory.heap.used, 0);
});

test("values of the host are copied in once", () => {
  const { memory, residency } = make();
  const storage: Storage = { host: Float32Array.of(1, 2, 3) };
  const block = residency.upload(storage, hostValues(storage), "f32", hostValues(storage).length);
  assert.is(residency.bytesUploaded, 12);
  assert.is(residency.find(storage), block);
  assert.is(new Float32Array(memory.memory.buffer, block.offset, 3)[2], 3);
});

test("a donated result gives its memory back, and is refused", async () => {
  const { memory, residency, result } = make();
  const storage = result(5000, 1);
  giveAway(storage, "step");
  assert.is(memory.heap.used, 0);
  assert.is((await refusalOf(() => residency.find(storage))).tag, "Donated");
});

test("the collector is hurried by results that it has to free, not by those that are given back", () => {
  const { result } = make();
  const seen = (): number => process.memoryUsage().arrayBuffers;
  const mebibytes = 66;
  const before = seen();
  for (let i = 0; i < mebibytes; i++) giveAway(result(mebibyte / 4, i), "step");
  assert.ok(seen() - before < mebibyte);
  const kept = Array.from({ length: mebibytes }, (_, i) => result(mebibyte / 4, i));
  assert.ok(seen() - before > 32 * mebibyte);
  assert.is(kept.length, mebibytes);
});

test("what is written over an input belongs to the result", () => {
  const { memory, residency, result } = make();
  const over = (storage: Storage): Storage => {
    const block = residency.find(storage) as Block;
    new Float32Array(memory.memory.buffer, block.offset, 1)[0] = 9;
    const made = residency.takeOver(storage);
    giveAway(storage, "step");
    assert.is(residency.find(made), block);
    assert.is(hostValues(made)[0], 9);
    return made;
  };
  const copied: Storage = { host: new Float32Array(5000) };
  residency.upload(copied, hostValues(copied), "f32", hostValues(copied).length);
  const before = memory.heap.used;
  over(over(copied));
  assert.is(memory.heap.used, before);
  over(result(5000, 1));
});

test("results make room beyond a gibibyte, with their values, but none that is needed now", () => {
  const { memory, residency, result } = make();
  const size = (64 * mebibyte) / 4;
  const storages = Array.from({ length: 17 }, (_, i) => result(size, i));
  const blocks = storages.map((storage) => residency.find(storage) as Block);
  assert.is(memory.heap.used, 17 * 64 * mebibyte);
  assert.ok(residency.isFull);
  // All but two, since moving touches memory, which can take long.
  residency.makeRoom(new Set(blocks.filter((_, i) => i !== 1 && i !== 5)));
  assert.not.ok(residency.isFull);
  assert.is(memory.heap.used, 15 * 64 * mebibyte);
  storages.forEach((storage, i) => {
    const isMoved = i === 1 || i === 5;
    assert.is(residency.find(storage), isMoved ? undefined : blocks[i]);
    if (!isMoved) return;
    const found = hostValues(storage);
    assert.equal([found[0], found[size - 1], found.length], [i, i, size]);
  });
});

test("the copies used longest ago are dropped beyond 128 MiB", () => {
  const { memory, residency } = make();
  const size = (32 * mebibyte) / 4;
  const host = new Float32Array(size); // nobody looks at it, so one serves all
  const storages = Array.from({ length: 5 }, (): Storage => ({ host }));
  for (const storage of storages) residency.upload(storage, host, "f32", host.length);
  assert.ok(residency.isFull);
  residency.find(storages[0] as Storage); // used last
  residency.makeRoom(new Set());
  assert.not.ok(residency.isFull);
  assert.equal(
    storages.map((storage) => residency.find(storage) !== undefined),
    [true, false, true, true, true],
  );
  assert.is(memory.heap.used, 128 * mebibyte);
  const [, dropped] = storages as [Storage, Storage];
  assert.is(dropped.resident?.device, deviceName);
  residency.upload(dropped, host, "f32", host.length); // again
  assert.ok(residency.find(dropped) !== undefined);
});

test.run();
