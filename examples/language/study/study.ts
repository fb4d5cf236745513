// The study of language models, as what `runStudy` takes.

import type { Study } from "../../study/study.ts";
import { carryOut, type Job, nameOf, type Result } from "./jobs.ts";
import { sizesFor, sizesText, textsFor } from "./sizes.ts";
import { tables } from "./tables.ts";

/** The study of language models. */
export const study: Study<Job, Result> = {
  name: "study:language",
  subject: "language models and of what makes them cheaper",
  tables,
  out: "runs/language-study",
  seeds: { full: 3, quick: 1, smoke: 1 },
  help: {
    data: "tinyshakespeare",
    seeds: "",
    quick: "one seed, and a quarter of the updates",
    smoke: "eight updates of a tiny model, to see that everything works",
  },
  judgedOn: "The whole validation text",
  known: ["docs/language/results.jsonl"],
  nameOf,
  sizesFor: (_, extent) => sizesFor(extent),
  sizesText,
  runner: ({ data, extent }) => {
    const load = textsFor(data, sizesFor(extent));
    return {
      need: ({ text }) => load(text),
      carryOut: (job, run) => carryOut(job, run, load),
    };
  },
};
