// Training over worker threads.

export type { StepTimes, WorkerMemory } from "./messages.ts";
export type { ParallelOptions } from "./options.ts";
export {
  ParallelError,
  type ParallelProblem,
  type ParallelProblemTag,
  printParallelProblem,
} from "./problem.ts";
export type { ParallelTask, TaskModule } from "./task.ts";
export {
  dataParallel,
  type StepReport,
  type Trainer,
  type TrainerMemory,
  type TrainerState,
} from "./trainer.ts";
