// Turns of the event loop: what the collector found to be garbage is given back in one, and a browser draws in one.

/** The next turn of the event loop: in Node for a tenth of what a message costs, in browsers without the 4 ms that they make nested timers wait. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (then: () => void) => unknown };
    if (setImmediate !== undefined) return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/** Milliseconds of work after which the event loop has its turn. */
const longest = 10;
let lastTurn = Number.NEGATIVE_INFINITY;
/** Bytes of new results after which it has its turn too: by then the collector may have found others to be garbage. */
const mostBytes = 16 * 2 ** 20;
let bytesSince = 0;

/** Says that a result was made of so many bytes, which the collector does not see. */
export const noteResult = (bytes: number): void => {
  bytesSince += bytes;
};

/** Whether the last turn is some time, or many results, ago; not after every call, since a turn costs more than a small program. */
export const isTurnDue = (): boolean =>
  bytesSince >= mostBytes || performance.now() - lastTurn >= longest;

/** The next turn of the event loop, from which on the time counts. */
export const takeTurn = async (): Promise<void> => {
  await nextTurn();
  lastTurn = performance.now();
  bytesSince = 0;
};
