// The seam between compiled plans and whatever runs them. A device says what it can do, prepares a plan once, and runs it.

import type { Plan } from "../compile/plan.ts";
import type { Dtype } from "../dtype.ts";
import type { Parallelism } from "../kernel/split.ts";
import type { Storage } from "../tensor.ts";

/** What the compiler has to know of a device. */
export interface Capabilities extends Parallelism {
  /** dtypes that buffers may have. */
  readonly dtypes: readonly Dtype[];
  /** Whether a kernel may write cells other than its own; else scatters are pulled. */
  readonly canScatter: boolean;
  /** Whether outputs are written over the memory of donated inputs; else that memory is only free for later use. */
  readonly writesOverDonated: boolean;
  /** Input buffers that one kernel may have. */
  readonly maxInputs: number;
  /** Elements that one buffer may have; indices above are not exact. */
  readonly maxElements: number;
  /** Whether arithmetic takes numbers below the smallest normal f32, 2⁻¹²⁶, for 0. */
  readonly flushesDenormals: boolean;
  /** Whether results come later, so that `ready` has to be awaited before values are read. */
  readonly isAsync: boolean;
}

/** What really runs. */
export interface DeviceInfo {
  /** The device's name, as `compile` takes it. */
  readonly device: string;
  /** How it runs: "javascript", "webgpu", "webasm", … */
  readonly mode: string;
  /** How plans are run: "one submission a call", "kernel by kernel on the host", … */
  readonly executor: string;
  /** The graphics adapter, where there is one and it answered. */
  readonly adapter?: Adapter;
  /** Library versions and anything else worth knowing, for people. */
  readonly details: string;
  /** Why this device was chosen, where it was chosen among several. */
  readonly choice?: string;
  /** What ran elsewhere or otherwise than it was asked for, and why; absent when nothing did. */
  readonly fallback?: string;
}

/** What stands behind a device that draws on a graphics card. */
export interface Adapter {
  /** As the driver calls itself. */
  readonly name: string;
  /** Whether a processor pretends to be a graphics card; undefined where the driver does not say. */
  readonly isSoftware: boolean | undefined;
}

/**
 * What really runs, in one line for people: device, mode, executor, adapter, how it was chosen and what was passed over, versions.
 *
 * @example
 * printDevice(deviceInfo("reference")) // reference: mode javascript, kernel by kernel on the host; …
 */
export const printDevice = (info: DeviceInfo): string => {
  const { device, mode, executor, adapter, details, choice, fallback } = info;
  const kind = adapter?.isSoftware === true ? ", a software rasteriser" : "";
  const isThere = (part: string | undefined): boolean => part !== undefined && part !== "";
  return [
    `${device}: mode ${mode}, ${executor}`,
    ...(adapter === undefined ? [] : [`adapter ${adapter.name}${kind}`]),
    ...[choice, fallback, details].filter(isThere),
  ].join("; ");
};

/** What a device has done and holds, since it was opened: for tests, benchmarks and the curious. */
export interface DeviceStats {
  /** Kernels that were compiled. */
  readonly kernels: number;
  /** Milliseconds that went into compiling programs, where the device knows. */
  readonly compileMs: number;
  /** Milliseconds spent inside compiled programs, where the device knows. */
  readonly runMs: number;
  /** Times that the work of programs was handed to the driver. */
  readonly submissions: number;
  /** Bytes that went to the device, and that came back. */
  readonly bytesUploaded: number;
  readonly bytesRead: number;
  /** Buffers or textures that exist, in use or kept for later, and their bytes. */
  readonly buffers: number;
  readonly bufferBytes: number;
  /** Those among them that are in use: by tensors, by programs, by values on their way. */
  readonly buffersInUse: number;
}

/** A plan made ready to run on a device, any number of times. */
export interface Executable {
  /** Runs the plan on the values of its inputs, in the order of `plan.inputs`; returns those of `plan.outputs`. */
  readonly run: (inputs: readonly Storage[]) => readonly Storage[];
}

/** The counts of a device that has done nothing and holds nothing. */
export const noStats: DeviceStats = {
  kernels: 0,
  compileMs: 0,
  runMs: 0,
  submissions: 0,
  bytesUploaded: 0,
  bytesRead: 0,
  buffers: 0,
  bufferBytes: 0,
  buffersInUse: 0,
};

/** What a device says of itself that has to be opened first, in the words of `missing`. */
export const notOpened = (device: string): string => `not opened yet (openDevice("${device}"))`;

/** How a device is opened. */
export interface OpenOptions {
  /** Whether a processor that pretends to be a graphics card will do; default: no. */
  readonly allowSoftware?: boolean;
  /** Work to choose by: runs on the device of that name, and ends when its results are there. */
  readonly work?: (device: string) => unknown;
  /** How often the work is timed, after a first run that compiles; default 5. */
  readonly runs?: number;
}

/** Something that runs plans. */
export interface Device {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly info: () => DeviceInfo;
  /** What it has done and holds. */
  readonly stats: () => DeviceStats;
  /** Why it cannot run here, or not yet, if so; absent for a device that always can. */
  readonly missing?: () => string | undefined;
  /**
   * Makes it ready, where that takes waiting; resolves to why it cannot be, if it cannot. Opens a lost device anew. With options, says from
   * then on whether a software rasteriser will do; without, that stays as it was.
   */
  readonly open?: (options?: Pick<OpenOptions, "allowSoftware">) => Promise<string | undefined>;
  /** Makes a plan ready. `constants` are inputs that are the same storage in every run: what depends on them alone may be kept. */
  readonly prepare: (plan: Plan, constants?: ReadonlySet<number>) => Executable;
}
