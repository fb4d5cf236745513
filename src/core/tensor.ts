// A tensor is an immutable description of a computation: a node of a graph, with a shape, a dtype, and where it comes from.
// Nothing here computes. Values belong to nodes whose origin is `Data`; a node that was evaluated remembers its values in a
// side table, so that a description never changes but is not computed twice either.

import type { Either } from "fp-ts/lib/Either.js";
import type { Dtype, TypedArray } from "./dtype.ts";
import { dtypes, itemsFor } from "./dtype.ts";
import { fail, type ShapeProblem, TensorError } from "./errors.ts";
import { formatTensor } from "./format.ts";
import type { Lowering } from "./lowering.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** Shape and dtype of a tensor: all that shape rules see. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/**
 * An array of shape S and element type D, described but not necessarily computed yet.
 *
 * A bare `Tensor` stands for any shape and dtype. Read values with `toArray`, `item` or `values`.
 */
export interface Tensor<S extends Shape = Shape, D extends Dtype = Dtype> {
  readonly shape: S;
  readonly dtype: D;
  readonly origin: Origin;
  /** Rises with creation: an input's id is below that of everything computed from it. */
  readonly id: number;
  /** Where the user made this node; recorded in debugging modes only. */
  readonly callSite?: string | undefined;
  toString(): string;
}

/** Where a tensor comes from. */
export type Origin = Data | Input | Apply;

/** Values that exist. */
export interface Data {
  readonly _tag: "Data";
  readonly storage: Storage;
}

/** A placeholder of a function being traced by `compile` or `vmap`. */
export interface Input {
  readonly _tag: "Input";
  readonly trace: Trace;
  readonly position: number;
}

/** The result of a primitive. */
export interface Apply {
  readonly _tag: "Apply";
  readonly primitive: Primitive;
  readonly attributes: unknown;
  readonly inputs: readonly Tensor[];
}

/** One tracing of one function; placeholders belong to exactly one. */
export interface Trace {
  readonly name: string;
}

/**
 * Where values live: on the host, on a device, or on their way. The only mutable thing behind a tensor; it is
 * owned by garbage collection, and a device adds its own finaliser.
 */
export interface Storage {
  /** Flat values in C order, when they are on the host. */
  host?: TypedArray;
  /** The copy on a device, when there is one. */
  resident?: Resident;
  /** Brings the values to the host at once; absent when they are there already, or cannot come at once. */
  fetch?: () => TypedArray;
  /** Whether `fetch` has nothing to wait for: the values exist and only have to be copied. */
  isComputed?: boolean;
  /** Brings the values to the host later: on devices that answer by promises. Rejects with what went wrong. */
  fetchLater?: () => Promise<TypedArray>;
  /** The values on their way, when somebody asked for them. */
  arriving?: Promise<TypedArray>;
  /** The name of the compiled function that took this buffer over, after which it cannot be read. */
  donatedTo?: string;
}

/** A copy of values on a device. */
export interface Resident {
  /** The device's name. */
  readonly device: string;
  /** What the device knows the copy by. */
  readonly handle: unknown;
  /** Gives the memory back to the device; once only. */
  readonly release: () => void;
}

/** Arguments of a pullback rule: the cotangent of the output, the inputs, and the output itself. */
export interface VjpContext<A> {
  readonly g: Tensor;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attributes: A;
  /** Whether the gradient of an input is wanted; a rule may skip the others. */
  readonly wanted: readonly boolean[];
}

/** A pullback: one cotangent for each input, `null` where the output does not depend on it differentiably. */
export type Vjp<A> = (context: VjpContext<A>) => readonly (Tensor | null)[];

/** The named reason why an op has no gradient. */
export interface NoGradient {
  readonly _tag: "NoGradient";
  readonly reason: string;
}

/** Says that an op has no gradient, and why: gradients through it are zero (`null`). */
export const noGradient = (reason: string): NoGradient => ({ _tag: "NoGradient", reason });

/**
 * The declarative record of one op: evaluation, differentiation, batching and code generation all come from it.
 *
 * @typeParam A the attributes: everything about a call besides its tensors; plain data, so that it prints.
 */
// biome-ignore lint/suspicious/noExplicitAny: attributes differ from op to op; each record states its own.
export interface Primitive<A = any> {
  readonly name: string;
  /** Shape and dtype of the result, or the rule that the inputs break. */
  readonly shape: (inputs: readonly Aval[], attributes: A) => Either<ShapeProblem, Aval>;
  /** Cotangents of the inputs from the cotangent of the output. A gradient is an ordinary graph. */
  readonly vjp: Vjp<A> | NoGradient;
  /** How one output element is computed, or a graph of other primitives that computes them all. */
  readonly lower: Lowering<A>;
  /** An equal but simpler tensor, when there is one. Called once for each node before lowering. */
  readonly simplify?: (
    inputs: readonly Tensor[],
    attributes: A,
    output: Tensor,
  ) => Tensor | undefined;
  /** Several results of this op added up in a cheaper way than one by one, where there is one (`undefined`: there is none). */
  readonly addMany?: (parts: readonly Tensor[]) => Tensor | undefined;
  /** Elementwise ops read their inputs at the coordinates of the output. `vmap` uses them as they are. */
  readonly isElementwise?: boolean;
}

