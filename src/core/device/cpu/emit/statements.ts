// Blocks of statements as code: values, loops, branches, and checks of indices.

import type { Dtype } from "../../../dtype.ts";
import type { Block, Statement } from "../../../kernel/block.ts";
import {
  type Affine,
  type Call,
  children,
  type Expr,
  type Load,
  type Reduce,
} from "../../../kernel/expr.ts";
import { splatBits } from "../constants.ts";
import type { Local, Pushed } from "../wasm/function.ts";
import { type AddressedNest, addressesIn, hasAddresses, isEven, isShifted } from "./addresses.ts";
import { areSideBySide, loadSideBySide } from "./bytes.ts";
import { combineLanes, combineScalars, initialLanes, initialScalar } from "./combine.ts";
import { type Emitter, halfOf, scalarType, type Value, widenedMask } from "./emitter.ts";
import { loadHalf, loadHalves } from "./halves.ts";
import { loadLookup } from "./lookup.ts";
import { type Address, loadLanes, loadScalar, withoutNegative } from "./memory.ts";
import { emitRowReduction, isRowReduction } from "./rowReduction.ts";
import { scalarCall } from "./scalarCalls.ts";
import { isTransposed, loadTransposed } from "./transposed.ts";
import { vectorCall } from "./vectorCalls.ts";

/** dtypes of the inputs of a kernel by slot. */
export type InputDtypes = readonly Dtype[];

/** Writes statements. */
export class Writer {
  readonly dtypes: InputDtypes;
  /** What stands for the pointer to each input. */
  readonly #pointers: readonly Expr[];
  /** Expressions whose value is wanted in lanes by some other that differs from lane to lane. */
  readonly wantedInLanes: ReadonlySet<Expr>;

  /** Sums that are only used as addresses: they are written where they are used. */
  readonly #addresses: ReadonlySet<Expr>;
  readonly #lookups: AddressedNest["lookups"];

  constructor(nest: AddressedNest, wantedInLanes: (roots: readonly Expr[]) => ReadonlySet<Expr>) {
    this.dtypes = nest.inputs.map(({ dtype }) => dtype);
    this.#pointers = nest.inputPointers;
    this.wantedInLanes = wantedInLanes([nest.target, nest.body]);
    this.#addresses = addressesIn(nest);
    this.#lookups = nest.lookups;
  }

  block(e: Emitter, statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(e, statement);
  }

