// Plans on WebGPU: a whole plan is one submission. Kernels, blocks of parameters and temporaries are made once; each call binds the buffers
// of its inputs and outputs, which stay on the card.

import type { Plan, PlanBuffer, PlanStep } from "../../../compile/plan.ts";
import type { Storage } from "../../../tensor.ts";
import type { Executable } from "../../device.ts";
import type { Handle } from "../card/handle.ts";
import { indexChecks } from "../checks.ts";
import { fromKernel } from "../convert.ts";
import { namedNumbers } from "../scalars.ts";
import type { GpuBindGroup } from "./api.ts";
import { chooseEntry } from "./entry.ts";
import type { BuiltKernel } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import type { Opened, Session } from "./session.ts";
import { placeTemporaries } from "./slots.ts";

/** Makes a plan ready to run on whatever session is current. */
export const prepare = (plan: Plan, currentSession: () => Session): Executable => {
  const checks = indexChecks(plan);
  const labels = new Map(
    plan.steps.map(({ output, kernel }) => [output, kernel.indexedBy ?? kernel.label]),
  );
  const computed = [...new Set(plan.outputs)].filter((id) => labels.has(id));
  let ready = new Recording(plan, computed, currentSession());
  return {
    run: (inputs) => {
      const session = currentSession();
      if (ready.session !== session) ready = new Recording(plan, computed, session);
      const handles = session.residency.handlesOf(
        plan.inputs.map((id, i) => [inputs[i] as Storage, plan.buffers[id] as PlanBuffer]),
      );
      const known = new Map(plan.inputs.map((id, i) => [id, inputs[i]?.host]));
      const values = plan.buffers.map(({ id }) => known.get(id));
      for (const check of checks) check(values);
      const outputs = computed.map((id) =>
        session.makeHandle((plan.buffers[id] as PlanBuffer).size),
      );
      ready.call(handles, outputs);
      const storages = new Map(plan.inputs.map((id, i) => [id, inputs[i] as Storage]));
      computed.forEach((id, i) => {
        const handle = outputs[i] as Handle<Memory>;
        const label = labels.get(id) as string; // computed ones have labels
        storages.set(id, resultOf(session, handle, plan.buffers[id] as PlanBuffer, label));
      });
      return plan.outputs.map((id) => storages.get(id) as Storage);
    },
  };
};

/**
 * The storage of an output; `label` names the kernel that made it. A function of its own: made within `run`, its closure would keep the inputs
 * of the call alive, and so those of the call before, and so on.
 */
const resultOf = (
  session: Session,
  handle: Handle<Memory>,
  buffer: PlanBuffer,
  label: string,
): Storage => {
  const storage: Storage = {};
  storage.fetchLater = async () =>
    session.residency.arrived(
      storage,
      handle,
      fromKernel(await session.read(handle), buffer, label),
    );
  session.residency.attach(storage, handle);
  return storage;
};

/** One kernel of a plan, with what does not change from call to call. */
interface Step {
  readonly built: BuiltKernel;
  readonly plan: PlanStep;
  readonly groups: readonly [number, number, number];
  readonly parametersAt: number;
  /** Bind groups by the buffers in them. */
  readonly bound: Map<string, GpuBindGroup>;
}

/** Bind groups that a step keeps: parameters and state take turns between two sets of buffers, data come and go. */
const maxBound = 8;

/** A plan made ready on one session. */
class Recording {
  readonly session: Session;
  readonly #plan: Plan;
  readonly #computed: readonly number[];
  readonly #slots: ReturnType<typeof placeTemporaries>;
  #ready: Promise<void> | undefined;
  #steps: readonly Step[] = [];
  #parameters: Memory | undefined;

