// Values on their way between host and devices, with clear words where they cannot be read.

import type { TypedArray } from "../dtype.ts";
import { fail } from "../errors.ts";
import type { Storage } from "../tensor.ts";
import { occasionalTurn } from "./turn.ts";

/** Fails with Donated when the values of a storage were given away. */
export const requireOwned = ({ donatedTo }: Storage): void => {
  if (donatedTo === undefined) return;
  fail(
    "values",
    "Donated",
    "a tensor that still owns its values expected",
    `one whose buffer was donated to ${donatedTo}`,
    "use the tensor that the call returned in its place, or do not donate this argument",
  );
};

/** The values of a storage on the host, fetched when they are elsewhere. Fails with NotReady when they cannot come at once. */
export const hostValues = (storage: Storage): TypedArray => {
  requireOwned(storage);
  storage.host ??=
    storage.fetch?.() ??
    fail(
      "values",
      "NotReady",
      "values that have arrived expected",
      "a tensor still being computed on an asynchronous device",
      "await ready(tensor) first",
    );
  return storage.host;
};

/** Waits until the values of a storage are on the host, or can be read at once. Rejects with what went wrong on the device. */
export const awaitValues = async (storage: Storage): Promise<void> => {
  if (storage.host !== undefined || storage.donatedTo !== undefined) return;
  if (storage.fetchLater === undefined) {
    if (storage.isComputed !== true) hostValues(storage);
    // A loop that waits for nothing else would never let garbage give its memory back.
    await occasionalTurn();
    return;
  }
  storage.arriving ??= storage.fetchLater();
  try {
    const values = await storage.arriving;
    if (storage.donatedTo === undefined) storage.host = values; // donated while it was on its way
  } finally {
    delete storage.arriving;
  }
};

/** Gives away the values of a storage: their memory on the host and on devices is free. */
export const giveAway = (storage: Storage, to: string): void => {
  storage.resident?.release();
  delete storage.host;
  delete storage.resident;
  delete storage.fetch;
  delete storage.fetchLater;
  storage.donatedTo = to;
};
