// The workers of a trainer, from the main thread: started, told what each has to do, and asked for steps.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { messageOf } from "../threads/calls.ts";
import type { StartThread } from "../threads/host.ts";
import { type OpenThread, openThread } from "../threads/open.ts";
import type { LeafKind } from "./gather.ts";
import { blocksOf, shardsOf, totalOf } from "./layout.ts";
import type { Assignment, Description, WorkerOptions, WorkerVerbs } from "./messages.ts";
import type { ParallelOptions } from "./options.ts";
import { ParallelError, type ParallelProblem, parallelProblem } from "./problem.ts";
import type { WorkerReply } from "./serve.ts";
import { type SharedMemory, sharedMemory } from "./shared.ts";
import { additionsOf, nodesIn, sharesOf } from "./sums.ts";

/** A worker's thread. */
export interface Member {
  /** Calls a function of the worker. */
  readonly ask: <V extends keyof WorkerVerbs>(
    verb: V,
    ...argument: Parameters<WorkerVerbs[V]>
  ) => Promise<Awaited<ReturnType<WorkerVerbs[V]>>>;
  /** How many examples its task has. */
  readonly length: number;
  readonly close: () => Promise<void>;
}

/** Workers that are ready for the first step. */
export interface Team {
  readonly members: readonly Member[];
  readonly description: Description;
  readonly memory: SharedMemory;
  /** The leaves of the optimiser's state of each worker. */
  readonly kinds: readonly (readonly LeafKind[])[];
}

/** The problem with a worker that cannot go on, or was stopped. */
const lostWorker = (worker: number, reason: string | undefined): ParallelProblem =>
  reason === undefined
    ? parallelProblem("Stopped", "a trainer that was not stopped expected", "one that was")
    : parallelProblem("LostWorker", "workers that answer expected", reason, { worker });

/** Who hears that a worker has ended, by itself or not. */
type Lost = (problem: ParallelProblem) => void;

/** Starts a worker. */
const openMember =
  (start: StartThread, { task, device = "cpu" }: ParallelOptions, lost: Lost) =>
  (worker: number): TE.TaskEither<ParallelProblem, Member> => {
    const options: WorkerOptions = { task, worker };
    return pipe(
      openThread<{ readonly length: number }, ParallelProblem>(
        (listener) =>
          start<unknown, WorkerReply>(
            {
              name: "serve",
              beside: import.meta.url,
              options,
              env: { PULLBACK_THREADS: "1", PULLBACK_DEVICE: device },
              readsTypeScript: /\.[cm]?ts$/.test(task.module),
            },
            listener,
          ),
        {
          notStarted: (reason) => lostWorker(worker, reason),
          lost: (reason) => {
            const problem = lostWorker(worker, reason);
            lost(problem);
            return new ParallelError(problem);
          },
        },
      ),
      TE.map(memberOf),
    );
  };

const memberOf = ({ opened, call, close }: OpenThread<{ readonly length: number }>): Member => ({
  // An answer is what the worker's function of that name gives.
  ask: ((verb: string, argument?: unknown) => call(verb, argument)) as Member["ask"],
  length: opened.length,
  close,
});

/** All workers, or none: those that were started are stopped where one is not. */
export const openTeam =
  (
    start: StartThread,
    options: ParallelOptions,
    lost: Lost,
  ): TE.TaskEither<ParallelProblem, Team> =>
  async () => {
    const open = openMember(start, options, lost);
    const all = await Promise.all(
      Array.from({ length: options.workers }, (_, worker) => open(worker)()),
    );
    const members = all.flatMap((one) => (E.isRight(one) ? [one.right] : []));
    const team = await pipe(
      TE.fromEither(all.find(E.isLeft) ?? E.right(members as [Member, ...Member[]])), // one at least
      TE.chain((ready) => instruct(ready, options)),
    )();
    if (E.isLeft(team)) await Promise.all(members.map(({ close }) => close()));
    return team;
  };

const isProblem = (made: Description | ParallelProblem): made is ParallelProblem => "_tag" in made;

/** Asks the first worker what is trained, and tells all of them what is theirs. */
const instruct = (
  members: readonly [Member, ...Member[]],
  options: ParallelOptions,
): TE.TaskEither<ParallelProblem, Team> =>
  pipe(
    attempt(() => members[0].ask("describe")),
    TE.chainEitherK((made) => (isProblem(made) ? E.left(made) : E.right(made))),
    TE.bindTo("description"),
    TE.bind("assignments", ({ description }) => TE.fromEither(shared(description, options))),
    TE.chain(({ description, assignments }) => {
      const { memory } = assignments[0] as Assignment; // one for each worker
      return pipe(
        attempt(() =>
          Promise.all(members.map(({ ask }, i) => ask("begin", assignments[i] as Assignment))),
        ),
        TE.map((kinds) => ({ members, description, memory, kinds })),
      );
    }),
  );

/** What each worker has to do, with the parameters to begin with in the memory that they share; a Left where there is not as much. */
const shared = (
  description: Description,
  options: ParallelOptions,
): E.Either<ParallelProblem, readonly Assignment[]> =>
  E.tryCatch(
    () => {
      const assignments = assignmentsOf(description, options);
      assignments[0]?.memory.params.set(description.values);
      return assignments;
    },
    (error) =>
      parallelProblem(
        "InvalidTask",
        `memory for parameters of ${totalOf(description.places)} elements and sums of their gradients expected`,
        messageOf(error),
      ),
  );

/** What each worker has to do. */
const assignmentsOf = (
  { skeleton, dtype, places }: Description,
  { workers, microBatches, clip = Number.POSITIVE_INFINITY, seed = 0 }: ParallelOptions,
): readonly Assignment[] => {
  const blocks = blocksOf(places);
  const shards = shardsOf(places, workers);
  const nodes = sharesOf(microBatches, workers).map((share) => nodesIn(share, microBatches));
  const slots = nodes.flat();
  const memory = sharedMemory(dtype, totalOf(places), slots.length, blocks.length);
  const additions = additionsOf(slots, microBatches);
  return shards.map((shard, worker) => ({
    ...{ skeleton, dtype, places, workers, microBatches, clip, seed },
    ...{ memory, blocks, shard, additions },
    nodes: (nodes[worker] ?? []).map((node) => ({ node, slot: slots.indexOf(node) })),
  }));
};

/** What a promise of a worker gives; a Left where it is lost, or its task throws. */
const attempt = <A>(ask: () => Promise<A>): TE.TaskEither<ParallelProblem, A> =>
  TE.tryCatch(ask, (error) =>
    error instanceof ParallelError
      ? error.problem
      : parallelProblem(
          "InvalidTask",
          "an optimiser that takes parts of the parameters expected",
          messageOf(error),
        ),
  );
