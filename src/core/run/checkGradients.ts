// Gradients against central differences, in f64, to second order: the check for functions with pullbacks of their own, and for
// whoever doubts ours. Small arguments are checked entry by entry; large ones along random directions, which are halved
// until the wrong entry is found.

import { type TreeFunction, vjp } from "../autodiff.ts";
import { isDifferentiable } from "../builtin.ts";
import { fail } from "../errors.ts";
import { hostWords, threefry } from "../kernel/threefry.ts";
import { printShape, range, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { fromTypedArray, type Tensor } from "../tensor.ts";
import { flattenTree } from "../tree.ts";
import { type Compiled, compile } from "./compile.ts";
import { values } from "./evaluate.ts";

/** Options of `checkGradients`. A difference passes when |analytic − numeric| ≤ atol + rtol · |numeric|. */
export interface GradientCheckOptions {
  /** The step of central differences; default 1e-6. */
  readonly epsilon?: number;
  /** Default 1e-5. */
  readonly atol?: number;
  /** Default 1e-3. */
  readonly rtol?: number;
  /** 1 checks gradients, 2 (default) also gradients of gradients. */
  readonly order?: 1 | 2;
  /** Tensors of at most this many entries are checked entry by entry; default 64. */
  readonly maxEntries?: number;
  /** Directions along which larger ones are checked; default 4. */
  readonly directions?: number;
  /** What directions and cotangents are drawn from; default 0. */
  readonly seed?: number;
  /** A device that computes in f64; default: the reference. */
  readonly device?: string;
}

/** A derivative as the pullback and as central differences have it. */
export interface GradientDifference {
  /** The tensor among the arguments, as `args[0].layers[1].weight`. */
  readonly path: string;
  /** The entry, or null for a direction in which no single entry stands out. */
  readonly index: readonly number[] | null;
  readonly analytic: number;
  readonly numeric: number;
  /** |analytic − numeric| */
  readonly error: number;
  /** The largest error that passes. */
  readonly tolerance: number;
}

/** What `checkGradients` found. */
export interface GradientReport {
  readonly passed: boolean;
  /** The order of the worst difference. */
  readonly order: 1 | 2;
  /** The difference that is largest beside its tolerance. */
  readonly worst: GradientDifference;
}

/** A function of f64 tensors that gives f64 tensors. */
type FloatMap = (...xs: Tensor[]) => readonly Tensor[];

/** Fixed weights: ±(½ … 1½), from the seed and two counters. */
const weightOf = (seed: number, stream: number, i: number): number => {
  const [size, sign] = threefry(hostWords, [seed, stream], [0, i]);
  return (0.5 + size / 2 ** 32) * (sign % 2 === 0 ? 1 : -1);
};

const cotangentOf = (seed: number, { shape }: Tensor, position: number): Tensor =>
  fromTypedArray(
    shape,
    "f64",
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => weightOf(seed, position, i)),
  );

/** The gradient of Σ w · f(x) for fixed weights w: what the pullback gives. */
const gradientOf =
  (f: FloatMap, seed: number): FloatMap =>
  (...xs) => {
    const { value, pullback } = vjp(f, ...xs);
    return pullback(value.map((y, i) => cotangentOf(seed, y, i)));
  };

/** The float leaves of arguments, in f64, and f as a function of these alone. */
const openArguments = (f: TreeFunction, args: readonly unknown[]) => {
  const { leaves, structure } = flattenTree(args, "checkGradients");
  const tensors = leaves as readonly Tensor[]; // numbers are not allowed here
  const at = range(tensors.length).filter((i) => isDifferentiable(tensors[i] as Tensor));
  if (at.length === 0) {
    const got = tensors.map(({ dtype }) => dtype).join(", ");
    fail("checkGradients", "InvalidArgument", "a floating-point tensor in args expected", got);
  }
  const points = at.map((i) => {
    const x = tensors[i] as Tensor;
    return Float64Array.from(values(x));
  });
  const map: FloatMap = (...xs) => {
    const inputs = tensors.map((x, i) => (at.includes(i) ? xs[at.indexOf(i)] : x));
    const result = flattenTree(f(...(structure.rebuild(inputs) as unknown[])), "checkGradients");
    const outputs = (result.leaves as readonly Tensor[]).filter(isDifferentiable);
    const other = outputs.find(({ dtype }) => dtype !== "f64");
    if (other !== undefined || outputs.length === 0) {
      const hint = "f computes in the dtype of its arguments, which are f64 here: cast constants";
      const got = other?.dtype ?? "no floating-point tensor";
      fail("checkGradients", "DtypeMismatch", "results in f64 expected", got, hint);
    }
    return outputs;
  };
  return {
    map,
    points,
    shapes: at.map((i) => (tensors[i] as Tensor).shape),
    paths: at.map((i) => `args${structure.paths[i]}`),
  };
};

type Opened = ReturnType<typeof openArguments>;
type Settings = Required<GradientCheckOptions>;

/** How bad a difference is: above 1 it does not pass. */
const badness = ({ error, tolerance }: GradientDifference): number =>
  Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / tolerance;

const worstOf = (differences: readonly GradientDifference[]): GradientDifference =>
  differences.reduce((worst, it) => (badness(it) > badness(worst) ? it : worst));

const unravel = (flat: number, shape: Shape): number[] =>
  stridesOf(shape).map((stride, i) => Math.floor(flat / stride) % (shape[i] as number));

