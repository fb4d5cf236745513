// Which steps of a plan threads may run into one another: those that touch the same memory, one of them writing.

/** A range of bytes that a step touches: of the arena, or of a buffer of its own. */
export interface Access {
  readonly space: string;
  readonly from: number;
  readonly to: number;
  readonly isWrite: boolean;
  /** Where it is walked in so many equal rows, along with the steps that it is compared with. */
  readonly rows?: number | undefined;
}

/** Whether two accesses must be in order. */
const conflict = (a: Access, b: Access): boolean =>
  (a.isWrite || b.isWrite) &&
  a.space === b.space &&
  a.from < b.to &&
  b.from < a.to &&
  !(a.rows !== undefined && a.rows === b.rows && a.from === b.from && a.to === b.to);

/** Whether any access must come after some that were made before. */
export const conflicts = (before: readonly Access[], now: readonly Access[]): boolean =>
  before.some((earlier) => now.some((later) => conflict(earlier, later)));
