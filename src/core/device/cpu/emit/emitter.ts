// The values of a kernel while its code is written. An expression is in scalar locals where it is the same in all lanes, an address or index
// that grows evenly from lane to lane is in one local and a stride, and all else is in vectors.

import type { Axis, Expr } from "../../../kernel/expr.ts";
import { splat, splatBits } from "../constants.ts";
import { splat64 } from "../math/vector.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";
import type { ValueType } from "../wasm/opcodes.ts";

/** Where the value of an expression is. */
export type Value =
  /** The same in all lanes. Booleans are 0 and 1. */
  | { readonly kind: "uniform"; readonly local: Local }
  /** An integer: that of the first lane of the first part, and what each further lane and each further part adds. */
  | {
      readonly kind: "linear";
      readonly local: Local<"i32">;
      readonly stride: number;
      readonly partStride: number;
    }
  /** Vectors of four lanes, one after the other; in f64, vectors of two. Booleans are masks. */
  | { readonly kind: "lanes"; readonly parts: readonly Local<"v128">[] };

/** The WebAssembly type of a scalar. */
export const scalarType = ({ dtype }: Expr): ValueType =>
  dtype === "f32" || dtype === "f64" ? dtype : "i32";

/** What writing code for a kernel needs to know. */
export interface EmitContext {
  readonly f: FunctionBuilder;
  /** Numbers of functions on f64 that JavaScript provides, by the name of the scalar operation. */
  readonly imported: Readonly<Record<string, number>>;
  /** Writes what happens when an index is out of range, given index and size on the stack. */
  readonly refuse: (index: () => Pushed<"i32">, size: () => Pushed<"i32">) => void;
}

/** Lanes of a vector: four numbers of 32 bits. */
export const lanesPerPart = 4;

/** Lanes of f64 in a vector, which are half a part: the elements of a part are in two vectors, one after the other. */
export const doublesPerVector = 2;

/** The part whose elements a vector of f64 has, and which half of them. */
export const halfOf = (vector: number): { readonly part: number; readonly half: 0 | 1 } => ({
  part: vector >> 1,
  half: vector % 2 === 0 ? 0 : 1,
});

/** Pushes the half of four lanes of 32 bits that goes with a vector of f64, in its lower two lanes. */
export const lowerHalf = (
  f: FunctionBuilder,
  lanes: Pushed<"v128">,
  half: 0 | 1,
): Pushed<"v128"> => {
  if (half === 0) return lanes;
  const all = f.let(lanes);
  f.release(all);
  return f.shuffle32([2, 3, 2, 3], f.get(all), f.get(all));
};

/** Pushes the half of four masks of 32 bits that goes with a vector of f64, as two masks of 64 bits. */
export const widenedMask = (
  f: FunctionBuilder,
  masks: Pushed<"v128">,
  half: 0 | 1,
): Pushed<"v128"> => {
  const all = f.let(masks);
  f.release(all);
  return f.shuffle32(half === 0 ? [0, 0, 1, 1] : [2, 2, 3, 3], f.get(all), f.get(all));
};

/** Pushes one part of a value that grows evenly, and a constant added to it. */
export const linearLanes = (
  f: FunctionBuilder,
  { local, stride, partStride }: Extract<Value, { readonly kind: "linear" }>,
  part: number,
  offset = 0,
): Pushed<"v128"> =>
  f.op(
    "i32x4.add",
    f.op("i32x4.splat", f.get(local)),
    f.v128(laneOffsets(stride, offset + part * partStride)),
  );

/** Writes the code of one kernel, in vectors along one loop or in scalars. */
export class Emitter {
  readonly f: FunctionBuilder;
  readonly context: EmitContext;
  /** The loop whose variable takes neighbouring values in neighbouring lanes; undefined in scalar code. */
  readonly along: Axis | undefined;
  /** Parts of four lanes that are computed side by side: more of them give the processor independent work. */
  readonly parts: number;
  readonly #values: Map<Expr, Value>;
  readonly #splats = new Map<Expr, Local<"v128">>();
  /** Lanes, as a mask for each part, in which the code being written counts; all of them without. */
  active: readonly Local<"v128">[] | undefined;

  constructor(
    context: EmitContext,
    along: Axis | undefined,
    parts: number,
    values: ReadonlyMap<Expr, Value> = new Map(),
  ) {
    this.context = context;
    this.f = context.f;
    this.along = along;
    this.parts = parts;
    this.#values = new Map(values);
  }

