// Loads and stores of every dtype, one element or a vector at a time. Vectors of neighbouring elements are one instruction; elements a fixed
// stride apart, or anywhere, are moved lane by lane. f16, bf16, i8, u8 and bool are converted on the way.

import { type Dtype, dtypes } from "../../../dtype.ts";
import { splatBits } from "../constants.ts";
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from "../math/storage.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";
import { doublesPerVector, type Emitter, halfOf, lanesPerPart, type Value } from "./emitter.ts";

type Vector = Pushed<"v128">;

/** dtypes whose elements have addresses. Those of i4, which do not, are in halves.ts. */
export type Bytewise = Exclude<Dtype, "i4">;

/** An address: where it is, and a constant to add. */
export interface Address {
  readonly value: Value;
  readonly offset: number;
}

/** An address that grows evenly from lane to lane. */
interface LinearAddress extends Address {
  readonly value: Extract<Value, { readonly kind: "linear" }>;
}

/** An address that differs from lane to lane, with an offset that an instruction can hold. */
export const withoutNegative = (f: FunctionBuilder, address: Address): Address => {
  const { value, offset } = address;
  if (offset >= 0 || value.kind === "uniform") return address;
  if (value.kind === "linear") {
    const local = f.let(f.op("i32.add", f.get(value.local), f.i32(offset)));
    return { value: { ...value, local }, offset: 0 };
  }
  const parts = value.parts.map((part) =>
    f.let(f.op("i32x4.add", f.get(part), splatBits(f, offset))),
  );
  return { value: { kind: "lanes", parts }, offset: 0 };
};

const splatWord = (f: FunctionBuilder, value: Pushed<"i32">): Vector => f.op("i32x4.splat", value);

/** Pushes the element at an address that is the same in all lanes, as a scalar. */
export const loadScalar = (
  f: FunctionBuilder,
  dtype: Bytewise,
  base: Local<"i32">,
  offset: number,
): Pushed => {
  const at = () => f.get(base);
  switch (dtype) {
    case "f32":
      return f.memory("f32.load", offset, at());
    case "f64":
      return f.memory("f64.load", offset, at());
    case "i32":
      return f.memory("i32.load", offset, at());
    case "bool":
      // Any other value than 0 is true, where bytes come from a caller.
      return f.op("i32.ne", f.memory("i32.load8_u", offset, at()), f.i32(0));
    case "u8":
      return f.memory("i32.load8_u", offset, at());
    case "i8":
      return f.memory("i32.load8_s", offset, at());
    case "f16":
    case "bf16": {
      const pattern = splatWord(f, f.memory("i32.load16_u", offset, at()));
      const decoded = dtype === "f16" ? decodeF16(f, pattern) : decodeBf16(f, pattern);
      return f.lane("f32x4.extract_lane", 0, decoded);
    }
  }
};

/** Stores the scalar that `push` pushes. */
export const storeScalar = (
  f: FunctionBuilder,
  dtype: Bytewise,
  base: Local<"i32">,
  offset: number,
  push: () => Pushed,
): void => {
  const whole = (): Pushed<"i32"> => push() as Pushed<"i32">; // by the dtype
  const float = (): Pushed<"f32"> => push() as Pushed<"f32">;
  f.get(base);
  const at: Pushed<"i32"> = { pushed: "i32" }; // just pushed, below the value
  switch (dtype) {
    case "f32":
      f.memory("f32.store", offset, at, float());
      break;
    case "f64":
      f.memory("f64.store", offset, at, push() as Pushed<"f64">);
      break;
    case "i32":
      f.memory("i32.store", offset, at, whole());
      break;
    case "bool":
    case "u8":
    case "i8":
      f.memory("i32.store8", offset, at, whole());
      break;
    case "f16":
    case "bf16": {
      const value = f.op("f32x4.splat", float());
      const pattern = dtype === "f16" ? encodeF16(f, value) : encodeBf16(f, value);
      f.memory("i32.store16", offset, at, f.lane("i32x4.extract_lane", 0, pattern));
    }
  }
};

/** A loaded scalar in every lane. */
const splatScalar = (f: FunctionBuilder, dtype: Bytewise, value: Pushed): Vector => {
  if (value.pushed === "f32") return f.op("f32x4.splat", value as Pushed<"f32">); // just seen
  if (value.pushed === "f64") return f.op("f64x2.splat", value as Pushed<"f64">);
  const words = f.op("i32x4.splat", value as Pushed<"i32">); // all others
  return dtype === "bool" ? f.op("i32x4.neg", words) : words;
};