  constructor(plan: Plan, computed: readonly number[], session: Session) {
    this.session = session;
    this.#plan = plan;
    this.#computed = computed;
    this.#slots = placeTemporaries(plan);
    this.#ready = this.#build().then(() => {
      this.#ready = undefined;
    });
    this.#ready.catch(() => undefined); // told to whoever reads results
  }

  async #build(): Promise<void> {
    const opened = await this.session.ready;
    const { limits } = opened.device;
    const steps = this.#plan.steps.filter(({ kernel }) => kernel.output.size > 0);
    const built = await Promise.all(
      steps.map(({ kernel }) => this.session.kernels.get(kernel, chooseEntry(kernel, opened))),
    );
    const alignment = limits.minUniformBufferOffsetAlignment;
    let at = 0;
    this.#steps = steps.map((plan, i) => {
      const kernel = built[i] as BuiltKernel;
      const step: Step = {
        built: kernel,
        plan,
        groups: kernel.groups(limits.maxComputeWorkgroupsPerDimension),
        parametersAt: at,
        bound: new Map(),
      };
      at += Math.ceil(kernel.parameterBytes / alignment) * alignment;
      return step;
    });
    if (at === 0) return;
    this.#parameters = opened.buffers.take(at, "parameters");
    opened.recorder.write(this.#parameters, this.#parameterBlocks(at));
    released.register(this, { memory: this.#parameters, opened });
  }

  #parameterBlocks(bytes: number): Uint8Array {
    const block = new DataView(new ArrayBuffer(bytes));
    for (const { built, plan, groups, parametersAt } of this.#steps) {
      const { kernel, offsets } = plan;
      // Sizes of the output and threads in a row of the dispatch, as gpu.js's entry point reads them.
      [kernel.output.size, 1, 1, groups[0] * 64].forEach((value, i) => {
        block.setUint32(parametersAt + 4 * i, value, true);
      });
      const { offsetSlots, numbers } = built.source;
      const values = [
        ...offsetSlots.map((slot) => offsets[slot] as number),
        ...numbers.map((name) => namedNumbers[name]),
      ];
      values.forEach((value, i) => {
        block.setFloat32(parametersAt + (built.numberOffsets[i] as number), value, true);
      });
    }
    return new Uint8Array(block.buffer);
  }

  /** One call of the plan. */
  call(inputs: readonly Handle<Memory>[], outputs: readonly Handle<Memory>[]): void {
    this.session.call({
      inputs,
      outputs,
      ready: this.#ready,
      record: (opened, memories) => this.#record(opened, inputs, memories),
    });
  }

  #record(opened: Opened, inputs: readonly Handle<Memory>[], outputs: readonly Memory[]): void {
    if (this.#steps.length === 0) return;
    const memories: (Memory | undefined)[] = [];
    this.#plan.inputs.forEach((id, i) => {
      memories[id] = inputs[i]?.memory;
    });
    this.#computed.forEach((id, i) => {
      memories[id] = outputs[i];
    });
    for (const { id, slot, bytes } of this.#slots) memories[id] = this.session.slot(slot, bytes);
    opened.recorder.record((pass) => {
      for (const step of this.#steps) {
        const [x, y, z] = step.groups;
        pass.setPipeline(step.built.pipeline);
        pass.setBindGroup(0, this.#bind(opened, step, memories));
        pass.dispatchWorkgroups(x, y, z);
      }
    });
  }

  #bind({ device }: Opened, step: Step, memories: readonly (Memory | undefined)[]): GpuBindGroup {
    const { built, plan, parametersAt, bound } = step;
    const used = [
      ...built.source.slots.map((slot) => plan.inputs[slot] as number),
      plan.output,
    ].map((id) => memories[id] as Memory);
    const key = used.map(({ id }) => id).join();
    const known = bound.get(key);
    if (known !== undefined) return known;
    const { buffer } = this.#parameters as Memory; // every step has parameters
    const group = device.createBindGroup({
      layout: built.layout,
      entries: [
        { binding: 0, resource: { buffer, offset: parametersAt, size: built.parameterBytes } },
        ...used.map((memory, i) => ({ binding: i + 1, resource: { buffer: memory.buffer } })),
      ],
    });
    if (bound.size >= maxBound) bound.delete(bound.keys().next().value as string);
    bound.set(key, group);
    return group;
  }
}

/** Gives the parameters of plans back that nobody has any more. */
const released = new FinalizationRegistry<{ readonly memory: Memory; readonly opened: Opened }>(
  ({ memory, opened }) => opened.buffers.give(memory),
);
