// Numbers and times as files write them. A time is a whole number of milliseconds since 1970, so that
// times are equal exactly where they are the same.

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite decimal number, or NaN: for words, spaces, hexadecimal, and what is above 1.8e308. */
export const parseNumber = (text: string): number => {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
};

/** How a file writes times. ISO 8601 without a zone is UTC. */
export type TimeFormat = "iso" | "seconds" | "milliseconds";

/** What a time in each format has to be, for errors. */
export const timeRules = {
  iso: "YYYY-MM-DD HH:MM:SS expected",
  seconds: "unix seconds to the millisecond expected",
  milliseconds: "whole unix milliseconds expected",
} as const satisfies Record<TimeFormat, string>;

/** Milliseconds since 1970, or NaN for a text that is no time. */
export const parseTime = (format: TimeFormat, text: string): number =>
  format === "iso" ? parseIso(text) : parseUnix(text, format === "seconds" ? 1000 : 1);

// What a Date can hold.
const LATEST = 8.64e15;

const parseUnix = (text: string, scale: number): number => {
  const exact = parseNumber(text) * scale;
  const time = Math.round(exact);
  // 0.001 s above rounding: at 1e12 ms, doubles are 0.0002 apart.
  return Math.abs(exact - time) < 1e-3 && Math.abs(time) <= LATEST ? time : Number.NaN;
};

const ISO =
  /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,3}))?(Z|([+-])(\d{2}):(\d{2}))?$/;

const parseIso = (text: string): number => {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, day, clock, fraction = "", , sign, hours, minutes] = match;
  const utc = `${day}T${clock}.${fraction.padEnd(3, "0")}Z`;
  const time = Date.parse(utc);
  // Date.parse reads February 30 as March 1.
  if (Number.isNaN(time) || new Date(time).toISOString() !== utc) return Number.NaN;
  if (sign === undefined) return time;
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "+" ? time - offset : time + offset;
};

/** A time for people, in UTC: `2023-03-19 17:46:00`, with milliseconds where there are any. */
export const printTime = (ms: number): string =>
  Math.abs(ms) <= LATEST
    ? new Date(ms)
        .toISOString()
        .replace("T", " ")
        .replace(/\.000Z$|Z$/, "")
    : `${ms / 1000} s`;
