// The embedded generator of street scenes.

export { type SceneOptions, scenes } from "./scenes.ts";
