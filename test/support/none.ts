// An assertion for checks that collect everything wrong before they complain.

/** Fails with every line of `breaches`, if there are any. */
export function none(breaches: readonly string[]): void {
  if (breaches.length === 0) return;
  const error = new Error([`${breaches.length} found`, ...breaches].join("\n    "));
  error.stack = error.message; // the lines say where; the stack would only say here
  throw error;
}
