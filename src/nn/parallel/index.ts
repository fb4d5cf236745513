// Training over worker threads.

export { dataParallel } from "./dataParallel.ts";
export type { StepTimes, WorkerMemory } from "./messages.ts";
export type { ParallelOptions } from "./options.ts";
export {
  ParallelError,
  type ParallelProblem,
  type ParallelProblemTag,
  printParallelProblem,
} from "./problem.ts";
export type { ParallelTask, TaskModule } from "./task.ts";
export type { StepReport, Trainer, TrainerMemory, TrainerState } from "./trainer.ts";
