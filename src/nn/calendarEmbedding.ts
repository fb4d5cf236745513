// What the calendar says about a time, learned: a vector for each minute or hour of the day and for each
// day of the week, added up. Zhou et al., "Informer: beyond efficient transformer for long sequence
// time-series forecasting", AAAI 2021, "the uniform input representation", has such tables.

import { fail } from "../core/errors.ts";
import { fromTypedArray, type Tensor } from "../core/tensor.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { take } from "../ops/gather.ts";
import { normal, splitKey } from "../ops/random.ts";

/** How many values each field of the calendar has. Days of the week count from Monday, 0. */
export const sizes = { minuteOfDay: 1440, hourOfDay: 24, dayOfWeek: 7 } as const;

/** A field of the calendar. */
export type Field = keyof typeof sizes;

/** A table [values, width] for each field in use. */
export type Params = { readonly [K in Field]?: Tensor };

/** An index for each field, i32 [...]. */
export type Indices = { readonly [K in Field]?: Tensor };

/** Which fields, and how many features. */
export interface Config {
  readonly fields: readonly Field[];
  readonly width: number;
}

/**
 * Tables of normal numbers with deviation 0.02, as embeddings of transformers start.
 *
 * @example
 * const tables = CalendarEmbedding.init(key(0), { fields: ["hourOfDay", "dayOfWeek"], width: 8 });
 * Object.keys(tables) // ["hourOfDay", "dayOfWeek"]
 */
export const init = (key: Tensor, { fields, width }: Config): Params => {
  const keys = splitKey(key, fields.length);
  const table = (field: Field, i: number): Tensor =>
    mul(normal(keys[i] as Tensor, [sizes[field], width]), 0.02); // a key for each
  return Object.fromEntries(fields.map((field, i) => [field, table(field, i)]));
};

/** A time of day and week from its count of minutes since 1970, a Thursday. */
const fieldOf: Readonly<Record<Field, (minutes: number) => number>> = {
  minuteOfDay: (minutes) => minutes % 1440,
  hourOfDay: (minutes) => Math.floor(minutes / 60) % 24,
  dayOfWeek: (minutes) => (Math.floor(minutes / 1440) + 3) % 7,
};

/** Options of `ofTimes`. */
export interface TimesOptions {
  /** How far local time is ahead of UTC, in minutes; default 0. */
  readonly offsetMinutes?: number;
}

/**
 * The fields of times in milliseconds since 1970 UTC, not before, as i32 [times] each.
 *
 * @example
 * const { hourOfDay, dayOfWeek } = ofTimes()([Date.UTC(2024, 1, 29, 13, 45)]); // a Thursday
 * [toArray(hourOfDay), toArray(dayOfWeek)] // [[13], [3]]
 */
export const ofTimes =
  ({ offsetMinutes = 0 }: TimesOptions = {}) =>
  (timesMs: ArrayLike<number>): Required<Indices> => {
    const minutes = Array.from(timesMs, (ms) => Math.floor(ms / 60_000) + offsetMinutes);
    const indices = (field: Field): Tensor =>
      fromTypedArray([minutes.length], "i32", Int32Array.from(minutes, fieldOf[field]));
    return {
      minuteOfDay: indices("minuteOfDay"),
      hourOfDay: indices("hourOfDay"),
      dayOfWeek: indices("dayOfWeek"),
    };
  };

/**
 * The sum of the vectors of a time's fields, for the fields that there are tables of.
 *
 *   indices, each i32 [...]   → [..., width]
 *
 * Fails with InvalidArgument when there is no table, or no index for one.
 *
 * @example
 * const tables = CalendarEmbedding.init(key(0), { fields: ["dayOfWeek"], width: 8 });
 * CalendarEmbedding.apply(tables)(ofTimes()([0, 3.6e6, 7.2e6])) // → [3, 8]
 */
export const apply =
  (params: Params) =>
  (indices: Indices): Tensor => {
    const fields = Object.keys(params) as readonly Field[]; // the keys of Params
    const vectors = fields.map((field) => {
      const index = indices[field] ?? missing(`an index for ${field} expected`);
      return take({ axis: 0 })(params[field] as Tensor, index);
    });
    const [first = missing("a table expected"), ...others] = vectors;
    return others.reduce((sum: Tensor, vector) => add(sum, vector), first);
  };

const missing = (rule: string): never =>
  fail("CalendarEmbedding.apply", "InvalidArgument", rule, "none");
