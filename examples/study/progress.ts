// Where a study stands: a line that is written over on a terminal, and a line for each run that ended.

/** A display of progress. */
export interface Progress {
  /** Shows how the run in hand goes, where output is a terminal. */
  readonly now: (text: string) => void;
  /** Counts a run that ended, and says so. */
  readonly ended: (text: string) => void;
}

/** The progress of a number of jobs. */
export const progressOn = (output: NodeJS.WriteStream, jobs: number): Progress => {
  let done = 0;
  const clear = output.isTTY ? "\r\x1b[K" : "";
  return {
    now: (text) => {
      if (output.isTTY)
        output.write(`${clear}[${done}/${jobs}] ${text}`.slice(0, output.columns + 4));
    },
    ended: (text) => {
      done++;
      output.write(`${clear}[${done}/${jobs}] ${text}\n`);
    },
  };
};
