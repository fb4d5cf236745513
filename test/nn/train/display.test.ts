// Displays: a bar on a terminal, lines elsewhere; and what they say.

import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import * as assert from "uvu/assert";
import { displayOn, type Progress, silent } from "../../../src/nn/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("displayOn");

const at = (step: number, more: Partial<Progress> = {}): Progress => ({
  step,
  steps: 6,
  epoch: Math.floor((step - 1) / 3),
  epochs: 2,
  metrics: { loss: 1 / step },
  ...more,
});

const linesFor = (updates: readonly Progress[], secondsBetween: number): readonly string[] => {
  const said: string[] = [];
  const display = displayOn({ write: (text) => said.push(text) }, { secondsBetween });
  for (const progress of updates) display.update(progress);
  display.stop();
  return said;
};

test("elsewhere than on a terminal there is a line after each evaluation and at the end", () => {
  const evaluation = { error: 0.25 };
  const said = linesFor(
    [at(1), at(2), at(3, { evaluation }), at(4, { evaluation }), at(5, { evaluation })],
    100,
  );
  assert.is(said.length, 2);
  assert.match(
    said[0] as string,
    /^epoch 1\/2 {2}step 3\/6 {2}[\d.]+ steps\/s {2}loss 0\.3333 {2}evaluation error 0\.2500 {2}\d+ s left\n$/,
  );
  assert.match(
    said[1] as string,
    /^epoch 2\/2 {2}step 5\/6 .* loss 0\.2000 {2}evaluation error 0\.2500/,
  );
});

test("and one every so many seconds", () => {
  assert.is(linesFor([at(1), at(2), at(3)], 0).length, 3);
  assert.is(linesFor([], 0).length, 0);
});

test("numbers are short, whatever their size", () => {
  const metrics = { a: 0, b: 123456, c: 0.00001234, d: Number.NaN, e: -2.5 };
  assert.match(
    linesFor([at(1, { metrics })], 100)[0] as string,
    "a 0.000  b 1.235e+5  c 1.234e-5  d NaN  e -2.500",
  );
});

test("a run that was taken up has the rate of its own steps", async () => {
  const said: string[] = [];
  const display = displayOn({ write: (text) => said.push(text) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  display.update({ ...at(1), step: 1001, steps: 1011 });
  display.stop();
  const rate = Number(/([\d.]+) steps\/s/.exec(said[0] as string)?.[1]);
  assert.ok(rate > 1 && rate < 10.5, `${rate}`); // one step in 100 ms or more
});

test("on a terminal there is a bar, and the cursor comes back", async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  const drawn: Buffer[] = [];
  stream.on("data", (part) => drawn.push(part));
  const listeners = process.listenerCount("SIGINT");
  const display = displayOn(stream);
  display.update(at(4, { evaluation: { error: 0.5 } }));
  assert.is(process.listenerCount("SIGINT"), listeners); // Ctrl-C is not for the bar to hear
  display.update(at(5));
  display.stop();
  const text = String(Buffer.concat(drawn));
  assert.match(stripVTControlCharacters(text), /epoch 2\/2 .* 5\/6 .* steps\/s {2}loss 0\.2000/);
  assert.ok(
    text.includes("\x1b[?25l") && text.lastIndexOf("\x1b[?25h") > text.lastIndexOf("\x1b[?25l"),
  );
});

test("a bar that was never drawn leaves nothing", () => {
  const said: string[] = [];
  displayOn({ write: (text) => said.push(text), isTTY: true }).stop();
  silent.update(at(1));
  silent.stop();
  assert.equal(said, []);
});

test.run();
