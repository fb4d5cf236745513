// Keeps uvu from running suites by itself; imported before uvu is.

Object.assign(globalThis, { UVU_DEFER: true, UVU_QUEUE: [[null]] });
