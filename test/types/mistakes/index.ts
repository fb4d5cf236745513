// Everything that must not compile, by family.

import { contract } from "./contract.ts";
import { create } from "./create.ts";
import { elementwise } from "./elementwise.ts";
import { gather } from "./gather.ts";
import { image } from "./image.ts";
import { layers } from "./layers.ts";
import type { Mistake } from "./mistake.ts";
import { pipes } from "./pipe.ts";
import { reduce } from "./reduce.ts";
import { structure } from "./structure.ts";

/** Mistakes by family of ops, and with layers. */
export const mistakes: Readonly<Record<string, readonly Mistake[]>> = {
  elementwise,
  reduce,
  structure,
  contract,
  gather,
  image,
  create,
  layers,
  pipe: pipes,
};
