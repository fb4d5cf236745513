// Values on their way between host and devices, with clear words where they cannot be read.

import type { TypedArray } from "../dtype.ts";
import { fail } from "../errors.ts";
import type { Storage } from "../tensor.ts";

/** The values of a storage on the host, fetched when they are elsewhere. Fails with NotReady when they are still being computed. */
export const hostValues = (storage: Storage): TypedArray => {
  if (storage.donatedTo !== undefined) {
    fail(
      "values",
      "Donated",
      "a tensor that still owns its values expected",
      `one whose buffer was donated to ${storage.donatedTo}`,
      "use the tensor that the call returned in its place, or do not donate this argument",
    );
  }
  if (storage.host !== undefined) return storage.host;
  const fetched = storage.pending === undefined ? storage.fetch?.() : undefined;
  if (fetched === undefined || fetched instanceof Promise) {
    return fail(
      "values",
      "NotReady",
      "values that have arrived expected",
      "a tensor still being computed on an asynchronous device",
      "await ready(tensor) first",
    );
  }
  storage.host = fetched;
  return fetched;
};

/** Waits until the values of a storage are on the host. */
export const awaitValues = async (storage: Storage): Promise<void> => {
  if (storage.host !== undefined || storage.donatedTo !== undefined) return;
  await storage.pending;
  delete storage.pending;
  if (storage.host === undefined && storage.fetch !== undefined)
    storage.host = await storage.fetch();
};
