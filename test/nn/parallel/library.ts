// What the tests of data parallel training use, in one module that is built together with its worker and the tasks.

export * from "../../../src/index.ts";
export * from "../../../src/nn/index.ts";
export * as Tasks from "./task.ts";
