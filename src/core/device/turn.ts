// Turns of the event loop: what the collector found to be garbage is given back in one, and a browser draws in one.

/** The next turn of the event loop, without the 4 ms that browsers make nested timers wait. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
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

/** The next turn of the event loop where the last one is some time ago; else none, since a turn costs more than a small program. */
export const occasionalTurn = async (): Promise<void> => {
  if (performance.now() - lastTurn < longest) return;
  await nextTurn();
  lastTurn = performance.now();
};
