// What a reduction leaves: the axes that are not reduced, or ones in their place with keepDims.

import type { AxisIndex, AxisOption, RemoveAxes, SetAxes, SomeSizes } from "./axis.ts";
import type { IsKnown, Shape } from "./dim.ts";

/** The indices that an axis option reduces; `string` when only the run time knows. */
type ReducedIndices<S extends Shape, Axis extends AxisOption> = [Axis] extends [undefined]
  ? keyof S
  : [Axis] extends [number]
    ? AxisIndex<S, Axis>
    : [Axis] extends [readonly number[]]
      ? number extends Axis["length"]
        ? string
        : AxisIndex<S, Axis[number]>
      : string;

/**
 * The shape of a reduction over an axis, several, or all (undefined).
 *
 * An axis of type `number` without keepDims leaves the rank open: the option may be undefined at run time, and TypeScript
 * does not tell.
 */
export type Reduce<S extends Shape, Axis extends AxisOption, Keep extends boolean = false> =
  IsKnown<S> extends true
    ? [Keep] extends [true]
      ? [Axis] extends [undefined]
        ? { readonly [K in keyof S]: 1 }
        : SetAxes<S, ReducedIndices<S, Axis>, 1>
      : [Keep] extends [false]
        ? [Axis] extends [undefined]
          ? readonly []
          : string extends ReducedIndices<S, Axis>
            ? Shape
            : RemoveAxes<S, ReducedIndices<S, Axis>>
        : Shape
    : Shape;

/** The shape after reducing exactly one axis, which the options require: a dynamic one leaves the rank less one. */
export type ReduceOne<S extends Shape, Axis extends number, Keep extends boolean = false> =
  IsKnown<S> extends true
    ? number extends Axis
      ? [Keep] extends [true]
        ? SomeSizes<S>
        : [Keep] extends [false]
          ? S extends readonly [unknown, ...infer Rest extends Shape]
            ? SomeSizes<Rest>
            : Shape
          : Shape
      : Reduce<S, Axis, Keep>
    : Shape;
