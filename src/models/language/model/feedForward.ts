// The feed-forward part of a layer: wide, bent, and back, token by token.

import type { Tensor } from "../../../core/tensor.ts";
import { mul } from "../../../ops/arithmetic.ts";
import { gelu, geluTanh, silu } from "../../../ops/piecewise.ts";
import { splitKey } from "../../../ops/random.ts";
import { type Config, hiddenOf } from "./config.ts";
import { initProjection, type Projection, project } from "./projection.ts";

/** up [width, hidden], gate [width, hidden] where it is SwiGLU, down [hidden, width]. */
export interface Params {
  readonly up: Projection;
  readonly gate?: Projection;
  readonly down: Projection;
}

/** Projections as GPT-2 starts them. */
export const init = (key: Tensor, config: Config): Params => {
  const [a, b, c] = splitKey(key, 3);
  const { width } = config;
  const hidden = hiddenOf(config);
  return {
    up: initProjection(a, [width, hidden], config),
    ...(config.activation === "swiglu" ? { gate: initProjection(b, [width, hidden], config) } : {}),
    down: initProjection(c, [hidden, width], config, true),
  };
};

/**
 * down(gelu(up(x))), or down(silu(gate(x)) ∘ up(x)): Shazeer, "GLU variants improve Transformer", 2020, equation 6.
 *
 *   x [..., width]   → [..., width]
 */
export const apply =
  (config: Pick<Config, "activation" | "activations">, { up, gate, down }: Params) =>
  (x: Tensor): Tensor => {
    const wide = project(config, up)(x); // [..., hidden]
    if (gate !== undefined) return project(config, down)(mul(silu(project(config, gate)(x)), wide));
    return project(config, down)((config.activation === "gelu-tanh" ? geluTanh : gelu)(wide));
  };
