// Rows of tensors picked on the host, for batches of a data set that is in memory.

import { hostValues } from "../../core/device/transfer.ts";
import { dtypes, type TypedArray } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { ready } from "../../core/run/evaluate.ts";
import { sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";

/** What makes of each tensor of a tree, computed first, the tensor of its rows with these indices. i4 has no rows to pick: half a byte has no address. */
export const gatherRows = async (
  tree: unknown,
  indices: readonly number[],
): Promise<(x: Tensor) => Tensor> => {
  await ready(tree);
  return (x) => {
    if (x.dtype === "i4")
      fail(
        "datasetOf",
        "DtypeMismatch",
        "a dtype with whole bytes expected",
        "i4",
        "cast it to i8",
      );
    const rowSize = sizeOf(x.shape.slice(1));
    const all: TypedArray = hostValues(storageOf(x) as Storage); // just computed
    const picked = new dtypes[x.dtype].array(indices.length * rowSize);
    for (const [i, index] of indices.entries())
      picked.set(all.subarray(index * rowSize, (index + 1) * rowSize), i * rowSize);
    return fromTypedArray([indices.length, ...x.shape.slice(1)], x.dtype, picked);
  };
};
