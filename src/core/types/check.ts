// How a broken rule becomes a compiler error at the offending argument.
//
// A parameter is typed `Tensor<B, D> & Check<MatmulProblem<…>>`. The problem is `never` when all is well, and Check<never> is
// `unknown`, which an intersection swallows. Otherwise it is the sentence that the run time would throw, and the argument
// lacks the brand that carries it, so the compiler prints the sentence:
//
//   Argument of type 'Tensor<readonly [512, 10], "f32">' is not assignable to parameter of type
//   'Tensor<readonly [512, 10], "f32"> & ShapeError<"matmul: inner dimensions equal expected, got …">'.

declare const shapeError: unique symbol;

/** A type that no value has; its parameter is the sentence to read. */
export interface ShapeError<Sentence extends string> {
  readonly [shapeError]: Sentence;
}

/** `unknown` when there is no problem, else the error to print. Intersect the type of a parameter with it. */
export type Check<Problem extends string> = [Problem] extends [never]
  ? unknown
  : ShapeError<Problem>;

/** The first of several problems, or `never`. */
export type FirstProblem<
  A extends string,
  B extends string,
  C extends string = never,
  D extends string = never,
> = [A] extends [never] ? ([B] extends [never] ? ([C] extends [never] ? D : C) : B) : A;
