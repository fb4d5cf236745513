// The one switch for users and tests between plain kernels and those that share work.

/**
 * What PULLBACK_ENTRIES asks for, `always` or `never`: it goes before the choice by size between one thread an element and kernels whose threads
 * share work. To test, to compare, and to find out whose mistake it is.
 */
export const sharingAsked = (): "always" | "never" | undefined => {
  try {
    const word = process.env["PULLBACK_ENTRIES"];
    return word === "always" || word === "never" ? word : undefined;
  } catch {
    return undefined; // browsers have no environment, unless a bundler brings one
  }
};
