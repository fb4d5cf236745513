// Test suites: uvu's, with two additions. A skipped test must say why, and every outcome is also
// sent to test/run.ts (when it started this process), so that totals are counted, not parsed.
//
//   const test = suite("shape");
//   test("broadcasts a row over a matrix", () => { … });
//   test.skip("reads CamVid", "PULLBACK_DATA is not set");
//   test.run();

import * as uvu from "uvu";

// Tests are about meaning, so what names no device runs on the one that defines it; test/devices/ holds the others to it.
if (typeof process !== "undefined") process.env["PULLBACK_DEVICE"] ??= "reference";

/** What a test file tells the runner, one message as each thing happens. */
export type Outcome =
  | { readonly _tag: "declared"; readonly test: string }
  | { readonly _tag: "started"; readonly test: string }
  | { readonly _tag: "passed"; readonly test: string }
  | { readonly _tag: "failed"; readonly test: string }
  | { readonly _tag: "skipped"; readonly test: string; readonly reason: string };

/** The body of a test; it fails by throwing or rejecting. */
export type TestBody = () => void | Promise<void>;

/** A hook that runs around the tests of one suite. */
export interface Hook {
  (body: TestBody): void;
  /** Runs around each test instead of around the suite. */
  each(body: TestBody): void;
}

/** A named collection of tests, started by `run`. */
export interface Suite {
  (name: string, body: TestBody): void;
  /** Notes a test that cannot run here; the reason is printed by the runner. */
  skip(name: string, reason: string): void;
  /** Runs only this test of the suite. For debugging: the runner counts the others as failed. */
  only(name: string, body: TestBody): void;
  readonly before: Hook;
  readonly after: Hook;
  /** Starts the suite; the last line of a test file. */
  run(): void;
}

/** A suite named after the function or page under test. */
export function suite(name: string): Suite {
  const inner = uvu.suite(name);
  const declare =
    (add: (test: string, body: TestBody) => void) => (test: string, body: TestBody) => {
      const title = `${name} › ${test}`;
      send({ _tag: "declared", test: title });
      add(test, reported(title, body));
    };
  const skip = (test: string, reason: string): void => {
    inner.skip(test);
    console.log(`skipped: ${name} › ${test} (${reason})`);
    send({ _tag: "skipped", test: `${name} › ${test}`, reason });
  };
  return Object.assign(declare(inner), {
    skip,
    only: declare(inner.only),
    before: inner.before,
    after: inner.after,
    run: () => inner.run(),
  });
}

function reported(test: string, body: TestBody): TestBody {
  return async () => {
    send({ _tag: "started", test });
    try {
      await body();
    } catch (error) {
      send({ _tag: "failed", test });
      throw error;
    }
    send({ _tag: "passed", test });
  };
}

/** Where outcomes go, if not to the process that forked this one: test/devices/page.ts sets it in a browser. */
declare global {
  var pullbackReport: ((outcome: Outcome) => void) | undefined;
}

// `process.send` exists only in a process that the runner forked.
function send(outcome: Outcome): void {
  if (globalThis.pullbackReport !== undefined) globalThis.pullbackReport(outcome);
  else process.send?.(outcome);
}
