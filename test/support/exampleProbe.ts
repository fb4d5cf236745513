// What the modules made from documentation examples call while they run: `$at` before each
// statement, and a check where a comment states a result. Names start with $ to stay out of the way.

import { inspect } from "node:util";

let currentLine = 0;

/** Notes the line of the documentation that runs next. */
export function $at(line: number): void {
  currentLine = line;
}

/** The line noted last, which is where a thrown error comes from. */
export function lineReached(): number {
  return currentLine;
}

/** Holds the printed values to the text of a comment, in which … stands for anything. */
export function $shows(expected: string, ...values: readonly unknown[]): void {
  const found = normal(values.map(print).join(" "));
  if (!matcher(normal(expected)).test(found))
    throw new Error(`the comment says ${normal(expected)}\n    and the value is  ${found}`);
}

/** Holds the shapes of a tensor, or of the tensors in a tree, to a comment's `[2, 3], [4] i32`. */
export function $shapes(expected: string, value: unknown): void {
  const tensors = tensorsIn(value);
  const claims = shapeClaims(expected);
  const isMet =
    tensors.length === claims.length &&
    claims.every(({ shape, dtype }, i) => {
      const tensor = tensors[i];
      return `${tensor?.shape}` === `${shape}` && (dtype === undefined || tensor?.dtype === dtype);
    });
  const found = tensors.map(({ shape, dtype }) => `[${shape.join(", ")}] ${dtype}`).join(", ");
  if (!isMet) throw new Error(`the comment says ${expected}\n    and the shape is  ${found}`);
}

/** Holds an example to throwing an error whose message begins with `expected`. */
export async function $throws(expected: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (matcher(normal(expected), "start").test(normal(message))) return;
    throw new Error(`the comment says it throws ${expected}\n    and it throws  ${message}`);
  }
  throw new Error(`the comment says it throws ${expected}\n    and it does not`);
}

/** A shape as written in a comment, with the dtype after it if there is one. */
export interface ShapeClaim {
  readonly shape: readonly number[];
  readonly dtype?: string;
}

/** Reads `[8, 32], [2] i32`; throws on a shape that is not made of numbers. */
export function shapeClaims(text: string): readonly ShapeClaim[] {
  return [...text.matchAll(/\[([^\]]*)\](?:\s+(\w+))?/g)].map(([claim, sizes = "", dtype]) => {
    const shape = sizes.split(",").filter(Boolean).map(Number);
    if (!shape.every(Number.isInteger)) throw new Error(`${claim}: sizes in numbers expected`);
    return dtype === undefined ? { shape } : { shape, dtype };
  });
}

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
}

function tensorsIn(value: unknown): readonly TensorLike[] {
  if (typeof value !== "object" || value === null) return [];
  if ("shape" in value && "dtype" in value) return [value as TensorLike]; // both fields are there
  return Object.values(value).flatMap(tensorsIn);
}

function print(value: unknown): string {
  return typeof value === "string"
    ? value
    : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 8, maxArrayLength: null });
}

// Line breaks, the spaces inside brackets and the kind of quotes are the printer's choice.
function normal(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/([[({]) /g, "$1")
    .replace(/ ([\])}])/g, "$1")
    .replaceAll("'", '"')
    .trim();
}

function matcher(expected: string, extent: "start" | "all" = "all"): RegExp {
  const parts = expected.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}${extent === "all" ? "$" : ""}`);
}
