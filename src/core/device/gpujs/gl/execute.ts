// Plans on WebGL: kernels are drawn one after the other into textures, which stay on the card; the driver queues them, and only reading waits.

import type { Plan, PlanBuffer } from "../../../compile/plan.ts";
import type { TypedArray } from "../../../dtype.ts";
import type { Storage } from "../../../tensor.ts";
import type { Executable } from "../../device.ts";
import { indexChecks } from "../checks.ts";
import { fromKernel } from "../convert.ts";
import { suitsColumns } from "./columns.ts";
import type { Session } from "./session.ts";
import type { Memory } from "./textures.ts";

/** Makes a plan ready to run on whatever session is current. */
export const prepare = (
  plan: Plan,
  currentSession: () => Session,
  readsLater: boolean,
): Executable => {
  const checks = indexChecks(plan);
  const labels = new Map(
    plan.steps.map(({ output, kernel }) => [output, kernel.indexedBy ?? kernel.label]),
  );
  const computed = [...new Set(plan.outputs)].filter((id) => labels.has(id));
  const dying = plan.steps.map(({ inputs, output }, at) =>
    [...new Set([...inputs, output])].filter((id) => {
      const { kind, lastStep } = plan.buffers[id] as PlanBuffer;
      return kind === "temporary" && lastStep === at;
    }),
  );
  const isWide = plan.steps.map(({ kernel }) => suitsColumns(kernel));
  return {
    run: (inputs) => {
      const session = currentSession();
      const memories: (Memory | undefined)[] = [];
      const known: (TypedArray | undefined)[] = [];
      const handles = session.residency.handlesOf(
        plan.inputs.map((id, i) => [inputs[i] as Storage, plan.buffers[id] as PlanBuffer]),
      );
      plan.inputs.forEach((id, i) => {
        memories[id] = handles[i]?.memory;
        known[id] = inputs[i]?.host;
      });
      for (const check of checks) check(known);
      try {
        plan.steps.forEach(({ kernel, inputs: slots, offsets, output }, at) => {
          if (kernel.output.size > 0) {
            const memory = session.textures.take(kernel.output.size);
            memories[output] = memory;
            session.draw(
              kernel,
              isWide[at] === true,
              slots.map((id) => memories[id]),
              offsets,
              memory,
            );
          }
          for (const id of dying[at] as readonly number[]) {
            const memory = memories[id];
            if (memory !== undefined) session.textures.give(memory);
            memories[id] = undefined;
          }
        });
      } catch (cause) {
        for (const { output } of plan.steps) {
          const memory = memories[output];
          if (memory !== undefined) session.textures.give(memory);
        }
        throw cause;
      }
      session.submit();
      const storages = new Map(plan.inputs.map((id, i) => [id, inputs[i] as Storage]));
      for (const id of computed) {
        const storage = resultOf(session, memories[id], plan.buffers[id] as PlanBuffer, readsLater);
        storages.set(id, storage(labels.get(id) as string));
      }
      return plan.outputs.map((id) => storages.get(id) as Storage);
    },
  };
};

/** The storage of an output; `label` names the kernel that made it. */
const resultOf =
  (session: Session, memory: Memory | undefined, buffer: PlanBuffer, readsLater: boolean) =>
  (label: string): Storage => {
    const { size } = buffer;
    const handle = session.makeHandle(size, memory);
    const storage: Storage = {};
    const arrived = (values: Float32Array): TypedArray => {
      if (session.isLost) throw session.lost();
      return session.residency.arrived(storage, handle, fromKernel(values, buffer, label));
    };
    const nothing = new Float32Array(0);
    storage.fetch = () =>
      arrived(memory === undefined ? nothing : session.textures.read(memory, size));
    if (readsLater && memory !== undefined)
      storage.fetchLater = async () => arrived(await session.textures.readLater(memory, size));
    session.residency.attach(storage, handle);
    return storage;
  };
