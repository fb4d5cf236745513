// Law: devices agree. Values and gradients in f32 on every other device are those of the reference, within the tolerance that the
// spec of the primitive states.

import * as P from "../../src/index.ts";
import {
  assertClose,
  type Case,
  drawFrom,
  drawTensor,
  forAllOps,
  type Outcome,
  onceForEach,
  outcomeOf,
  resultOf,
  weightDtype,
} from "../support/laws.ts";
import type { Spec } from "../support/spec.ts";
import { suite } from "../support/suite.ts";

const others = P.availableDevices().filter((name) => name !== "reference");

const programs = onceForEach((call) => {
  const f = (inputs: readonly P.Tensor[], w: P.Tensor) => outcomeOf(call, inputs, w);
  return new Map(P.availableDevices().map((device) => [device, P.compile(f, { device })]));
});

const law =
  (device: P.DeviceName) =>
  async (it: Case, { tolerance }: Spec): Promise<void> => {
    const inputs = it.inputs("f32");
    const w = drawTensor(
      drawFrom(it.seed),
      resultOf(it, "f32").shape,
      weightDtype(resultOf(it, "f32"), "f32"),
    );
    const run = (name: P.DeviceName): Promise<Outcome> =>
      P.ready(
        (
          programs(it.call).get(name) as NonNullable<ReturnType<ReturnType<typeof programs>["get"]>>
        )(inputs, w),
      );
    const [a, b] = [await run(device), await run("reference")];
    assertClose(P.values(a.y), P.values(b.y), tolerance.value, "value");
    a.gradients.forEach((gradient, i) =>
      assertClose(
        P.values(gradient),
        P.values(b.gradients[i] as P.Tensor),
        tolerance.gradient,
        `gradient ${i}`,
      ),
    );
  };

for (const device of others) {
  const test = suite(`${device} against reference`);
  forAllOps(test, law(device));
  test.run();
}
if (others.length === 0) {
  const test = suite("devices");
  test.skip("agree with reference", "no other device is available here");
  test.run();
}
