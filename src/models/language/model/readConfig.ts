// A configuration from plain data of unknown origin: every field that there is, of its type, and none that is not known; and what its parameters look like.

import * as E from "fp-ts/lib/Either.js";
import { TensorError } from "../../../core/errors.ts";
import { isRecord } from "../../../nn/checkpoint/json.ts";
import { key } from "../../../ops/random.ts";
import { badConfig, type ModelComplaint } from "../problem.ts";
import { type AttentionKind, type Config, checkConfig } from "./config.ts";
import { init, type Params } from "./transformer.ts";

type FieldType = "number" | "string" | "boolean" | "record";

/** A field's type, and whether it may be absent. */
type Field = readonly [FieldType, "required" | "optional"];
type Fields = Readonly<Record<string, Field>>;

const fields = {
  symbols: ["number", "required"],
  context: ["number", "required"],
  width: ["number", "required"],
  layers: ["number", "required"],
  heads: ["number", "required"],
  groups: ["number", "optional"],
  headWidth: ["number", "optional"],
  hidden: ["number", "optional"],
  positions: ["string", "required"],
  norm: ["string", "required"],
  activation: ["string", "required"],
  attention: ["record", "required"],
  tied: ["boolean", "required"],
  bias: ["boolean", "required"],
  activations: ["string", "optional"],
  dropout: ["number", "optional"],
} satisfies Readonly<Record<keyof Config, Field>>;

const kind: Field = ["string", "required"];
const attentionFields = {
  full: { kind },
  blockwise: { kind, block: ["number", "optional"] },
  window: { kind, window: ["number", "required"] },
  linear: { kind },
} satisfies Readonly<Record<AttentionKind["kind"], Fields>>;

const typeOf = (value: unknown): string => (isRecord(value) ? "record" : typeof value);

/** The first way in which a record differs from its fields. */
const problemOf = (
  what: string,
  found: Readonly<Record<string, unknown>>,
  known: Fields,
): ModelComplaint | undefined => {
  const extra = Object.keys(found).find((name) => !Object.hasOwn(known, name));
  if (extra !== undefined)
    return badConfig(
      `fields ${Object.keys(known).join(", ")} of ${what} expected`,
      `"${extra}"`,
      "a later version may have written it",
    );
  const wrong = Object.entries(known).find(([name, [type, need]]) =>
    found[name] === undefined ? need === "required" : typeOf(found[name]) !== type,
  );
  if (wrong === undefined) return undefined;
  const [name, [type]] = wrong;
  const got = found[name] === undefined ? "none" : JSON.stringify(found[name]);
  return badConfig(`a ${type} ${name} of ${what} expected`, got);
};

/** What of an attention's record is not as its kind asks for; a kind that is unknown is told by `checkConfig`. */
const attentionProblem = (
  attention: Readonly<Record<string, unknown>>,
): ModelComplaint | undefined => {
  const { kind: word } = attention;
  if (typeof word !== "string" || !Object.hasOwn(attentionFields, word)) return undefined;
  const known = attentionFields[word as AttentionKind["kind"]]; // an own field
  return problemOf(`${word} attention`, attention, known);
};

/**
 * A configuration that makes a model, from plain data, or what is wrong with it: BadConfig for a field that is missing, unknown or of another
 * type, and for words and numbers that `init` refuses.
 */
export const readConfig = (found: unknown): E.Either<ModelComplaint, Config> => {
  if (!isRecord(found))
    return E.left(
      badConfig("a record with a configuration expected", String(JSON.stringify(found))),
    );
  const problem = problemOf("a configuration", found, fields);
  if (problem !== undefined) return E.left(problem);
  const config = found as unknown as Config; // its fields are of their types; checkConfig looks at words and numbers
  const ofAttention = attentionProblem(found["attention"] as Readonly<Record<string, unknown>>); // a record
  if (ofAttention !== undefined) return E.left(ofAttention);
  return E.tryCatch(() => {
    checkConfig(config);
    return config;
  }, refusal);
};

/** What a TensorError says of a configuration. */
const refusal = (error: unknown): ModelComplaint => {
  if (!(error instanceof TensorError)) throw error;
  const { rule, got, hint } = error.problem;
  return badConfig(rule, got, hint);
};

/**
 * Parameters of which shapes and dtypes are to be looked at alone, or BadConfig where a configuration makes none: sizes from a file may be 0, or too large.
 */
export const paramsLike = (config: Config): E.Either<ModelComplaint, Params> =>
  E.tryCatch(() => init(key(0), config), refusal);
