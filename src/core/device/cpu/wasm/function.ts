// Writes the body of one WebAssembly function. Calls nest as the values do: operands are pushed in the order in which JavaScript evaluates
// arguments, so that `f.op("f32x4.mul", f.get(x), f.get(y))` writes get x, get y, mul. What a call returns only says what is on the stack.

import { Bytes } from "./bytes.ts";
import {
  atomic,
  atomicOps,
  type Letters,
  laneMemoryOps,
  laneOps,
  memoryOps,
  plainOps,
  saturating,
  simd,
  type ValueType,
} from "./opcodes.ts";

/** A value that was just pushed on the stack. */
export interface Pushed<T extends ValueType = ValueType> {
  readonly pushed: T;
}

/** A local variable of a function. */
export interface Local<T extends ValueType = ValueType> {
  readonly index: number;
  readonly type: T;
}

type Operands<S extends string> = S extends `${infer L extends keyof Letters}${infer Rest}`
  ? readonly [Pushed<Letters[L]>, ...Operands<Rest>]
  : readonly [];
type OperandsOf<S extends string> = S extends `${infer In}>${string}` ? Operands<In> : never;
type ResultOf<S extends string> = S extends `${string}>${infer L extends keyof Letters}`
  ? Pushed<Letters[L]>
  : undefined;

/** Names of plain instructions. */
export type PlainOp = keyof typeof plainOps;
type MemoryOp = keyof typeof memoryOps;
type LaneOp = keyof typeof laneOps;
type LaneMemoryOp = keyof typeof laneMemoryOps;
type AtomicOp = keyof typeof atomicOps;

const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The binary code of a type. */
export const typeCode = (type: ValueType): number => typeCodes[type];

/** A token for what is on the stack: its type is all there is to it. */
const pushed = <T extends ValueType>(type: T): Pushed<T> => tokens[type] as unknown as Pushed<T>; // one for each type
const tokens: { readonly [T in ValueType]: Pushed<T> } = {
  i32: { pushed: "i32" },
  i64: { pushed: "i64" },
  f32: { pushed: "f32" },
  f64: { pushed: "f64" },
  v128: { pushed: "v128" },
};

const letters: Letters = { i: "i32", l: "i64", f: "f32", d: "f64", v: "v128" };

/** What an instruction leaves, by its signature. */
const resultOf = (signature: string): Pushed | undefined => {
  const letter = signature.slice(signature.indexOf(">") + 1);
  return letter === "" ? undefined : pushed(letters[letter as keyof Letters]); // signatures are made of letters
};

/** A bound of a loop: a number, a local, or whatever pushes it. */
export type Bound = number | Local<"i32"> | (() => Pushed<"i32">);

/** The body of a function that is being written. */
export class FunctionBuilder {
  readonly code = new Bytes();
  readonly #types: ValueType[];
  /** Locals that nobody uses any more, by type. */
  readonly #free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Whether multiply and add may be one instruction, which relaxed SIMD has. */
  readonly isFused: boolean;

  constructor(params: readonly ValueType[], results: readonly ValueType[] = [], isFused = false) {
    this.params = params;
    this.results = results;
    this.isFused = isFused;
    this.#types = [...params];
  }

  /** A parameter as a local. */
  param<T extends ValueType = "i32">(index: number): Local<T> {
    return { index, type: this.params[index] as T }; // the caller knows its own signature
  }

