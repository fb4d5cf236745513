// Work on its way to the card. A call of a program is recorded into one command encoder, which stays open so that what the caller reads of
// the results is copied in the same submission; it is closed and submitted before the next call, when something is read, and at the
// latest in the next turn of the event loop.

import { type GpuCommandEncoder, type GpuComputePass, type GpuDevice, mapRead } from "./api.ts";
import type { Buffers, Memory } from "./memory.ts";

/** Values that somebody waits for. */
interface Reading {
  readonly staging: Memory;
  readonly bytes: number;
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (cause: unknown) => void;
}

/** The one encoder of a device that is open, and what has been counted. */
export class Recorder {
  readonly #device: GpuDevice;
  readonly #buffers: Buffers;
  /** Why nothing that comes back can be trusted, if so. */
  readonly #fault: () => Error | undefined;
  #encoder: GpuCommandEncoder | undefined;
  readonly #readings: Reading[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  submissions = 0;
  bytesRead = 0;
  bytesUploaded = 0;

  constructor(device: GpuDevice, buffers: Buffers, fault: () => Error | undefined) {
    this.#device = device;
    this.#buffers = buffers;
    this.#fault = fault;
  }

  /** Writes values into a buffer, after all that was recorded and before all that will be. */
  write({ buffer }: Memory, values: ArrayBufferView): void {
    this.flush();
    this.#device.queue.writeBuffer(buffer, 0, values);
    this.bytesUploaded += values.byteLength;
  }

  /** Records one call, in a submission that no other call shares. */
  record(encode: (pass: GpuComputePass) => void): void {
    this.flush();
    const pass = this.#open().beginComputePass();
    try {
      encode(pass);
    } catch (cause) {
      // Nothing but this call is in the encoder. Handed in with an open pass, it would take the device with it.
      clearTimeout(this.#timer);
      this.#encoder = undefined;
      throw cause;
    }
    pass.end();
  }

  /** The first bytes of a buffer as they are after all that was recorded. */
  read({ buffer }: Memory, bytes: number): Promise<Float32Array> {
    const staging = this.#buffers.take(bytes, "reading");
    this.#open().copyBufferToBuffer(buffer, 0, staging.buffer, 0, bytes);
    this.bytesRead += bytes;
    queueMicrotask(() => this.flush()); // after whatever else is read in this turn
    return new Promise((resolve, reject) => {
      this.#readings.push({ staging, bytes, resolve, reject });
    });
  }

  /** Hands what is recorded to the card. */
  flush(): void {
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    clearTimeout(this.#timer);
    this.#encoder = undefined;
    const readings = this.#readings.splice(0);
    try {
      this.#device.queue.submit([encoder.finish()]);
      this.submissions++;
      for (const reading of readings) this.#fetch(reading);
    } catch (cause) {
      for (const { reject } of readings) reject(cause);
    }
  }

  #open(): GpuCommandEncoder {
    if (this.#encoder === undefined) {
      this.#encoder = this.#device.createCommandEncoder();
      this.#timer = setTimeout(() => this.flush(), 0);
    }
    return this.#encoder;
  }

  async #fetch({ staging, bytes, resolve, reject }: Reading): Promise<void> {
    try {
      await staging.buffer.mapAsync(mapRead, 0, bytes);
      const values = new Float32Array(staging.buffer.getMappedRange(0, bytes).slice(0));
      staging.buffer.unmap();
      this.#buffers.give(staging);
      const fault = this.#fault();
      if (fault === undefined) resolve(values);
      else reject(fault);
    } catch (cause) {
      reject(this.#fault() ?? cause);
    }
  }
}
