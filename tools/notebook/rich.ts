// Values that a notebook shows as more than text. A value says so by a method of the name that Deno's kernel knows too,
// `Symbol.for("Jupyter.display")`, which returns its forms by MIME type.

import { inspect } from "node:util";

/** Forms of one value by MIME type; binary ones in base64. */
export type Bundle = Readonly<Record<string, string>>;

/** A value as it is written into a notebook. */
export interface Output {
  readonly data: Bundle;
  /** Remarks on the forms, by MIME type: `{ "image/png": { width, height } }` in pixels of the page. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The name of the method that returns a value's forms. */
export const richData = Symbol.for("Jupyter.display");

/** The name of the method that returns remarks on them. */
export const richMetadata = Symbol.for("pullback.metadata");

/** A value with forms of its own. */
export interface Rich {
  readonly [richData]: () => Bundle;
  readonly [richMetadata]?: () => Readonly<Record<string, unknown>>;
}

const isRich = (value: unknown): value is Rich =>
  typeof value === "object" && value !== null && richData in value;

/** Any value as an output: rich ones as they say, texts as they are, the rest as the console prints them. */
export const outputOf = (value: unknown): Output =>
  isRich(value)
    ? { data: value[richData](), metadata: value[richMetadata]?.() ?? {} }
    : { data: { "text/plain": textOf(value) }, metadata: {} };

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : inspect(value, { colors: false });

/** An output on a terminal. */
export const plainText = ({ data }: Output): string =>
  data["text/plain"] ?? `[${Object.keys(data).join(", ")}]`;