/** Neighbouring elements from an address: four, or two of f64. */
const loadNeighbours = (
  f: FunctionBuilder,
  dtype: Bytewise,
  base: Local<"i32">,
  offset: number,
): Vector => {
  const at = () => f.get(base);
  switch (dtype) {
    case "f32":
    case "i32":
    case "f64":
      return f.memory("v128.load", offset, at());
    case "bool":
    case "u8":
    case "i8": {
      const bytes = f.memory("v128.load32_zero", offset, at());
      if (dtype === "i8")
        return f.op("i32x4.extend_low_i16x8_s", f.op("i16x8.extend_low_i8x16_s", bytes));
      const words = f.op("i32x4.extend_low_i16x8_u", f.op("i16x8.extend_low_i8x16_u", bytes));
      return dtype === "u8" ? words : f.op("i32x4.ne", words, splatBits(f, 0));
    }
    case "f16":
    case "bf16": {
      const halves = f.memory("v128.load64_zero", offset, at());
      const patterns = f.op("i32x4.extend_low_i16x8_u", halves);
      return dtype === "f16" ? decodeF16(f, patterns) : decodeBf16(f, patterns);
    }
  }
};

/** What is in a register of 32-bit words, each one element as it is in memory, as lanes of its dtype. */
const decodeWords = (f: FunctionBuilder, dtype: Bytewise, words: Vector): Vector => {
  switch (dtype) {
    case "bool":
      return f.op("i32x4.ne", words, splatBits(f, 0));
    case "f16":
      return decodeF16(f, words);
    case "bf16":
      return decodeBf16(f, words);
    default:
      return words;
  }
};

const loadWord = (
  f: FunctionBuilder,
  dtype: Bytewise,
  offset: number,
  at: Pushed<"i32">,
): Pushed<"i32"> => {
  switch (dtype) {
    case "i8":
      return f.memory("i32.load8_s", offset, at);
    case "bool":
    case "u8":
      return f.memory("i32.load8_u", offset, at);
    default:
      return f.memory("i32.load16_u", offset, at);
  }
};

/** The elements of a vector, each from an address of its own, given as a local and an offset for each lane. */
export const loadApart = (
  f: FunctionBuilder,
  dtype: Bytewise,
  addresses: readonly { readonly base: Local<"i32">; readonly offset: number }[],
): Vector => {
  const [first, ...rest] = addresses as [(typeof addresses)[number], ...typeof addresses];
  if (dtype === "f32" || dtype === "i32") {
    const result = f.let(f.memory("v128.load32_zero", first.offset, f.get(first.base)));
    rest.forEach(({ base, offset }, i) => {
      f.set(result, f.laneMemory("v128.load32_lane", offset, i + 1, f.get(base), f.get(result)));
    });
    f.release(result);
    return f.get(result);
  }
  if (dtype === "f64") {
    const result = f.let(f.memory("v128.load64_zero", first.offset, f.get(first.base)));
    rest.forEach(({ base, offset }, i) => {
      f.set(result, f.laneMemory("v128.load64_lane", offset, i + 1, f.get(base), f.get(result)));
    });
    f.release(result);
    return f.get(result);
  }
  const words = f.let(splatWord(f, loadWord(f, dtype, first.offset, f.get(first.base))));
  rest.forEach(({ base, offset }, i) => {
    const word = () => loadWord(f, dtype, offset, f.get(base));
    f.set(words, f.lane("i32x4.replace_lane", i + 1, f.get(words), word()));
  });
  f.release(words);
  return decodeWords(f, dtype, f.get(words));
};

/** The lanes of a part that are in one vector of it. */
const lanesOf = (dtype: Bytewise, vector: number): readonly number[] => {
  if (dtype !== "f64") return Array.from({ length: lanesPerPart }, (_, lane) => lane);
  const first = doublesPerVector * halfOf(vector).half;
  return [first, first + 1];
};

/** The part that a vector belongs to. */
const partOf = (dtype: Bytewise, vector: number): number =>
  dtype === "f64" ? halfOf(vector).part : vector;

/** How far the first lane of a vector is from that of the first vector, in bytes. */
const bytesTo = (dtype: Bytewise, { value }: LinearAddress, vector: number): number => {
  const [lane] = lanesOf(dtype, vector) as [number];
  return partOf(dtype, vector) * value.partStride + lane * value.stride;
};

/** The addresses of the lanes of a vector that are a stride apart; offsets of instructions cannot be negative. */
const lanesApart = (
  f: FunctionBuilder,
  dtype: Bytewise,
  address: LinearAddress,
  vector: number,
) => {
  const { local, stride } = address.value;
  const first = address.offset + bytesTo(dtype, address, vector);
  const count = lanesOf(dtype, vector).length;
  const lowest = Math.min(first, first + (count - 1) * stride);
  const base = lowest < 0 ? f.let(f.op("i32.add", f.get(local), f.i32(lowest))) : local;
  const start = lowest < 0 ? first - lowest : first;
  return {
    lanes: Array.from({ length: count }, (_, lane) => ({ base, offset: start + lane * stride })),
    done: () => {
      if (base !== local) f.release(base);
    },
  };
};

