// Buffers of a WebGPU device, used again when their values are no longer wanted. A buffer that is free goes to the end of a queue of its
// size, so that a training step, which gives back as many as it takes, finds the same ones in the same order: two sets of parameters
// take turns, and so do the bind groups made for them.

import type { CardMemory } from "../card/handle.ts";
import type { GpuBuffer, GpuDevice } from "./api.ts";
import { usage } from "./api.ts";

/** What a buffer is for: values of tensors and parameters of kernels, or reading them back. */
export type Purpose = "values" | "parameters" | "reading";

const usages = {
  values: usage.storage | usage.copySource | usage.copyTarget,
  parameters: usage.uniform | usage.copyTarget,
  reading: usage.mapRead | usage.copyTarget,
} as const satisfies Record<Purpose, number>;

/** A buffer with a number of its own, by which bind groups are kept. */
export interface Memory extends CardMemory {
  readonly buffer: GpuBuffer;
  readonly purpose: Purpose;
  readonly id: number;
}

/** Free buffers that are kept for later, in bytes. */
const maxIdleBytes = 512 * 2 ** 20;

/** The size of the buffer for so many bytes: few sizes, so that buffers can be used again, and at most an eighth is lost. */
export const roundedBytes = (bytes: number): number => {
  if (bytes <= 2048) return Math.max(256, 2 ** Math.ceil(Math.log2(bytes)));
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
};

/** The buffers of a device. */
export class Buffers {
  readonly #device: GpuDevice;
  /** Free buffers by purpose and size, the one that was given back first in front. */
  readonly #idle = new Map<string, Set<Memory>>();
  /** All of them, by age. */
  readonly #byAge = new Set<Memory>();
  #idleBytes = 0;
  #nextId = 0;
  /** Buffers that exist, and their bytes. */
  count = 0;
  bytes = 0;

  /** Called before buffers are destroyed, which work that was recorded and not submitted may still use. */
  beforeDestroying: () => void = () => undefined;

  constructor(device: GpuDevice) {
    this.#device = device;
  }

  /** Buffers that are not free. */
  get inUse(): number {
    return this.count - this.#byAge.size;
  }

  /** A buffer of at least so many bytes. What is in it is of no meaning. */
  take(bytes: number, purpose: Purpose = "values"): Memory {
    const size = roundedBytes(Math.max(bytes, 4));
    const free = this.#idle.get(`${purpose} ${size}`)?.values().next().value;
    if (free === undefined) return this.#create(size, purpose);
    this.#forget(free);
    free.uses++;
    return free;
  }

  /** Gives a buffer back. Work that was recorded before may still use it; what is recorded later comes later. */
  give(memory: Memory): void {
    const key = `${memory.purpose} ${memory.bytes}`;
    this.#idle.set(key, (this.#idle.get(key) ?? new Set()).add(memory));
    this.#byAge.add(memory);
    this.#idleBytes += memory.bytes;
    if (this.#idleBytes > maxIdleBytes) this.beforeDestroying();
    for (const oldest of this.#byAge) {
      if (this.#idleBytes <= maxIdleBytes) break;
      this.#forget(oldest);
      this.count--;
      this.bytes -= oldest.bytes;
      oldest.buffer.destroy();
    }
  }

  #forget(memory: Memory): void {
    this.#idle.get(`${memory.purpose} ${memory.bytes}`)?.delete(memory);
    this.#byAge.delete(memory);
    this.#idleBytes -= memory.bytes;
  }

  #create(bytes: number, purpose: Purpose): Memory {
    this.count++;
    this.bytes += bytes;
    const buffer = this.#device.createBuffer({ size: bytes, usage: usages[purpose] });
    return { buffer, bytes, purpose, id: this.#nextId++, uses: 1 };
  }
}
