// WebGPU with a clock: Dawn's `navigator.gpu`, each dispatch of which is a pass of its own with timestamps around it while `record` runs. Passes of their own
// take some time too, so that a step takes longer while it is looked at.

import { createRequire } from "node:module";

/** When a dispatch began and ended, in microseconds. */
export interface Dispatch {
  readonly begin: number;
  readonly end: number;
}

/** What is used of the interface, and wrapped. */
interface Pass {
  setPipeline(pipeline: unknown): void;
  setBindGroup(index: number, group: unknown): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}
interface Encoder {
  beginComputePass(descriptor?: object): Pass;
  resolveQuerySet(set: unknown, first: number, count: number, to: Buffer, offset: number): void;
  copyBufferToBuffer(from: Buffer, at: number, to: Buffer, offset: number, size: number): void;
}
interface Buffer {
  mapAsync(mode: number, offset: number, size: number): Promise<void>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
}
interface Device {
  createQuerySet(descriptor: object): unknown;
  createBuffer(descriptor: object): Buffer;
  createCommandEncoder(descriptor?: object): Encoder;
}
interface Adapter {
  requestDevice(descriptor?: { readonly requiredFeatures?: readonly string[] }): Promise<Device>;
}
interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

/** Dispatches of one submission: a set of queries has at most 4096. */
const most = 2048;
const bytesPerTime = 8;
const nanosecondsPerMicrosecond = 1000;
/** Usages and a mode of WebGPU. */
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, queryResolve: 512 };

/** A clock for the device that is opened next. */
export class Clock {
  #isOn = false;
  #count = 0;
  #read: Buffer | undefined;

  /** Puts Dawn with the clock where gpu.js looks for it; before any device is opened. Throws where the package webgpu cannot be loaded. */
  constructor() {
    const dawn = createRequire(import.meta.url)("webgpu") as {
      create(options: readonly string[]): Gpu;
      globals: object;
    };
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create([]);
    const requestAdapter = gpu.requestAdapter.bind(gpu);
    gpu.requestAdapter = async (options) => {
      const adapter = await requestAdapter(options);
      if (adapter !== null) this.#wrapAdapter(adapter);
      return adapter;
    };
    const navigator = (globalThis as { navigator?: object }).navigator;
    const [target, name, value] =
      navigator === undefined
        ? ([globalThis, "navigator", { gpu }] as const)
        : ([navigator, "gpu", gpu] as const);
    Object.defineProperty(target, name, { value, configurable: true });
  }

  #wrapAdapter(adapter: Adapter): void {
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor = {}) => {
      const requiredFeatures = [...(descriptor.requiredFeatures ?? []), "timestamp-query"];
      const device = await requestDevice({ ...descriptor, requiredFeatures });
      this.#wrapDevice(device);
      return device;
    };
  }

  #wrapDevice(device: Device): void {
    const set = device.createQuerySet({ type: "timestamp", count: 2 * most });
    const size = 2 * most * bytesPerTime;
    const resolved = device.createBuffer({ size, usage: usage.queryResolve | usage.copySource });
    const read = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
    this.#read = read;
    const createEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => {
      const encoder = createEncoder(descriptor);
      if (!this.#isOn) return encoder;
      const beginPass = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = () => {
        let [pipeline, group]: unknown[] = [];
        return {
          setPipeline: (it) => {
            pipeline = it;
          },
          setBindGroup: (_, it) => {
            group = it;
          },
          dispatchWorkgroups: (x, y, z) => {
            const at = 2 * this.#count++;
            const pass = beginPass({
              timestampWrites: {
                querySet: set,
                beginningOfPassWriteIndex: at,
                endOfPassWriteIndex: at + 1,
              },
            });
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, group);
            pass.dispatchWorkgroups(x, y, z);
            pass.end();
          },
          end: () => {
            const count = 2 * this.#count;
            encoder.resolveQuerySet(set, 0, count, resolved, 0);
            encoder.copyBufferToBuffer(resolved, 0, read, 0, count * bytesPerTime);
          },
        };
      };
      return encoder;
    };
  }

  /** The dispatches of one submission, in order; at most 2048. */
  async record(run: () => unknown): Promise<readonly Dispatch[]> {
    this.#isOn = true;
    this.#count = 0;
    await run();
    this.#isOn = false;
    const read = this.#read as Buffer; // a device was opened
    const bytes = 2 * this.#count * bytesPerTime;
    await read.mapAsync(usage.mapRead, 0, bytes);
    const times = new BigInt64Array(read.getMappedRange(0, bytes).slice(0));
    read.unmap();
    const microseconds = (at: number): number =>
      Number((times[at] as bigint) - (times[0] as bigint)) / nanosecondsPerMicrosecond;
    return Array.from({ length: this.#count }, (_, i) => ({
      begin: microseconds(2 * i),
      end: microseconds(2 * i + 1),
    }));
  }
}
