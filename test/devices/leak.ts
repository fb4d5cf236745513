// Ten thousand training steps of a small model on one device: what it holds afterwards is what it held before.

import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { perceptron } from "./training.ts";

/** What is held at one moment. */
export interface Held {
  readonly steps: number;
  readonly loss: number;
  /** Buffers or textures of the device, those among them that are in use, and the bytes of all. */
  readonly buffers: number;
  readonly buffersInUse: number;
  readonly bufferBytes: number;
  /** Bytes of the JavaScript heap after a collection, where the host tells. */
  readonly heapBytes: number;
}

const collect = (): void => (globalThis as { readonly gc?: () => void }).gc?.();

const heapBytes = (): number =>
  typeof process !== "undefined" && typeof process.memoryUsage === "function"
    ? process.memoryUsage().heapUsed
    : ((performance as unknown as { readonly memory?: { readonly usedJSHeapSize: number } }).memory
        ?.usedJSHeapSize ?? 0);

/** Garbage is found in a turn of its own, after which its memory is given back in another. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** How long to train, and how often to look. */
export interface TrainOptions {
  readonly steps: number;
  readonly samples: number;
  /** Whether parameters and state are donated from step to step; else they are left to the collector. */
  readonly donate: boolean;
}

/**
 * Trains, and says what is held after each of `samples` equal parts. New data of the host comes with every step, and every tenth loss is
 * read.
 */
export const train = async (
  device: P.DeviceName,
  { steps, samples, donate }: TrainOptions,
  afterPart: (held: Held) => Promise<void> = async () => undefined,
): Promise<readonly Held[]> => {
  const { step, params, state } = perceptron(device, { donate });
  let now = { params, state, loss: P.scalar(0) as P.Tensor };
  const held: Held[] = [];
  const each = steps / samples;
  for (let i = 1; i <= steps; i++) {
    const noise = P.tensor(Float32Array.of(Math.sin(i)));
    now = step(now.params, now.state, noise);
    if (i % 10 === 0) await P.ready(now.loss);
    if (i % each !== 0) continue;
    await settle();
    const { buffers, buffersInUse, bufferBytes } = P.deviceStats(device);
    const loss = P.item(now.loss);
    const part = { steps: i, loss, buffers, buffersInUse, bufferBytes, heapBytes: heapBytes() };
    held.push(part);
    await afterPart(part);
  }
  return held;
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Prints what was held a fifth of the way and at the end, and fails where it grew. `resident` is the memory of the processes at those times. */
export const assertNoGrowth = (
  what: string,
  held: readonly Held[],
  resident: readonly number[],
): void => {
  // In the first parts buffers are made for what happens to wait for the collector.
  const [early, late] = [held[1] as Held, held.at(-1) as Held];
  const [before, after] = [resident[1] as number, resident.at(-1) as number];
  const both = (of: (held: Held) => string | number): string => `${of(early)} and ${of(late)}`;
  console.log(
    `${what}, after ${both(({ steps }) => steps)} steps: ${both((it) => it.buffersInUse)} buffers or textures in use ` +
      `of ${both(({ buffers, bufferBytes }) => `${buffers} (${megabytes(bufferBytes)})`)}, ` +
      `heap ${both(({ heapBytes }) => megabytes(heapBytes))}, processes ${megabytes(before)} and ${megabytes(after)}`,
  );
  assert.ok(Number.isFinite(late.loss));
  // One or two values may be on their way.
  assert.ok(
    late.buffersInUse <= early.buffersInUse + 2,
    `${early.buffersInUse} → ${late.buffersInUse} in use`,
  );
  // How many wait at most depends on when the collector comes.
  assert.ok(late.buffers <= 2 * early.buffers, `${early.buffers} → ${late.buffers} buffers`);
  assert.ok(
    late.heapBytes - early.heapBytes < 4e6,
    `${early.heapBytes} → ${late.heapBytes} of heap`,
  );
  assert.ok(after - before < 48e6, `${before} → ${after} bytes resident`);
};
