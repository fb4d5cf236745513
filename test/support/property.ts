// Properties: fast-check with a pinned seed. A failure prints the seed and the smallest case found,
// and the same command with the same seed finds it again. PULLBACK_SEED and PULLBACK_RUNS override
// the seed and the number of cases of every property, for a longer search:
//
//   PULLBACK_SEED=$RANDOM PULLBACK_RUNS=10000 npm test -- test/ops

import { inspect } from "node:util";
import fc from "fast-check";
import { framesOf } from "./failures.ts";
import type { TestBody } from "./suite.ts";

const PINNED_SEED = 20_240_229;
const DEFAULT_RUNS = 100;

/** How many cases a property tries; the environment variable PULLBACK_RUNS goes before it. */
export interface PropertyOptions {
  readonly runs?: number;
}

/**
 * The body of a test that holds `check` to every generated value.
 *
 * Values come from one arbitrary, or from a record of them, which names the parts of a
 * counterexample:
 *
 *   test("commutes", forAll({ a: matrices, b: matrices })(({ a, b }) => { … }));
 *
 * `check` fails by throwing, rejecting, or returning false.
 */
export function forAll<T>(
  arbitrary: fc.Arbitrary<T> | { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  options: PropertyOptions = {},
): (check: (value: T) => unknown) => TestBody {
  // A record is anything without the generator's own method; fast-check then makes it an arbitrary.
  const values = arbitrary instanceof fc.Arbitrary ? arbitrary : fc.record<T>(arbitrary);
  return (check) => async () => {
    const property = fc.asyncProperty(values, async (value) => (await check(value)) !== false);
    const [numRuns, seed] = [runsFor(options), pinnedSeed()];
    const details = await fc.check(property, { seed, numRuns });
    if (details.failed) throw new PropertyError(details);
  };
}

/** How many cases a property with these options tries. */
export const runsFor = ({ runs = DEFAULT_RUNS }: PropertyOptions = {}): number =>
  fromEnvironment("PULLBACK_RUNS") ?? runs;

/** The seed of every property. */
export const pinnedSeed = (): number => fromEnvironment("PULLBACK_SEED") ?? PINNED_SEED;

/** The part of fast-check's report that a message is made of. */
type Failure = Pick<
  fc.RunDetails<[unknown]>,
  "counterexample" | "errorInstance" | "numRuns" | "numShrinks" | "numSkips" | "seed"
>;

/** A property that failed, with its seed and its shrunk counterexample in the message. */
export class PropertyError extends Error {
  override readonly name = "PropertyError";

  /** The difference between the values compared, which uvu prints below the message. */
  readonly details: unknown;

  constructor(details: Failure) {
    const { counterexample, errorInstance, numRuns, numShrinks, numSkips, seed } = details;
    const cause = errorInstance instanceof Error ? errorInstance : undefined;
    const lines =
      counterexample === null
        ? [`too many values rejected by a precondition: ${numSkips} after ${numRuns} cases`]
        : [
            `case ${numRuns} fails, shrunk ${numShrinks} times to`,
            inspect(counterexample[0], { depth: 8, breakLength: 96 }),
            cause === undefined ? "the property returned false" : `because ${cause.message}`,
          ];
    super([...lines, `again with PULLBACK_SEED=${seed} PULLBACK_RUNS=${numRuns}`].join("\n    "));
    this.details = cause !== undefined && "details" in cause ? cause.details : undefined;
    // The stack of what was thrown leads to the line that noticed; ours would lead here.
    if (cause !== undefined) this.stack = framesOf(cause);
  }
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new Error(`${name}: an integer expected, got "${text}"`);
  return value;
}
