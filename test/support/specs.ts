// The spec table: for every primitive how the laws call it. A primitive of the registry without a row here does not type-check.

import type { PrimitiveName } from "../../src/ops/registry.ts";
import type { Spec } from "./spec.ts";
import { elementwise } from "./specs/elementwise.ts";
import { reductions } from "./specs/reduce.ts";
import { builtin, structural } from "./specs/structural.ts";

/** One row for every primitive. */
export const specs = {
  ...builtin,
  ...structural,
  ...elementwise,
  ...reductions,
} satisfies Record<PrimitiveName, Spec>;
