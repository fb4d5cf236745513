// `fit` on devices of gpu.js, one of which answers by promises: interrupted and taken up, it ends with the same bytes.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { checkpointPath, fit, printFitProblem } from "../../src/nn/index.ts";
import { task } from "../nn/train/task.ts";
import { openForTests } from "../support/devices.ts";
import { suite } from "../support/suite.ts";

const top = mkdtempSync(join(tmpdir(), "pullback-webgpu-fit-"));
const test = suite("fit on the gpu device");
test.after(() => rmSync(top, { recursive: true }));

/** The bytes of the last checkpoint of a run that is interrupted after some steps, 15 being all of them. */
const lastBytes = async (device: string, stops: readonly number[]): Promise<string> => {
  const folder = mkdtempSync(join(top, "run-"));
  const more = { device, resume: true, monitor: { score: "loss" }, checkpoints: { folder } };
  for (const stop of [...stops, 15]) {
    const onStep = ({ step }: { readonly step: number }): void =>
      void (step === stop && stop < 15 && process.emit("SIGINT"));
    const run = await fit(task({ ...more, onStep }))();
    if (E.isLeft(run)) throw new Error(printFitProblem(run.left));
    assert.is(run.right.step, stop);
  }
  return readFileSync(checkpointPath(folder, 15)).toString("hex");
};

for (const device of ["gpu:webasm", "gpu:webgpu"] as const) {
  const name = `${device} goes on as if it had never stopped`;
  const reason = await openForTests(device);
  if (reason !== undefined) test.skip(name, reason);
  else
    test(name, async () => {
      assert.is(await lastBytes(device, [3, 7]), await lastBytes(device, []));
    });
}

test.run();
