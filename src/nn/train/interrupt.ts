// Ctrl-C: the first asks for an end at the next good moment, the second ends the process at once.

/** Whether somebody pressed Ctrl-C. */
export interface Interruption {
  readonly isAsked: () => boolean;
  /** Stops listening: Ctrl-C does again what it did before. */
  readonly stop: () => void;
}

/** An interruption that never comes: in browsers, and where nobody listens. */
export const noInterruption: Interruption = { isAsked: () => false, stop: () => undefined };

// One key press may come as several signals: to the terminal's whole group of processes, and passed on by npm or tsx.
const samePressMs = 300;

/**
 * Listens for SIGINT. The first one is remembered, a second press ends the process with 130. Signals are heard between turns of the event
 * loop only, so a loop that waits for nothing hears none.
 *
 * @example
 * const interruption = listenForInterrupt();
 * interruption.isAsked() // false
 * interruption.stop();
 */
export const listenForInterrupt = (): Interruption => {
  if (typeof process === "undefined" || typeof process.on !== "function") return noInterruption;
  let askedAt: number | undefined;
  const hear = (): void => {
    if (askedAt === undefined) askedAt = performance.now();
    else if (performance.now() - askedAt > samePressMs) process.exit(130);
  };
  process.on("SIGINT", hear);
  return {
    isAsked: () => askedAt !== undefined,
    stop: () => void process.removeListener("SIGINT", hear),
  };
};
