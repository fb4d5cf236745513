// Readers of the words of a command line, for all examples.

import { type DeviceName, deviceNames } from "../src/index.ts";

const mostSeed = 2 ** 32 - 1;

/** Readers of words; what is wrong with one is added to `wrong`. */
export const readersFor = (wrong: string[]) => {
  const number = (name: string, text: string, isRight: (x: number) => boolean, rule: string) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!isRight(value)) wrong.push(`${rule} expected for --${name}, got "${text}"`);
    return value;
  };
  const whole = (name: string, text: string, least: number): number =>
    number(name, text, (x) => Number.isInteger(x) && x >= least, `a whole number ≥ ${least}`);
  const oneOf = <Name extends string>(name: string, text: string, names: readonly Name[]): Name => {
    const found = names.find((it) => it === text);
    if (found === undefined)
      wrong.push(`one of ${names.join(", ")} expected for --${name}, got "${text}"`);
    return found ?? (names[0] as Name); // never used when wrong
  };
  return {
    number,
    whole,
    positive: (name: string, text: string): number =>
      number(name, text, (x) => x > 0 && x < Number.POSITIVE_INFINITY, "a number above 0"),
    oneOf,
    device: (text: string): DeviceName => oneOf("device", text, deviceNames),
    /** A seed of random numbers, 0…2³² − 1. */
    seed: (text: string): number => {
      const found = whole("seed", text, 0);
      if (found > mostSeed)
        wrong.push(`a whole number ≤ ${mostSeed} expected for --seed, got "${text}"`);
      return found;
    },
  };
};

/** What reads words. */
export type Readers = ReturnType<typeof readersFor>;
