// Failures as the terminal shows them: uvu prints a message and below it the stack from its second
// line on, so a stack should hold frames and nothing that the message has said.

/** Fails with every line of `breaches`, if there are any. */
export function none(breaches: readonly string[]): void {
  if (breaches.length === 0) return;
  const error = new Error([`${breaches.length} found`, ...breaches].join("\n    "));
  error.stack = error.name; // the lines say where; frames would only lead here
  throw error;
}

/** The stack of `error` without its message. */
export function framesOf(error: Error): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames].join("\n");
}
