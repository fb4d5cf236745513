// The command line of the benchmarks.

import * as assert from "uvu/assert";
import { readOptions } from "../../bench/options.ts";
import { suite } from "../support/suite.ts";

const test = suite("readOptions");

test("asks for everything when nothing is said", () => {
  const options = readOptions([]);
  assert.equal(options.cases, []);
  assert.equal(options.devices, []);
  assert.equal(options.peers, ["torch", "tfjs"]);
  assert.is(options.repeat, 0);
});

test("splits lists at commas", () => {
  const options = readOptions(["--case", "sum4M,chain4M", "--device", "cpu", "--peers", "tfjs"]);
  assert.equal(options.cases, ["sum4M", "chain4M"]);
  assert.equal(options.devices, ["cpu"]);
  assert.equal(options.peers, ["tfjs"]);
});

test("runs once and without peers for --smoke", () => {
  const options = readOptions(["--smoke", "--peers", "torch", "--repeat", "20"]);
  assert.is(options.repeat, 1);
  assert.equal(options.peers, []);
});

test("names the peers when one is unknown", () => {
  assert.throws(
    () => readOptions(["--peers", "numpy"]),
    'bench: --peers: torch, tfjs or none expected, got "numpy"',
  );
});

test("refuses a repetition count that is no number", () => {
  assert.throws(
    () => readOptions(["--repeat", "many"]),
    'bench: --repeat: a number above 0 expected, got "many"',
  );
});

test.run();
