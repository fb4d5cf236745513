// The losses of cases_compress.py.

import type { Tensor } from "../../src/index.ts";
import { Compress } from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

/** By the name of the op in the case. */
export const compressApplications: Readonly<Record<string, Application>> = {
  distillationLoss: (options, inputs) =>
    Compress.distillationLoss(options as Compress.DistillationOptions)(
      ...(inputs as [student: Tensor, teacher: Tensor, targets: Tensor]), // as the case says
    ),
  hiddenLoss: (_options, [student, teacher, projection]) =>
    Compress.hiddenLoss(projection === undefined ? {} : { projection })(
      student as Tensor,
      teacher as Tensor,
    ),
};
