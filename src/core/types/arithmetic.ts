// Sums and products of literal sizes, done as at school on decimal digits: TypeScript has no arithmetic on number types, and
// counting with tuples, the usual trick, ends at 10 000. Digits are kept least significant first ("25088" as "88052").

import type { DigitsOf, Shape } from "./dim.ts";

/** Tuples as long as a digit says; joined, their length is a sum. */
interface Units {
  "0": [];
  "1": [1];
  "2": [1, 1];
  "3": [1, 1, 1];
  "4": [1, 1, 1, 1];
  "5": [1, 1, 1, 1, 1];
  "6": [1, 1, 1, 1, 1, 1];
  "7": [1, 1, 1, 1, 1, 1, 1];
  "8": [1, 1, 1, 1, 1, 1, 1, 1];
  "9": [1, 1, 1, 1, 1, 1, 1, 1, 1];
}

type Digit = keyof Units;

/** A tuple repeated as often as a digit says. */
type Repeat<T extends readonly 1[], Times extends Digit> = {
  "0": [];
  "1": T;
  "2": [...T, ...T];
  "3": [...T, ...T, ...T];
  "4": [...T, ...T, ...T, ...T];
  "5": [...T, ...T, ...T, ...T, ...T];
  "6": [...T, ...T, ...T, ...T, ...T, ...T];
  "7": [...T, ...T, ...T, ...T, ...T, ...T, ...T];
  "8": [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T];
  "9": [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T];
}[Times];

/** Ones and tens of a number below 100. */
type OnesTens<N> = N extends number
  ? `${N}` extends `${infer Tens extends Digit}${infer Ones extends Digit}`
    ? [Ones, Tens]
    : [`${N}`, "0"]
  : never;

type Reverse<
  Text extends string,
  Done extends string = "",
> = Text extends `${infer Head}${infer Rest}` ? Reverse<Rest, `${Head}${Done}`> : Done;

/** Column addition. */
type AddDigits<A extends string, B extends string, Carry extends Digit = "0"> = [A, B] extends [
  "",
  "",
]
  ? Carry extends "0"
    ? ""
    : Carry
  : A extends ""
    ? AddDigits<"0", B, Carry>
    : B extends ""
      ? AddDigits<A, "0", Carry>
      : [A, B] extends [
            `${infer X extends Digit}${infer Xs}`,
            `${infer Y extends Digit}${infer Ys}`,
          ]
        ? OnesTens<[...Units[X], ...Units[Y], ...Units[Carry]]["length"]> extends [
            infer Ones extends Digit,
            infer Tens extends Digit,
          ]
          ? `${Ones}${AddDigits<Xs, Ys, Tens>}`
          : never
        : never;

/** A times one digit. */
type ScaleDigits<
  A extends string,
  By extends Digit,
  Carry extends Digit = "0",
> = A extends `${infer X extends Digit}${infer Xs}`
  ? OnesTens<[...Repeat<Units[X], By>, ...Units[Carry]]["length"]> extends [
      infer Ones extends Digit,
      infer Tens extends Digit,
    ]
    ? `${Ones}${ScaleDigits<Xs, By, Tens>}`
    : never
  : Carry extends "0"
    ? ""
    : Carry;

/** Long multiplication: a · (y + 10 ys) = a · y + 10 (a · ys). */
type MultiplyDigits<
  A extends string,
  B extends string,
> = B extends `${infer Y extends Digit}${infer Ys}`
  ? Ys extends ""
    ? ScaleDigits<A, Y>
    : AddDigits<ScaleDigits<A, Y>, `0${MultiplyDigits<A, Ys>}`>
  : "0";

type StripZeros<Digits extends string> = Digits extends `0${infer Rest}`
  ? Rest extends ""
    ? "0"
    : StripZeros<Rest>
  : Digits;

/** The number that digits stand for. */
type ToNumber<Digits extends string> =
  StripZeros<Reverse<Digits>> extends `${infer N extends number}` ? N : number;

/** The sum of two literal sizes; `number` when either is not a literal. */
export type Add<A, B> = [DigitsOf<A>] extends [never]
  ? number
  : [DigitsOf<B>] extends [never]
    ? number
    : ToNumber<AddDigits<Reverse<DigitsOf<A>>, Reverse<DigitsOf<B>>>>;

/** The product of two literal sizes; `number` when either is not a literal. */
export type Multiply<A, B> = [DigitsOf<A>] extends [never]
  ? number
  : [DigitsOf<B>] extends [never]
    ? number
    : ToNumber<MultiplyDigits<Reverse<DigitsOf<A>>, Reverse<DigitsOf<B>>>>;

/** Tuples as long as a literal below 100. */
type Ones<Digits extends string> = Digits extends Digit
  ? Units[Digits]
  : Digits extends `${infer Tens extends Digit}${infer Rest extends Digit}`
    ? [...Repeat<TenOnes, Tens>, ...Units[Rest]]
    : never;

type TenOnes = [...Units["9"], 1];

/** Long division: brings down one digit after the other, most significant first. Rest is the remainder so far. */
type DivideDigits<
  A extends string,
  By extends readonly 1[],
  Rest extends readonly 1[] = [],
  Quotient extends string = "",
> = A extends `${infer Head extends Digit}${infer Tail}`
  ? HowOften<[...TenTimes<Rest>, ...Units[Head]], By> extends {
      readonly times: infer Times extends number;
      readonly rest: infer Left extends readonly 1[];
    }
    ? DivideDigits<Tail, By, Left, `${Quotient}${Times}`>
    : never
  : Rest extends readonly []
    ? Quotient
    : never;

type TenTimes<T extends readonly 1[]> = [...Repeat<T, "9">, ...T];

/** How often B can be taken from A, and what is left. */
type HowOften<
  A extends readonly 1[],
  B extends readonly 1[],
  Times extends readonly 1[] = [],
> = A extends readonly [...B, ...infer Left extends readonly 1[]]
  ? HowOften<Left, B, [...Times, 1]>
  : { readonly times: Times["length"]; readonly rest: A };

/** The quotient of a literal size and a literal divisor below 100, `never` when there is a remainder; else `number`. */
export type Divide<A, B> = [DigitsOf<A>] extends [never]
  ? number
  : B extends 0
    ? never
    : [Ones<`${DigitsOf<B>}`>] extends [never]
      ? number
      : ToNumber<Reverse<DivideDigits<DigitsOf<A>, Ones<DigitsOf<B>>>>>;

/** The sum of a tuple of literal sizes. */
export type Sum<S extends Shape, Total extends number = 0> = S extends readonly [
  infer N,
  ...infer Rest extends Shape,
]
  ? Sum<Rest, Add<Total, N>>
  : number extends S["length"]
    ? number
    : Total;