/** Compares the derivatives of one function, all of its inputs. */
const compare = (
  map: FloatMap,
  { points, shapes, paths }: Opened,
  { epsilon, atol, rtol, maxEntries, directions, seed, device }: Settings,
): GradientDifference => {
  const run = compile(map, { name: "checkGradients", device }) as Compiled<FloatMap>;
  const pull = compile(gradientOf(map, seed), { name: "checkGradients", device });
  const tensorsAt = (at: readonly Float64Array[]): Tensor[] =>
    at.map((point, i) => fromTypedArray(shapes[i] as Shape, "f64", point));
  const gradients = pull(...tensorsAt(points)).map(values);

  /** Results after entries of input j moved by ±epsilon. */
  const moved = (j: number, entries: readonly number[], signs: readonly number[], by: number) => {
    const point = Float64Array.from(points[j] as Float64Array);
    entries.forEach((entry, k) => {
      point[entry] = (point[entry] as number) + (signs[k] as number) * by;
    });
    return run(...tensorsAt(points.map((other, i) => (i === j ? point : other)))).map(values);
  };

  const difference = (j: number, entries: readonly number[], signs: readonly number[]) => {
    const after = moved(j, entries, signs, epsilon);
    const before = moved(j, entries, signs, -epsilon);
    let numeric = 0;
    after.forEach((y, position) => {
      y.forEach((value: number, i: number) => {
        const change = value - ((before[position] as typeof y)[i] as number);
        numeric += (weightOf(seed, position, i) * change) / (2 * epsilon);
      });
    });
    const gradient = gradients[j] as ArrayLike<number>;
    const analytic = entries.reduce(
      (sum, entry, k) => sum + (signs[k] as number) * (gradient[entry] as number),
      0,
    );
    const index = entries.length === 1 ? unravel(entries[0] as number, shapes[j] as Shape) : null;
    const error = Math.abs(analytic - numeric);
    const tolerance = atol + rtol * Math.abs(numeric);
    return { path: paths[j] as string, index, analytic, numeric, error, tolerance };
  };

  /** Halves a direction that fails until one entry is left, or both halves pass. */
  const narrowDown = (
    j: number,
    found: GradientDifference,
    entries: readonly number[],
    signs: readonly number[],
  ): GradientDifference => {
    if (entries.length === 1 || !(badness(found) > 1)) return found;
    const middle = entries.length >> 1;
    const halves = [
      [0, middle],
      [middle, entries.length],
    ].map(([from, to]) => {
      const part = [entries.slice(from, to), signs.slice(from, to)] as const;
      return { part, found: difference(j, ...part) };
    });
    const worse = halves.reduce((a, b) => (badness(b.found) > badness(a.found) ? b : a));
    return badness(worse.found) > 1 ? narrowDown(j, worse.found, ...worse.part) : found;
  };

  return worstOf(
    points.flatMap((point, j) => {
      const entries = range(point.length);
      if (entries.length <= maxEntries) return entries.map((entry) => difference(j, [entry], [1]));
      return range(directions).map((d) => {
        const signs = entries.map((i) => Math.sign(weightOf(seed, -1 - d, i)));
        return narrowDown(j, difference(j, entries, signs), entries, signs);
      });
    }),
  );
};

/**
 * Compares the gradients of f at args with central differences, in f64, and those of its gradient too. Arguments and result are
 * trees; f32 arguments are converted, integer ones are held fixed, and results are weighed with fixed random numbers.
 * Keep arguments away from points where f is not differentiable.
 *
 * @example
 * const wrong = customVjp((x: Tensor) => sin(x), ({ cotangent }) => [cotangent]);
 * checkGradients((x: Tensor) => sin(x), [tensor([1, 2])]).passed // true
 * checkGradients(wrong, [tensor([1, 0])]).worst.index // [0]
 */
export const checkGradients = <F extends TreeFunction>(
  f: F,
  args: Parameters<F>,
  options: GradientCheckOptions = {},
): GradientReport => {
  const settings: Settings = {
    epsilon: 1e-6,
    atol: 1e-5,
    rtol: 1e-3,
    order: 2,
    maxEntries: 64,
    directions: 4,
    seed: 0,
    device: "reference",
    ...options,
  };
  const opened = openArguments(f, args);
  if (opened.points.every(({ length }) => length === 0)) {
    const got = opened.shapes.map(printShape).join(", ");
    fail("checkGradients", "EmptyTensor", "something to differentiate in args expected", got);
  }
  const first = compare(opened.map, opened, settings);
  // A wrong gradient has a wrong gradient: the first order says more.
  if (settings.order === 1 || badness(first) > 1)
    return { passed: !(badness(first) > 1), order: 1, worst: first };
  const second = compare(gradientOf(opened.map, settings.seed), opened, settings);
  const isSecond = badness(second) > badness(first);
  return {
    passed: !(badness(second) > 1),
    order: isSecond ? 2 : 1,
    worst: isSecond ? second : first,
  };
};

/**
 * `checkGradients` for tests: fails with GradientMismatch, naming the argument and entry that is furthest off.
 *
 * @example
 * assertGradients((x: Tensor) => mul(x, x), [tensor([1, 2])])
 */
export const assertGradients = <F extends TreeFunction>(
  f: F,
  args: Parameters<F>,
  options: GradientCheckOptions = {},
): void => {
  const { passed, order, worst } = checkGradients(f, args, options);
  if (passed) return;
  const { path, index, analytic, numeric, tolerance } = worst;
  const place = index === null ? `${path} along a direction` : `${path} at ${printShape(index)}`;
  fail(
    "checkGradients",
    "GradientMismatch",
    `a derivative of order ${order} of ${place} within ${tolerance.toPrecision(2)} of central differences expected`,
    `${analytic} for ${numeric}`,
    "keep arguments away from kinks; if f has a customVjp, its pullback is the first suspect",
  );
};
