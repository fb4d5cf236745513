// WebGL 2 beyond right results, in a browser: how often the driver is told to begin, what becomes of a kernel that gpu.js would compute elsewhere, and of
// work when the context is lost.

import * as assert from "uvu/assert";
import { kernelClass } from "../../src/core/device/gpujs/package.ts";
import * as P from "../../src/index.ts";
import { refusalOf } from "../support/refusal.ts";
import { suite } from "../support/suite.ts";
import { contexts } from "./contexts.ts";
import { goesOnElsewhere } from "./lost.ts";
import { perceptron } from "./training.ts";

/** Counts what contexts are told while a function runs. */
const flushesDuring = async (run: () => Promise<void>): Promise<number> => {
  let count = 0;
  for (const gl of contexts)
    Object.assign(gl, {
      flush: () => {
        count++;
        WebGL2RenderingContext.prototype.flush.call(gl);
      },
    });
  try {
    await run();
  } finally {
    for (const gl of contexts) delete (gl as { flush?: unknown }).flush; // the prototype has it
  }
  return count;
};

/** Runs a function while gpu.js finds no way to draw, so that it computes in JavaScript. */
const undrawn = async <T>(run: () => Promise<T>): Promise<T> => {
  const prototype = kernelClass("WebGL2Kernel").prototype as {
    pickRenderStrategy: unknown;
    requestFallback(args: unknown): unknown;
  };
  const { pickRenderStrategy } = prototype;
  prototype.pickRenderStrategy = function (this: typeof prototype, args: unknown) {
    return this.requestFallback(args);
  };
  try {
    return await run();
  } finally {
    prototype.pickRenderStrategy = pickRenderStrategy;
  }
};

/** Declares the tests, of gpu:webgl2 and no other. */
export const testDrawing = (device: P.DeviceName): void => {
  const test = suite(`drawing on ${device}`);

  test("the driver is told once to begin with a step, and once to finish what is read", async () => {
    const { step, params, state } = perceptron(device);
    const noise = P.tensor([0]);
    let now = step(params, state, noise);
    await P.ready(now.loss);
    const before = P.deviceStats(device);
    const count = await flushesDuring(async () => {
      for (let i = 0; i < 10; i++) {
        now = step(now.params, now.state, noise);
        await P.ready(now.loss);
      }
    });
    const after = P.deviceStats(device);
    assert.is(count, 20);
    assert.is(after.submissions - before.submissions, 10);
    assert.is(after.bytesRead - before.bytesRead, 40);
    assert.is(await flushesDuring(async () => void step(now.params, now.state, noise)), 1);
  });

  test("a kernel that gpu.js would compute elsewhere is an error, and gives no values", () =>
    undrawn(async () => {
      const f = P.compile((x: P.Tensor) => P.add(P.mul(x, 12345), 678), { device });
      for (const x of [1, 2]) {
        const { tag, message } = await refusalOf(async () => P.ready(f(P.tensor([x]))));
        assert.is(tag, "DeviceFailure");
        assert.match(
          message,
          /a kernel that gpu\.js runs in mode webgl2 expected, got one in CPUKernel/,
        );
      }
    }));

  test("nothing that was read is lost with the context, and a run goes on elsewhere", () =>
    goesOnElsewhere(
      device,
      () => {
        for (const gl of contexts) gl.getExtension("WEBGL_lose_context")?.loseContext();
      },
      /a WebGL context that works expected, got one that was lost/,
    ));

  test.run();
};
