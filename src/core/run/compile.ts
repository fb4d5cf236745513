// `compile`: a function of trees of tensors becomes one program for each signature (tree structure, shapes and dtypes).

import type { TreeFunction } from "../autodiff.ts";
import type { Plan } from "../compile/plan.ts";
import { drawPlan, printPlan } from "../compile/printPlan.ts";
import { type Prepared, prepareGraph } from "../compile/program.ts";
import type { Capabilities } from "../device/device.ts";
import { selectDevice } from "../device/select.ts";
import { giveAway, hostValues } from "../device/transfer.ts";
import type { Dtype } from "../dtype.ts";
import { fail } from "../errors.ts";
import { formatAval } from "../format.ts";
import { isWithinTransform, withinTransform } from "../scope.ts";
import type { Shape } from "../shape.ts";
import {
  isTensor,
  makeData,
  makeInput,
  type Storage,
  storageOf,
  type Tensor,
  type Trace,
} from "../tensor.ts";
import { flattenTree, type Structure } from "../tree.ts";
import { computeTensors } from "./evaluate.ts";

/** Options of `compile`. */
export interface CompileOptions {
  /** A name for messages; default: the function's own. */
  readonly name?: string;
  /** The device to run on; default: the default device at the time of the call. */
  readonly device?: string;
  /** Positions of arguments whose buffers the program may reuse; reading them afterwards is an error. */
  readonly donate?: readonly number[];
  /** Whether kernels are fused; only tests have a reason to say no. */
  readonly fuse?: boolean;
  /** Called at every compilation with what was compiled and why. */
  readonly onCompile?: (event: CompileEvent) => void;
}

/** One compilation of a function. */
export interface CompileEvent {
  readonly name: string;
  /** Why: the first call, or the first difference from the signature before. */
  readonly reason: string;
  readonly plan: Plan;
  readonly milliseconds: number;
}

/** A compiled function: call it as the original. */
export interface Compiled<F extends TreeFunction> {
  (...args: Parameters<F>): ReturnType<F>;
  /** The plan for arguments like these; compiles when there is none yet. */
  readonly plan: (...args: Parameters<F>) => Plan;
  /** The plan as a table. */
  readonly print: (...args: Parameters<F>) => string;
  /** The plan as a picture: Mermaid or Graphviz text. */
  readonly draw: (format: "mermaid" | "graphviz", ...args: Parameters<F>) => string;
  /** Every compilation so far, oldest first. */
  readonly compilations: readonly CompileEvent[];
}

interface Program extends Prepared {
  readonly outputs: readonly Tensor[];
  readonly structure: Structure;
  /** For each leaf of the plan the argument leaf that it is, or −1 for a constant. */
  readonly positions: readonly number[];
  /** Whether the device writes an output over a leaf's memory, for each leaf. */
  readonly overwritten: readonly boolean[];
  /** Whether any is. */
  readonly overwrites: boolean;
  /** Positions of the donated argument leaves. */
  readonly donated: readonly number[];
  /** Whether any of its results is an argument or a constant. */
  readonly returnsInputs: boolean;
}

/** The program that ran last: most calls ask for it again. */
interface Latest {
  readonly device: string;
  readonly structure: Structure;
  /** Shapes and dtypes of the leaves; the shapes are those of the last call, since the next one often has the same objects. */
  readonly shapes: Shape[];
  readonly dtypes: readonly Dtype[];
  readonly program: Program;
}

const noAxes: Shape = [];

/** Whether argument leaves have the shapes and dtypes of the program that ran last. */
const areLike = (leaves: readonly (Tensor | number)[], { shapes, dtypes }: Latest): boolean => {
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Tensor | number;
    const shape = typeof leaf === "number" ? noAxes : leaf.shape;
    const known = shapes[i] as Shape;
    if ((typeof leaf === "number" ? "f32" : leaf.dtype) !== dtypes[i]) return false;
    if (shape === known) continue;
    if (shape.length !== known.length || shape.some((n, axis) => n !== known[axis])) return false;
    shapes[i] = shape;
  }
  return true;
};

interface Signature {
  readonly structure: Structure;
  readonly leaves: readonly string[];
}

const describeLeaf = (leaf: Tensor | number): string =>
  typeof leaf === "number" ? "f32[]" : formatAval(leaf);

