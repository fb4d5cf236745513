// The study of the forecaster, as what `runStudy` takes.

import type * as E from "fp-ts/lib/Either.js";
import type { Options } from "../../study/options.ts";
import type { Study } from "../../study/study.ts";
import { type Case, loadCase } from "./cases.ts";
import { type CaseLoader, carryOut, type Job, nameOf, type Result } from "./jobs.ts";
import { sizesFor } from "./sizes.ts";
import { tables } from "./tables.ts";

/** Cases are read once; so is the reason why one cannot be had. */
const caseLoader = ({ data, extent }: Options): CaseLoader => {
  const known = new Map<string, Promise<E.Either<string, Case>>>();
  return (name, window) => () => {
    const key = `${name} ${window}`;
    const found =
      known.get(key) ??
      loadCase(name, {
        folder: data,
        window,
        simulatedMinutes: sizesFor(name, extent).simulatedMinutes,
      })();
    known.set(key, found);
    return found;
  };
};

/** The study of the forecaster. */
export const study: Study<Job, Result> = {
  name: "study",
  subject: "the forecaster",
  tables,
  out: "runs/forecast",
  help: {
    data: "mft-online-boutique, petshop and los-loop",
    seeds: "; Los-loop takes 3 and 1 at most",
    quick: "two seeds, and fewer epochs on Los-loop",
    smoke: "two epochs of small models, to see that everything works",
  },
  nameOf,
  sizesFor: ({ data }, extent) => sizesFor(data, extent),
  runner: (options) => {
    const load = caseLoader(options);
    return {
      need: ({ data, window }) => load(data, window),
      carryOut: (job, run) => carryOut(job, run, load),
    };
  },
};
