// One WebGPU device from the moment it is asked for until it is lost: its buffers, its kernels, and the calls that wait for them. Calls are
// recorded in the order in which they were made; one whose kernels are not built yet keeps those after it waiting.

import { TensorError } from "../../../errors.ts";
import { type Adapter, type DeviceStats, noStats } from "../../device.ts";
import { Handle } from "../card/handle.ts";
import { howToGoOn } from "../card/lost.ts";
import { Residency } from "../card/residency.ts";
import { acquireDevice } from "../internals.ts";
import { loadGpuJs } from "../package.ts";
import { describeAdapter, installWebGpu } from "./adapter.ts";
import type { GpuDevice } from "./api.ts";
import { KernelBuilder } from "./kernels.ts";
import { Buffers, type Memory } from "./memory.ts";
import { Recorder } from "./recorder.ts";

/** A device that answered, and what was made on it. */
export interface Opened {
  readonly adapter: Adapter;
  readonly device: GpuDevice;
  readonly buffers: Buffers;
  readonly recorder: Recorder;
}

/** One call of a program. */
export interface Call {
  readonly inputs: readonly Handle<Memory>[];
  readonly outputs: readonly Handle<Memory>[];
  /** Settles when the program can be recorded; undefined when it can already. */
  readonly ready: Promise<unknown> | undefined;
  /** Records it; inputs have memory by then, and outputs get theirs. */
  readonly record: (opened: Opened, outputs: readonly Memory[]) => void;
}

const bytesPerElement = 4;

/** The error of a device, in words that say what to do. */
const failure = (device: string, got: string, hint: string): TensorError =>
  new TensorError({
    _tag: "DeviceFailure",
    op: device,
    rule: "a WebGPU device that works expected",
    got,
    hint,
  });

/** Whether an error is about the text of a shader, in the words of Dawn or of wgpu. */
const isOfShader = (message: string): boolean => /create_?shader_?module/i.test(message);

/** A WebGPU device, opened when this is made. */
export class Session {
  readonly #name: string;
  /** Settles when the device has answered; rejects when there is none. */
  readonly ready: Promise<Opened>;
  /** The device, once it has answered. */
  opened: Opened | undefined;
  /** Why nothing can be done on it any more, if so. */
  fault: TensorError | undefined;
  readonly residency: Residency<Memory>;
  readonly kernels = new KernelBuilder();
  /** Buffers of temporaries: programs run one at a time, so all share them. By place in the order of their first use. */
  readonly #slots: (Memory | undefined)[] = [];
  readonly #uploads = new WeakMap<Handle<Memory>, Float32Array>();
  #queue: Promise<unknown>;
  #waiting = 0;

  /** `check` throws where what answers is not to be used. */
  constructor(name: string, check: (adapter: Adapter) => void = () => undefined) {
    this.#name = name;
    this.ready = this.#open(check);
    this.ready.catch(() => undefined); // told to whoever waits for values
    this.#queue = this.ready;
    this.residency = new Residency({ device: name, upload: (values) => this.#upload(values) });
  }

  async #open(check: (adapter: Adapter) => void): Promise<Opened> {
    try {
      await loadGpuJs();
      installWebGpu();
      const { adapter: answered, device } = await acquireDevice();
      const adapter = describeAdapter(answered);
      check(adapter);
      const buffers = new Buffers(device);
      const recorder = new Recorder(device, buffers, () => this.fault);
      buffers.beforeDestroying = () => recorder.flush();
      device.onuncapturederror = ({ error: { message } }) => {
        // The kernel that it belongs to cannot be built, which is told to who calls it; nothing else is touched.
        if (!isOfShader(message)) this.#break(message.split("\n")[0] ?? "");
      };
      device.lost.then(({ reason, message }) =>
        this.#break(`the device was lost (${reason}): ${message.split("\n")[0]}`),
      );
      this.opened = { adapter, device, buffers, recorder };
      return this.opened;
    } catch (cause) {
      if (cause instanceof TensorError) this.fault = cause;
      else {
        const [line] = String((cause as Error).message).split("\n") as [string];
        const reason = /no adapter is available/.test(line) ? "no graphics adapter" : line;
        this.fault = failure(this.#name, reason, "run on another device");
      }
      throw this.fault;
    }
  }

  /** Nothing that the device gives from now on can be trusted. */
  #break(what: string): void {
    if (this.fault !== undefined) return;
    this.fault = failure(this.#name, what, howToGoOn);
    // Not from within the event: Dawn's lock is held there.
    setTimeout(() => this.opened?.device.destroy(), 0);
  }

  #upload(values: ArrayBufferView): Handle<Memory> {
    const { length } = values as unknown as ArrayLike<number>; // typed arrays are both
    const handle = this.makeHandle(length);
    this.#uploads.set(
      handle,
      values instanceof Float32Array ? values : Float32Array.from(values as never),
    );
    return handle;
  }

