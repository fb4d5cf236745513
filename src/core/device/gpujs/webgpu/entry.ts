// Which kernels get an entry point of ours.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { GpuLimits } from "./api.ts";
import type { EntryPoint } from "./kernels.ts";

/** The entry point for a kernel that had better not be one thread an element; none where that is as good. */
export const chooseEntry = (_kernel: Kernel, _limits: GpuLimits): EntryPoint | undefined =>
  undefined;
