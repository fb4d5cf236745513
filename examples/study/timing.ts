// Times as studies take them: what is timed was run before, and a median stands for many runs.

/** The one in the middle; the later of two. */
export const medianOf = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** How often something is run. */
export interface Repetitions {
  /** Runs that are not timed, after which code is compiled and memory taken; default 2. */
  readonly warmUp?: number;
  readonly repetitions: number;
}

/** Milliseconds of a run, the median. */
export const timed = async (
  go: () => Promise<unknown>,
  { warmUp = 2, repetitions }: Repetitions,
): Promise<number> => {
  for (let i = 0; i < warmUp; i++) await go();
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const start = performance.now();
    await go();
    times.push(performance.now() - start);
  }
  return medianOf(times);
};

/** The exponent e of y = c · xᵉ that fits best: the slope of the least squares through logarithms. Of two points or more. */
export const exponentOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: (point: readonly [number, number]) => number): number =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  return mean((p) => (p[0] - x) * (p[1] - y)) / mean((p) => (p[0] - x) ** 2);
};
