// Numbers and times as files write them.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  parseNumber,
  parseTime,
  printTime,
} from "../../../../src/models/spatiotemporal/data/scalars.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("numbers and times");
const same = (a: number, b: number): void => assert.ok(Object.is(a, b), `${a} and ${b}`);

test(
  "a number that JavaScript prints is read as it is",
  forAll(fc.double({ noNaN: true, noDefaultInfinity: true }))((value) => {
    if (!Object.is(value, -0)) same(parseNumber(String(value)), value);
  }),
);

test("what is no finite decimal number is NaN", () => {
  for (const text of [
    "",
    " 1",
    "1 ",
    "NaN",
    "inf",
    "Infinity",
    "0x10",
    "1_0",
    "1e400",
    ".",
    "1e",
    "--1",
  ]) {
    same(parseNumber(text), Number.NaN);
  }
  same(parseNumber("1e-400"), 0); // the double that is nearest
});

const times = fc.integer({ min: Date.UTC(0, 0), max: Date.UTC(9999, 11, 31) });

test(
  "a time in any format is the same whole number of milliseconds",
  forAll(times)((ms) => {
    const iso = new Date(ms).toISOString();
    same(parseTime("iso", iso), ms);
    same(parseTime("iso", iso.replace("T", " ").replace("Z", "")), ms);
    same(parseTime("iso", printTime(ms)), ms);
    same(parseTime("milliseconds", String(ms)), ms);
    same(parseTime("seconds", (ms / 1000).toFixed(3)), ms);
  }),
);

test("a zone is taken off", () => {
  const noon = Date.UTC(2024, 4, 1, 12);
  same(parseTime("iso", "2024-05-01T14:00:00+02:00"), noon);
  same(parseTime("iso", "2024-05-01 06:30:00.000-05:30"), noon);
  same(parseTime("seconds", "1714564800.0"), noon);
});

test("what is no time, no day, or finer than a millisecond is NaN", () => {
  for (const text of [
    "2024-02-30 00:00:00",
    "2024-05-01",
    "2024-05-01T24:00:00",
    "1714564800",
    "",
  ]) {
    same(parseTime("iso", text), Number.NaN);
  }
  same(parseTime("iso", "2024-05-01T14:00:00+24:00"), Number.NaN);
  for (const text of ["1714564800.0005", "1e300", "NaN", "", "8640000000001"]) {
    same(parseTime("seconds", text), Number.NaN);
  }
  same(parseTime("milliseconds", "1714564800000.5"), Number.NaN);
});

test("a time prints in UTC, without milliseconds where there are none", () => {
  assert.is(printTime(Date.UTC(2024, 4, 1, 12)), "2024-05-01 12:00:00");
  assert.is(printTime(1714564800120), "2024-05-01 12:00:00.120");
  assert.is(printTime(1e300), "1e+297 s");
});

test.run();
