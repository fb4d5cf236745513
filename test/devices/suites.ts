// What every device is held to, by name: test/devices/<device>.test.ts and the page for browsers declare the suites that they run.

import { selectDevice } from "../../src/core/device/select.ts";
import type { DeviceName } from "../../src/index.ts";
import { testDrawing } from "./drawing.ts";
import { testEntries } from "./entries.ts";
import { testGoldens } from "./goldens.ts";
import { testIndices, testKernels } from "./kernels.ts";
import { testLaws } from "./laws.ts";
import { testPlans } from "./plans.ts";
import { testPrograms } from "./programs.ts";
import { testScalars } from "./scalars.ts";
import { testTraining } from "./training.ts";

/** Every suite. Each declares and runs the tests of one device, which is open by then. */
export const suites = {
  /** Scalar operations, indices and kernels built by hand. */
  kernels: (name: DeviceName) => {
    const device = selectDevice(name);
    testScalars(device);
    testIndices(device);
    testKernels(device);
  },
  plans: testPlans,
  laws: testLaws,
  goldens: testGoldens,
  programs: testPrograms,
  training: testTraining,
  /** For devices with kernels whose threads share work. */
  entries: testEntries,
  /** For gpu:webgl2 in a browser. */
  drawing: testDrawing,
} as const;

/** The name of a suite. */
export type SuiteName = keyof typeof suites;

/**
 * Cases of each property where shaders take long to compile, 20 to 90 ms each without a graphics card: eight cases share a call and its
 * kernels. PULLBACK_RUNS goes before it.
 */
export const slowRuns = 8;

/** The same for random programs, each of which is some forty kernels. */
export const slowPrograms = 4;
