// Every way in which Pullback says no: one tagged union of problems, one function that prints them, one error class.
// Shape rules return problems as values (`Either`); `apply` turns a `Left` into a thrown `TensorError`, because a wrong shape
// is a mistake at a call site, and the error says which.

/** What kind of rule was broken. Tests match on this tag. */
export type ProblemTag =
  | "ShapeMismatch"
  | "DtypeMismatch"
  | "AxisOutOfRange"
  | "IndexOutOfRange"
  | "RaggedArray"
  | "EmptyTensor"
  | "NotANumber"
  | "NotScalar"
  | "NotDifferentiable"
  | "ForeignTrace"
  | "UnknownDevice"
  | "DeviceFailure"
  | "Unsupported"
  | "InvalidArgument"
  | "Donated"
  | "NonFinite"
  | "NotReady"
  | "GradientMismatch";

/** A broken rule: who noticed (`op`), the rule, and what arrived instead. */
export interface Problem {
  readonly _tag: ProblemTag;
  readonly op: string;
  readonly rule: string;
  readonly got: string;
  readonly hint?: string;
}

/** A problem whose op is not known yet; `apply` fills it in. */
export type ShapeProblem = Omit<Problem, "op">;

/** Builds a `ShapeProblem`. */
export const problem = (
  _tag: ProblemTag,
  rule: string,
  got: string,
  hint?: string,
): ShapeProblem => (hint === undefined ? { _tag, rule, got } : { _tag, rule, got, hint });

/** Prints a problem, of this union or of another: one line, and a second one with the usual cause where it is known. */
export const printProblem = ({ op, rule, got, hint }: Omit<Problem, "_tag">): string =>
  `${op}: ${rule}${got === "" ? "" : `, got ${got}`}${hint === undefined ? "" : `\nhint: ${hint}`}`;

// Frames inside this package are not the user's call site. Tests and examples live beside src/ and are users.
const ownFrames = new URL("..", import.meta.url).href;
const isOwnFrame = (frame: string): boolean =>
  frame.includes(ownFrames) ||
  frame.includes(decodeURI(new URL(ownFrames).pathname)) ||
  frame.includes("node:internal") ||
  frame.includes("/node_modules/fp-ts/");

/** The first stack frame outside the package, as `file:line:column`, or undefined when there is none. */
export const findCallSite = (stack: string | undefined): string | undefined => {
  const frame = (stack ?? "")
    .split("\n")
    .find((line) => /^\s+at /.test(line) && /:\d+:\d+\)?$/.test(line) && !isOwnFrame(line));
  const place = frame === undefined ? null : /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame);
  return place?.[1]?.replace(/^file:\/\//, "");
};

/** The user's call site right now. Costs a stack trace: for errors and debugging only. */
export const currentCallSite = (): string | undefined => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack } = new Error();
  Error.stackTraceLimit = limit;
  return findCallSite(stack);
};

/** Thrown for a mistake at a call site. `problem` is the tagged value; the message ends with the call site. */
export class TensorError extends Error {
  override readonly name = "TensorError";
  readonly problem: Problem;
  readonly callSite: string | undefined;

  constructor(cause: Problem, callSite: string | undefined = currentCallSite()) {
    super(`${printProblem(cause)}${callSite === undefined ? "" : `\n  at ${callSite}`}`);
    this.problem = cause;
    this.callSite = callSite;
  }
}

/** Throws a `TensorError`. */
export const fail = (
  op: string,
  _tag: ProblemTag,
  rule: string,
  got: string,
  hint?: string,
): never => {
  throw new TensorError({ op, ...problem(_tag, rule, got, hint) });
};