  /** A new local; its value is undefined until it is set. */
  local<T extends ValueType>(type: T): Local<T> {
    const known = this.#free[type].pop() as Local<T> | undefined; // kept by type
    if (known !== undefined) return known;
    return { index: this.#types.push(type) - 1, type };
  }

  /** Gives a local back for later use. */
  release(local: Local): void {
    this.#free[local.type].push(local);
  }

  /** Types of the locals after the parameters. */
  get localTypes(): readonly ValueType[] {
    return this.#types.slice(this.params.length);
  }

  /** Puts the value on the stack into a new local. */
  let<T extends ValueType>(value: Pushed<T>): Local<T> {
    const local = this.local(value.pushed);
    this.set(local, value);
    return local;
  }

  get<T extends ValueType>(local: Local<T>): Pushed<T> {
    this.#indexed(0x20, local.index);
    return pushed(local.type);
  }

  set<T extends ValueType>(local: Local<T>, _value: Pushed<T>): void {
    this.#indexed(0x21, local.index);
  }

  /** Sets a local and leaves the value on the stack. */
  tee<T extends ValueType>(local: Local<T>, _value: Pushed<T>): Pushed<T> {
    this.#indexed(0x22, local.index);
    return pushed(local.type);
  }

  i32(value: number): Pushed<"i32"> {
    this.code.byte(0x41);
    this.code.signed(value | 0);
    return pushed("i32");
  }

  /** A small 64-bit constant. */
  i64(value: number): Pushed<"i64"> {
    this.code.byte(0x42);
    this.code.signed(value);
    return pushed("i64");
  }

  f32(value: number): Pushed<"f32"> {
    this.code.byte(0x43);
    this.code.f32(value);
    return pushed("f32");
  }

  f64(value: number): Pushed<"f64"> {
    this.code.byte(0x44);
    this.code.f64(value);
    return pushed("f64");
  }

  /** A vector constant of four 32-bit patterns. */
  v128(lanes: readonly [number, number, number, number]): Pushed<"v128"> {
    this.#opcode(simd + 0x0c);
    for (const lane of lanes) this.code.u32(lane);
    return pushed("v128");
  }

  /** A plain instruction. */
  op<N extends PlainOp>(
    name: N,
    ..._operands: OperandsOf<(typeof plainOps)[N][1]>
  ): ResultOf<(typeof plainOps)[N][1]> {
    const [code, signature] = plainOps[name];
    this.#opcode(code);
    return resultOf(signature) as ResultOf<(typeof plainOps)[N][1]>; // by the table
  }

  /** A load or store at an address plus a constant of 0 or more. */
  memory<N extends MemoryOp>(
    name: N,
    offset: number,
    ..._operands: OperandsOf<(typeof memoryOps)[N][1]>
  ): ResultOf<(typeof memoryOps)[N][1]> {
    const [code, signature] = memoryOps[name];
    this.#opcode(code);
    this.#memoryArgument(0, offset);
    return resultOf(signature) as ResultOf<(typeof memoryOps)[N][1]>; // by the table
  }

  /** A load into, or a store from, one lane. */
  laneMemory<N extends LaneMemoryOp>(
    name: N,
    offset: number,
    lane: number,
    ..._operands: OperandsOf<(typeof laneMemoryOps)[N][1]>
  ): ResultOf<(typeof laneMemoryOps)[N][1]> {
    const [code, signature] = laneMemoryOps[name];
    this.#opcode(code);
    this.#memoryArgument(0, offset);
    this.code.byte(lane);
    return resultOf(signature) as ResultOf<(typeof laneMemoryOps)[N][1]>; // by the table
  }

  /** An instruction on one lane. */
  lane<N extends LaneOp>(
    name: N,
    lane: number,
    ..._operands: OperandsOf<(typeof laneOps)[N][1]>
  ): ResultOf<(typeof laneOps)[N][1]> {
    const [code, signature] = laneOps[name];
    this.#opcode(code);
    this.code.byte(lane);
    return resultOf(signature) as ResultOf<(typeof laneOps)[N][1]>; // by the table
  }

  /** Bytes of two vectors in another order: 0 … 15 of a, 16 … 31 of b. */
  shuffle(lanes: readonly number[], _a: Pushed<"v128">, _b: Pushed<"v128">): Pushed<"v128"> {
    this.#opcode(simd + 0x0d);
    for (const lane of lanes) this.code.byte(lane);
    return pushed("v128");
  }

  /** 32-bit lanes of two vectors in another order: 0 … 3 of a, 4 … 7 of b. */
  shuffle32(
    lanes: readonly [number, number, number, number],
    a: Pushed<"v128">,
    b: Pushed<"v128">,
  ): Pushed<"v128"> {
    return this.shuffle(
      lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
      a,
      b,
    );
  }

  /** An atomic instruction on aligned 32-bit cells. */
  atomic<N extends AtomicOp>(
    name: N,
    offset: number,
    ..._operands: OperandsOf<(typeof atomicOps)[N][1]>
  ): ResultOf<(typeof atomicOps)[N][1]> {
    const [code, signature] = atomicOps[name];
    this.#opcode(code);
    this.#memoryArgument(2, offset);
    return resultOf(signature) as ResultOf<(typeof atomicOps)[N][1]>; // by the table
  }

  /** a · b + c in f32 lanes, rounded once or twice. */
  multiplyAdd(_a: Pushed<"v128">, _b: Pushed<"v128">, c: () => Pushed<"v128">): Pushed<"v128"> {
    if (this.isFused) return this.op("f32x4.relaxed_madd", _a, _b, c());
    return this.op("f32x4.add", this.op("f32x4.mul", _a, _b), c());
  }

  /** a where the condition is not 0, else b; both are computed. */
  select<T extends ValueType>(a: Pushed<T>, _b: Pushed<T>, _condition: Pushed<"i32">): Pushed<T> {
    this.code.byte(0x1c);
    this.code.unsigned(1);
    this.code.byte(typeCodes[a.pushed]);
    return a;
  }

  /** Forgets the value on the stack. */
  drop(_value: Pushed): void {
    this.code.byte(0x1a);
  }

  /** Writes statements that run where the condition is not 0, and others where it is. */
  if(_condition: Pushed<"i32">, then: () => void, otherwise?: () => void): void {
    this.code.byte(0x04);
    this.code.byte(0x40);
    then();
    if (otherwise !== undefined) {
      this.code.byte(0x05);
      otherwise();
    }
    this.code.byte(0x0b);
  }

  /** A loop that begins again where its condition, written by the body's end, is not 0. */
  doWhile(body: () => Pushed<"i32">): void {
    this.code.byte(0x03);
    this.code.byte(0x40);
    body();
    this.#indexed(0x0d, 0);
    this.code.byte(0x0b);
  }

  /** for (i = from; i < to; i += step); a loop with nothing to do is skipped. A bound that is a function is written wherever it is needed. */
  for(i: Local<"i32">, from: Bound, to: Bound, step: number, body: () => void): void {
    const isBelow = (): Pushed<"i32"> => this.op("i32.lt_s", this.get(i), this.bound(to));
    const loop = (): void =>
      this.doWhile(() => {
        body();
        this.set(i, this.op("i32.add", this.get(i), this.i32(step)));
        return isBelow();
      });
    this.set(i, this.bound(from));
    if (typeof from === "number" && typeof to === "number") {
      if (from < to) loop();
    } else this.if(isBelow(), loop);
  }

  /** Pushes a bound. */
  bound(bound: Bound): Pushed<"i32"> {
    return typeof bound === "number"
      ? this.i32(bound)
      : typeof bound === "function"
        ? bound()
        : this.get(bound);
  }

  /** Pushes the lesser of a local and a bound. */
  least(a: Local<"i32">, b: Bound): Pushed<"i32"> {
    return this.select(this.get(a), this.bound(b), this.op("i32.lt_s", this.get(a), this.bound(b)));
  }

  /** Calls a function by its number in the module, with the arguments on the stack. */
  call(index: number, _args: readonly Pushed[]): void {
    this.#indexed(0x10, index);
  }

  /** Calls a function that returns a value. */
  callFor<T extends ValueType>(type: T, index: number, _args: readonly Pushed[]): Pushed<T> {
    this.#indexed(0x10, index);
    return pushed(type);
  }

  /** Ends the function here. */
  return(_values: readonly Pushed[] = []): void {
    this.code.byte(0x0f);
  }

  #opcode(code: number): void {
    const prefixed = (prefix: number, from: number): void => {
      this.code.byte(prefix);
      this.code.unsigned(code - from);
    };
    if (code >= saturating) prefixed(0xfc, saturating);
    else if (code >= atomic) prefixed(0xfe, atomic);
    else if (code >= simd) prefixed(0xfd, simd);
    else this.code.byte(code);
  }

  #indexed(code: number, index: number): void {
    this.code.byte(code);
    this.code.unsigned(index);
  }

  #memoryArgument(alignment: number, offset: number): void {
    this.code.unsigned(alignment);
    this.code.unsigned(offset);
  }
}
