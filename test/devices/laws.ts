// Law: devices agree. Values and gradients in f32 on every other device are those of the reference, within the tolerance that the
// spec of the primitive states.

import { selectDevice } from "../../src/core/device/select.ts";
import * as P from "../../src/index.ts";
import {
  assertClose,
  type Case,
  drawFrom,
  drawTensor,
  forAllOps,
  onceForEach,
  outcomeOf,
  resultOf,
  weightDtype,
} from "../support/laws.ts";
import type { Call, Spec } from "../support/spec.ts";
import { suite } from "../support/suite.ts";

const lawOn = (device: P.DeviceName) => {
  const programs = onceForEach((call) => {
    const f = (inputs: readonly P.Tensor[], w: P.Tensor) => outcomeOf(call, inputs, w);
    return { theirs: P.compile(f, { device }), ours: P.compile(f, { device: "reference" }) };
  });
  return async (it: Case, { tolerance }: Spec): Promise<void> => {
    const inputs = it.inputs("f32");
    const result = resultOf(it.call, "f32");
    const w = drawTensor(drawFrom(it.seed), result.shape, weightDtype(result, "f32"));
    const { theirs, ours } = programs(it.call);
    const [a, b] = [await P.ready(theirs(inputs, w)), ours(inputs, w)];
    assertClose(P.values(a.y), P.values(b.y), tolerance.value, "value");
    a.gradients.forEach((gradient, i) => {
      const expected = P.values(b.gradients[i] as P.Tensor);
      assertClose(P.values(gradient), expected, tolerance.gradient, `gradient ${i}`);
    });
  };
};

/** Whether a device has the dtypes of a call. */
const supports =
  (device: P.DeviceName) =>
  (call: Call): boolean => {
    const { dtypes } = selectDevice(device).capabilities;
    const inputs = call.inputs.map(({ dtype }) => (dtype === "float" ? "f32" : dtype));
    return [resultOf(call, "f32").dtype, ...inputs].every((dtype) => dtypes.includes(dtype));
  };

/** Declares the law for every op on one device. */
export const testLaws = (device: P.DeviceName): void => {
  const test = suite(`${device} against reference`);
  forAllOps(test, lawOn(device), { suits: supports(device) });
  test.run();
};
