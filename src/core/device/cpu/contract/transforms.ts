// The transformations between which a convolution of 3 × 3 taps is a product for each of 4 × 4 points: of 16 multiplications for four results, not 36
// (A. Lavin & S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, F(2 × 2, 3 × 3)). In f32 they lose about a bit.

import { splat } from "../constants.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";

type Vector = Pushed<"v128">;
type Vectors = readonly Local<"v128">[];
/** Pushes an element of a matrix. */
type Read = (row: number, column: number) => Vector;
/** Writes an element of a matrix, which `push` pushes; it may be called later than the address is pushed. */
type Write = (row: number, column: number, push: () => Vector) => void;
/** What becomes of a column of a matrix, or of a row: of each element a function that pushes it. */
type Step = (f: FunctionBuilder, of: Vectors) => readonly (() => Vector)[];

const add = (f: FunctionBuilder, a: Local<"v128">, b: Local<"v128">): Vector =>
  f.op("f32x4.add", f.get(a), f.get(b));
const subtract = (f: FunctionBuilder, a: Local<"v128">, b: Local<"v128">): Vector =>
  f.op("f32x4.sub", f.get(a), f.get(b));

/** Four elements of images. */
const ofImages: Step = (f, of) => {
  const [a, b, c, d] = of as [Local<"v128">, Local<"v128">, Local<"v128">, Local<"v128">];
  return [
    () => subtract(f, a, c),
    () => add(f, b, c),
    () => subtract(f, c, b),
    () => subtract(f, b, d),
  ];
};

/** Three taps of a filter. */
const ofFilters: Step = (f, of) => {
  const [a, b, c] = of as [Local<"v128">, Local<"v128">, Local<"v128">];
  const half = (value: Vector): Vector => f.op("f32x4.mul", value, splat(f, 0.5));
  return [
    () => f.get(a),
    () => half(f.op("f32x4.add", add(f, a, c), f.get(b))),
    () => half(f.op("f32x4.sub", add(f, a, c), f.get(b))),
    () => f.get(c),
  ];
};

/** Four products, which become two results. */
const ofProducts: Step = (f, of) => {
  const [a, b, c, d] = of as [Local<"v128">, Local<"v128">, Local<"v128">, Local<"v128">];
  return [
    () => f.op("f32x4.add", add(f, a, b), f.get(c)),
    () => f.op("f32x4.sub", subtract(f, b, c), f.get(d)),
  ];
};

/** Two gradients of results. */
const ofGradients: Step = (f, of) => {
  const [a, b] = of as [Local<"v128">, Local<"v128">];
  const half = (value: Vector): Vector => f.op("f32x4.mul", value, splat(f, 0.5));
  return [() => f.get(a), () => half(add(f, a, b)), () => half(subtract(f, a, b)), () => f.get(b)];
};

/** Four sums of products, which become the gradients of three taps. */
const ofSums: Step = (f, of) => {
  const [a, b, c, d] = of as [Local<"v128">, Local<"v128">, Local<"v128">, Local<"v128">];
  return [
    () => f.op("f32x4.add", add(f, a, b), f.get(c)),
    () => subtract(f, b, c),
    () => f.op("f32x4.sub", add(f, b, c), f.get(d)),
  ];
};

/** Transforms a square matrix of vectors: its columns first, then what became of its rows. */
const transform = (
  f: FunctionBuilder,
  size: number,
  step: Step,
  read: Read,
  write: Write,
): void => {
  const range = Array.from({ length: size }, (_, i) => i);
  const columns = range.map((column) => {
    const given = range.map((row) => f.let(read(row, column)));
    const made = step(f, given).map((push) => f.let(push()));
    for (const local of given) f.release(local);
    return made;
  });
  const [first] = columns as readonly Vectors[] as readonly [Vectors];
  first.forEach((_, row) => {
    const given = columns.map((column) => column[row] as Local<"v128">);
    step(f, given).forEach((push, column) => write(row, column, push));
  });
  for (const column of columns) for (const local of column) f.release(local);
};

/** 4 × 4 elements of an image as 4 × 4 points. */
export const transformImages = (f: FunctionBuilder, read: Read, write: Write): void =>
  transform(f, 4, ofImages, read, write);

/** 3 × 3 taps as 4 × 4 points. */
export const transformFilters = (f: FunctionBuilder, read: Read, write: Write): void =>
  transform(f, 3, ofFilters, read, write);

/** 4 × 4 products as 2 × 2 results. */
export const transformProducts = (f: FunctionBuilder, read: Read, write: Write): void =>
  transform(f, 4, ofProducts, read, write);

/** 2 × 2 gradients of results as 4 × 4 points: F(3 × 3, 2 × 2), the same method with taps and results exchanged. */
export const transformGradients = (f: FunctionBuilder, read: Read, write: Write): void =>
  transform(f, 2, ofGradients, read, write);

/** 4 × 4 sums of products as the gradients of 3 × 3 taps. */
export const transformSums = (f: FunctionBuilder, read: Read, write: Write): void =>
  transform(f, 4, ofSums, read, write);