  /** A handle of values to come. */
  makeHandle(size: number): Handle<Memory> {
    return new Handle(size, (memory) => this.opened?.buffers.give(memory));
  }

  /** Records a call now, or when it and all before it can be. */
  call(call: Call): void {
    for (const input of call.inputs) input.hold();
    if (this.#waiting === 0 && call.ready === undefined && this.opened !== undefined) {
      this.#record(call, this.opened);
      return;
    }
    // What the host has may be written over before it is uploaded.
    for (const input of call.inputs) {
      const values = this.#uploads.get(input);
      if (values !== undefined) this.#uploads.set(input, values.slice());
    }
    this.#waiting++;
    this.#queue = Promise.allSettled([this.#queue, this.ready, call.ready]).then(
      ([, opened, ready]) => {
        this.#waiting--;
        if (opened.status === "rejected") this.#abandon(call, opened.reason);
        else if (ready.status === "rejected") this.#abandon(call, ready.reason);
        else this.#record(call, opened.value);
      },
    );
  }

  #record(call: Call, opened: Opened): void {
    const failed = this.fault ?? call.inputs.find(({ failure }) => failure !== undefined)?.failure;
    if (failed !== undefined) {
      this.#abandon(call, failed);
      return;
    }
    const outputs: Memory[] = [];
    try {
      for (const input of call.inputs) this.#write(input, opened);
      for (const { size } of call.outputs)
        outputs.push(opened.buffers.take(size * bytesPerElement));
      call.record(opened, outputs);
      call.outputs.forEach((handle, i) => {
        handle.arrive(outputs[i] as Memory);
      });
      for (const input of call.inputs) input.drop();
    } catch (cause) {
      for (const memory of outputs) opened.buffers.give(memory);
      this.#abandon(call, cause);
    }
  }

  #abandon({ inputs, outputs }: Call, cause: unknown): void {
    for (const output of outputs) output.fail(cause);
    for (const input of inputs) input.drop();
  }

  /** Brings an uploaded handle's values to the card, the first time that they are needed. */
  #write(handle: Handle<Memory>, { buffers, recorder }: Opened): void {
    const values = this.#uploads.get(handle);
    if (values === undefined) return;
    this.#uploads.delete(handle);
    const memory = buffers.take(values.byteLength);
    if (values.byteLength > 0) recorder.write(memory, values);
    handle.arrive(memory);
  }

  /** The buffer of a temporary by its place. */
  slot(at: number, bytes: number): Memory {
    const known = this.#slots[at];
    if (known !== undefined && known.bytes >= bytes) return known;
    const { buffers } = this.opened as Opened; // called while recording
    if (known !== undefined) buffers.give(known);
    const memory = buffers.take(bytes);
    this.#slots[at] = memory;
    return memory;
  }

  /** The values of a handle, when they are there. */
  async read(handle: Handle<Memory>): Promise<Float32Array> {
    handle.hold(); // it may be donated meanwhile
    try {
      if (handle.isPending && !this.#uploads.has(handle))
        await new Promise<void>((resolve) => handle.waiting.push(resolve));
      if (handle.failure !== undefined) throw handle.failure;
      if (this.fault !== undefined) throw this.fault;
      if (handle.size === 0) return new Float32Array(0);
      const { recorder } = this.opened as Opened; // what has memory was recorded
      return await recorder.read(handle.memory as Memory, handle.size * bytesPerElement);
    } finally {
      handle.drop();
    }
  }

  /** Settles when a device that broke is gone, so that a new one can be asked for. */
  async gone(): Promise<void> {
    if (this.fault !== undefined) await this.opened?.device.lost;
  }

  /** What was done and what is held. */
  get stats(): DeviceStats {
    const { buffers, recorder } = this.opened ?? {};
    return {
      ...noStats,
      kernels: Object.values(this.kernels.counts).reduce((sum, n) => sum + n, 0),
      submissions: recorder?.submissions ?? 0,
      bytesUploaded: recorder?.bytesUploaded ?? 0,
      bytesRead: recorder?.bytesRead ?? 0,
      buffers: buffers?.count ?? 0,
      bufferBytes: buffers?.bytes ?? 0,
      buffersInUse: buffers?.inUse ?? 0,
    };
  }
}