let nextId = 0;
let recordCallSite: ((node: Tensor) => string | undefined) | undefined;

/** Makes every new node remember the user's line. Slow; used by `debugNaN`. Returns the recorder before. */
export const setCallSiteRecorder = (recorder: typeof recordCallSite): typeof recordCallSite => {
  const before = recordCallSite;
  recordCallSite = recorder;
  return before;
};

const evaluated = new WeakMap<Tensor, Storage>();
let reader: ((tensor: Tensor) => TypedArray) | undefined;

/** Installs the evaluator behind `toString`; the compiler does this once, since a description cannot run itself. */
export const setReader = (read: (tensor: Tensor) => TypedArray): void => {
  reader = read;
};

class Node implements Tensor {
  readonly id = nextId++;
  readonly callSite: string | undefined;

  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly origin: Origin;

  constructor(shape: Shape, dtype: Dtype, origin: Origin) {
    this.shape = shape;
    this.dtype = dtype;
    this.origin = origin;
    if (recordCallSite !== undefined) this.callSite = recordCallSite(this);
  }

  toString(): string {
    return formatTensor(this, valuesToPrint(this));
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Values, or the word that stands in their place where there are none: printing a tensor never fails for want of them. */
const valuesToPrint = (x: Tensor): TypedArray | string => {
  if (reader === undefined || hasInput(x)) return "traced";
  try {
    return reader(x);
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const { _tag } = error.problem;
    if (_tag === "Donated") return `donated to ${storageOf(x)?.donatedTo ?? "another function"}`;
    if (_tag === "NotReady") return "not ready";
    throw error;
  }
};

/** Whether a value is a tensor. */
export const isTensor = (value: unknown): value is Tensor => value instanceof Node;

/** A tensor of values that exist. */
export const makeData = (shape: Shape, dtype: Dtype, storage: Storage): Tensor =>
  new Node(shape, dtype, { _tag: "Data", storage });

/** A placeholder of a trace. */
export const makeInput = (trace: Trace, position: number, { shape, dtype }: Aval): Tensor =>
  new Node(shape, dtype, { _tag: "Input", trace, position });

/** The result of a primitive whose shape is known already. Use `apply` to have it checked. */
export const makeApply = (
  primitive: Primitive,
  attributes: unknown,
  inputs: readonly Tensor[],
  { shape, dtype }: Aval,
): Tensor => new Node(shape, dtype, { _tag: "Apply", primitive, attributes, inputs });

/** A tensor over an array that is not copied. The array must not be changed afterwards. */
export const fromTypedArray = (shape: Shape, dtype: Dtype, host: TypedArray): Tensor => {
  if (host.length !== itemsFor(dtype, sizeOf(shape)) || !(host instanceof dtypes[dtype].array)) {
    fail(
      "tensor",
      "ShapeMismatch",
      `${sizeOf(shape)} elements of ${dtype} expected`,
      `${host.length}`,
    );
  }
  return makeData(shape, dtype, { host });
};

/** Where the values of a tensor are, if it has been computed. */
export const storageOf = (tensor: Tensor): Storage | undefined =>
  tensor.origin._tag === "Data" ? tensor.origin.storage : evaluated.get(tensor);

/** Remembers the values of a computed node, so that they are not computed again. */
export const rememberValues = (tensor: Tensor, storage: Storage): void => {
  evaluated.set(tensor, storage);
};

/** Every node that a set of tensors depends on, itself included, inputs before users. `stop` cuts a branch. */
export const topologicalOrder = (
  outputs: readonly Tensor[],
  stop: (node: Tensor) => boolean = () => false,
): Tensor[] => {
  const seen = new Set<Tensor>(outputs);
  const stack = [...seen];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.origin._tag !== "Apply" || stop(node)) continue;
    for (const input of node.origin.inputs) {
      if (!seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id); // ids rise from inputs to users
};

/** Whether a tensor depends on a placeholder, so that it has no values outside its trace. */
export const hasInput = (tensor: Tensor): boolean => findInput([tensor]) !== undefined;

/** The first placeholder that tensors depend on, if any. Computed nodes count as values. */
export const findInput = (tensors: readonly Tensor[]): Tensor | undefined =>
  topologicalOrder(tensors, (node) => storageOf(node) !== undefined).find(
    (node) => node.origin._tag === "Input",
  );
