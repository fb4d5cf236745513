// The study of the segmenter, as what `runStudy` takes.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Study } from "../../study/study.ts";
import { carryOut, type Job, nameOf, type Result } from "./jobs.ts";
import { loaderFor, sizesFor, sizesText } from "./sizes.ts";
import { tables } from "./tables.ts";

/** The study of the segmenter. */
export const study: Study<Job, Result> = {
  name: "study:segment",
  subject: "the segmenter",
  tables,
  out: "runs/segmentation",
  seeds: { full: 3, quick: 1, smoke: 1 },
  help: {
    data: "camvid/quarter_120x90",
    seeds: "",
    quick: "one seed, and fewer epochs",
    smoke: "one epoch of tiny networks, to see that everything works",
  },
  known: ["docs/segmentation/results.jsonl"],
  nameOf,
  sizesFor,
  sizesText,
  runner: ({ data: folder, extent }) => {
    const load = loaderFor(folder, extent);
    return {
      need: ({ data, seed }) =>
        pipe(
          load(data, seed),
          TE.chainTaskK((parts) => parts.close),
        ),
      carryOut: (job, run) => carryOut(job, run, load),
    };
  },
};