  /** Another way to write what comes next, which knows the values so far. */
  inner(along: Axis | undefined, parts: number): Emitter {
    const made = new Emitter(this.context, along, parts, this.#values);
    for (const [expr, local] of this.#splats) made.#splats.set(expr, local);
    made.active = this.active;
    return made;
  }

  /** Says where the value of an expression is from here on. */
  define(expr: Expr, value: Value): void {
    this.#values.set(expr, value);
  }

  /** Where a value is; undefined for constants and what was not computed. */
  find(expr: Expr): Value | undefined {
    return this.#values.get(expr);
  }

  /** Where a computed value is. */
  value(expr: Expr): Value {
    const found = this.#values.get(expr);
    if (found === undefined) throw new Error(`cpu: no value for ${expr.tag} ${expr.id}`);
    return found;
  }

  /** How many vectors hold what all lanes have of a value: one for each part, or two of f64. */
  vectors({ dtype }: Pick<Expr, "dtype">): number {
    return dtype === "f64" ? 2 * this.parts : this.parts;
  }

  /** Makes a local for each vector of a value. */
  eachVector(
    of: Pick<Expr, "dtype">,
    make: (vector: number) => Local<"v128">,
  ): readonly Local<"v128">[] {
    return Array.from({ length: this.vectors(of) }, (_, vector) => make(vector));
  }

  /** Whether an expression differs from lane to lane. */
  isVarying(expr: Expr): boolean {
    const kind = this.#values.get(expr)?.kind;
    return kind === "lanes" || kind === "linear";
  }

  /** Pushes a scalar: a constant or a uniform value. */
  scalar<T extends ValueType>(expr: Expr): Pushed<T> {
    return this.#scalar(expr) as unknown as Pushed<T>; // the type of its dtype
  }

  #scalar(expr: Expr): Pushed {
    if (expr.tag === "const") {
      const type = scalarType(expr);
      if (type === "f32") return this.f.f32(expr.value);
      return type === "f64" ? this.f.f64(expr.value) : this.f.i32(wholeOf(expr.value, expr.dtype));
    }
    const value = this.value(expr);
    if (value.kind !== "uniform") throw new Error(`cpu: ${expr.tag} ${expr.id} is no scalar`);
    return this.f.get(value.local);
  }

  /** Pushes one vector of a value: a part, or half of one in f64. */
  lanes(expr: Expr, part: number): Pushed<"v128"> {
    const { f } = this;
    if (expr.tag === "const") {
      if (expr.dtype === "f64") return splat64(f, expr.value);
      if (expr.dtype === "f32") return splat(f, expr.value);
      const whole = wholeOf(expr.value, expr.dtype);
      return splatBits(f, expr.dtype === "bool" ? -whole : whole);
    }
    const value = this.value(expr);
    switch (value.kind) {
      case "lanes":
        return f.get(value.parts[part] as Local<"v128">);
      case "linear":
        return linearLanes(f, value, part);
      case "uniform": {
        const known = this.#splats.get(expr);
        return known === undefined ? this.#splat(expr, value.local) : f.get(known);
      }
    }
  }

  #splat(expr: Expr, local: Local): Pushed<"v128"> {
    const { f } = this;
    if (expr.dtype === "f32") return f.op("f32x4.splat", f.get(local as Local<"f32">)); // by its dtype
    if (expr.dtype === "f64") return f.op("f64x2.splat", f.get(local as Local<"f64">)); // by its dtype
    const whole = local as Local<"i32">; // all others
    return expr.dtype === "bool"
      ? f.op("i32x4.neg", f.op("i32x4.splat", f.get(whole)))
      : f.op("i32x4.splat", f.get(whole));
  }

  /** Keeps a uniform value in a vector too, since code further in will ask for it. */
  keepSplat(expr: Expr): void {
    const value = this.find(expr);
    if (value?.kind !== "uniform" || this.#splats.has(expr)) return;
    this.#splats.set(expr, this.f.let(this.#splat(expr, value.local)));
  }
}

/** Integers as 32 bits; identities of reductions over integers are infinite. */
const wholeOf = (value: number, dtype: string): number =>
  dtype === "bool"
    ? Number(value > 0)
    : Number.isFinite(value)
      ? value | 0
      : value > 0
        ? 2 ** 31 - 1
        : -(2 ** 31);

const laneOffsets = (stride: number, first: number): [number, number, number, number] => [
  first,
  first + stride,
  first + 2 * stride,
  first + 3 * stride,
];
