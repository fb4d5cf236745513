// `apply` is the one door through which graphs grow: it runs the shape rule of a primitive and makes the node.

import * as E from "fp-ts/lib/Either.js";
import { TensorError } from "./errors.ts";
import { makeApply, type Primitive, type Tensor } from "./tensor.ts";

/** The node of a primitive over inputs. Throws `TensorError` with the user's call site when the shape rule says no. */
export const apply = <A>(
  primitive: Primitive<A>,
  attributes: A,
  inputs: readonly Tensor[],
): Tensor => {
  const aval = primitive.shape(inputs, attributes);
  if (E.isLeft(aval)) throw new TensorError({ op: primitive.name, ...aval.left });
  return makeApply(primitive, attributes, inputs, aval.right);
};

const keys = new WeakMap<object, string>();

/** Attributes as text: equal text, equal attributes. Functions and nested primitives print by identity. */
export const attributeKey = (attributes: unknown): string => {
  if (attributes === undefined || attributes === null) return "";
  if (typeof attributes !== "object") return String(attributes);
  const known = keys.get(attributes);
  if (known !== undefined) return known;
  const key = JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === "function"
      ? `#${identityOf(value)}`
      : typeof value === "number" && !Number.isFinite(value)
        ? `#${value}`
        : Object.is(value, -0)
          ? "#-0"
          : value,
  );
  keys.set(attributes, key);
  return key;
};

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** A number that tells objects apart. */
export const identityOf = (value: object): number => {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, ++identityCount);
  return identityCount;
};
