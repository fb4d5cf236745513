// One thing that must not compile, and the sentence that says why.

/** A wrong expression over the ops, `pipe`, `dim` and a dynamic size `n`. */
export interface Mistake {
  readonly code: string;
  /** The part of the code that the compiler underlines. */
  readonly at: string;
  /** The sentence in the error, which is also what the run time throws. */
  readonly sentence: string;
  /** Why the run time says something else, where it does. */
  readonly apart?: string;
  /** The op inside a layer, under whose name the run time says it. */
  readonly inside?: string;
}

/** Builds a `Mistake`. */
export const mistake = (code: string, at: string, sentence: string, apart?: string): Mistake =>
  apart === undefined ? { code, at, sentence } : { code, at, sentence, apart };

/** Builds a `Mistake` with a layer, for which an op inside it speaks at run time. */
export const layerMistake = (
  inside: string,
  code: string,
  at: string,
  sentence: string,
): Mistake => ({ code, at, sentence, inside });