  #statement(e: Emitter, statement: Statement): void {
    switch (statement._tag) {
      case "Let":
        this.#let(e, statement.expr);
        break;
      case "Loop":
        this.#loop(e, statement.expr, statement.body);
        break;
      case "If":
        this.#if(e, statement.expr, statement.then, statement.otherwise);
    }
  }

  /** The address that a load or store goes to. A constant is added by the instruction. */
  address(e: Emitter, expr: Expr): Address {
    if (isShifted(expr)) {
      const [{ atom }] = expr.terms;
      return { value: this.#valueOf(e, atom), offset: expr.base };
    }
    return { value: this.#valueOf(e, expr), offset: 0 };
  }

  #valueOf(e: Emitter, expr: Expr): Value {
    if (expr.tag === "const") return { kind: "uniform", local: e.f.let(e.scalar<"i32">(expr)) };
    if (e.find(expr) === undefined && expr.tag === "affine") this.#affine(e, expr);
    else if (e.find(expr) === undefined) this.#let(e, expr);
    return e.value(expr);
  }

  #let(e: Emitter, expr: Expr): void {
    if (expr.tag === "affine") {
      if (this.#addresses.has(expr)) return;
      this.#affine(e, expr);
    } else if (expr.tag === "load") this.#load(e, expr);
    else if (expr.tag === "call") this.#call(e, expr);
    else throw new Error(`cpu: no statement for ${expr.tag}`);
    if (this.wantedInLanes.has(expr)) e.keepSplat(expr);
  }

  #affine(e: Emitter, expr: Affine): void {
    const { f } = e;
    const { base, terms } = expr;
    const values = terms.map(({ atom, stride }) => ({
      atom,
      stride,
      value: this.#valueOf(e, atom),
    }));
    const scalars = values.filter(({ value }) => value.kind !== "lanes");
    let [slope, partSlope] = [0, 0];
    let isEmpty = true;
    const add = (push: () => Pushed<"i32">): void => {
      push();
      if (!isEmpty) f.op("i32.add", token, token);
      isEmpty = false;
    };
    for (const { value, stride } of scalars) {
      if (value.kind === "lanes") continue;
      if (value.kind === "linear") {
        slope += stride * value.stride;
        partSlope += stride * value.partStride;
      }
      add(() => scaled(e, value.local as Local<"i32">, stride));
    }
    if (base !== 0 || isEmpty) add(() => f.i32(base));
    const sum = f.let(token);
    const vectors = values.filter(({ value }) => value.kind === "lanes");
    const scalarSum: Value =
      slope === 0 && partSlope === 0
        ? { kind: "uniform", local: sum }
        : { kind: "linear", local: sum, stride: slope, partStride: partSlope };
    e.define(expr, scalarSum);
    if (vectors.length === 0) return;
    const parts = Array.from({ length: e.parts }, (_, part) => {
      let total = e.lanes(expr, part);
      for (const { atom, stride } of vectors) {
        const lanes = e.lanes(atom, part);
        const isOne = Math.abs(stride) === 1;
        const term = isOne ? lanes : f.op("i32x4.mul", lanes, splatBits(f, stride));
        total = f.op(stride === -1 ? "i32x4.sub" : "i32x4.add", total, term);
      }
      return f.let(total);
    });
    e.define(expr, { kind: "lanes", parts });
  }

  #load(e: Emitter, expr: Load): void {
    const { f } = e;
    const dtype = this.dtypes[expr.slot] as Dtype;
    const lookup = this.#lookups.get(expr);
    const looked = lookup && loadLookup(e, lookup);
    if (looked !== undefined) {
      e.define(expr, { kind: "lanes", parts: looked });
      return;
    }
    const address = this.address(e, expr.index);
    if (!hasAddresses(dtype)) {
      this.#loadHalves(e, expr, address);
      return;
    }
    if (address.value.kind === "uniform") {
      let base = address.value.local as Local<"i32">; // an address
      let { offset } = address;
      if (offset < 0) {
        base = f.let(f.op("i32.add", f.get(base), f.i32(offset)));
        offset = 0;
      }
      e.define(expr, { kind: "uniform", local: f.let(loadScalar(f, dtype, base, offset)) });
      return;
    }
    const shifted = withoutNegative(f, address);
    const { value, offset } = shifted;
    const parts = isTransposed(dtype, shifted, e.parts)
      ? loadTransposed(f, shifted, e.parts)
      : (dtype === "i8" || dtype === "u8") && areSideBySide(value, e.parts)
        ? loadSideBySide(f, dtype, value.local, offset, e.parts)
        : e.eachVector(expr, (vector) => f.let(loadLanes(e, dtype, shifted, vector)));
    e.define(expr, { kind: "lanes", parts });
  }

  #loadHalves(e: Emitter, expr: Load, address: Address): void {
    const pointer = e.value(this.#pointers[expr.slot] as Expr);
    if (pointer.kind !== "uniform") throw new Error("cpu: one pointer for all lanes expected");
    const at = { ...address, pointer: pointer.local as Local<"i32"> };
    const { value } = address;
    e.define(
      expr,
      value.kind === "uniform"
        ? { kind: "uniform", local: e.f.let(loadHalf(e.f, at, value.local as Local<"i32">)) }
        : { kind: "lanes", parts: loadHalves(e, at, isEven(expr.index, e.along)) },
    );
  }

  #call(e: Emitter, expr: Call): void {
    const { f } = e;
    if (expr.op === "checkIndex") this.#check(e, expr);
    else if (expr.args.some((arg) => e.isVarying(arg))) {
      const parts = e.eachVector(expr, (vector) => f.let(vectorCall(e, expr, vector)));
      e.define(expr, { kind: "lanes", parts });
    } else e.define(expr, { kind: "uniform", local: f.let(scalarCall(e, expr)) });
  }

  /** Indices out of range are noted, and count as 0 until the program stops. */
  #check(e: Emitter, expr: Call): void {
    const { f } = e;
    const [i, size] = expr.args as [Expr, Expr];
    if (!e.isVarying(i)) {
      const index = f.let(e.scalar<"i32">(i));
      const isWrong = f.let(f.op("i32.ge_u", f.get(index), e.scalar<"i32">(size)));
      const counts = e.active;
      const refuse = (): void => {
        e.context.refuse(
          () => f.get(index),
          () => e.scalar<"i32">(size),
        );
        f.set(index, f.i32(0));
      };
      f.if(f.get(isWrong), () => {
        if (counts === undefined) refuse();
        else f.if(anyOf(e, counts), refuse, () => f.set(index, f.i32(0)));
      });
      e.define(expr, { kind: "uniform", local: index });
      return;
    }
    const parts = Array.from({ length: e.parts }, (_, part) => {
      const index = f.let(e.lanes(i, part));
      // As unsigned numbers, negative ones are large.
      const isRight = f.let(f.op("i32x4.lt_u", f.get(index), e.lanes(size, part)));
      const counts = e.active?.[part];
      const wrong = f.let(
        counts === undefined
          ? f.op("v128.not", f.get(isRight))
          : f.op("v128.andnot", f.get(counts), f.get(isRight)),
      );
      f.if(f.op("v128.any_true", f.get(wrong)), () => {
        for (const lane of [0, 1, 2, 3]) {
          f.if(f.lane("i32x4.extract_lane", lane, f.get(wrong)), () => {
            e.context.refuse(
              () => f.lane("i32x4.extract_lane", lane, f.get(index)),
              () => e.scalar<"i32">(size),
            );
          });
        }
      });
      f.set(index, f.op("v128.and", f.get(index), f.get(isRight)));
      f.release(isRight);
      f.release(wrong);
      return index;
    });
    e.define(expr, { kind: "lanes", parts });
  }

  #if(e: Emitter, expr: Call, then: Block, otherwise: Block): void {
    const condition = expr.args[0] as Expr;
    if (e.along === undefined || !e.isVarying(condition)) this.#branch(e, expr, then, otherwise);
    else this.#blend(e, expr, then, otherwise);
    if (this.wantedInLanes.has(expr)) e.keepSplat(expr);
  }

  /** A branch that all lanes take. */
  #branch(e: Emitter, expr: Call, then: Block, otherwise: Block): void {
    const { f } = e;
    const sides = [then, otherwise].map((block) => ({ block, inner: e.inner(e.along, e.parts) }));
    // Whether the result is in lanes is known once both sides are written, so both are written as if it were where lanes are at hand.
    const isScalar = e.along === undefined || !isVaryingBlock(e, then, otherwise);
    const scalar = isScalar ? f.local(scalarType(expr)) : undefined;
    const parts = isScalar ? [] : e.eachVector(expr, () => f.local("v128"));
    const write =
      ({ block, inner }: (typeof sides)[number]) =>
      (): void => {
        this.block(inner, block.statements);
        if (scalar !== undefined) f.set(scalar, inner.scalar(block.result));
        else parts.forEach((local, part) => f.set(local, inner.lanes(block.result, part)));
      };
    const [first, second] = sides as [(typeof sides)[number], (typeof sides)[number]];
    f.if(e.scalar<"i32">(expr.args[0] as Expr), write(first), write(second));
    e.define(
      expr,
      scalar === undefined ? { kind: "lanes", parts } : { kind: "uniform", local: scalar },
    );
  }

  /** Both sides for all lanes, each skipped where no lane takes it. */
  #blend(e: Emitter, expr: Call, then: Block, otherwise: Block): void {
    const { f } = e;
    const condition = expr.args[0] as Expr;
    const result = e.eachVector(expr, () => f.local("v128"));
    const side = (block: Block, isThen: boolean): void => {
      const masks = e.eachVector(condition, (part) => {
        const taken = isThen
          ? e.lanes(condition, part)
          : f.op("v128.not", e.lanes(condition, part));
        const outer = e.active?.[part];
        return f.let(outer === undefined ? taken : f.op("v128.and", taken, f.get(outer)));
      });
      const write = (): void => {
        const inner = e.inner(e.along, e.parts);
        inner.active = masks;
        this.block(inner, block.statements);
        const maskOf = (vector: number): Pushed<"v128"> => {
          if (expr.dtype !== "f64") return f.get(masks[vector] as Local<"v128">);
          const { part, half } = halfOf(vector);
          return widenedMask(f, f.get(masks[part] as Local<"v128">), half);
        };
        result.forEach((local, vector) => {
          const value = inner.lanes(block.result, vector);
          f.set(
            local,
            isThen ? value : f.op("v128.bitselect", value, f.get(local), maskOf(vector)),
          );
        });
      };
      if (block.statements.length === 0) write();
      else f.if(anyOf(e, masks), write);
      for (const mask of masks) f.release(mask);
    };
    side(then, true);
    side(otherwise, false);
    e.define(expr, { kind: "lanes", parts: result });
  }

  #loop(e: Emitter, expr: Reduce, body: Block): void {
    const { f } = e;
    if (e.along === undefined && isRowReduction(expr, body, this.dtypes)) {
      emitRowReduction(this, e, expr, body);
    } else {
      const isScalar = e.along === undefined || !isVaryingBlock(e, body);
      const totals = isScalar
        ? [f.let(initialScalar(e, expr))]
        : e.eachVector(expr, () => f.let(initialLanes(e, expr)));
      this.walk(e, expr, 1, () => {
        const inner = e.inner(e.along, e.parts);
        inner.define(expr.axis, { kind: "uniform", local: this.counters.get(expr) as Local });
        this.block(inner, body.statements);
        totals.forEach((total, vector) => {
          f.set(
            total,
            isScalar
              ? combineScalars(e, expr, f.get(total), inner.scalar(body.result))
              : combineLanes(
                  e,
                  expr,
                  f.get(total as Local<"v128">),
                  inner.lanes(body.result, vector),
                ),
          );
        });
      });
      const [only] = totals as [Local];
      e.define(
        expr,
        isScalar
          ? { kind: "uniform", local: only }
          : { kind: "lanes", parts: totals as Local<"v128">[] },
      );
    }
    if (this.wantedInLanes.has(expr)) e.keepSplat(expr);
  }

  /** Variables of the loops that are being written. */
  readonly counters = new Map<Reduce, Local<"i32">>();

  /** The loop of a reduction, from its lower to its upper bound. */
  walk(e: Emitter, expr: Reduce, step: number, body: () => void): void {
    const { f } = e;
    const i = f.local("i32");
    this.counters.set(expr, i);
    const { from, to } = expr;
    const upper = (): Pushed<"i32"> =>
      to === undefined ? f.i32(expr.axis.size) : e.scalar<"i32">(to);
    const lower = (): Pushed<"i32"> => (from === undefined ? f.i32(0) : e.scalar<"i32">(from));
    f.for(i, lower, upper, step, body);
  }
}

