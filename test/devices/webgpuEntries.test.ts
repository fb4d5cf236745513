// Entry points of ours on WebGPU, wherever a kernel can have one: in Node, through Dawn. The laws of every op, and programs of their own.

import { openForTests } from "../support/devices.ts";
import { suite } from "../support/suite.ts";
import { testEntries } from "./entries.ts";
import { testOnDevice } from "./onDevice.ts";
import { slowRuns } from "./suites.ts";

const reason = await openForTests("gpu:webgpu");
if (reason === undefined) testEntries();
else {
  const test = suite("entry points of WebGPU kernels");
  test.skip("agree with plain kernels and the reference", reason);
  test.run();
}

process.env["PULLBACK_ENTRIES"] = "always";
process.env["PULLBACK_RUNS"] ??= String(slowRuns);
await testOnDevice("gpu:webgpu", ["laws"]);
