// The third system: Transformers, and what makes them cheaper.

export * from "./model/cache.ts";
export * from "./model/config.ts";
export * from "./model/transformer.ts";
