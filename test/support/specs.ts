// The spec table: for every primitive how the laws call it. A primitive of the registry without a row here does not type-check.

import type { PrimitiveName } from "../../src/ops/registry.ts";
import type { Spec } from "./spec.ts";
import { derived } from "./specs/derived.ts";
import { elementwise } from "./specs/elementwise.ts";
import { derivedImage, image } from "./specs/image.ts";
import { derivedIndexing, indexing } from "./specs/indexing.ts";
import { reductions } from "./specs/reduce.ts";
import { builtin, structural } from "./specs/structural.ts";

/** One row for every primitive. */
export const specs = {
  ...builtin,
  ...structural,
  ...elementwise,
  ...reductions,
  ...image,
  ...indexing,
} satisfies Record<PrimitiveName, Spec>;

/** The rows above, and those of public functions that are made of primitives. */
export const allSpecs = {
  ...specs,
  ...derived,
  ...derivedImage,
  ...derivedIndexing,
} satisfies Record<string, Spec>;
