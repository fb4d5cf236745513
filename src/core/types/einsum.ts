// Einstein summation, read from its string: "bij,bjk->bik". Letters are bound to sizes one operand after the other; a letter
// bound twice must have sizes that agree, and the output is looked up letter by letter.

import type { CanEqual, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

type WithoutSpaces<Text extends string> = Text extends `${infer Head} ${infer Rest}`
  ? WithoutSpaces<`${Head}${Rest}`>
  : Text;

type SplitCommas<Text extends string> = Text extends `${infer Head},${infer Rest}`
  ? readonly [Head, ...SplitCommas<Rest>]
  : readonly [Text];

/** The letters of each operand. */
export type EinsumInputs<Spec extends string> =
  WithoutSpaces<Spec> extends `${infer Inputs}->${string}`
    ? SplitCommas<Inputs>
    : readonly string[];

/** The letters of the result. */
type EinsumOutput<Spec extends string> =
  WithoutSpaces<Spec> extends `${string}->${infer Output}` ? Output : string;

/** Sizes after binding the letters of one operand to its shape, or the sentence (without op) for what does not fit. */
type BindOperand<Letters extends string, S extends Shape, Bound> =
  IsKnown<S> extends true
    ? BindLetters<Letters, S, Bound> extends infer Result
      ? [Result] extends ["rank"]
        ? `an operand of rank ${LengthOf<Letters>} expected for "${Letters}", got ${PrintShape<S>}`
        : Result
      : never
    : Bound;

type BindLetters<Letters extends string, S extends Shape, Bound> = [Letters, S] extends [
  "",
  readonly [],
]
  ? Bound
  : Letters extends `${infer Letter}${infer Rest}`
    ? S extends readonly [infer N, ...infer More extends Shape]
      ? Letter extends keyof Bound
        ? CanEqual<Bound[Letter], N> extends true
          ? BindLetters<
              Rest,
              More,
              Omit<Bound, Letter> & Record<Letter, JoinSizes<Bound[Letter], N>>
            >
          : `equal sizes for "${Letter}" expected, got ${PrintSize<Bound[Letter]>} and ${PrintSize<N>}`
        : BindLetters<Rest, More, Bound & Record<Letter, N>>
      : "rank"
    : "rank";

type LengthOf<
  Text extends string,
  Seen extends readonly unknown[] = [],
> = Text extends `${infer Head}${infer Rest}`
  ? LengthOf<Rest, [...Seen, Head]>
  : Seen["length"] & number;

/** Sizes after binding every operand, or the first sentence. */
type BindAll<
  Inputs extends readonly string[],
  Shapes extends readonly Shape[],
  // biome-ignore lint/complexity/noBannedTypes: nothing is bound at first.
  Bound = {},
> = Bound extends string
  ? Bound
  : Inputs extends readonly [
        infer Letters extends string,
        ...infer RestInputs extends readonly string[],
      ]
    ? Shapes extends readonly [infer S extends Shape, ...infer RestShapes extends readonly Shape[]]
      ? BindAll<RestInputs, RestShapes, BindOperand<Letters, S, Bound>>
      : Bound
    : Bound;

type Lookup<Output extends string, Bound, Found extends Shape = readonly []> = Output extends ""
  ? Found
  : Output extends `${infer Letter}${infer Rest}`
    ? Lookup<
        Rest,
        Bound,
        readonly [...Found, Letter extends keyof Bound ? Size<Bound[Letter]> : number]
      >
    : Shape;

/** The shape of an Einstein summation over operands of given shapes. */
export type Einsum<Spec extends string, Shapes extends readonly Shape[]> = Lookup<
  EinsumOutput<Spec>,
  BindAll<EinsumInputs<Spec>, Shapes>
>;

/** The sentence for operands that do not fit the letters, or `never`. Give it the operands up to the one to check. */
export type EinsumProblem<Spec extends string, Shapes extends readonly Shape[]> =
  BindAll<EinsumInputs<Spec>, Shapes> extends infer Sentence extends string
    ? `einsum: ${Sentence}`
    : never;

/** The sentence for a string that is not an Einstein summation, or `never`. */
export type EinsumSpecProblem<Spec extends string> = string extends Spec
  ? never
  : WithoutSpaces<Spec> extends `${infer Inputs}->${infer Output}`
    ? UnknownLetter<Output, Inputs> extends infer Letter extends string
      ? [Letter] extends [never]
        ? never
        : `einsum: output letters from the inputs expected, got "${Letter}" in "${Spec}"`
      : never
    : `einsum: inputs and output as in "ij,jk->ik" expected, got "${Spec}"`;

type UnknownLetter<
  Output extends string,
  Inputs extends string,
> = Output extends `${infer Letter}${infer Rest}`
  ? Inputs extends `${string}${Letter}${string}`
    ? UnknownLetter<Rest, Inputs>
    : Letter
  : never;