const token: Pushed<"i32"> = { pushed: "i32" };

const scaled = ({ f }: Emitter, local: Local<"i32">, stride: number): Pushed<"i32"> => {
  if (stride === 1) return f.get(local);
  const power = Math.log2(stride);
  return Number.isInteger(power)
    ? f.op("i32.shl", f.get(local), f.i32(power))
    : f.op("i32.mul", f.get(local), f.i32(stride));
};

/** Pushes whether any lane of some masks is set. */
const anyOf = ({ f }: Emitter, masks: readonly Local<"v128">[]): Pushed<"i32"> => {
  const [first, ...rest] = masks as [Local<"v128">, ...Local<"v128">[]];
  let all = f.get(first);
  for (const mask of rest) all = f.op("v128.or", all, f.get(mask));
  return f.op("v128.any_true", all);
};

/** Whether what some blocks result in may differ from lane to lane. */
const isVaryingBlock = (e: Emitter, ...blocks: readonly Block[]): boolean => {
  const known = new Map<Expr, boolean>();
  const varies = (expr: Expr): boolean => {
    if (expr === e.along || e.isVarying(expr)) return true;
    if (e.find(expr) !== undefined) return false;
    const before = known.get(expr);
    if (before !== undefined) return before;
    const result = children(expr).some(varies);
    known.set(expr, result);
    return result;
  };
  return blocks.some(({ result }) => varies(result));
};
