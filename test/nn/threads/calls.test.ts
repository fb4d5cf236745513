// Calls from thread to thread, over a line within one thread.

import * as assert from "uvu/assert";
import { type Answer, answerCalls, type Call, callsOf } from "../../../src/nn/threads/calls.ts";
import { suite } from "../../support/suite.ts";

const test = suite("calls of threads");

/** Verbs at the other end of a line, with what was held and what was moved. */
const lineTo = (verbs: Parameters<typeof answerCalls>[1]) => {
  let listener: (call: Call) => void = () => undefined;
  const held: boolean[] = [];
  const calls = callsOf(() => ({
    post: (call) => listener(structuredClone(call)),
    hold: (isAwaited) => void held.push(isAwaited),
    stop: async () => undefined,
  }));
  const postMessage = (answer: Answer, transfer: readonly ArrayBuffer[]): void => {
    const copy = structuredClone(answer, { transfer: [...transfer] });
    setImmediate(() => calls.settle(copy));
  };
  const buffersOf = (made: unknown) =>
    made instanceof Uint8Array ? [made.buffer as ArrayBuffer] : [];
  answerCalls(
    {
      postMessage,
      on: (_, listen) => {
        listener = listen;
      },
    },
    verbs,
    buffersOf,
  );
  return { calls, held };
};

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(String, (error: Error) => error.message);

test("calls are answered in the order in which they come, however long each takes", async () => {
  const done: number[] = [];
  const { calls, held } = lineTo({
    wait: async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      done.push(ms);
      return ms + 1;
    },
  });
  assert.equal(await Promise.all([20, 1, 5].map((ms) => calls.call("wait", ms))), [21, 2, 6]);
  assert.equal(done, [20, 1, 5]);
  assert.equal([held.includes(true), held.at(-1)], [true, false]); // nobody waits for it any more
});

test("what is thrown comes to the call that threw, and to no other", async () => {
  const { calls } = lineTo({
    half: (n: number) => {
      if (n % 2 !== 0) throw new Error(`${n} is odd`);
      return n / 2;
    },
  });
  const answers = [4, 3, 2].map((n) => messageOf(calls.call("half", n)));
  assert.equal(await Promise.all(answers), ["2", "3 is odd", "1"]);
});

test("what cannot be sent is rejected, and keeps no process waiting", async () => {
  const { calls, held } = lineTo({ half: (n: number) => n / 2 });
  assert.match(await messageOf(calls.call("half", () => 4)), "could not be cloned");
  assert.is.not(held.at(-1), true);
  assert.is(await calls.call("half", 4), 2);
  assert.is(held.at(-1), false);
});

test("buffers move and are not copied", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const { calls } = lineTo({ bytes: () => bytes });
  assert.equal(await calls.call("bytes", undefined), new Uint8Array([1, 2, 3]));
  assert.is(bytes.length, 0);
});

test("the first reason why a thread ended is told to those who wait and those who come", async () => {
  const { calls } = lineTo({ never: () => new Promise(() => undefined) });
  const waiting = messageOf(calls.call("never", undefined));
  calls.end(new Error("it is gone"));
  calls.end(new Error("it was stopped"));
  calls.settle({ _tag: "Made", id: 0, made: "too late" });
  assert.equal(
    [await waiting, await messageOf(calls.call("never", undefined))],
    ["it is gone", "it is gone"],
  );
});

test.run();
