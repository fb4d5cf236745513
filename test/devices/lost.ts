// What becomes of a training run when its card is lost: what was read is kept, an error says what to do, and the run goes on from a checkpoint on
// another device, and on the same one when it was opened anew.

import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { openForTests } from "../support/devices.ts";
import { refusalOf } from "../support/refusal.ts";
import { perceptron } from "./training.ts";

/** Steps before the loss, and in all. */
const [before, all] = [10, 20];

/** Loses a device with `lose` in the middle of a run; `got` is in the error of it. */
export const goesOnElsewhere = async (
  device: P.DeviceName,
  lose: () => Promise<void> | void,
  got: RegExp,
): Promise<void> => {
  const noise = P.tensor([0]);
  const unbroken = perceptron("reference");
  let now = unbroken.step(unbroken.params, unbroken.state, noise);
  const wanted = [P.item(now.loss)];
  while (wanted.length < all) {
    now = unbroken.step(now.params, now.state, noise);
    wanted.push(P.item(now.loss));
  }

  const { step, params, state } = perceptron(device);
  const found: number[] = [];
  let here = step(params, state, noise);
  found.push(P.item(await P.ready(here.loss)));
  while (found.length < before) {
    here = step(here.params, here.state, noise);
    found.push(P.item(await P.ready(here.loss)));
  }
  const saved = await P.snapshot({ params: here.params, state: here.state });
  here = step(here.params, here.state, noise); // the first thing to be lost
  await lose();
  const later = await refusalOf(() => P.ready(here.loss));
  assert.is(later.tag, "DeviceFailure");
  assert.match(later.message, got);
  assert.match(
    later.message,
    /\nhint: values that were awaited with ready\(\) are on the host still: go on from them on another device, or call openDevice again/,
  );
  assert.is((await refusalOf(() => step(here.params, here.state, noise))).tag, "DeviceFailure");
  assert.not.ok(P.availableDevices().includes(device));

  const there = perceptron("gpu:webasm");
  const copy = await P.snapshot(saved); // which may be donated
  let rest = there.step(copy.params, copy.state, noise);
  found.push(P.item(rest.loss));
  while (found.length < all) {
    rest = there.step(rest.params, rest.state, noise);
    found.push(P.item(rest.loss));
  }
  const worst = Math.max(...found.map((loss, i) => Math.abs(loss / (wanted[i] as number) - 1)));
  assert.ok(worst < 1e-4, `${worst}`); // f32 on two devices against f64 over 20 steps

  // The device can be opened anew, and takes up the same.
  assert.is(await openForTests(device), undefined);
  const again = perceptron(device);
  const after = await P.ready(again.step(saved.params, saved.state, noise));
  assertTreesClose(after.loss, P.scalar(found[before] as number), 1e-5);
};
