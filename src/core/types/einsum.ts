// Einstein summation, read from its string: "bij,bjk->bik". Labels are bound to sizes one operand after the other; a label
// bound twice must have sizes that agree, and the output is looked up label by label.

import type { CanEqual, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

type WithoutSpaces<Text extends string> = Text extends `${infer Head} ${infer Rest}`
  ? WithoutSpaces<`${Head}${Rest}`>
  : Text;

type SplitCommas<Text extends string> = Text extends `${infer Head},${infer Rest}`
  ? readonly [Head, ...SplitCommas<Rest>]
  : readonly [Text];

type InputText<Spec extends string> =
  WithoutSpaces<Spec> extends `${infer Inputs}->${string}` ? Inputs : WithoutSpaces<Spec>;

/** The labels of each operand. */
export type EinsumInputs<Spec extends string> = string extends Spec
  ? readonly string[]
  : SplitCommas<InputText<Spec>>;

/** The labels of the result; without `->`, those that occur once, in alphabetical order. */
type EinsumOutput<Spec extends string> = string extends Spec
  ? string
  : WithoutSpaces<Spec> extends `${string}->${infer Output}`
    ? Output
    : OccurOnce<InputText<Spec>>;

type Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

type OccurOnce<
  Text extends string,
  Labels extends string = Alphabet,
  Found extends string = "",
> = Labels extends `${infer Label}${infer Rest}`
  ? OccurOnce<
      Text,
      Rest,
      Text extends `${string}${Label}${infer After}`
        ? After extends `${string}${Label}${string}`
          ? Found
          : `${Found}${Label}`
        : Found
    >
  : Found;

/** Sizes after binding the labels of one operand, or the label whose sizes clash. */
type BindLabels<
  Labels extends string,
  S extends Shape,
  Bound,
> = Labels extends `${infer Label}${infer Rest}`
  ? S extends readonly [infer N, ...infer More extends Shape]
    ? Label extends keyof Bound
      ? CanEqual<Bound[Label], N> extends true
        ? BindLabels<Rest, More, Omit<Bound, Label> & Record<Label, JoinSizes<Bound[Label], N>>>
        : Label
      : BindLabels<Rest, More, Bound & Record<Label, N>>
    : Bound
  : Bound;

/** Sizes after binding every operand whose rank is known. */
type BindAll<
  Inputs extends readonly string[],
  Shapes extends readonly Shape[],
  Bound = unknown,
> = Inputs extends readonly [
  infer Labels extends string,
  ...infer RestInputs extends readonly string[],
]
  ? Shapes extends readonly [infer S extends Shape, ...infer RestShapes extends readonly Shape[]]
    ? BindAll<
        RestInputs,
        RestShapes,
        IsKnown<S> extends true ? BindLabels<Labels, S, Bound> : Bound
      >
    : Bound
  : Bound;

type Lookup<
  Output extends string,
  Bound,
  Found extends Shape = readonly [],
> = Output extends `${infer Label}${infer Rest}`
  ? Lookup<
      Rest,
      Bound,
      readonly [...Found, Label extends keyof Bound ? Size<Bound[Label]> : number]
    >
  : Output extends ""
    ? Found
    : Shape;

/** The shape of an Einstein summation over operands of given shapes. */
export type Einsum<Spec extends string, Shapes extends readonly Shape[]> = Lookup<
  EinsumOutput<Spec>,
  BindAll<EinsumInputs<Spec>, Shapes>
>;

/** The sentence for the last of some operands if it does not fit its labels or the operands before it, or `never`. */
export type EinsumProblem<
  Spec extends string,
  Shapes extends readonly Shape[],
> = Shapes extends readonly [...infer Before extends readonly Shape[], infer S extends Shape]
  ? EinsumInputs<Spec>[Before["length"]] extends infer Labels extends string
    ? string extends Labels
      ? never
      : IsKnown<S> extends true
        ? LengthOf<Labels> extends S["length"]
          ? ClashProblem<Spec, Before, Labels, S>
          : `einsum: ${S["length"]} labels for operand ${Before["length"]} of shape ${PrintShape<S>} expected, got "${Labels}" in "${Spec}"`
        : never
    : never
  : never;

type LengthOf<
  Text extends string,
  Seen extends readonly unknown[] = [],
> = Text extends `${infer Head}${infer Rest}`
  ? LengthOf<Rest, [...Seen, Head]>
  : Seen["length"] & number;

type ClashProblem<
  Spec extends string,
  Before extends readonly Shape[],
  Labels extends string,
  S extends Shape,
> =
  BindLabels<Labels, S, unknown> extends string
    ? `einsum: equal sizes for a repeated label expected, got ${PrintShape<S>}`
    : BindAll<EinsumInputs<Spec>, Before> extends infer Bound
      ? BindLabels<Labels, S, Bound> extends infer Label extends string
        ? `einsum: equal sizes of axis ${Label} in "${Spec}" expected, got ${PrintShape<OperandWith<Label, EinsumInputs<Spec>, Before>>} and ${PrintShape<S>} (${PrintSize<Bound[Label & keyof Bound]>} ≠ ${PrintSize<SizeOf<Label, Labels, S>>})`
        : never
      : never;

/** The shape of the first operand that has a label. */
type OperandWith<
  Label extends string,
  Inputs extends readonly string[],
  Shapes extends readonly Shape[],
> = Inputs extends readonly [
  infer Labels extends string,
  ...infer RestInputs extends readonly string[],
]
  ? Shapes extends readonly [infer S extends Shape, ...infer RestShapes extends readonly Shape[]]
    ? Labels extends `${string}${Label}${string}`
      ? S
      : OperandWith<Label, RestInputs, RestShapes>
    : Shape
  : Shape;

/** The size of the axis with a label. */
type SizeOf<
  Label extends string,
  Labels extends string,
  S extends Shape,
> = Labels extends `${infer Head}${infer Rest}`
  ? S extends readonly [infer N, ...infer More extends Shape]
    ? Head extends Label
      ? N
      : SizeOf<Label, Rest, More>
    : number
  : number;

/** The sentence for a string that is not an Einstein summation, or `never`. */
export type EinsumSpecProblem<Spec extends string> = string extends Spec
  ? never
  : HasOnly<InputText<Spec>, ","> extends true
    ? HasOnly<EinsumOutput<Spec>> extends true
      ? OutputFits<EinsumOutput<Spec>, InputText<Spec>> extends true
        ? never
        : `einsum: output labels that are distinct and occur in an operand expected, got "${Spec}"`
      : EquationSentence<Spec>
    : EquationSentence<Spec>;

type EquationSentence<Spec extends string> =
  `einsum: an equation such as "ij,jk->ik" expected, got "${Spec}"`;

type Letters<
  Text extends string,
  Found extends string = never,
> = Text extends `${infer Head}${infer Rest}` ? Letters<Rest, Found | Head> : Found;

/** Whether a text consists of letters and some other characters. */
type HasOnly<Text extends string, Others extends string = never> = [
  Exclude<Letters<Text>, Letters<Alphabet> | Others>,
] extends [never]
  ? true
  : false;

type OutputFits<
  Output extends string,
  Inputs extends string,
> = Output extends `${infer Label}${infer Rest}`
  ? Rest extends `${string}${Label}${string}`
    ? false
    : Inputs extends `${string}${Label}${string}`
      ? OutputFits<Rest, Inputs>
      : false
  : true;
