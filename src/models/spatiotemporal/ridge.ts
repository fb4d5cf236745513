// Ridge regression by the normal equations: Hoerl & Kennard, "Ridge Regression: Biased Estimation
// for Nonorthogonal Problems", 1970. Small systems only: the square of the condition number enters,
// which the penalty bounds.

/** Σ aᵢ·bᵢ over the entries of `a`. */
export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);

/**
 * For each list of truths the weights w with least Σe² + penalty·Σw², where the first weight, the
 * constant's, is not penalised:
 *
 *   w = (XᵀX + penalty·I)⁻¹ Xᵀ y,  X [samples, width] the rows
 *
 * With a penalty above 0 and a first column of ones there is one solution; without, NaN where
 * columns depend on each other.
 */
export const ridge = (
  rows: readonly (readonly number[])[],
  truths: readonly (readonly number[])[],
  penalty: number,
): readonly (readonly number[])[] => {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, j) => rows.map((row) => row[j] as number));
  const gram = columns.map((column, i) =>
    columns
      .slice(0, i + 1)
      .map((other, j) => dot(column, other) + (i === j && i > 0 ? penalty : 0)),
  );
  const factor = cholesky(gram);
  return truths.map((truth) =>
    solve(
      factor,
      columns.map((column) => dot(column, truth)),
    ),
  );
};

/**
 * Lower-triangular L with L·Lᵀ = A, from the lower half of a positive definite A; NaN where A is
 * not.
 */
export const cholesky = (a: readonly (readonly number[])[]): readonly (readonly number[])[] => {
  const l: number[][] = [];
  for (const [i, row] of a.entries()) {
    const li: number[] = [];
    for (const [j, lj] of l.entries()) {
      li.push(((row[j] as number) - dot(li, lj)) / (lj[j] as number));
    }
    li.push(Math.sqrt((row[i] as number) - dot(li, li)));
    l.push(li);
  }
  return l;
};

/** x with L·Lᵀ·x = b: forward, then backward substitution. */
export const solve = (l: readonly (readonly number[])[], b: readonly number[]): number[] => {
  const at = (i: number, j: number) => (l[i] as readonly number[])[j] as number;
  const x = [...b];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) x[i] = (x[i] as number) - at(i, j) * (x[j] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < x.length; j++) x[i] = (x[i] as number) - at(j, i) * (x[j] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  return x;
};
