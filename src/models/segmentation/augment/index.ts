// Augmentation: pictures and their labels changed at random for training.

export { augment, augmentAt } from "./augment.ts";
export { type Augmentation, type AugmentationPlace, streetAugmentation } from "./options.ts";
