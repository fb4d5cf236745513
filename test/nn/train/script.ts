// A training script as a user writes it, for tests that end its process: FOLDER [SLOW], milliseconds that each step takes longer. It says
// "step N" after each step, and ends with 130 when it was interrupted.

import { setTimeout as sleep } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import { fit, jsonLines, printFitProblem } from "../../../src/nn/index.ts";
import { task } from "./task.ts";

const [folder = "", slow = "0"] = process.argv.slice(2);

const run = await fit(
  task({
    epochs: 8,
    device: "cpu",
    evaluateEvery: { steps: 5 },
    monitor: { score: "loss" },
    checkpoints: { folder, every: { steps: 2 }, keepBest: 2 },
    resume: true,
    loggers: [jsonLines(`${folder}/log.jsonl`)],
    onStep: async ({ step }) => {
      process.stdout.write(`step ${step}\n`);
      if (slow !== "0") await sleep(Number(slow));
    },
  }),
)();
if (E.isLeft(run)) {
  process.stderr.write(`${printFitProblem(run.left)}\n`);
  process.exitCode = 1;
} else if (run.right.outcome === "interrupted") process.exitCode = 130;
