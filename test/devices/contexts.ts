// The WebGL contexts that a page has made: a page that imports this before anything else knows them all.

const made: WebGL2RenderingContext[] = [];

/** Contexts in the order in which they were made. */
export const contexts: readonly WebGL2RenderingContext[] = made;

type Canvas = {
  getContext(this: unknown, kind: string, ...rest: readonly unknown[]): unknown;
};

for (const canvas of [globalThis.HTMLCanvasElement, globalThis.OffscreenCanvas]) {
  if (canvas === undefined) continue; // in Node
  const prototype = canvas.prototype as unknown as Canvas;
  const { getContext } = prototype;
  prototype.getContext = function (kind, ...rest) {
    const context = getContext.call(this, kind, ...rest);
    if (kind === "webgl2" && context !== null && !made.includes(context as WebGL2RenderingContext))
      made.push(context as WebGL2RenderingContext);
    return context;
  };
}
