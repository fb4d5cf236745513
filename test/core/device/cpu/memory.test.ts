// The memory of an engine: it grows, ends at 4 GiB with a clear error, and a call that found no room leaves none taken. Where results are.

import * as assert from "uvu/assert";
import { Engine } from "../../../../src/core/device/cpu/engine.ts";
import { Block, CpuMemory } from "../../../../src/core/device/cpu/memory.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import type { Storage } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";
import { onHost, preparedOn, valuesOn } from "./engines.ts";

const test = suite("CpuMemory");

for (const isShared of [false, true])
  test(`grows with what is taken, and keeps what it holds, ${isShared ? "shared" : "alone"}`, () => {
    const memory = new CpuMemory(isShared);
    const small = new Block(memory, 12);
    memory.write(small.offset, "i32", Int32Array.of(1, -2, 3));
    const before = memory.memory.buffer.byteLength;
    const large = new Block(memory, 64 * 2 ** 20);
    assert.ok(memory.memory.buffer.byteLength >= before + 60 * 2 ** 20);
    assert.is(memory.words.length, memory.memory.buffer.byteLength / 4);
    assert.equal(memory.read(small.offset, "i32", 3), Int32Array.of(1, -2, 3));
    large.drop();
    assert.is(new Block(memory, 60 * 2 ** 20).offset, large.offset);
    small.drop();
  });

test("refuses more than 4 GiB, and goes on with what fits", async () => {
  const memory = new CpuMemory(false);
  const half = new Block(memory, 2 ** 31);
  const { tag, message } = await refusalOf(() => new Block(memory, 2 ** 31));
  assert.is(tag, "DeviceFailure");
  assert.match(
    message,
    /^cpu: at most 4 GiB of tensors at once expected, got 2048 MiB in use and 2048 MiB more asked for\nhint: /,
  );
  assert.is(memory.heap.used, 2 ** 31);
  new Block(memory, 2 ** 30).drop();
  half.drop();
  assert.is(memory.heap.used, 0);
});

test("a call whose results find no room leaves none taken, and the next one runs", async () => {
  const engine = new Engine(true, 1);
  const x = P.tensor([1]);
  // Two results of 2 GiB; nothing is computed.
  const outputs = [2, 3].map((factor) => P.mul(P.expand([2 ** 29])(x), factor));
  const { executable, leaves } = preparedOn(engine, outputs);
  const before = engine.memory.heap.used;
  for (let i = 0; i < 2; i++) {
    const { tag } = await refusalOf(() => executable.run(leaves.map(onHost)));
    assert.is(tag, "DeviceFailure");
  }
  // The arena was taken, which is kept.
  assert.ok(
    engine.memory.heap.used - before < 2 ** 20,
    `${engine.memory.heap.used - before} bytes`,
  );
  const [sum] = valuesOn(engine, [P.add(x, 2)]);
  assert.is(sum?.[0], 3);
});

test("small results are on the host at once, and hold nothing here", () => {
  const engine = new Engine(true, 1);
  const x = P.tensor([1, 2]);
  const { executable, leaves } = preparedOn(engine, [P.sum(x), P.mul(x, 3)]);
  const run = (): readonly Storage[] => executable.run(leaves.map(onHost));
  const first = run();
  const before = engine.memory.heap.used;
  const second = run();
  assert.is(engine.memory.heap.used, before);
  for (const results of [first, second]) {
    assert.equal(
      results.map(({ host }) => [...(host ?? [])]),
      [[3], [3, 6]],
    );
    assert.ok(results.every(({ resident }) => resident === undefined));
  }
  assert.is.not(first[0]?.host, second[0]?.host);
});

test("what is written over a donated input stays here, but for a few numbers that came from the host", () => {
  const engine = new Engine(true, 1);
  const [count, bias] = [P.tensor([1]), P.tensor(new Float32Array(64))];
  const outputs = [P.add(count, 1), P.add(bias, 2)];
  const { executable, leaves } = preparedOn(engine, outputs, new Set([count, bias]));
  let storages: readonly Storage[] = leaves.map(onHost);
  let held = 0;
  for (let i = 1; i <= 3; i++) {
    storages = executable.run(storages);
    assert.equal(
      storages.map(({ host, resident }) => [host !== undefined, resident !== undefined]),
      [
        [true, false],
        [false, true],
      ],
    );
    if (i === 1) held = engine.memory.heap.used;
    assert.is(engine.memory.heap.used, held);
  }
  assert.equal(
    storages.map((storage) => hostValues(storage)[0]),
    [4, 6],
  );
});

test.run();
