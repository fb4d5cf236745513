// The seam between compiled plans and whatever runs them. A device says what it can do, prepares a plan once, and runs it.

import type { Plan } from "../compile/plan.ts";
import type { Dtype } from "../dtype.ts";
import type { Storage } from "../tensor.ts";

/** What the compiler has to know of a device. */
export interface Capabilities {
  /** dtypes that buffers may have. */
  readonly dtypes: readonly Dtype[];
  /** Whether a kernel may write cells other than its own; else scatters are pulled. */
  readonly canScatter: boolean;
  /** Input buffers that one kernel may have. */
  readonly maxInputs: number;
  /** Elements that one buffer may have; indices above are not exact. */
  readonly maxElements: number;
  /** Whether results come later, so that `ready` has to be awaited before values are read. */
  readonly isAsync: boolean;
}

/** What really runs. */
export interface DeviceInfo {
  /** The device's name, as `compile` takes it. */
  readonly device: string;
  /** How it runs: "javascript f64", "webasm", "cpu", … */
  readonly mode: string;
  /** Adapter, library versions and anything else worth knowing, for people. */
  readonly details: string;
  /** Why it does not run in the mode that was asked for; absent when it does. */
  readonly fallback?: string;
}

/** A plan made ready to run on a device, any number of times. */
export interface Executable {
  /** Runs the plan on the values of its inputs, in the order of `plan.inputs`; returns those of `plan.outputs`. */
  readonly run: (inputs: readonly Storage[]) => readonly Storage[];
}

/** Something that runs plans. */
export interface Device {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly info: () => DeviceInfo;
  /** Why it cannot run here, if it cannot; absent for a device that always can. */
  readonly missing?: () => string | undefined;
  readonly prepare: (plan: Plan) => Executable;
}
