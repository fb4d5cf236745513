// The Transformers of cases_transformer.py: their parameters come behind tokens and labels, as a list whose names are among the options.

import * as E from "fp-ts/lib/Either.js";
import type { Tensor } from "../../src/index.ts";
import { cast, key, mapTree } from "../../src/index.ts";
import type { Config } from "../../src/models/language/model/config.ts";
import {
  type EncoderDecoderConfig,
  encode,
  init,
  initEncoderDecoder,
  logits,
  scoresOf,
  translate,
} from "../../src/models/language/model/transformer.ts";
import { treeOf } from "../../src/nn/checkpoint/tree.ts";
import { crossEntropy } from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

interface Given {
  readonly names: readonly string[];
}

type Stack =
  | { readonly kind: "decoder" | "encoder"; readonly config: Config }
  | { readonly kind: "translation"; readonly config: EncoderDecoderConfig };

/** A tree like another, whose values do not matter, of tensors in the order of their names. */
const named = <P>(names: readonly string[], leaves: readonly Tensor[], like: P): P => {
  const dtype = (leaves[0] as Tensor).dtype; // one for all
  const tensors = new Map(names.map((name, i) => [name, leaves[i] as Tensor]));
  const found = treeOf(tensors, mapTree(like, cast(dtype)));
  if (E.isLeft(found)) throw new Error(`${found.left.rule}, got ${found.left.got}`);
  return found.right;
};

/** Logits, and the loss by the labels. */
const transformer: Application = (options, inputs) => {
  const { names, ...stack } = options as unknown as Given & Stack; // cases_transformer.py writes it
  const given = inputs.slice(0, inputs.length - names.length) as [Tensor, Tensor, Tensor, Tensor]; // or the first two
  const leaves = inputs.slice(given.length);
  const judged = (scores: Tensor): readonly Tensor[] => [
    scores,
    crossEntropy()(scores, given[given.length - 1] as Tensor),
  ];
  if (stack.kind === "translation") {
    const params = named(names, leaves, initEncoderDecoder(key(0), stack.config));
    const [source, mask, target] = given;
    return judged(translate(stack.config, params, { mask })(source, target));
  }
  const { config, kind } = stack;
  const params = named(names, leaves, init(key(0), config));
  if (kind === "decoder") return judged(logits(config, params)(given[0]));
  return judged(scoresOf(config, params)(encode(config, params)(given[0])));
};

/** The Transformers by the name that cases give them. */
export const transformers: Readonly<Record<string, Application>> = { Transformer: transformer };
