// Random programs of up to 40 ops on one device against the reference.

import * as P from "../../src/index.ts";
import { assertClose } from "../support/laws.ts";
import { outcomeOfProgram, programs } from "../support/programs.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

/** Declares the test for one device. */
export const testPrograms = (device: P.DeviceName): void => {
  const test = suite(`programs on ${device}`);
  test(
    "give what they give on reference",
    // No kinks: where two devices round differently, the gradient may take the other side.
    forAll(programs({ isSmooth: true }))(async (program) => {
      const run = outcomeOfProgram(program);
      const theirs = await P.ready(P.compile(run, { device })(program.inputs("f32")));
      const ours = P.compile(run, { device: "reference" })(program.inputs("f32"));
      ours.forEach((x, i) => {
        const what = i === 0 ? "loss" : `gradient of x${i - 1}`;
        // Up to 40 ops forwards and as many back, f32; values are of order 1.
        assertClose(P.values(theirs[i] as P.Tensor), P.values(x), 1e-4, `${device}, ${what}`);
      });
    }),
  );
  test.run();
};
