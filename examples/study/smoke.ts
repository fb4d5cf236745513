// Commands that measure and take one word, --smoke.

/** Runs a measurement by the words of a command line; 2 for words that mean nothing to it. */
export const measuredBy = async (
  name: string,
  measure: (isSmoke: boolean) => Promise<number>,
): Promise<number> => {
  const words = process.argv.slice(2);
  const unknown = words.find((word) => word !== "--smoke");
  if (unknown === undefined) return measure(words.length > 0);
  process.stderr.write(`${name}: --smoke or nothing expected, got "${unknown}"\n`);
  return 2;
};
