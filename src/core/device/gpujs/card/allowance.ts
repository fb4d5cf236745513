// Whether a software rasteriser may stand for a graphics card. Where it may not, it is a fallback: said, and refused in strict mode.

import type { Adapter } from "../../device.ts";
import { refuseFallback } from "../../strict.ts";

/** What one device may run on. */
export class Allowance {
  readonly #device: string;
  /** Whether a software rasteriser was asked for. */
  allowsSoftware = false;

  constructor(device: string) {
    this.#device = device;
  }

  /** What runs in place of a card, unless it was asked for. */
  fallback(adapter: Adapter | undefined): string | undefined {
    return adapter?.isSoftware === true && !this.allowsSoftware
      ? `a software rasteriser, ${adapter.name}`
      : undefined;
  }

  /** Fails in strict mode where something runs in place of a card. */
  check(adapter: Adapter | undefined): void {
    const what = this.fallback(adapter);
    if (what !== undefined)
      refuseFallback(
        this.#device,
        what,
        `openDevice("${this.#device}", { allowSoftware: true }) takes it`,
      );
  }
}
