// A program with work for several threads, for .ci/pack-check: they start, take part, change no bit, and let the process end.
import {
  compile,
  deviceInfo,
  item,
  matmul,
  printDevice,
  ready,
  square,
  sum,
  tensor,
} from "pullback";

console.log(printDevice(deviceInfo()));
const threads = Number(process.env.PULLBACK_THREADS ?? 1);
if (threads > 1 && !deviceInfo().details.startsWith(`${threads} threads`))
  throw new Error(`${threads} threads expected`);

// The main thread wakes the others for each job, and for nothing else.
let jobs = 0;
const { notify } = Atomics;
Atomics.notify = (...args) => {
  jobs++;
  return notify(...args);
};

const size = 300;
const values = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i));
const x = tensor(values, { shape: [size, size] });
const work = compile((a) => sum(square(matmul(a, a))));
const found = new Set();
const end = performance.now() + (threads > 1 ? 20_000 : 0);
do {
  found.add(item(await ready(work(x))));
  await new Promise((resolve) => setTimeout(resolve, 5)); // in which threads start
} while (jobs < 10 && performance.now() < end);
if (threads > 1 && jobs < 10) throw new Error(`work for other threads only ${jobs} times`);
if (found.size !== 1) throw new Error(`the same result each time expected, got ${[...found]}`);
console.log(`${jobs} jobs for other threads`);
