// What to do when a card is lost, or breaks.

/** The hint of such an error. */
export const howToGoOn =
  "values that were awaited with ready() are on the host still: go on from them on another device, or call openDevice again for a new one";
