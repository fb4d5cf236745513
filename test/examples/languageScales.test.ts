// Gradients in f16 by the scale of the loss: how far they are from those of f32.

import * as assert from "uvu/assert";
import {
  paramsAfter,
  scaleErrorOf,
  scaleErrors,
} from "../../examples/language/study/scaleErrors.ts";
import { sizesFor } from "../../examples/language/study/sizes.ts";
import { settingOf } from "../../examples/language/study/ways.ts";
import { suite } from "../support/suite.ts";

const test = suite("language study: scales");

test("takes all leaves as one, finds the worst, and counts what turned to 0", () => {
  const wanted = [new Float32Array([3, 0]), new Float32Array([4, 12])];
  const got = [new Float32Array([0, 0]), new Float32Array([4, 12])];
  assert.equal(scaleErrorOf(8, wanted, wanted), { scale: 8, error: 0, worst: 0, lost: 0 });
  assert.equal(scaleErrorOf(8, got, wanted), { scale: 8, error: 3 / 13, worst: 1, lost: 1 / 4 });
  const broken = [new Float32Array([Number.NaN, 0]), new Float32Array([4, 12])];
  assert.ok(Number.isNaN(scaleErrorOf(8, broken, wanted).worst));
});

test("finds roundings of f16 at a good scale, nothing left at a small one, and overflow at a large one", async () => {
  const setting = await settingOf(sizesFor("smoke"));
  const params = await paramsAfter(0, setting);
  const [small, good, large] = await scaleErrors(setting, params, [2 ** -30, 2 ** 8, 2 ** 40]);
  assert.ok(small?.error === 1 && small.worst === 1 && small.lost === 1, JSON.stringify(small));
  assert.ok(good !== undefined && good.worst > 0 && good.worst < 2 ** -9, JSON.stringify(good));
  assert.not.ok(Number.isFinite(large?.worst), JSON.stringify(large));
});

test.run();
