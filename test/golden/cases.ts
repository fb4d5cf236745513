// The golden cases of this folder as data, and how a computed tensor is compared with one. `make.py` documents the format.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Tensor, tensor, values } from "../../src/index.ts";

/** A tensor in a golden file: flat data in C order. */
export interface Stored {
  readonly shape: readonly number[];
  readonly dtype: "f64" | "i32" | "bool";
  readonly data: readonly (number | boolean)[];
}

/** Options of a case, as JSON has them; the op checks them. */
export type Options = Readonly<Record<string, unknown>>;

/** One case: what to call, and what PyTorch found. */
export interface Case {
  readonly name: string;
  readonly op: string;
  readonly options: Options;
  readonly inputs: readonly Stored[];
  /** All outputs in order; one for most ops. */
  readonly outputs: readonly Stored[];
  /** One for each output, null for outputs of integers or booleans. */
  readonly cotangents: readonly (Stored | null)[];
  /** One for each input, null where PyTorch has none or it is not wanted. */
  readonly gradients: readonly (Stored | null)[];
  /** "relative" compares each entry at its own scale. */
  readonly compare?: "relative";
}

type SingleOutput = Omit<Case, "outputs" | "cotangents"> & {
  readonly output: Stored;
  readonly cotangent: Stored | null;
};

/** The families in this folder: the names of its JSON files. */
export const families = (): readonly string[] =>
  readdirSync(fileURLToPath(new URL(".", import.meta.url)))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();

/** The cases of one family. */
export const casesOf = (family: string): readonly Case[] => {
  const text = readFileSync(new URL(`${family}.json`, import.meta.url), "utf8");
  const cases = JSON.parse(text) as readonly (Case | SingleOutput)[]; // written by make.py, in this form
  return cases.map((it) =>
    "output" in it ? { ...it, outputs: [it.output], cotangents: [it.cotangent] } : it,
  );
};

const arrays = { f64: Float64Array, f32: Float32Array, i32: Int32Array, bool: Uint8Array } as const;

/** A stored tensor as one of ours; `float` is the dtype that its floats get. */
export const load = ({ shape, dtype, data }: Stored, float: "f64" | "f32" = "f64"): Tensor => {
  const type = dtype === "f64" ? float : dtype;
  return tensor(arrays[type].from(data.map(Number)), { shape, dtype: type });
};

/** How a computed tensor is compared with a golden one. */
export interface Comparison {
  /** Against 1 or the entry, whichever is larger; against the entry alone where the case asks for it. */
  readonly tolerance: number;
  readonly compare?: Case["compare"];
  /** The dtype in which floats were computed; default f64. */
  readonly float?: "f32" | "f64";
  /** Whether a 0 may be a sum whose terms cancel, which f32 gives up to rounding; default false: f32 gives 0, too. */
  readonly cancels?: boolean;
}

/** Two f64 evaluations of at most a few hundred terms differ by 1e-13 or so, a wrong formula by far more than this. */
export const exactly: Comparison = { tolerance: 1e-9 };

/** What is wrong with a computed tensor, or undefined. */
export const difference = (
  found: Tensor,
  expected: Stored,
  { tolerance, compare, float = "f64", cancels = false }: Comparison,
): string | undefined => {
  if (found.shape.join() !== expected.shape.join()) {
    return `shape [${expected.shape}] expected, got [${found.shape}]`;
  }
  const dtype = expected.dtype === "f64" ? float : expected.dtype;
  if (found.dtype !== dtype) return `${dtype} expected, got ${found.dtype}`;
  const numbers = values(found);
  const wrong = expected.data.findIndex((entry, i) => {
    const wanted = Number(entry);
    const scale = compare === "relative" ? Math.abs(wanted) : Math.max(1, Math.abs(wanted));
    const got = numbers[i] ?? Number.NaN;
    // What is too small for f32 may be 0 there.
    if (float === "f32" && !cancels && Math.abs(wanted) < 2 ** -126)
      return !(Math.abs(got) < 2 ** -126);
    return !(Math.abs(got - wanted) <= tolerance * scale);
  });
  return wrong < 0
    ? undefined
    : `entry ${wrong} of ${expected.data.length}: ${expected.data[wrong]} expected, got ${numbers[wrong]}`;
};
