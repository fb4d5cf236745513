// The barrier at which threads wait for one another between the steps of a program: whoever comes last lets the others go. They watch for a while,
// since the others are seldom far, and then sleep.

import { cells } from "../layout.ts";
import { FunctionBuilder } from "../wasm/function.ts";

/** Looks at the barrier before a thread sleeps: a millisecond or two, since waking up can take as long. */
const looks = 1_000_000;
/** Rounds of so many looks after which a thread that may not sleep gives up: a minute or two. */
const mostRounds = 60_000;
const second = 1_000_000_000;

/**
 * A function of (threads, patience) that returns once all threads have called it: 0, or 1 where one has failed. A thread with patience 0 waits for
 * ever and may sleep; one with patience −1 may not sleep (the main thread of a browser), and gives up after a minute or two; others give up after so
 * many seconds.
 */
export const writeBarrier = (): FunctionBuilder => {
  const f = new FunctionBuilder(["i32", "i32"], ["i32"]);
  const [threads, patience] = [f.param(0), f.param(1)];
  const zero = () => f.i32(0);
  const loadCell = (cell: number) => f.atomic("i32.atomic.load", cell, zero());
  const before = f.let(loadCell(cells.generation));
  const isLast = f.op(
    "i32.eq",
    f.atomic("i32.atomic.rmw.add", cells.arrived, zero(), f.i32(1)),
    f.op("i32.sub", f.get(threads), f.i32(1)),
  );
  f.if(
    isLast,
    () => {
      f.atomic("i32.atomic.store", cells.arrived, zero(), zero());
      f.drop(f.atomic("i32.atomic.rmw.add", cells.generation, zero(), f.i32(1)));
      f.if(loadCell(cells.sleepers), () => {
        f.drop(f.atomic("memory.atomic.notify", cells.generation, zero(), f.i32(-1)));
      });
    },
    () => {
      const rest = f.let(f.i32(looks));
      const isWaiting = () => f.op("i32.eq", loadCell(cells.generation), f.get(before));
      const isWhole = () => f.op("i32.eqz", loadCell(cells.broken));
      const rounds = f.let(f.i32(0));
      f.doWhile(() => {
        f.set(rest, f.op("i32.sub", f.get(rest), f.i32(1)));
        // Who may not sleep looks on, round after round.
        const goesOn = f.op(
          "i32.and",
          f.op("i32.eqz", f.get(rest)),
          f.op("i32.lt_s", f.get(patience), f.i32(0)),
        );
        f.if(goesOn, () => {
          f.set(rest, f.i32(looks));
          f.set(rounds, f.op("i32.add", f.get(rounds), f.i32(1)));
          f.if(f.op("i32.gt_s", f.get(rounds), f.i32(mostRounds)), () => {
            f.atomic("i32.atomic.store", cells.broken, zero(), f.i32(1));
          });
        });
        return f.op(
          "i32.and",
          f.op("i32.and", isWaiting(), isWhole()),
          f.op("i32.gt_s", f.get(rest), f.i32(0)),
        );
      });
      f.if(f.op("i32.and", isWaiting(), isWhole()), () => {
        const turns = f.let(f.i32(0));
        f.drop(f.atomic("i32.atomic.rmw.add", cells.sleepers, zero(), f.i32(1)));
        f.doWhile(() => {
          f.drop(
            f.atomic(
              "memory.atomic.wait32",
              cells.generation,
              zero(),
              f.get(before),
              f.i64(second),
            ),
          );
          f.set(turns, f.op("i32.add", f.get(turns), f.i32(1)));
          const isTired = f.op(
            "i32.and",
            f.op("i32.ge_s", f.get(turns), f.get(patience)),
            f.op("i32.gt_s", f.get(patience), f.i32(0)),
          );
          f.if(f.op("i32.and", isTired, isWaiting()), () => {
            f.atomic("i32.atomic.store", cells.broken, zero(), f.i32(1));
          });
          return f.op("i32.and", isWaiting(), isWhole());
        });
        f.drop(f.atomic("i32.atomic.rmw.add", cells.sleepers, zero(), f.i32(-1)));
      });
    },
  );
  loadCell(cells.broken);
  return f;
};
