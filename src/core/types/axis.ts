// Axes as positions in a shape. An axis is found as an index, "0" … "7", which is how TypeScript names the places of a tuple:
// `never` when the axis is out of range, `string` when the axis is known at run time only.

import type { IsKnown, Shape, Size } from "./dim.ts";
import type { PrintNumber } from "./print.ts";

/** An option that names one axis, several, or (undefined) all of them. */
export type AxisOption = number | readonly number[] | undefined;

/** Places at the end of a shape, by how many. */
interface Slots {
  readonly "1": [unknown];
  readonly "2": [unknown, unknown];
  readonly "3": [unknown, unknown, unknown];
  readonly "4": [unknown, unknown, unknown, unknown];
  readonly "5": [unknown, unknown, unknown, unknown, unknown];
  readonly "6": [unknown, unknown, unknown, unknown, unknown, unknown];
  readonly "7": [unknown, unknown, unknown, unknown, unknown, unknown, unknown];
  readonly "8": [unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown];
}

/** The indices of a shape of known rank: `"0" | "1"` for rank 2. */
export type Indices<S extends Shape> = Extract<keyof S, `${number}`>;

/** The index of an axis, where −1 is the last. Distributes over a union of axes. */
export type AxisIndex<S extends Shape, Axis extends number> = number extends Axis
  ? string
  : Axis extends number
    ? `${Axis}` extends `-${infer FromEnd extends keyof Slots}`
      ? S extends readonly [...infer Before, ...Slots[FromEnd]]
        ? `${Before["length"]}`
        : never
      : Extract<Indices<S>, `${Axis}`>
    : never;

/** The size at an index. */
export type SizeAt<S extends Shape, Index> = Index extends keyof S ? Size<S[Index]> : number;

/** S with another size at some indices. */
export type SetAxes<S extends Shape, Index, Size extends number> = string extends Index
  ? SomeSizes<S>
  : { readonly [K in keyof S]: K extends Index ? Size : S[K] };

/** As many sizes as S has, all dynamic. */
export type SomeSizes<S extends Shape> = { readonly [K in keyof S]: number };

/** S without the axes at some indices. */
export type RemoveAxes<
  S extends Shape,
  Index,
  Seen extends readonly unknown[] = [],
  Kept extends Shape = readonly [],
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? RemoveAxes<
      Rest,
      Index,
      [...Seen, N],
      `${Seen["length"]}` extends Index ? Kept : readonly [...Kept, N]
    >
  : Kept;

/** The sizes before an index and those from it on. */
export type SplitAt<
  S extends Shape,
  Index,
  Before extends Shape = readonly [],
> = `${Before["length"]}` extends Index
  ? { readonly before: Before; readonly from: S }
  : S extends readonly [infer N extends number, ...infer Rest extends Shape]
    ? SplitAt<Rest, Index, readonly [...Before, N]>
    : { readonly before: Before; readonly from: readonly [] };

/** Sizes put in before an index; with `Replace` 1 they take the place of the size that is there. */
export type InsertAt<S extends Shape, Index, Sizes extends Shape, Replaced extends 0 | 1 = 0> =
  SplitAt<S, Index> extends {
    readonly before: infer Before extends Shape;
    readonly from: infer From extends Shape;
  }
    ? Replaced extends 0
      ? readonly [...Before, ...Sizes, ...From]
      : From extends readonly [unknown, ...infer After extends Shape]
        ? readonly [...Before, ...Sizes, ...After]
        : Shape
    : Shape;

/** The sentence for an axis that S does not have, or `never`. */
export type AxisProblem<Op extends string, S extends Shape, Axis extends number> =
  IsKnown<S> extends true
    ? [AxisIndex<S, Axis>] extends [never]
      ? S extends readonly [unknown, ...infer Rest extends Shape]
        ? `${Op}: axis in −${S["length"]}…${Rest["length"]} expected for rank ${S["length"]}, got ${PrintNumber<Axis>}`
        : `${Op}: a tensor with axes expected, got axis ${PrintNumber<Axis>} for a scalar`
      : never
    : never;

/** The sentence for the first axis in an option that is out of range or repeated, or `never`. */
export type AxesProblem<Op extends string, S extends Shape, Axes extends AxisOption> =
  IsKnown<S> extends true
    ? Axes extends number
      ? AxisProblem<Op, S, Axes>
      : Axes extends readonly number[]
        ? AxisListProblem<Op, S, Axes>
        : never
    : never;

type AxisListProblem<
  Op extends string,
  S extends Shape,
  Axes extends readonly number[],
  Seen extends string = never,
> = Axes extends readonly [infer Axis extends number, ...infer Rest extends readonly number[]]
  ? number extends Axis
    ? AxisListProblem<Op, S, Rest, Seen>
    : [AxisIndex<S, Axis>] extends [never]
      ? AxisProblem<Op, S, Axis>
      : AxisIndex<S, Axis> extends Seen
        ? `${Op}: each axis once expected, got axis ${PrintNumber<Axis>} twice`
        : AxisListProblem<Op, S, Rest, Seen | AxisIndex<S, Axis>>
  : never;