/** Runs code with the addresses in some lanes of a vector in locals. */
export const withLanes = (
  f: FunctionBuilder,
  addresses: Local<"v128">,
  lanes: readonly number[],
  use: (bases: readonly Local<"i32">[]) => void,
): void => {
  const bases = lanes.map((lane) => f.let(f.lane("i32x4.extract_lane", lane, f.get(addresses))));
  use(bases);
  for (const base of bases) f.release(base);
};

/** Pushes one vector of elements at addresses that differ from lane to lane. */
export const loadLanes = (
  e: Emitter,
  dtype: Bytewise,
  { value, offset }: Address,
  vector: number,
): Vector => {
  const { f } = e;
  if (value.kind === "linear") {
    const { bytes } = dtypes[dtype];
    const at = offset + bytesTo(dtype, { value, offset }, vector);
    if (value.stride === bytes && at >= 0) return loadNeighbours(f, dtype, value.local, at);
    if (value.stride === 0 && at >= 0)
      return splatScalar(f, dtype, loadScalar(f, dtype, value.local, at));
    const { lanes, done } = lanesApart(f, dtype, { value, offset }, vector);
    const result = loadApart(f, dtype, lanes);
    done();
    return result;
  }
  if (value.kind !== "lanes") throw new Error("cpu: addresses in lanes expected");
  const part = partOf(dtype, vector);
  const addresses = f.local("v128");
  f.set(addresses, f.get(value.parts[part] as Local<"v128">));
  // Lanes that do not count may have any address.
  const active = e.active?.[part];
  if (active !== undefined) f.set(addresses, f.op("v128.and", f.get(addresses), f.get(active)));
  const result = f.local("v128");
  withLanes(f, addresses, lanesOf(dtype, vector), (bases) => {
    f.set(
      result,
      loadApart(
        f,
        dtype,
        bases.map((base) => ({ base, offset: Math.max(0, offset) })),
      ),
    );
  });
  f.release(addresses);
  f.release(result);
  return f.get(result);
};

/** Lanes as they are in memory, in the low bytes of a register. */
const narrowed = (f: FunctionBuilder, dtype: Bytewise, value: Vector): Vector => {
  switch (dtype) {
    case "bool":
    case "u8":
    case "i8": {
      // The low bytes of the lanes; the rest of an integer that does not fit is cut off.
      const last = [0, 4, 8, 12];
      const words = f.let(value);
      const packed = f.shuffle([...last, ...last, ...last, ...last], f.get(words), f.get(words));
      f.release(words);
      return dtype === "bool" ? f.op("v128.and", packed, splatBits(f, 0x01010101)) : packed;
    }
    case "f16":
    case "bf16": {
      const words = f.let<"v128">(dtype === "f16" ? encodeF16(f, value) : encodeBf16(f, value));
      const packed = f.op("i16x8.narrow_i32x4_u", f.get(words), f.get(words));
      f.release(words);
      return packed;
    }
    default:
      return value;
  }
};

/** Stores one vector at addresses that differ from lane to lane. */
export const storeLanes = (
  e: Emitter,
  dtype: Bytewise,
  { value, offset }: Address,
  vector: number,
  push: () => Vector,
): void => {
  const { f } = e;
  if (value.kind !== "linear") throw new Error("cpu: a target a stride apart expected");
  const { bytes } = dtypes[dtype];
  const at = offset + bytesTo(dtype, { value, offset }, vector);
  if (value.stride !== bytes || at < 0) {
    storeApart(e, dtype, { value, offset }, vector, push);
    return;
  }
  const packed = f.let(narrowed(f, dtype, push()));
  if (bytes >= 4) f.memory("v128.store", at, f.get(value.local), f.get(packed));
  else if (bytes === 2) f.laneMemory("v128.store64_lane", at, 0, f.get(value.local), f.get(packed));
  else f.laneMemory("v128.store32_lane", at, 0, f.get(value.local), f.get(packed));
  f.release(packed);
};

const storeApart = (
  { f }: Emitter,
  dtype: Bytewise,
  address: LinearAddress,
  vector: number,
  push: () => Vector,
): void => {
  const lanes = f.let(push());
  const { lanes: places, done } = lanesApart(f, dtype, address, vector);
  places.forEach((place, lane) => {
    storeScalar(f, dtype, place.base, place.offset, () => {
      const isFloat = dtype === "f32" || dtype === "f16" || dtype === "bf16";
      if (isFloat) return f.lane("f32x4.extract_lane", lane, f.get(lanes));
      if (dtype === "f64") return f.lane("f64x2.extract_lane", lane, f.get(lanes));
      const word = f.lane("i32x4.extract_lane", lane, f.get(lanes));
      return dtype === "bool" ? f.op("i32.and", word, f.i32(1)) : word;
    });
  });
  done();
  f.release(lanes);
};
