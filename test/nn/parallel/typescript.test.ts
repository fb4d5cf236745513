// Training over worker threads from TypeScript as it is written: the workers read it too.

import * as assert from "uvu/assert";
import { dataParallel, printParallelProblem } from "../../../src/nn/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("dataParallel, in TypeScript");
const module = new URL("./task.ts", import.meta.url).href;
const options = { networks: [{ symbols: 4, width: 3, layers: 1 }], optimizer: "adamW" };

test("a task in TypeScript is trained", async () => {
  const task = { module, name: "networks", options };
  const opened = await dataParallel({ task, workers: 2, microBatches: 2 })();
  if (opened._tag === "Left") throw new Error(printParallelProblem(opened.left));
  const { step, stop } = opened.right;
  const [before, , after] = [
    await step([0, 1, 2, 3]),
    await step([0, 1, 2, 3]),
    await step([0, 1, 2, 3]),
  ];
  await stop();
  assert.ok(after.loss < before.loss);
});

test.run();
