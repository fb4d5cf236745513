// The mode webgpu beyond right results: what is submitted and read back when, what stays on the card, and what becomes of work when the card
// is lost.

import * as assert from "uvu/assert";
import { acquireDevice, buildPipeline } from "../../../../src/core/device/gpujs/internals.ts";
import * as P from "../../../../src/index.ts";
import { goesOnElsewhere } from "../../../devices/lost.ts";
import { perceptron } from "../../../devices/training.ts";
import { openForTests } from "../../../support/devices.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";

const device = "gpu:webgpu";
const test = suite("webgpu");
const reason = await openForTests(device);

/** Counts what the queue itself is given while a function runs. */
const submissionsDuring = async (run: () => Promise<void>): Promise<number> => {
  const { queue } = (await acquireDevice()).device;
  const { submit } = queue;
  let count = 0;
  queue.submit = (commands) => {
    count += commands.length;
    submit.call(queue, commands);
  };
  try {
    await run();
  } finally {
    queue.submit = submit;
  }
  return count;
};

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const tests: Record<string, () => Promise<void>> = {
  "hands a step and the reading of its loss to the queue at once": async () => {
    const { step, params, state } = perceptron(device);
    const noise = P.tensor([0]);
    let now = step(params, state, noise);
    await P.ready(now.loss);
    const { bytesRead } = P.deviceStats(device);
    const count = await submissionsDuring(async () => {
      for (let i = 0; i < 10; i++) {
        now = step(now.params, now.state, noise);
        await P.ready(now.loss);
      }
    });
    assert.is(count, 10);
    assert.is(P.deviceStats(device).bytesRead - bytesRead, 40);
  },

  "reads a whole tree in the submission that computes it": async () => {
    const f = P.compile((x: P.Tensor) => ({ a: P.mul(x, 2), b: { c: P.sum(x) } }), { device });
    await P.ready(f(P.tensor([1, 2])));
    const count = await submissionsDuring(async () => {
      const { a, b } = await P.ready(f(P.tensor([3, 4])));
      assert.equal([P.toArray(a), P.item(b.c)], [[6, 8], 7]);
    });
    assert.is(count, 1);
  },

  "submits what nobody reads in the next turn, and each call by itself": async () => {
    const f = P.compile((x: P.Tensor) => P.add(x, 1), { device });
    let x: P.Tensor = f(P.tensor([0]));
    await P.ready(x);
    assert.is(
      await submissionsDuring(async () => {
        for (let i = 0; i < 3; i++) x = f(x);
        await turn();
      }),
      3,
    );
    assert.is(await submissionsDuring(async () => void (await P.ready(x))), 1);
    assert.is(P.item(x), 4);
  },

  "waits in order for kernels that are not built yet": async () => {
    const slow = P.compile((x: P.Tensor) => P.exp(P.tanh(P.sin(x))), { device });
    const quick = P.compile((x: P.Tensor) => P.neg(x), { device });
    await P.ready(quick(P.tensor([1])));
    const y = quick(slow(P.tensor([0.5]))); // built first, called second
    assert.ok(Math.abs(P.item(await P.ready(y)) + Math.exp(Math.tanh(Math.sin(0.5)))) < 1e-6);
  },

  "uploads data once": async () => {
    const x = P.tensor(new Float32Array(5000).fill(1));
    const total = P.compile((a: P.Tensor) => P.sum(a), { device });
    await P.ready(total(x));
    const { bytesUploaded } = P.deviceStats(device);
    for (let i = 0; i < 5; i++) assert.is(P.item(await P.ready(total(x))), 5000);
    assert.is(P.deviceStats(device).bytesUploaded, bytesUploaded);
  },

  "gives the memory of donated values to those that come next": async () => {
    const f = P.compile((x: P.Tensor) => P.add(x, 1), { device, donate: [0] });
    let x = f(f(P.tensor(new Float32Array(10_000))));
    await P.ready(P.evaluate(P.sum(x), { device }));
    const { buffers } = P.deviceStats(device);
    for (let i = 0; i < 50; i++) x = f(x);
    assert.is(P.deviceStats(device).buffers, buffers);
    assert.is((P.toArray(await P.ready(x)) as number[])[9999], 52);
  },

  "says that values have not come, to whoever reads without waiting": async () => {
    const y = P.compile((x: P.Tensor) => P.add(x, 1), { device })(P.tensor([1]));
    assert.equal(await refusalOf(() => P.toArray(y)), {
      tag: "NotReady",
      message:
        "values: values that have arrived expected, got a tensor still being computed on an asynchronous device\nhint: await ready(tensor) first",
    });
    assert.match(String(y), /not ready/);
    // Neither can another device read them yet.
    const there = P.compile((x: P.Tensor) => P.mul(x, 10), { device: "reference" });
    assert.is((await refusalOf(() => there(y))).tag, "NotReady");
    await P.ready(y);
    assert.is(P.item(there(y)), 20);
  },

  "refuses values that were donated": async () => {
    const f = P.compile((x: P.Tensor) => P.add(x, 1), { device, donate: [0] });
    const x = f(P.tensor([1]));
    f(x);
    assert.is((await refusalOf(() => f(x))).tag, "Donated");
    assert.is((await refusalOf(() => P.toArray(x))).tag, "Donated");
  },

  "trusts nothing after the device complained": async () => {
    const f = P.compile((x: P.Tensor) => P.add(x, 1), { device });
    await P.ready(f(P.tensor([1])));
    const { device: card } = await acquireDevice();
    card.createBuffer({ size: 4, usage: 1 | 128 }); // readable by the host and by kernels: no such buffer may be
    const { tag, message } = await refusalOf(async () => P.ready(f(P.tensor([2]))));
    assert.is(tag, "DeviceFailure");
    assert.match(message, /^gpu:webgpu: a WebGPU device that works expected, got .*[Uu]sage/);
    // At once, while the old one is still being taken down.
    assert.is(await openForTests(device), undefined);
    assert.is(P.item(await P.ready(f(P.tensor([3])))), 4);
  },

  "survives a shader that does not compile": async () => {
    const source = { text: "function () { return 1; }", slots: [], offsetSlots: [] };
    const none = { ...source, offsetNames: [], numbers: [], functions: [] };
    await buildPipeline(none, "@compute this is no WGSL").then(
      () => assert.unreachable("it was built"),
      (error: Error) => assert.match(error.message, /WGSL|shader|pipeline/i),
    );
    const f = P.compile((x: P.Tensor) => P.add(x, 1), { device });
    assert.is(P.item(await P.ready(f(P.tensor([5])))), 6);
  },

  "uploads what the host had when the call was made": async () => {
    const x = P.tensor(new Float32Array([1, 2, 3]));
    // Not built yet, so that the values wait.
    const later = P.compile((a: P.Tensor) => P.cos(P.mul(a, 0)), { device });
    const copied = P.compile((a: P.Tensor) => P.add(P.mul(a, 3), 0.5), { device });
    const over = P.compile((a: P.Tensor) => P.mul(a, 100), { device: "reference", donate: [0] });
    later(P.tensor([1]));
    const y = copied(x);
    P.toArray(over(x));
    assert.equal(P.toArray(await P.ready(y)), [3.5, 6.5, 9.5]);
  },

  "reads what is donated while it is on its way": async () => {
    const slow = P.compile((x: P.Tensor) => P.exp(P.sin(P.mul(x, 0.7))), { device });
    const next = P.compile((x: P.Tensor) => P.zerosLike(x), { device, donate: [0] });
    const x = slow(P.tensor([2]));
    const reading = P.ready(x);
    next(x);
    await reading;
    assert.is((await refusalOf(() => P.toArray(x))).tag, "Donated");
  },

  "keeps no memory for calls that could not be recorded": async () => {
    const { buffersInUse } = P.deviceStats(device);
    const f = P.compile((x: P.Tensor) => P.add(x, 2), { device });
    await P.ready(f(P.tensor([1])));
    const { device: card } = await acquireDevice();
    const { createBindGroup } = card;
    card.createBindGroup = () => {
      throw new Error("no bind group");
    };
    try {
      for (let i = 0; i < 20; i++) {
        const y = f(P.tensor([i]));
        await P.ready(y).then(
          () => assert.unreachable("it ran"),
          (error: Error) => assert.match(error.message, "no bind group"),
        );
      }
    } finally {
      card.createBindGroup = createBindGroup;
    }
    await P.ready(f(P.tensor([1])));
    assert.ok(P.deviceStats(device).buffersInUse <= buffersInUse + 24); // the inputs, until they are garbage
  },

  "loses nothing that was read when the card is lost, and goes on elsewhere": () =>
    goesOnElsewhere(
      device,
      async () => (await acquireDevice()).device.destroy(),
      /got the device was lost \(destroyed\)/,
    ),
};

for (const [name, body] of Object.entries(tests))
  if (reason === undefined) test(name, body);
  else test.skip(name, reason);

test.run();
