// A user's program, for .ci/pack-check: type-checked against the packed types, compiled and run.
import {
  deviceInfo,
  grad,
  mul,
  openDevice,
  printDevice,
  sum,
  type Tensor,
  tensor,
  toArray,
} from "pullback";

const squares = (x: Tensor): Tensor => sum(mul(x, x));
const slope: Tensor = grad(squares)(tensor([1, 2, 3]));
const printed = JSON.stringify(toArray(slope));
if (printed !== "[2,4,6]") throw new Error(`[2,4,6] expected, got ${printed}`);
if (deviceInfo().device !== "cpu") throw new Error(printDevice(deviceInfo()));

// Neither the packages of the gpu device nor a card are needed to ask for one.
const opened = await openDevice("auto")();
if (opened._tag === "Left") throw new Error(opened.left.got);
if (opened.right.device !== "cpu") throw new Error(printDevice(opened.right));
const unknown = await openDevice("gpu:tpu")();
if (unknown._tag !== "Left") throw new Error(printDevice(unknown.right));
