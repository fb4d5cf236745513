// Tokenisers: what a text is to a model.

export { bpeTokenizer } from "./bpe.ts";
export { byteTokenizer } from "./bytes.ts";
export { charactersOf, characterTokenizer } from "./characters.ts";
export * from "./describe.ts";
export { printTokenProblem, type TokenProblem, type UnknownCharacter } from "./problem.ts";
export * from "./stream.ts";
export * from "./tokenizer.ts";
export * from "./trainBpe.ts";
export * from "./vocabularyFiles.ts";
