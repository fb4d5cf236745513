// Values on their way between host and devices, with clear words where they cannot be read.

import type { TypedArray } from "../dtype.ts";
import { fail } from "../errors.ts";
import type { Storage } from "../tensor.ts";
import { isTurnDue, takeTurn } from "./turn.ts";

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

/** Whether values are neither on the host nor gone. */
const isElsewhere = ({ host, donatedTo }: Storage): boolean =>
  host === undefined && donatedTo === undefined;

/** Waits until the values of storages are on the host, or can be read at once. Rejects with what went wrong on the device. */
export const awaitValues = async (storages: readonly Storage[]): Promise<void> => {
  const elsewhere = storages.filter(isElsewhere);
  for (const storage of elsewhere)
    if (storage.fetchLater === undefined && storage.isComputed !== true) hostValues(storage);
  const later = elsewhere.filter(({ fetchLater }) => fetchLater !== undefined);
  if (later.length > 0) await Promise.all(later.map(awaitArrival));
  // A loop that waits for nothing else would never let garbage give its memory back.
  else if (isTurnDue()) await takeTurn();
};

const awaitArrival = async (storage: Storage): Promise<void> => {
  storage.arriving ??= storage.fetchLater?.();
  try {
    const values = await storage.arriving;
    if (storage.donatedTo === undefined) storage.host = values; // donated while it was on its way
  } finally {
    storage.arriving = undefined;
  }
};

/** Gives away the values of a storage: their memory on the host and on devices is free. */
export const giveAway = (storage: Storage, to: string): void => {
  storage.resident?.release();
  // Not `delete`, which makes an object slow; and what was never there is not added.
  if (storage.host !== undefined) storage.host = undefined;
  if (storage.resident !== undefined) storage.resident = undefined;
  if (storage.fetch !== undefined) storage.fetch = undefined;
  if (storage.fetchLater !== undefined) storage.fetchLater = undefined;
  storage.donatedTo = to;
};
