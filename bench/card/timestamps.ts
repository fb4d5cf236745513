// WebGPU with a clock: Dawn's `navigator.gpu`, each dispatch of which is a pass of its own with timestamps around it while `record` runs. Passes of their own
// take some time too, so that a step takes longer while it is looked at.

import { installWebGpu } from "../../src/core/device/gpujs/webgpu/adapter.ts";
import {
  type Gpu,
  type GpuAdapter,
  type GpuBuffer,
  type GpuCommandEncoder,
  type GpuComputePass,
  type GpuDevice,
  mapRead,
  usage,
} from "../../src/core/device/gpujs/webgpu/api.ts";

/** When a dispatch began and ended, in microseconds. */
export interface Dispatch {
  readonly begin: number;
  readonly end: number;
}

/** What is wrapped of the interface, and what it needs beyond what the device gpu:webgpu uses. */
interface Encoder extends GpuCommandEncoder {
  beginComputePass(descriptor?: object): GpuComputePass;
  resolveQuerySet(set: object, first: number, count: number, to: GpuBuffer, offset: number): void;
}
interface Device extends GpuDevice {
  createQuerySet(descriptor: object): object;
  createCommandEncoder(descriptor?: object): Encoder;
}
interface Adapter extends GpuAdapter {
  requestDevice(descriptor?: { readonly requiredFeatures?: readonly string[] }): Promise<Device>;
}

/** Dispatches of one submission: a set of queries has at most 4096. */
const most = 2048;
const bytesPerTime = 8;
const nanosecondsPerMicrosecond = 1000;
/** The usage of a buffer into which times are written. */
const queryResolve = 512;

/** A clock for the device that is opened next. */
export class Clock {
  #isOn = false;
  #count = 0;
  #read: GpuBuffer | undefined;

  /** Puts the clock around WebGPU; before any device is opened. Throws where the package webgpu cannot be loaded. */
  constructor() {
    installWebGpu();
    const { gpu } = (globalThis as unknown as { navigator: { gpu: Gpu } }).navigator; // just installed
    const requestAdapter = gpu.requestAdapter.bind(gpu);
    gpu.requestAdapter = async (...options) => {
      const adapter = await requestAdapter(...options);
      if (adapter !== null) this.#wrapAdapter(adapter as Adapter); // all of it is there
      return adapter;
    };
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
    const resolved = device.createBuffer({ size, usage: queryResolve | usage.copySource });
    const read = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
    this.#read = read;
    const createEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => {
      const encoder = createEncoder(descriptor);
      if (!this.#isOn) return encoder;
      const beginPass = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = () => {
        // What is set, to be set again in the pass that a dispatch gets for itself.
        let setUp: (pass: GpuComputePass) => void = () => undefined;
        return {
          setPipeline: (pipeline) => {
            setUp = (pass) => pass.setPipeline(pipeline);
          },
          setBindGroup: (index, group) => {
            const before = setUp;
            setUp = (pass) => {
              before(pass);
              pass.setBindGroup(index, group);
            };
          },
          dispatchWorkgroups: (x, y, z) => {
            if (this.#count >= most)
              throw new Error(
                `bench:card: at most ${most} dispatches in a step expected, got more`,
              );
            const at = 2 * this.#count++;
            const pass = beginPass({
              timestampWrites: {
                querySet: set,
                beginningOfPassWriteIndex: at,
                endOfPassWriteIndex: at + 1,
              },
            });
            setUp(pass);
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
    const read = this.#read as GpuBuffer; // a device was opened
    const bytes = 2 * this.#count * bytesPerTime;
    await read.mapAsync(mapRead, 0, bytes);
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
