// 200 updates by each optimiser, alone, with a schedule and with clipping, against PyTorch's; in f64 on the reference device and in f32 on the
// cpu device.

import * as assert from "uvu/assert";
import type { Tensor } from "../../../src/index.ts";
import { type Case, casesOf, difference, load } from "../../golden/cases.ts";
import { type TrajectoryOptions, trajectory } from "../../golden/trajectory.ts";
import { suite } from "../../support/suite.ts";

const cases = casesOf("trajectories/optimizers");
const optionsOf = ({ options }: Case) => options as unknown as TrajectoryOptions; // written by cases_trajectories.py

/** What each dtype is computed on. */
const devices = { f32: "cpu", f64: "reference" } as const;

const differenceFrom = (it: Case, float: "f32" | "f64", tolerance: number): string | undefined => {
  const device = devices[float];
  const inputs = it.inputs.map((stored) => load(stored, float)) as [Tensor, Tensor, Tensor, Tensor]; // x, y, w, b
  const found = trajectory(optionsOf(it), { device })(...inputs);
  return difference(found, it.outputs[0] as Case["inputs"][number], { tolerance, float });
};

const inF64 = suite("200 updates in f64");

for (const it of cases) {
  // PyTorch's clipping divides by the norm + 1e-6; without it only the order of operations differs.
  const tolerance = optionsOf(it).clip === undefined ? 1e-9 : 1e-5;
  inF64(it.name, () => assert.is(differenceFrom(it, "f64", tolerance), undefined));
}

inF64("there are cases to compare", () => assert.is(cases.length, 34));

inF64.run();

const inF32 = suite("200 updates in f32");

// Signs flip where a gradient of almost 0 is rounded, and from there on Lion goes another way.
for (const it of cases.filter(({ options }) => options["optimizer"] !== "lion"))
  inF32(it.name, () => assert.is(differenceFrom(it, "f32", 1e-4), undefined));

inF32.run();