const explain = (before: Signature | undefined, now: Signature, device: string): string => {
  if (before === undefined) return "first call";
  if (before.structure.key !== now.structure.key)
    return `arguments have another structure: ${before.structure.key} → ${now.structure.key}`;
  const changed = now.leaves.findIndex((leaf, i) => leaf !== before.leaves[i]);
  return changed < 0
    ? `another device: ${device}`
    : `argument ${now.structure.paths[changed]}: ${before.leaves[changed]} → ${now.leaves[changed]}`;
};

/**
 * The function f as one program per signature: traced once, fused, with a memory plan; one call runs the whole of it.
 *
 * Arguments and results are trees of tensors; numbers among the arguments become f32 scalars, so that changing them does
 * not compile again. Tensors that f uses without being passed them are constants of the program. Inside `grad`, `vmap` and other
 * compiled functions the function is inlined.
 *
 * @example
 * const norm = compile((x: Tensor) => sqrt(sum(mul(x, x))));
 * item(norm(tensor([3, 4]))) // 5
 */
export const compile = <F extends TreeFunction>(
  f: F,
  options: CompileOptions = {},
): Compiled<F> => {
  const name = options.name ?? (f.name === "" ? "compiled function" : f.name);
  const programs = new Map<string, Program>();
  const compilations: CompileEvent[] = [];
  let last: Signature | undefined;

  const build = (
    leaves: readonly (Tensor | number)[],
    structure: Structure,
    device: string,
  ): Program => {
    const start = performance.now();
    const trace: Trace = { name };
    const inputs = leaves.map((leaf, i) =>
      makeInput(trace, i, typeof leaf === "number" ? { shape: [], dtype: "f32" } : leaf),
    );
    // The arguments of f, with placeholders for leaves.
    const args = structure.rebuild(inputs) as Parameters<F>;
    const result = flattenTree(
      withinTransform(() => f(...args)),
      name,
    );
    const outputs = result.leaves as readonly Tensor[]; // numbers are not allowed here
    const donated = new Set(
      inputs.filter((_, i) => isDonated(structure.paths[i] as string, options)),
    );
    const on = selectDevice(device);
    const prepared = prepareGraph(outputs, on, {
      ...options,
      donated,
      isConstant: ({ origin }) => origin._tag !== "Input",
    });
    const positions = prepared.leaves.map((leaf) => positionIn(trace, leaf, name));
    const signature: Signature = { structure, leaves: leaves.map(describeLeaf) };
    const event = {
      name,
      reason: explain(last, signature, device),
      plan: prepared.plan,
      milliseconds: performance.now() - start,
    };
    last = signature;
    compilations.push(event);
    options.onCompile?.(event);
    const overwritten = overwrittenInputs(prepared.plan, on.capabilities);
    return {
      ...prepared,
      outputs,
      structure: result.structure,
      positions,
      overwritten,
      overwrites: overwritten.includes(true),
      donated: inputs.flatMap((input, i) => (donated.has(input) ? [i] : [])),
      returnsInputs: prepared.plan.outputs.some((id) => prepared.plan.inputs.includes(id)),
    };
  };

  let latest: Latest | undefined;

  const programFor = (args: Parameters<F>) => {
    const device = selectDevice(options.device).name;
    const matched: (Tensor | number)[] = [];
    if (
      latest?.device === device &&
      latest.structure.match(args, matched) &&
      areLike(matched, latest)
    )
      return { program: latest.program, leaves: matched };
    const { leaves, structure } = flattenTree(args, name, true);
    const key = `${device} ${structure.key} ${leaves.map(describeLeaf).join()}`;
    const known = programs.get(key);
    const program = known ?? build(leaves, structure, device);
    if (known === undefined) programs.set(key, program);
    latest = {
      ...{ device, structure, program },
      shapes: leaves.map((leaf) => (typeof leaf === "number" ? noAxes : leaf.shape)),
      dtypes: leaves.map((leaf) => (typeof leaf === "number" ? "f32" : leaf.dtype)),
    };
    return { program, leaves };
  };

  const run = (...args: Parameters<F>): ReturnType<F> => {
    if (isWithinTransform()) return f(...args) as ReturnType<F>;
    const { program, leaves } = programFor(args);
    const given = storagesOf(leaves, name, options.device);
    const inputs = program.positions.map((position, i) =>
      position < 0
        ? (storageOf(program.leaves[i] as Tensor) as Storage)
        : (given[position] as Storage),
    );
    const results = program.executable.run(
      program.overwrites ? withoutAliases(program.overwritten, inputs) : inputs,
    );
    checkDonated(args, options.donate ?? [], name);
    donate(leaves, program.donated, program.returnsInputs ? new Set(results) : none, name);
    return program.structure.rebuild(
      results.map((storage, i) => {
        const { shape, dtype } = program.outputs[i] as Tensor;
        return makeData(shape, dtype, storage);
      }),
    ) as ReturnType<F>; // the structure of what f returned
  };
  const planOf = (...args: Parameters<F>): Plan => programFor(args).program.plan;
  return Object.assign(run, {
    plan: planOf,
    print: (...args: Parameters<F>) => printPlan(planOf(...args)),
    draw: (format: "mermaid" | "graphviz", ...args: Parameters<F>) =>
      drawPlan(planOf(...args), format),
    compilations,
  });
};

