// How a primitive becomes scalar code. Every rule computes one output element from its coordinates (pull); fusion is the
// composition of such functions. Where pulling would cost more than the data is large, a rule may say how each input element is
// pushed to the output (scatter), with a pull as the fallback; and a rule may be a graph of other primitives (compose).

import type { Expr } from "./kernel/expr.ts";
import type { ReduceOp, ScalarDtype } from "./kernel/scalar.ts";
import type { Shape } from "./shape.ts";
import type { Aval, Tensor } from "./tensor.ts";

/** An array seen as a function from coordinates to a scalar expression. */
export interface Delayed {
  readonly shape: Shape;
  readonly dtype: ScalarDtype;
  readonly at: (coords: readonly Expr[]) => Expr;
}

/** What a lowering rule sees of one call. */
export interface LowerContext<A> {
  readonly inputs: readonly Delayed[];
  readonly attributes: A;
  readonly output: Aval;
}

/**
 * What kind of reading a pull does, which decides what may be fused with what.
 *
 * - `elementwise`: inputs at the coordinates of the output
 * - `view`: one input at other coordinates, each output element reading one input element
 * - `select`: one of several inputs, or a constant, depending on the coordinates
 * - `reduce`: a loop over input elements
 */
export type PullRole = "elementwise" | "view" | "select" | "reduce";

/** One output element as a function of its coordinates. */
export interface Pull<A> {
  readonly _tag: "Pull";
  readonly role: PullRole;
  readonly pull: (context: LowerContext<A>) => (coords: readonly Expr[]) => Expr;
  /** Scalar cost of one output element, inputs not counted. Reductions are stored anyway, so theirs does not matter. */
  readonly cost: number;
  /**
   * Whether the pullback compares inputs with the output. Such inputs are stored if anything else uses them, since what is computed
   * twice may be rounded differently on a device.
   */
  readonly comparesInputs?: boolean;
  /** Whether this is a sum of products of two inputs, each of whose elements is one factor of it: devices may make factors block by block. */
  readonly isProduct?: boolean;
  /** Whether indices that come from data are checked here, so that a complaint names this op. */
  readonly checksIndices?: boolean;
  /** How many elements of input i one output element reads; default: 1, or input size / output size for reductions. */
  readonly reads?: (i: number, inputs: readonly Aval[], output: Aval, attributes: A) => number;
}

/** What one loop point of a scatter adds, and where. */
export interface Push {
  readonly target: readonly Expr[];
  readonly value: Expr;
}

/** Input elements pushed to output coordinates and combined there, in the order of the loop. */
export interface Scatter<A> {
  readonly _tag: "Scatter";
  readonly combine: ReduceOp;
  /** The value of output elements that nothing is pushed to. */
  readonly initial: number;
  /** Whether indices that come from data are checked here, so that a complaint names this op. */
  readonly checksIndices?: boolean;
  /** The loop over which elements are pushed. */
  readonly loop: (inputs: readonly Aval[], output: Aval, attributes: A) => Shape;
  readonly push: (context: LowerContext<A>) => (coords: readonly Expr[]) => Push;
  /** The same result by pulling, for devices whose threads write their own cell only. */
  readonly fallback: Compose<A>["build"];
}

/** The same result as a graph of other primitives. */
export interface Compose<A> {
  readonly _tag: "Compose";
  readonly build: (inputs: readonly Tensor[], attributes: A, output: Aval) => Tensor;
}

/** The lowering rule of a primitive. */
export type Lowering<A> = Pull<A> | Scatter<A> | Compose<A>;
