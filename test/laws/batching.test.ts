// Law: vmap equals a loop. For a random choice of inputs that have a batch axis, results and gradients of the batched call are
// those of the examples one by one.

import * as assert from "uvu/assert";
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
  withoutTensors,
} from "../support/laws.ts";
import type { Call } from "../support/spec.ts";
import { suite } from "../support/suite.ts";

const examples = 3;
const tolerance = 1e-12; // f64; batching may change the order of sums

const alone = onceForEach((call) =>
  P.compile((inputs: readonly P.Tensor[], w: P.Tensor) => outcomeOf(call, inputs, w)),
);

/** Compiled once for each call and each choice of batched inputs. */
const together = onceForEach((call) => {
  const programs = new Map<string, ReturnType<typeof batched>>();
  return (flags: readonly boolean[]) => {
    const known = programs.get(flags.join()) ?? batched(call, flags);
    programs.set(flags.join(), known);
    return known;
  };
});

const batched = (call: Call, flags: readonly boolean[]) =>
  P.compile((inputs: readonly P.Tensor[], w: P.Tensor) => {
    const f = (...all: P.Tensor[]) => outcomeOf(call, all.slice(0, -1), all.at(-1) as P.Tensor);
    return P.vmap(f, { inAxes: [...flags.map((isBatched) => (isBatched ? 0 : null)), 0] })(
      ...inputs,
      w,
    );
  });

/** Examples along a new leading axis; the first one alone where an input has no batch axis. */
const stackWhere = (isBatched: boolean, xs: readonly P.Tensor[]): P.Tensor =>
  isBatched ? P.stack()(xs) : (xs[0] as P.Tensor);

const law = (it: Case): void => {
  const draw = drawFrom(it.seed);
  const copies = it.values.map((_, copy) => it.inputs("f64", copy));
  const count = it.call.inputs.length;
  // Every choice but the empty one.
  const choice = 1 + (it.seed % (2 ** count - 1));
  const flags = it.call.inputs.map((_, i) => ((choice >> i) & 1) === 1);
  const inputsOf = (copy: number) =>
    flags.map((isBatched, i) => copies[isBatched ? copy : 0]?.[i] as P.Tensor);
  const result = resultOf(it.call, "f64");
  const weights = copies.map(() => drawTensor(draw, result.shape, weightDtype(result, "f64")));

  const stacked = flags.map((isBatched, i) =>
    stackWhere(
      isBatched,
      copies.map((inputs) => inputs[i] as P.Tensor),
    ),
  );
  const all = together(it.call)(flags)(stacked, P.stack()(weights));
  copies.forEach((_, copy) => {
    const { y, gradients } = alone(it.call)(inputsOf(copy), weights[copy] as P.Tensor);
    [y, ...gradients].forEach((one, i) => {
      const many = [all.y, ...all.gradients][i] as P.Tensor;
      const what = i === 0 ? "value" : `gradient ${i - 1}`;
      assert.equal([many.dtype, ...many.shape], [one.dtype, examples, ...one.shape], what);
      const values = P.values(many);
      const size = values.length / examples;
      const mine = values.subarray(copy * size, (copy + 1) * size);
      assertClose(mine, P.values(one), tolerance, `${what} of example ${copy}, batched ${flags}`);
    });
  });
};

const test = suite("vmap");
const suits = ({ inputs }: Call): boolean => inputs.length > 0;
forAllOps(test, law, { copies: examples, suits }, withoutTensors);
test.run();
