// Masks of torch.nn.utils.prune, after one pruning and after several.

import * as assert from "uvu/assert";
import { type Tensor, toArray } from "../../../src/index.ts";
import { Compress } from "../../../src/nn/index.ts";
import { casesOf, load } from "../../golden/cases.ts";
import { suite } from "../../support/suite.ts";

const test = suite("prune as PyTorch");

type Step =
  | ({ readonly kind: "magnitude" } & Compress.SparsityOptions)
  | ({ readonly kind: "structured" } & Compress.StructuredOptions);

const pruningOf = (step: Step): Compress.Pruning =>
  step.kind === "magnitude" ? Compress.magnitude(step) : Compress.structured(step);

for (const { name, options, inputs, outputs } of casesOf("compress/prune"))
  test(name, () => {
    const weights: readonly Tensor[] = inputs.map((stored) => load(stored));
    const found = (options["steps"] as readonly Step[]) // as cases_prune.py writes them
      .map(pruningOf)
      .reduce((masks, prune) => prune(weights, masks), Compress.keepAll(weights));
    assert.equal(
      found.map(toArray),
      outputs.map((stored) => toArray(load(stored))),
    );
  });

test.run();
