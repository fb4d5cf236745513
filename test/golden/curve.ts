// Trains the runs of curves.ts here and with PyTorch from the same weights on the same batches, prints how far apart the losses are, and writes PyTorch's
// to the folder curves:
//
//   PULLBACK_DATA=… npx tsx test/golden/curve.ts [small | nano …]

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { printFileProblem, saveTensors, saveTree } from "../../src/nn/index.ts";
import { inFolder } from "../support/folders.ts";
import {
  apart,
  batchTensors,
  type Curve,
  type CurveName,
  curveNames,
  curveOf,
  lossesOf,
  weightsOf,
} from "./curves.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What `optimizerFor` does with such options. */
const settingsOf = ({ config, options }: Curve) => ({
  config,
  learningRate: options.learningRate,
  lastRate: options.lastRate ?? options.learningRate / 10,
  warmup: options.warmup ?? Math.min(100, Math.floor(options.iterations / 10)),
  iterations: options.iterations,
  weightDecay: options.weightDecay ?? 0.1,
  b1: 0.9,
  b2: 0.99,
  clip: 1,
});

/** Losses of PyTorch's run, in f32 and in f64. */
const torchLosses = (curve: Curve): Promise<Readonly<Record<"f32" | "f64", readonly number[]>>> =>
  inFolder(async (folder) => {
    const wrote = [
      await saveTree(join(folder, "weights.safetensors"), weightsOf(curve))(),
      await saveTensors(join(folder, "batches.safetensors"), await batchTensors(curve))(),
    ];
    for (const it of wrote) if (E.isLeft(it)) throw new Error(printFileProblem(it.left));
    writeFileSync(join(folder, "settings.json"), JSON.stringify(settingsOf(curve)));
    const run = (float: string): readonly number[] =>
      execFileSync("/usr/bin/python3", [join(here, "curve.py"), folder, float], {
        encoding: "utf8",
      })
        .trim()
        .split("\n")
        .map(Number);
    return { f32: run("f32"), f64: run("f64") };
  });

const compare = async (name: CurveName): Promise<void> => {
  const curve = curveOf(name);
  if (curve === undefined) {
    console.log(`${name}: no folder tinyshakespeare in PULLBACK_DATA`);
    return;
  }
  const torch = await torchLosses(curve);
  mkdirSync(join(here, "curves"), { recursive: true });
  writeFileSync(join(here, "curves", `${name}.json`), `${JSON.stringify(torch.f64)}\n`);
  const ours = await lossesOf(curve, "cpu");
  const said = (what: string, a: readonly number[], b: readonly number[]): void => {
    const { distance, update } = apart(a, b);
    console.log(`${name}: ${what} at most ${distance.toExponential(1)} apart, at update ${update}`);
  };
  console.log(
    `${name}: loss ${ours[0]?.toFixed(4)} … ${ours.at(-1)?.toFixed(4)}, ${ours.length} updates`,
  );
  said("ours in f32 and PyTorch in f64", ours, torch.f64);
  said("ours in f32 and PyTorch in f32", ours, torch.f32);
  said("PyTorch in f32 and in f64", torch.f32, torch.f64);
};

const asked = process.argv.slice(2);
for (const name of curveNames) if (asked.length === 0 || asked.includes(name)) await compare(name);
