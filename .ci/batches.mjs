// A program whose batches are made in other threads, for .ci/pack-check: they start from the files of the package, change no byte,
// and let the process end. Bundled for browsers it has no threads, and says so.
import { toArray } from "pullback";
import { Segmentation } from "pullback/models";

const pictures = [1, 2, 3].map((n) => ({
  name: `picture ${n}`,
  height: n,
  width: 2,
  pixels: Uint8Array.from({ length: 6 * n }, (_, i) => i * n),
  labels: new Uint8Array(2 * n),
}));
const source = { kind: "memory", classes: [{ name: "ink", color: [0, 0, 0] }], pictures };
const open = async (workers) => {
  const opened = await Segmentation.openBatches({ source, size: [3, 2], seed: 1, ...workers })();
  if (opened._tag === "Left") throw new Error(Segmentation.printImageProblem(opened.left));
  return opened.right;
};
const bytesOf = async ({ dataset }) => {
  const { images, labels } = await dataset.batch([2, 0, 1]);
  return JSON.stringify([toArray(images), toArray(labels)]);
};

const isBrowser = process.argv[2] === "browser";
const wanted = isBrowser ? "main thread" : "worker";
const usual = await open({});
if (usual.where !== wanted) throw new Error(`${wanted} expected, got ${usual.where}`);
const here = await bytesOf(await open({ workers: 0 }));
for (const data of isBrowser ? [usual] : [usual, await open({ workers: 2 })]) {
  const made = await bytesOf(data);
  if (made !== here) throw new Error(`${here} expected, got ${made}`);
}
console.log(`batches made in ${usual.where}`);
