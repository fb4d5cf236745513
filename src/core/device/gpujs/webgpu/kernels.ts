// Kernels built for a WebGPU device: gpu.js translates them to WGSL and compiles them; where threads had better work together, the entry
// point is ours (tiles.ts, rows.ts) and the rest of the module is still gpu.js's.

import { TensorError } from "../../../errors.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { RecentCache } from "../../../recentCache.ts";
import { type KernelSource, printKernel } from "../generate.ts";
import { type BuiltPipeline, buildPipeline } from "../internals.ts";
import { modes } from "../modes.ts";

/** Who wrote the entry point: gpu.js (plain), or we, for contractions (tiled) and long rows (rows). */
export type Variant = "plain" | "tiled" | "rows";

/** Workgroups along x, y and z. */
export type Groups = readonly [x: number, y: number, z: number];

/** A kernel that can be recorded. */
export interface BuiltKernel extends BuiltPipeline {
  readonly source: KernelSource;
  readonly variant: Variant;
  /** Workgroups that compute the whole output, for a device that takes so many along one axis. */
  readonly groups: (maxGroups: number) => Groups;
}

/** An entry point of ours. */
export interface EntryPoint {
  readonly variant: Exclude<Variant, "plain">;
  readonly wgsl: string;
  readonly groups: BuiltKernel["groups"];
}

/** Threads in a group of a kernel that gpu.js wrote. */
export const plainGroup = 64;

/** Groups for so many threads: one row of them, or as many rows as the device needs. */
export const foldGroups =
  (threads: number, perGroup: number) =>
  (maxGroups: number): Groups => {
    const groups = Math.max(1, Math.ceil(threads / perGroup));
    const rows = Math.ceil(groups / maxGroups);
    return [Math.ceil(groups / rows), rows, 1];
  };

const mode = modes.webgpu;

/** The kernels of one device by what they compute. */
export class KernelBuilder {
  readonly #built = new RecentCache<Promise<BuiltKernel>>(4096);
  /** How many were built, by variant. */
  readonly counts: Record<Variant, number> = { plain: 0, tiled: 0, rows: 0 };

  /** A kernel, built when it is asked for the first time. `entry` may write the entry point. */
  get(kernel: Kernel, entry?: EntryPoint): Promise<BuiltKernel> {
    const key = `${entry?.variant ?? "plain"} ${kernel.key}`;
    return this.#built.get(key, () => this.#build(kernel, entry));
  }

  async #build(kernel: Kernel, entry: EntryPoint | undefined): Promise<BuiltKernel> {
    const source = printKernel(kernel, mode);
    const variant = entry?.variant ?? "plain";
    try {
      const built = await buildPipeline(source, entry?.wgsl);
      this.counts[variant]++;
      const groups = entry?.groups ?? foldGroups(kernel.output.size, plainGroup);
      return { ...built, source, variant, groups };
    } catch (cause) {
      if (cause instanceof TensorError) throw cause;
      const { message } = cause as Error; // gpu.js throws errors
      throw new TensorError({
        _tag: "DeviceFailure",
        op: kernel.label,
        rule: "a kernel that gpu.js compiles in mode webgpu expected",
        got: message.split("\n").slice(0, 2).join(" ").trim(),
      });
    }
  }
}
