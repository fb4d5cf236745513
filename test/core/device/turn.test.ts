// When the event loop has its turn: after some milliseconds, or after many bytes of results.

import * as assert from "uvu/assert";
import { isTurnDue, noteResult, takeTurn } from "../../../src/core/device/turn.ts";
import { suite } from "../../support/suite.ts";

const test = suite("turns");

test("a turn is due after so many bytes of results, and not again before as many more", async () => {
  await takeTurn();
  noteResult(1000);
  assert.is(isTurnDue(), false);
  noteResult(16 * 2 ** 20);
  assert.is(isTurnDue(), true);
  await takeTurn();
  assert.is(isTurnDue(), false);
});

test("a turn is due after some milliseconds without results", async () => {
  await takeTurn();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.is(isTurnDue(), true);
});

test.run();
