// The loop of a worker's thread, and what the first of them says of its task.

import * as E from "fp-ts/lib/Either.js";
import { hostValues } from "../../core/device/transfer.ts";
import { evaluate } from "../../core/run/evaluate.ts";
import { type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { flattenTree } from "../../core/tree.ts";
import { answerCalls, messageOf, type Port } from "../threads/calls.ts";
import type { Reply } from "../threads/open.ts";
import { placesOf, totalOf } from "./layout.ts";
import type { Description, WorkerOptions, WorkerVerbs } from "./messages.ts";
import { type ParallelProblem, parallelProblem } from "./problem.ts";
import { separabilityOf } from "./separable.ts";
import { kindsOf } from "./shard.ts";
import type { FloatDtype } from "./shared.ts";
import { loadTask, type ParallelTask } from "./task.ts";
import { type Worker, workerOf } from "./worker.ts";

/** What a worker's thread says: how many examples its task has or why it has none, and then an answer to each call. */
export type WorkerReply = Reply<{ readonly length: number }, ParallelProblem>;

/** What is wrong with parameters, if anything is. */
const flawOf = (leaves: readonly Tensor[]): ParallelProblem | undefined => {
  const wrong = (rule: string, got: string) => parallelProblem("InvalidTask", rule, got);
  const dtypes = [...new Set(leaves.map(({ dtype }) => dtype))];
  if (leaves.length === 0) return wrong("parameters expected", "none");
  if (dtypes.length !== 1 || (dtypes[0] !== "f32" && dtypes[0] !== "f64"))
    return wrong("parameters of one dtype, f32 or f64, expected", dtypes.join(" and "));
  return leaves.some(({ shape }) => shape.includes(0))
    ? wrong("parameters with elements expected", "one with none")
    : undefined;
};

/** What the task is like, or what is wrong with it. */
export const describe = ({ init, optimizer }: ParallelTask): Description | ParallelProblem => {
  const params = evaluate(init());
  const { leaves, structure } = flattenTree(params, "dataParallel");
  const tensors = leaves as readonly Tensor[]; // no numbers among them
  const flaw = flawOf(tensors);
  if (flaw !== undefined) return flaw;
  const separable = separabilityOf(optimizer, params);
  if (E.isLeft(separable)) return separable.left;
  const places = placesOf(
    tensors.map(({ shape }, i) => ({
      path: structure.paths[i] as string,
      shape,
      isDivisible: separable.right[i] as boolean, // one for each leaf
    })),
  );
  const dtype = tensors[0]?.dtype as FloatDtype; // looked at by flawOf
  const values = new (dtype === "f32" ? Float32Array : Float64Array)(totalOf(places));
  tensors.forEach((x, i) => {
    values.set(hostValues(storageOf(x) as Storage), places[i]?.offset);
  });
  const state = optimizer.init(params);
  return {
    skeleton: structure.rebuild([...leaves.keys()]),
    dtype,
    places,
    values,
    stateSkeleton: skeletonOf(state),
    stateKinds: kindsOf(state),
  };
};

const skeletonOf = (tree: unknown): unknown => {
  const { leaves, structure } = flattenTree(tree, "dataParallel");
  return structure.rebuild([...leaves.keys()]);
};

/** Makes the task and answers calls, one after the other in the order in which they come. */
export const serve = async (
  port: Port<WorkerReply>,
  { task, worker }: WorkerOptions,
): Promise<void> => {
  const loaded = await loadTask(task)();
  if (E.isLeft(loaded)) return port.postMessage({ _tag: "Refused", problem: loaded.left }, []);
  const made = loaded.right;
  let begun: Worker | undefined;
  const working = (): Worker => begun as Worker; // `begin` comes first
  const verbs: WorkerVerbs = {
    describe: async () => {
      try {
        return describe(made);
      } catch (error) {
        return parallelProblem(
          "InvalidTask",
          "parameters and an optimiser for them expected",
          messageOf(error),
        );
      }
    },
    begin: (assignment) => {
      begun = workerOf(made, worker, assignment);
      return begun.kinds();
    },
    step: (order) => working().step(order),
    state: () => working().state(),
    restore: (leaves) => working().restore(leaves),
    memory: () => working().memory(),
  };
  answerCalls(port, { ...verbs }, () => []);
  port.postMessage({ _tag: "Opened", opened: { length: made.data.length } }, []);
};
