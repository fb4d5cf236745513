// How a model that sees a set of positions learns their order: waves or learned rows that are added,
// or rotations of queries and keys.

import { fail } from "../core/errors.ts";
import { printShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, cast, mul, sub } from "../ops/arithmetic.ts";
import { reshape } from "../ops/broadcast.ts";
import { arange, tensor } from "../ops/create.ts";
import { cos, sin } from "../ops/functions.ts";
import { narrow } from "../ops/slice.ts";
import { concat, expandDims } from "../ops/structural.ts";
import { type Initializer, normalWith } from "./init.ts";
import type { Module } from "./module.ts";

/** f(position / base^(2i / width)) for positions from an offset on and i < width / 2, as rows. */
const waves = (
  f: (angle: number) => number,
  [time, width]: readonly [number, number],
  { base = 10000, offset = 0 }: { readonly base?: number; readonly offset?: number } = {},
): number[][] =>
  Array.from({ length: time }, (_, t) =>
    Array.from({ length: width / 2 }, (_, i) => f((offset + t) / base ** ((2 * i) / width))),
  );

const requireEven = (op: string, width: number): void => {
  if (!Number.isInteger(width / 2))
    fail(op, "InvalidArgument", "an even width expected", String(width));
};

/**
 * Sines and cosines of every position, with wavelengths from 2π to 10000 · 2π, to be added to embeddings:
 *
 *   [position, 2i] = sin(position / 10000^(2i / width))   [position, 2i + 1] = cos of the same
 *
 * → [time, width]. Vaswani et al., "Attention is all you need", 2017, §3.5. Fails with InvalidArgument for an odd width.
 *
 * @example
 * toArray(PositionalEncoding.sinusoidal(2, 2)) // [[0, 1], [0.8414709568023682, 0.5403022766113281]]
 */
export const sinusoidal = (time: number, width: number): Tensor => {
  requireEven("PositionalEncoding.sinusoidal", width);
  const [sines, cosines] = [Math.sin, Math.cos].map((f) => waves(f, [time, width]).flat());
  const pairs = (sines as number[]).flatMap((sine, i) => [sine, cosines?.[i] as number]); // as many
  return tensor(Float32Array.from(pairs), { shape: [time, width] });
};

/** A row for each position: table [positions, width] */
export interface Params {
  readonly table: Tensor;
}

/** Sizes of a learned encoding. */
export interface Config {
  /** The longest sequence. */
  readonly positions: number;
  readonly width: number;
  /** How the rows start; default normal with deviation 0.02. */
  readonly initial?: Initializer;
}

/**
 * Small random rows, for a learned encoding. Radford et al., "Improving language understanding by generative pre-training", 2018.
 *
 * @example
 * PositionalEncoding.init(key(0), { positions: 64, width: 8 }).table // → [64, 8]
 */
export const init = (
  key: Tensor,
  { positions, width, initial = normalWith(0.02) }: Config,
): Params => ({ table: initial(key, [positions, width]) });

/**
 * x plus the learned rows of positions offset … offset + time − 1.
 *
 *   x [..., time, width]   → [..., time, width]
 *
 * Fails with ShapeMismatch when the sequence ends beyond the last row.
 *
 * @example
 * const layer = PositionalEncoding.init(key(0), { positions: 64, width: 8 });
 * PositionalEncoding.apply(layer)(x) // [2, 5, 8] → [2, 5, 8]
 */
export const apply =
  ({ table }: Params, { offset = 0 }: { readonly offset?: number } = {}) =>
  (x: Tensor): Tensor => {
    const [time, positions] = [x.shape.at(-2) ?? 0, table.shape[0] as number]; // a matrix
    if (offset + time > positions) {
      const rule = `at most ${positions} positions expected`;
      fail("PositionalEncoding.apply", "ShapeMismatch", rule, String(offset + time));
    }
    return add(x, narrow(table, 0, offset, time));
  };

/** Options of `rotary`. */
export interface RotaryOptions {
  /** The longest wavelength over 2π; default 10000. */
  readonly base?: number;
  /** The position of the first row: a number, or an i32 [] that is known only when it runs; default 0. */
  readonly offset?: number | Tensor;
}

/** Angles of rows from a position on that is a tensor: [time, width / 2] */
const anglesFrom = (offset: Tensor, [time, width]: readonly [number, number], base: number) => {
  const places = cast("f32")(add(arange(time), offset));
  const rates = Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width));
  return mul(expandDims(-1)(places), tensor(rates));
};

/**
 * Queries or keys turned by their position: the pair (2i, 2i + 1) of the row at position t by the angle t / base^(2i / width). Lengths
 * stay, and the product of a query and a key depends on how far apart they are, not on where.
 *
 *   x [..., time, width]   → [..., time, width]
 *
 * Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, equation 34. Fails with InvalidArgument for
 * an odd width.
 *
 * @example
 * PositionalEncoding.rotary()(q) // [2, 4, 5, 8] → [2, 4, 5, 8]
 */
export const rotary =
  (options: RotaryOptions = {}) =>
  (x: Tensor): Tensor => {
    const op = "PositionalEncoding.rotary";
    if (x.shape.length < 2)
      fail(op, "ShapeMismatch", "[..., time, width] expected", printShape(x.shape));
    const [time, width] = x.shape.slice(-2) as [number, number]; // checked
    requireEven(op, width);
    const { base = 10000, offset = 0 } = options;
    const wave = (f: (angle: number) => number, ofTensor: (angle: Tensor) => Tensor): Tensor =>
      expandDims(-1)(
        typeof offset === "number"
          ? tensor(waves(f, [time, width], { base, offset }), { dtype: x.dtype })
          : cast(x.dtype)(ofTensor(anglesFrom(offset, [time, width], base))),
      ); // [time, width / 2, 1]
    const [c, s] = [wave(Math.cos, cos), wave(Math.sin, sin)];
    const pairs = reshape([...x.shape.slice(0, -1), width / 2, 2])(x);
    const [a, b] = [0, 1].map((i) => narrow(pairs, x.shape.length, i, 1)) as [Tensor, Tensor]; // of two
    const turned = [sub(mul(a, c), mul(b, s)), add(mul(a, s), mul(b, c))];
    return reshape(x.shape)(concat({ axis: -1 })(turned));
  };

/**
 * The learned encoding as a module.
 *
 * @example
 * const { init, apply } = PositionalEncoding.module({ positions: 64, width: 8 });
 * apply(init(key(0)))(x) // [2, 5, 8] → [2, 5, 8]
 */
export const module = (config: Config): Module<Params> => ({
  init: (key) => init(key, config),
  apply,
});