/** Whether a leaf, by its path among the arguments, is in a donated one. */
const isDonated = (path: string, { donate: positions = [] }: CompileOptions): boolean =>
  positions.some((position) => path.match(/^\[(\d+)\]/)?.[1] === String(position));

/** For each input of a plan whether an output is written over it. */
const overwrittenInputs = (
  { buffers, inputs }: Plan,
  { writesOverDonated }: Capabilities,
): readonly boolean[] => {
  const over = new Set(buffers.map((buffer) => buffer.over));
  return inputs.map((id) => writesOverDonated && over.has(id));
};

/** Inputs of a run, where one that will be written over and is passed twice is a copy. */
const withoutAliases = (
  overwritten: readonly boolean[],
  inputs: readonly Storage[],
): readonly Storage[] => {
  if (!inputs.some((storage, i) => inputs.includes(storage, i + 1))) return inputs;
  return inputs.map((storage, i) =>
    overwritten[i] && inputs.indexOf(storage) !== inputs.lastIndexOf(storage)
      ? { host: hostValues(storage).slice() }
      : storage,
  );
};

/** Which argument a leaf is; −1 for a constant. A placeholder of another trace has no value here. */
const positionIn = (trace: Trace, leaf: Tensor, name: string): number => {
  if (leaf.origin._tag !== "Input") return -1;
  if (leaf.origin.trace === trace) return leaf.origin.position;
  return fail(
    name,
    "ForeignTrace",
    "tensors of its own trace expected",
    `input ${leaf.origin.position} of the traced function "${leaf.origin.trace.name}"`,
    "a tensor was kept from an earlier call while it was traced: pass it as an argument, or return it",
  );
};

const storagesOf = (
  leaves: readonly (Tensor | number)[],
  name: string,
  device: string | undefined,
): Storage[] => {
  const storages = leaves.map((leaf) =>
    typeof leaf === "number" ? { host: Float32Array.of(leaf) } : storageOf(leaf),
  );
  if (!storages.includes(undefined)) return storages as Storage[]; // just seen
  computeTensors(leaves.filter(isTensor), name, device === undefined ? {} : { device });
  return storagesOf(leaves, name, device); // all are computed now
};

/** Fails where an argument that is to be donated is not there. */
const checkDonated = (
  args: readonly unknown[],
  positions: readonly number[],
  name: string,
): void => {
  for (const position of positions) {
    if (!(position in args))
      fail(name, "InvalidArgument", `donate in 0…${args.length - 1} expected`, String(position));
  }
};

const none: ReadonlySet<Storage> = new Set();

/** Marks the buffers of donated leaves as gone, unless they are results too. */
const donate = (
  leaves: readonly (Tensor | number)[],
  donated: readonly number[],
  results: ReadonlySet<Storage>,
  name: string,
): void => {
  for (const position of donated) {
    const leaf = leaves[position] as Tensor | number;
    const storage = isTensor(leaf) ? storageOf(leaf) : undefined;
    if (storage !== undefined && !results.has(storage)) giveAway(storage, name);
  }
};
