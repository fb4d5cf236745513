// Models in the layout in which GPT-2 is published.

export {
  fromGpt2,
  type Gpt2Options,
  loadGpt2,
  type PublishedModel,
  toGpt2,
} from "./convert.ts";
